"""What is wrong with messages is named before anything is sent."""

from __future__ import annotations

from typing import Any

import pytest
from answering import OK, MakeMessages, Server
from asapp_conversations import InvalidRequestError, agent
from asapp_conversations.toolkit import check_record
from documented import CONVERSATION


def test_every_problem_is_named_before_anything_is_sent(time: Any) -> None:
    """All problems are named with index and field, without the values."""
    server = Server(OK)
    good = agent("fine", "a-1", "2024-03-04T08:00:00")
    bad = agent("", 5, "PRIVATE")  # type: ignore[arg-type]
    strange = agent("PRIVATE \ud800", "a-1", "2024-03-04 08:00")
    role = agent("fine", "a-1", "2024-03-04 08:00")
    role.sender.role = "PRIVATE"  # type: ignore[assignment]
    senderless = agent("fine", "a-1", "2024-03-04 08:00")
    senderless.sender = None  # type: ignore[assignment]
    with pytest.raises(InvalidRequestError) as caught:
        server.client(time).create_messages("a-b", [good, bad, strange, role, senderless, 7])  # type: ignore[list-item]
    assert [problem.path for problem in caught.value.problems] == [
        "conversationId",
        "messages[1].timestamp",
        "messages[1].text",
        "messages[1].sender.externalId",
        "messages[2]",
        "messages[3].sender.role",
        "messages[4].sender",
        "messages[5]",
    ]
    assert "PRIVATE" not in str(caught.value)
    assert isinstance(caught.value, ValueError)
    assert server.bodies == []


def test_many_problems_are_counted(time: Any) -> None:
    """A long list of problems is cut in the text and whole in the attribute."""
    with pytest.raises(InvalidRequestError, match="and 80 more") as caught:
        Server(OK).client(time).create_messages(CONVERSATION, [None] * 100)  # type: ignore[list-item]
    assert len(caught.value.problems) == 100


def test_value_that_is_no_json_is_a_problem(time: Any, make_messages: MakeMessages) -> None:
    """A value that JSON has no word for is named."""
    (message,) = make_messages(1)
    message["extra"] = float("nan")
    with pytest.raises(InvalidRequestError, match="JSON cannot carry"):
        Server(OK).client(time).create_messages(CONVERSATION, [message])


@pytest.mark.parametrize("messages", ["text", agent("a", "b", "2024-01-01"), {"a": 1}, None, 5])
def test_what_holds_no_messages_is_refused(time: Any, messages: Any) -> None:
    """What is iterable by accident, or not at all, is refused with what is expected."""
    with pytest.raises(InvalidRequestError, match="an iterable of messages"):
        Server(OK).client(time).create_messages(CONVERSATION, messages)


def test_message_larger_than_a_body_is_refused(time: Any, make_messages: MakeMessages) -> None:
    """A message that no body can hold is named before anything is sent."""
    with pytest.raises(InvalidRequestError, match=r"messages\[0\]"):
        Server(OK).client(time).create_messages(CONVERSATION, make_messages(1), max_body_bytes=20)


def test_records_with_unencodable_text_are_problems() -> None:
    """What a validator cannot even read is a problem, not a crash."""
    (problem,) = check_record({1: 2})
    assert "is not JSON" in problem.reason
