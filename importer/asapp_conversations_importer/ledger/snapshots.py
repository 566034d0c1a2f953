"""What a run remembers of a snapshot: its files as they were, and the row groups that are settled."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import define, field

from ..reading.snapshot import Notes, ReadGroup
from ..reading.snapshot_files import FileState
from .checkpoint import Status
from .counts import Counts
from .ledger import Ledger
from .snapshot_tables import INSERT_FILE, SCHEMA

SETTLED = frozenset({Status.FINISHED, Status.REJECTED})


@define
class SnapshotNotes(Notes):
    """The notes of one run.

    Attributes:
        skipped: what has become of the valid messages in row groups that earlier runs have settled.
        invalid: how many records in those were rejected.
    """

    _ledger: Ledger
    skipped: Counts = field(init=False, factory=Counts)
    invalid: int = field(init=False, default=0)
    _settled: set[tuple[str, int]] = field(init=False, factory=set)
    _open: list[ReadGroup] = field(init=False, factory=list)

    def known(self) -> Mapping[FileState, int]:
        rows = self._ledger.snapshot_rows("SELECT * FROM snapshot_files")
        return {FileState(*state): requests for *state, requests in rows}

    def begin(self, files: Mapping[FileState, int]) -> None:
        # Within the transaction of the reading, which comes to nothing where that fails.
        connection = self._ledger.connection
        if not self._ledger.has_snapshot:
            for statement in SCHEMA:
                connection.execute(statement)
        connection.executemany(
            INSERT_FILE, [(*state, requests) for state, requests in files.items()]
        )
        for path, number, _, _, messages, invalid, refused in self._ledger.snapshot_rows(
            "SELECT * FROM settled_groups"
        ):
            self._settled.add((path, number))
            self.invalid += invalid
            self.skipped += Counts(skipped=messages - invalid - refused, rejected=refused)

    def is_settled(self, path: str, number: int) -> bool:
        return (path, number) in self._settled

    def has_read(self, group: ReadGroup) -> None:
        self._open.append(group)

    def settle(self, begun: int) -> None:
        """Note the row groups of which nothing is left to send, once so many conversations are begun.

        One that is not begun may have grown or changed since its checkpoint was written.
        """
        settled = [group for group in self._open if group.end <= begun and self._is_over(group)]
        for group in settled:
            self._open.remove(group)
            self._ledger.note_group(group.to_row())

    def _is_over(self, group: ReadGroup) -> bool:
        while group.left:
            conversation_id, messages = group.left[-1]
            known = self._ledger.find(conversation_id)
            if known.status not in SETTLED or known.total != messages:
                return False
            group.refused += messages - known.stored - known.already_stored
            group.left.pop()
        return True
