"""Opens what an import works with: keys, ledger, reader, pace and client; and closes it."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any, cast

import httpx
from asapp_conversations import AsyncClient, Credentials, InvalidRequestError
from asapp_conversations.toolkit import (
    AsyncCredentialsProvider,
    Clock,
    TaskPacer,
    ask,
    choose_credentials,
    environment_proxy,
    resolve_base_url,
)
from attrs import evolve

from .ledger.database import Target
from .ledger.ledger import Ledger
from .ledger.snapshots import SnapshotNotes
from .options import MODEST_RATE, ClientOptions, ImportOptions
from .reading import open_reader
from .reading.sources import Source
from .report import ImportReport
from .run import ImportRun
from .sending.carrier import AiohttpCarrier
from .sending.governor import Governor

STAGING_SUFFIX = ".staging"
"""Of the folder beside the ledger, whose lock keeps others away from it too."""


async def run_import(
    source: Source, options: ImportOptions, client_options: ClientOptions
) -> ImportReport:
    """Read, send, and write down; raises only for what stops it before the first request."""
    # Nothing of it is copied, for it may hold a secret.
    given = cast("dict[str, Any]", client_options)
    provider = choose_credentials(
        *(given.pop(name, None) for name in ("api_id", "api_secret", "credentials"))
    )
    chosen = await ask(provider)
    address = {name: given.pop(name, None) for name in ("base_url", "environment")}
    url = str(resolve_base_url(**address, allow_http=given.get("allow_http", False)))
    clock: Clock = given.pop("clock", None) or Clock()
    rate = given.pop("rate", MODEST_RATE)
    if rate is not None and not 0 < rate < math.inf:
        raise InvalidRequestError("rate must be a number above 0, or None")
    path = cast("Path", options.ledger)
    with (
        Ledger(path, Target(url, chosen.api_id)) as ledger,
        open_reader(
            source,
            memory_limit=options.memory_limit,
            folder=path.with_name(path.name + STAGING_SUFFIX),
            notes=(notes := SnapshotNotes(ledger=ledger)),
        ) as reader,
    ):
        governor = Governor(
            TaskPacer(rate, clock),
            ledger,
            concurrency=options.concurrency,
            daily_limit=options.daily_limit,
            wait=options.wait,
            clock=clock,
        )
        if not (given.get("transport") or given.get("proxy") or environment_proxy(httpx.URL(url))):
            given["transport"] = AiohttpCarrier()
        client = AsyncClient(
            credentials=_asked_once(provider, chosen),
            base_url=url,
            gate=governor,
            clock=evolve(clock, sleep_async=governor.sleep),
            # A pause that is slept through must not use up the time of a request.
            total_timeout=None,
            **given,
        )
        async with client:
            run = ImportRun(source, options, url, ledger, notes, reader, governor, clock)
            report = await run.run(client)
    options.on_progress(report)
    return report


def _asked_once(
    provider: Credentials | AsyncCredentialsProvider, chosen: Credentials
) -> Credentials | AsyncCredentialsProvider:
    """The keys that the ledger is for; their provider is asked again only when they are refused."""
    if isinstance(provider, Credentials):
        return chosen
    first = [chosen]

    async def provide() -> Credentials:
        renewed = first.pop() if first else await ask(provider)
        if renewed.api_id != chosen.api_id:
            raise InvalidRequestError(
                "the provider of the credentials has changed the API id while an import ran: run "
                "it again, with a ledger for the new one"
            )
        return renewed

    return provide
