"""One request that can store nothing tells what is right."""

from __future__ import annotations

import json
import ssl
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import format_datetime

import httpx
import pytest
from asapp_conversations import APIConnectionError, APIStatusError, InvalidRequestError
from asapp_conversations.toolkit import check_conversation_id, check_record, status_error
from asapp_conversations_cli import main
from asapp_conversations_emulator import Emulator
from asapp_conversations_importer.cli import check
from documented import SUCCESS

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
Run = Callable[..., tuple[int, str]]


@pytest.fixture
def checked(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    def checked(*arguments: str) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["asapp-conversations", "check", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        assert isinstance(ended.value.code, int)
        return ended.value.code, "".join(capsys.readouterr())

    return checked


def test_all_is_right(checked: Run, server: Emulator) -> None:
    """A refusal of a batch that the document forbids says that all the rest is right; nothing is
    stored, and one request has left."""
    status, told = checked()
    assert status == 0
    assert told.startswith("All is right: ASAPP knows the keys.")
    assert "Keys      accepted" in told
    assert "Clock     right" in told
    assert "Proxy     none" in told
    assert server.stats()["messages"] == 0
    assert server.stats()["requests"] == 1
    assert list(server.stats()["answers"]) == ["400"]


@pytest.mark.parametrize(
    ("fault", "status", "words"),
    [
        ("401", 3, "ASAPP refuses the keys"),
        ("403", 3, "not allowed to do this"),
        ("404", 0, "All is right"),
        ("422", 0, "All is right"),
        ("429", 1, "ASAPP answers 429"),
        ("503", 1, "ASAPP answers 503"),
        (f"{SUCCESS},html", 1, f"ASAPP answers {SUCCESS}"),
        ("reset", 1, "No answer came"),
        (str(SUCCESS), 0, "takes even what its document forbids"),
    ],
)
def test_each_answer_has_its_words(
    checked: Run, server: Emulator, fault: str, status: int, words: str
) -> None:
    """Keys, service and network are told apart, after one attempt."""
    server.fail_next(fault)
    found, told = checked()
    assert found == status
    assert words in told
    assert server.stats()["requests"] == 1


def test_wrong_keys(checked: Run, server: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys of another environment are refused, and no secret is shown."""
    monkeypatch.setenv("ASAPP_API_SECRET", "s3cret-value")
    status, told = checked()
    assert status == 3
    assert "Keys      refused" in told
    assert "s3cret" not in told


def test_nobody_listens(checked: Run, server: Emulator) -> None:
    """Without a connection the text says so, and quotes what the system says."""
    server.stop()
    status, told = checked()
    assert status == 1
    assert "Network   no connection" in told
    assert "Connection refused" in " ".join(told.split())


def test_without_keys(checked: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Missing keys are wrong usage: nothing was sent."""
    monkeypatch.delenv("ASAPP_API_ID", raising=False)
    status, told = checked("--environment", "sandbox")
    assert status == 2
    assert "ASAPP_API_ID" in told


def test_an_untrusted_certificate() -> None:
    """A certificate that is not trusted is told from a network that is not there."""
    error = APIConnectionError("POST /path: no answer")
    error.__cause__ = httpx.ConnectError("no")
    error.__cause__.__cause__ = ssl.SSLCertVerificationError("self-signed")
    outcome = check.judged("https://api.example.com", error, "", 0.0)
    assert outcome.status == 1
    assert "SSL_CERT_FILE" in outcome.account.facts["Network"][0]
    assert outcome.account.facts["Clock"] == ["not known"]


@pytest.mark.parametrize(
    ("date", "words"),
    [
        (format_datetime(NOW, usegmt=True), "right"),
        ("Tue, 24 Nov 2026 11:57:00 GMT", "3 min ahead of ASAPP's"),
        ("Tue, 24 Nov 2026 14:00:00 GMT", "2 h behind ASAPP's"),
        ("yesterday", "not known"),
        ("Tue, 24 Nov 99999999999 14:00:00 GMT", "not known"),
    ],
)
def test_the_clock(date: str, words: str) -> None:
    """A clock that is wrong would put requests on another day."""
    error: APIStatusError = status_error(400)("POST /path", 400)
    facts = check.judged("https://api.example.com", error, date, NOW.timestamp()).account.facts
    assert facts["Clock"] == [words]
    assert facts["Network"] == ["the certificate is valid"]


@pytest.mark.parametrize(("seconds", "status"), [(-61, 1), (-59, 0), (59, 0), (61, 1)])
def test_a_clock_that_is_wrong_is_not_all_right(seconds: int, status: int) -> None:
    """A clock that is off by more than a minute has to be set, and the keys are right all the same."""
    error: APIStatusError = status_error(400)("POST /path", 400)
    now = NOW.timestamp() + seconds
    outcome = check.judged("https://api.example.com", error, format_datetime(NOW, usegmt=True), now)
    told = " ".join(outcome.account.headline + step.text for step in outcome.account.steps)
    assert outcome.status == status
    assert ("All is right" in told) is (status == 0)
    assert ("Set this machine's clock" in told) is (status == 1)


def test_keys_matter_more_than_the_clock() -> None:
    """Where the keys are refused, that is said first, and the status is that of refused keys."""
    error: APIStatusError = status_error(401)("POST /path", 401)
    outcome = check.judged("https://api.example.com", error, format_datetime(NOW, usegmt=True), 0.0)
    assert (outcome.status, outcome.account.headline) == (3, "ASAPP refuses the keys")
    assert len(outcome.account.steps) == 2


def test_the_request_stores_nothing() -> None:
    """The document allows the id and forbids the only message; nothing in it could be stored."""
    assert not check_conversation_id(check.allowed_id())
    (messages,) = json.loads(check.forbidden_body()).values()
    assert all(check_record(message) for message in messages)


def test_documents_that_leave_no_choice(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the document allows any message, or no id that is known here, the command says so."""
    monkeypatch.setattr(check, "check_record", lambda record: [])
    with pytest.raises(InvalidRequestError, match="takes anything for a message"):
        check.forbidden_body()
    monkeypatch.setattr(check, "check_conversation_id", lambda value: ["no"])
    with pytest.raises(InvalidRequestError, match="--conversation"):
        check.allowed_id()
