"""A server that answers as it is told, for the tests of what the clients do then."""

from __future__ import annotations

import json
import pkgutil
from collections.abc import Callable
from importlib import import_module
from typing import Any, get_type_hints

import httpx
from asapp_conversations import Client, Message
from asapp_conversations_client import api
from asapp_conversations_client.facts import BATCH
from asapp_conversations_client.models import MessageBatch
from documented import SUCCESS

MakeMessages = Callable[[int], list[Message]]

SECRET = "s3cret-value"
"""What the environment of each test holds as the API secret."""


OK = httpx.Response(SUCCESS, json={})


class Server:
    """Answers one after the other; an exception is raised, and the last answer is repeated."""

    def __init__(self, *answers: httpx.Response | Exception) -> None:
        self.answers = list(answers)
        self.headers: list[httpx.Headers] = []
        self.bodies: list[Any] = []
        self.urls: list[httpx.URL] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.headers.append(httpx.Headers(request.headers))
        self.bodies.append(json.loads(request.content))
        self.urls.append(request.url)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)

    def sizes(self) -> list[int]:
        return [len(body[BATCH.messages_property]) for body in self.bodies]

    def client(self, time: Any, **options: Any) -> Client:
        return Client(transport=httpx.MockTransport(self), clock=time.clock(), **options)


def error(status: int, message: str = "no", **headers: str) -> httpx.Response:
    """An answer in the documented shape of errors."""
    details = {"requestId": f"r-{status}", "message": message, "code": f"{status}-01"}
    return httpx.Response(status, json={"error": details}, headers=headers)


def batch_module() -> Any:
    """The generated module that sends a batch, whatever the document calls the operation."""
    for found in pkgutil.walk_packages(api.__path__, f"{api.__name__}."):
        send = getattr(import_module(found.name), "sync_detailed", None)
        if send and get_type_hints(send).get("body") is MessageBatch:
            return import_module(found.name)
    raise LookupError
