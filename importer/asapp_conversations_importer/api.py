"""What programs call; the command line calls it too."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Unpack, cast

from asapp_conversations import Credentials, InvalidRequestError
from asapp_conversations.toolkit import (
    MAX_BODY_BYTES,
    AsyncCredentialsProvider,
    choose_credentials,
)

from .interruption import Interruption
from .ledger.choice import default_ledger, default_rejects
from .options import ClientOptions, ImportOptions
from .reading.sources import Files, ReadArguments, ReadOptions, Records, Source, Table
from .report import ImportReport
from .run import ImportRun
from .sending.punctual import punctual_loop

SourceLike = Source | str | os.PathLike[str] | Sequence[str | os.PathLike[str]] | Any


class ImportArguments(ClientOptions, ReadArguments, total=False):
    """What `import_messages` takes by keyword; it says what each means."""

    api_id: str | None
    api_secret: str | None
    credentials: Credentials | AsyncCredentialsProvider | None
    ledger: str | os.PathLike[str] | None
    rejects: str | os.PathLike[str] | None
    concurrency: int
    daily_limit: int | None
    wait: bool
    isolate: bool
    max_body: int
    memory_limit: int
    on_progress: Callable[[ImportReport], None]
    interruption: Interruption


def import_messages(source: SourceLike, **arguments: Unpack[ImportArguments]) -> ImportReport:
    """Load conversations into ASAPP: each message once, in order, in as few requests as possible.

    Everything is read, validated and sorted before the first request leaves. Run it again with
    the same source and ledger to go on after anything: Ctrl-C, a kill, a full disk, a pause.

    Args:
        source: a file name or several, with glob patterns, "-" for standard input; a `Query`; a
            DuckDB relation, an Arrow table, a pandas or polars frame; or any iterable of records
            (mappings) that come grouped by conversation, which is read as it is sent.
        api_id, api_secret, credentials: as `AsyncClient` takes them.
        ledger: the file that says how far the import has come; by default the source's name with
            `.ledger`, or `asapp-import.ledger` beside several files or in the current folder.
        rejects: the file that takes the rejects; the ledger's name with `.rejects.jsonl`.
        columns, values, null, timezone, time_formats, ambiguous, delimiter, encoding, one_line_rows:
            how the source is read; `ReadOptions` says what each means.
        concurrency: how many conversations are sent side by side at most; 100 by default. No more
            are than the pace and the time to answer need.
        daily_limit: requests in a UTC day by all runs of the ledger; no limit by default.
        wait: sleep until the limit comes back instead of stopping.
        isolate: find the message that a refusal is about and store its neighbours; True by default.
        max_body: bytes of a request body; 10 MiB by default.
        memory_limit: bytes for the whole process; 1 GB by default.
        on_progress: called about four times a second, and at the end.
        interruption: asks the run to end from a signal handler or another thread.
        base_url, timeout, rate, retries, headers, verify, proxy, …: as `AsyncClient` takes them.

    Returns:
        What became of every message. That a run ended early is no exception: see `stopped_by`.

    Raises:
        InvalidRequestError: an option or the source cannot be used; nothing was sent.
        LedgerError: the ledger cannot be used; nothing was sent.
    """
    with asyncio.Runner(loop_factory=punctual_loop) as runner:
        return runner.run(import_messages_async(source, **arguments))


async def import_messages_async(
    source: SourceLike, **arguments: Unpack[ImportArguments]
) -> ImportReport:
    """`import_messages` for programs that run an event loop."""
    keys = choose_credentials(
        arguments.pop("api_id", None),
        arguments.pop("api_secret", None),
        arguments.pop("credentials", None),
    )
    on_progress = arguments.pop("on_progress", lambda report: None)
    interruption = arguments.pop("interruption", Interruption())
    what = as_source(source)
    options = import_options(what, arguments)
    names = ClientOptions.__annotations__
    client = {name: value for name, value in arguments.items() if name in names}
    run = ImportRun(what, options, keys, cast("ClientOptions", client), interruption)
    return await run.run(on_progress)


def as_source(source: SourceLike) -> Source:
    """What is to be read, from what a caller hands in."""
    if isinstance(source, Source):
        return source
    match source:
        case str() | os.PathLike():
            return Files((os.fspath(source),))
        case list() | tuple() if source and all(isinstance(x, (str, os.PathLike)) for x in source):
            return Files(tuple(os.fspath(path) for path in source))
    if isinstance(source, Mapping):
        raise InvalidRequestError("source: an iterable of records is expected, not one record")
    if hasattr(source, "__arrow_c_stream__"):
        return Table(source)
    if isinstance(source, Iterable):
        return Records(cast("Iterable[Mapping[str, Any]]", source))
    raise InvalidRequestError(
        "source: file names, a Query, a table or an iterable of records is expected, "
        f"not {type(source).__name__}"
    )


def import_options(source: Source, arguments: ImportArguments) -> ImportOptions:
    """The options of an import; what was not given is chosen by the source."""
    ledger = Path(arguments.get("ledger") or default_ledger(source))
    rejects = Path(arguments.get("rejects") or default_rejects(ledger))
    names = {"concurrency", "daily_limit", "wait", "isolate", "max_body", "memory_limit"}
    given: dict[str, Any] = {name: value for name, value in arguments.items() if name in names}
    return ImportOptions(ledger=ledger, rejects=rejects, read=read_options(arguments), **given)


def read_options(arguments: ImportArguments) -> ReadOptions:
    """How records are read."""
    given: dict[str, Any] = {
        name: value for name, value in arguments.items() if name in ReadArguments.__annotations__
    }
    return ReadOptions(**given, max_body_bytes=arguments.get("max_body", MAX_BODY_BYTES))
