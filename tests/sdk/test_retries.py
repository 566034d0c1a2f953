"""What is sent again, when, and what a failure says."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import httpx
import pytest
from answering import OK, SECRET, MakeMessages, Server, error
from asapp_conversations import (
    APIConnectionError,
    APIStatusError,
    APITimeoutError,
    Client,
    ConflictError,
    Credentials,
    InvalidRequestError,
    RateLimitError,
    ServiceUnavailableError,
)
from asapp_conversations.retry import backoff, is_outcome_unknown, retry_after
from asapp_conversations.toolkit import MOST_MESSAGES as MOST
from documented import CONVERSATION, SUCCESS


def test_schedules(time: Any, make_messages: MakeMessages) -> None:
    """A 429 waits 1, 2, 4 s; a 5xx 0.25, 0.5, 1 s; then the error names every attempt."""
    for status, waits in ((429, [1, 2, 4]), (503, [0.25, 0.5, 1.0])):
        time.waits.clear()
        with pytest.raises(APIStatusError) as caught:
            Server(error(status)).client(time, rate=None).create_messages(
                CONVERSATION, make_messages(1)
            )
        assert time.waits == waits
        assert caught.value.attempts == 4
        assert caught.value.request_ids == (f"r-{status}",) * 4


@pytest.mark.parametrize("status", [400, 401, 403, 404, 408, 422])
def test_no_other_4xx_is_retried(time: Any, make_messages: MakeMessages, status: int) -> None:
    """No other 4xx is ever sent again."""
    server = Server(error(status))
    with pytest.raises(APIStatusError):
        server.client(time).create_messages(CONVERSATION, make_messages(1))
    assert len(server.bodies) == 1


def test_retry_after_wins_and_is_capped(time: Any, make_messages: MakeMessages) -> None:
    """Retry-After replaces the schedule; past the cap the request fails at once."""
    server = Server(error(429, **{"retry-after": "1.5"}), OK)
    server.client(time, rate=None).create_messages(CONVERSATION, make_messages(1))
    assert time.waits == [1.5]
    with pytest.raises(RateLimitError) as caught:
        Server(error(429, **{"retry-after": "3600"})).client(time).create_messages(
            CONVERSATION, make_messages(1)
        )
    assert caught.value.attempts == 1
    assert caught.value.retry_after == 3600


def test_total_timeout_ends_the_retries(time: Any, make_messages: MakeMessages) -> None:
    """No attempt begins after the total time is over."""
    with pytest.raises(RateLimitError) as caught:
        Server(error(429)).client(time, total_timeout=2.0).create_messages(
            CONVERSATION, make_messages(1)
        )
    assert caught.value.attempts == 2


def test_zero_retries_is_one_attempt(time: Any, make_messages: MakeMessages) -> None:
    """`retries=0` sends once."""
    server = Server(error(503))
    with pytest.raises(ServiceUnavailableError):
        server.client(time).with_options(retries=0).create_messages(CONVERSATION, make_messages(1))
    assert len(server.bodies) == 1


@pytest.mark.parametrize("lost", [httpx.ReadTimeout("slow"), error(500), httpx.Response(SUCCESS)])
def test_conflict_after_unknown_outcome_is_success(
    time: Any, make_messages: MakeMessages, lost: httpx.Response | Exception
) -> None:
    """A 409 that answers our own resend says that the first attempt was stored."""
    server = Server(lost, error(409))
    stored = server.client(time).create_messages(CONVERSATION, make_messages(3))
    assert (stored.stored, stored.already_stored, stored.retries) == (3, 0, 1)
    assert server.bodies[0] == server.bodies[1]


@pytest.mark.parametrize("harmless", [httpx.ConnectError("refused"), error(429)])
def test_conflict_after_certain_refusal_is_an_error(
    time: Any, make_messages: MakeMessages, harmless: httpx.Response | Exception
) -> None:
    """A 409 after attempts that cannot have been stored is somebody else's doing."""
    with pytest.raises(ConflictError):
        Server(harmless, error(409)).client(time).create_messages(
            CONVERSATION, make_messages(3), conflict_is_stored=False
        )


def test_conflict_can_count_as_stored(time: Any, make_messages: MakeMessages) -> None:
    """A batch that is held already is counted, and the rest goes on."""
    server = Server(error(409), OK)
    stored = server.client(time).create_messages(CONVERSATION, make_messages(MOST + 1))
    assert (stored.stored, stored.already_stored) == (1, MOST)


@pytest.mark.parametrize(
    ("failure", "kind", "unknown"),
    [
        (httpx.ConnectError("refused"), APIConnectionError, False),
        (httpx.ConnectTimeout("slow"), APITimeoutError, False),
        (httpx.PoolTimeout("full"), APITimeoutError, False),
        (httpx.ReadTimeout("slow"), APITimeoutError, True),
        (httpx.RemoteProtocolError("reset"), APIConnectionError, True),
    ],
)
def test_lost_connection_says_whether_it_may_have_arrived(
    time: Any, make_messages: MakeMessages, failure: Exception, kind: type[Exception], unknown: bool
) -> None:
    """The error tells what is stored, unknown and remaining, ready to be passed back in."""
    server = Server(OK, failure)
    messages = make_messages(2 * MOST + 9)
    with pytest.raises(kind) as caught:
        server.client(time).create_messages(CONVERSATION, messages)
    progress = caught.value.progress  # type: ignore[attr-defined]
    assert caught.value.outcome_unknown is unknown  # type: ignore[attr-defined]
    assert progress.stored == MOST
    assert progress.unknown == (messages[MOST : 2 * MOST] if unknown else [])
    assert progress.remaining == messages[2 * MOST if unknown else MOST :]
    again = Server(error(409) if unknown else OK, OK)
    stored = again.client(time).create_messages(CONVERSATION, progress)
    assert stored.stored + stored.already_stored == MOST + 9
    assert again.bodies[0] == server.bodies[1]


def test_foreign_connect_timeout_is_of_unknown_outcome(
    time: Any, make_messages: MakeMessages
) -> None:
    """A transport that is not httpx's own may report a reset as a failure to connect."""

    def lose(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectTimeout("reset") from ConnectionResetError()

    client = Client(transport=httpx.MockTransport(lose), clock=time.clock())
    with pytest.raises(APITimeoutError) as caught:
        client.create_messages(CONVERSATION, make_messages(1))
    assert caught.value.outcome_unknown


def test_programming_error_is_not_retried(time: Any, make_messages: MakeMessages) -> None:
    """What could never be sent fails at once, and quotes no header."""
    server = Server(httpx.LocalProtocolError(f"Illegal header value b'{SECRET}'"))
    with pytest.raises(InvalidRequestError, match="nothing was sent") as caught:
        server.client(time).create_messages(CONVERSATION, make_messages(1))
    assert len(server.bodies) == 1
    assert caught.value.progress is not None
    assert len(caught.value.progress.remaining) == 1
    assert SECRET not in str(caught.value)


def test_foreign_error_half_way_has_progress(time: Any, make_messages: MakeMessages) -> None:
    """An error that is not ours, such as a provider's, comes out as it is, with the progress."""
    pairs = iter([Credentials("old", "a")])

    def fetch() -> Credentials:
        for pair in pairs:
            return pair
        raise OSError("vault is closed")

    messages = make_messages(MOST + 1)
    client = Server(OK, error(401)).client(time, credentials=fetch)
    with pytest.raises(OSError, match="vault is closed") as caught:
        client.create_messages(CONVERSATION, messages)
    progress = vars(caught.value)["progress"]
    assert (progress.stored, progress.unknown) == (MOST, messages[MOST:])


NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("2", 2.0),
        ("1.5", 1.5),
        ("0", 0.0),
        (format_datetime(NOW + timedelta(seconds=30), usegmt=True), 30.0),
        (format_datetime(NOW - timedelta(days=1), usegmt=True), 0.0),
        ("Thu, 01 Jan 2026 00:00:30 -0000", 30.0),
        ("Thu Jan  1 00:00:30 2026", 30.0),
        ("Thursday, 01-Jan-26 00:00:30 GMT", 30.0),
        ("Fri, 31 Dec 99999 23:59:59 GMT", None),
        ("400000000000", 1e10),
        ("9" * 400, 1e10),
        ("1e400", None),
        ("1_000", None),
        ("\u0661", None),
        ("-1", None),
        ("nan", None),
        ("inf", None),
        ("soon", None),
        ("", None),
    ],
)
def test_retry_after_forms(value: str, seconds: float | None) -> None:
    """Seconds, fractions and dates are understood; anything else counts as absent."""
    headers = httpx.Headers({"retry-after": value.encode()})
    assert retry_after(headers, NOW.timestamp()) == seconds


def test_the_longest_of_several_waits_counts() -> None:
    """A gateway and the service behind it may both ask; whoever asks for more is heard."""
    headers = httpx.Headers([("retry-after", "2"), ("retry-after", "soon"), ("retry-after", "7")])
    assert retry_after(headers, 0.0) == 7.0


@pytest.mark.parametrize(
    ("status", "before", "after"),
    [
        (400, True, False),
        (422, True, False),
        (404, True, True),
        (413, True, True),
        (429, True, True),
        (429, False, False),
        (503, False, True),
        (200, False, True),
        (302, False, False),
    ],
)
def test_what_an_answer_says_of_an_unknown_outcome(status: int, before: bool, after: bool) -> None:
    """Only a 400 or 422 to the resend says that it is not stored; a failure leaves doubt."""
    unusable = 200 <= status < 300
    assert is_outcome_unknown(status, before=before, success=unusable) is after


def test_retry_after_counts_from_the_answers_date() -> None:
    """A date counts from the answer's own clock, so that ours may be wrong."""
    headers = httpx.Headers(
        {
            "retry-after": format_datetime(NOW + timedelta(seconds=5), usegmt=True),
            "date": format_datetime(NOW, usegmt=True),
        }
    )
    assert retry_after(headers, 0.0) == 5.0
    assert retry_after(httpx.Headers(), 0.0) is None


def test_jitter_only_stretches() -> None:
    """A wait is never shorter than ASAPP asks, and at most a quarter longer."""
    assert backoff(429, 0, 0.0) == 1.0
    assert backoff(429, 2, 1.0) == 5.0
    assert backoff(None, 1, 0.0) == 0.5
