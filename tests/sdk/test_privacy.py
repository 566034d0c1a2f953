"""What stands in no log, exception or repr."""

from __future__ import annotations

import logging
import pickle
import traceback
from typing import Any

import httpx
import pytest
from answering import OK, SECRET, MakeMessages, Server, error
from asapp_conversations import APIConnectionError, APIStatusError, Client, Progress, agent
from asapp_conversations.logs import configure_logging, logger
from documented import CONVERSATION, SUCCESS, batch_path


def test_no_message_text_and_no_secret_anywhere(
    time: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """Texts and secrets stand in no log, exception, pickle, repr or rendered local."""
    caplog.set_level(logging.DEBUG)
    text = "My card number is 4111 1111"
    server = Server(error(400, f"[Path '/messages/0/text'] bad text: {text[:20]}… for x9"))
    client = server.client(time)
    with pytest.raises(APIStatusError) as caught:
        client.create_messages(CONVERSATION, [agent(text, "x9", "2024-03-04 08:00")])
    failure = caught.value
    assert failure.path == "/messages/0/text"
    assert "about /messages/0/text quote the request and are not repeated here" in str(failure)
    assert "bad text" in (failure.message or "")
    shown = [str(failure), repr(failure), repr(client), caplog.text]
    for part in shown:
        assert "My card" not in part
        assert "x9" not in part
    frames = traceback.TracebackException.from_exception(failure, capture_locals=True)
    own = [frame for frame in frames.stack if "asapp_conversations" in frame.filename]
    assert own
    rendered = [*shown, *(repr(frame.locals) for frame in own), repr(pickle.dumps(failure))]
    assert SECRET not in "".join(rendered)
    assert f"POST {batch_path()}: 400" in caplog.text


def test_log_follows_each_attempt(
    time: Any, make_messages: MakeMessages, caplog: pytest.LogCaptureFixture
) -> None:
    """The log tells method, path, outcome, wait, attempt, duration and request id."""
    caplog.set_level(logging.DEBUG, logger="asapp_conversations")
    Server(error(503), OK).client(time, rate=None).create_messages(CONVERSATION, make_messages(1))
    assert caplog.messages == [
        f"POST {batch_path()}: 503, sends again in 0.250 s (attempt 1, 0.000 s, request id r-503)",
        f"POST {batch_path()}: {SUCCESS} (attempt 2, 0.250 s, request id unknown)",
    ]


def test_words_that_quote_nothing_are_shown_whole(time: Any, make_messages: MakeMessages) -> None:
    """ASAPP's words are part of an error's text if they repeat nothing of the request."""
    with pytest.raises(APIStatusError, match="ASAPP says: The time lies in the future"):
        Server(error(400, "The time lies in the future.")).client(time).create_messages(
            CONVERSATION, make_messages(1)
        )


def test_words_about_large_requests_are_withheld(time: Any) -> None:
    """When there is too much to compare, the answer's words count as a quotation."""
    messages = [
        agent("x" * 600_000, "a", "2024-03-04 08:00"),
        agent("y" * 600_000, "a", "2024-03-04 08:00"),
    ]
    with pytest.raises(APIStatusError) as caught:
        Server(error(400, "whatever")).client(time).create_messages(CONVERSATION, messages)
    assert caught.value.message == "whatever"
    assert "whatever" not in str(caught.value)


def test_lost_connection_keeps_no_frames(make_messages: MakeMessages) -> None:
    """The cause of a connection error has no frames: their locals hold keys and messages."""
    with (
        Client(base_url="http://127.0.0.1:9", retries=0) as client,
        pytest.raises(APIConnectionError) as caught,
    ):
        client.create_messages(CONVERSATION, make_messages(1))
    rendered = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    assert isinstance(caught.value.__cause__, httpx.ConnectError)
    assert SECRET not in "".join(rendered.format())


def test_progress_is_shown_as_counts() -> None:
    """A progress shows how many messages there are, not what they say."""
    progress = Progress(stored=1, remaining=[agent("PRIVATE", "a", "2024-01-01")])
    assert "PRIVATE" not in repr(progress) + str(progress)
    assert "Messages: 1 stored, 0 of unknown outcome, 1 remaining." in str(progress)


def test_log_level_comes_from_the_environment(caplog: pytest.LogCaptureFixture) -> None:
    """`ASAPP_LOG` sets the level; a word that is no level is named."""
    before = (list(logger.handlers), logger.level)
    try:
        configure_logging({"ASAPP_LOG": "debug"})
        assert logger.level == logging.DEBUG
        assert len(logger.handlers) == len(before[0]) + 1
        configure_logging({"ASAPP_LOG": "loud"})
        assert "LOUD is not a level" in caplog.text
        configure_logging({})
    finally:
        logger.handlers[:] = before[0]
        logger.setLevel(before[1])
