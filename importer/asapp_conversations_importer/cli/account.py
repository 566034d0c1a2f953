"""What a person reads of a plan, an import or a ledger: how it stands, and what to do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal, NamedTuple

from asapp_conversations.toolkit import counted
from attrs import field, frozen

from asapp_conversations_importer import Reason, StoppedBy

Tone = Literal["good", "warn", "bad"]

COUNTS = {
    "stored": "accepted by ASAPP in this run",
    "already_stored": "held by ASAPP before",
    "skipped": "settled by an earlier run",
    "rejected": "invalid, or refused by ASAPP",
    "in_doubt": "sent, but no answer told what became of them",
    "unsent": "left for the next run",
}
"""What each count of a report means."""


class StopWords(NamedTuple):
    """How bad the end of a run is, what is said of it first, and what to do."""

    tone: Tone
    headline: str
    advice: str


STOPS: dict[str, StopWords] = {
    StoppedBy.INTERRUPT: StopWords("warn", "Interrupted", "{again}"),
    StoppedBy.TERMINATION: StopWords("warn", "Told to end", "{again}"),
    StoppedBy.DAILY_LIMIT: StopWords(
        "warn",
        "Paused: the daily limit is reached",
        "{again} With --wait it sleeps until then by itself.",
    ),
    StoppedBy.RATE_LIMIT: StopWords(
        "warn",
        "Paused: ASAPP takes no more requests for now",
        "Most likely ASAPP's own daily limit is used up. {again} With --wait it sleeps until then "
        "by itself. If live traffic shares the quota, leave it its part with --daily-limit.",
    ),
    StoppedBy.CREDENTIALS: StopWords(
        "bad",
        "Stopped: ASAPP refuses the keys",
        "Check ASAPP_API_ID and ASAPP_API_SECRET, and that they belong to the environment that it "
        "sends to: sandbox and production have keys of their own. `asapp-conversations check` "
        "tries them. {again}",
    ),
    StoppedBy.SERVICE: StopWords(
        "bad",
        "Stopped: ASAPP cannot be reached, or fails",
        "Check the network with `asapp-conversations check`, and wait some minutes. {again} If it "
        "ends in the same way, tell ASAPP's support, with the request ids that the failures name.",
    ),
    StoppedBy.REFUSALS: StopWords(
        "bad",
        "Stopped: ASAPP refuses one request after the other",
        "It accepted none in between, so it is hardly the messages: check --base-url and --map, "
        "and what ASAPP said. {again}",
    ),
    StoppedBy.UNEXPECTED_ANSWER: StopWords(
        "bad",
        "Stopped: an answer that the API does not document",
        "Something between here and ASAPP may have answered: check the base URL and the proxy. "
        "{again} If it ends in the same way, tell ASAPP's support, with the request id if one is named.",
    ),
    StoppedBy.LEDGER: StopWords(
        "bad",
        "Stopped: the ledger cannot be written",
        "Make room on the ledger's disk, or let this user write there. {again} It asks ASAPP about "
        "what could not be written down, so nothing is stored twice.",
    ),
    StoppedBy.TRIAL: StopWords(
        "good",
        "Stopped after the first conversations, as asked",
        "Look at these conversations where you work with them. {again}",
    ),
    StoppedBy.DECLINED: StopWords("warn", "Nothing was sent: nobody agreed to it", "{again}"),
}
FAILED_TRIAL = StopWords(
    "bad",
    "Stopped after the first conversations, not all of which are stored",
    "See what failed, and put it right. {again}",
)
ALL_STORED = "Nothing: every message is stored."


class Count(NamedTuple):
    """How many there are of something."""

    number: int
    name: str
    note: str = ""


class Step(NamedTuple):
    """Something to do, and the command that does it, if one does."""

    text: str
    command: str | None = None


def known(facts: Mapping[str, Iterable[str | None]]) -> dict[str, list[str]]:
    """The facts of which there is something to say."""
    said = {label: list(filter(None, words)) for label, words in facts.items()}
    return {label: words for label, words in said.items() if words}


def nonzero(counts: Iterable[Count]) -> list[Count]:
    return [count for count in counts if count.number]


@frozen(kw_only=True)
class Account:
    """What a person reads, in the order in which it is read.

    Attributes:
        tone: whether somebody has to do something.
        detail: what ASAPP or the disk said.
        named: the conversations that something is to say about, under a title.
        warnings: what else went wrong, and did not matter to the messages.
    """

    headline: str
    tone: Tone = "good"
    detail: str | None = None
    facts: Mapping[str, Sequence[str]] = field(converter=known)
    counts: Sequence[Count] = field(converter=nonzero, default=())
    reasons: Mapping[str, Reason] = field(factory=dict)
    named: tuple[str, Sequence[tuple[str, str]]] = ("", ())
    warnings: Sequence[str] = ()
    steps: Sequence[Step]


def shown(reasons: Mapping[str, Reason], most: int) -> tuple[list[tuple[str, Reason]], str]:
    """The first of the reasons, and what is to say of the others."""
    items = list(reasons.items())
    rest = sum(reason.count for _, reason in items[most:])
    more = f"and {rest:,} more for {counted(len(items) - most, 'other reason')}" if rest else ""
    return items[:most], more
