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
from .account import Account, Step, Tone
from .output import finish
from .wording import duration, place

IDS = ("CHECK", "check", "0", "0" * 26, "00000000-0000-0000-0000-000000000000")
"""Ids that a document may allow; no conversation is called so."""

NO_MESSAGES: tuple[object, ...] = ({}, None, 0)
"""Values that a document may forbid as a message."""

CLOSE = 5.0
"""Seconds between two clocks that both are right."""


@define
class Witness:
    """A gate that lets each attempt leave, and keeps the answer."""

    answer: httpx.Response | None = None

    def admit(self, exchange: Exchange) -> None:
        """Let it leave at once."""

    def settle(self, exchange: Exchange, outcome: httpx.Response | BaseException) -> None:
        """Keep the answer."""
        self.answer = outcome if isinstance(outcome, httpx.Response) else None


@p.takes(p.ADDRESS, p.TIMEOUT, p.PROBE)
def check(*, conversation: str | None = None, **given: Any) -> None:
    """Try the keys, the address and the network with one request that can store nothing.

    It sends a batch that ASAPP's document forbids. A refusal of that batch says that all the rest
    is right.

    Example: asapp-conversations check --environment production

    Exit status: 0 all is right, 1 something is not, 2 wrong usage, 3 keys refused.
    """
    name, body = conversation or allowed_id(), forbidden_body()
    witness, outcome = Witness(), None
    with Client(**given, gate=witness, retries=0) as client:
        try:
            client.send_batch(name, body)
        except RequestFailedError as error:
            outcome = error
    status, account = judged(client.base_url, outcome, witness.answer, time.time())
    finish(status, account, {})


def allowed_id() -> str:
    """An id that the document allows for a conversation.

    Raises:
        InvalidRequestError: it allows none that is known here.
    """
    for name in IDS:
        if not check_conversation_id(name):
            return name
    raise InvalidRequestError("--conversation: name an id of the form that the document asks for")


def forbidden_body() -> bytes:
    """A batch that the document forbids, and that holds nothing to store.

    Raises:
        InvalidRequestError: the document takes anything for a message, so that no request is known
            to store nothing.
    """
    for value in NO_MESSAGES:
        if check_record(value):
            return json.dumps({BATCH.messages_property: [value]}).encode()
    raise InvalidRequestError(
        "ASAPP's document takes anything for a message, so no request is sure to store nothing: "
        "try the keys with `import --first 1`"
    )


def judged(
    base_url: str, outcome: RequestFailedError | None, answer: httpx.Response | None, now: float
) -> tuple[int, Account]:
    """The exit status, and what the answer says of each thing that can be wrong."""
    status, headline, keys, tone = _verdict(outcome)
    proxy = environment_proxy(httpx.URL(base_url))
    facts = {
        "To": [place(base_url)],
        "Keys": [keys],
        "Proxy": [httpx.URL(proxy).netloc.decode() if proxy else "none"],
        "Network": [_network(base_url, outcome)],
        "Clock": [_clock(answer, now)],
    }
    steps = [Step(str(outcome))] if status and outcome else [Step("Nothing was stored.")]
    return status, Account(headline=headline, tone=tone, facts=facts, steps=steps)


def _verdict(outcome: RequestFailedError | None) -> tuple[int, str, str, Tone]:
    match outcome:
        case BadRequestError() | UnprocessableEntityError() | NotFoundError():
            return 0, "All is right: ASAPP knows the keys", "accepted", "good"
        case None:
            return 0, "ASAPP takes even what its document forbids", "accepted", "warn"
        case AuthenticationError():
            return 3, "ASAPP refuses the keys", "refused: not those of this environment", "bad"
        case PermissionDeniedError():
            return 3, "ASAPP refuses the keys", "known, but not allowed to do this", "bad"
        case APIStatusError():
            return 1, f"ASAPP answers {outcome.status_code}", "not known", "bad"
    return 1, "No answer came", "not known", "bad"


def _network(base_url: str, outcome: RequestFailedError | None) -> str:
    if not isinstance(outcome, APIConnectionError):
        return "the certificate is valid" if base_url.startswith("https:") else "not encrypted"
    cause: BaseException | None = outcome
    while cause:
        if isinstance(cause, ssl.SSLError):
            return (
                "the certificate is not trusted here: SSL_CERT_FILE can name that of a proxy that "
                "looks into what it passes on"
            )
        cause = cause.__cause__ or cause.__context__
    return "no connection"


def _clock(answer: httpx.Response | None, now: float) -> str:
    """How this machine's clock stands to the answer's (RFC 9110, section 6.6.1)."""
    try:
        theirs = parsedate_to_datetime((answer.headers if answer else {})["Date"]).timestamp()
    except (KeyError, OverflowError, ValueError):
        return "not known"
    wrong = now - theirs
    if abs(wrong) <= CLOSE:
        return "right"
    return f"{duration(abs(wrong))} {'ahead of' if wrong > 0 else 'behind'} ASAPP's"
