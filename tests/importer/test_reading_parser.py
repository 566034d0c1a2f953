"""Records: names, times, and what becomes of each."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import orjson
import pytest
from asapp_conversations import InvalidRequestError, agent
from asapp_conversations.toolkit import NO_TIME, encode_message
from asapp_conversations_importer import ReadOptions, SourceError
from asapp_conversations_importer.reading.record_parser import (
    RecordParser,
    ValidMessage,
    fields,
    original,
)
from hypothesis import given
from hypothesis import strategies as st


def read_one(record: object, **options: Any) -> Any:
    """The only outcome of a record."""
    (outcome,) = RecordParser(ReadOptions(**options)).parse(record)
    return outcome


def test_the_fields_are_the_documents() -> None:
    """Names, order and demands come from the document's schema."""
    assert [(f.name, f.column, f.required) for f in fields()] == [
        ("conversationId", "conversation_id", True),
        ("text", "text", True),
        ("sender.role", "sender_role", True),
        ("sender.externalId", "sender_external_id", True),
        ("timestamp", "timestamp", True),
    ]


@pytest.mark.parametrize(
    "names",
    [
        ("conversation_id", "text", "sender_role", "sender_external_id", "timestamp"),
        ("ConversationID", "TEXT", "SenderRole", "senderExternalId", "Timestamp"),
        ("conversationId", "text", "sender.role", "sender.externalId", "timestamp"),
    ],
)
def test_names_may_be_written_in_several_ways(names) -> None:
    """Case, dots and underscores make no difference."""
    values = ("C1", "hello", "agent", "a", "2024-03-04T08:00:00Z")
    entry = read_one(dict(zip(names, values, strict=True)))

    assert entry == ValidMessage(
        "C1",
        1_709_539_200_000_000,
        b'{"sender":{"externalId":"a","role":"agent"},"text":"hello","timestamp":"2024-03-04T08:00:00Z"}',
    )


def test_an_exact_name_wins(record) -> None:
    """Of two columns that could be meant, the one that is written as the document does is."""
    assert b'"text":"hello"' in read_one({"TEXT": "other", **record()}).content
    with pytest.raises(SourceError, match="columns TEXT, Text could all be text"):
        read_one({"TEXT": "a", "Text": "b"})


def test_columns_can_be_mapped(record) -> None:
    """A mapping names a column, or one inside another; the field may be written in any way."""
    source = {
        "ref": "C1",
        "payload": {"body": {"said": "hello"}},
        "who.role": "agent",
        "sender": {"external_id": "a"},
        "timestamp": "2024-03-04 08:00",
    }
    mapping = {"conversation_id": "ref", "text": "payload.body.said", "sender.role": "who.role"}

    assert b'"text":"hello"' in read_one(source, columns=mapping).content
    assert read_one(record(), columns={"text": "nothing"}).problems[0].path == "text"
    with pytest.raises(InvalidRequestError, match="no field 'txt' to map; the fields are conv"):
        RecordParser(ReadOptions(columns={"txt": "a"}))


def test_the_list_of_messages_can_be_mapped(record) -> None:
    """A foreign export's conversations have their messages under a name of their own."""
    outcomes = RecordParser(ReadOptions(columns={"messages": "turns"})).parse(
        {"conversationId": "C2", "turns": [record(), record("b")]}
    )
    assert [outcome.conversation_id for outcome in outcomes] == ["C2", "C2"]


def test_a_column_of_that_name_need_not_be_a_list(record) -> None:
    """A message's record may have a column called messages for something else."""
    assert isinstance(read_one({**record(), "messages": 3}), ValidMessage)


def test_any_number_of_shapes_is_read(record) -> None:
    """Records that each have a column of their own are read alike, and none is remembered."""
    parser = RecordParser(ReadOptions())
    for number in range(2500):
        (outcome,) = parser.parse({**record(), f"extra {number}": 1})
        assert isinstance(outcome, ValidMessage)


@pytest.mark.parametrize(
    ("value", "options", "expected"),
    [
        ("2024-03-04 03:00:00-05:00", {}, "2024-03-04T08:00:00Z"),
        ("2024-03-04T08:00:00.123456789Z", {}, "2024-03-04T08:00:00.123456Z"),
        ("2024-03-04T08:00:00", {}, "2024-03-04T08:00:00Z"),
        ("2024-03-04T08:00:00", {"timezone": ZoneInfo("Europe/Berlin")}, "2024-03-04T07:00:00Z"),
        ("2024-03-04T08:00:00Z", {"timezone": ZoneInfo("Europe/Berlin")}, "2024-03-04T08:00:00Z"),
        (
            "04/03/2024 08:00",
            {"time_formats": ("%d.%m.%Y %H:%M", "%d/%m/%Y %H:%M")},
            "2024-03-04T08:00:00Z",
        ),
        ("2024-03-04 08:00", {"time_formats": ("%d.%m.%Y %H:%M",)}, "2024-03-04T08:00:00Z"),
        (datetime(2024, 3, 4, 8, tzinfo=timezone(timedelta(hours=1))), {}, "2024-03-04T07:00:00Z"),
    ],
)
def test_times_are_read_as_the_options_say(record, value, options, expected) -> None:
    """Patterns come first, then ISO 8601; a time without a zone is in the one that is named."""
    entry = read_one(record(timestamp=value), **options)

    assert orjson.loads(entry.content)["timestamp"] == expected


def test_a_time_that_fits_no_pattern_says_so(record) -> None:
    """The reason tells that the patterns were tried."""
    outcome = read_one(record(timestamp="4 March"), time_formats=("%d.%m.%Y %H:%M",))

    assert outcome.problems[0].reason == f"{NO_TIME} and fits no time format"


def test_the_form_of_a_message_is_pinned(record) -> None:
    """Ledgers hold digests of this form: neither a release nor a later document may change it."""
    outcome = read_one(record("é ☕", second=7) | {"timestamp": "2024-03-04T09:00:07.125+01:00"})
    assert outcome.content.decode() == (
        '{"sender":{"externalId":"agent-1","role":"agent"},"text":"é ☕",'
        '"timestamp":"2024-03-04T08:00:07.125000Z"}'
    )


moments = st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30), timezones=st.just(UTC))


@given(st.text(min_size=1), st.text(), moments)
def test_a_message_is_written_as_the_sdk_writes_it(text, external_id, moment) -> None:
    """The importer's JSON is the SDK's, byte for byte, and its time is exact."""
    record = {
        "conversation_id": "C1",
        "text": text,
        "sender_role": "agent",
        "sender_external_id": external_id,
        "timestamp": moment,
    }
    entry = read_one(record)

    assert (entry.content, ()) == encode_message(agent(text, external_id, moment))
    assert datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=entry.sent_at) == moment


@pytest.mark.parametrize(
    ("record", "kept"),
    [
        (
            {"a": b"\xff", "b": "\ud800", "c": "\udce9"},
            {"a": "\\xff", "b": "\\ud800", "c": "\\xe9"},
        ),
        (
            {"a": [1, None, {2: 3.5}, datetime(2024, 3, 4)]},
            {"a": [1, None, {"2": 3.5}, "2024-03-04T00:00:00"]},
        ),
        (b"caf\xe9\n", "caf\\xe9\n"),
    ],
)
def test_what_is_kept_of_a_record_is_json(record, kept) -> None:
    """Whatever a record held, its reject can be written as JSON."""
    assert original(record) == kept
    assert orjson.loads(orjson.dumps(original(record))) == kept
