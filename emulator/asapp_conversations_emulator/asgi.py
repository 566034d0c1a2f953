"""The emulator as an ASGI application: reads requests, waits, answers, cuts connections."""

from __future__ import annotations

import asyncio
import socket
import struct
import time
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import suppress
from email.utils import formatdate
from typing import Any, NoReturn

from .error_answers import REQUEST_ID, Answer
from .faults import Fault
from .journal import ABANDONED, ANSWERED, DROPPED
from .service import Denial, Head, Service

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

CONTROL = "/_emulator"

_RESET_ON_CLOSE = struct.pack("ii", 1, 0)
"""SO_LINGER with a wait of 0 seconds: closing sends RST (socket(7))."""


class EmulatorApp:
    """The document's operations, and the control pages beside them.

    The server puts the connection's transport into the scope's state, so that it can be cut.
    """

    def __init__(self, service: Service, control: Application) -> None:
        self._service = service
        self._control = control

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"]
        if path == CONTROL or path.startswith(CONTROL + "/"):
            await self._control(scope, receive, send)
        else:
            await _RequestCycle(self._service, scope, receive, send).run()


class _ClientLeft(Exception):
    """The client closed the connection before it had its answer."""


class _RequestCycle:
    """One request and its end, which is noted just before the client can see it."""

    def __init__(self, service: Service, scope: Scope, receive: Receive, send: Send) -> None:
        self._service = service
        self._receive = receive
        self._send = send
        self._transport: asyncio.Transport = scope["state"]["transport"]
        self._head = _read_head(scope)
        self._came = service.now()
        self._began = time.perf_counter()
        self._conversation_id: str | None = None
        self._fault: Fault | None = None
        self._stored = 0
        self._noted = False

    async def run(self) -> None:
        try:
            await self._run()
        except _ClientLeft:
            self._note(ABANDONED)

    async def _run(self) -> None:
        admission = self._service.admit(self._head)
        self._conversation_id = admission.conversation_id
        if isinstance(admission, Denial):
            await self._answer(admission.answer)
            return
        fault = admission.fault
        if fault and fault.kind == "refuse":
            self._fault = fault
            await self._drop(reset=False)
        content = await self._read_body()
        if content is None:
            await self._answer(self._service.errors.answer(413))
            return
        if fault and not fault.stored and not await self._survives(fault):
            return
        result = self._service.carry_out(admission, content)
        self._stored = result.stored
        # What was not accepted cannot be lost after storing: its refusal goes out.
        if fault and fault.stored and result.held and not await self._survives(fault):
            return
        await self._wait(self._service.latency)
        await self._answer(result.answer)

    async def _survives(self, fault: Fault) -> bool:
        """Let the request meet the fault; whether the request then goes on."""
        self._fault = fault
        if fault.kind == "delay":
            await self._wait(fault.seconds)
            return True
        if fault.kind == "silence":
            self._note(DROPPED)
            await self._client_leaves()
        if fault.kind == "reset":
            await self._drop(reset=True)
        await self._answer(self._service.errors.bad_day(fault, self._service.now()))
        return False

    async def _read_body(self) -> bytes | None:
        """The body, or None when it is larger than allowed."""
        content = bytearray()
        more = True
        while more:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                raise _ClientLeft
            content += message["body"]
            more = message["more_body"]
            if len(content) > self._service.max_body:
                return None
        return bytes(content)

    async def _wait(self, seconds: float) -> None:
        """Wait that long, or until the client goes."""
        if seconds:
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self._client_leaves()

    async def _client_leaves(self) -> NoReturn:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        raise _ClientLeft

    async def _answer(self, answer: Answer) -> None:
        body = answer.body or b""
        cut_off = answer.promised is not None
        self._note(DROPPED if cut_off else ANSWERED, answer)
        headers = {
            REQUEST_ID: answer.request_id,
            "date": formatdate(self._service.now(), usegmt=True),
            **answer.headers,
        }
        if answer.body is not None:
            headers["content-type"] = answer.media_type
            headers["content-length"] = str(answer.promised if cut_off else len(body))
        encoded = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
        await self._send(
            {"type": "http.response.start", "status": answer.status, "headers": encoded}
        )
        await self._send({"type": "http.response.body", "body": body, "more_body": cut_off})
        if cut_off:
            await self._drop(reset=False)

    async def _drop(self, *, reset: bool) -> NoReturn:
        """End the connection without an answer, or after what was sent of one."""
        self._note(DROPPED)
        if reset:
            connection: socket.socket = self._transport.get_extra_info("socket")
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
            self._transport.abort()
        else:
            self._transport.close()
        await self._client_leaves()

    def _note(self, outcome: str, answer: Answer | None = None) -> None:
        if self._noted:
            return
        self._noted = True
        self._service.note(
            at=self._came,
            method=self._head.method,
            path=self._head.path,
            conversation_id=self._conversation_id,
            outcome=outcome,
            status=answer.status if answer and outcome == ANSWERED else None,
            stored=self._stored,
            fault=str(self._fault) if self._fault else None,
            request_id=answer.request_id if answer else None,
            seconds=time.perf_counter() - self._began,
        )


def _read_head(scope: Scope) -> Head:
    return Head(
        method=scope["method"],
        path=scope["raw_path"].decode("ascii"),
        query=scope["query_string"].decode("latin-1"),
        headers={
            name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]
        },
    )
