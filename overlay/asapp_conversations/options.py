"""What a client can be told, checked."""

from __future__ import annotations

import os
import platform
import ssl
from collections.abc import Mapping
from typing import Any, Self, TypedDict, cast

import httpx
from attrs import evolve, field, frozen

from . import published
from ._version import __version__
from .auth import check_encrypted, parse_base_url
from .clock import Clock
from .errors import InvalidRequestError
from .retry import RetryPolicy
from .spec import load_document

USER_AGENT = (
    f"asapp-conversations/{__version__} (document {load_document().version}) "
    f"httpx/{httpx.__version__} python/{platform.python_version()}"
)


class Overrides(TypedDict, total=False):
    """What `with_options` changes in a copy."""

    timeout: float | httpx.Timeout
    retries: int
    headers: Mapping[str, str] | None
    rate: float | None


class ConnectionOptions(TypedDict, total=False):
    """What goes to httpx as it is; see httpx.Client."""

    verify: ssl.SSLContext | str | bool
    cert: str | tuple[str, str] | tuple[str, str, str] | None
    http1: bool
    http2: bool
    proxy: httpx.Proxy | httpx.URL | str | None
    limits: httpx.Limits
    trust_env: bool


class ClientOptions(Overrides, ConnectionOptions, total=False):
    """What both clients take by keyword; `Client` says what each means."""

    base_url: str | None
    max_wait: float
    total_timeout: float | None
    allow_http: bool
    clock: Clock | None


def _timeout(value: float | httpx.Timeout) -> httpx.Timeout:
    if cast("object", value) is None:
        raise InvalidRequestError("timeout must be set: without one a request may hang")
    return httpx.Timeout(value)


def _base_url(value: str | httpx.URL | None) -> httpx.URL:
    return parse_base_url(value or os.environ.get("ASAPP_BASE_URL") or load_document().server_url)


def _clock(value: Clock | None) -> Clock:
    return value or Clock()


@frozen(kw_only=True, repr=False)
class Settings:
    """The options of a client, checked and completed; `Client` says what each means."""

    base_url: httpx.URL = field(default=None, converter=_base_url)
    timeout: httpx.Timeout = field(default=httpx.Timeout(30.0, connect=5.0), converter=_timeout)
    retries: int = published.RETRIES
    max_wait: float = 60.0
    total_timeout: float | None = 120.0
    rate: float | None = published.REQUESTS_PER_SECOND
    headers: httpx.Headers = field(default=None, converter=httpx.Headers)
    allow_http: bool = False
    clock: Clock = field(default=None, converter=_clock)

    def __attrs_post_init__(self) -> None:
        check_encrypted(self.base_url, allow_http=self.allow_http)
        if isinstance(self.retries, bool) or not isinstance(self.retries, int) or self.retries < 0:
            raise InvalidRequestError("retries must be 0 (one attempt) or more")
        if self.rate is not None and not self.rate > 0:
            raise InvalidRequestError("rate must be above 0 requests a second, or None")
        if not self.max_wait >= 0:
            raise InvalidRequestError("max_wait must be 0 seconds or more")

    @property
    def policy(self) -> RetryPolicy:
        """When a request is sent again."""
        return RetryPolicy(self.retries, self.max_wait, self.total_timeout)

    def with_overrides(self, overrides: Overrides) -> Self:
        """A copy; headers are added to those that there are."""
        headers = self.headers.copy()
        headers.update(overrides.get("headers"))
        changes: dict[str, Any] = {**overrides, "headers": headers}
        return evolve(self, **changes)


def split(options: ClientOptions) -> tuple[Settings, ConnectionOptions]:
    """The options for this package's part, and those for httpx's."""
    names = ConnectionOptions.__annotations__
    own = {name: value for name, value in options.items() if name not in names}
    connection = {name: value for name, value in options.items() if name in names}
    return Settings(**cast("dict[str, Any]", own)), cast("ConnectionOptions", connection)
