"""Where an import stands, read from its ledger, also while it runs."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from attrs import asdict, frozen
from filelock import FileLock, Timeout

from .checkpoint import Status
from .database import (
    LedgerError,
    connect,
    count_messages,
    count_reasons,
    explained,
    is_empty,
    lock_path,
    read_facts,
    read_rejects,
)
from .days import iso_time

SHOWN = 20
"""How many of the waiting conversations are named."""


@frozen
class Waiting:
    """A conversation that was begun and is not finished."""

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
        waiting: the first of the conversations that were begun and are not finished.
        reasons: rejects by reason, the most frequent first.
        requests: how many left on each day (UTC).
        started: when the latest run began, ISO 8601 in UTC; None if there was none.
        ended: when it ended; None while it runs, or if it was killed.
        report: what it said of itself at its end.
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
    waiting: Sequence[Waiting]
    reasons: Mapping[str, int]
    requests: Mapping[str, int]
    started: str | None
    ended: str | None
    report: Mapping[str, Any]

    def to_dict(self) -> dict[str, Any]:
        """The standing as JSON values."""
        return asdict(self)


def read_standing(path: Path) -> Standing:
    """Where the import of that ledger stands; `LedgerError` if it is none."""
    with opened(path) as connection:
        facts = read_facts(connection)
        counts = count_messages(connection)
        run = connection.execute(
            "SELECT started, ended, report FROM runs ORDER BY number DESC LIMIT 1"
        ).fetchone() or (None, None, "{}")
        return Standing(
            ledger=str(path),
            base_url=facts["base_url"],
            api_id=facts["api_id"],
            running=is_running(path),
            conversations=dict(
                connection.execute("SELECT status, count(*) FROM conversations GROUP BY status")
            ),
            stored=counts.skipped,
            rejected=counts.rejected,
            in_doubt=counts.in_doubt,
            invalid=connection.execute(
                "SELECT count(*) FROM rejects WHERE position IS NULL"
            ).fetchone()[0],
            waiting=tuple(
                Waiting(*row)
                for row in connection.execute(
                    "SELECT id, status, reason FROM conversations "
                    f"WHERE status != '{Status.FINISHED}' "
                    f"AND (status != '{Status.OPEN}' OR reason IS NOT NULL) "
                    f"ORDER BY id LIMIT {SHOWN}"
                )
            ),
            reasons=count_reasons(connection),
            requests=dict(connection.execute("SELECT day, requests FROM days ORDER BY day")),
            started=None if run[0] is None else iso_time(run[0]),
            ended=None if run[1] is None else iso_time(run[1]),
            report=json.loads(run[2]),
        )


@contextmanager
def opened(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection to a ledger that cannot change it; `LedgerError` if it is none."""
    if not path.is_file():
        raise LedgerError(f"{path} does not exist: name the ledger that an import has printed")
    with explained(path), closing(connect(path, "ro")) as connection:
        if is_empty(path, connection):
            raise LedgerError(f"{path} is empty: no import has begun to write it")
        yield connection


def is_running(path: Path) -> bool:
    """Whether a run holds the ledger."""
    lock = FileLock(lock_path(path), timeout=0)
    try:
        with lock:
            return False
    except Timeout:
        return True
    except OSError:
        return False


def rejects_of(path: Path) -> Iterator[dict[str, Any]]:
    """Every reject of a ledger, as it stands in the file of rejects."""
    with opened(path) as connection:
        yield from read_rejects(connection)
