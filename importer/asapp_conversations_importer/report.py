"""What an import did, and the exit status that says so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any

from attrs import asdict, define, field, frozen

from .sending.dispatcher import Failure
from .sending.governor import PacedBy
from .sending.stops import StoppedBy

MOST_SAMPLES = 256

STATUSES = {
    StoppedBy.CREDENTIALS: 3,
    StoppedBy.DAILY_LIMIT: 75,
    StoppedBy.RATE_LIMIT: 75,
    StoppedBy.INTERRUPT: 130,
    StoppedBy.TERMINATION: 143,
}
"""The exit statuses of runs that ended early; of all others it is 1."""


class Phase(StrEnum):
    """What a run is about."""

    READING = "reading"
    SENDING = "sending"
    PAUSED = "paused"
    ENDED = "ended"


@frozen
class Sample:
    """What had been done at one moment.

    Attributes:
        at: seconds since the run began.
        messages: how many this run had stored by then, or found to be stored already.
        answers: how many requests had been answered by then, by status.
    """

    at: float
    messages: int
    answers: Mapping[str, int]


@define
class Samples:
    """Progress over time in samples at even distances; the longer the run, the further apart."""

    kept: list[Sample] = field(factory=list)
    _step: int = 1
    _seen: int = 0

    def add(self, sample: Sample) -> None:
        """Keep the sample if it is its turn."""
        if self._seen % self._step == 0:
            self.kept.append(sample)
        self._seen += 1
        if len(self.kept) >= MOST_SAMPLES:
            del self.kept[1::2]
            self._step *= 2


@frozen
class ImportReport:
    """What an import did, or has done so far.

    `messages` is the sum of the six counts after it.

    Attributes:
        phase: what the run is about.
        base_url: where it sends to.
        records: how many records have been read.
        conversations: those with at least one valid message.
        messages: valid messages, and the records that are none.
        stored: accepted in this run.
        already_stored: held by ASAPP before they were sent (409).
        skipped: settled by an earlier run.
        rejected: invalid, or refused by ASAPP.
        in_doubt: sent, without an answer that tells what became of them; the same import asks.
        unsent: not sent; the same import sends them.
        requests: how many requests have left.
        retries: how many of them were resends.
        pace: requests a second that may leave now; None if nothing limits them, or none is sent.
        paced_by: why no more leave: the ceiling of `rate`, refusals (429) below it, the
            concurrency, failures, or a limit of ASAPP's that one request at a time looks into.
        elapsed_s: seconds.
        stopped_by: why the run ended early, if it did.
        resume_at: when to go on, ISO 8601 in UTC, if that is a matter of time.
        detail: what ASAPP or the disk said when it ended early.
        requests_today: requests of this UTC day by all runs of the ledger.
        daily_limit: how many may leave in a UTC day.
        least_requests: how many requests the source takes in all; None if that is not known.
        odd_times: messages whose local time the clock showed twice (`repeated_hour`) or never
            (`skipped_hour`), or that were sent `before_1990` or `after_tomorrow`.
        reasons: how many records were rejected, by reason, the most frequent first.
        answers: how many requests had each status, or no answer.
        failures: the first batches that were not, or not certainly, stored, with request ids.
        ledger: the file to go on from; None if there is none.
        rejects: the file of rejects, if one was written.
        warnings: what else went wrong, and did not matter to the messages.
        samples: messages and answers over time.
    """

    phase: Phase = Phase.READING
    base_url: str = ""
    records: int = 0
    conversations: int = 0
    messages: int = 0
    stored: int = 0
    already_stored: int = 0
    skipped: int = 0
    rejected: int = 0
    in_doubt: int = 0
    unsent: int = 0
    requests: int = 0
    retries: int = 0
    pace: float | None = None
    paced_by: PacedBy | None = None
    elapsed_s: float = 0.0
    stopped_by: StoppedBy | None = None
    resume_at: str | None = None
    detail: str | None = None
    requests_today: int = 0
    daily_limit: int | None = None
    least_requests: int | None = None
    odd_times: Mapping[str, int] = field(factory=dict)
    reasons: Mapping[str, int] = field(factory=dict)
    answers: Mapping[str, int] = field(factory=dict)
    failures: Sequence[Failure] = ()
    ledger: str | None = None
    rejects: str | None = None
    warnings: Sequence[str] = ()
    samples: Sequence[Sample] = field(default=(), repr=False)

    def to_dict(self) -> dict[str, Any]:
        """The report as JSON values, without the samples."""
        return asdict(self, filter=lambda attribute, _: attribute.name != "samples")

    @property
    def settled(self) -> int:
        """How many messages need no further thought of ours."""
        return self.stored + self.already_stored + self.skipped + self.rejected

    @property
    def refused(self) -> int:
        """How many requests were answered with 429."""
        return self.answers.get("429", 0)

    @property
    def trial_passed(self) -> bool | None:
        """Whether all that a trial has sent is stored; None if the run was none, or was stopped."""
        if self.stopped_by is not StoppedBy.TRIAL:
            return None
        stored = self.stored + self.already_stored
        return stored > 0 and not self.in_doubt and not self.failures

    @property
    def exit_status(self) -> int:
        """0 all stored, or the trial is; 1 not all, 3 keys refused, 75 paused, 130 and 143 ended."""
        if self.trial_passed is not None:
            return int(not self.trial_passed or self.rejected > 0)
        if self.stopped_by:
            return STATUSES.get(self.stopped_by, 1)
        return 1 if self.rejected or self.in_doubt or self.unsent else 0
