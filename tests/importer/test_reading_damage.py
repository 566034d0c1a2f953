"""Damaged sources, made from seeds: no traceback, no wrong value, no neighbour lost."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from asapp_conversations_importer import Files, SourceError

pytestmark = pytest.mark.usefixtures("own_ids")

SEEDS = 10
"""In how many tests the damaged sources come."""

HEADER = "conversation_id,sender_role,sender_external_id,text,timestamp"


def good(number: int) -> dict[str, Any]:
    return {
        "conversationId": f"C{number % 3}",
        "sender": {"role": "agent", "externalId": f"a-{number}"},
        "text": f"text {number} ☕",
        "timestamp": f"2024-03-04T08:00:{number:02}Z",
    }


def told(message: dict[str, Any]) -> bytes:
    return orjson.dumps(message, option=orjson.OPT_SORT_KEYS)


def allowed(count: int) -> set[bytes]:
    """Each message that an undamaged source of so many records has."""
    messages = [{k: v for k, v in good(n).items() if k != "conversationId"} for n in range(count)]
    return {told(message) for message in messages}


SPLICES: list[bytes] = [
    *(
        b"",
        b"{",
        b"}",
        b"[",
        b"]",
        b'"',
        b"\\",
        b",",
        b":",
        b"null",
        b"NaN",
        b"-Infinity",
        b"1e999",
    ),
    *(b"\x00", b"\xff", b"\xed\xa0\x80", b"\\ud800", b"\\u0000", b"9" * 400, b"9" * 5000),
    *(b"[" * 300, b'{"a":' * 300, b'"text": "twice", ', b"\xef\xbb\xbf", b"\t", b"//", b"'", b"\r"),
    *("\u2028".encode(), b"\\", b"tru", b"-", b".5", b"0x10", b"\x1f", b"\x7f"),
]


@pytest.mark.parametrize("seed", range(SEEDS))
def test_malformed_json_harms_no_neighbour(read_text, lines, seed) -> None:
    """Of 500 forms of a damaged line, each is rejected, or says what it said before."""
    chance = random.Random(seed)
    damaged: list[bytes] = []
    for _ in range(500 // SEEDS):
        line = orjson.dumps({**good(5), "note": {"x": [1, 2.5, None]}})
        start = chance.randrange(len(line))
        stop = min(len(line), start + chance.choice([0, 0, 1, 3, 40]))
        damaged.append((line[:start] + chance.choice(SPLICES) + line[stop:]).replace(b"\n", b""))
    good_lines = [good(number) for number in range(len(damaged))]
    content = lines(*(each for pair in zip(good_lines, damaged, strict=True) for each in pair))
    result = read_text("a.jsonl", content)

    assert result.totals.records == 2 * len(damaged)
    sent = {told(message) for message in result.messages}
    assert allowed(len(damaged)) <= sent
    assert result.totals.messages + result.totals.rejected == 2 * len(damaged)
    damaged_numbers = set(result.numbers)
    assert all(number % 2 == 0 for number in damaged_numbers)
    for reject in result.rejects:
        assert orjson.loads(orjson.dumps(reject.to_dict()))["reason"]


def row(number: int) -> str:
    message = good(number)
    said = message["text"].replace('"', '""')
    return (
        f"{message['conversationId']},agent,{message['sender']['externalId']},"
        f'"{said}",{message["timestamp"]}'
    )


CELLS = ['"', '""', '"x"', ",", "\n", "\r\n", "\r", "\0", ";", "\udcff", "x\ny", ',"', '",', " "]


@pytest.mark.parametrize("seed", range(SEEDS))
@pytest.mark.parametrize("one_line_rows", [False, True])
def test_damaged_csv_forges_nothing(read_text, seed, one_line_rows) -> None:
    """Of 100 damaged files, none gives a message that no row holds, or loses a row in silence."""
    chance = random.Random(seed)
    for _ in range(100 // SEEDS):
        rows = [row(number) for number in range(6)]
        hit = chance.randrange(len(rows))
        at = chance.randrange(len(rows[hit]))
        rows[hit] = rows[hit][:at] + chance.choice(CELLS) + rows[hit][at:]
        content = "\n".join([HEADER, *rows, ""]).encode("utf-8", "surrogateescape")
        refusal = ""
        try:
            result = read_text("a.csv", content, one_line_rows=one_line_rows)
        except SourceError as error:
            refusal = str(error)
        if refusal:
            assert not one_line_rows
            assert f"row {hit + 2}," in refusal
            continue
        others = [number for number in range(6) if number != hit]
        sent = {told(message) for message in result.messages}
        expected = {
            told({k: v for k, v in good(number).items() if k != "conversationId"})
            for number in others
        }
        assert expected <= sent
        assert result.totals.messages <= 6
        assert result.totals.messages + result.totals.rejected >= 6


@pytest.mark.parametrize("seed", range(SEEDS))
def test_damaged_parquet_gives_no_wrong_value(
    read: Callable[..., Any], tmp_path: Path, seed: int
) -> None:
    """Of 200 damaged files, each is refused, or holds the messages that were written."""
    chance = random.Random(seed)
    flat = [
        {
            "conversation_id": good(number)["conversationId"],
            "sender_role": "agent",
            "sender_external_id": good(number)["sender"]["externalId"],
            "text": good(number)["text"],
            "timestamp": good(number)["timestamp"],
        }
        for number in range(60)
    ]
    path = tmp_path / "a.parquet"
    pq.write_table(pa.Table.from_pylist(flat), path, write_page_checksum=True, row_group_size=20)
    whole = path.read_bytes()
    right = allowed(60)
    refused = 0
    for _ in range(200 // SEEDS):
        damaged = bytearray(whole)
        kind = chance.choice(["flip", "flip", "cut", "zeros", "twice"])
        at = chance.randrange(len(damaged))
        if kind == "flip":
            damaged[at] ^= 1 << chance.randrange(8)
        elif kind == "cut":
            del damaged[at : at + chance.randrange(1, 200)]
        elif kind == "zeros":
            damaged[at : at + 16] = bytes(len(damaged[at : at + 16]))
        else:
            damaged[at:at] = damaged[max(0, at - 50) : at]
        path.write_bytes(damaged)
        try:
            result = read(Files((str(path),)))
        except SourceError:
            refused += 1
            continue
        assert {told(message) for message in result.messages} == right or result.rejects
        assert {told(message) for message in result.messages} <= right
    assert refused
