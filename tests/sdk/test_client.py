"""What leaves, and what each answer leads to, over the clients' public interface."""

from __future__ import annotations

import asyncio
import copy
import json
import logging
import pickle
import traceback
from collections.abc import Callable
from datetime import datetime
from itertools import pairwise
from typing import Any

import httpx
import pytest
from asapp_conversations import (
    APIConnectionError,
    APIStatusError,
    APITimeoutError,
    AsyncClient,
    AuthenticationError,
    Client,
    ConflictError,
    Credentials,
    InternalServerError,
    InvalidRequestError,
    Message,
    NotFoundError,
    PayloadTooLargeError,
    RateLimitError,
    Sender,
    SenderRole,
    ServiceUnavailableError,
    Stored,
    UnprocessableEntityError,
    __version__,
    agent,
)
from asapp_conversations.auth import TaskCredentials, ThreadCredentials
from asapp_conversations.errors import STATUS_ERRORS
from asapp_conversations.spec import load_document, message_batch_rules
from asapp_conversations_client.api.conversations import create_batch_messages
from asapp_conversations_client.models import MessageBatch, MessageBatchResponse
from pytest_httpx import HTTPXMock

MakeMessages = Callable[[int], list[Message]]
SECRET = "s3cret-value"
OK = httpx.Response(200, json={})


class Server:
    """Answers one after the other; an exception is raised, and the last answer is repeated."""

    def __init__(self, *answers: httpx.Response | Exception) -> None:
        self.answers = list(answers)
        self.headers: list[httpx.Headers] = []
        self.bodies: list[Any] = []
        self.urls: list[httpx.URL] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.headers.append(httpx.Headers(request.headers))
        self.bodies.append(json.loads(request.content))
        self.urls.append(request.url)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)

    def sizes(self) -> list[int]:
        return [len(body["messages"]) for body in self.bodies]

    def client(self, time: Any, **options: Any) -> Client:
        return Client(transport=httpx.MockTransport(self), clock=time.clock(), **options)


def error(status: int, message: str = "no", **headers: str) -> httpx.Response:
    details = {"requestId": f"r-{status}", "message": message, "code": f"{status}-01"}
    return httpx.Response(status, json={"error": details}, headers=headers)


def test_sends_in_order_in_the_least_requests(time: Any, make_messages: MakeMessages) -> None:
    """Messages go out in order, cut at the document's maximum, with both keys."""
    server = Server(OK)
    limit = message_batch_rules().max_messages
    stored = server.client(time).create_messages("ABC", iter(make_messages(2 * limit + 1)))
    assert stored == Stored(stored=2 * limit + 1, requests=3)
    assert server.sizes() == [limit, limit, 1]
    texts = [message["text"] for body in server.bodies for message in body["messages"]]
    assert texts == [f"text {i:04}" for i in range(2 * limit + 1)]
    keys = set(load_document().key_headers.values())
    assert {server.headers[0][name] for name in keys} == {"id-1", SECRET}
    agent_name = server.headers[0]["user-agent"]
    assert agent_name.startswith(f"asapp-conversations/{__version__} ")
    assert f"document {load_document().version}" in agent_name


def test_users_can_mock_it(httpx_mock: HTTPXMock, time: Any, make_messages: MakeMessages) -> None:
    """The tests of a user's own program intercept the clients with pytest-httpx."""
    for status in (503, 200, 200):
        httpx_mock.add_response(status_code=status, json={})

    async def run() -> Stored:
        async with AsyncClient(clock=time.clock()) as client:
            return await client.create_messages("ABC", make_messages(1))

    with Client(clock=time.clock()) as client:
        assert client.create_messages("ABC", make_messages(1)).retries == 1
    assert asyncio.run(run()).stored == 1
    assert len(httpx_mock.get_requests()) == 3


def test_times_of_plain_messages_go_out_in_utc(time: Any) -> None:
    """A Message made without the short constructors may hold a naive time or a string."""
    server = Server(OK)
    sender = Sender(role=SenderRole.AGENT, external_id="a")
    moments: list[Any] = [datetime(2024, 3, 4, 8), "2024-03-04 09:00:00+01:00", "2024-03-04T08:00"]
    messages = [Message(text="hello", sender=sender, timestamp=moment) for moment in moments]
    server.client(time).create_messages("ABC", messages)
    sent = [message["timestamp"] for message in server.bodies[0]["messages"]]
    assert sent == ["2024-03-04T08:00:00Z"] * 3
    assert [message.timestamp for message in messages] == moments


def test_no_messages_send_nothing(time: Any) -> None:
    """An empty iterable is no request."""
    server = Server(OK)
    assert server.client(time).create_messages("ABC", []) == Stored()
    assert server.bodies == []


def test_generated_operation_has_auth_and_retry(time: Any, make_messages: MakeMessages) -> None:
    """A generated operation gets keys, retry and parsed answers through the client."""
    server = Server(error(503), OK)
    answer = create_batch_messages.sync(
        "ABC", client=server.client(time), body=MessageBatch(messages=make_messages(2))
    )
    assert isinstance(answer, MessageBatchResponse)
    assert len(server.bodies) == 2


def test_generated_operation_raises_typed_errors(time: Any, make_messages: MakeMessages) -> None:
    """A generated operation raises the overlay's errors before any parser runs."""
    server = Server(httpx.Response(502, html="<html>bad gateway</html>"))
    with pytest.raises(InternalServerError) as caught:
        create_batch_messages.sync(
            "ABC", client=server.client(time), body=MessageBatch(messages=make_messages(2))
        )
    assert caught.value.attempts == 4


def test_every_documented_status_has_a_class() -> None:
    """Each error status in the document has a class of its own."""
    documented = {
        int(status)
        for operation in load_document().operations
        for status in operation.definition["responses"]
        if status.isdigit() and not status.startswith("2")
    }
    assert documented <= STATUS_ERRORS.keys()


@pytest.mark.parametrize("status", [*STATUS_ERRORS, 302, 402, 418, 500, 520, 599])
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>no</html>",
        b'{"error": {"requestId": "r-1", "mess',
        b'{"error": "text"}',
        b'{"error": {"message": 5}}',
        b'{"error": {}}',
        b'{"fault": {"faultstring": "Spike arrest"}}',
        b"[1, null]",
        b"\xff\xfe\x00",
        b"[" * 100_000,
        b"x" * 10_000_000,
    ],
    ids=range(11),
)
def test_any_error_answer_is_survived(
    time: Any, make_messages: MakeMessages, status: int, body: bytes
) -> None:
    """Whatever an error looks like, it becomes the status's class, and can be pickled."""
    answer = httpx.Response(status, content=body, headers={"content-type": "text/x; charset=no"})
    with pytest.raises(STATUS_ERRORS.get(status, APIStatusError)) as caught:
        Server(answer).client(time, retries=0).create_messages("ABC", make_messages(1))
    assert caught.value.status_code == status
    assert str(status) in str(caught.value)
    again = pickle.loads(pickle.dumps(caught.value))
    assert str(again) == str(caught.value) == str(copy.copy(caught.value))
    assert len(repr(caught.value.body)) < 20_000


def test_error_keeps_what_the_answer_says(time: Any, make_messages: MakeMessages) -> None:
    """Code, message, path, request id, body and wait of a documented answer are kept."""
    answer = error(422, "[Path '/messages/0/sender'] bad", **{"retry-after": "7"})
    with pytest.raises(UnprocessableEntityError) as caught:
        Server(answer).client(time).create_messages("ABC", make_messages(1))
    failure = caught.value
    assert (failure.code, failure.request_id, failure.path) == (
        "422-01",
        "r-422",
        "/messages/0/sender",
    )
    assert failure.message == "[Path '/messages/0/sender'] bad"
    assert failure.body == answer.json()
    assert failure.retry_after == 7
    assert failure.attempts == 1


def test_schedules(time: Any, make_messages: MakeMessages) -> None:
    """A 429 waits 1, 2, 4 s; a 5xx 0.25, 0.5, 1 s; then the error names every attempt."""
    for status, waits in ((429, [1, 2, 4]), (503, [0.25, 0.5, 1.0])):
        time.waits.clear()
        with pytest.raises(APIStatusError) as caught:
            Server(error(status)).client(time, rate=None).create_messages("ABC", make_messages(1))
        assert time.waits == waits
        assert caught.value.attempts == 4
        assert caught.value.request_ids == (f"r-{status}",) * 4


@pytest.mark.parametrize("status", [400, 401, 403, 404, 408, 409, 422])
def test_no_other_4xx_is_retried(time: Any, make_messages: MakeMessages, status: int) -> None:
    """No other 4xx is ever sent again."""
    server = Server(error(status))
    with pytest.raises(APIStatusError):
        server.client(time).create_messages("ABC", make_messages(1))
    assert len(server.bodies) == 1


def test_retry_after_wins_and_is_capped(time: Any, make_messages: MakeMessages) -> None:
    """Retry-After replaces the schedule; past the cap the request fails at once."""
    server = Server(error(429, **{"retry-after": "1.5"}), OK)
    server.client(time, rate=None).create_messages("ABC", make_messages(1))
    assert time.waits == [1.5]
    with pytest.raises(RateLimitError) as caught:
        Server(error(429, **{"retry-after": "3600"})).client(time).create_messages(
            "ABC", make_messages(1)
        )
    assert caught.value.attempts == 1
    assert caught.value.retry_after == 3600


def test_total_timeout_ends_the_retries(time: Any, make_messages: MakeMessages) -> None:
    """No attempt begins after the total time is over."""
    with pytest.raises(RateLimitError) as caught:
        Server(error(429)).client(time, total_timeout=2.0).create_messages("ABC", make_messages(1))
    assert caught.value.attempts == 2


def test_zero_retries_is_one_attempt(time: Any, make_messages: MakeMessages) -> None:
    """`retries=0` sends once."""
    server = Server(error(503))
    with pytest.raises(ServiceUnavailableError):
        server.client(time).with_options(retries=0).create_messages("ABC", make_messages(1))
    assert len(server.bodies) == 1


@pytest.mark.parametrize("lost", [httpx.ReadTimeout("slow"), error(500), httpx.Response(200)])
def test_conflict_after_unknown_outcome_is_success(
    time: Any, make_messages: MakeMessages, lost: httpx.Response | Exception
) -> None:
    """A 409 that answers our own resend says that the first attempt was stored."""
    server = Server(lost, error(409))
    stored = server.client(time).create_messages("ABC", make_messages(3))
    assert (stored.stored, stored.already_stored, stored.retries) == (3, 0, 1)
    assert server.bodies[0] == server.bodies[1]


@pytest.mark.parametrize("harmless", [httpx.ConnectError("refused"), error(429)])
def test_conflict_after_certain_refusal_is_an_error(
    time: Any, make_messages: MakeMessages, harmless: httpx.Response | Exception
) -> None:
    """A 409 after attempts that cannot have been stored is somebody else's doing."""
    with pytest.raises(ConflictError):
        Server(harmless, error(409)).client(time).create_messages("ABC", make_messages(3))


def test_conflict_can_count_as_stored(time: Any, make_messages: MakeMessages) -> None:
    """With `conflict_is_stored` a batch that is held already is counted, and the rest goes on."""
    server = Server(error(409), OK)
    stored = server.client(time).create_messages("ABC", make_messages(301), conflict_is_stored=True)
    assert (stored.stored, stored.already_stored) == (1, 300)


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
    messages = make_messages(700)
    with pytest.raises(kind) as caught:
        server.client(time).create_messages("ABC", messages)
    progress = caught.value.progress  # type: ignore[attr-defined]
    assert caught.value.outcome_unknown is unknown  # type: ignore[attr-defined]
    assert progress.stored == 300
    assert progress.unknown == (messages[300:600] if unknown else [])
    assert progress.remaining == messages[600 if unknown else 300 :]
    again = Server(error(409) if unknown else OK, OK)
    stored = again.client(time).create_messages("ABC", progress.remaining, unknown=progress.unknown)
    assert stored.stored + stored.already_stored == 400
    assert again.bodies[0] == server.bodies[1]


def test_foreign_connect_timeout_is_of_unknown_outcome(
    time: Any, make_messages: MakeMessages
) -> None:
    """A transport that is not httpx's own may report a reset as a failure to connect."""

    def lose(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectTimeout("reset") from ConnectionResetError()

    client = Client(transport=httpx.MockTransport(lose), clock=time.clock())
    with pytest.raises(APITimeoutError) as caught:
        client.create_messages("ABC", make_messages(1))
    assert caught.value.outcome_unknown


def test_programming_error_is_not_retried(time: Any, make_messages: MakeMessages) -> None:
    """What could never be sent fails at once, and quotes no header."""
    server = Server(httpx.LocalProtocolError(f"Illegal header value b'{SECRET}'"))
    with pytest.raises(APIConnectionError) as caught:
        server.client(time).create_messages("ABC", make_messages(1))
    assert len(server.bodies) == 1
    assert SECRET not in str(caught.value)


def test_payload_too_large_is_halved(time: Any, make_messages: MakeMessages) -> None:
    """A 413 halves the batch, and later batches are no larger than the half."""
    server = Server(error(413), OK)
    stored = server.client(time).create_messages("ABC", make_messages(600))
    assert stored.stored == 600
    assert server.sizes() == [300, 150, 150, 150, 150]
    texts = [message["text"] for body in server.bodies[1:] for message in body["messages"]]
    assert texts == [f"text {i:04}" for i in range(600)]


def test_one_message_too_large_is_an_error(time: Any, make_messages: MakeMessages) -> None:
    """A 413 that halving cannot help is raised with what remains."""
    with pytest.raises(PayloadTooLargeError) as caught:
        Server(error(413)).client(time).create_messages("ABC", make_messages(2))
    assert caught.value.progress is not None
    assert len(caught.value.progress.remaining) == 2


def test_payload_too_large_after_unknown_outcome_is_not_halved(
    time: Any, make_messages: MakeMessages
) -> None:
    """Halves of a batch that may be stored whole would be stored twice."""
    server = Server(httpx.ReadTimeout("slow"), error(413))
    with pytest.raises(PayloadTooLargeError) as caught:
        server.client(time).create_messages("ABC", make_messages(4))
    assert caught.value.progress is not None
    assert len(caught.value.progress.unknown) == 4


def test_every_problem_is_named_before_anything_is_sent(time: Any) -> None:
    """All problems are named with index and field, without the values."""
    server = Server(OK)
    good = agent("fine", "a-1", "2024-03-04T08:00:00")
    bad = agent("", 5, "PRIVATE")  # type: ignore[arg-type]
    strange = agent("PRIVATE \ud800", "a-1", "2024-03-04")
    role = agent("fine", "a-1", "2024-03-04")
    role.sender.role = "PRIVATE"  # type: ignore[assignment]
    senderless = agent("fine", "a-1", "2024-03-04")
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
        Server(OK).client(time).create_messages("ABC", [None] * 100)  # type: ignore[list-item]
    assert len(caught.value.problems) == 100


def test_value_that_is_no_json_is_a_problem(time: Any, make_messages: MakeMessages) -> None:
    """A value that JSON has no word for is named."""
    (message,) = make_messages(1)
    message["extra"] = float("nan")
    with pytest.raises(InvalidRequestError, match="JSON cannot carry"):
        Server(OK).client(time).create_messages("ABC", [message])


@pytest.mark.parametrize("messages", ["text", agent("a", "b", "2024-01-01"), {"a": 1}, None, 5])
def test_what_holds_no_messages_is_refused(time: Any, messages: Any) -> None:
    """What is iterable by accident, or not at all, is refused with what is expected."""
    with pytest.raises(InvalidRequestError, match="an iterable of Message"):
        Server(OK).client(time).create_messages("ABC", messages)


def test_message_larger_than_a_body_is_refused(time: Any, make_messages: MakeMessages) -> None:
    """A message that no body can hold is named before anything is sent."""
    with pytest.raises(InvalidRequestError, match=r"messages\[0\]"):
        Server(OK).client(time).create_messages("ABC", make_messages(1), max_body_bytes=20)


def test_byte_budget_cuts(time: Any, make_messages: MakeMessages) -> None:
    """No body is larger than the budget, and each is as full as it can be."""
    server = Server(OK)
    client = server.client(time)
    client.create_messages("ABC", make_messages(4))
    budget = int(server.headers[0]["content-length"])
    client.create_messages("ABC", make_messages(10), max_body_bytes=budget)
    client.create_messages("ABC", make_messages(10), max_body_bytes=budget - 1)
    assert server.sizes() == [4, 4, 4, 2, 3, 3, 3, 1]


def test_more_unknown_than_a_batch_is_refused(time: Any, make_messages: MakeMessages) -> None:
    """An unknown batch cannot have been larger than a batch."""
    with pytest.raises(InvalidRequestError, match="unknown"):
        Server(OK).client(time).create_messages("ABC", [], unknown=make_messages(301))


def test_no_message_text_and_no_secret_anywhere(
    time: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """Texts and secrets stand in no log, exception, pickle, repr or rendered local."""
    caplog.set_level(logging.DEBUG)
    text = "My card number is 4111 1111"
    server = Server(error(400, f"[Path '/messages/0/text'] bad text: {text[:20]}… for x9"))
    client = server.client(time)
    with pytest.raises(APIStatusError) as caught:
        client.create_messages("ABC", [agent(text, "x9", "2024-03-04")])
    failure = caught.value
    assert failure.path == "/messages/0/text"
    assert "bad text" in str(failure)
    shown = [str(failure), repr(failure), repr(failure.body), repr(client), caplog.text]
    for part in shown:
        assert "My card" not in part
        assert "x9" not in part
    frames = traceback.TracebackException.from_exception(failure, capture_locals=True)
    own = [frame for frame in frames.stack if "asapp_conversations" in frame.filename]
    assert own
    rendered = [*shown, *(repr(frame.locals) for frame in own), repr(pickle.dumps(failure))]
    assert SECRET not in "".join(rendered)
    assert "POST /conversation" in caplog.text


def test_log_follows_each_attempt(
    time: Any, make_messages: MakeMessages, caplog: pytest.LogCaptureFixture
) -> None:
    """The log tells method, path, outcome, wait, attempt, duration and request id."""
    caplog.set_level(logging.DEBUG, logger="asapp_conversations")
    Server(error(503), OK).client(time, rate=None).create_messages("ABC", make_messages(1))
    path = message_batch_rules().operation.path(conversationId="ABC")
    assert caplog.messages == [
        f"POST {path}: 503, sends again in 0.250 s (attempt 1, 0.000 s, request id r-503)",
        f"POST {path}: 200 (attempt 2, 0.250 s, request id None)",
    ]


def test_numbers_and_long_texts_are_redacted_too(time: Any) -> None:
    """Whatever JSON the request holds, its texts are found."""
    message = agent("a long enough text", "a long enough id", "2024-03-04T08:00:00Z")
    message["extra"] = [1, None, {"deep": "another long text"}]
    with pytest.raises(APIStatusError) as caught:
        Server(error(400, "no: another long text")).client(time).create_messages("ABC", [message])
    assert caught.value.message == "no: [redacted]"


def test_large_requests_withhold_the_answers_words(time: Any) -> None:
    """When there is too much to search, the answer's words are withheld."""
    messages = [agent("x" * 600_000, "a", "2024-03-04"), agent("y" * 600_000, "a", "2024-03-04")]
    with pytest.raises(APIStatusError) as caught:
        Server(error(400, "whatever")).client(time).create_messages("ABC", messages)
    assert caught.value.message == "[redacted]"


def test_lost_connection_keeps_no_frames(make_messages: MakeMessages) -> None:
    """The cause of a connection error has no frames: their locals hold keys and messages."""
    with (
        Client(base_url="http://127.0.0.1:9", retries=0) as client,
        pytest.raises(APIConnectionError) as caught,
    ):
        client.create_messages("ABC", make_messages(1))
    rendered = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    assert isinstance(caught.value.__cause__, httpx.ConnectError)
    assert SECRET not in "".join(rendered.format())


def test_credentials_are_renewed_once(time: Any, make_messages: MakeMessages) -> None:
    """A provider is asked when first needed, and once again on a 401."""
    pairs = iter([Credentials("old", "a"), Credentials("new", "b"), Credentials("none", "c")])
    server = Server(error(401), OK)
    client = server.client(time, credentials=lambda: next(pairs))
    client.create_messages("ABC", make_messages(1))
    client.create_messages("ABC", make_messages(1))
    name = next(iter(load_document().key_headers.values()))
    assert [headers[name] for headers in server.headers] == ["old", "new", "new"]
    refusing = Server(error(401))
    with pytest.raises(AuthenticationError):
        refusing.client(time, credentials=lambda: Credentials("x", "y")).create_messages(
            "ABC", make_messages(1)
        )
    assert len(refusing.bodies) == 2


def test_renewal_is_shared() -> None:
    """When several requests are refused at once, the provider is asked once for all of them."""
    pairs = [Credentials(name, "s") for name in ("old", "new", "never")]

    async def renew_in_tasks() -> list[Credentials]:
        shared = TaskCredentials(iter(pairs).__next__)
        old = await shared.get()
        return [await shared.get(refused=old) for _ in range(2)]

    shared = ThreadCredentials(iter(pairs).__next__)
    old = shared.get()
    assert [shared.get(refused=old) for _ in range(2)] == [pairs[1]] * 2
    assert asyncio.run(renew_in_tasks()) == [pairs[1]] * 2


def test_provider_must_return_credentials(time: Any, make_messages: MakeMessages) -> None:
    """A provider that returns something else is named."""
    client = Server(OK).client(time, credentials=lambda: "secret")
    with pytest.raises(InvalidRequestError, match="must return Credentials, not str"):
        client.create_messages("ABC", make_messages(1))


def test_foreign_error_half_way_has_progress(time: Any, make_messages: MakeMessages) -> None:
    """An error that is not ours, such as a provider's, comes out as it is, with the progress."""
    pairs = iter([Credentials("old", "a")])

    def fetch() -> Credentials:
        for pair in pairs:
            return pair
        raise OSError("vault is closed")

    messages = make_messages(301)
    client = Server(OK, error(401)).client(time, credentials=fetch)
    with pytest.raises(OSError, match="vault is closed") as caught:
        client.create_messages("ABC", messages)
    progress = vars(caught.value)["progress"]
    assert (progress.stored, progress.unknown) == (300, messages[300:])


def test_missing_keys_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is missing is named, with the variable that would give it."""
    monkeypatch.delenv("ASAPP_API_SECRET")
    with pytest.raises(InvalidRequestError, match=r"no api_secret.*ASAPP_API_SECRET"):
        Client()
    monkeypatch.delenv("ASAPP_API_ID")
    with pytest.raises(InvalidRequestError, match="no api_id and no api_secret"):
        Client()


@pytest.mark.parametrize(
    ("secret", "reason"),
    [
        ("", "is empty"),
        ("  ", "is empty"),
        ("schl\n", "ends with a space or a line break"),
        (" schl", "begins or ends"),
        ("schlüssel", "printable ASCII"),
        ("sch\nl", "printable ASCII"),
        (5, "must be a string"),
    ],
)
def test_keys_that_no_header_carries_are_refused(secret: Any, reason: str) -> None:
    """A key that cannot be a header's value is refused with the reason, without being quoted."""
    with pytest.raises(InvalidRequestError, match=f"^api_secret .*{reason}") as caught:
        Credentials("id", secret)
    assert "schl" not in str(caught.value)


@pytest.mark.parametrize("url", ["localhost:8080", "https://host:port", "api.sandbox.asapp.com"])
def test_wrong_base_url_of_the_environment_is_named(
    monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    """An error names the variable that the base URL may come from."""
    monkeypatch.setenv("ASAPP_BASE_URL", url)
    with pytest.raises(InvalidRequestError, match="ASAPP_BASE_URL"):
        Client()


def test_credentials_hide_the_secret() -> None:
    """The secret is in no repr, and a pair refuses to be pickled."""
    assert SECRET not in repr(Credentials("id", SECRET))
    with pytest.raises(TypeError, match="not pickled"):
        pickle.dumps(Credentials("id", SECRET))


def test_one_source_of_credentials() -> None:
    """Keys and credentials together are refused."""
    with pytest.raises(InvalidRequestError, match="not both"):
        Client("id", credentials=Credentials("id", "secret"))


@pytest.mark.parametrize(
    "url",
    [
        "http://api.example.com",
        "ftp://localhost",
        "https://",
        "https://user:pw@host",
        "https://host?a=b",
        "http://10.0.0.1",
        "https://host:port",
    ],
)
def test_base_urls_that_would_leak_keys_are_refused(url: str) -> None:
    """Keys go only over https, or to this machine."""
    with pytest.raises(InvalidRequestError, match="base_url"):
        Client(base_url=url)


@pytest.mark.parametrize("url", ["http://127.0.0.2:8080", "http://[::1]", "http://a.localhost"])
def test_loopback_may_be_plain_http(url: str) -> None:
    """Plain http is fine on this machine, and elsewhere when it is allowed."""
    assert url in repr(Client(base_url=url))
    assert "example" in repr(Client(base_url="http://example.com", allow_http=True))


def test_default_server_is_the_documents(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a base URL the document's server is used."""
    monkeypatch.delenv("ASAPP_BASE_URL")
    assert load_document().server_url in repr(Client())


@pytest.mark.parametrize(
    "url", ["https://elsewhere.example/", "http://localhost:2/", "https://localhost:1/"]
)
def test_keys_stay_with_their_origin(time: Any, url: str) -> None:
    """A request to another host, port or scheme carries no keys."""
    server = Server(OK)
    server.client(time).get_httpx_client().post(url, json={})
    assert not load_document().key_headers.values() & server.headers[0].keys()


def test_base_path_is_kept(time: Any, make_messages: MakeMessages) -> None:
    """A base URL with a path puts it before every operation's."""
    server = Server(error(503), OK)
    client = server.client(time, base_url="http://localhost/gateway/")
    assert client.create_messages("ABC", make_messages(1)).retries == 1
    assert server.urls[0].path.startswith("/gateway/conversation/")


def test_redirects_are_not_followed(time: Any, make_messages: MakeMessages) -> None:
    """A redirect is an error, not a way for keys to leave."""
    server = Server(httpx.Response(307, headers={"location": "https://elsewhere.example/"}))
    with pytest.raises(APIStatusError) as caught:
        server.client(time).create_messages("ABC", make_messages(1))
    assert caught.value.status_code == 307
    assert len(server.urls) == 1


def test_copies_share_and_do_not_change(time: Any, make_messages: MakeMessages) -> None:
    """`with_options` and the generated `with_*` leave the client as it was."""
    server = Server(OK)
    client = server.client(time, headers={"x-first": "1"})
    with client.with_options(timeout=3, headers={"x-second": "2"}, rate=None) as changed:
        changed.create_messages("ABC", make_messages(1))
    client.with_headers({"x-third": "3"}).create_messages("ABC", make_messages(1))
    client.with_timeout(httpx.Timeout(1)).create_messages("ABC", make_messages(1))
    client.with_cookies({"a": "1", "b": "2"}).create_messages("ABC", make_messages(1))
    client.create_messages("ABC", make_messages(1))
    assert server.headers[0]["x-second"] == "2"
    assert server.headers[1]["x-third"] == "3"
    assert server.headers[3]["cookie"] == "a=1; b=2"
    assert not {"x-second", "x-third", "cookie"} & server.headers[4].keys()
    assert server.headers[4]["x-first"] == "1"
    assert client != client.with_options()
    assert len({client, client}) == 1


@pytest.mark.parametrize(
    "options",
    [
        {"retries": -1},
        {"retries": True},
        {"rate": 0},
        {"timeout": None},
        {"rate": -5.0},
        {"max_wait": -1},
    ],
)
def test_options_that_cannot_work_are_refused(options: dict[str, Any]) -> None:
    """A setting that cannot work is named at once."""
    with pytest.raises(InvalidRequestError, match=next(iter(options))):
        Client(**options)


def test_timeout_reaches_each_request(time: Any, make_messages: MakeMessages) -> None:
    """A timeout is that of every attempt of the client or the copy that it was given to."""
    seen = []

    def note(request: httpx.Request) -> httpx.Response:
        seen.append(request.extensions["timeout"])
        return httpx.Response(200, json={})

    client = Client(transport=httpx.MockTransport(note), clock=time.clock())
    client.with_options(timeout=3).create_messages("ABC", make_messages(1))
    client.create_messages("ABC", make_messages(1))
    assert seen[0] == {"connect": 3, "read": 3, "write": 3, "pool": 3}
    assert seen[1] == {"connect": 5, "read": 30, "write": 30, "pool": 30}


def test_unknown_options_are_refused() -> None:
    """A misspelt option is an error, not a setting without effect."""
    with pytest.raises(TypeError, match="retry"):
        Client(retry=3)  # type: ignore[call-arg]


def test_own_user_agent_replaces_ours(time: Any, make_messages: MakeMessages) -> None:
    """A header of ours is replaced however its name is written, never sent twice."""
    server = Server(OK)
    client = server.client(time, headers={"user-agent": "mine"})
    client.with_options(headers={"USER-AGENT": "copy's"}).create_messages("ABC", make_messages(1))
    client.create_messages("ABC", make_messages(1))
    assert [headers["user-agent"] for headers in server.headers] == ["copy's", "mine"]


def test_transport_and_connection_options_exclude_each_other() -> None:
    """An own transport would silently ignore httpx's options."""
    with pytest.raises(InvalidRequestError, match="transport= would ignore verify"):
        Client(transport=httpx.MockTransport(Server(OK)), verify=False)


def test_requests_are_evenly_spaced(time: Any, make_messages: MakeMessages) -> None:
    """Requests leave no closer than the rate allows, resends too."""
    departures = []

    def note(request: httpx.Request) -> httpx.Response:
        departures.append(time.now)
        return httpx.Response(200, json={})

    client = Client(transport=httpx.MockTransport(note), clock=time.clock(), rate=10)
    for _ in range(5):
        client.create_messages("ABC", make_messages(1))
    gaps = [later - earlier for earlier, later in pairwise(departures)]
    assert gaps == pytest.approx([0.1] * 4, rel=1e-6)


def test_tasks_share_one_pace(time: Any, make_messages: MakeMessages) -> None:
    """All tasks of an async client, and its copies, leave one after the other."""
    departures = []

    def note(request: httpx.Request) -> httpx.Response:
        departures.append(time.now)
        return httpx.Response(200, json={})

    async def run() -> None:
        client = AsyncClient(transport=httpx.MockTransport(note), clock=time.clock(), rate=50)
        copies = (client, client.with_options(retries=0), client)
        await asyncio.gather(*(each.create_messages("ABC", make_messages(1)) for each in copies))

    asyncio.run(run())
    gaps = [later - earlier for earlier, later in pairwise(departures)]
    assert gaps == pytest.approx([1 / 50] * 2, rel=1e-4)


def test_wrong_kind_of_client_is_named() -> None:
    """A client used with the other kind of function says which one to use."""
    with pytest.raises(TypeError, match="AsyncClient"):
        Client().get_async_httpx_client()
    with pytest.raises(TypeError, match="transport="):
        Client().set_httpx_client(httpx.Client())
    with pytest.raises(TypeError, match="use Client"):
        AsyncClient().get_httpx_client()
    with pytest.raises(TypeError, match="transport="):
        AsyncClient().set_async_httpx_client(httpx.AsyncClient())


def test_closed_client_says_so(make_messages: MakeMessages) -> None:
    """A closed client refuses to send."""
    client = Client()
    client.close()
    with pytest.raises(RuntimeError, match="closed"):
        client.create_messages("ABC", make_messages(1))


def test_async_twin(time: Any, make_messages: MakeMessages) -> None:
    """The async client takes the same decisions, and async iterables and providers besides."""
    server = Server(error(401), httpx.ReadTimeout("slow"), error(409), OK, error(404))
    pairs = iter([Credentials("old", "a"), Credentials("new", "b")])

    async def fetch() -> Credentials:
        return next(pairs)

    async def run() -> None:
        transport = httpx.MockTransport(server)
        async with AsyncClient(
            credentials=fetch, transport=transport, clock=time.clock()
        ) as client:

            async def read() -> Any:
                for message in make_messages(301):
                    yield message

            stored = await client.create_messages("ABC", read())
            assert (stored.stored, stored.requests, stored.retries) == (301, 4, 2)
            async with client.with_options(rate=None, retries=0) as changed:
                with pytest.raises(NotFoundError) as caught:
                    await changed.create_messages("ABC", make_messages(2))
            assert caught.value.progress is not None
            assert len(caught.value.progress.remaining) == 2
            shared = client.with_options()
            with pytest.raises(NotFoundError):
                await create_batch_messages.asyncio(
                    "ABC", client=shared, body=MessageBatch(messages=make_messages(1))
                )

    asyncio.run(run())


def test_async_client_takes_plain_providers(time: Any, make_messages: MakeMessages) -> None:
    """The async client takes fixed keys and plain callables as well."""

    async def run() -> None:
        for source in (Credentials("id", "s"), lambda: Credentials("id", "s")):
            client = AsyncClient(
                credentials=source, transport=httpx.MockTransport(Server(OK)), clock=time.clock()
            )
            await client.get_async_httpx_client().post("https://elsewhere.example/", json={})
            stored = await client.create_messages("ABC", make_messages(1))
            assert stored.stored == 1

    asyncio.run(run())
