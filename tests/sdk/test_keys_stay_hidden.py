"""No key in what a failure leaves behind: exceptions with all their frames, pickles, the log."""

from __future__ import annotations

import asyncio
import copy
import logging
import pickle
import signal
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import httpcore
import httpx
import pytest
from answering import SECRET
from asapp_conversations import AsappError, AsyncClient, Client, Credentials, InvalidRequestError
from documented import CONVERSATION, SUCCESS
from hostile import (
    MESSAGES,
    SOON,
    STATUS_LINE,
    HostileServer,
    Kind,
    Patience,
    Session,
    answer,
    both,
    create,
    hang_up,
    nobody,
    repeated,
    reset,
    serving,
)

DEPTH = 6
HTTP_OBJECTS = (httpx.Request, httpx.Response, httpcore.Request, httpcore.Response)
PARTS = ("headers", "raw", "request", "stream", "extensions", "content", "args", "exceptions")


def holds(value: object, depth: int = DEPTH) -> bool:
    """Whether a reporter that renders values, or looks into them, would see the secret."""
    if isinstance(value, (str, bytes, bytearray)):
        return SECRET in (value if isinstance(value, str) else value.decode("latin-1"))
    if depth == 0:
        return False
    if SECRET in repr(value):
        return True
    inner: list[object] = []
    if isinstance(value, Mapping):
        inner += [*value.keys(), *value.values()]
    elif isinstance(value, (list, tuple, set, frozenset)):
        inner += value
    elif isinstance(value, (*HTTP_OBJECTS, httpx.Headers, BaseException)):
        inner += [part for name in PARTS if (part := _part(value, name)) is not None]
        inner += vars(value).values() if isinstance(value, BaseException) else ()
    return any(holds(part, depth - 1) for part in inner)


def _part(value: object, name: str) -> object:
    try:
        return getattr(value, name, None)
    except Exception:  # noqa: BLE001 - what was not read, or belongs to no request
        return None


def chain(error: BaseException | None) -> Iterator[BaseException]:
    """An exception with every other one that hangs on it."""
    pending, seen = [error], set()
    while pending:
        error = pending.pop()
        if error is not None and id(error) not in seen:
            seen.add(id(error))
            yield error
            pending += [error.__cause__, error.__context__, *getattr(error, "exceptions", ())]


def exposures(error: BaseException) -> list[str]:
    """Where the secret is seen on an exception: in itself, or in the locals of its frames."""
    found = []
    for link in chain(error):
        if holds(link):
            found.append(type(link).__name__)
        trace = link.__traceback__
        while trace:
            code = trace.tb_frame.f_code
            found += [
                f"{code.co_filename}: {code.co_qualname}: {name}"
                for name, value in trace.tb_frame.f_locals.items()
                if holds(value)
            ]
            trace = trace.tb_next
    return found


@pytest.mark.parametrize(
    "hide",
    [
        lambda request: request,
        lambda request: request.headers,
        lambda request: {"a": [(1, request)]},
        lambda request: httpx.Response(SUCCESS, request=request),
        lambda request: httpx.ReadTimeout("slow", request=request),
        lambda request: ExceptionGroup("several", [httpx.ReadTimeout("slow", request=request)]),
        lambda request: httpcore.Request("GET", "http://a", headers=request.headers.raw),
    ],
)
def test_the_search_finds_it(hide: Callable[[httpx.Request], object]) -> None:
    """The search of these tests finds a key wherever one was seen before."""

    def fail() -> None:
        value = hide(httpx.Request("GET", "http://a", headers={"X-Key": SECRET}))
        raise ValueError(type(value))

    with pytest.raises(ValueError, match="class") as caught:
        fail()
    assert any(entry.endswith(": value") for entry in exposures(caught.value))


FAILURES: dict[str, Iterable[Any] | Callable[[], Iterable[Any]]] = {
    "hung up": [hang_up],
    "reset": [reset],
    "silence": [30.0],
    "half an answer": [STATUS_LINE + b"Content-Length: 9\r\n\r\n{", hang_up],
    "half an answer, then silence": [STATUS_LINE + b"Content-Length: 9\r\n\r\n{", 30.0],
    "malformed": [b"what is this?\r\n\r\n", hang_up],
    "head without end": repeated(b"x" * 65536),
    "switch": [b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: a\r\nConnection: upgrade\r\n\r\n"],
    "no length": [STATUS_LINE + b"Content-Length: two\r\n\r\n"],
    "page": [answer(SUCCESS, b"<html>")],
    "unpacked": [answer(SUCCESS, b"{}", "Content-Encoding: gzip")],
    **{str(status): [answer(status, b"{}")] for status in (307, 400, 401, 403, 409, 429, 500, 599)},
}


@pytest.fixture
def records() -> Iterator[list[logging.LogRecord]]:
    """Everything that anybody logs."""
    kept: list[logging.LogRecord] = []
    handler = logging.Handler()
    handler.emit = kept.append  # type: ignore[assignment]
    root = logging.getLogger()
    level = root.level
    root.setLevel(logging.DEBUG)
    root.addHandler(handler)
    yield kept
    root.removeHandler(handler)
    root.setLevel(level)


@both
@pytest.mark.parametrize("failure", FAILURES)
@pytest.mark.parametrize("provided", [False, True])
def test_failures_show_no_key(
    kind: Kind, failure: str, provided: bool, records: list[logging.LogRecord]
) -> None:
    """Neither the exception, its causes, their frames, its pickle nor the log has a key."""
    source: Any = (lambda: Credentials("id-1", SECRET)) if provided else None
    timeout = SOON if "silence" in failure else 30
    options: dict[str, Any] = {"timeout": timeout, "retries": 1, "credentials": source}
    with serving(FAILURES[failure]) as server, pytest.raises(AsappError) as caught:
        create(kind, base_url=server.url, conflict_is_stored=False, **options)
    error = caught.value
    assert exposures(error) == []
    assert SECRET.encode() not in pickle.dumps(error)
    assert exposures(pickle.loads(pickle.dumps(error))) == []
    assert exposures(copy.deepcopy(error)) == []
    check_log(records)


def check_log(records: list[logging.LogRecord]) -> None:
    loggers = {record.name.partition(".")[0] for record in records}
    assert loggers >= {"asapp_conversations", "httpcore"}
    for record in records:
        assert SECRET not in record.getMessage()
        assert not holds(vars(record))


@both
def test_success_logs_no_key(kind: Kind, records: list[logging.LogRecord]) -> None:
    """Nor does a call that succeeds log one."""
    with serving([answer()]) as server:
        create(kind, base_url=server.url)
    assert SECRET.encode() in server.heads[0]
    assert "httpx" in {record.name for record in records}
    check_log(records)


@both
def test_nobody_there_shows_no_key(kind: Kind, records: list[logging.LogRecord]) -> None:
    """Nor do a refused connection, a name that nobody has and a proxy that is none."""
    with nobody() as url:
        for options in (
            {"base_url": url},
            {"base_url": "http://no-such-host.localhost:9"},
            {"base_url": "https://api.invalid", "proxy": url},
        ):
            with pytest.raises(AsappError) as caught:
                create(kind, retries=0, **options)
            assert exposures(caught.value) == []
    check_log(records)


@both
def test_unsendable_header_shows_no_key(kind: Kind) -> None:
    """Nor does a request that httpx refuses to write: nothing was sent."""
    with serving([answer()]) as server, Session(kind, base_url=server.url) as session:
        session.httpx.headers["X-Bad"] = "a\nb"
        with pytest.raises(InvalidRequestError, match="nothing was sent") as caught:
            session.create()
    assert exposures(caught.value) == []
    assert server.heads == []


START = STATUS_LINE + b"Content-Length: 9\r\n\r\n{"


@both
@pytest.mark.usefixtures("ctrl_c")
@pytest.mark.parametrize("begun", [b"", START])
def test_ctrl_c_shows_no_key(kind: Kind, begun: bytes) -> None:
    """Ctrl-C in the middle of an answer leaves no key in any frame."""
    main = threading.get_ident()
    script: list[Any] = [begun, lambda _: signal.pthread_kill(main, signal.SIGINT), 30.0]
    with serving(script) as server, pytest.raises(KeyboardInterrupt) as caught:
        create(kind, base_url=server.url)
    assert exposures(caught.value) == []
    assert any(hasattr(link, "progress") for link in chain(caught.value))


@pytest.mark.parametrize("begun", [b"", START])
@pytest.mark.parametrize("by", ["cancel", "timeout"])
def test_cancelled_task_shows_no_key(begun: bytes, by: str) -> None:
    """Nor does a task that is cancelled by hand or by a timeout."""

    async def run(server: HostileServer, tasks: list[asyncio.Task[Any]]) -> None:
        async with AsyncClient(base_url=server.url, clock=Patience().clock()) as client:
            tasks.append(asyncio.create_task(client.create_messages(CONVERSATION, MESSAGES)))
            if by == "cancel":
                await tasks[0]
            async with asyncio.timeout(0.2):
                await tasks[0]

    tasks: list[asyncio.Task[Any]] = []
    cancel: list[Any] = [lambda _: tasks[0].get_loop().call_soon_threadsafe(tasks[0].cancel)]
    script: list[Any] = [begun, *(cancel if by == "cancel" else ()), 30.0]
    expected: Any = asyncio.CancelledError if by == "cancel" else TimeoutError
    with serving(script) as server, pytest.raises(expected) as caught:
        asyncio.run(run(server, tasks))
    assert exposures(caught.value) == []
    assert any(hasattr(link, "progress") for link in chain(caught.value))


def test_clients_show_no_key() -> None:
    """A client, its httpx client and what it is made of have no key in their repr."""
    with Client() as client:
        parts = [client, client.get_httpx_client(), vars(client), vars(client.get_httpx_client())]
        assert not any(map(holds, parts))
