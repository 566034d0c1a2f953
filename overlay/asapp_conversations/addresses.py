"""Where requests go: the environment or base URL, and the proxy on the way."""

from __future__ import annotations

import os
from collections.abc import Mapping
from ipaddress import ip_address
from typing import Literal
from urllib.request import getproxies, proxy_bypass

import httpx
from asapp_conversations_client.facts import SERVER_URL

from .errors import InvalidRequestError
from .published import PRODUCTION_URL

Environment = Literal["sandbox", "production"]
SERVERS = {"sandbox": SERVER_URL, "production": PRODUCTION_URL}
VARIABLES = ("ASAPP_BASE_URL", "ASAPP_ENVIRONMENT")


def resolve_base_url(
    base_url: str | httpx.URL | None = None,
    environment: str | None = None,
    *,
    allow_http: bool = False,
    variables: Mapping[str, str] = os.environ,
) -> httpx.URL:
    """The base URL to send to, without a slash at its end.

    An argument beats the variables `ASAPP_BASE_URL` and `ASAPP_ENVIRONMENT`; without any of them
    it is the document's server, which is that of ASAPP's sandbox.

    Raises:
        InvalidRequestError: two of them say where on one level, it is no URL, or it would carry
            the keys unencrypted over a network.
    """
    names = "base_url", "environment"
    if base_url is None and environment is None:
        names = VARIABLES
        base_url, environment = (variables.get(name) or None for name in names)
    if base_url is not None and environment is not None:
        raise InvalidRequestError(f"{names[0]} and {names[1]} both say where to send: give one")
    if base_url is None:
        chosen = "sandbox" if environment is None else environment
        if chosen not in [*SERVERS]:
            raise InvalidRequestError(f"{names[1]} is either {' or '.join(SERVERS)}")
        base_url = SERVERS[chosen]
    url = _parse(base_url, names[0])
    if url.scheme == "http" and not (allow_http or is_loopback(url.host)):
        raise InvalidRequestError(
            f"{names[0]} would send the keys to {url.host} unencrypted: use https://, "
            "or allow it with allow_http=True"
        )
    return url


def _parse(base_url: str | httpx.URL, name: str) -> httpx.URL:
    try:
        url = httpx.URL(base_url)
        # A name server takes no label that is empty or longer than 63 (RFC 1035, section 2.3.4).
        url.host.encode("idna")
    except (httpx.InvalidURL, TypeError, UnicodeError):
        raise InvalidRequestError(f"{name} is not a URL") from None
    if url.scheme not in {"https", "http"} or not url.host or (url.port or 1) > 65535:
        raise InvalidRequestError(
            f"{name} must begin with https:// and name a host and a port that exist"
        )
    if url.userinfo or url.query or url.fragment:
        raise InvalidRequestError(f"{name} must have no user, query or fragment")
    return url.copy_with(raw_path=url.raw_path.rstrip(b"/") or b"/")


def environment_proxy(url: httpx.URL) -> str | None:
    """The proxy that the environment names for this address; never one for this machine."""
    proxies = getproxies()
    exempt = [name.strip() for name in proxies.get("no", "").split(",")]
    netloc = url.netloc.decode("ascii")
    if is_loopback(url.host) or proxy_bypass(netloc) or f"{url.scheme}://{url.host}" in exempt:
        return None
    proxy = proxies.get(url.scheme) or proxies.get("all")
    return proxy if proxy is None or "://" in proxy else f"http://{proxy}"


def origin(url: httpx.URL) -> tuple[bytes, bytes, int | None]:
    """Scheme, host and port (RFC 6454, section 4); httpx leaves out a scheme's own port."""
    return url.raw_scheme, url.raw_host, url.port


def is_loopback(host: str) -> bool:
    """Whether a host is this machine itself, by its name or its number."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
