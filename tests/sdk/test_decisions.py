"""The decisions behind the clients, by themselves."""

from __future__ import annotations

import itertools
import json
import logging
import re
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime
from importlib.metadata import packages_distributions, requires
from typing import Any

import asapp_conversations
import httpx
import pytest
from asapp_conversations import ConflictError, RateLimitError, Stored, agent, customer, system
from asapp_conversations.batching import Batch, Delivery, Encoded, Receipt
from asapp_conversations.clock import Clock
from asapp_conversations.errors import PayloadTooLargeError, Progress, RequestFailedError
from asapp_conversations.exchange import Exchange, Resend
from asapp_conversations.logs import configure_logging, logger
from asapp_conversations.retry import RetryPolicy, backoff, retry_after
from asapp_conversations.spec import Document, MessageBatchRules, message_batch_rules
from asapp_conversations.timestamps import parse_timestamp
from asapp_conversations.validation import check_record
from dateutil.parser import isoparse
from hypothesis import given
from hypothesis import strategies as st

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("2", 2.0),
        ("1.5", 1.5),
        ("0", 0.0),
        (format_datetime(NOW + timedelta(seconds=30), usegmt=True), 30.0),
        (format_datetime(NOW - timedelta(days=1), usegmt=True), 0.0),
        ("-1", None),
        ("nan", None),
        ("inf", None),
        ("soon", None),
        ("", None),
    ],
)
def test_retry_after_forms(value: str, seconds: float | None) -> None:
    """Seconds, fractions and dates are understood; anything else counts as absent."""
    headers = httpx.Headers({"retry-after": value})
    assert retry_after(headers, NOW.timestamp()) == seconds


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


@pytest.mark.parametrize(
    ("value", "wire"),
    [
        ("2024-03-04T08:00:56.419Z", "2024-03-04T08:00:56.419000Z"),
        ("2024-03-04 03:01:34-05:00", "2024-03-04T08:01:34Z"),
        ("2024-03-04T08:00:56", "2024-03-04T08:00:56Z"),
        ("2024-03-04T24:00", "2024-03-05T00:00:00Z"),
        ("2024-064", "2024-03-04T00:00:00Z"),
        ("2024-03-04T08:00:56.123456789012Z", "2024-03-04T08:00:56.123456Z"),
        (datetime(2024, 3, 4, 8), "2024-03-04T08:00:00Z"),
        (datetime(2024, 3, 4, 8, tzinfo=timezone(timedelta(hours=2))), "2024-03-04T06:00:00Z"),
    ],
)
def test_times_go_out_in_utc(value: Any, wire: str) -> None:
    """Every time goes out in UTC with `Z`; without a zone it is UTC already."""
    assert parse_timestamp(value).isoformat() == wire


IsoTexts = st.one_of(
    st.text("0123456789-:.,TWZ+ ", max_size=30),
    st.from_regex(
        r"\d{4}(-?[01]\d(-?[0-3]\d)?|-?W\d\d(-?\d)?|-?[0-3]\d\d)"
        r"([T ][012]\d(:?[0-5]\d(:?[0-5]\d([.,]\d{1,12})?)?)?(Z|[+-][01]\d(:?[0-5]\d)?)?)?",
        fullmatch=True,
        alphabet=st.characters(max_codepoint=127),
    ),
)


@given(text=IsoTexts)
def test_both_parsers_agree(text: str) -> None:
    """What dateutil takes is taken, and as the time that dateutil reads."""
    try:
        expected = isoparse(text)
        expected = expected.astimezone(UTC) if expected.tzinfo else expected.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return
    assert parse_timestamp(text) == expected


@pytest.mark.parametrize("value", ["yesterday", None, 5, "0001-01-01T00:00:00+14:00"])
def test_what_is_no_time_is_refused(value: Any) -> None:
    """What cannot be a time is a ValueError."""
    with pytest.raises(ValueError):  # noqa: PT011
        parse_timestamp(value)


def test_constructors_set_the_role() -> None:
    """Each short constructor makes a message of its role."""
    for make, role in ((agent, "agent"), (customer, "customer"), (system, "system")):
        message = make("text", "id-1", "2024-03-04T08:00:00")
        assert message.to_dict() == {
            "text": "text",
            "sender": {"role": role, "externalId": "id-1"},
            "timestamp": "2024-03-04T08:00:00Z",
        }


def test_records_with_unencodable_text_are_problems() -> None:
    """What a validator cannot even read is a problem, not a crash."""
    (problem,) = check_record({1: 2})
    assert "is not JSON" in problem.reason


Sizes = st.lists(st.integers(min_value=40, max_value=2_000), max_size=1_000)


def run(delivery: Delivery, answer: Callable[[Batch], Receipt | RequestFailedError]) -> Stored:
    """Go through a delivery with the answer to each batch."""
    for batch in delivery:
        delivery.settle(batch, answer(batch))
    return delivery.result()


@given(sizes=Sizes, budget=st.integers(2_100, 60_000), limit=st.integers(2_100, 60_000))
def test_batching_loses_and_doubles_nothing(sizes: list[int], budget: int, limit: int) -> None:
    """Whatever the sizes and the server's limit: all once, in order, none over a limit."""
    contents = [json.dumps([i, "x" * size]).encode() for i, size in enumerate(sizes)]
    messages = [agent(str(i), "a", "2024-01-01") for i in range(len(sizes))]
    seen: list[int] = []

    def answer(batch: Batch) -> Receipt | RequestFailedError:
        assert len(batch) <= message_batch_rules().max_messages
        assert len(batch.body) <= budget
        if len(batch.body) > limit:
            return PayloadTooLargeError("x", 413)
        (items,) = json.loads(batch.body).values()
        seen.extend(item[0] for item in items)
        return Receipt(1)

    stored = run(Delivery(Encoded(messages, contents, 0), budget), answer)
    assert stored.stored == len(sizes)
    assert seen == list(range(len(sizes)))


@given(count=st.integers(0, 2_000))
def test_batching_uses_the_least_requests(count: int) -> None:
    """Without a byte limit, n messages are ceil(n / maximum) requests."""
    encoded = Encoded([agent("t", "a", "2024-01-01")] * count, [b"1"] * count, 0)
    stored = run(Delivery(encoded, 10**9), lambda batch: Receipt(1))
    assert stored.requests == -(-count // message_batch_rules().max_messages)


def test_progress_is_shown_as_counts() -> None:
    """A progress shows how many messages there are, not what they say."""
    progress = Progress(stored=1, remaining=[agent("PRIVATE", "a", "2024-01-01")])
    assert "PRIVATE" not in repr(progress) + str(progress)
    assert "Of 2 messages 1 are stored" in str(progress)


def test_status_error_says_all() -> None:
    """The text of an error holds code, request id, attempts, wait and advice."""
    failure = RateLimitError(
        "POST /x", 429, code="429-01", message="Slow.", request_id="r-1", retry_after=90.0
    )
    assert str(failure) == (
        "POST /x: 429 Too Many Requests (code 429-01, request id r-1, 1 attempt). "
        "ASAPP says: Slow. It asks to wait 90 s. "
        "Lower rate=, or wait: a daily limit comes back at 00:00 UTC."
    )


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


def changed(**operation: Any) -> Document:
    """A document with one more operation, and references instead of inline schemas."""
    base = json.loads(json.dumps(message_batch_rules().operation.document.content))
    (path_item,) = base["paths"].values()
    body = path_item["post"]["requestBody"]["content"]["application/json"]
    base["components"]["schemas"] = {"A~/Batch": body["schema"]}
    body["schema"] = {"$ref": "#/components/schemas/A~0~1Batch"}
    base["paths"]["/things/{thingId}"] = {
        "parameters": [
            {"name": "verbose", "in": "query", "schema": {}},
            {"name": "thingId", "in": "path", "schema": {}},
        ],
        "get": {"responses": {}, **operation},
    }
    return Document(base)


ARRAY = {"content": {"application/json": {"schema": {"type": "array"}}}}


def test_a_later_document_is_read_without_code() -> None:
    """References, new operations and new statuses of a later document are understood."""
    document = changed(responses={"2XX": ARRAY, "201": ARRAY, "404": {}})
    rules = MessageBatchRules.of(document)
    assert rules.max_messages == message_batch_rules().max_messages
    thing = document.match("GET", "/things/a%2Fb")
    assert thing is not None
    assert thing.repeatable
    assert thing.accepts(204, b"[]")
    assert not thing.accepts(204, b"{}")
    assert not thing.accepts(204, b"<")
    assert thing.accepts(404, b"anything")
    assert thing.bodiless_success is None
    assert document.match("POST", "/things/a/b") is None
    assert [name for name, _ in thing.path_parameters()] == ["thingId"]
    assert thing.path(thingId="a/b") == "/things/a%2Fb"
    with pytest.raises(LookupError, match="no operation 'x'"):
        document.operation("x")


def test_operation_without_json_body_says_so() -> None:
    """Asking for the body of an operation that takes no JSON is a LookupError."""
    thing = changed(requestBody={"content": {"text/plain": {}}}).match("GET", "/things/1")
    assert thing is not None
    with pytest.raises(LookupError, match="no JSON body"):
        thing.body_schema()


def test_conflict_without_a_bodiless_success_is_an_error() -> None:
    """Where a success must say more than that it is one, a 409 to a resend stays an error."""
    operation = changed(responses={"201": ARRAY, "409": {}}).match("GET", "/things/1")
    request = httpx.Request("GET", "http://localhost/things/1")
    exchange = Exchange(request, operation, RetryPolicy(3, 60.0, None), Clock(), renewable=False)
    assert isinstance(exchange.judge(httpx.ReadTimeout("slow")), Resend)
    with pytest.raises(ConflictError) as caught:
        exchange.judge(httpx.Response(409, request=request))
    assert caught.value.outcome_unknown


def test_import_needs_no_tool() -> None:
    """Importing the package imports no part of the tools and nothing that only an extra brings."""
    # httpx itself imports rich and others where they happen to be installed.
    script = (
        "import sys, httpx; before = set(sys.modules); import asapp_conversations;"
        "print(*(set(sys.modules) - before))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    imported = set(done.stdout.split())
    tools = {"importer", "cli", "sandbox", "pytest_plugin"}
    assert not imported & {f"asapp_conversations.{tool}" for tool in tools}
    assert not {name.partition(".")[0] for name in imported} & {"sqlite3", *optional_modules()}


def optional_modules() -> set[str]:
    """The top-level modules of what is installed for an extra alone."""
    requirements = {True: set[str](), False: {"asapp-conversations"}}
    for requirement in requires("asapp-conversations") or ():
        name = re.split(r"[^\w.-]", requirement)[0]
        requirements["extra ==" in requirement].add(name)
    optional = requirements[True] - requirements[False]
    assert "starlette" in optional
    modules = packages_distributions().items()
    return {module for module, names in modules if optional & set(names)}


def test_every_public_name_exists() -> None:
    """What the package exports is there, once."""
    names = asapp_conversations.__all__
    assert all(hasattr(asapp_conversations, name) for name in names)
    assert not [name for name, group in itertools.groupby(sorted(names)) if len([*group]) > 1]
