"""How an import is done, and what a caller hands in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from os import PathLike
from pathlib import Path
from typing import Any, TypedDict

import httpx
from asapp_conversations import Credentials, InvalidRequestError
from asapp_conversations.toolkit import (
    MAX_BODY_BYTES,
    AsyncCredentialsProvider,
    Clock,
    Environment,
)
from attrs import Attribute, field, frozen, validators

from .reading.sources import ReadArguments, ReadOptions
from .report import ImportReport
from .sending.stops import StoppedBy

MODEST_RATE = 20.0
"""Requests a second at most, unless told otherwise: a live request of the same product is refused
with a probability of about a hundredth of the rate, and 50,000 a day take 42 minutes so."""

MOST_SIDE_BY_SIDE = 10_000
"""Conversations: a hundred requests a second that each take a minute and a half."""

MOST = 2**63 - 1
"""No count is larger: the ledger could not keep it."""


class Interruption:
    """Asks a running import to end: what is on its way is answered, the rest waits.

    `request` may be called from a signal handler or from another thread.

    Attributes:
        by: the reason of the first request; None as long as there was none.
    """

    def __init__(self) -> None:
        self.by: StoppedBy | None = None
        self._listener: Callable[[StoppedBy], object] | None = None

    def request(self, by: StoppedBy = StoppedBy.INTERRUPT) -> None:
        """Ask for the end of the run."""
        if self.by is None:
            self.by = by
            if self._listener:
                self._listener(by)

    def listen(self, listener: Callable[[StoppedBy], object]) -> None:
        """Have `listener` called when it is asked for, at once if it was."""
        self._listener = listener
        if self.by:
            listener(self.by)


class ClientOptions(TypedDict, total=False):
    """What an import hands on to its client; `asapp_conversations.AsyncClient` explains each."""

    api_id: str | None
    api_secret: str | None
    credentials: Credentials | AsyncCredentialsProvider | None
    environment: Environment | None
    base_url: str | None
    timeout: float
    retries: int
    max_wait: float
    rate: float | None
    headers: Mapping[str, str] | None
    max_answer_bytes: int
    proxy: str | httpx.URL | httpx.Proxy | None
    transport: httpx.AsyncBaseTransport | None
    allow_http: bool
    clock: Clock | None


class ImportArguments(ClientOptions, ReadArguments, total=False):
    """What `import_messages`, which says what each means, takes by keyword."""

    ledger: str | PathLike[str] | None
    rejects: str | PathLike[str] | None
    concurrency: int
    daily_limit: int | None
    wait: bool
    isolate: bool
    first: int | None
    max_body: int
    memory_limit: int
    confirm: Callable[[ImportReport], bool] | None
    on_progress: Callable[[ImportReport], None]
    interruption: Interruption


def _up_to(most: int) -> Callable[[object, Attribute[Any], object], None]:
    def check(_: object, attribute: Attribute[Any], value: object) -> None:
        if type(value) is not int or not 0 < value <= most:
            raise InvalidRequestError(
                f"{attribute.name} must be a whole number above 0, and {most:,} at most"
            )

    return check


@frozen(kw_only=True)
class ImportOptions:
    """How an import is done; `import_messages` says what each means.

    `ledger` is None only where nothing is sent, and `read` says how records are read.
    """

    ledger: Path | None
    rejects: Path | None
    read: ReadOptions = field(factory=ReadOptions)
    concurrency: int = field(default=100, validator=_up_to(MOST_SIDE_BY_SIDE))
    daily_limit: int | None = field(default=None, validator=validators.optional(_up_to(MOST)))
    wait: bool = False
    isolate: bool = True
    first: int | None = field(default=None, validator=validators.optional(_up_to(MOST)))
    max_body: int = field(default=MAX_BODY_BYTES, validator=_up_to(MOST))
    memory_limit: int = field(default=1_000_000_000, validator=_up_to(MOST))
    confirm: Callable[[ImportReport], bool] | None = None
    on_progress: Callable[[ImportReport], None] = lambda report: None
    interruption: Interruption = field(factory=Interruption)
