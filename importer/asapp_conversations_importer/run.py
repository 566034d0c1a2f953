"""One run of an import, from its source to its report."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
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
from attrs import asdict, define, evolve, field

from .intake import Intake
from .ledger.choice import known_names
from .ledger.counts import Counts
from .ledger.database import LedgerError, Target
from .ledger.days import day_of, iso_time
from .ledger.ledger import Ledger
from .ledger.snapshots import SnapshotNotes
from .options import MODEST_RATE, ClientOptions, ImportOptions
from .reading import Reader, open_reader
from .reading.sources import Files, Snapshot, Source
from .rejects import EditedRejectsError, write_rejects
from .report import ImportReport, Phase, Sample, Samples
from .sending.carrier import AiohttpCarrier
from .sending.dispatcher import Dispatcher, Tally
from .sending.governor import Governor
from .sending.outcomes import BodyLimit
from .sending.stops import Stop, StoppedBy

GRACE = 30.0
"""Seconds that requests on their way get to be answered once a run stops."""

TICK = 0.25
"""Seconds between two looks at the progress."""

STAGING_SUFFIX = ".staging"
"""Of the folder beside the ledger, whose lock keeps others away from it too."""


async def run_import(
    source: Source, options: ImportOptions, client_options: ClientOptions
) -> ImportReport:
    """Read, send, and write down; raises only for what stops it before the first request."""
    # Nothing of it is copied, for it may hold a secret.
    given = cast("dict[str, Any]", client_options)
    provider = choose_credentials(
        given.pop("api_id", None), given.pop("api_secret", None), given.pop("credentials", None)
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
            notes=(notes := SnapshotNotes(ledger)),
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
        if first:
            return first.pop()
        renewed = await ask(provider)
        if renewed.api_id != chosen.api_id:
            raise InvalidRequestError(
                "the provider of the credentials has changed the API id while an import ran: run "
                "it again, with a ledger for the new one"
            )
        return renewed

    return provide


@define
class ImportRun:
    """One run of an import, and what it has done so far."""

    _source: Source
    _options: ImportOptions
    _base_url: str
    _ledger: Ledger
    _notes: SnapshotNotes
    _reader: Reader
    _governor: Governor
    _clock: Clock
    _intake: Intake = field(init=False)
    _limit: BodyLimit = field(init=False)
    _started: float = field(init=False)
    _phase: Phase = field(init=False, default=Phase.READING)
    _tally: Tally = field(init=False, factory=Tally)
    _stop: Stop | None = field(init=False, default=None)
    _samples: Samples = field(init=False, factory=Samples)
    _closing: dict[str, Any] = field(init=False, factory=dict)
    """What the report says of the end: rejects, reasons, warnings."""
    _unvisited: Counts = field(init=False, factory=Counts)

    def __attrs_post_init__(self) -> None:
        self._intake = Intake(self._ledger, self._reader, self._options.interruption)
        known = self._ledger.fact("max_body") or self._options.max_body
        self._limit = BodyLimit(min(self._options.max_body, known))
        self._started = self._clock.monotonic()

    async def run(self, client: AsyncClient) -> ImportReport:
        """Read the source, and send what it holds."""
        async with self._watched():
            await self._intake.load(self._source, self._options.read)
            if self._may_begin():
                await self._send(client)
        return self.report()

    @asynccontextmanager
    async def _watched(self) -> AsyncIterator[None]:
        """Tell of the progress meanwhile, and write down how far it came."""
        ticking = asyncio.create_task(self._tick())
        try:
            yield
        finally:
            ticking.cancel()
            self._phase = Phase.ENDED
            await self._finish()
        with suppress(asyncio.CancelledError):
            await ticking

    async def _tick(self) -> None:
        while True:
            if self._options.interruption.by and self._phase is Phase.READING:
                self._reader.interrupt()
            self._note_late()
            report = self.report()
            stored = report.stored + report.already_stored
            self._samples.add(Sample(report.elapsed_s, stored, report.answers))
            self._options.on_progress(report)
            await asyncio.sleep(TICK)

    def _may_begin(self) -> bool:
        """Whether nobody wants it to end before the first request."""
        confirm, interruption = self._options.confirm, self._options.interruption
        agreed = True
        if not interruption.by:
            paths = self._source.paths if isinstance(self._source, Files) else ()
            self._ledger.begin_run(self._clock.time(), known_names(paths))
            if confirm and self._ledger.is_untried:
                agreed = confirm(self.report())
        if interruption.by:
            self._stop = Stop(interruption.by)
        elif not agreed:
            self._stop = Stop(StoppedBy.DECLINED)
        return self._stop is None

    async def _send(self, client: AsyncClient) -> None:
        self._phase = Phase.SENDING
        dispatcher = Dispatcher(
            self._reader.conversations(),
            client,
            self._ledger,
            self._governor,
            self._limit,
            isolate=self._options.isolate,
            first=self._options.first,
        )
        self._tally = dispatcher.tally
        await self._let_work(dispatcher)
        if self._tally.trial_over and not self._governor.stop:
            self._stop = Stop(StoppedBy.TRIAL)

    async def _let_work(self, dispatcher: Dispatcher) -> None:
        """Let the dispatchers work to the end of the source, or for a bounded time after a stop."""
        loop, governor = asyncio.get_running_loop(), self._governor
        try:
            async with asyncio.timeout(None) as patience:
                governor.on_stop = lambda: patience.reschedule(loop.time() + GRACE)
                self._options.interruption.listen(
                    lambda by: loop.call_soon_threadsafe(governor.end, Stop(by))
                )
                async with asyncio.TaskGroup() as dispatchers:
                    for _ in range(self._options.concurrency):
                        dispatchers.create_task(dispatcher.work())
        except TimeoutError:
            pass
        except BaseExceptionGroup as group:
            # What a source or a credentials provider raises reaches the caller as it is.
            raise group.exceptions[0] from None

    async def _finish(self) -> None:
        """Write down how far it came, and the rejects."""
        ledger = self._ledger
        if not ledger.begun:
            return
        self._note_late()
        try:
            await ledger.flushed()
            if self._current_stop():
                self._unvisited = self._counts_of_others()
            if self._limit.max_body < self._options.max_body:
                ledger.set_fact("max_body", self._limit.max_body)
            self._write_rejects()
            self._closing["reasons"] = ledger.reject_reasons()
            stop = self._current_stop()
            ledger.end_run(
                self._clock.time(),
                stopped_by=stop.by if stop else None,
                resume_at=stop.until if stop else None,
                unsent=self._counts().unsent,
                daily_limit=self._options.daily_limit,
            )
        except LedgerError as error:
            if self._current_stop() is None:
                self._stop = Stop(StoppedBy.LEDGER, detail=str(error))

    def _note_late(self) -> None:
        """Note what was found out while it was sent: settled row groups, and the rejects in them."""
        self._notes.settle(self._tally.conversations)
        self._intake.note_late()

    def _counts_of_others(self) -> Counts:
        """What earlier runs have done about the conversations that this one has not come to."""
        if not isinstance(self._source, Snapshot):
            return self._ledger.counts_after(self._tally.last_seen)
        # A snapshot has an order of its own, and the ledger knows no conversations but its.
        seen = self._tally.counts + self._notes.skipped
        held = seen.stored + seen.already_stored + seen.skipped
        return self._ledger.counts_after() - Counts(
            skipped=held, rejected=seen.rejected, in_doubt=seen.in_doubt
        )

    def _write_rejects(self) -> None:
        path, ledger = cast("Path", self._options.rejects), self._ledger
        warning = None
        try:
            digest = write_rejects(path, ledger.rejects(), ledger.fact("rejects_digest"))
            ledger.set_fact("rejects_digest", digest)
            self._closing["rejects"] = str(path) if digest else None
        except EditedRejectsError as error:
            warning = str(error)
        except OSError as error:
            warning = (
                f"{path}: the rejects cannot be written ({error.strerror}); they are in the ledger"
            )
        if warning:
            self._closing["warnings"] = (warning,)

    def _current_stop(self) -> Stop | None:
        return self._stop or self._governor.stop

    def _counts(self) -> Counts:
        """What has become of every message of the source."""
        invalid = self._intake.invalid.total() + self._notes.invalid
        counted = self._tally.counts + self._notes.skipped + Counts(rejected=invalid)
        left = max(0, self._intake.totals.messages - self._tally.counts.total())
        return counted + self._unvisited.within(left)

    def report(self) -> ImportReport:
        """What the run has done so far."""
        governor, intake, tally = self._governor, self._intake, self._tally
        counts, stop, paused = self._counts(), self._current_stop(), governor.paused
        halt = paused or stop
        invalid = intake.invalid.copy()
        return ImportReport(
            phase=Phase.PAUSED if paused else self._phase,
            base_url=self._base_url,
            records=intake.records,
            conversations=max(intake.totals.conversations, tally.conversations),
            messages=counts.total(),
            **asdict(counts),
            requests=governor.requests,
            retries=governor.retries,
            pace=governor.pace,
            paced_by=governor.paced_by,
            elapsed_s=round(self._clock.monotonic() - self._started, 3),
            stopped_by=stop.by if stop else None,
            resume_at=iso_time(halt.until) if halt and halt.until else None,
            detail=stop.detail if stop else None,
            requests_today=self._ledger.requests_on(day_of(self._clock.time())),
            daily_limit=self._options.daily_limit,
            least_requests=intake.least_requests,
            odd_times=dict(+intake.totals.odd_times),
            answers=dict(governor.answers),
            failures=tuple(tally.failures),
            ledger=str(self._options.ledger) if self._ledger.is_kept else None,
            samples=tuple(self._samples.kept),
            **{"reasons": dict((invalid + tally.reasons).most_common()), **self._closing},
        )
