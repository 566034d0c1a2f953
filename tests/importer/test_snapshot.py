"""Snapshots: sent as they are written, and not read again where nothing is left to send."""

from __future__ import annotations

import json
import os
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from asapp_conversations_client.facts import BATCH
from asapp_conversations_importer import (
    ImportReport,
    Interruption,
    Snapshot,
    SourceError,
    StoppedBy,
    import_messages,
    plan_import,
    read_standing,
    rejects_of,
)
from attrs import define, field
from documented import SUCCESS

pytestmark = pytest.mark.usefixtures("own_ids")

Write = Callable[..., Path]
IDS = [f"CONVERSATION{number}" for number in range(8)]


@define
class Asapp:
    """Takes what it is sent, but for texts that it refuses."""

    texts: dict[str, list[str]] = field(factory=lambda: defaultdict(list))
    requests: int = 0
    refused: str = "refuse me"

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests += 1
        messages = json.loads(request.content)[BATCH.messages_property]
        if any(message["text"] == self.refused for message in messages):
            return httpx.Response(400, json={"error": {"message": "no"}})
        name = next(name for name in IDS if name in request.url.path)
        self.texts[name] += [message["text"] for message in messages]
        return httpx.Response(SUCCESS, json={})


@pytest.fixture
def asapp() -> Asapp:
    return Asapp()


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes a file of a snapshot with a row group for each two conversations."""

    def write(
        *rows: dict[str, Any], name: str = "part-0.parquet", folder: str = "snapshot"
    ) -> Path:
        path = tmp_path / folder
        path.mkdir(exist_ok=True)
        pq.write_table(pa.Table.from_pylist(list(rows)), path / name, row_group_size=2)
        return path

    return write


def message(text: str | None, second: int = 0) -> dict[str, Any]:
    return {
        "sender": {"role": "agent", "externalId": "agent-1"},
        "text": text,
        "timestamp": f"2024-03-04T08:00:{second:02}Z",
    }


def row(name: str | None, *texts: str | None) -> dict[str, Any]:
    """A conversation whose messages stand in the reverse order of their times."""
    count = len(texts)
    messages = [message(text, count - turn) for turn, text in enumerate(texts)]
    return {"conversation_id": name, "messages": messages}


def load(path: Path, asapp: Asapp, **options: Any) -> ImportReport:
    usual = {"transport": httpx.MockTransport(asapp), "rate": None, "concurrency": 1}
    return import_messages(Snapshot(str(path)), **{**usual, **options})


def spoil(path: Path, *groups: int) -> None:
    """Make row groups of a file unreadable, so that it looks as it did."""
    before = path.stat()
    metadata = pq.read_metadata(path)
    content = bytearray(path.read_bytes())
    for number in groups:
        group = metadata.row_group(number)
        for at in range(group.num_columns):
            column = group.column(at)
            start = column.dictionary_page_offset or column.data_page_offset
            size = column.total_compressed_size
            content[start : start + size] = b"\xff" * size
    path.write_bytes(content)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def test_order_is_that_of_the_rows(write: Write, asapp: Asapp) -> None:
    """Messages are sent in the order in which they are written, whatever their times."""
    path = write(row(IDS[1], "third", "second", "first"), row(IDS[0], "a"))
    write(row(IDS[2], "b"), name="part-1.parquet")
    report = load(path, asapp)
    assert dict(asapp.texts) == {
        IDS[1]: ["third", "second", "first"],
        IDS[0]: ["a"],
        IDS[2]: ["b"],
    }
    assert list(asapp.texts) == [IDS[1], IDS[0], IDS[2]]
    assert (report.stored, report.messages, report.conversations) == (5, 5, 3)
    assert report.least_requests == asapp.requests == 3
    assert report.ledger == f"{path}.ledger"


def test_one_file_is_a_snapshot_too(write: Write, asapp: Asapp) -> None:
    """A file can be named by itself, whatever it is called."""
    path = write(row(IDS[0], "a"), name="_export")
    assert load(path / "_export", asapp).stored == 1


def test_an_import_of_one_file_leaves_the_folder_a_snapshot(write: Write, asapp: Asapp) -> None:
    """The ledger and the rejects beside a file of it are no files of it."""
    path = write(row(IDS[0], "one"), row(IDS[1], None))
    first = load(path / "part-0.parquet", asapp)
    assert (first.stored, Path(str(first.rejects)).parent) == (1, path)
    assert load(path, asapp).stored == 1


def test_what_is_settled_is_not_read_again(write: Write, asapp: Asapp) -> None:
    """At the daily limit a run pauses; the next one begins with the row group that it came to."""
    path = write(*(row(name, "a", "b") for name in IDS))
    report = load(path, asapp, daily_limit=5)
    assert report.stopped_by is StoppedBy.DAILY_LIMIT
    assert (report.stored, report.unsent, report.messages) == (10, 6, 16)
    spoil(path / "part-0.parquet", 0, 1)
    report = load(path, asapp)
    assert (report.stored, report.skipped, report.messages) == (6, 10, 16)
    assert report.exit_status == 0
    assert dict(asapp.texts) == {name: ["a", "b"] for name in IDS}
    spoil(path / "part-0.parquet", 2, 3)
    report = load(path, asapp)
    assert (report.stored, report.skipped, report.messages) == (0, 16, 16)
    assert asapp.requests == len(IDS)
    assert read_standing(Path(f"{path}.ledger")).stored == 16


def test_counts_of_a_run_that_does_not_come_as_far(write: Write, asapp: Asapp) -> None:
    """What an earlier run has sent behind the place where this one stops is not told as unsent."""
    asapp.refused = "a"
    path = write(row(IDS[0], "a", "b"), *(row(name, "b") for name in IDS[1:]))
    load(path, asapp, daily_limit=6, isolate=False)
    asapp.refused = "b"
    report = load(path, asapp, isolate=False, first=1)
    assert report.stopped_by is StoppedBy.TRIAL
    assert (report.rejected, report.skipped, report.unsent, report.messages) == (3, 5, 1, 9)


def test_what_waits_is_read_again(write: Write, asapp: Asapp) -> None:
    """A row group with a conversation in doubt is not settled."""
    path = write(*(row(name, "a") for name in IDS[:4]))

    def fail_once(request: httpx.Request) -> httpx.Response:
        if not asapp.texts and not asapp.requests:
            asapp.requests += 1
            raise httpx.ReadError("the answer is lost")
        return asapp(request)

    report = load(path, asapp, transport=httpx.MockTransport(fail_once), retries=0)
    assert (report.stored, report.in_doubt) == (3, 1)
    spoil(path / "part-0.parquet", 1)
    report = load(path, asapp)
    assert (report.stored, report.skipped) == (1, 3)


def test_rejects_name_file_and_row(write: Write, asapp: Asapp) -> None:
    """They stay while their row group is settled, and none is told twice."""
    path = write(
        row(IDS[0], "a", ""),
        row(IDS[1], "refuse me", "b"),
        row(None, "c"),
        row(IDS[2]),
        row(IDS[3], "d", None),
        row(IDS[4], "e"),
    )
    report = load(path, asapp, daily_limit=4)
    assert report.stopped_by is StoppedBy.DAILY_LIMIT
    for _ in range(2):
        report = load(path, asapp)
        told = [
            (each["row"], each.get("message"), each["field"])
            for each in rejects_of(Path(f"{path}.ledger"))
        ]
        assert sorted(told, key=str) == [
            (1, 2, "text"),
            (2, 1, None),
            (3, 1, "conversationId"),
            (4, None, "messages"),
            (5, 2, "text"),
        ]
        assert report.rejected == 5
        assert report.messages == 9
        assert report.unsent == 0
    assert {each["file"] for each in rejects_of(Path(f"{path}.ledger"))} == {
        str(path / "part-0.parquet")
    }
    spoil(path / "part-0.parquet", 0, 1, 2)
    assert load(path, asapp).rejected == 5


def test_local_times_follow_the_order_of_the_row(write: Write, asapp: Asapp) -> None:
    """Where a clock showed an hour twice, the order tells which is meant, or the message is rejected."""
    times = ["2024-10-27T01:30:00", "2024-10-27T02:30:00", "2024-10-27T02:10:00"]
    clear = [{**message(str(at)), "timestamp": time} for at, time in enumerate(times)]
    unclear = [{**message("a"), "timestamp": times[1]}, message("b")]
    path = write(
        {"conversation_id": IDS[0], "messages": clear},
        {"conversation_id": IDS[1], "messages": unclear},
    )
    report = load(path, asapp, timezone="Europe/Paris")
    assert dict(asapp.texts) == {IDS[0]: ["0", "1", "2"], IDS[1]: ["b"]}
    assert report.odd_times == {"repeated_hour": 3}
    assert (report.stored, report.rejected) == (4, 1)


def test_conversation_that_comes_twice(write: Write, asapp: Asapp) -> None:
    """It is refused by its name before anything is sent; so is a folder that tears it apart."""
    path = write(row(IDS[0], "a"), row(IDS[1], "b"), row(None, "c"), row(None, "d"))
    write(row(IDS[2], "c"), row(IDS[1], "more"), name="part-1.parquet")
    with pytest.raises(
        SourceError,
        match=f"conversation {IDS[1]} comes twice, in .*part-0.parquet, row 2, and in .*part-1.parquet, row 2",
    ):
        load(path, asapp)
    assert not asapp.requests
    assert not Path(f"{path}.ledger").exists()


def test_file_that_changes_is_refused(write: Write, asapp: Asapp) -> None:
    """A snapshot stays as it is once an import has begun; a new file is looked at like the others."""
    path = write(*(row(name, "a") for name in IDS[:4]))
    load(path, asapp, daily_limit=1)
    file = path / "part-0.parquet"
    os.utime(file)
    with pytest.raises(SourceError, match=r"part-0.parquet has changed since an import"):
        load(path, asapp)
    file.unlink()
    write(row(IDS[5], "a"), name="part-1.parquet")
    with pytest.raises(SourceError, match=r"part-0.parquet is not there any more, or not named"):
        load(path, asapp)
    assert asapp.requests == 1


def test_file_that_is_new(write: Write, asapp: Asapp) -> None:
    """It is sent too, unless it has a conversation of another one."""
    path = write(*(row(name, "a") for name in IDS[:4]))
    load(path, asapp)
    write(row(IDS[4], "b"), name="part-1.parquet")
    report = load(path, asapp)
    assert (report.skipped, report.stored) == (4, 1)
    write(row(IDS[0], "b"), name="part-2.parquet")
    with pytest.raises(SourceError, match=f"{IDS[0]} comes twice"):
        load(path, asapp)


def test_ledger_of_the_source_it_was_made_of(write: Write, asapp: Asapp, tmp_path: Path) -> None:
    """An import that has begun with other files can go on with a snapshot of them."""
    source = tmp_path / "export.jsonl"
    lines = [
        json.dumps({"conversation_id": name, **message(text, second)}) + "\n"
        for name in IDS[:2]
        for second, text in enumerate(("a", "b"))
    ]
    source.write_text("".join(lines[:3]))
    ledger = tmp_path / "import.ledger"
    transport = httpx.MockTransport(asapp)
    import_messages(source, ledger=ledger, transport=transport, rate=None)
    rows = [
        {"conversation_id": name, "messages": [message("a", 0), message("b", 1)]}
        for name in IDS[:2]
    ]
    path = write(*rows)
    report = load(path, asapp, ledger=ledger)
    assert (report.stored, report.skipped) == (1, 3)
    assert asapp.texts == {name: ["a", "b"] for name in IDS[:2]}


def test_folders_that_are_none(write: Write, asapp: Asapp, tmp_path: Path) -> None:
    """What is no snapshot, or not finished, is refused with what to do."""
    with pytest.raises(SourceError, match="cannot be read: "):
        load(tmp_path / "nothing", asapp)
    (tmp_path / "empty" / ".hidden").mkdir(parents=True)
    (tmp_path / "empty" / ".hidden" / "a.parquet").touch()
    (tmp_path / "empty" / "_SUCCESS").touch()
    with pytest.raises(SourceError, match=r"there is no file in .*empty"):
        load(tmp_path / "empty", asapp)
    path = write(row(IDS[0], "a"))
    (path / "_temporary").mkdir()
    with pytest.raises(SourceError, match=r"snapshot is not finished: .* prepare it anew"):
        load(path, asapp)
    (path / "_temporary").rmdir()
    (path / "part-1.parquet").write_text("torn")
    with pytest.raises(SourceError, match=r"part-1.parquet cannot be read"):
        load(path, asapp)


@pytest.mark.parametrize(
    "record",
    [
        {"conversation_id": "ABC", **message("a")},
        {"messages": [message("a")]},
        {"conversation_id": "ABC", "messages": [["a"]]},
    ],
    ids=["flat", "without an id", "no structs"],
)
def test_rows_that_are_no_conversations(write: Write, asapp: Asapp, record: dict[str, Any]) -> None:
    """A table of messages is refused: it could come in any order."""
    with pytest.raises(SourceError, match="is no snapshot: each row has to be a conversation"):
        load(write(record), asapp)


def test_damage_is_told_when_it_is_found(write: Write, asapp: Asapp) -> None:
    """Before the first request where the ids are damaged, and else when the import reads there."""
    path = write(*(row(name, "a") for name in IDS))
    load(path, asapp, first=1)
    spoil(path / "part-0.parquet", 3)
    with pytest.raises(SourceError, match=r"part-0.parquet cannot be read"):
        load(path, asapp)
    assert asapp.requests == 1
    with pytest.raises(SourceError, match=r"part-0.parquet cannot be read"):
        load(path, asapp, ledger=path.with_name("new.ledger"))
    assert asapp.requests == 1


def test_plan_of_a_snapshot(write: Write, asapp: Asapp) -> None:
    """It counts as the import does, and about the rest once one has begun."""
    path = write(*(row(name, "a", "") for name in IDS))
    load(path, asapp, first=3)
    plan = plan_import(Snapshot(str(path)))
    assert (plan.messages, plan.skipped, plan.to_send, plan.rejected) == (16, 3, 5, 8)
    assert plan.requests == 5


def test_interrupted_before_it_begins(write: Write, asapp: Asapp) -> None:
    """A snapshot is looked at as long as nobody wants it to end."""
    interruption = Interruption()
    interruption.request()
    report = load(write(row(IDS[0], "a")), asapp, interruption=interruption)
    assert report.stopped_by is StoppedBy.INTERRUPT
    assert not asapp.requests
