"""The stand-in's answers: the document's operations, and what people look at beside them."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any
from uuid import uuid4

from asapp_conversations_client.models import ErrorDetails, ErrorResponse
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from .rules import Operation, load_document, operations
from .store import Store

CREATE_MESSAGES = "createBatchMessages"

Endpoint = Callable[[Request], Awaitable[Response]]


def create_app(store: Store, keys: tuple[str, ...] | None = None) -> Starlette:
    """The stand-in as an ASGI application.

    Args:
        store: what it holds.
        keys: the values that the key headers must have, in the document's order; any by default.
    """
    routes = [
        Route(operation.template, _endpoint(operation, store, keys), methods=[operation.method])
        for operation in operations(load_document())
    ]

    async def fail(request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 500
        return refusal(store, status)

    async def stats(request: Request) -> Response:
        return JSONResponse(store.stats())

    async def conversations(request: Request) -> Response:
        return JSONResponse({key: len(held) for key, held in store.conversations.items()})

    async def messages(request: Request) -> Response:
        conversation_id = request.path_params["conversation_id"]
        if conversation_id not in store.conversations:
            return JSONResponse({"error": "no such conversation"}, 404)
        return JSONResponse({"messages": store.conversations[conversation_id]})

    control = [
        Route("/_sandbox/stats", stats),
        Route("/_sandbox/conversations", conversations),
        Route("/_sandbox/conversations/{conversation_id}/messages", messages),
    ]
    return Starlette(routes=[*control, *routes], exception_handlers={HTTPException: fail})


def refusal(store: Store, status: int, message: str | None = None) -> Response:
    """The document's error of that status, with a fresh request id."""
    store.requests[status] += 1
    details = ErrorDetails(
        request_id=str(uuid4()),
        message=message or HTTPStatus(status).phrase,
        code=f"{status}-01",
    )
    return JSONResponse(ErrorResponse(error=details).to_dict(), status)


def _endpoint(operation: Operation, store: Store, keys: tuple[str, ...] | None) -> Endpoint:
    act = _create_messages if operation.operation_id == CREATE_MESSAGES else _accept

    async def endpoint(request: Request) -> Response:
        given = tuple(request.headers.get(name, "") for name in operation.headers)
        if not all(given) or (keys is not None and given != keys):
            return refusal(store, 401)
        try:
            body = json.loads(await request.body()) if operation.body else None
        except ValueError:
            return refusal(store, 400, "[Path ''] the body is not JSON")
        problem = operation.problem(request.path_params, body)
        if problem:
            return refusal(store, 400, problem)
        return act(operation, store, request.path_params, body)

    return endpoint


def _accept(operation: Operation, store: Store, parameters: Any, body: Any) -> Response:
    store.requests[operation.success] += 1
    return JSONResponse(operation.answer, operation.success)


def _create_messages(operation: Operation, store: Store, parameters: Any, body: Any) -> Response:
    (conversation_id,) = parameters.values()
    messages = [message for held in body.values() if isinstance(held, list) for message in held]
    if messages and not store.add(conversation_id, messages):
        return refusal(store, 409)
    return _accept(operation, store, parameters, body)
