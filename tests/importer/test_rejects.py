"""The file of rejects: what it holds of each source, and how it comes back once it is mended."""

from __future__ import annotations

import json
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pandas
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from asapp_conversations import InvalidRequestError
from asapp_conversations_importer import (
    Files,
    Query,
    Records,
    Table,
    forget_rejects,
    import_messages,
    rejects_of,
    write_rejects,
)
from asapp_conversations_importer.reading.explaining import STILL_RAW

pytestmark = pytest.mark.usefixtures("own_ids")

GOOD = {"ref": "C1", "who": "agent", "id": "a", "said": "hello", "at": "2024-03-04 08:00"}
FIELDS = ("conversation_id", "sender_role", "sender_external_id", "text", "timestamp")
COLUMNS = dict(zip(FIELDS, GOOD, strict=True))
BAD: dict[str, dict[str, Any]] = {
    "text": {"said": ""},
    "missing": {"said": None},
    "role": {"who": "robot"},
    "id": {"ref": "c-1"},
    "time": {"at": "1008"},
    "date": {"at": "2024-03-04"},
    "unclear": {"at": "2021-11-07 01:30:00"},
    "skipped": {"at": "2021-03-14 02:30:00"},
    "several": {"said": "", "who": "robot", "at": "yesterday"},
    "surrogate": {"said": "cut \ud83d"},
    "number": {"said": float("nan")},
    "large": {"said": 2**70},
    "deep": {"said": [[[1]]]},
}
TYPED = {"text", "missing", "role", "id", "time", "date", "unclear", "skipped", "several"}
"""The kinds that a column of text can hold."""

Make = Callable[[Path, dict[str, Any]], Any]


def lines(path: Path, record: dict[str, Any]) -> Files:
    path.write_text(json.dumps(record) + "\n")
    return Files((str(path),))


def lines_of_conversations(path: Path, record: dict[str, Any]) -> Files:
    message = {key: value for key, value in record.items() if key != "ref"}
    return lines(path, {"ref": record["ref"], "messages": [message]})


def array(path: Path, record: dict[str, Any]) -> Files:
    path.write_text(json.dumps([record], indent=2))
    return Files((str(path),))


def rows(path: Path, record: dict[str, Any]) -> Files:
    cells = ["" if value is None else str(value) for value in record.values()]
    path.write_text(f"{','.join(record)}\n{','.join(cells)}\n")
    return Files((str(path),))


def parquet(path: Path, record: dict[str, Any]) -> Files:
    pq.write_table(pa.Table.from_pylist([record]), path)
    return Files((str(path),))


def query(path: Path, record: dict[str, Any]) -> Query:
    parquet(path, record)
    return Query(f"FROM read_parquet('{path}')")


ANY: dict[str, Make] = {
    "lines": lines,
    "conversations": lines_of_conversations,
    "array": array,
    "records": lambda path, record: Records([record]),
    "frame": lambda path, record: Table(pandas.DataFrame([record], dtype=object)),
}
OF_TEXT: dict[str, Make] = {"rows": rows, "parquet": parquet, "query": query}
CASES = [
    (source, kind)
    for source in ANY | OF_TEXT
    for kind in BAD
    if source in ANY or kind in TYPED
    if (source, kind) != ("frame", "deep")
]


@pytest.mark.parametrize(("source", "kind"), CASES)
def test_every_reject_comes_back(read, tmp_path: Path, source: str, kind: str) -> None:
    """Whatever the source and its names: unedited it is rejected as before, and mended it is read.

    The file of rejects is in the document's own names, so that neither needs the source's `--map`.
    """
    (tmp_path / "in").mkdir()
    suffix = {"rows": "csv", "parquet": "parquet", "array": "json"}.get(source, "jsonl")
    made = (ANY | OF_TEXT)[source](tmp_path / "in" / f"a.{suffix}", GOOD | BAD[kind])
    zone = ZoneInfo("America/New_York")
    first = read(made, columns=COLUMNS, timezone=zone)
    assert not first.messages
    (reject,) = first.rejects
    path = tmp_path / "rejects.jsonl"
    write_rejects(path, [reject.to_dict()], None)

    again = read(Files((str(path),)), timezone=zone)
    assert [r.field for r in again.rejects] == [reject.field]
    assert again.rejects[0].reason in (reject.reason, STILL_RAW)
    assert [r.record for r in again.rejects] == [reject.record]
    assert again.rejects[0].conversation_id == reject.conversation_id

    line = json.loads(path.read_text())
    mended = {"conversationId": "C1", "text": "hello", "timestamp": "2024-03-04T08:00:00Z"}
    line["record"] |= mended | {"sender": {"role": "agent", "externalId": "a"}}
    path.write_text(json.dumps(line))
    assert read(Files((str(path),)), columns=COLUMNS, timezone=zone).texts == ["hello"]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.jsonl", b'{"conversationId": "C1", '),
        ("a.jsonl", b"[1, 2]\n5"),
        ("a.csv", f"{','.join(FIELDS)}\nC1,agent\n".encode()),
        ("a.json", b'[{"a": }, truth]'),
        ("a.jsonl", b'"' + b"x" * 2_000_000 + b'"'),
    ],
)
def test_what_could_not_be_taken_apart_is_an_object(
    read_text, read, tmp_path, name, content
) -> None:
    """A raw line is kept as its text, and stays a reject until its fields are written there."""
    rejects = read_text(name, content).rejects
    assert all(set(reject.record) == {"raw"} for reject in rejects)
    path = tmp_path / "rejects.jsonl"
    write_rejects(path, [reject.to_dict() for reject in rejects], None)

    again = read(Files((str(path),)))
    assert [reject.record for reject in again.rejects] == [reject.record for reject in rejects]
    assert {reject.reason for reject in again.rejects} == {STILL_RAW}


def test_values_are_not_translated_twice(read_text, read, tmp_path: Path) -> None:
    """What a value stood for is what the file of rejects says."""
    swapped = {"sender_role": {"agent": "customer", "customer": "agent"}}
    content = f"{','.join(FIELDS)}\nC1,agent,a,NULL,04.03.2024 08:00\n"
    form = "%d.%m.%Y %H:%M"
    (reject,) = read_text("a.csv", content, values=swapped, null="NULL", time_formats=form).rejects
    assert reject.record["sender"]["role"] == "customer"
    assert "text" not in reject.record
    reject.record["text"] = "NULL"
    path = tmp_path / "rejects.jsonl"
    write_rejects(path, [reject.to_dict()], None)

    again = read(Files((str(path),)), values=swapped, null="NULL", time_formats=form)
    assert again.messages[0]["sender"]["role"] == "customer"
    assert again.messages[0]["timestamp"] == "2024-03-04T08:00:00Z"
    assert again.texts == ["NULL"]


def test_a_record_with_such_columns_of_its_own_is_no_reject(read, record) -> None:
    """What has other columns besides is a record like any other."""
    own = {"file": "a.wav", "reason": "billing", "record": 7}
    assert read(Records([record(**own)])).texts == ["hello"]
    assert read(Records([{"file": "a", "line": 1, "reason": "?", "record": None}])).rejects


def test_failed_rejects_leave_the_old_file(tmp_path: Path) -> None:
    """A file of rejects that cannot be written whole leaves the one before."""
    path = tmp_path / "rejects.jsonl"
    known = write_rejects(path, [{"line": 1}], None)

    def failing() -> Any:
        yield {"line": 2}
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        write_rejects(path, failing(), known)
    assert path.read_text() == '{"line": 1}\n'
    assert list(tmp_path.iterdir()) == [path]


def test_only_an_unedited_file_is_written_over(tmp_path: Path) -> None:
    """What the same rejects had written is nobody's work; anything else is left alone."""
    path = tmp_path / "rejects.jsonl"
    known = write_rejects(path, [{"line": 1}], None)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert write_rejects(path, [{"line": 1}], None) == known
    path.write_text('{"line": 1, "mended": true}\n')
    for rejects in ([{"line": 1}], []):
        with pytest.raises(InvalidRequestError, match="was edited or is not ours"):
            write_rejects(path, rejects, known)
    assert "mended" in path.read_text()
    assert list(tmp_path.iterdir()) == [path]


def test_rejects_can_be_forgotten(tmp_path: Path, asapp_emulator) -> None:
    """What rejects hold of people's messages leaves the ledger; places and reasons stay."""
    path, ledger = tmp_path / "a.jsonl", tmp_path / "a.ledger"
    secret = "my card is 4111 1111"
    record = {"conversationId": "C1", "text": secret, "sender": {}, "timestamp": "?"}
    path.write_text(json.dumps(record) + "\n")
    report = import_messages(
        path,
        ledger=ledger,
        base_url=asapp_emulator.url,
        credentials=asapp_emulator.credentials,
    )
    assert report.rejected == 1
    assert secret in next(rejects_of(ledger))["record"]["text"]

    assert forget_rejects(ledger) == 1
    (reject,) = rejects_of(ledger)
    assert reject["record"] is None
    assert (reject["line"], reject["field"]) == (1, "sender.role")
    left = [file for file in tmp_path.iterdir() if secret.encode() in file.read_bytes()]
    assert sorted(left) == [path, tmp_path / "a.rejects.jsonl"]
