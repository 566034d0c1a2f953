"""The clients over a real socket."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import httpx
import pytest
from answering import SECRET, MakeMessages
from asapp_conversations import APIConnectionError, APITimeoutError, AsyncClient, Client, Progress
from asapp_conversations.toolkit import MOST_MESSAGES as MOST
from documented import CONVERSATION, SUCCESS
from httpx_aiohttp import AiohttpTransport

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


class Handler(BaseHTTPRequestHandler):
    """Answers with the next of `answers`: a status, or None to hang up without a word.

    A function is called when the request has arrived, and then no answer comes.
    """

    protocol_version = "HTTP/1.1"
    answers: ClassVar[list[int | Callable[[], object] | None]] = []
    targets: ClassVar[list[str]] = []
    bodies: ClassVar[list[Any]] = []
    released: ClassVar[threading.Event]

    def do_POST(self) -> None:
        self.targets.append(self.path)
        self.bodies.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
        status = self.answers.pop(0) if self.answers else SUCCESS
        if status is None:
            self.close_connection = True
        elif callable(status):
            status()
            self.released.wait(10)
            self.close_connection = True
        else:
            self.send_response(status)
            self.send_header("content-length", "2")
            self.send_header("retry-after", "0")
            self.end_headers()
            self.wfile.write(b"{}")

    def log_message(self, *args: object) -> None:
        """Keep the output of the tests quiet."""


@pytest.fixture
def url() -> Iterator[str]:
    Handler.answers.clear()
    Handler.targets.clear()
    Handler.bodies.clear()
    Handler.released = threading.Event()
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        Handler.released.set()
        server.shutdown()
        thread.join()


def test_hang_up_after_storing_is_not_sent_twice(
    url: str, time: Any, make_messages: MakeMessages
) -> None:
    """A connection lost after the request is resent as it was, and 409 says it is there."""
    Handler.answers[:] = [None, 409, SUCCESS]
    with Client(base_url=url, clock=time.clock()) as client:
        stored = client.create_messages(CONVERSATION, make_messages(MOST + 1))
    assert (stored.stored, stored.requests, stored.retries) == (MOST + 1, 3, 1)
    assert Handler.bodies[0] == Handler.bodies[1]


def test_async_hang_up(url: str, time: Any, make_messages: MakeMessages) -> None:
    """The async twin does the same."""
    Handler.answers[:] = [None, 409, SUCCESS]

    async def run() -> None:
        async with AsyncClient(base_url=url, clock=time.clock()) as client:
            stored = await client.create_messages(CONVERSATION, make_messages(MOST + 1))
            assert (stored.stored, stored.requests) == (MOST + 1, 3)

    asyncio.run(run())


def test_foreign_transport_tells_refused_from_lost(url: str, make_messages: MakeMessages) -> None:
    """Through aiohttp too, what met no server is certain, and what was cut off is not."""
    Handler.answers[:] = [None]

    async def outcome_unknown(base_url: str) -> bool:
        async with AsyncClient(
            base_url=base_url, transport=AiohttpTransport(), retries=0
        ) as client:
            with pytest.raises(APIConnectionError) as caught:
                await client.create_messages(CONVERSATION, make_messages(1))
        return caught.value.outcome_unknown

    assert not asyncio.run(outcome_unknown("http://127.0.0.1:9"))
    assert not asyncio.run(outcome_unknown("http://no-such-host.localhost:9"))
    assert asyncio.run(outcome_unknown(url))


def test_silence_is_a_timeout(url: str, make_messages: MakeMessages) -> None:
    """A server that never answers ends in APITimeoutError of unknown outcome."""
    Handler.answers[:] = [lambda: None]
    with (
        Client(base_url=url, timeout=httpx.Timeout(0.2, connect=30), retries=0) as client,
        pytest.raises(APITimeoutError) as caught,
    ):
        client.create_messages(CONVERSATION, make_messages(1))
    assert caught.value.outcome_unknown


@pytest.mark.usefixtures("ctrl_c")
def test_ctrl_c_tells_what_is_stored(url: str, make_messages: MakeMessages) -> None:
    """KeyboardInterrupt comes out as it is, and says what is stored, unknown and remaining."""
    main_thread = threading.get_ident()
    Handler.answers[:] = [SUCCESS, lambda: signal.pthread_kill(main_thread, signal.SIGINT)]
    messages = make_messages(2 * MOST + 9)
    with Client(base_url=url) as client:
        with pytest.raises(KeyboardInterrupt) as caught:
            client.create_messages(CONVERSATION, messages)
        progress: Progress = vars(caught.value)["progress"]
        assert (progress.stored, len(progress.unknown), len(progress.remaining)) == (MOST, MOST, 9)
        assert f"Messages: {MOST:,} stored, " in caught.value.__notes__[0]
        rendered = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
        assert SECRET not in "".join(rendered.format())
        Handler.answers[:] = [409, SUCCESS]
        rest = client.create_messages(CONVERSATION, progress)
    assert (rest.already_stored, rest.stored) == (MOST, 9)
    assert Handler.bodies[1] == Handler.bodies[2]


def test_cancelled_task_tells_what_is_stored(url: str, make_messages: MakeMessages) -> None:
    """So does a cancellation, to whoever waits for the task."""
    messages = make_messages(2 * MOST + 9)

    async def run() -> Progress:
        loop, arrived = asyncio.get_running_loop(), asyncio.Event()
        Handler.answers[:] = [SUCCESS, lambda: loop.call_soon_threadsafe(arrived.set)]
        async with AsyncClient(base_url=url) as client:
            task = asyncio.create_task(client.create_messages(CONVERSATION, messages))
            await arrived.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError) as caught:
                await task
            progress: Progress = vars(caught.value)["progress"]
            return progress

    progress = asyncio.run(run())
    assert (progress.stored, progress.unknown) == (MOST, messages[MOST : 2 * MOST])
    assert progress.remaining == messages[2 * MOST :]


def test_proxy_from_the_environment(
    url: str, monkeypatch: pytest.MonkeyPatch, make_messages: MakeMessages
) -> None:
    """Requests go through the proxy that the environment names, but for those to this machine."""
    monkeypatch.setenv("HTTP_PROXY", url)
    with Client(base_url="http://api.invalid", allow_http=True) as client:
        assert client.create_messages(CONVERSATION, make_messages(1)).stored == 1
    assert Handler.targets[0].startswith("http://api.invalid/")
    with Client(base_url=url) as client:
        client.create_messages(CONVERSATION, make_messages(1))
    assert Handler.targets[1].startswith("/")


def test_threads_share_one_pace(url: str, time: Any, make_messages: MakeMessages) -> None:
    """All threads of a client, and its copies, leave one after the other."""
    with Client(base_url=url, clock=time.clock(), rate=50) as client:
        threads = [
            threading.Thread(target=each.create_messages, args=(CONVERSATION, make_messages(1)))
            for each in (client, client.with_options(timeout=5), client, client)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(Handler.bodies) == 4
    assert sum(time.waits) == pytest.approx(3 / 50, rel=1e-3)


def test_error_handling_example(url: str) -> None:
    """The example of errors sends the rest again after a failure half-way."""
    Handler.answers[:] = [500, 500, 500, 500, 409]
    environment = {"ASAPP_API_ID": "id", "ASAPP_API_SECRET": "secret", "ASAPP_BASE_URL": url}
    done = subprocess.run(
        [sys.executable, EXAMPLES / "error_handling.py", CONVERSATION],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, **environment},
    )
    assert "2 messages are stored" in done.stdout
    assert "of unknown outcome" in done.stdout
