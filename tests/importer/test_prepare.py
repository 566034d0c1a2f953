"""Writing snapshots: what any source holds, read once."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import httpx
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest
from asapp_conversations import InvalidRequestError
from asapp_conversations_client.facts import BATCH
from asapp_conversations_importer import (
    Snapshot,
    import_messages,
    plan_import,
    prepare_import,
)
from asapp_conversations_importer.prepare import column_type
from asapp_conversations_importer.reading.messages import Conversation, Place
from documented import SUCCESS

pytestmark = pytest.mark.usefixtures("own_ids")


@pytest.fixture
def source(tmp_path: Path, record: Callable[..., dict[str, Any]]) -> Path:
    """A file of scattered conversations with a bad record."""
    path = tmp_path / "export.jsonl"
    texts = ["ä \N{GRINNING FACE} \u2028", "\x7f\t\n", "plain", "plain"]
    records = [
        record(text=text, conversation_id=f"C{number}", second=50 - second)
        for second, text in enumerate(texts)
        for number in range(9)
    ]
    path.write_text("".join(json.dumps(each) + "\n" for each in [*records, record(text="")]))
    return path


@pytest.fixture
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    """A row group holds three conversations, and a file two groups."""
    monkeypatch.setattr("asapp_conversations_importer.prepare.GROUP_BYTES", 1000)
    monkeypatch.setattr("asapp_conversations_importer.prepare.FILE_GROUPS", 2)


def bodies(source: Any, folder: Path) -> tuple[list[tuple[str, bytes]], Any]:
    """What an import sends, in order, and its report."""
    sent: list[tuple[str, bytes]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append((request.url.path, request.content))
        return httpx.Response(SUCCESS, json={})

    report = import_messages(
        source,
        ledger=folder / "try.ledger",
        transport=httpx.MockTransport(answer),
        rate=None,
        concurrency=1,
    )
    return sent, report


@pytest.mark.usefixtures("_small")
def test_snapshot_is_sent_like_its_source(source: Path, tmp_path: Path) -> None:
    """The bodies are the same bytes in the same order; the figures are those of the plan."""
    plan = prepare_import(source, tmp_path / "snapshot")
    assert plan == plan_import(source)
    files = sorted((tmp_path / "snapshot").iterdir())
    assert [path.name for path in files] == ["part-00000.parquet", "part-00001.parquet"]
    assert [pq.read_metadata(path).num_row_groups for path in files] == [2, 1]
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    direct, _ = bodies(source, tmp_path / "one")
    prepared, report = bodies(Snapshot(str(tmp_path / "snapshot")), tmp_path / "two")
    assert prepared == direct
    assert (report.stored, report.least_requests) == (36, plan.requests)


def test_rejects_are_beside_the_snapshot(source: Path, tmp_path: Path) -> None:
    """They name the place in the source; where there are none, there is no file."""
    prepare_import(source, tmp_path / "snapshot")
    kept = tmp_path / "snapshot.rejects.jsonl"
    (reject,) = map(json.loads, kept.read_text().splitlines())
    assert (reject["file"], reject["line"], reject["field"]) == (str(source), 37, "text")
    assert kept.stat().st_mode & 0o077 == 0
    prepare_import(source, tmp_path / "other", rejects=tmp_path / "named.jsonl")
    assert (tmp_path / "named.jsonl").exists()
    source.write_text("".join(source.read_text().splitlines(keepends=True)[:-1]))
    prepare_import(source, tmp_path / "third")
    assert not (tmp_path / "third.rejects.jsonl").exists()


def test_nothing_makes_a_snapshot_of_nothing(tmp_path: Path) -> None:
    """A source without messages is no failure."""
    source = tmp_path / "export.jsonl"
    source.touch()
    prepare_import(source, tmp_path / "snapshot")
    _, report = bodies(Snapshot(str(tmp_path / "snapshot")), tmp_path)
    assert (report.messages, report.exit_status) == (0, 0)


def test_what_would_be_taken_for_another_is_told(
    tmp_path: Path, record: Callable[..., dict[str, Any]]
) -> None:
    """A plan says why, and where, a message would be rejected that no batch can tell apart; it stands
    in the snapshot, and in no file of rejects."""
    source = tmp_path / "same.jsonl"
    source.write_text(json.dumps(record()) + "\n")
    alone = plan_import(source).largest_body
    source.write_text((json.dumps(record()) + "\n") * 3)
    plan = prepare_import(source, tmp_path / "snapshot", max_body=alone)
    assert (plan.to_send, plan.rejected, plan.messages) == (1, 2, 3)
    ((words, reason),) = plan.reasons.items()
    assert "give it a time of its own" in words
    assert reason.count == 2
    assert [place.rpartition(", ")[2] for place in reason.examples] == ["line 2", "line 3"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["same.jsonl", "snapshot"]


def test_what_is_there_is_left_alone(source: Path, tmp_path: Path) -> None:
    """Neither a snapshot nor a file of rejects is written over; a failure leaves nothing."""
    prepare_import(source, tmp_path / "snapshot")
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(InvalidRequestError, match=r"rejects.jsonl: the rejects cannot be written"):
        prepare_import(source, tmp_path / "snapshot")
    with pytest.raises(InvalidRequestError, match="snapshot is there already"):
        prepare_import(source, tmp_path / "snapshot", rejects=tmp_path / "r.jsonl")
    with pytest.raises(InvalidRequestError, match=r"export.jsonl is there already"):
        prepare_import(source, source, rejects=tmp_path / "r.jsonl")
    with pytest.raises(InvalidRequestError, match=r"export.jsonl/under cannot be written: "):
        prepare_import(source, source / "under", rejects=tmp_path / "r.jsonl")
    with pytest.raises(InvalidRequestError, match="deeper: there is no such folder; make it first"):
        prepare_import(source, tmp_path / "new" / "deeper" / "snapshot")
    with pytest.raises(InvalidRequestError, match="no file"):
        prepare_import(tmp_path / "none.jsonl", tmp_path / "new")
    (tmp_path / "bad.parquet").write_text("PAR1")
    before.append(tmp_path / "bad.parquet")
    with pytest.raises(InvalidRequestError, match=r"bad.parquet cannot be read"):
        prepare_import(tmp_path / "bad.parquet", tmp_path / "new")
    assert sorted(tmp_path.rglob("*")) == sorted(before)


def test_what_a_killed_run_has_left_is_told(source: Path, tmp_path: Path) -> None:
    """A folder that another run has not finished is said to be that, and so is its file."""
    (tmp_path / "snapshot" / "_temporary").mkdir(parents=True)
    (tmp_path / "snapshot.rejects.jsonl").touch()
    with pytest.raises(
        InvalidRequestError, match=r"\(File exists\): remove it, or name another file"
    ):
        prepare_import(source, tmp_path / "snapshot")
    (tmp_path / "snapshot.rejects.jsonl").unlink()
    with pytest.raises(InvalidRequestError, match="remove the folder, and prepare it anew"):
        prepare_import(source, tmp_path / "snapshot")


def test_value_without_a_column_type(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A document can allow what no column holds; such a source is imported without a snapshot."""
    one = Conversation("C1", [b'{"text": {"any": "thing"}}'], lambda index: Place("a", "row", 1))
    monkeypatch.setattr(
        "asapp_conversations_importer.reading.staging.Staging.conversations",
        lambda self: iter([one]),
    )
    with pytest.raises(
        InvalidRequestError, match="has a value that no column of a snapshot can hold"
    ):
        prepare_import(source, tmp_path / "snapshot")
    assert not (tmp_path / "snapshot").exists()


@pytest.mark.parametrize(
    ("schema", "kind"),
    [
        ({"type": "string", "format": "date-time"}, pa.string()),
        ({"type": ["integer", "null"]}, pa.int64()),
        ({"type": "number"}, pa.float64()),
        ({"type": "boolean"}, pa.bool_()),
        ({"type": "array", "items": {"type": "integer"}}, pa.list_(pa.int64())),
        ({"type": "array"}, pa.list_(pa.string())),
        ({"enum": ["a", "b"]}, pa.string()),
        (
            {"type": "object", "properties": {"a": {"type": "string"}}},
            pa.struct([("a", pa.string())]),
        ),
        (
            {"anyOf": [{"type": "object", "properties": {"a": {}}}, {"type": "null"}]},
            pa.struct([("a", pa.string())]),
        ),
    ],
    ids=str,
)
def test_column_types(schema: dict[str, Any], kind: pa.DataType) -> None:
    """A field of a later document has the column that its schema asks for."""
    assert column_type(schema) == kind


def test_dataset_is_a_source(tmp_path: Path, record: Callable[..., dict[str, Any]]) -> None:
    """A pyarrow.dataset is read like a table, as often as wanted."""
    table = pa.Table.from_pylist([record(), record(conversation_id="C2")])
    ds.write_dataset(table, tmp_path / "data", format="parquet")
    dataset = ds.dataset(tmp_path / "data")
    for _ in range(2):
        assert plan_import(dataset).messages == 2


def test_statement_for_duckdb(
    tmp_path: Path, record: Callable[..., dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the documentation gives for DuckDB makes a snapshot, in the order that it names."""
    monkeypatch.chdir(tmp_path)
    page = Path(__file__).parents[2] / "docs" / "past-one-machine.md"
    statement = re.findall(r"DuckDB:\n\n```sql\n(.*?)```", page.read_text("utf-8"), re.DOTALL)
    rows = [
        {
            "conversation_id": f"C{number % 2}",
            "sender_role": "agent",
            "sender_external_id": "agent-1",
            "text": str(number),
            "sent_at": datetime(2024, 3, 4, 8, tzinfo=UTC),
            "message_no": -number,
        }
        for number in range(8)
    ]
    (tmp_path / "export").mkdir()
    pq.write_table(pa.Table.from_pylist(rows), "export/a.parquet")
    duckdb.connect().execute(statement[0])
    sent, _ = bodies(Snapshot("snapshot.parquet"), tmp_path)
    texts = [
        [message["text"] for message in json.loads(body)[BATCH.messages_property]]
        for _, body in sorted(sent)
    ]
    assert texts == [["6", "4", "2", "0"], ["7", "5", "3", "1"]]
    assert b'"timestamp":"2024-03-04T08:00:00Z"' in sent[0][1]
