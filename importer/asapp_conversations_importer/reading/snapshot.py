"""Reads a snapshot: a row is a conversation, whose messages are sent in the order in it.

Nothing is sorted and nothing is staged. A row group of which nothing is left to send is not read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from attrs import define, field

from .messages import Conversation, Place, Reject
from .record_parser import Outcome, RecordParser, UnclearMessage
from .snapshot_files import FileState, SnapshotFile, find_snapshot, open_snapshot_file, survey
from .sources import ReadOptions, Snapshot, Source, SourceError
from .stores import readable
from .tables import arrow_records, open_parquet_file
from .totals import Totals
from .unclear import settle

BATCH = 256
"""Conversations that are looked at together."""

UNIT = "row"


@define
class ReadGroup:
    """A row group, counted from 0, with rows that are counted from 1.

    Attributes:
        invalid: how many of its messages were rejected.
        refused: how many ASAPP has refused, as far as that was looked at.
        left: its other conversations, each with the number of its valid messages.
        end: how many conversations had been read when it ended.
    """

    path: str
    number: int
    first_row: int
    last_row: int
    messages: int
    invalid: int = 0
    refused: int = 0
    left: list[tuple[str, int]] = field(factory=list)
    end: int = 0


@define
class Notes:
    """What is known of a snapshot, from earlier runs at first.

    Attributes:
        files: those that were begun with, and how many requests each takes.
        settled: the row groups of which nothing is left to send, by path and number.
        read: those that were read since.
    """

    files: dict[FileState, int] = field(factory=dict)
    settled: set[tuple[str, int]] = field(factory=set)
    read: list[ReadGroup] = field(factory=list)


class SnapshotReader:
    """Reads a snapshot while it is sent; to be used like `Staging`.

    Args:
        folder: is made for the ids of a snapshot that is new, and removed.
        memory_limit: bytes that the whole process should stay within meanwhile.
        notes: what need not be read; takes in what is.
    """

    def __init__(self, folder: Path, memory_limit: int, notes: Notes) -> None:
        self._folder = folder
        self._memory_limit = memory_limit
        self._notes = notes
        self._totals = Totals()

    def load(
        self,
        source: Source,
        options: ReadOptions,
        on_reject: Callable[[Reject], None],
        on_progress: Callable[[int], None],
    ) -> Totals:
        """Look at the files, and at the ids in them unless all files are known.

        Raises:
            SourceError: a file cannot be read, or is not as it was; or a conversation comes twice.
            StagingError: the ids cannot be compared.
        """
        assert isinstance(source, Snapshot)
        self._options, self._on_reject = options, on_reject
        self._files = [open_snapshot_file(path, options) for path in find_snapshot(source.paths)]
        states = [file.state for file in self._files]
        refuse_changed(states, self._notes.files)
        if not self._notes.files.keys() >= set(states):
            counted = survey(self._files, self._folder, self._memory_limit, on_progress)
            self._notes.files = dict(zip(states, counted, strict=True))
        self._totals.requests = sum(self._notes.files.values())
        self._totals.conversations = sum(rows for file in self._files for rows, _ in file.groups)
        self._totals.messages = sum(group.messages for _, group in self._groups())
        return self._totals

    def interrupt(self) -> None:
        """`load` finds out through `on_progress`."""

    def conversations(self) -> Iterator[Conversation]:
        """Each conversation of the row groups that are not settled, in the order of the files."""
        count = 0
        for file, group in self._groups():
            rejected = self._totals.rejected
            parser = RecordParser(self._options, group.path, UNIT)
            for number, record in _records(file, group.number):
                row = group.first_row + number - 1
                conversation = self._conversation(parser.parse(record, row), group.path, row)
                if conversation.contents:
                    group.left.append((conversation.conversation_id, len(conversation.contents)))
                    count += 1
                    yield conversation
            group.end = count
            group.invalid = self._totals.rejected - rejected
            self._notes.read.append(group)

    def _groups(self) -> Iterator[tuple[SnapshotFile, ReadGroup]]:
        """The row groups that are not settled."""
        for file in self._files:
            path, last = file.state.path, 0
            for number, (rows, messages) in enumerate(file.groups):
                first, last = last + 1, last + rows
                if (path, number) not in self._notes.settled:
                    yield file, ReadGroup(path, number, first, last, messages)

    def _conversation(self, outcomes: Sequence[Outcome], path: str, row: int) -> Conversation:
        """The valid messages of a row, in its order."""
        taken, turns = [], []
        for turn, outcome in enumerate(outcomes, start=1):
            if isinstance(outcome, Reject):
                self._reject(outcome)
                continue
            if isinstance(outcome, UnclearMessage):
                self._totals.note_unclear(repeated=outcome.repeated)
            taken.append(outcome)
            turns.append(turn)
        conversation_id, times, contents, places = "", [], [], []
        for message, turn in zip(settle(taken, self._options.ambiguous), turns, strict=True):
            if isinstance(message, Reject):
                self._reject(message)
                continue
            conversation_id = message.conversation_id
            times.append(message.sent_at)
            contents.append(message.content)
            places.append(Place(path, UNIT, row, turn))
        self._totals.note_times(times)
        return Conversation(conversation_id, contents, places.__getitem__)

    def _reject(self, reject: Reject) -> None:
        self._totals.rejected += 1
        self._totals.messages -= 1
        self._on_reject(reject)


def _records(file: SnapshotFile, group: int) -> Iterator[tuple[int, Any]]:
    """The rows of a row group, from 1."""
    with readable(file.state.path), open_parquet_file(file.state.path) as parquet:
        batches = parquet.iter_batches(BATCH, row_groups=[group], columns=list(file.columns))
        yield from arrow_records(batches, file.columns)


def refuse_changed(files: Sequence[FileState], known: Iterable[FileState]) -> None:
    """Raise for a file that is not as it was when it was begun with, or not there any more."""
    now = {file.path: file for file in files}
    for before in known:
        if now.get(before.path) != before:
            what = "has changed" if before.path in now else "is not there any more, or not named,"
            raise SourceError(
                f"{before.path} {what} since an import of this ledger began with it: a snapshot "
                "stays as it is. Put it back, or name another ledger for what is new"
            )
