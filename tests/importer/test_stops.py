"""When a run stops by itself, and when it may go on."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from asapp_conversations import APIConnectionError, APIStatusError, Receipt
from asapp_conversations.toolkit import status_error
from asapp_conversations_importer import StoppedBy
from asapp_conversations_importer.sending.stops import (
    FAILURES_IN_A_ROW,
    REFUSALS_IN_A_ROW,
    Breaker,
    Stop,
    limit_returns,
)

STORED = Receipt()


def answer(status: int, **details: Any) -> APIStatusError:
    return status_error(status)("POST /path", status, **details)


def at(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


NOON = at("2026-11-24 12:00")


@pytest.mark.parametrize("status", [401, 403])
def test_refused_keys_stop_at_once(status: int) -> None:
    """The first 401 or 403 ends the run: every other request would meet the same."""
    stop = Breaker().note(answer(status), NOON)
    assert stop is not None
    assert stop.by is StoppedBy.CREDENTIALS


@pytest.mark.parametrize("failure", [answer(500), answer(503), APIConnectionError("no answer")])
def test_failing_service_stops(failure: APIStatusError | APIConnectionError) -> None:
    """Failures in a row mean that the service fails for everyone; a success begins anew."""
    breaker = Breaker()
    for _ in range(FAILURES_IN_A_ROW - 1):
        assert breaker.note(failure, NOON) is None
    assert breaker.note(STORED, NOON) is None
    for _ in range(FAILURES_IN_A_ROW - 1):
        assert breaker.note(failure, NOON) is None
    stop = breaker.note(failure, NOON)
    assert stop == Stop(StoppedBy.SERVICE, None, str(failure))


@pytest.mark.parametrize("status", [400, 404, 422])
def test_refusing_service_stops(status: int) -> None:
    """Refusals in a row, none accepted, point to the base URL or the mapping, not to messages."""
    breaker = Breaker()
    notes = [breaker.note(answer(status), NOON) for _ in range(REFUSALS_IN_A_ROW)]
    assert notes[:-1] == [None] * (REFUSALS_IN_A_ROW - 1)
    assert notes[-1] == Stop(StoppedBy.REFUSALS, None, str(answer(status)))


@pytest.mark.parametrize("status", [409, 413])
def test_conflict_and_size_never_stop(status: int) -> None:
    """What is stored already, or has to be cut smaller, is no trouble."""
    breaker = Breaker()
    assert [breaker.note(answer(status), NOON) for _ in range(500)] == [None] * 500


@pytest.mark.parametrize("status", [302, 405, 418])
def test_unexpected_answer_stops(status: int) -> None:
    """A status that the API does not document comes from somewhere else: nothing more is sent."""
    stop = Breaker().note(answer(status), NOON)
    assert stop is not None
    assert stop.by is StoppedBy.UNEXPECTED_ANSWER


def test_rate_limit_pauses() -> None:
    """A 429 with a long `Retry-After` pauses until then; one without it says nothing of others."""
    assert Breaker().note(answer(429), NOON) is None
    named = Breaker().note(answer(429, retry_after=90.0), NOON)
    assert named is not None
    assert named.until == NOON + 90


def test_limit_just_after_midnight_is_yesterdays() -> None:
    """A clock that runs ahead of ASAPP's costs ten minutes, not a day."""
    midnight = at("2026-11-25 00:00")
    assert limit_returns(midnight + 30, None) == midnight + 630
    assert limit_returns(midnight + 600, None) == midnight + 86400
