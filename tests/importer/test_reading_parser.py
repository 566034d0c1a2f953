"""Records: names, times, and what becomes of each."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import orjson
import pytest
from asapp_conversations import InvalidRequestError, agent
from asapp_conversations.toolkit import NO_TIME, encode_message
from asapp_conversations_importer import ReadOptions
from asapp_conversations_importer.reading.fields import fields
from asapp_conversations_importer.reading.originals import original
from asapp_conversations_importer.reading.record_parser import RecordParser, ValidMessage
from hypothesis import given
from hypothesis import strategies as st

pytestmark = pytest.mark.usefixtures("own_ids")


def read_one(record: object, **options: Any) -> Any:
    """The only outcome of a record."""
    (outcome,) = parser(**options).parse(record, 1)
    return outcome


def parser(**options: Any) -> RecordParser:
    """A parser with these options."""
    return RecordParser(ReadOptions(**options), "records", "record")


def test_the_fields_are_the_documents() -> None:
    """Names, order and demands come from the document's schema."""
    assert [(f.name, f.column, f.required) for f in fields() if f.required] == [
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
        0,
        b'{"sender":{"externalId":"a","role":"agent"},"text":"hello","timestamp":"2024-03-04T08:00:00Z"}',
    )


@pytest.mark.parametrize("other", ["TEXT", "t_e_x_t"])
def test_two_columns_that_could_be_one_field_are_told_apart_by_nobody(record, other) -> None:
    """Not even by which of them is written as the document does; a mapping says it, or no value."""
    outcome = read_one({other: "other", **record()})
    assert outcome.reason.startswith("is given more than once; choose a column with --map")
    assert outcome.record["text"] == {"raw": ["other", "hello"]}
    chosen = read_one({other: "other", **record()}, columns={"text": other})
    assert b'"text":"other"' in chosen.content
    assert b'"text":"other"' in read_one({other: "other", **record(), "text": None}).content
    assert isinstance(read_one({other: None, **record()}), ValidMessage)


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
    assert read_one(record(), columns={"text": "nothing"}).field == "text"
    with pytest.raises(InvalidRequestError, match="no field 'txt' to map; the fields are conv"):
        parser(columns={"txt": "a"})


def test_the_list_of_messages_can_be_mapped(record) -> None:
    """A foreign export's conversations have their messages under a name of their own."""
    outcomes = parser(columns={"messages": "turns"}).parse(
        {"conversationId": "C1", "turns": [record(), record("b")]}, 1
    )
    assert [outcome.conversation_id for outcome in outcomes] == ["C1", "C1"]


def test_a_column_of_that_name_need_not_be_a_list(record) -> None:
    """A message's record may have a column called messages for something else."""
    assert isinstance(read_one({**record(), "messages": 3}), ValidMessage)


@pytest.mark.parametrize(
    ("messages", "reason"),
    [
        (None, "is missing"),
        ({"text": "a"}, "is not a list of messages"),
        ("hello", "is not a list of messages"),
        ([], "is empty"),
    ],
)
def test_messages_that_are_no_list_are_named(messages, reason) -> None:
    """The reason is the true one: not that a message lacks its text."""
    outcome = read_one({"conversationId": "C1", "messages": messages})

    assert (outcome.field, outcome.reason, outcome.conversation_id) == ("messages", reason, "C1")
    assert outcome.record["messages"] == messages


def test_any_number_of_conversations_is_read(record, monkeypatch) -> None:
    """However many ids there are, no more than some are remembered."""
    monkeypatch.setattr("asapp_conversations_importer.reading.record_parser.KEPT", 10)
    many = parser()
    for number in range(50):
        (outcome,) = many.parse(record(conversation_id=f"C{number}"), number)
        assert isinstance(outcome, ValidMessage)


def test_a_message_of_another_conversation_is_rejected(record) -> None:
    """A message that names another conversation than the one around it belongs to none."""
    mine, other = record(), record(conversation_id="C2")
    outcomes = parser().parse({"conversationId": "C1", "messages": [mine, other]}, 1)

    assert isinstance(outcomes[0], ValidMessage)
    assert outcomes[1].field == "conversationId"
    assert outcomes[1].reason == "differs from that of the conversation around the message"
    assert outcomes[1].record["conversationId"] == {"raw": ["C1", "C2"]}


def test_any_number_of_shapes_is_read(record) -> None:
    """Records that each have a column of their own are read alike, and none is remembered."""
    many = parser()
    for number in range(2500):
        (outcome,) = many.parse({**record(), f"extra {number}": 1}, number)
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

    assert outcome.reason == f"{NO_TIME} and fits no time format"


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


class Raising:
    """Raises whatever is asked of it."""

    def __str__(self) -> str:
        raise RuntimeError


CYCLE: list[Any] = []
CYCLE.append(CYCLE)
DEEP: Any = "… [too deep]"
for _ in range(49):
    DEEP = [DEEP]


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
        (b"caf\xe9\n", {"raw": "caf\\xe9\n"}),
        ([1], {"raw": "[1]"}),
        (
            {"a": 2**70, "b": float("nan"), "c": Decimal("1.5"), "d": {3}},
            {"a": str(2**70), "b": "nan", "c": "1.5", "d": [3]},
        ),
        ({"a": Raising(), "b": CYCLE}, {"a": "<Raising>", "b": DEEP}),
        (Raising(), {"raw": '"<Raising>"'}),
    ],
)
def test_what_is_kept_of_a_record_is_json(record, kept) -> None:
    """Whatever a record held, its reject can be written as JSON."""
    assert original(record) == kept
    assert orjson.loads(orjson.dumps(original(record))) == kept
