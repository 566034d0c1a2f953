"""The ledger of a run: written before a batch leaves and after its answer."""

from __future__ import annotations

import asyncio
import json
import os
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

from attrs import define, field
from filelock import FileLock, Timeout

from .checkpoint import Checkpoint
from .counts import Counts
from .database import (
    COUNT_REQUESTS,
    INSERT_REJECT,
    SAVE_CHECKPOINT,
    SET_FACT,
    LedgerError,
    RejectRow,
    Target,
    check_target,
    connect,
    count_messages,
    count_reasons,
    create,
    explained,
    find_checkpoint,
    is_empty,
    lock_path,
    read_facts,
    read_rejects,
    to_row,
)


@define
class Pending:
    """What was noted and is not yet durable."""

    checkpoints: dict[str, Checkpoint] = field(factory=dict)
    rejects: list[RejectRow] = field(factory=list)
    requests: Counter[str] = field(factory=Counter)

    def __bool__(self) -> bool:
        return bool(self.checkpoints or self.rejects or self.requests)

    def then(self, later: Pending) -> Pending:
        """Both together, of which `later` holds where they differ."""
        return Pending(
            self.checkpoints | later.checkpoints,
            self.rejects + later.rejects,
            self.requests + later.requests,
        )


class Ledger:
    """The ledger of a run, which nobody else may write to meanwhile.

    What `save` and `count_request` are told is durable once `flushed` returns; what many tasks
    tell at the same time is written in one transaction. Use it as a context manager.

    Attributes:
        path: the file.
        connection: to the file, while the context lasts.
    """

    def __init__(self, path: Path, target: Target) -> None:
        self.path = path
        self._lock = FileLock(lock_path(path))
        self._commit_gate = asyncio.Lock()
        self._next_commit: asyncio.Task[None] | None = None
        self._pending = Pending()
        with explained(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            self._acquire()
            try:
                self.connection = self._open(target)
            except BaseException:
                self._lock.release()
                raise
        self._counted: Counter[str] = Counter(
            dict(self.connection.execute("SELECT day, requests FROM days"))
        )

    def _acquire(self) -> None:
        try:
            self._lock.acquire(timeout=0)
        except Timeout:
            raise LedgerError(
                f"{self.path} is in use by another import: wait for it, or stop it first"
            ) from None

    def _open(self, target: Target) -> sqlite3.Connection:
        # Messages that were rejected stand in it: nobody else may read it.
        os.close(os.open(self.path, os.O_CREAT | os.O_RDWR, 0o600))
        connection = connect(self.path, "rw")
        try:
            if is_empty(self.path, connection):
                create(connection, target)
            check_target(self.path, connection, target)
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
        except BaseException:
            connection.close()
            raise
        return connection

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.connection.close()
        self._lock.release()

    def find(self, conversation_id: str) -> Checkpoint:
        """How far a conversation has come; nowhere if it is not known."""
        pending = self._pending.checkpoints.get(conversation_id)
        if pending is not None:
            return pending
        with explained(self.path):
            return find_checkpoint(self.connection, conversation_id)

    def counts_after(self, conversation_id: str) -> Counts:
        """What had become of the messages of the conversations after that one, when last seen."""
        with explained(self.path):
            return count_messages(self.connection, conversation_id)

    def save(
        self, conversation_id: str, checkpoint: Checkpoint, rejects: Iterable[RejectRow] = ()
    ) -> None:
        """Note how far a conversation has come, and what ASAPP refused of it."""
        self._pending.checkpoints[conversation_id] = checkpoint
        self._pending.rejects += rejects

    def note_reject(self, reject: RejectRow) -> None:
        """Note a record that is not sent."""
        self._pending.rejects.append(reject)

    def count_request(self, day: str, number: int = 1) -> None:
        """Note that a request is about to leave on that day (`2026-11-24`, UTC)."""
        self._pending.requests[day] += number
        self._counted[day] += number

    def requests_on(self, day: str) -> int:
        """How many requests have left on that day, by all runs of this ledger."""
        return self._counted[day]

    async def flushed(self) -> None:
        """Return once all that was noted by now is durable."""
        if self._next_commit is None:
            self._next_commit = asyncio.create_task(self._commit())
        await asyncio.shield(self._next_commit)

    async def _commit(self) -> None:
        async with self._commit_gate:
            self._next_commit = None
            taken, self._pending = self._pending, Pending()
            try:
                await asyncio.to_thread(self._write, taken)
            except BaseException:
                self._pending = taken.then(self._pending)
                raise

    def _write(self, pending: Pending) -> None:
        if not pending:
            return
        rows = [(name, *to_row(checkpoint)) for name, checkpoint in pending.checkpoints.items()]
        with self._transaction() as connection:
            connection.executemany(SAVE_CHECKPOINT, rows)
            connection.executemany(INSERT_REJECT, [reject.to_row() for reject in pending.rejects])
            connection.executemany(COUNT_REQUESTS, pending.requests.items())

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with explained(self.path):
            self.connection.execute("BEGIN IMMEDIATE")
            try:
                yield self.connection
                self.connection.execute("COMMIT")
            except BaseException:
                # A full disk has already rolled it back.
                if self.connection.in_transaction:
                    self.connection.execute("ROLLBACK")
                raise

    @contextmanager
    def invalid_records(self) -> Iterator[Callable[[RejectRow], object]]:
        """Notes each invalid record; they replace those of before, once it ends without error."""
        with self._transaction() as connection:
            connection.execute("DELETE FROM rejects WHERE position IS NULL")
            yield lambda reject: connection.execute(INSERT_REJECT, reject.to_row())

    def begin_run(self, started: float) -> None:
        """Note that a run begins, at so many seconds since 1970."""
        with self._transaction() as connection:
            connection.execute("INSERT INTO runs (started, report) VALUES (?, '{}')", (started,))

    def end_run(self, ended: float, report: dict[str, Any]) -> None:
        """Note that the run ended, and what it says of itself."""
        with self._transaction() as connection:
            connection.execute(
                "UPDATE runs SET report = ?, ended = ? "
                "WHERE number = (SELECT max(number) FROM runs)",
                (json.dumps(report), ended),
            )

    def fact(self, name: str) -> str | None:
        """A fact noted under that name."""
        return read_facts(self.connection).get(name)

    def set_fact(self, name: str, value: str) -> None:
        """Note a fact, in the place of one of the same name."""
        with self._transaction() as connection:
            connection.execute(SET_FACT, (name, value))

    def reject_reasons(self) -> dict[str, int]:
        """How many rejects there are, by reason."""
        return count_reasons(self.connection)

    def rejects(self) -> Iterator[dict[str, Any]]:
        """Every reject as it stands in the file of rejects."""
        return read_rejects(self.connection)
