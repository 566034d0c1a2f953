"""The clients over real TLS."""

from __future__ import annotations

import asyncio
import select
import socket
import ssl
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import httpx
import pytest
import trustme
from answering import SECRET, MakeMessages
from asapp_conversations import APIConnectionError, Client
from attrs import define, field
from documented import CONVERSATION, SUCCESS
from hypercorn.asyncio import serve
from hypercorn.config import Config


@define
class Server:
    """Answers each request with an empty object, and notes its HTTP version."""

    url: str
    authority: ssl.SSLContext
    versions: list[str] = field(factory=list)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            for phase in ("startup", "shutdown"):
                await receive()
                await send({"type": f"lifespan.{phase}.complete"})
            return
        while (await receive())["more_body"]:
            pass
        self.versions.append(scope["http_version"])
        headers = [(b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": SUCCESS, "headers": headers})
        await send({"type": "http.response.body", "body": b"{}"})


class Tunnel(BaseHTTPRequestHandler):
    """A proxy that lets TLS through to this machine, or refuses with `status`."""

    status: ClassVar[int]
    seen: ClassVar[list[str]]

    def do_CONNECT(self) -> None:
        self.seen.append(f"{self.requestline} {self.headers}")
        if self.status != 200:
            self.send_error(self.status)
            return
        port = int(self.path.partition(":")[2])
        with socket.create_connection(("127.0.0.1", port)) as upstream:
            self.send_response(200)
            self.end_headers()
            other = {self.connection: upstream, upstream: self.connection}
            while True:
                for source in select.select(other, [], [])[0]:
                    data = source.recv(65536)
                    if not data:
                        return
                    other[source].sendall(data)

    def log_message(self, *args: object) -> None:
        """Keep the output of the tests quiet."""


@pytest.fixture
def proxy() -> Iterator[str]:
    Tunnel.status, Tunnel.seen = 200, []
    with ThreadingHTTPServer(("127.0.0.1", 0), Tunnel) as tunnel:
        thread = threading.Thread(target=tunnel.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{tunnel.server_port}"
        tunnel.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def server(authority: trustme.CA, tmp_path: Path) -> Iterator[Server]:
    certificate = authority.issue_cert("localhost", "api.invalid")
    pem = tmp_path / "server.pem"
    certificate.private_key_and_cert_chain_pem.write_to_path(pem)
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    listener = socket.create_server(("127.0.0.1", 0))
    running = Server(f"https://localhost:{listener.getsockname()[1]}", trusting)
    config = Config()
    config.bind = [f"fd://{listener.detach()}"]
    config.certfile = config.keyfile = str(pem)
    loop, stop = asyncio.new_event_loop(), asyncio.Event()

    def run() -> None:
        loop.run_until_complete(serve(running, config, shutdown_trigger=stop.wait))
        loop.close()

    thread = threading.Thread(target=run)
    thread.start()
    yield running
    loop.call_soon_threadsafe(stop.set)
    thread.join()


def test_unknown_certificate_is_refused(server: Server, make_messages: MakeMessages) -> None:
    """A server whose certificate nobody vouches for gets nothing, and the error says why."""
    with (
        Client(base_url=server.url, retries=0) as client,
        pytest.raises(APIConnectionError, match="CERTIFICATE") as caught,
    ):
        client.create_messages(CONVERSATION, make_messages(1))
    assert not caught.value.outcome_unknown
    assert server.versions == []


def test_a_transport_takes_an_authority(server: Server, make_messages: MakeMessages) -> None:
    """An own authority, or none at all, is a matter of the transport."""
    for verify in (server.authority, False):
        transport = httpx.HTTPTransport(verify=verify)
        with Client(base_url=server.url, transport=transport) as client:
            assert client.create_messages(CONVERSATION, make_messages(1)).requests == 1
    assert server.versions == ["1.1", "1.1"]


@pytest.fixture
def _trusted(authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bundle = tmp_path / "authority.pem"
    authority.cert_pem.write_to_path(bundle)
    monkeypatch.setenv("SSL_CERT_FILE", str(bundle))


@pytest.mark.usefixtures("_trusted")
def test_certificate_authority_of_the_environment(
    server: Server, make_messages: MakeMessages
) -> None:
    """`SSL_CERT_FILE` is honoured, as by httpx."""
    with Client(base_url=server.url) as client:
        assert client.create_messages(CONVERSATION, make_messages(1)).stored == 1


@pytest.mark.usefixtures("_trusted")
def test_proxy_sees_no_keys(
    server: Server, proxy: str, monkeypatch: pytest.MonkeyPatch, make_messages: MakeMessages
) -> None:
    """A proxy, of the environment or by option, tunnels TLS and sees neither keys nor messages."""
    with Client(base_url=server.url, proxy=proxy) as client:
        client.create_messages(CONVERSATION, make_messages(1))
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    with Client(base_url=server.url.replace("localhost", "api.invalid")) as client:
        client.create_messages(CONVERSATION, make_messages(1))
    assert len(server.versions) == len(Tunnel.seen) == 2
    assert SECRET not in "".join(Tunnel.seen)


@pytest.mark.usefixtures("_trusted")
def test_refusing_proxy_is_no_unknown_outcome(
    server: Server, proxy: str, make_messages: MakeMessages
) -> None:
    """When the proxy refuses the tunnel, nothing has arrived."""
    Tunnel.status = 407
    client = Client(base_url=server.url, proxy=proxy, retries=0)
    with client, pytest.raises(APIConnectionError) as caught:
        client.create_messages(CONVERSATION, make_messages(1))
    assert not caught.value.outcome_unknown
    assert server.versions == []
