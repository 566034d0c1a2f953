"""How an import stands, in words, and what to do next. No I/O."""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum, auto

from attrs import frozen

from asapp_conversations_importer import ImportReport, Phase, StoppedBy

from .wording import counted, moment

COUNTS = {
    "stored": "accepted by ASAPP in this run",
    "already_stored": "held by ASAPP before",
    "skipped": "settled by an earlier run",
    "rejected": "invalid, or refused by ASAPP",
    "in_doubt": "sent, but no answer told what became of them",
    "unsent": "left for the next run",
}
"""What each count of a report means."""


class NextCommand(Enum):
    """A command that is the next step."""

    SAME_AGAIN = auto()
    IMPORT_REJECTS = auto()
    WRITE_REJECTS = auto()


@frozen
class Step:
    """Something to do, and the command that does it, if one does."""

    text: str
    command: NextCommand | None = None


_HEADLINES = {
    StoppedBy.INTERRUPT: "Interrupted",
    StoppedBy.TERMINATION: "Told to end",
    StoppedBy.DAILY_LIMIT: "Paused: the daily limit is reached",
    StoppedBy.RATE_LIMIT: "Paused: ASAPP takes no more requests for now",
    StoppedBy.CREDENTIALS: "Stopped: ASAPP refuses the keys",
    StoppedBy.SERVICE: "Stopped: ASAPP cannot be reached, or fails",
    StoppedBy.REFUSALS: "Stopped: ASAPP refuses one request after the other",
    StoppedBy.UNEXPECTED_ANSWER: "Stopped: an answer that the API does not document",
    StoppedBy.LEDGER: "Stopped: the ledger cannot be written",
    StoppedBy.TRIAL: "Stopped after the first conversations, as asked",
    StoppedBy.DECLINED: "Nothing was sent: nobody agreed to it",
}

_STEPS = {
    StoppedBy.INTERRUPT: "Run the same command again; it goes on where it stopped.",
    StoppedBy.TERMINATION: "Run the same command again; it goes on where it stopped.",
    StoppedBy.DAILY_LIMIT: (
        "Run the same command again {when}; it goes on where it stopped. "
        "With --wait it sleeps until then by itself."
    ),
    StoppedBy.RATE_LIMIT: (
        "Most likely ASAPP's own daily limit is used up. Run the same command again {when}, or "
        "with --wait, which sleeps until then. If live traffic shares the quota, leave it its part "
        "with --daily-limit."
    ),
    StoppedBy.CREDENTIALS: (
        "Check ASAPP_API_ID and ASAPP_API_SECRET, and that they belong to the environment of the "
        "base URL: sandbox and production have keys of their own. Then run the same command again."
    ),
    StoppedBy.SERVICE: (
        "Check the network and the base URL, wait some minutes, and run the same command again. If "
        "that fails too, give ASAPP's support the request ids of what failed."
    ),
    StoppedBy.REFUSALS: (
        "It accepted none in between, so it is hardly the messages: check --base-url and --map, "
        "and what ASAPP said. Then run the same command again for what was not sent."
    ),
    StoppedBy.UNEXPECTED_ANSWER: (
        "Something between here and ASAPP may have answered: check the base URL and the proxy. "
        "Then run the same command again; if it ends so too, give ASAPP's support the request id."
    ),
    StoppedBy.LEDGER: (
        "Make room on the ledger's disk, or let this user write there. Then run the same command "
        "again: it asks ASAPP about what could not be written down, so nothing is stored twice."
    ),
    StoppedBy.TRIAL: (
        "Look at these conversations where you work with them. Then run the same command without "
        "--first; it goes on where it stopped."
    ),
    StoppedBy.DECLINED: "Run the same command again once it may be sent.",
}


def headline(report: ImportReport) -> str:
    """How it stands, or how it ended, in a few words."""
    if report.phase is not Phase.ENDED:
        return {
            Phase.READING: "Reading the source",
            Phase.SENDING: "Sending",
            Phase.PAUSED: "Paused",
        }[report.phase]
    if report.stopped_by:
        return _HEADLINES[report.stopped_by]
    if not report.messages:
        return "Nothing to import"
    if report.in_doubt or report.unsent:
        return "Ended with messages left to send"
    return "Done, but for the rejects" if report.rejected else "Done"


def next_steps(report: ImportReport) -> list[Step]:
    """What to do now, the most urgent first; never empty."""
    if report.phase is not Phase.ENDED:
        until = f" until {moment(report.resume_at)}" if report.resume_at else ""
        return [Step(f"Let it run{until}; if it is killed, the same command goes on from there.")]
    return [*_steps_to_the_end(report), *_steps_for_rejects(report)] or [_nothing_left(report)]


def _steps_to_the_end(report: ImportReport) -> Iterator[Step]:
    left = report.in_doubt + report.unsent
    was_read = report.least_requests is not None
    if report.stopped_by in {StoppedBy.INTERRUPT, StoppedBy.TERMINATION} and was_read and not left:
        return
    if report.stopped_by:
        when = f"after {moment(report.resume_at)}" if report.resume_at else "later"
        text = _STEPS[report.stopped_by].format(when=when)
        if report.ledger is None:
            text = text.replace("it goes on where it stopped", "it begins anew, without a ledger")
        yield Step(text, NextCommand.SAME_AGAIN)
    elif left:
        asks = (
            f" It asks ASAPP what became of the {counted(report.in_doubt, 'message')} in doubt, "
            "by sending the very same requests; none is stored twice."
            if report.in_doubt
            else ""
        )
        changed = (
            " A conversation whose source has changed since a part of it was sent stays unsent "
            "until the source begins with that part again."
            if report.unsent
            else ""
        )
        yield Step(f"Run the same command again.{asks}{changed}", NextCommand.SAME_AGAIN)


def _steps_for_rejects(report: ImportReport) -> Iterator[Step]:
    if report.rejects:
        yield Step(
            "Mend the rejects in their file, where each stands with its reason, and import that "
            "file by itself.",
            NextCommand.IMPORT_REJECTS,
        )
    elif report.rejected and report.ledger:
        yield Step(
            "The rejects are in the ledger: write them to a file, mend them there, and import that "
            "file by itself.",
            NextCommand.WRITE_REJECTS,
        )
    elif report.rejected:
        yield Step("Mend what was rejected, and import it by itself.")


def _nothing_left(report: ImportReport) -> Step:
    if not report.messages:
        return Step("No message was found: check the names of the files, or the query.")
    if report.skipped == report.messages:
        return Step("Nothing: an earlier run had settled it all, and nothing was sent.")
    return Step("Nothing: every message is stored.")
