"""What a client can be told, checked."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import cached_property
from typing import Any, Final

import httpx
from asapp_conversations_client.facts import KEY_HEADERS
from attrs import field, frozen

from .addresses import origin
from .clock import Clock
from .errors import InvalidRequestError

TIMEOUT: Final = 30.0
CONNECT_TIMEOUT: Final = 5.0
TOTAL_TIMEOUT: Final = 120.0
MAX_WAIT: Final = 60.0
LONGEST_WAIT: Final = 86_400.0
"""A day: daily limits come back by then, and no clock overflows."""
MAX_ANSWER_BYTES: Final = 64 * 1024 * 1024

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
        _check_number("timeout", value.read, most=LONGEST_WAIT)
        for part in filter(None, (value.connect, value.write, value.pool)):
            _check_number("timeout", part, most=LONGEST_WAIT)
        return value
    _check_number("timeout", value, most=LONGEST_WAIT)
    # Only a failure to connect is certain to have stored nothing, so it should be seen as one.
    return httpx.Timeout(value, connect=min(value / 2, CONNECT_TIMEOUT), pool=value / 2)


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
        if name in map(str.lower, KEY_HEADERS.values()):
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

    @cached_property
    def origin(self) -> tuple[bytes, bytes, int | None]:
        """The only origin that is sent to."""
        return origin(self.base_url)

    @cached_property
    def path_prefix(self) -> str:
        """What stands before the document's paths, as it stands in a URL."""
        return self.base_url.raw_path.decode("ascii").rstrip("/")
