"""Which batch of a conversation is next, and what each outcome means."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from asapp_conversations import (
    APIConnectionError,
    APIStatusError,
    Receipt,
    RequestFailedError,
)
from asapp_conversations.toolkit import MOST_MESSAGES as MOST
from asapp_conversations.toolkit import body_size, status_error
from asapp_conversations_importer.reading.messages import Conversation, Place
from asapp_conversations_importer.sending.delivery import (
    BodyLimit,
    Checkpoint,
    Counts,
    Delivery,
    RefusedMessage,
    Status,
    Withheld,
)
from hypothesis import given
from hypothesis import strategies as st

STORED = Receipt()
LARGE = 10**9


def place(index: int) -> Place:
    return Place("a.jsonl", "line", index + 1)


def items(count: int, start: int = 0) -> list[bytes]:
    return [json.dumps(f"text {i:05}").encode() for i in range(start, start + count)]


def answer(status: int, *, unknown: bool = False, **details: Any) -> APIStatusError:
    error = status_error(status)("POST /path", status, **details)
    error.outcome_unknown = unknown
    return error


def no_answer(*, unknown: bool) -> APIConnectionError:
    error = APIConnectionError("POST /path: no answer")
    error.outcome_unknown = unknown
    return error


def delivery(
    messages: Sequence[bytes],
    checkpoint: Checkpoint | None = None,
    *,
    max_body: int = LARGE,
    isolate: bool = True,
) -> Delivery:
    return Delivery(
        Conversation("ABC", messages, place),
        checkpoint or Checkpoint(),
        BodyLimit(max_body),
        isolate,
    )


def texts(body: bytes) -> list[str]:
    (held,) = json.loads(body).values()
    return list(held)


def all_texts(messages: Sequence[bytes]) -> list[str]:
    return [json.loads(message) for message in messages]


class Service:
    """Stores what it accepts; `judge` says what becomes of a batch."""

    def __init__(self, judge: Callable[[list[str]], Receipt | RequestFailedError]) -> None:
        self.judge = judge
        self.stored: list[str] = []
        self.sizes: list[int] = []

    def take(self, one: Delivery) -> list[RefusedMessage]:
        """Send until there is nothing more to send; the refusals on the way."""
        refusals = []
        while (batch := one.next_batch()) is not None:
            sent = texts(batch.body)
            assert len(sent) == batch.count
            self.sizes.append(len(sent))
            outcome = self.judge(sent)
            if isinstance(outcome, Receipt):
                self.stored += sent
            one.settle(outcome)
            refusals += one.take_refused()
            if one.waiting:
                break
        return refusals + one.take_refused()


@pytest.mark.parametrize("count", [1, MOST - 1, MOST, MOST + 1, 2 * MOST, 2 * MOST + 50])
def test_least_requests(count: int) -> None:
    """A conversation goes out whole, in order, in as few requests as the document allows."""
    service = Service(lambda sent: STORED)
    one = delivery(items(count))
    service.take(one)
    assert service.stored == all_texts(items(count))
    assert len(service.sizes) == -(-count // MOST)
    assert one.checkpoint.status is Status.FINISHED
    assert one.counts() == Counts(stored=count)


def test_finished_is_skipped() -> None:
    """The checkpoint of a finished conversation leads to no request at all."""
    first = delivery(items(5))
    Service(lambda sent: STORED).take(first)
    again = delivery(items(5), first.checkpoint)
    assert again.next_batch() is None
    assert again.counts() == Counts(skipped=5)


def test_growth_is_sent() -> None:
    """A source that has grown sends what is new, and nothing else."""
    first = delivery(items(5))
    Service(lambda sent: STORED).take(first)
    service = Service(lambda sent: STORED)
    grown = delivery(items(7), first.checkpoint)
    service.take(grown)
    assert service.stored == ["text 00005", "text 00006"]
    assert grown.counts() == Counts(stored=2, skipped=5)


@pytest.mark.parametrize(
    "messages",
    [items(4), items(5, start=1), [*items(4), *items(1, start=9)], [*items(1, 7), *items(5)]],
    ids=["shorter", "shifted", "last edited", "one before"],
)
def test_changed_is_refused(messages: list[bytes]) -> None:
    """A source whose sent part differs sends nothing, says why, and keeps the checkpoint."""
    first = delivery(items(5))
    Service(lambda sent: STORED).take(first)
    changed = delivery(messages, first.checkpoint)
    assert changed.next_batch() is None
    assert changed.checkpoint.status is Status.CHANGED
    assert "no longer begins with what has been sent (5 messages)" in str(changed.checkpoint.reason)
    assert changed.counts() == Counts(unsent=len(messages))
    restored = delivery(items(6), changed.checkpoint)
    assert restored.next_batch() is not None


def test_batch_in_flight_is_sent_as_it_was() -> None:
    """What was on its way when a run was killed is sent as the very same batch, though limits
    and source have changed; a 409 then counts it as stored before."""
    killed = delivery(items(10))
    first = killed.next_batch()
    resumed = delivery(items(20), killed.checkpoint, max_body=body_size([12] * 3))
    again = resumed.next_batch()
    assert first is not None
    assert again is not None
    assert again.body == first.body
    resumed.settle(answer(409))
    assert resumed.counts() == Counts(already_stored=10, unsent=10)
    third = resumed.next_batch()
    assert third is not None
    assert third.count == 3


@pytest.mark.parametrize("status", [400, 413, 422])
def test_batch_in_doubt_beyond_a_lowered_limit_stays_in_doubt(
    monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    """A refusal of what no request may hold any more tells nothing of what was sent before: to cut
    it anew would store it twice."""
    killed = delivery(items(10))
    first = killed.next_batch()
    monkeypatch.setattr("asapp_conversations_importer.sending.delivery.MOST_MESSAGES", 3)
    resumed = delivery(items(20), killed.checkpoint)
    again = resumed.next_batch()
    assert first is not None
    assert again is not None
    assert again.body == first.body
    resumed.settle(answer(status))
    assert resumed.waiting
    assert resumed.counts() == Counts(in_doubt=10, unsent=10)
    assert resumed.checkpoint.status is Status.IN_DOUBT
    assert "10 messages" in str(resumed.checkpoint.reason)
    assert "at most 3" in str(resumed.checkpoint.reason)


def test_batch_in_flight_that_changed_is_refused() -> None:
    """A batch in doubt that the source no longer holds is not sent in another form."""
    killed = delivery(items(10))
    killed.next_batch()
    resumed = delivery(items(9), killed.checkpoint)
    assert resumed.next_batch() is None
    assert resumed.checkpoint.status is Status.CHANGED


def test_conflict_is_already_stored() -> None:
    """A 409 says that the batch is there: the conversation goes on."""
    service = Service(lambda sent: answer(409) if "text 00000" in sent else STORED)
    one = delivery(items(MOST + 1))
    service.take(one)
    assert one.counts() == Counts(stored=1, already_stored=MOST)


def test_not_found_rejects_the_conversation() -> None:
    """A 404 rejects every message, with one request, and a later run sends nothing."""
    service = Service(lambda sent: answer(404, code="404-01", request_id="r-1"))
    one = delivery(items(MOST + 1))
    refusals = service.take(one)
    assert len(service.sizes) == 1
    assert [refusal.index for refusal in refusals] == list(range(MOST + 1))
    assert {refusal.request_id for refusal in refusals} == {"r-1"}
    assert one.counts() == Counts(rejected=MOST + 1)
    again = delivery(items(MOST + 1), one.checkpoint)
    assert again.next_batch() is None
    assert again.counts() == Counts(rejected=MOST + 1)


def test_too_large_is_halved_and_remembered() -> None:
    """A 413 halves the batch; what follows is no larger than what worked."""
    service = Service(lambda sent: STORED if len(sent) <= MOST // 3 else answer(413))
    one = delivery(items(MOST))
    service.take(one)
    assert service.stored == all_texts(items(MOST))
    assert service.sizes == [MOST, MOST // 2, *[MOST // 4] * 4]
    assert one.limit.max_body < body_size([12] * (MOST // 4 + 1))


def test_single_message_too_large_is_rejected() -> None:
    """A message that no request can hold is rejected by itself, its neighbours are stored."""
    messages = [*items(2), json.dumps("x" * 500).encode(), *items(2, start=2)]
    by_limit = delivery(messages, max_body=200)
    refusals = Service(lambda sent: STORED).take(by_limit)
    assert [refusal.index for refusal in refusals] == [2]
    assert refusals[0].reason == "does not fit a request of 200 bytes"
    assert by_limit.counts() == Counts(stored=4, rejected=1)
    by_answer = delivery(messages)
    service = Service(lambda sent: answer(413) if "x" * 500 in sent else STORED)
    assert [refusal.index for refusal in service.take(by_answer)] == [2]
    assert service.stored == all_texts(items(4))


@pytest.mark.parametrize("status", [400, 422])
def test_named_message_is_rejected_alone(status: int) -> None:
    """A path in the answer names the guilty message: one more request stores the others."""

    def judge(sent: list[str]) -> Receipt | RequestFailedError:
        if "text 00007" not in sent:
            return STORED
        path = f"/messages/{sent.index('text 00007')}/timestamp"
        return answer(status, code=f"{status}-01", message="bad", path=path)

    service = Service(judge)
    one = delivery(items(20))
    (refusal,) = service.take(one)
    assert refusal == RefusedMessage(7, f"ASAPP answers {status}-01: bad", "timestamp", None)
    assert service.sizes == [20, 19]
    assert one.counts() == Counts(stored=19, rejected=1)
    again = delivery(items(20), one.checkpoint)
    assert again.next_batch() is None
    assert again.counts() == Counts(skipped=19, rejected=1)


@pytest.mark.parametrize("path", [None, "/timestamp", f"/messages/{MOST}/text", "/messages/x/text"])
def test_unnamed_message_is_found_by_halving(path: str | None) -> None:
    """Without a usable path the batch is halved until the guilty one stands alone."""
    index = MOST // 3
    guilty = f"text {index:05}"
    service = Service(lambda sent: answer(400, path=path) if guilty in sent else STORED)
    one = delivery(items(MOST))
    (refusal,) = service.take(one)
    assert refusal.index == index
    assert service.stored == [text for text in all_texts(items(MOST)) if text != guilty]
    assert len(service.sizes) <= 2 * MOST.bit_length() + 1


def test_a_refused_conversation_is_not_halved_to_the_end() -> None:
    """When the first messages are refused one by one, the conversation is what is refused."""
    service = Service(lambda sent: answer(400))
    one = delivery(items(MOST))
    refusals = service.take(one)
    assert len(service.sizes) < 20
    assert sorted(refusal.index for refusal in refusals) == list(range(MOST))
    assert one.counts() == Counts(rejected=MOST)


def test_without_isolation_the_batch_is_rejected() -> None:
    """`isolate=False` spends no request on finding the guilty message."""
    service = Service(lambda sent: answer(422) if "text 00001" in sent else STORED)
    one = delivery(items(MOST + 1), isolate=False)
    assert len(service.take(one)) == MOST
    assert service.sizes == [MOST, 1]


@pytest.mark.parametrize(
    ("outcome", "in_doubt"),
    [
        (answer(500, unknown=True), True),
        (no_answer(unknown=True), True),
        (no_answer(unknown=False), False),
        (answer(429), False),
        (answer(429, unknown=True), True),
        (answer(401), False),
        (answer(413, unknown=True), True),
        (Withheld(outcome_unknown=True), True),
        (Withheld(outcome_unknown=False), False),
    ],
)
def test_waits(outcome: RequestFailedError | Withheld, in_doubt: bool) -> None:
    """What was not stored for now stays: in doubt if it may have arrived, unsent if not."""
    one = delivery(items(MOST + 5))
    first = one.next_batch()
    one.settle(outcome)
    assert one.waiting
    assert one.checkpoint.in_flight is in_doubt
    doubtful = MOST if in_doubt else 0
    assert one.counts() == Counts(in_doubt=doubtful, unsent=MOST + 5 - doubtful)
    again = one.next_batch()
    assert first is not None
    assert again is not None
    assert again.body == first.body


def test_doubt_lasts_until_an_answer() -> None:
    """A batch in doubt whose resend does not leave, or gets 413, is still in doubt and whole."""
    killed = delivery(items(4))
    killed.next_batch()
    one = delivery(items(4), killed.checkpoint)
    for outcome in (
        Withheld(outcome_unknown=False),
        answer(413, unknown=True),
        answer(429, unknown=True),
    ):
        assert one.next_batch() is not None
        one.settle(outcome)
        assert one.counts() == Counts(in_doubt=4)
        assert one.checkpoint.status is Status.IN_DOUBT


def test_refusals_survive_a_kill() -> None:
    """The batch without the refused message, killed on its way, is resent without it."""
    killed = delivery(items(10))
    killed.next_batch()
    killed.settle(answer(400, path="/messages/3/text"))
    batch = killed.next_batch()
    assert batch is not None
    resumed = delivery(items(10), killed.checkpoint)
    again = resumed.next_batch()
    assert again is not None
    assert again.body == batch.body
    resumed.settle(STORED)
    assert resumed.counts() == Counts(stored=9, rejected=1)


def test_refusal_whose_message_changed_is_forgotten() -> None:
    """A refusal is kept only together with the message that it was about."""
    stopped = delivery(items(10))
    stopped.next_batch()
    stopped.settle(answer(400, path="/messages/3/text"))
    mended = [*items(3), b'"mended"', *items(6, start=4)]
    service = Service(lambda sent: STORED)
    service.take(delivery(mended, stopped.checkpoint))
    assert service.stored == all_texts(mended)


def test_digest_is_pinned() -> None:
    """A release that changes what is digested would refuse every ledger: this must not change."""
    one = delivery([b'{"text":"Hello"}', b'{"text":"there"}'])
    Service(lambda sent: STORED).take(one)
    expected = hashlib.sha256(
        b'\x00\x00\x00\x00\x00\x00\x00\x10{"text":"Hello"}'
        b'\x00\x00\x00\x00\x00\x00\x00\x10{"text":"there"}'
    )
    assert one.checkpoint.digest == expected.digest()[:16]


FATES = st.sampled_from(["stored", "lost", "lost before", "limited", "killed"])


@given(
    count=st.integers(1, 40),
    guilty=st.sets(st.integers(0, 39), max_size=3),
    named=st.booleans(),
    max_body=st.integers(30, 400),
    fates=st.lists(FATES, max_size=12),
)
def test_nothing_is_lost_or_doubled(
    count: int, guilty: set[int], named: bool, max_body: int, fates: list[str]
) -> None:
    """Whatever happens on the way, every message is stored once, in order, or rejected once."""
    messages = items(count)
    bad = {f"text {index:05}" for index in guilty}
    held: list[list[str]] = []
    checkpoint = Checkpoint()
    refused: list[int] = []
    fate = iter(fates)
    while checkpoint.status not in {Status.FINISHED, Status.REJECTED}:
        one = delivery(messages, checkpoint, max_body=max_body)
        while (batch := one.next_batch()) is not None and not one.waiting:
            refused += [refusal.index for refusal in one.take_refused()]
            checkpoint = one.checkpoint
            sent = texts(batch.body)
            verdict = next(fate, "stored")
            known = sent in held
            culprit = next((i for i, text in enumerate(sent) if text in bad), None)
            if not known and culprit is None and verdict not in {"lost before", "limited"}:
                held.append(sent)
            if verdict == "killed":
                break
            outcome: Receipt | RequestFailedError
            if verdict in {"lost", "lost before"}:
                outcome = no_answer(unknown=True)
            elif verdict == "limited":
                outcome = answer(429)
            elif culprit is not None:
                outcome = answer(400, path=f"/messages/{culprit}/text" if named else None)
            else:
                outcome = answer(409) if known else STORED
            one.settle(outcome)
            refused += [refusal.index for refusal in one.take_refused()]
            checkpoint = one.checkpoint
            assert one.counts().total() == count
        if batch is None:
            refused += [refusal.index for refusal in one.take_refused()]
            checkpoint = one.checkpoint
    stored = [text for batch in held for text in batch]
    assert stored == sorted(set(stored))
    rejected = {f"text {index:05}" for index in refused}
    assert set(stored) | rejected == set(all_texts(messages))
    assert not set(stored) & rejected


class Conflicting:
    """Stores a batch once, and answers 409 to a body that it holds, as ASAPP does."""

    def __init__(self) -> None:
        self.sizes: dict[bytes, int] = {}

    def take(self, one: Delivery, batches: int = 10**6) -> list[RefusedMessage]:
        """Send so many batches; the refusals on the way."""
        refused = []
        while batches and (batch := one.next_batch()) is not None:
            one.settle(answer(409) if batch.body in self.sizes else STORED)
            self.sizes[batch.body] = batch.count
            refused += one.take_refused()
            batches -= 1
        return refused + one.take_refused()


@pytest.mark.parametrize("before", [0, 1, 2, 3])
def test_equal_messages_are_all_stored(before: int) -> None:
    """However often a message repeats, and wherever a run ended, no batch is taken for another."""
    messages, service = [b'"same"'] * 2 * MOST, Conflicting()
    first = delivery(messages)
    service.take(first, before)
    one = delivery(messages, first.checkpoint)
    assert service.take(one) == []
    assert list(service.sizes.values()) == [MOST, MOST - 1, 1]
    assert one.checkpoint.stored == len(messages)


def test_a_message_that_no_batch_can_tell_apart_is_refused() -> None:
    """Where every batch would equal one that is held, its message is refused, and the next goes."""
    messages = [b'"same"', b'"same"', b'"other"']
    one, service = delivery(messages, max_body=body_size([7])), Conflicting()
    (refused,) = service.take(one)
    assert (refused.index, "give it a time of its own" in refused.reason) == (1, True)
    assert len(service.sizes) == 2
    assert one.checkpoint.status is Status.FINISHED


def test_earlier_batches_are_guessed_no_further_than_they_can_be() -> None:
    """What cannot have been cut as this run cuts is not taken for a batch that is held."""
    messages = [b'"same"'] * 4
    first = delivery(messages)
    Conflicting().take(first)
    grown = [*messages, b'"new"']
    one, service = delivery(grown, first.checkpoint, max_body=body_size([6])), Conflicting()
    assert service.take(one) == []
    assert list(service.sizes.values()) == [1]


def test_words_that_quote_a_message_are_no_reason() -> None:
    """The reason of a refusal repeats nothing of the message."""
    one = delivery(items(1))
    one.next_batch()
    one.settle(answer(400, message="no: text 00000", message_quotes_request=True))
    (refused,) = one.take_refused()
    assert "text 00000" not in refused.reason


def test_an_answer_without_words() -> None:
    """An answer that says nothing is not quoted."""
    one = delivery(items(1))
    one.next_batch()
    one.settle(answer(404))
    assert {refused.reason for refused in one.take_refused()} == {
        "ASAPP answers 404 without a word"
    }


def test_a_batch_in_doubt_that_is_held_was_stored_before() -> None:
    """A 409 to a batch of an earlier run counts as stored before, however it is told."""
    killed = delivery(items(3))
    killed.next_batch()
    one = delivery(items(3), killed.checkpoint)
    one.next_batch()
    one.settle(Receipt(("",), confirmed_by_conflict=True))
    assert one.counts() == Counts(already_stored=3)
