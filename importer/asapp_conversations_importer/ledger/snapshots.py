"""What a run remembers of a snapshot: its files as they were, and the row groups that are settled."""

from __future__ import annotations

from attrs import asdict, define, field

from ..reading.snapshot import Notes, ReadGroup
from ..reading.snapshot_files import FileState
from .checkpoint import Status
from .counts import Counts
from .form import SNAPSHOT_SCHEMA, execute_all
from .ledger import Ledger

SETTLED = frozenset({Status.FINISHED, Status.REJECTED})


@define
class SnapshotNotes(Notes):
    """The notes of one run, which a ledger keeps.

    Attributes:
        skipped: what has become of the valid messages in row groups that earlier runs have settled.
        invalid: how many records in those were rejected.
    """

    ledger: Ledger = field(kw_only=True)
    skipped: Counts = field(init=False, factory=Counts)
    invalid: int = field(init=False, default=0)

    def __attrs_post_init__(self) -> None:
        if self.ledger.has_snapshot:
            for *state, requests in self.ledger.read("SELECT * FROM snapshot_files"):
                self.files[FileState(*state)] = requests
            self.settled |= set(self.ledger.read("SELECT path, number FROM settled_groups"))

    def keep(self) -> None:
        """Write down the files that are begun with, within the transaction that there is."""
        connection = self.ledger.connection
        if not self.ledger.has_snapshot:
            execute_all(connection, SNAPSHOT_SCHEMA)
        connection.executemany(
            "INSERT OR IGNORE INTO snapshot_files VALUES (?, ?, ?, ?, ?)",
            [(*state, requests) for state, requests in self.files.items()],
        )
        ((messages, self.invalid, refused),) = self.ledger.read(
            "SELECT coalesce(sum(messages), 0), coalesce(sum(invalid), 0), coalesce(sum(refused), 0) "
            "FROM settled_groups"
        )
        self.skipped = Counts(skipped=messages - self.invalid - refused, rejected=refused)

    def settle(self, begun: int) -> None:
        """Note the row groups of which nothing is left to send, once so many conversations are begun.

        One that is not begun may have grown or changed since its checkpoint was written.
        """
        settled = [group for group in self.read if group.end <= begun and self._is_over(group)]
        for group in settled:
            self.read.remove(group)
            self.ledger.note_group(asdict(group))

    def _is_over(self, group: ReadGroup) -> bool:
        while group.left:
            conversation_id, messages = group.left[-1]
            known = self.ledger.find(conversation_id)
            if known.status not in SETTLED or known.total != messages:
                return False
            group.refused += messages - known.stored - known.already_stored
            group.left.pop()
        return True
