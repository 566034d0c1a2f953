"""What the emulator holds."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from asapp_conversations_emulator.store import Store


def test_same_batch_is_refused_and_overlap_is_counted() -> None:
    """The very same batch is not stored again; a different one that overlaps is, as duplicates."""
    store = Store()
    one, two = {"text": "one", "n": 1}, {"text": "two", "n": 2}
    assert store.add("A", [one, two])
    assert not store.add("A", [{"n": 1, "text": "one"}, two])
    assert store.add("A", [two, one])
    assert store.add("A", [one])
    assert store.add("B", [one, two])
    assert store.messages("A") == [one, two, two, one, one]
    assert store.duplicates() == {"A": 3}
    assert store.counts() == {"conversations": 2, "messages": 7, "batches": 4}
    store.close()


def test_refused_batch_leaves_no_trace() -> None:
    """A batch that is refused changes no count."""
    store = Store()
    store.add("A", [{"text": "one"}])
    before = store.counts(), store.duplicates(), store.conversations()
    store.add("A", [{"text": "one"}])
    assert (store.counts(), store.duplicates(), store.conversations()) == before
    store.clear()
    assert store.counts() == {"conversations": 0, "messages": 0, "batches": 0}
    assert store.messages("A") is None
    store.close()


def test_conversations_are_found_by_what_their_ids_hold() -> None:
    """Conversations are listed latest first, in pages, by a part of their ids."""
    store = Store()
    for conversation_id in ("AB1", "XA1", "CB2", "B3"):
        store.add(conversation_id, [{"text": conversation_id}])
    assert list(store.conversations()) == ["B3", "CB2", "XA1", "AB1"]
    assert store.conversations("B", limit=1, offset=1) == {"CB2": 1}
    store.close()


def test_file_outlives_the_process(tmp_path: Path) -> None:
    """What is in a file is there when it is opened again, and still known as the same batch."""
    for added in (True, False):
        store = Store(tmp_path / "held.db")
        assert store.add("A", [{"text": "ü"}]) is added
        assert store.messages("A") == [{"text": "ü"}]
        store.close()


def test_other_files_are_left_alone(tmp_path: Path) -> None:
    """A file that is no store is refused, and not changed."""
    text, other = tmp_path / "notes.txt", tmp_path / "other.db"
    text.write_text("These are my notes, and they are longer than a header of SQLite is. " * 20)
    with sqlite3.connect(other) as database:
        database.execute("CREATE TABLE mine (x)")
    database.close()
    for path in (text, other):
        before = path.read_bytes()
        with pytest.raises(ValueError, match=f"{path.name} is not a store of the emulator"):
            Store(path)
        assert path.read_bytes() == before
    with pytest.raises(ValueError, match="unable to open"):
        Store(tmp_path / "missing" / "held.db")


def test_failed_write_stores_nothing(tmp_path: Path) -> None:
    """When a write fails, the error is raised and nothing of the batch is held."""
    path = tmp_path / "held.db"
    store = Store(path)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute(
        "CREATE TRIGGER full BEFORE INSERT ON copies BEGIN SELECT abs(-9223372036854775808); END"
    )
    with pytest.raises(sqlite3.Error):
        store.add("A", [{"text": "one"}])
    assert store.counts() == {"conversations": 0, "messages": 0, "batches": 0}
    other.execute("DROP TRIGGER full")
    assert store.add("A", [{"text": "one"}])
    other.close()
    store.close()
