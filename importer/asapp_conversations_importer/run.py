"""One run of an import, from its source to its report."""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import cast

from asapp_conversations import AsyncClient, Credentials
from asapp_conversations.toolkit import (
    AsyncCredentialsProvider,
    Clock,
    TaskPacer,
    ask,
    resolve_base_url,
)
from asapp_conversations_client.facts import BATCH
from attrs import evolve

from .interruption import Interrupted, Interruption
from .ledger.choice import known_files
from .ledger.counts import Counts
from .ledger.database import LedgerError, RejectRow, Target
from .ledger.days import day_of, iso_time
from .ledger.ledger import Ledger
from .options import MODEST_RATE, ClientOptions, ImportOptions
from .reading import Reader, open_reader
from .reading.files import find_files
from .reading.messages import Conversation, Reject
from .reading.sources import Files, Source
from .reading.staging import Totals
from .rejects import EditedRejectsError, write_rejects
from .report import ImportReport, Phase, Sample, Samples
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


class ImportRun:
    """One run of an import, and what it has done so far."""

    def __init__(
        self,
        source: Source,
        options: ImportOptions,
        keys: Credentials | AsyncCredentialsProvider,
        client_options: ClientOptions,
        interruption: Interruption,
    ) -> None:
        self._source = source
        self._options = options
        self._keys = keys
        self._client_options = client_options
        self._interruption = interruption
        self._base_url = resolve_base_url(
            client_options.get("base_url"),
            client_options.get("environment"),
            allow_http=client_options.get("allow_http", False),
        )
        self._clock = client_options.get("clock") or Clock()
        self._started = self._clock.monotonic()
        self._phase = Phase.READING
        self._begun = False
        self._records = 0
        self._totals = Totals()
        self._least_requests: int | None = None
        self._invalid: Counter[str] = Counter()
        self._late: deque[RejectRow] = deque()
        self._note_invalid: Callable[[RejectRow], object] = self._late.append
        self._ledger: Ledger | None = None
        self._governor: Governor | None = None
        self._tally = Tally()
        self._unvisited = Counts()
        self._reasons: dict[str, int] = {}
        self._stop: Stop | None = None
        self._rejects: Path | None = None
        self._warnings: list[str] = []
        self._samples = Samples()
        self._limit = BodyLimit(options.max_body)

    async def run(self, on_progress: Callable[[ImportReport], None]) -> ImportReport:
        """Read, send, and write down; raises only for what stops it before the first request."""
        keys = await ask(self._keys)
        target = Target(str(self._base_url), keys.api_id)
        options = self._options
        with (
            Ledger(options.ledger, target) as ledger,
            open_reader(
                self._source,
                memory_limit=options.memory_limit,
                folder=options.ledger.with_name(options.ledger.name + STAGING_SUFFIX),
            ) as reader,
        ):
            self._ledger = ledger
            ticking = asyncio.create_task(self._tick(on_progress, reader))
            try:
                await self._read_in_thread(ledger, reader)
                await self._send(ledger, reader.conversations())
            finally:
                ticking.cancel()
                await self._finish(ledger)
            with suppress(asyncio.CancelledError):
                await ticking
            report = self.report()
        on_progress(report)
        return report

    def _begin(self, ledger: Ledger) -> None:
        files: list[str] = []
        if isinstance(self._source, Files):
            files = known_files([Path(name) for name in find_files(self._source.paths)])
        ledger.begin_run(self._clock.time(), files)
        self._begun = True

    async def _tick(self, on_progress: Callable[[ImportReport], None], reader: Reader) -> None:
        while True:
            if self._interruption.by and self._phase is Phase.READING:
                reader.interrupt()
            self._note_late()
            report = self.report()
            self._samples.add(
                Sample(report.elapsed_s, report.stored + report.already_stored, report.answers)
            )
            on_progress(report)
            await asyncio.sleep(TICK)

    def _note_late(self) -> None:
        while self._ledger and self._late:
            self._ledger.note_reject(self._late.popleft())

    async def _read_in_thread(self, ledger: Ledger, reader: Reader) -> None:
        reading = asyncio.create_task(asyncio.to_thread(self._read, ledger, reader))
        try:
            await asyncio.shield(reading)
        except asyncio.CancelledError:
            # The thread has to be gone before what it works with is closed.
            self._interruption.request()
            await reading
            raise

    def _read(self, ledger: Ledger, reader: Reader) -> None:
        with suppress(Interrupted, KeyboardInterrupt), ledger.invalid_records() as note:
            self._note_invalid = note
            self._totals = reader.load(self._source, self._options.read, self._reject, self._count)
            self._least_requests = reader.request_count(BATCH.max_messages)
        # What is read while it is sent is noted between the commits of the event loop.
        self._note_invalid = self._late.append

    def _reject(self, reject: Reject) -> None:
        reason = reject.summary()
        self._invalid[reason] += 1
        self._note_invalid(RejectRow(reason, reject.to_dict(), reject.conversation_id))

    def _count(self, records: int) -> None:
        self._records = records
        self._interruption.raise_if_requested()

    async def _send(self, ledger: Ledger, conversations: Iterator[Conversation]) -> None:
        if self._interruption.by:
            self._stop = Stop(self._interruption.by)
            return
        self._begin(ledger)
        self._phase = Phase.SENDING
        options = self._options
        known = ledger.fact("max_body") or options.max_body
        self._limit = BodyLimit(min(options.max_body, known))
        governor = Governor(
            TaskPacer(self._client_options.get("rate", MODEST_RATE), self._clock),
            ledger,
            concurrency=options.concurrency,
            daily_limit=options.daily_limit,
            wait=options.wait,
            clock=self._clock,
        )
        self._governor = governor
        async with self._client(governor) as client:
            dispatcher = Dispatcher(
                conversations, client, ledger, governor, self._limit, isolate=options.isolate
            )
            self._tally = dispatcher.tally
            await self._let_work(dispatcher, governor)

    def _client(self, governor: Governor) -> AsyncClient:
        changes: ClientOptions = {
            "clock": evolve(self._clock, sleep_async=governor.sleep),
            # A pause that is slept through must not use up the time of a request.
            "total_timeout": None,
        }
        options = cast("ClientOptions", {**self._client_options, **changes})
        options.pop("rate", None)
        return AsyncClient(credentials=self._keys, gate=governor, **options)

    async def _let_work(self, dispatcher: Dispatcher, governor: Governor) -> None:
        """Let the dispatchers work to the end of the source, or for a bounded time after a stop."""
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(None) as patience:
                governor.on_stop = lambda: patience.reschedule(loop.time() + GRACE)
                self._interruption.listen(
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

    async def _finish(self, ledger: Ledger) -> None:
        """Write down how far it came, and the rejects."""
        self._phase = Phase.ENDED
        self._note_late()
        if not self._begun:
            return
        try:
            await ledger.flushed()
            if self._governor is None or self._governor.stop:
                self._unvisited = ledger.counts_after(self._tally.last_seen)
            if self._limit.max_body < self._options.max_body:
                ledger.set_fact("max_body", self._limit.max_body)
            self._write_rejects(ledger)
            self._reasons = ledger.reject_reasons()
            self._note_end(ledger)
        except LedgerError as error:
            if self.report().stopped_by is None:
                self._stop = Stop(StoppedBy.LEDGER, detail=str(error))

    def _note_end(self, ledger: Ledger) -> None:
        governor = self._governor
        stop = self._stop or (governor.stop if governor else None)
        ledger.end_run(
            self._clock.time(),
            stopped_by=stop.by if stop else None,
            resume_at=stop.until if stop else None,
            unsent=self._counts().unsent,
            daily_limit=self._options.daily_limit,
        )

    def _write_rejects(self, ledger: Ledger) -> None:
        path = self._options.rejects
        try:
            digest = write_rejects(path, ledger.rejects(), ledger.fact("rejects_digest"))
            ledger.set_fact("rejects_digest", digest)
            self._rejects = path if digest else None
        except EditedRejectsError as error:
            self._warnings.append(str(error))
        except OSError as error:
            self._warnings.append(
                f"{path}: the rejects cannot be written ({error.strerror}); they are in the ledger"
            )

    def report(self) -> ImportReport:
        """What the run has done so far."""
        governor, ledger = self._governor, self._ledger
        stop = self._stop or (governor.stop if governor else None)
        counts = self._counts()
        paused = governor.paused if governor else None
        halt = paused or stop
        return ImportReport(
            phase=Phase.PAUSED if paused else self._phase,
            records=self._records,
            conversations=max(self._totals.conversations, self._tally.conversations),
            messages=counts.total(),
            stored=counts.stored,
            already_stored=counts.already_stored,
            skipped=counts.skipped,
            rejected=counts.rejected,
            in_doubt=counts.in_doubt,
            unsent=counts.unsent,
            requests=governor.requests if governor else 0,
            retries=governor.retries if governor else 0,
            pace=governor.pace if governor else None,
            paced_by=governor.paced_by if governor else None,
            elapsed_s=round(self._clock.monotonic() - self._started, 3),
            stopped_by=stop.by if stop else None,
            resume_at=iso_time(halt.until) if halt and halt.until else None,
            detail=stop.detail if stop else None,
            requests_today=ledger.requests_on(day_of(self._clock.time())) if ledger else 0,
            daily_limit=self._options.daily_limit,
            least_requests=self._least_requests,
            reasons=self._reasons or dict((self._invalid + self._tally.reasons).most_common()),
            answers=dict(governor.answers) if governor else {},
            failures=tuple(self._tally.failures),
            ledger=str(self._options.ledger),
            rejects=str(self._rejects) if self._rejects else None,
            warnings=tuple(self._warnings),
            samples=tuple(self._samples.kept),
        )

    def _counts(self) -> Counts:
        """What has become of every message of the source."""
        counted = self._tally.counts + Counts(rejected=self._invalid.total())
        left = max(0, self._totals.messages - self._tally.counts.total())
        return counted + self._unvisited.within(left)
