"""The one form in which a message is sent."""

from __future__ import annotations

import json
from collections import UserDict
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum
from types import MappingProxyType
from typing import Any

import pytest
from asapp_conversations import Message, Sender, SenderRole, agent
from asapp_conversations.messages import BATCH, encode_message


class Text(str):
    """What some libraries make of a text."""


class Moment(datetime):
    """What some libraries make of a time."""


class Role(Enum):
    AGENT = "agent"


MODEL = agent("Hello", "a-1", "2024-03-04T08:00:00Z")
RECORD = {
    "text": "Hello",
    "sender": {"role": "agent", "externalId": "a-1"},
    "timestamp": "2024-03-04T08:00:00Z",
}


def model(text: Any, sender: Any, timestamp: Any) -> Message:
    """A message whose parts may be of types that it does not have by the document."""
    return Message(text=text, sender=sender, timestamp=timestamp)


@pytest.mark.parametrize(
    "message",
    [
        dict(reversed(RECORD.items())),
        UserDict(RECORD),
        MappingProxyType({**RECORD, "sender": MappingProxyType(RECORD["sender"])}),  # type: ignore[arg-type]
        {**RECORD, "text": Text("Hello")},
        {**RECORD, "timestamp": Text("2024-03-04T09:00:00+01:00")},
        {**RECORD, "timestamp": datetime(2024, 3, 4, 8)},
        {**RECORD, "timestamp": datetime(2024, 3, 4, 9, tzinfo=timezone(timedelta(hours=1)))},
        {**RECORD, "timestamp": Moment(2024, 3, 4, 8)},
        {**RECORD, "sender": {"role": SenderRole.AGENT, "externalId": "a-1"}},
        {**RECORD, "sender": {"role": Role.AGENT, "externalId": "a-1"}},
        model("Hello", Sender(role="agent", external_id="a-1"), "2024-03-04T08:00:00.000Z"),  # type: ignore[arg-type]
        model("Hello", RECORD["sender"], datetime(2024, 3, 4, 8)),
    ],
)
def test_the_same_message_has_the_same_bytes(message: Any) -> None:
    """A model and a mapping, in whatever types and order, are sent as the same bytes."""
    content, problems = encode_message(message)
    assert content == encode_message(MODEL)[0]
    assert (json.loads(content), list(problems)) == (RECORD, [])


def test_what_is_handed_in_stays_as_it_is() -> None:
    """Encoding changes neither a mapping nor a model."""
    moment = datetime(2024, 3, 4, 8)
    record = {**RECORD, "timestamp": moment}
    model = Message(text="Hello", sender=Sender(role="agent", external_id="a-1"), timestamp=moment)  # type: ignore[arg-type]
    for message in (record, model):
        encode_message(message)
    assert record["timestamp"] is moment
    assert (model.timestamp, model.sender.role) == (moment, "agent")


CYCLE: dict[str, Any] = {}
CYCLE["self"] = CYCLE


@pytest.mark.parametrize(
    "value",
    [
        float("nan"),
        [{"deep": float("-inf")}],
        1 << 80,
        Decimal("1.5"),
        b"bytes",
        {1: 2},
        {1, 2},
        "lone \ud800 surrogate",
        datetime(2024, 3, 4),
        CYCLE,
    ],
)
def test_what_json_cannot_carry_is_a_problem(value: Any) -> None:
    """A value that would be sent as another one, or not at all, is named and not quoted."""
    _, (problem,) = encode_message({**RECORD, "extra": value})
    assert "cannot carry" in problem.reason


@pytest.mark.parametrize("value", [None, 1.5, [None, {"deep": 1e300}], "", 1 << 60])
def test_what_json_can_carry_is_sent_as_it_is(value: Any) -> None:
    """Any other value of JSON arrives as it is."""
    content, problems = encode_message({**RECORD, "extra": value})
    assert (json.loads(content)["extra"], list(problems)) == (value, [])


def test_times_within_an_object_are_brought_into_their_form(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A later document may have times that stand deeper."""
    paths = (*BATCH.time_paths, ("sender", "since"))
    monkeypatch.setattr("asapp_conversations.messages.BATCH", BATCH._replace(time_paths=paths))
    sender = {**RECORD["sender"], "since": "2024-03-04 09:00+01:00"}  # type: ignore[dict-item]
    content, problems = encode_message({**RECORD, "sender": sender})
    assert json.loads(content)["sender"]["since"] == "2024-03-04T08:00:00Z"
    assert sender["since"] == "2024-03-04 09:00+01:00"
    assert not problems
    _, problems = encode_message({**RECORD, "sender": {**sender, "since": "soon"}})
    assert [problem.path for problem in problems] == ["sender.since"]
    for name in ("sender", "timestamp"):
        _, problems = encode_message({**RECORD, name: None})
        assert [problem.path for problem in problems] == [name]
