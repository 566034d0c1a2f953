"""Where an import stands, read from its ledger, also while it runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from attrs import asdict, frozen
from filelock import Timeout

from .checkpoint import Status
from .database import Database, LedgerError
from .days import iso_time
from .ledger import Ledger, lock

SHOWN = 20
"""How many of the waiting conversations are named."""

RUN = "started", "ended", "resume_at", "stopped_by", "unsent", "daily_limit"
"""What is told of a run; the first three are times."""


@frozen
class Waiting:
    """A conversation that was begun and is not finished.

    Attributes:
        conversation_id: the conversation.
        status: `open`, `in_doubt`, `changed` or `rejected`.
        reason: why it waits; None if nothing but time is missing.
    """

    conversation_id: str
    status: str
    reason: str | None


@frozen
class Standing:
    """Where an import stands.

    Attributes:
        ledger: the file.
        base_url: where the import goes.
        api_id: with which keys.
        running: whether a run holds the ledger now.
        conversations: how many were begun, by status.
        stored: messages accepted by ASAPP, or held by it before.
        rejected: messages that ASAPP refused.
        in_doubt: messages whose outcome is unknown; they are sent again as the very same batch.
        invalid: records that the document does not allow.
        kept: how many rejects the ledger holds whole, to be written and mended.
        waiting: the first of the conversations that were begun and are not finished.
        reasons: rejects by reason, the most frequent first.
        requests: how many left on each day (UTC).
        started: when the latest run began to send, ISO 8601 in UTC; None if there was none.
        ended: when it ended; None while it runs, or if it was killed.
        stopped_by: why it ended early, if it did.
        resume_at: when to go on, ISO 8601 in UTC, if that is a matter of time.
        unsent: how many messages of its source it left unsent.
        daily_limit: how many requests it might send in a UTC day.
    """

    ledger: str
    base_url: str
    api_id: str
    running: bool
    conversations: Mapping[str, int]
    stored: int
    rejected: int
    in_doubt: int
    invalid: int
    kept: int
    waiting: Sequence[Waiting]
    reasons: Mapping[str, int]
    requests: Mapping[str, int]
    started: str | None = None
    ended: str | None = None
    stopped_by: str | None = None
    resume_at: str | None = None
    unsent: int = 0
    daily_limit: int | None = None

    def to_dict(self) -> dict[str, Any]:
        """The standing as JSON values."""
        return asdict(self)


def read_standing(path: Path) -> Standing:
    """Where the import of that ledger stands; `LedgerError` if it is none."""
    with opened(path) as database:
        counts = database.counts_after()
        runs = database.read(f"SELECT {', '.join(RUN)} FROM runs ORDER BY number DESC LIMIT 1")
        run: dict[str, Any] = dict(zip(RUN, runs[0], strict=True)) if runs else {}
        for name in RUN[:3]:
            if run.get(name) is not None:
                run[name] = iso_time(run[name])
        ((invalid, kept),) = database.read(
            "SELECT count(*) FILTER (WHERE position IS NULL), "
            "count(*) FILTER (WHERE json_type(content, '$.record') != 'null') FROM rejects"
        )
        waiting = database.read(
            "SELECT id, status, reason FROM conversations "
            f"WHERE status != '{Status.FINISHED}' "
            f"AND (status != '{Status.OPEN}' OR reason IS NOT NULL) ORDER BY id LIMIT {SHOWN}"
        )
        return Standing(
            ledger=str(path),
            **database.target()._asdict(),
            running=is_running(path),
            conversations=dict(
                database.read("SELECT status, count(*) FROM conversations GROUP BY status")
            ),
            stored=counts.skipped,
            rejected=counts.rejected,
            in_doubt=counts.in_doubt,
            invalid=invalid,
            kept=kept,
            waiting=tuple(Waiting(*row) for row in waiting),
            reasons=database.reject_reasons(),
            requests=dict(database.read("SELECT day, requests FROM days ORDER BY day")),
            **run,
        )


def opened(path: Path) -> Database:
    """A ledger that cannot be changed so; `LedgerError` if it is none."""
    if not path.is_file():
        what = "is no file" if path.exists() else "does not exist"
        raise LedgerError(f"{path} {what}: name the ledger that an import has printed")
    return Database(path)


def is_running(path: Path) -> bool:
    """Whether a run holds the ledger."""
    try:
        held = lock(path)
        if Path(held.lock_file).exists():
            with held.acquire(timeout=0):
                pass
    except Timeout:
        return True
    except (OSError, LedgerError):
        pass
    return False


def rejects_of(path: Path) -> Iterator[dict[str, Any]]:
    """Every reject of a ledger, as it stands in the file of rejects; `LedgerError` if it is none."""
    with opened(path) as database:
        yield from database.rejects()


def forget_rejects(path: Path) -> int:
    """Remove from a ledger what its rejects hold of people's messages, and say how many there are.

    Places and reasons stay. The next import that reads the same records notes them again.
    `LedgerError` if it is no ledger, or in use.
    """
    with opened(path) as database:
        target = database.target()
    with Ledger(path, target) as ledger:
        return ledger.forget_rejects()
