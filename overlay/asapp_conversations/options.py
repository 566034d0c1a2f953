"""What a client can be told, checked: where requests go, by which proxy, and how."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from ipaddress import ip_address
from typing import Any, Final, Literal, TypeVar
from urllib.request import getproxies, proxy_bypass

import httpx
from asapp_conversations_client.facts import OPERATIONS, SERVER_URLS
from attrs import field, frozen

from .clock import Clock
from .errors import InvalidRequestError
from .published import PRODUCTION_URL, SANDBOX_URL

Environment = Literal["sandbox", "production"]
"""The name of one of ASAPP's environments."""
Proxy = str | httpx.URL | httpx.Proxy
TransportT = TypeVar("TransportT", httpx.BaseTransport, httpx.AsyncBaseTransport)

SERVERS: Final = {
    "sandbox": next((url for url in SERVER_URLS if url != PRODUCTION_URL), SANDBOX_URL),
    "production": PRODUCTION_URL,
}

KEY_HEADERS: Final = {
    key.name.lower() for each in OPERATIONS for key in each.keys if key.place == "header"
}

LONGEST_WAIT: Final = 86_400.0
"""A day: daily limits come back by then, and no clock overflows."""

KEEP: Final[Any] = type("Keep", (), {"__repr__": lambda self: "<unchanged>"})()
"""Stands for what `with_options` leaves as it is."""


def _check_number(
    name: str, value: Any, *, most: float = math.inf, or_zero: bool = False, whole: bool = False
) -> None:
    number = isinstance(value, int if whole else (int, float)) and not isinstance(value, bool)
    if not (number and 0 <= value <= most and value < math.inf and (value or or_zero)):
        limit = f" and at most {most:g}" if most < math.inf else ""
        least = "0 or more" if or_zero else "above 0"
        raise InvalidRequestError(f"{name} must be a {'whole ' * whole}number, {least}{limit}")


def _to_timeout(value: float | httpx.Timeout) -> httpx.Timeout:
    if isinstance(value, httpx.Timeout):
        for part in (value.read, *filter(None, (value.connect, value.write, value.pool))):
            _check_number("timeout", part, most=LONGEST_WAIT)
        return value
    _check_number("timeout", value, most=LONGEST_WAIT)
    # Only a failure to connect is certain to have stored nothing, so it should be seen as one.
    return httpx.Timeout(value, connect=min(value / 2, 5.0), pool=value / 2)


def to_headers(value: Mapping[str, str] | None) -> httpx.Headers:
    """Headers that can be sent, and are none of the keys'."""
    try:
        headers = httpx.Headers(value)
    except (AttributeError, TypeError, ValueError) as error:
        kind = type(error).__name__
        raise InvalidRequestError(f"headers must map names to values in ASCII ({kind})") from None
    for name, content in headers.items():
        text = f"{name}{content}".replace("\t", " ")
        if not (text.isascii() and text.isprintable()):
            raise InvalidRequestError(f"headers: {name!r} has what no header can carry")
        if name in KEY_HEADERS:
            raise InvalidRequestError(f"headers: {name} carries a key: give api_id and api_secret")
    return headers


@frozen(repr=False)
class Settings:
    """The options of a client, checked and completed; `Client` says what each means."""

    base_url: httpx.URL
    timeout: httpx.Timeout = field(converter=_to_timeout)
    retries: int
    max_wait: float
    total_timeout: float | None
    rate: float | None
    max_answer_bytes: int
    clock: Clock

    def __attrs_post_init__(self) -> None:
        _check_number("retries", self.retries, or_zero=True, whole=True)
        _check_number("max_wait", self.max_wait, most=LONGEST_WAIT, or_zero=True)
        _check_number("max_answer_bytes", self.max_answer_bytes, whole=True)
        for name in ("total_timeout", "rate"):
            if getattr(self, name) is not None:
                _check_number(name, getattr(self, name))


def resolve_base_url(
    base_url: str | httpx.URL | None = None,
    environment: str | None = None,
    *,
    allow_http: bool = False,
    variables: Mapping[str, str] = os.environ,
) -> httpx.URL:
    """The base URL to send to, without a slash at its end.

    An argument beats the variables `ASAPP_BASE_URL` and `ASAPP_ENVIRONMENT`; without any of them
    it is ASAPP's sandbox, as the document has it.

    Raises:
        InvalidRequestError: two of them say where on one level, it is no URL, or it would carry
            the keys unencrypted over a network.
    """
    names = "base_url", "environment"
    if base_url is None and environment is None:
        names = "ASAPP_BASE_URL", "ASAPP_ENVIRONMENT"
        base_url, environment = (variables.get(name) or None for name in names)
    if base_url is None:
        chosen = "sandbox" if environment is None else environment
        base_url = next((url for name, url in SERVERS.items() if name == chosen), None)
        if base_url is None:
            raise InvalidRequestError(f"{names[1]} is either {' or '.join(SERVERS)}")
    elif environment is not None:
        raise InvalidRequestError(f"{names[0]} and {names[1]} both say where to send: give one")
    try:
        url = httpx.URL(base_url)
        # A name server takes no label that is empty or longer than 63 (RFC 1035, section 2.3.4).
        url.host.encode("idna")
    except (httpx.InvalidURL, TypeError, UnicodeError):
        raise InvalidRequestError(f"{names[0]} is not a URL") from None
    known = url.scheme in {"https", "http"} and url.host and (url.port or 1) <= 65535
    if not known or url.userinfo or url.query or url.fragment:
        raise InvalidRequestError(
            f"{names[0]} must begin with https://, name a host and a port that exist, and have no "
            "user, query or fragment"
        )
    if url.scheme == "http" and not (allow_http or _is_loopback(url.host)):
        raise InvalidRequestError(
            f"{names[0]} would send the keys to {url.host} unencrypted: use https://, "
            "or allow it with allow_http=True"
        )
    return url.copy_with(raw_path=url.raw_path.rstrip(b"/") or b"/")


def open_transport(
    kind: type[TransportT], base_url: httpx.URL, own: TransportT | None, proxy: Proxy | None
) -> TransportT:
    """The user's own transport, or httpx's, through the given proxy or the environment's."""
    base: type = kind.__mro__[1]
    if own is not None:
        if not isinstance(own, base):
            raise TypeError(f"transport must be an httpx.{base.__name__}")
        if proxy is not None:
            raise InvalidRequestError("transport= would ignore proxy=: give it to the transport")
        return own
    try:
        return kind(proxy=proxy or environment_proxy(base_url))  # type: ignore[call-arg]
    except (AttributeError, ImportError, OSError, TypeError, ValueError, httpx.InvalidURL) as error:
        # The error's own words may quote the password of a proxy.
        raise InvalidRequestError(
            f"no connection can be made ({type(error).__name__}): check proxy=, or the variables "
            "HTTP_PROXY, HTTPS_PROXY, ALL_PROXY, SSL_CERT_FILE and SSL_CERT_DIR"
        ) from None


def environment_proxy(url: httpx.URL) -> str | None:
    """The proxy that the environment names for this address; never one for this machine."""
    proxies = getproxies()
    exempt = [name.strip() for name in proxies.get("no", "").split(",")]
    netloc = url.netloc.decode("ascii")
    if _is_loopback(url.host) or proxy_bypass(netloc) or f"{url.scheme}://{url.host}" in exempt:
        return None
    proxy = proxies.get(url.scheme) or proxies.get("all")
    return proxy if proxy is None or "://" in proxy else f"http://{proxy}"


def _is_loopback(host: str) -> bool:
    """Whether a host is this machine itself, by its name or its number."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
