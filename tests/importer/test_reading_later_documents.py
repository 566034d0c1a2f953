"""What a later document may ask of the reading; `tests/documents` holds the same over whole clients."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from asapp_conversations_client.facts import BATCH
from asapp_conversations_importer import ReadOptions
from asapp_conversations_importer.reading import fields as fields_module
from asapp_conversations_importer.reading.messages import Reject
from asapp_conversations_importer.reading.record_parser import RecordParser, ValidMessage

pytestmark = pytest.mark.usefixtures("own_ids")

MORE: dict[str, Any] = {
    "receivedAt": {"type": ["string", "null"], "format": "date-time"},
    "turn": {"type": "integer"},
    "private": {"anyOf": [{"type": "boolean"}, {"type": "null"}]},
    "tags": {"type": "array", "items": {"type": "string"}},
    "size": {"enum": [1, 2, None]},
    "place": {
        "anyOf": [{"type": "object", "properties": {"city": {"type": "string"}}}, {"type": "null"}]
    },
    "日本": {"type": "string"},
    "": {"type": "integer"},
    "either": {"type": ["string", "integer"]},
    "score": {"oneOf": [{"type": "integer"}, {"type": "boolean"}]},
    "anything": {},
}
RECORD = {"conversationId": "A", "text": "hi", "sender_role": "agent", "sender_external_id": "a"}

Parse = Callable[..., Any]


@pytest.fixture
def parse(monkeypatch: pytest.MonkeyPatch) -> Iterator[Parse]:
    """Parses a record over a document with more fields, the last of its times not its own."""
    schema = {**BATCH.message_schema}
    schema["properties"] = {**schema["properties"], **MORE}
    facts = BATCH._replace(message_schema=schema, time_paths=(BATCH.time_paths[0], ("receivedAt",)))
    monkeypatch.setattr(fields_module, "BATCH", facts)
    fields_module.fields.cache_clear()

    def parse(record: dict[str, Any], *, is_text: bool = True, **options: Any) -> Any:
        parser = RecordParser(ReadOptions(**options), "file", "row", is_text=is_text)
        (outcome,) = parser.parse({**RECORD, **record}, 1)
        return outcome

    yield parse
    fields_module.fields.cache_clear()


def test_order_follows_the_own_time_of_a_message(parse: Parse) -> None:
    """Another time of a message is sent as it is, and orders nothing."""
    times = {"timestamp": "2024-03-04T08:00:00Z", "receivedAt": "2024-03-05T09:00:00+01:00"}
    outcomes = [parse(times), parse({"timestamp": times["timestamp"]})]
    assert all(isinstance(outcome, ValidMessage) for outcome in outcomes)
    assert outcomes[0].sent_at == outcomes[1].sent_at
    assert json.loads(outcomes[0].content)["receivedAt"] == "2024-03-05T08:00:00Z"


@pytest.mark.parametrize(
    ("ambiguous", "sent"),
    [("earlier", "2024-11-03T05:30:00Z"), ("later", "2024-11-03T06:30:00Z"), (None, None)],
)
def test_another_time_is_not_guessed_either(parse: Parse, ambiguous: Any, sent: str | None) -> None:
    """A local time that the clock shows twice is no other field's time, unless somebody says which."""
    outcome = parse(
        {"timestamp": "2024-03-04T08:00:00Z", "receivedAt": "2024-11-03 01:30:00"},
        timezone="America/New_York",
        ambiguous=ambiguous,
    )
    assert isinstance(outcome, Reject) is (sent is None)
    if sent is not None:
        assert json.loads(outcome.content)["receivedAt"] == sent


@pytest.mark.parametrize(
    ("name", "cell", "sent"),
    [
        ("turn", "5", 5),
        ("private", "TRUE", True),
        ("private", "null", None),
        ("tags", '["a", "b"]', ["a", "b"]),
        ("size", "2", 2),
        ("日本", "5", "5"),
        ("", "5", 5),
        ("either", "5", "5"),
        ("score", "5", 5),
        ("score", "true", True),
        ("anything", "5", "5"),
        ("turn", "five", "five"),
    ],
)
def test_cells_are_read_as_the_type_of_the_field(
    parse: Parse, name: str, cell: str, sent: object
) -> None:
    """A cell of text is what the document has there, where it can be; text stays text."""
    outcome = parse({"timestamp": "2024-03-04T08:00:00Z", name: cell})
    assert json.loads(outcome.content).get(name) == sent


@pytest.mark.parametrize("record", [{"place_city": "x"}, {"place": {"city": "x"}}])
def test_object_that_may_be_null_has_its_parts(parse: Parse, record: dict[str, Any]) -> None:
    """Its properties have columns of their own, as those of any other."""
    outcome = parse({"timestamp": "2024-03-04T08:00:00Z", **record})
    assert json.loads(outcome.content)["place"] == {"city": "x"}


@pytest.mark.usefixtures("parse")
@pytest.mark.parametrize("name", ["日本", ""])
def test_name_without_latin_letters_is_its_own_column(name: str) -> None:
    """Whatever a property is called, it has a column."""
    (field,) = (each for each in fields_module.fields() if each.name == name)
    assert (field.column, field.is_identifier) == (name, False)


def test_json_is_taken_at_its_word(parse: Parse) -> None:
    """What is typed already is not read again."""
    outcome = parse({"timestamp": "2024-03-04T08:00:00Z", "turn": "5"}, is_text=False)
    assert json.loads(outcome.content)["turn"] == "5"
    assert json.loads(parse({"timestamp": "2024-03-04T08:00:00Z", "turn": 5}).content)["turn"] == 5
