"""What programs call; the command line calls it too."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Unpack, cast

from asapp_conversations import InvalidRequestError
from asapp_conversations.toolkit import MAX_BODY_BYTES
from attrs import evolve

from .ledger.choice import default_rejects, known_names, resolve
from .options import ClientOptions, ImportArguments, ImportOptions
from .plan import ImportPlan, make_plan
from .prepare import prepare, rejects_beside
from .reading.sources import Files, ReadArguments, ReadOptions, Records, Source, Table
from .reading.stores import is_remote
from .reading.tables import BATCH
from .report import ImportReport
from .sending.punctual import punctual_loop
from .session import run_import

SourceLike = Source | str | os.PathLike[str] | Sequence[str | os.PathLike[str]] | Any


def import_messages(source: SourceLike, **arguments: Unpack[ImportArguments]) -> ImportReport:
    """Load conversations into ASAPP: each message once, in order, in as few requests as possible.

    Everything is read, validated and sorted before the first request leaves. Run it again with
    the same source and ledger to go on after anything: Ctrl-C, a kill, a full disk, a pause.

    Args:
        source: a file name or several, with glob patterns, "-" for standard input; a `Query`; a
            DuckDB relation, an Arrow table or dataset, a pandas or polars frame; a `Snapshot`; or
            any iterable of records (mappings) that come grouped by conversation. The last two are
            read as they are sent.
        ledger: the file that says how far the import has come; by default the file's name with
            `.ledger`, or `asapp-import.ledger` beside several files. All else needs it named.
        rejects: the file that takes the rejects; the ledger's name with `.rejects.jsonl`.
        columns, values, null, timezone, time_formats, ambiguous, delimiter, encoding, one_line_rows:
            how the source is read; `ReadOptions` says what each means.
        concurrency: how many conversations are sent side by side at most; 100 by default. No more
            are than the pace and the time to answer need.
        daily_limit: requests in a UTC day by all runs of the ledger; no limit by default.
        wait: sleep until the limit comes back instead of stopping.
        isolate: find the message that a refusal is about and store its neighbours; True by default.
        first: send so many conversations and stop, as a trial that a later run goes on from.
        max_body: bytes of a request body; 10 MiB by default.
        memory_limit: bytes for the whole process; 1 GB by default.
        confirm: is given a report before the first request of a ledger leaves; False ends the run.
        on_progress: is given a report about four times a second, and at the end.
        interruption: asks the run to end from a signal handler or another thread.
        api_id, api_secret, credentials, environment, base_url, timeout, retries, max_wait, rate:
            as `AsyncClient` takes them.
        headers, max_answer_bytes, proxy, transport, allow_http, clock: the same.

    Returns:
        What became of every message. That a run ended early is no exception: see `stopped_by`.

    Raises:
        InvalidRequestError: an option or the source cannot be used; nothing was sent.
        LedgerError: the ledger cannot be used; nothing was sent.
        TypeError: there is no such option.
        RuntimeError: an event loop runs here: await `import_messages_async` in it.
    """
    if _loop_runs():
        raise RuntimeError(
            "an event loop runs here already, as in a notebook: "
            "await import_messages_async(…) in the place of import_messages(…)"
        )
    with asyncio.Runner(loop_factory=punctual_loop) as runner:
        return runner.run(run_import(*_job(source, arguments)))


def _loop_runs() -> bool:
    with suppress(RuntimeError):
        return bool(asyncio.get_running_loop())
    return False


async def import_messages_async(
    source: SourceLike, **arguments: Unpack[ImportArguments]
) -> ImportReport:
    """`import_messages` for programs that run an event loop of asyncio."""
    if not _loop_runs():
        raise InvalidRequestError(
            "import_messages_async runs on asyncio alone; under trio, run import_messages in a thread"
        )
    return await run_import(*_job(source, arguments))


def plan_import(source: SourceLike, **arguments: Unpack[ImportArguments]) -> ImportPlan:
    """What `import_messages` would do with the same arguments; sends nothing, and needs no keys.

    Raises:
        InvalidRequestError: an option or the source cannot be used.
        LedgerError: the ledger cannot be read.
        TypeError: there is no such option.
    """
    source, options, _ = _job(source, arguments, sends=False)
    return make_plan(source, options)


def prepare_import(
    source: SourceLike, to: str | os.PathLike[str], **arguments: Unpack[ImportArguments]
) -> ImportPlan:
    """Write a `Snapshot` of a source, which is read, checked and sorted once so, and send nothing.

    Args:
        to: the folder; it has to be new. It may be one of `s3://`, `gs://` or `az://`.
        rejects: the file that takes what is rejected, by default the folder's name with
            `.rejects.jsonl`; it has to be new, too.
        source, arguments: as `import_messages` takes them; without a ledger.

    Returns:
        What it will take to send the snapshot: `import_messages(Snapshot(to), …)`.

    Raises:
        InvalidRequestError: an option or the source cannot be used, or the snapshot not be written;
            nothing is left of it.
        TypeError: there is no such option.
    """
    folder = os.fspath(to).rstrip("/")
    rejects = arguments.pop("rejects", None)
    if rejects is None and is_remote(folder):
        raise InvalidRequestError("name a file for the rejects with rejects= or --rejects")
    source, options, _ = _job(source, arguments, sends=False)
    kept = Path(rejects_beside(folder) if rejects is None else rejects)
    return prepare(source, evolve(options, ledger=None), folder, kept)


def _job(
    source: SourceLike, arguments: ImportArguments, *, sends: bool = True
) -> tuple[Source, ImportOptions, ClientOptions]:
    """Resolve all that a caller names, once; nothing is left behind, for it may be a secret."""
    given = cast("dict[str, Any]", arguments)
    client, read = _taken(given, ClientOptions), _taken(given, ReadArguments)
    ledger, rejects = (_path(name, given.pop(name, None)) for name in ("ledger", "rejects"))
    read["max_body_bytes"] = given.get("max_body", MAX_BODY_BYTES)
    try:
        options = ImportOptions(ledger=ledger, rejects=rejects, read=ReadOptions(**read), **given)
    except ValueError as error:
        raise InvalidRequestError(str(error.args[0])) from None
    what, ledger = resolve(as_source(source), ledger)
    if sends and ledger is None:
        raise InvalidRequestError(
            "name a ledger with ledger= or --ledger: only files have one of their own, and "
            "without it nobody could go on from where the import stopped"
        )
    if ledger and not rejects:
        rejects = default_rejects(ledger)
    others = known_names(what) | {os.path.realpath(str(ledger))}
    if rejects and os.path.realpath(rejects) in others:
        raise InvalidRequestError(f"rejects: they would be written over {rejects}: name another")
    return what, evolve(options, ledger=ledger, rejects=rejects), cast("ClientOptions", client)


def _path(name: str, value: str | os.PathLike[str] | None) -> Path | None:
    if value == "":
        raise InvalidRequestError(f"{name}: the name of the file is empty")
    return None if value is None else Path(value)


def _taken(given: dict[str, Any], kind: type) -> dict[str, Any]:
    """Those of the arguments that a kind of options is about."""
    return {name: given.pop(name) for name in kind.__annotations__ if name in given}


def as_source(source: SourceLike) -> Source:
    """What is to be read, from what a caller hands in."""
    if isinstance(source, Source):
        return source
    if hasattr(source, "scanner"):
        # A pyarrow.dataset, whose module imports pandas, which takes a second.
        return Table(cast("Any", source).scanner(batch_size=BATCH).to_reader())
    paths: Sequence[Any] = source if isinstance(source, (list, tuple)) else [source]
    if paths and all(isinstance(path, (str, os.PathLike)) for path in paths):
        return Files(tuple(os.fspath(path) for path in paths))
    if isinstance(source, Mapping):
        raise InvalidRequestError("source: an iterable of records is expected, not one record")
    if hasattr(source, "__arrow_c_stream__"):
        return Table(source)
    if isinstance(source, Iterable) and not isinstance(source, (bytes, bytearray, memoryview)):
        return Records(cast("Iterable[Mapping[str, Any]]", source))
    raise InvalidRequestError(
        "source: file names, a Query, a table or an iterable of records is expected, "
        f"not {type(source).__name__}"
    )


# Python shows this name where it refuses an argument.
ImportOptions.__init__.__qualname__ = "import_messages"
