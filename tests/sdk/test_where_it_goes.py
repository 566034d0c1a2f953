"""Where requests go: the environment or base URL, and the proxy on the way."""

from __future__ import annotations

import itertools
import socket

import pytest
from answering import SECRET
from asapp_conversations import APIConnectionError, InvalidRequestError
from asapp_conversations.toolkit import resolve_base_url
from asapp_conversations_client.facts import SERVER_URLS
from hostile import HostileServer, Kind, answer, both, create, hang_up, serving

PRODUCTION = str(resolve_base_url(environment="production", variables={}))
SANDBOX = next(url for url in SERVER_URLS if url.rstrip("/") != PRODUCTION.rstrip("/"))
GIVEN = "https://api.given.example"
NAMED = "https://api.named.example"


@both
@pytest.mark.parametrize(
    ("environment", "base_url", "variable_environment", "variable_url"),
    list(
        itertools.product(
            (None, "sandbox", "production"),
            (None, GIVEN),
            ("", "sandbox", "production"),
            ("", NAMED),
        )
    ),
)
def test_where(
    kind: Kind,
    environment: str | None,
    base_url: str | None,
    variable_environment: str,
    variable_url: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """An argument beats the variables, and two that say where on one level are refused."""
    monkeypatch.setenv("ASAPP_ENVIRONMENT", variable_environment)
    monkeypatch.setenv("ASAPP_BASE_URL", variable_url)
    arguments = environment, base_url
    variables = variable_environment or None, variable_url or None
    name, url = arguments if any(arguments) else variables
    options = {"environment": environment, "base_url": base_url}
    if name and url:
        words = "environment" if any(arguments) else "ASAPP_ENVIRONMENT"
        with pytest.raises(InvalidRequestError, match=rf"{words}\b.*both say where"):
            kind(**options)  # type: ignore[arg-type]
    else:
        servers = {"sandbox": SANDBOX, "production": PRODUCTION, None: url or SANDBOX}
        assert kind(**options).base_url.rstrip("/") == servers[name].rstrip("/")  # type: ignore[arg-type]


def test_production_is_not_the_sandbox() -> None:
    """ASAPP's two environments are two hosts, both behind TLS."""
    assert PRODUCTION != SANDBOX
    assert PRODUCTION.startswith("https://")


@both
def test_unencrypted_keys_are_refused(kind: Kind) -> None:
    """Plain http is for this machine, unless it is allowed."""
    for host in ("api.invalid", "10.0.0.1", "localhost.example", "127.0.0.1.example"):
        with pytest.raises(InvalidRequestError, match="allow_http"):
            kind(base_url=f"http://{host}")
        kind(base_url=f"http://{host}", allow_http=True)
    for host in ("localhost", "a.localhost", "127.0.0.1", "127.8.9.1", "[::1]"):
        kind(base_url=f"http://{host}:8000/prefix/")


VARIABLES = ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy")


@both
@pytest.mark.parametrize("variable", VARIABLES)
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_this_machine_needs_no_proxy(
    kind: Kind, variable: str, host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A loopback address never goes through a proxy of the environment."""
    with serving([answer(502)]) as proxy, serving([answer()]) as server:
        monkeypatch.setenv(variable, proxy.url)
        create(kind, base_url=server.url.replace("127.0.0.1", host))
    assert (len(server.heads), proxy.heads) == (1, [])


@both
@pytest.mark.parametrize("variable", VARIABLES)
@pytest.mark.parametrize("scheme", ["http://", ""])
def test_other_hosts_go_through_the_proxy(
    kind: Kind, variable: str, scheme: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another host does, also where the variable names no scheme."""
    with serving([answer()]) as proxy:
        monkeypatch.setenv(variable, f"{scheme}{proxy.netloc}")
        create(kind, base_url="http://api.invalid", allow_http=True)
    (head,) = proxy.heads
    assert head.startswith(b"POST http://api.invalid/")


@both
def test_proxy_sees_no_key(kind: Kind, monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy is asked for a tunnel without keys; if it refuses, nothing was sent."""
    with serving([answer(502), hang_up]) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        with pytest.raises(APIConnectionError, match=r"api\.invalid") as caught:
            create(kind, base_url="https://api.invalid", retries=1)
    assert not caught.value.outcome_unknown
    assert len(proxy.heads) == 2
    for head in proxy.heads:
        assert head.startswith(b"CONNECT api.invalid:443 ")
        assert SECRET.encode() not in head


def other_name(server: HostileServer) -> str:
    """The URL of a server on this machine under an address that is not a loopback one."""
    return server.url.replace("127.0.0.1", "0.0.0.0")


@both
@pytest.mark.parametrize("exempt", ["0.0.0.0", "a.example, 0.0.0.0", "*"])
def test_no_proxy(kind: Kind, exempt: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hosts that `NO_PROXY` names are reached directly, and no others."""
    with serving([answer()]) as proxy, serving([answer()]) as server:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        monkeypatch.setenv("NO_PROXY", "example.com")
        create(kind, base_url=other_name(server), allow_http=True)
        assert (len(server.heads), len(proxy.heads)) == (0, 1)
        monkeypatch.setenv("NO_PROXY", exempt)
        create(kind, base_url=other_name(server), allow_http=True)
        assert (len(server.heads), len(proxy.heads)) == (1, 1)


@both
def test_own_proxy(kind: Kind, monkeypatch: pytest.MonkeyPatch) -> None:
    """`proxy=` beats the environment's."""
    with serving([answer()]) as own, serving([answer()]) as other:
        monkeypatch.setenv("HTTP_PROXY", other.url)
        create(kind, base_url="http://api.invalid", allow_http=True, proxy=own.url)
    assert (len(own.heads), other.heads) == (1, [])


@both
def test_ipv6_loopback(kind: Kind, monkeypatch: pytest.MonkeyPatch) -> None:
    """The loopback address of IPv6 is this machine, too."""
    with serving([answer()]) as proxy, socket.socket(socket.AF_INET6) as bound:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        try:
            bound.bind(("::1", 0))
        except OSError:
            pytest.skip("this machine has no IPv6")
        with pytest.raises(APIConnectionError) as caught:
            create(kind, base_url=f"http://[::1]:{bound.getsockname()[1]}", retries=0)
    assert not caught.value.outcome_unknown
    assert proxy.heads == []
