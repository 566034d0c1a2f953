"""Any mix of good and bad records, sorted on disk or as they come."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from types import MappingProxyType
from typing import Any

import orjson
import pytest
from asapp_conversations_importer import Files, ReadOptions, Records
from asapp_conversations_importer.reading import open_reader
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

pytestmark = pytest.mark.usefixtures("own_ids")

good = st.fixed_dictionaries(
    {
        "conversationId": st.sampled_from(["A", "B", "C1"]),
        "text": st.text(min_size=1, max_size=5),
        "sender": st.just({"role": "agent", "externalId": "a"}),
        "timestamp": st.integers(0, 3).map(lambda s: f"2024-03-04T08:00:0{s}Z"),
    }
)
bad = st.sampled_from([{"text": ""}, {"conversationId": "c"}, {"timestamp": "?"}, {"sender": 1}])
mixed = st.lists(
    st.tuples(good, st.none() | bad).map(lambda p: {**p[0], **(p[1] or {})}), max_size=30
)


def expected_of(records: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """The valid messages of each conversation in time order, ties in the order of the input."""
    conversations: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for record in records:
        valid = record["text"] and record["conversationId"] != "c"
        if valid and record["timestamp"] != "?" and record["sender"] != 1:
            message = {k: v for k, v in record.items() if k != "conversationId"}
            conversations[record["conversationId"]].append(message)
    return {k: sorted(v, key=lambda m: m["timestamp"]) for k, v in sorted(conversations.items())}


any_mix = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@any_mix
@given(records=mixed)
def test_nothing_is_lost_and_order_is_kept(tmp_path, read, records) -> None:
    """Every record is a message or a reject; conversations are whole, sorted, and in time order."""
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"\n".join(map(orjson.dumps, records)))
    found = read(Files((str(path),)))

    expected, totals = expected_of(records), found.totals
    assert list(found.by_conversation.items()) == list(expected.items())
    assert totals.records == totals.messages + len(found.rejects) == len(records)
    assert totals.messages == sum(map(len, expected.values()))
    assert totals.conversations == len(expected)
    assert totals.rejected == len(found.rejects)


@any_mix
@given(records=mixed)
def test_grouped_records_need_no_staging(read, records) -> None:
    """Records that come grouped are read lazily, a conversation at a time, to the same result."""
    records.sort(key=lambda record: record["conversationId"])
    found = read(Records(map(MappingProxyType, records)))

    expected = expected_of(records)
    assert found.by_conversation == expected
    assert len(found.rejects) + sum(map(len, expected.values())) == len(records)


def test_grouping_reads_no_further_than_it_must(tmp_path: Path, record) -> None:
    """A conversation is given out when the next one begins."""
    taken = []

    def records() -> Any:
        for number in range(1, 5):
            taken.append(number)
            yield record(conversation_id=f"C{(number + 1) // 2}")

    source, folder = Records(records()), tmp_path / "staging"
    with open_reader(source, memory_limit=10**9, folder=folder) as reader:
        reader.load(source, ReadOptions(), print, print)
        conversations = reader.conversations()
        assert next(conversations).conversation_id == "C1"
        assert taken == [1, 2, 3]
        first = next(conversations)
        assert [first.place(index).number for index in range(2)] == [3, 4]
    assert not folder.exists()
