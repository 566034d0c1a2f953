"""One run of an import, from its source to its report."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, cast

from asapp_conversations import AsyncClient, InvalidRequestError
from asapp_conversations.toolkit import Clock
from attrs import asdict, define, field

from .ledger.choice import known_names
from .ledger.counts import Counts
from .ledger.database import LedgerError
from .ledger.days import day_of, iso_time
from .ledger.ledger import Ledger
from .ledger.snapshots import SnapshotNotes
from .options import ImportOptions
from .reading import Reader
from .reading.messages import Reject
from .reading.sources import Snapshot, Source
from .reading.totals import Totals
from .rejects import write_rejects
from .report import ImportReport, Phase, Sample, Samples
from .sending.dispatcher import Dispatcher, Tally
from .sending.governor import Governor
from .sending.outcomes import BodyLimit
from .sending.stops import Stop, StoppedBy

GRACE = 30.0
"""Seconds that requests on their way get to be answered once a run stops."""

TICK = 0.25
"""Seconds between two looks at the progress."""


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
    _limit: BodyLimit = field(init=False)
    _started: float = field(init=False)
    _phase: Phase = field(init=False, default=Phase.READING)
    _records: int = field(init=False, default=0)
    _totals: Totals = field(init=False, factory=Totals)
    _invalid: Counter[str] = field(init=False, factory=Counter)
    _note: Callable[[Reject], object] = field(init=False)
    _tally: Tally = field(init=False, factory=Tally)
    _samples: Samples = field(init=False, factory=Samples)
    _unvisited: Counts = field(init=False, factory=Counts)
    _closing: dict[str, Any] = field(init=False, factory=dict)
    """What the report says of the end: rejects, reasons, warnings."""

    def __attrs_post_init__(self) -> None:
        known = self._ledger.fact("max_body") or self._options.max_body
        self._limit = BodyLimit(min(self._options.max_body, known))
        self._started = self._clock.monotonic()

    async def run(self, client: AsyncClient) -> ImportReport:
        """Read the source, and send what it holds."""
        ticking = asyncio.create_task(self._tick())
        try:
            await self._load()
            if self._may_begin():
                await self._send(client)
        finally:
            ticking.cancel()
            self._phase = Phase.ENDED
            await self._finish()
        with suppress(asyncio.CancelledError):
            await ticking
        return self.report()

    async def _tick(self) -> None:
        """Tell of the progress, and write down how far it came."""
        while True:
            if self._options.interruption.by and self._phase is Phase.READING:
                self._reader.interrupt()
            self._notes.settle(self._tally.conversations)
            if self._phase is Phase.SENDING:
                # The last answers before a pause, too; where it cannot, the next request will tell.
                with suppress(LedgerError):
                    await self._ledger.flushed()
            report = self.report()
            stored = report.stored + report.already_stored
            self._samples.add(Sample(report.elapsed_s, stored, report.answers))
            self._options.on_progress(report)
            await asyncio.sleep(TICK)

    async def _load(self) -> None:
        """Read all that is read before anything is sent."""
        reading = asyncio.create_task(asyncio.to_thread(self._read))
        try:
            await asyncio.shield(reading)
        except asyncio.CancelledError:
            # The thread has to be gone before what it works with is closed.
            self._options.interruption.request()
            await reading
            raise

    def _read(self) -> None:
        options = self._options
        try:
            with suppress(KeyboardInterrupt), self._ledger.invalid_records() as note:
                self._note = note
                self._totals = self._reader.load(
                    self._source, options.read, self._reject, self._count
                )
                if isinstance(self._source, Snapshot):
                    self._notes.keep()
        except InvalidRequestError:
            # Whoever ends a pipeline ends what feeds it, too.
            if not options.interruption.by:
                raise
        # What is read while it is sent is written down together with what was sent.
        self._note = self._ledger.note_reject

    def _reject(self, reject: Reject) -> None:
        self._invalid[reject.summary()] += 1
        self._note(reject)

    def _count(self, records: int) -> None:
        self._records = records
        if self._options.interruption.by:
            raise KeyboardInterrupt

    def _may_begin(self) -> bool:
        """Whether nobody wants it to end before the first request."""
        confirm, interruption = self._options.confirm, self._options.interruption
        if not interruption.by:
            self._ledger.begin_run(self._clock.time(), known_names(self._source))
            if confirm and self._ledger.is_untried and not confirm(self.report()):
                # A signal in the place of an answer declines nothing.
                self._governor.end(Stop(interruption.by or StoppedBy.DECLINED))
        if interruption.by:
            self._governor.end(Stop(interruption.by))
        return self._governor.stop is None

    async def _send(self, client: AsyncClient) -> None:
        """Work to the end of the source, or for a bounded time after a stop."""
        self._phase = Phase.SENDING
        loop, options, governor = asyncio.get_running_loop(), self._options, self._governor
        dispatcher = Dispatcher(
            self._reader.conversations(),
            client,
            self._ledger,
            governor,
            self._limit,
            isolate=options.isolate,
            first=options.first,
        )
        self._tally = dispatcher.tally
        try:
            async with asyncio.timeout(None) as patience:
                governor.on_stop = lambda: patience.reschedule(loop.time() + GRACE)
                options.interruption.listen(
                    lambda by: loop.call_soon_threadsafe(governor.end, Stop(by))
                )
                async with asyncio.TaskGroup() as dispatchers:
                    for _ in range(options.concurrency):
                        dispatchers.create_task(dispatcher.work())
        except TimeoutError:
            pass
        except BaseExceptionGroup as group:
            # What a source or a credentials provider raises reaches the caller as it is.
            raise group.exceptions[0] from None
        finally:
            governor.on_stop = lambda: None
        if self._tally.trial_over:
            governor.end(Stop(StoppedBy.TRIAL))

    async def _finish(self) -> None:
        """Write down how far it came, and the rejects."""
        ledger, options = self._ledger, self._options
        if not ledger.begun:
            return
        self._notes.settle(self._tally.conversations)
        stop = self._governor.stop
        try:
            await ledger.flushed()
            if stop:
                self._unvisited = self._counts_of_others()
            if self._limit.max_body < options.max_body:
                ledger.set_fact("max_body", self._limit.max_body)
            self._write_rejects()
            self._closing["reasons"] = ledger.reject_reasons()
            ledger.end_run(
                self._clock.time(),
                stopped_by=stop.by if stop else None,
                resume_at=stop.until if stop else None,
                unsent=self._counts().unsent,
                daily_limit=options.daily_limit,
            )
        except LedgerError as error:
            self._governor.end(Stop(StoppedBy.LEDGER, detail=str(error)))

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
        try:
            digest = write_rejects(path, ledger.rejects(), ledger.fact("rejects_digest"))
            ledger.set_fact("rejects_digest", digest)
            self._closing["rejects"] = str(path) if digest else None
        except InvalidRequestError as error:
            self._closing["warnings"] = (str(error),)
        except OSError as error:
            words = f"{path}: the rejects cannot be written ({error.strerror})"
            self._closing["warnings"] = (f"{words}; they are in the ledger",)

    def _counts(self) -> Counts:
        """What has become of every message of the source."""
        invalid = self._invalid.total() + self._notes.invalid
        counted = self._tally.counts + self._notes.skipped + Counts(rejected=invalid)
        left = max(0, self._totals.messages - self._tally.counts.total())
        return counted + self._unvisited.within(left)

    def report(self) -> ImportReport:
        """What the run has done so far."""
        governor, tally, clock = self._governor, self._tally, self._clock
        counts, stop, paused = self._counts(), governor.stop, governor.paused
        halt = paused or stop
        # Copied at once, for the thread that reads adds to it.
        reasons = dict((self._invalid.copy() + tally.reasons).most_common())
        return ImportReport(
            phase=Phase.PAUSED if paused else self._phase,
            base_url=self._base_url,
            records=self._records,
            conversations=max(self._totals.conversations, tally.conversations),
            messages=counts.total(),
            **asdict(counts),
            requests=governor.requests,
            retries=governor.retries,
            pace=governor.pace,
            paced_by=governor.paced_by,
            elapsed_s=round(clock.monotonic() - self._started, 3),
            stopped_by=stop.by if stop else None,
            resume_at=iso_time(halt.until) if halt and halt.until else None,
            detail=stop.detail if stop else None,
            requests_today=self._ledger.requests_on(day_of(clock.time())),
            daily_limit=self._options.daily_limit,
            least_requests=self._totals.requests,
            odd_times=dict(+self._totals.odd_times),
            answers=dict(governor.answers),
            failures=tuple(tally.failures),
            ledger=str(self._options.ledger) if self._ledger.is_kept else None,
            samples=tuple(self._samples.kept),
            **{"reasons": reasons, **self._closing},
        )
