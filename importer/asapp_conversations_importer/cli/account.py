"""What a person reads of a plan, an import or a ledger: how it stands, and what to do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from attrs import field, frozen

from asapp_conversations_importer import Reason

from .wording import command, counted, moment

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


@frozen
class Count:
    """How many there are of something."""

    number: int
    name: str
    note: str = ""


@frozen
class Step:
    """Something to do, and the command that does it, if one does."""

    text: str
    command: str | None = None


@frozen(kw_only=True)
class Account:
    """What a person reads, in the order in which it is read.

    Attributes:
        headline: how it stands, in a few words.
        tone: whether somebody has to do something.
        detail: what ASAPP or the disk said.
        facts: a word, and what there is to say under it.
        counts: what has become of the messages.
        reasons: why records were rejected, the most frequent first.
        named: the conversations that something is to say about, under a title.
        warnings: what else went wrong.
        steps: what to do now, the most urgent first.
    """

    headline: str
    tone: Tone = "good"
    detail: str | None = None
    facts: Mapping[str, Sequence[str]] = field(factory=dict)
    counts: Sequence[Count] = ()
    reasons: Mapping[str, Reason] = field(factory=dict)
    named: tuple[str, Sequence[tuple[str, str]]] = ("", ())
    warnings: Sequence[str] = ()
    steps: Sequence[Step] = ()


def nonzero(*counts: Count) -> list[Count]:
    return [count for count in counts if count.number]


def again_after(resume_at: str | None, *, kept: bool = True) -> str:
    when = f" after {moment(resume_at)}" if resume_at else ""
    how = "goes on where it stopped" if kept else "begins anew, without a ledger"
    return f"Run the same command again{when}; it {how}."


def write_rejects(ledger: str) -> Step:
    return Step(
        "The rejects are in the ledger: write them to a file, mend them there, and import that "
        "file by itself.",
        command("rejects", ledger, "-o", "rejects.jsonl"),
    )


def shown(reasons: Mapping[str, Reason], most: int) -> tuple[list[tuple[str, Reason]], str]:
    """The first of the reasons, and what is to say of the others."""
    items = list(reasons.items())
    rest = sum(reason.count for _, reason in items[most:])
    more = f"and {rest:,} more for {counted(len(items) - most, 'other reason')}" if rest else ""
    return items[:most], more
