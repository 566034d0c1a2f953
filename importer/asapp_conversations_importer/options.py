"""How an import is done."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TypedDict

import httpx
from asapp_conversations.toolkit import MAX_BODY_BYTES, Clock, Environment
from attrs import field, frozen, validators

from .reading.sources import ReadOptions

MODEST_RATE = 20.0
"""Requests a second at most, unless told otherwise: a live request of the same product is refused
with a probability of about a hundredth of the rate, and 50,000 a day take 42 minutes so."""


class ClientOptions(TypedDict, total=False):
    """What an import hands on to its client; `asapp_conversations.AsyncClient` explains each."""

    environment: Environment | None
    base_url: str | None
    timeout: float
    retries: int
    max_wait: float
    total_timeout: float | None
    rate: float | None
    headers: Mapping[str, str] | None
    max_answer_bytes: int
    proxy: str | httpx.URL | httpx.Proxy | None
    transport: httpx.AsyncBaseTransport | None
    allow_http: bool
    clock: Clock | None


@frozen(kw_only=True)
class ImportOptions:
    """How an import is done.

    Attributes:
        ledger: the file to go on from, and to keep.
        rejects: the file where rejects are written.
        read: how records are read.
        concurrency: how many conversations are sent side by side.
        daily_limit: requests in a UTC day, by all runs of the ledger, or None.
        wait: sleep through a pause instead of stopping.
        isolate: find the message that a 400 or 422 is about, and store its neighbours.
        max_body: bytes of a request body.
        memory_limit: bytes, for the whole process.
    """

    ledger: Path
    rejects: Path
    read: ReadOptions = field(factory=ReadOptions)
    concurrency: int = field(default=100, validator=validators.ge(1))
    daily_limit: int | None = None
    wait: bool = False
    isolate: bool = True
    max_body: int = MAX_BODY_BYTES
    memory_limit: int = 1_000_000_000
