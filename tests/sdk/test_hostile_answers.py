"""Whole answers that say little or nonsense: what counts as stored, and how long to wait."""

from __future__ import annotations

import os
import time as system
from collections.abc import Iterator
from typing import Any

import pytest
from asapp_conversations import (
    APIStatusError,
    AsappError,
    BadRequestError,
    ConflictError,
    NotFoundError,
    PayloadTooLargeError,
    RateLimitError,
)
from asapp_conversations_client.facts import BATCH
from documented import SUCCESS
from hostile import MESSAGES, Kind, Patience, answer, both, create, hang_up, serving

DOCUMENTED = BATCH.operation.successes
UNDOCUMENTED = [
    status for status in (201, 202, 203, 204, 226, 299) if str(status) not in DOCUMENTED
]
LOGIN = b"<!doctype html><title>Log in</title>"

NOT_STORED = [
    (SUCCESS, LOGIN, "text/html"),
    (SUCCESS, LOGIN, "application/json"),
    (SUCCESS, b"", "application/json"),
    (SUCCESS, b"  \n", "application/json"),
    (SUCCESS, b"OK", "text/plain"),
    (SUCCESS, b'{"a": ', "application/json"),
    (SUCCESS, b"{}{}", "application/json"),
    (SUCCESS, b"\xff\xfe\xff", "application/json"),
    (206, b"{}", "application/json"),
    (207, b"{}", "application/json"),
    *((status, b"" if status == 204 else b"{}", "application/json") for status in UNDOCUMENTED),
]


def content_type(value: str) -> str:
    return f"Content-Type: {value}"


@both
@pytest.mark.parametrize("body", [b"{}", b"null", b"[]", b'"x"', b"0", b"false", b'{"a": [1]}'])
def test_json_of_any_shape_is_stored(kind: Kind, body: bytes) -> None:
    """A documented success with JSON says that the batch is stored, whatever the JSON is."""
    with serving([answer(SUCCESS, body, content_type("application/json"))]) as server:
        stored = create(kind, base_url=server.url)
    assert (stored.stored, stored.requests) == (1, 1)


@both
@pytest.mark.parametrize(("status", "body", "media_type"), NOT_STORED)
def test_no_proof_is_no_success(kind: Kind, status: int, body: bytes, media_type: str) -> None:
    """Anything else with a 2xx leaves the outcome unknown, and is sent again as it was."""
    with (
        serving([answer(status, body, content_type(media_type))]) as server,
        pytest.raises(APIStatusError) as caught,
    ):
        create(kind, base_url=server.url, retries=1)
    assert (caught.value.status_code, caught.value.attempts) == (status, 2)
    assert caught.value.outcome_unknown
    assert caught.value.progress is not None
    assert caught.value.progress.unknown == MESSAGES
    assert len(set(server.bodies)) == 1


@both
@pytest.mark.parametrize(
    "first", [(SUCCESS, LOGIN, "text/html"), (SUCCESS, b"", "a/b"), (207, b"{}", "a/b")]
)
def test_conflict_after_doubt_is_stored(kind: Kind, first: tuple[int, bytes, str]) -> None:
    """A 409 to the resend says that the batch in doubt is there, stored by this call."""
    status, body, media_type = first
    doubt = answer(status, body, content_type(media_type))
    for conflict_is_stored in (True, False):
        with serving([doubt], [answer(409)]) as server:
            stored = create(kind, base_url=server.url, conflict_is_stored=conflict_is_stored)
        assert (stored.stored, stored.already_stored, stored.requests) == (1, 0, 2)


@both
@pytest.mark.parametrize("doubt", [[], [[answer(500)]], [[hang_up]]])
def test_conflict_that_is_not_the_service_s_own_stores_nothing(kind: Kind, doubt: Any) -> None:
    """A page of HTML with a 409 is of something in front of ASAPP: it says nothing of the batch."""
    with (
        serving(*doubt, [answer(409, LOGIN, content_type("text/html"))]) as server,
        pytest.raises(APIStatusError, match="409 Conflict, but its body is not JSON") as caught,
    ):
        create(kind, base_url=server.url)
    assert (caught.value.outcome_unknown, len(server.bodies)) == (bool(doubt), 1 + len(doubt))
    assert not isinstance(caught.value, ConflictError)
    assert caught.value.progress is not None
    assert (caught.value.progress.stored, caught.value.progress.already_stored) == (0, 0)


@both
@pytest.mark.parametrize("doubt", [[answer(SUCCESS, LOGIN)], [answer(500)], [hang_up]])
@pytest.mark.parametrize(
    ("status", "unknown"),
    [(400, False), (422, False), (401, True), (403, True), (404, True), (413, True), (429, True)],
)
def test_refusal_after_doubt(kind: Kind, doubt: Any, status: int, unknown: bool) -> None:
    """To a resend, 400 and 422 say *not stored*; all else has perhaps not asked the service."""
    with (
        serving(doubt, [answer(status, b"{}", "Retry-After: 999999")]) as server,
        pytest.raises(APIStatusError) as caught,
    ):
        create(kind, base_url=server.url)
    assert caught.value.status_code == status
    assert caught.value.outcome_unknown is unknown
    progress = caught.value.progress
    assert progress is not None
    assert (progress.unknown, progress.remaining) == ((MESSAGES, []) if unknown else ([], MESSAGES))


@both
@pytest.mark.parametrize("status", [400, 401, 403, 404, 413, 422, 429, 301, 307, 418])
def test_refusal_at_once_is_certain(kind: Kind, status: int) -> None:
    """A refusal of the only attempt leaves nothing in doubt, and only a 429 is sent again."""
    with (
        serving([answer(status, b"", "Location: /elsewhere", "Retry-After: 0")]) as server,
        pytest.raises(APIStatusError) as caught,
    ):
        create(kind, base_url=server.url, retries=1)
    assert caught.value.status_code == status
    assert not caught.value.outcome_unknown
    assert len(server.heads) == (2 if status == 429 else 1)


@both
@pytest.mark.parametrize(
    "charset", ["zlib", "idna", "hex", "rot13", "undefined", "nobody-knows", "utf-16", "", '"', "é"]
)
def test_any_charset(kind: Kind, charset: str) -> None:
    """A charset that is none of text, or none at all, changes no outcome."""
    words = content_type(f"text/plain; charset={charset}")
    with serving([answer(SUCCESS, b"{}", words)], [answer(400, b"no \xff JSON", words)]) as server:
        assert create(kind, base_url=server.url).stored == 1
        with pytest.raises(BadRequestError) as caught:
            create(kind, base_url=server.url)
    assert isinstance(caught.value.body, str)
    assert caught.value.body


@pytest.fixture
def _new_york(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The machine stands where the local time is not GMT."""
    monkeypatch.setenv("TZ", "America/New_York")
    system.tzset()
    yield
    monkeypatch.undo()
    system.tzset()


def wait_after(kind: Kind, *headers: str) -> float:
    """How long it waits to send again after a 429 with these headers."""
    patience = Patience()
    with serving([answer(429, b"{}", *headers)], [answer()]) as server:
        assert create(kind, base_url=server.url, clock=patience.clock()).retries == 1
    (wait,) = patience.waits
    return wait


@both
@pytest.mark.usefixtures("_new_york")
@pytest.mark.parametrize(
    ("values", "seconds"),
    [
        (["0"], 0),
        (["2"], 2),
        (["  2  "], 2),
        (["1.5"], 1.5),
        (["0007"], 7),
        (["Sun, 06 Nov 1994 08:49:37 GMT"], 7),
        (["Sunday, 06-Nov-94 08:49:37 GMT"], 7),
        (["Sun Nov  6 08:49:37 1994"], 7),
        (["Sun, 06 Nov 1994 08:49:37"], 7),
        (["Sun, 06 Nov 1994 08:49:37 -0000"], 7),
        (["Sun, 06 Nov 1994 03:49:37 -0500"], 7),
        (["Sun, 06 Nov 1994 08:00:00 GMT"], 0),
        (["1", "3", "2"], 3),
        (["1", "Sun, 06 Nov 1994 08:49:37 GMT"], 7),
        (["nonsense", "3"], 3),
    ],
)
def test_retry_after(kind: Kind, values: list[str], seconds: float) -> None:
    """`Retry-After` is understood in every form, and a date without a zone is in GMT."""
    assert os.environ["TZ"] == "America/New_York"
    headers = [f"Retry-After: {value}" for value in values]
    assert wait_after(kind, "Date: Sun, 06 Nov 1994 08:49:30 GMT", *headers) == seconds


@both
@pytest.mark.parametrize(
    "value",
    [
        "",
        "-1",
        "+5",
        "soon",
        "1e400",
        "1e2",
        "1,5",
        "0x10",
        "nan",
        "inf",
        "٣",
        "\uff12",
        "1 2",
        "Sun, 99",
    ],
)
def test_unreadable_retry_after_is_none(kind: Kind, value: str) -> None:
    """What is neither seconds nor a date counts as no such header."""
    assert wait_after(kind, f"Retry-After: {value}") == wait_after(kind)


@both
@pytest.mark.parametrize(
    "value",
    ["61", "400000000000", "9" * 300, "Fri, 31 Dec 9999 23:59:59 GMT", "Fri Dec 31 23:59:59 9999"],
)
def test_too_long_a_wait_fails_at_once(kind: Kind, value: str) -> None:
    """Where ASAPP asks to wait longer than `max_wait`, nobody waits."""
    with (
        serving([answer(429, b"{}", f"Retry-After: {value}")]) as server,
        pytest.raises(RateLimitError) as caught,
    ):
        create(kind, base_url=server.url, max_wait=60)
    assert len(server.heads) == 1
    assert caught.value.retry_after is not None
    assert caught.value.retry_after > 60


@both
def test_request_ids_of_every_attempt(kind: Kind) -> None:
    """A success tells its ids by a header and a failure in its body; no id is an empty one."""
    scripts = (
        [answer(500, b'{"error": {"requestId": "r-1", "message": "m"}}')],
        [hang_up],
        [answer(503, b"<p>", "X-Request-Id: r-3")],
        [answer(SUCCESS, b"{}", "x-request-id: r-4")],
    )
    with serving(*scripts) as server:
        assert create(kind, base_url=server.url).request_ids == ("r-1", "", "r-3", "r-4")
    with serving([answer(SUCCESS, b"{}", f"x-request-id: {'r' * 5000}")]) as server:
        assert create(kind, base_url=server.url).request_ids == ("",)


@both
@pytest.mark.parametrize("status", [404, 413])
def test_refused_batch_of_many_is_told_apart(kind: Kind, status: int) -> None:
    """After an unknown outcome a 413 is not halved: the batch may be there."""
    with (
        serving([answer(500)], [answer(status)]) as server,
        pytest.raises(AsappError) as caught,
    ):
        create(kind, [*MESSAGES, *MESSAGES], base_url=server.url)
    assert isinstance(caught.value, NotFoundError if status == 404 else PayloadTooLargeError)
    assert caught.value.outcome_unknown
    assert len(server.heads) == 2
