"""The ledger of a run: written before a batch leaves and after its answer."""

from __future__ import annotations

import asyncio
import os
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any, Literal

from asapp_conversations.toolkit import USER_AGENT
from filelock import FileLock, Timeout

from ..reading.messages import Reject
from . import form
from .checkpoint import Checkpoint
from .database import Database, LedgerError, Target
from .days import LAST_MOMENT

Fact = Literal["max_body", "rejects_digest"]

Row = tuple[str, tuple[Any, ...] | Mapping[str, Any]]
"""A statement that writes a row, and the row's values."""


class Ledger(Database):
    """The ledger of a run, which nobody else may write to meanwhile.

    What it is told to note is durable once `flushed` returns; what many tasks tell at the same time
    is written in one transaction. One that was made anew is gone again if the run fails before it
    has begun.

    Attributes:
        begun: whether a run was noted.
    """

    def __init__(self, path: Path, target: Target) -> None:
        self.path = path
        self.begun = False
        self._is_new = False
        self._checkpoints: dict[str, Checkpoint] = {}
        self._days: dict[str, int] = {}
        self._rows: deque[Row] = deque()
        self._commit_gate = asyncio.Lock()
        self._next_commit: asyncio.Task[None] | None = None
        with ExitStack() as leaving:
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                self._lock = lock(path)
                self._lock_is_new = not Path(self._lock.lock_file).exists()
                self._lock.acquire(timeout=0)
                leaving.callback(self._leave)
                is_new = not path.exists()
                # Messages that were rejected stand in it: nobody else may read it.
                os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
                self._is_new = is_new
                names = path.stat().st_nlink
            except Timeout:
                raise LedgerError(
                    f"{path} is in use by another import: wait for it, or stop it first"
                ) from None
            except (OSError, ValueError) as error:
                words = getattr(error, "strerror", None) or error
                raise LedgerError(
                    f"{path}: the ledger cannot be written ({words}): "
                    "name a file in a folder that can be written with --ledger"
                ) from error
            if names > 1:
                raise LedgerError(
                    f"{path} is one of {names} hard links to one file, which SQLite would damage: "
                    "remove the others"
                )
            super().__init__(path, target)
            leaving.push(super().__exit__)
            what_differs = zip(("base URL", "API id"), target, self.target(), strict=True)
            for what, ours, theirs in what_differs:
                if ours != theirs:
                    raise LedgerError(
                        f"{path} is the ledger of an import into {what} {theirs}, not {ours}: "
                        "name another file with --ledger"
                    )
            self.read("PRAGMA journal_mode = WAL")
            self.read("PRAGMA synchronous = FULL")
            self._counted = Counter(dict(self.read("SELECT day, requests FROM days")))
            self._leaving = leaving.pop_all()

    def __exit__(self, *error: object) -> None:
        self._leaving.close()

    def _leave(self) -> None:
        """Give the lock back, and leave nothing behind that says nothing."""
        with suppress(OSError):
            if not self.is_kept:
                Path(os.path.realpath(self.path)).unlink(missing_ok=True)
            if self._lock_is_new and not self.begun:
                Path(self._lock.lock_file).unlink(missing_ok=True)
        self._lock.release()

    def find(self, conversation_id: str) -> Checkpoint:
        """How far a conversation has come; nowhere if it is not known."""
        noted = self._checkpoints.get(conversation_id)
        return noted if noted is not None else super().find(conversation_id)

    def save(
        self, conversation_id: str, checkpoint: Checkpoint, rejects: Iterable[Reject] = ()
    ) -> None:
        """Note how far a conversation has come, and what ASAPP refused of it."""
        self._checkpoints[conversation_id] = checkpoint
        for reject in rejects:
            self.note_reject(reject)

    def note_reject(self, reject: Reject) -> None:
        """Note a message that is not sent; any thread may."""
        self._rows.append((form.INSERT_REJECT, form.reject_row(reject)))

    def note_group(self, values: Mapping[str, Any]) -> None:
        """Note a row group of which nothing is left to send, by its columns."""
        self._rows.append((form.INSERT_GROUP, values))

    def count_request(self, day: str, number: int = 1) -> None:
        """Note that a request is about to leave on that day (`2026-11-24`, UTC)."""
        self._counted[day] += number
        self._days[day] = self._counted[day]

    def requests_on(self, day: str) -> int:
        """How many requests have left on that day, by all runs of this ledger."""
        return self._counted[day]

    @property
    def is_untried(self) -> bool:
        """Whether no request has ever left."""
        return not self._counted.total()

    @property
    def is_kept(self) -> bool:
        """Whether the file stays when the run ends."""
        return self.begun or not self._is_new

    async def flushed(self) -> None:
        """Return once all that was noted by now is durable."""
        if self._next_commit is None:
            self._next_commit = asyncio.create_task(self._commit())
        await asyncio.shield(self._next_commit)

    async def _commit(self) -> None:
        async with self._commit_gate:
            self._next_commit = None
            checkpoints, self._checkpoints = self._checkpoints, {}
            days, self._days = self._days, {}
            rows = [self._rows.popleft() for _ in range(len(self._rows))]
            try:
                await asyncio.to_thread(self._write, checkpoints, days, rows)
            except BaseException:
                # What was noted meanwhile holds where they differ.
                self._checkpoints = checkpoints | self._checkpoints
                self._days = days | self._days
                self._rows.extendleft(reversed(rows))
                raise

    def _write(
        self, checkpoints: Mapping[str, Checkpoint], days: Mapping[str, int], rows: Sequence[Row]
    ) -> None:
        known = [(name, *form.to_row(checkpoint)) for name, checkpoint in checkpoints.items()]
        if known or days or rows:
            with self.transaction() as connection:
                connection.executemany(form.SAVE_CHECKPOINT, known)
                connection.executemany(form.SET_REQUESTS, days.items())
                for statement, values in rows:
                    connection.execute(statement, values)

    @contextmanager
    def invalid_records(self) -> Iterator[Callable[[Reject], object]]:
        """Notes each invalid record; they replace those of before, once it ends without error.

        What stands in a row group that is settled is not read again, and stays noted.
        """
        again = (
            f"position IS NULL AND {form.IS_UNSETTLED}" if self.has_snapshot else "position IS NULL"
        )
        with self.transaction() as connection:
            connection.execute(f"DELETE FROM rejects WHERE {again}")
            yield lambda reject: connection.execute(form.INSERT_REJECT, form.reject_row(reject))

    def begin_run(self, started: float, files: Iterable[str] = ()) -> None:
        """Note that a run begins, at so many seconds since 1970, and which files it reads."""
        with self.transaction() as connection:
            connection.execute(
                "INSERT INTO runs (started, sent_by) VALUES (?, ?)", (started, USER_AGENT)
            )
            connection.executemany(
                "INSERT OR IGNORE INTO files VALUES (?)", [(file,) for file in files]
            )
        self.begun = True

    def end_run(
        self,
        ended: float,
        *,
        stopped_by: str | None = None,
        resume_at: float | None = None,
        unsent: int = 0,
        daily_limit: int | None = None,
    ) -> None:
        """Note when the run ended and why, when it may go on, and what it left unsent."""
        if resume_at is not None:
            resume_at = min(resume_at, LAST_MOMENT)
        with self.transaction() as connection:
            connection.execute(
                "UPDATE runs SET ended = ?, stopped_by = ?, resume_at = ?, unsent = ?, "
                "daily_limit = ? WHERE number = (SELECT max(number) FROM runs)",
                (ended, stopped_by, resume_at, unsent, daily_limit),
            )

    def fact(self, name: Fact) -> Any:
        """What is known of the import as a whole; None as long as it was not noted.

        `max_body` is the largest request body that ASAPP takes, in bytes, once a larger one was
        refused; `rejects_digest` is of the file of rejects when it was last written.
        """
        return self.read(f"SELECT {name} FROM import")[0][0]

    def set_fact(self, name: Fact, value: int | str | None) -> None:
        """Note such a fact."""
        with self.transaction() as connection:
            connection.execute(f"UPDATE import SET {name} = ?", (value,))

    def forget_rejects(self) -> int:
        """Remove what the rejects hold of people's messages, and say how many there are."""
        self.read("PRAGMA secure_delete = ON")
        with self.transaction() as connection:
            query = "UPDATE rejects SET content = json_set(content, '$.record', NULL)"
            count = connection.execute(query).rowcount
        self.read("VACUUM")
        self.read("PRAGMA wal_checkpoint(TRUNCATE)")
        return count


def lock(path: Path) -> FileLock:
    """The lock of whoever writes to a ledger, by whatever name: it is beside the real file.

    Raises:
        LedgerError: a file that is not ours has the lock's name, and would be emptied.
        OSError: the place cannot be looked at.
    """
    real = Path(os.path.realpath(path))
    file = real.with_name(f"{real.name}.lock")
    if file.exists() and (not file.is_file() or file.stat().st_size):
        raise LedgerError(
            f"{file} is no lock of ours, and in the way: move it, or name a ledger with --ledger"
        )
    return FileLock(file)
