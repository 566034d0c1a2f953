"""No two batches of a conversation are equal: a 409 says that ASAPP holds this very batch."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from asapp_conversations import (
    AsappError,
    ConflictError,
    InvalidRequestError,
    Message,
    Progress,
    Stored,
    agent,
)
from asapp_conversations.toolkit import MOST_MESSAGES as MOST
from asapp_conversations.toolkit import body_size, encode_message
from documented import SUCCESS
from hostile import Kind, Session, both
from hypothesis import given, settings
from hypothesis import strategies as st

URL = "http://localhost:9"


def said(text: str) -> Message:
    return agent(text, "agent-1", "2024-03-04T08:00:00Z")


class Asapp:
    """Holds what it stores, and answers 409 to every body that it holds already.

    Each request meets the next of `faults`, which end: a status, `"lost"` for an answer that is
    lost after the batch was stored, `"never"` for a request that is lost before, or None.
    """

    def __init__(self, *faults: object, max_messages: int = MOST) -> None:
        self.faults = list(faults)
        self.max_messages = max_messages
        self.held: list[str] = []
        self.sizes: list[int] = []
        self._bodies: set[bytes] = set()

    def __call__(self, request: httpx.Request) -> httpx.Response:
        texts = [message["text"] for message in json.loads(request.content)["messages"]]
        fault = self.faults.pop(0) if self.faults else None
        self.sizes.append(len(texts))
        if len(texts) > self.max_messages:
            return httpx.Response(413)
        if fault == "never":
            raise httpx.ReadError("lost on the way")
        if isinstance(fault, int):
            return httpx.Response(fault)
        if request.content in self._bodies:
            return httpx.Response(409)
        self._bodies.add(request.content)
        self.held += texts
        if fault == "lost":
            raise httpx.ReadError("lost on the way back")
        return httpx.Response(SUCCESS, json={})

    def session(self, kind: Kind, **options: Any) -> Session:
        return Session(kind, base_url=URL, transport=httpx.MockTransport(self), **options)


def until_done(session: Session, messages: list[Message]) -> Iterator[Any]:
    """Each call's outcome, where the next one goes on from the error of the last, if it can."""
    rest: list[Message] | Progress = messages
    while True:
        try:
            yield session.create(rest)
        except AsappError as error:
            yield error
            if isinstance(error, InvalidRequestError) or error.progress is None:
                return
            rest = error.progress
        else:
            return


@both
def test_equal_messages_go_as_different_batches(kind: Kind) -> None:
    """Twice the document's maximum of equal messages goes as the maximum, one less, and 1."""
    asapp = Asapp()
    with asapp.session(kind) as session:
        assert session.create([said("yes")] * 2 * MOST).stored == 2 * MOST
    assert asapp.sizes == [MOST, MOST - 1, 1]
    assert asapp.held == ["yes"] * 2 * MOST


@both
def test_running_twice_stores_once(kind: Kind) -> None:
    """The same program again finds every batch there, and does not raise."""
    asapp, messages = Asapp(), [said(text) for text in ["yes"] * (MOST + 7) + ["no"]]
    for stored, already_stored in ((MOST + 8, 0), (0, MOST + 8)):
        with asapp.session(kind) as session:
            outcome = session.create(messages)
        assert (outcome.stored, outcome.already_stored) == (stored, already_stored)
    assert len(asapp.held) == MOST + 8


@both
def test_halving_equal_messages(kind: Kind) -> None:
    """After a 413 no half equals the other one, so that none is lost as already stored."""
    half = (MOST + 1) // 2
    asapp = Asapp(max_messages=half)
    with asapp.session(kind) as session:
        assert session.create([said("yes")] * MOST).stored == MOST
    assert asapp.sizes == [MOST, half, half - 1, MOST - 2 * half + 1]
    assert len(asapp.held) == MOST


@both
def test_impossible_rest_is_refused(kind: Kind) -> None:
    """Where every batch that could follow was sent, the rest is refused with `progress`."""
    asapp = Asapp(max_messages=2)
    with asapp.session(kind) as session:
        with pytest.raises(
            InvalidRequestError, match=r"what is left \(2 messages\) repeats"
        ) as caught:
            session.create([said("yes")] * 5)
        progress = caught.value.progress
        assert progress is not None
        assert (progress.stored, len(progress.unknown), len(progress.remaining)) == (3, 0, 2)
        assert asapp.held == ["yes"] * 3
        with pytest.raises(InvalidRequestError, match=r"what is left \(2 messages\) repeats"):
            session.create(progress)
        mended = progress.with_remaining([said("yes, 1"), said("yes, 2")])
        assert session.create(mended).stored == 2
    assert asapp.held == ["yes"] * 3 + ["yes, 1", "yes, 2"]


@both
@pytest.mark.parametrize("fault", ["lost", "never", 500])
def test_going_on_after_doubt(kind: Kind, fault: object) -> None:
    """The batch in doubt is sent first as it was, and what was sent before is remembered."""
    asapp, messages = Asapp(None, fault), [said("yes")] * (3 * MOST + 2)
    with asapp.session(kind, retries=0) as session:
        error, stored = until_done(session, messages)
    progress = error.progress
    assert (progress.stored, len(progress.unknown)) == (MOST, MOST - 1)
    assert stored.stored + stored.already_stored == len(messages) - MOST
    assert stored.already_stored == (MOST - 1 if fault == "lost" else 0)
    assert asapp.sizes == [MOST, MOST - 1, MOST - 1, MOST - 2, 5]
    assert len(asapp.held) == len(messages)


@both
def test_conflict_raises_if_asked(kind: Kind) -> None:
    """With `conflict_is_stored=False` the batch that is there counts as `already_stored`."""
    asapp, messages = Asapp(), [said(f"text {index}") for index in range(2 * MOST + 1)]
    with asapp.session(kind) as session:
        session.create(messages[:MOST])
        with pytest.raises(ConflictError) as caught:
            session.create(messages, conflict_is_stored=False)
        error, progress = caught.value, caught.value.progress
        assert progress is not None
        assert (progress.stored, progress.already_stored) == (0, MOST)
        assert (progress.unknown, progress.remaining) == ([], messages[MOST:])
        assert "error.progress" in str(error)
        assert "need not be sent again" in str(error)
        assert session.create(progress, conflict_is_stored=False).stored == MOST + 1
    assert asapp.held == [f"text {index}" for index in range(2 * MOST + 1)]


@both
def test_conflict_of_the_last_batch(kind: Kind) -> None:
    """If the conflict was the last batch, the error says that all is stored, and nothing to do."""
    asapp = Asapp()
    with asapp.session(kind) as session:
        session.create([said("yes")])
        with pytest.raises(
            ConflictError, match="Messages: 1 stored, 0 of unknown outcome, 0 remaining"
        ) as caught:
            session.create([said("yes")], conflict_is_stored=False)
        assert "To go on" not in str(caught.value)
        assert caught.value.progress is not None
        assert session.create(caught.value.progress) == Stored()
    assert len(asapp.sizes) == 2


@both
def test_own_limit_of_bytes(kind: Kind) -> None:
    """Batches that are cut by bytes are different, too."""
    content, _ = encode_message(said("yes"))
    asapp = Asapp()
    with asapp.session(kind) as session:
        limit = body_size([len(content)] * 3)
        assert session.create([said("yes")] * 6, max_body_bytes=limit).stored == 6
    assert asapp.sizes == [3, 2, 1]


FAULTS = st.sampled_from([None, None, "lost", "never", 429, 500, 503, 401, 404])


@both
@settings(max_examples=150, deadline=None)
@given(
    texts=st.lists(st.sampled_from("ab"), max_size=24),
    faults=st.lists(FAULTS, max_size=12),
    max_messages=st.integers(3, 9),
    retries=st.integers(0, 2),
)
def test_each_message_once_and_in_order(
    kind: Kind, texts: list[str], faults: list[Any], max_messages: int, retries: int
) -> None:
    """Whatever fails, going on from `error.progress` stores each message once, in order."""
    asapp = Asapp(*faults, max_messages=max_messages)
    messages = [said(text) for text in texts]
    with asapp.session(kind, retries=retries) as session:
        outcomes = list(until_done(session, messages))
    last = outcomes[-1]
    if isinstance(last, InvalidRequestError):
        assert last.progress is not None
        rest = [message.text for message in last.progress.remaining if isinstance(message, Message)]
        assert last.progress.unknown == []
        assert 0 < len(rest) < len(texts)
        assert asapp.held + rest == texts
    else:
        assert asapp.held == texts
    requests = sum(
        outcome.requests if isinstance(outcome, Stored) else outcome.progress.requests
        for outcome in outcomes
    )
    assert requests == len(asapp.sizes)
