"""The command `check`: one request that can store nothing tells what is right."""

from __future__ import annotations

import json
import ssl
import time
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
from asapp_conversations import (
    APIConnectionError,
    APIStatusError,
    AuthenticationError,
    BadRequestError,
    Client,
    InvalidRequestError,
    NotFoundError,
    PermissionDeniedError,
    RequestFailedError,
    UnprocessableEntityError,
)
from asapp_conversations.toolkit import (
    Exchange,
    check_conversation_id,
    check_record,
    environment_proxy,
)
from asapp_conversations_client.facts import BATCH
from attrs import define

from . import parameters as p
from .account import Account, Step
from .output import Outcome
from .wording import duration, place

IDS = ("CHECK", "check", "0", "0" * 26, "00000000-0000-0000-0000-000000000000")
"""Ids that a document may allow; no conversation is called so."""

NO_MESSAGES: tuple[object, ...] = ({}, None, 0)
"""Values that a document may forbid as a message."""

CLOSE = 5.0
"""Seconds between two clocks that both are right."""

WRONG = 60.0
"""Seconds between two clocks of which one has to be set."""


@define
class Witness:
    """A gate that lets each attempt leave at once, and keeps the date of the answer."""

    date: str = ""

    def admit(self, exchange: Exchange) -> None: ...

    def settle(self, exchange: Exchange, outcome: httpx.Response | BaseException) -> None:
        if isinstance(outcome, httpx.Response):
            self.date = outcome.headers.get("Date", "")


@p.takes(p.TARGET, p.SELDOM, but="emulator yes concurrency isolate max_body memory_limit")
def check(*, conversation: str | None = None, **given: Any) -> Outcome:
    """Try the keys, the address and the network with one request that can store nothing.

    It sends a batch that ASAPP's document forbids. A refusal of that batch says that all the rest
    is right.

    Example: asapp-conversations check --environment production

    Exit status: 0 all is right, 1 something is not, 2 wrong usage, 3 keys refused.
    """
    name, body = conversation or allowed_id(), forbidden_body()
    witness, failed = Witness(), None
    with Client(**given, gate=witness, retries=0) as client:
        try:
            client.send_batch(name, body)
        except RequestFailedError as error:
            failed = error
    return judged(client.base_url, failed, witness.date, time.time())


def allowed_id() -> str:
    """An id that the document allows for a conversation, if it allows one that is known here."""
    for name in IDS:
        if not check_conversation_id(name):
            return name
    raise InvalidRequestError("--conversation: name an id of the form that the document asks for")


def forbidden_body() -> bytes:
    """A batch that holds nothing to store, for the document forbids it, if it forbids any."""
    for value in NO_MESSAGES:
        if check_record(value):
            return json.dumps({BATCH.messages_property: [value]}).encode()
    raise InvalidRequestError(
        "ASAPP's document takes anything for a message, so no request is sure to store nothing: "
        "try the keys with `import --first 1`"
    )


def judged(base_url: str, error: RequestFailedError | None, date: str, now: float) -> Outcome:
    """What the answer, or that there was none, says of each thing that can be wrong.

    Args:
        date: the answer's own (RFC 9110, section 6.6.1).
        now: this machine's, in seconds since 1970.
    """
    status, headline, keys = _verdict(error)
    ahead = _ahead(date, now)
    steps = [Step(str(error) if status and error else "Nothing was stored.")]
    if ahead is not None and abs(ahead) > WRONG:
        steps.append(
            Step(
                "Set this machine's clock, for example by NTP: it says on which day a request counts "
                "against a daily limit, and when a pause is over."
            )
        )
        if not status:
            status, headline = 1, "ASAPP knows the keys, but this machine's clock is wrong"
    proxy = environment_proxy(httpx.URL(base_url))
    account = Account(
        headline=headline,
        facts={
            "To": [place(base_url)],
            "Keys": [keys],
            "Proxy": [httpx.URL(proxy).netloc.decode() if proxy else "none"],
            "Network": [_network(base_url, error)],
            "Clock": [_clock(ahead)],
        },
        steps=steps,
    )
    return Outcome(status, account)


def _verdict(error: RequestFailedError | None) -> tuple[int, str, str]:
    match error:
        case BadRequestError() | UnprocessableEntityError() | NotFoundError():
            return 0, "All is right: ASAPP knows the keys", "accepted"
        case None:
            return 0, "ASAPP takes even what its document forbids", "accepted"
        case AuthenticationError():
            return 3, "ASAPP refuses the keys", "refused: not those of this environment"
        case PermissionDeniedError():
            return 3, "ASAPP refuses the keys", "known, but not allowed to do this"
        case APIStatusError():
            return 1, f"ASAPP answers {error.status_code}", "not known"
    return 1, "No answer came", "not known"


def _network(base_url: str, error: RequestFailedError | None) -> str:
    if not isinstance(error, APIConnectionError):
        return "the certificate is valid" if base_url.startswith("https:") else "not encrypted"
    cause: BaseException | None = error
    while cause:
        if isinstance(cause, ssl.SSLError):
            return (
                "the certificate is not trusted here: SSL_CERT_FILE can name that of a proxy that "
                "looks into what it passes on"
            )
        cause = cause.__cause__ or cause.__context__
    return "no connection"


def _ahead(date: str, now: float) -> float | None:
    """How many seconds this machine's clock is before ASAPP's, if that is known."""
    try:
        return now - parsedate_to_datetime(date).timestamp()
    except (OverflowError, ValueError):
        return None


def _clock(ahead: float | None) -> str:
    if ahead is None:
        return "not known"
    if abs(ahead) <= CLOSE:
        return "right"
    return f"{duration(abs(ahead))} {'ahead of' if ahead > 0 else 'behind'} ASAPP's"
