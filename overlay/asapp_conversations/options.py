"""What a client can be told, checked."""

from __future__ import annotations

import math
import platform
from collections.abc import Mapping
from functools import cache, cached_property
from typing import Any, Final, Self, cast

import httpx
from attrs import evolve, field, frozen

from ._version import __version__
from .addresses import origin
from .clock import Clock
from .errors import InvalidRequestError
from .spec import load_document

CONNECT_TIMEOUT: Final = 5.0
"""Seconds to connect, of the time that an attempt has; half of it at most.

A failure to connect is certain to have stored nothing, so it should be seen as one.
"""

TOTAL_TIMEOUT: Final = 120.0
MAX_WAIT: Final = 60.0
LONGEST_WAIT: Final = 86_400.0
"""A day: daily limits come back by then, and no clock overflows."""

MAX_ANSWER_BYTES: Final = 64 * 1024 * 1024

KEEP: Final[Any] = type("Keep", (), {"__repr__": lambda self: "<unchanged>"})()
"""Stands for what `with_options` leaves as it is."""


@cache
def user_agent() -> str:
    """What is told to ASAPP of this client, for their logs."""
    return (
        f"asapp-conversations/{__version__} (document {load_document().version}) "
        f"httpx/{httpx.__version__} python/{platform.python_version()}"
    )


def to_timeout(value: float | httpx.Timeout) -> httpx.Timeout:
    """The parts of an attempt's time; its `read` bounds the whole attempt."""
    if isinstance(value, httpx.Timeout):
        _check_seconds("timeout", value.read)
        return value
    _check_seconds("timeout", value)
    return httpx.Timeout(value, connect=min(value / 2, CONNECT_TIMEOUT), pool=value / 2)


def _to_headers(value: Mapping[str, str] | None) -> httpx.Headers:
    try:
        headers = httpx.Headers(value)
    except UnicodeEncodeError:
        raise InvalidRequestError("headers: only ASCII can be sent") from None
    for name, content in headers.raw:
        if name.decode().lower() in map(str.lower, load_document().key_headers.values()):
            raise InvalidRequestError(f"headers: {name!r} carries a key: give api_id, api_secret")
        if any(byte < 32 and byte != 9 for byte in name + content):
            raise InvalidRequestError(f"headers: {name!r} has a line break or a control character")
    return headers


@frozen(kw_only=True, repr=False)
class Settings:
    """The options of a client, checked and completed; `Client` says what each means."""

    base_url: httpx.URL
    timeout: httpx.Timeout = field(converter=to_timeout)
    retries: int
    max_wait: float
    total_timeout: float | None
    rate: float | None
    headers: httpx.Headers = field(converter=_to_headers)
    max_answer_bytes: int
    clock: Clock

    @cached_property
    def origin(self) -> tuple[bytes, bytes, int | None]:
        """The only origin that it sends to."""
        return origin(self.base_url)

    @cached_property
    def path_prefix(self) -> str:
        """What stands before the document's paths."""
        return self.base_url.path.rstrip("/")

    def __attrs_post_init__(self) -> None:
        _check_count("retries", self.retries, least=0)
        _check_count("max_answer_bytes", self.max_answer_bytes, least=1)
        _check_seconds("max_wait", self.max_wait, most=LONGEST_WAIT, or_zero=True)
        if self.total_timeout is not None:
            _check_seconds("total_timeout", self.total_timeout)
        if self.rate is not None:
            _check_seconds("rate", self.rate, unit="requests a second")

    def with_overrides(
        self, timeout: object, retries: object, headers: Mapping[str, str] | None, rate: object
    ) -> Self:
        """A copy with what is not `KEEP`; headers are added to those that there are."""
        given = {"timeout": timeout, "retries": retries, "rate": rate}
        changes: dict[str, Any] = {n: value for n, value in given.items() if value is not KEEP}
        if headers is not KEEP:
            changes["headers"] = self.headers.copy()
            changes["headers"].update(_to_headers(headers))
        return evolve(self, **changes)


def _check_count(name: str, value: object, least: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise InvalidRequestError(f"{name} must be a whole number, {least} or more")


def _check_seconds(
    name: str,
    value: object,
    most: float = math.inf,
    *,
    or_zero: bool = False,
    unit: str = "seconds",
) -> None:
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    in_range = number and 0 <= cast("float", value) <= most and cast("float", value) < math.inf
    if not in_range or not (value or or_zero):
        limit = f" and at most {most:g}" if most < math.inf else ""
        least = "0 or more" if or_zero else "above 0"
        raise InvalidRequestError(f"{name} must be a number of {unit}, {least}{limit}")
