"""What a plan, an import or a ledger comes to: how it stands, in figures, and what to do. No I/O."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Literal

from asapp_conversations.toolkit import DAILY_REQUESTS, REQUESTS_PER_SECOND
from attrs import field, frozen

from asapp_conversations_importer import (
    ImportPlan,
    ImportReport,
    Phase,
    Reason,
    Standing,
    StoppedBy,
)

from .estimate import estimate_rest
from .wording import command, counted, duration, moment, odd_times, percent, place, size

MOST_REFUSED = 2 / 3
"""The share of live requests that is refused beside an import that takes all the gateway allows."""

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

_STOPS: dict[str, tuple[str, str, Tone]] = {
    StoppedBy.INTERRUPT: ("Interrupted", "{again}", "warn"),
    StoppedBy.TERMINATION: ("Told to end", "{again}", "warn"),
    StoppedBy.DAILY_LIMIT: (
        "Paused: the daily limit is reached",
        "{again} With --wait it sleeps until then by itself.",
        "warn",
    ),
    StoppedBy.RATE_LIMIT: (
        "Paused: ASAPP takes no more requests for now",
        (
            "Most likely ASAPP's own daily limit is used up. {again} With --wait it sleeps until then "
            "by itself. If live traffic shares the quota, leave it its part with --daily-limit."
        ),
        "warn",
    ),
    StoppedBy.CREDENTIALS: (
        "Stopped: ASAPP refuses the keys",
        (
            "Check ASAPP_API_ID and ASAPP_API_SECRET, and that they belong to the environment that it "
            "sends to: sandbox and production have keys of their own. `asapp-conversations check` "
            "tries them. {again}"
        ),
        "bad",
    ),
    StoppedBy.SERVICE: (
        "Stopped: ASAPP cannot be reached, or fails",
        (
            "Check the network with `asapp-conversations check`, and wait some minutes. {again} If it "
            "ends so too, give ASAPP's support the request ids of what failed."
        ),
        "bad",
    ),
    StoppedBy.REFUSALS: (
        "Stopped: ASAPP refuses one request after the other",
        (
            "It accepted none in between, so it is hardly the messages: check --base-url and --map, "
            "and what ASAPP said. {again}"
        ),
        "bad",
    ),
    StoppedBy.UNEXPECTED_ANSWER: (
        "Stopped: an answer that the API does not document",
        (
            "Something between here and ASAPP may have answered: check the base URL and the proxy. "
            "{again} If it ends so too, give ASAPP's support the request id."
        ),
        "bad",
    ),
    StoppedBy.LEDGER: (
        "Stopped: the ledger cannot be written",
        (
            "Make room on the ledger's disk, or let this user write there. {again} It asks ASAPP about "
            "what could not be written down, so nothing is stored twice."
        ),
        "bad",
    ),
    StoppedBy.TRIAL: (
        "Stopped after the first conversations, as asked",
        (
            "Look at these conversations where you work with them. Then run the same command without "
            "--first; it goes on where it stopped."
        ),
        "good",
    ),
    StoppedBy.DECLINED: ("Nothing was sent: nobody agreed to it", "{again}", "warn"),
}
"""For each reason to stop: what is said first, what to do, and how bad it is."""

_PHASES = {Phase.READING: "Reading the source", Phase.SENDING: "Sending", Phase.PAUSED: "Paused"}


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


def account_of_report(
    report: ImportReport, *, now: float, again: str, mend: str | None = None
) -> Account:
    """What an import did, or has done so far.

    Args:
        report: what it did.
        now: seconds since 1970.
        again: the command line that was used, without a secret.
        mend: the one that imports the file of rejects, if there is one.
    """
    headline, tone = _headline(report)
    steps = [*_steps_to_the_end(report, again), *_steps_for_rejects(report, mend)]
    return Account(
        headline=headline,
        tone=tone,
        detail=report.detail,
        facts=dict(_facts(report, now)),
        counts=[
            Count(number, name.replace("_", " "), note)
            for name, note in COUNTS.items()
            if (number := getattr(report, name))
        ],
        reasons={words: Reason(number) for words, number in report.reasons.items()},
        named=(
            "Failed requests, the first of them",
            [(each.conversation_id, each.reason) for each in report.failures],
        ),
        warnings=report.warnings,
        steps=steps or [_nothing_left(report)],
    )


def _headline(report: ImportReport) -> tuple[str, Tone]:
    if report.phase is not Phase.ENDED:
        return _PHASES[report.phase], "warn"
    if report.stopped_by:
        headline, _, tone = _STOPS[report.stopped_by]
        return headline, "warn" if tone == "good" and report.exit_status else tone
    if not report.messages:
        return "Nothing to import", "good"
    if report.in_doubt or report.unsent:
        return "Ended with messages left to send", "warn"
    return ("Done, but for the rejects", "warn") if report.rejected else ("Done", "good")


def _facts(report: ImportReport, now: float) -> Iterator[tuple[str, Sequence[str]]]:
    if report.base_url:
        yield "To", [place(report.base_url)]
    conversations = counted(report.conversations, "conversation")
    yield "Source", [f"{counted(report.messages, 'message')} in {conversations}"]
    if report.odd_times:
        yield "Times", odd_times(report.odd_times)
    yield from sent(report)
    yield "Time", [duration(report.elapsed_s)]
    if report.answers:
        yield "Answers", [f"{status}: {n:,}" for status, n in sorted(report.answers.items())]
    if rest := left(report, now, None):
        yield "Left", rest
    if report.resume_at:
        yield "Goes on", [moment(report.resume_at)]
    if report.ledger:
        yield "Ledger", [report.ledger]
    if report.rejects:
        yield "Rejects", [report.rejects]


def sent(report: ImportReport) -> Iterator[tuple[str, list[str]]]:
    """The requests of a run, and of the day."""
    again = [f"{report.retries:,} of them sent again"] if report.retries else []
    yield "Sent", [counted(report.requests, "request"), *again]
    if report.daily_limit is not None:
        today = f"{report.requests_today:,} of {counted(report.daily_limit, 'request')}"
        yield "Today", [today]


def left(report: ImportReport, now: float, rate: float | None) -> list[str]:
    """How many requests are left and how long they take, as far as that is known."""
    rest = estimate_rest(report, now=now, rate=rate)
    if rest is None or not rest.requests:
        return []
    facts = [f"about {counted(rest.requests, 'request')}"]
    if rest.ends_at is not None:
        facts.append(f"about {duration(max(rest.ends_at - now, 0))}")
    if rest.days and (rest.days > 1 or rest.ends_at is None):
        facts.append(f"on {counted(rest.days, 'UTC day')}")
    return facts


def _again(resume_at: str | None, *, kept: bool = True) -> str:
    when = f" after {moment(resume_at)}" if resume_at else ""
    how = "goes on where it stopped" if kept else "begins anew, without a ledger"
    return f"Run the same command again{when}; it {how}."


def _steps_to_the_end(report: ImportReport, again: str) -> Iterator[Step]:
    left = report.in_doubt + report.unsent
    if report.phase is not Phase.ENDED:
        until = f" until {moment(report.resume_at)}" if report.resume_at else ""
        yield Step(f"Let it run{until}; if it is killed, the same command goes on from there.")
    elif report.stopped_by:
        by_signal = report.stopped_by in {StoppedBy.INTERRUPT, StoppedBy.TERMINATION}
        if not by_signal or left or report.least_requests is None:
            words = _again(report.resume_at, kept=report.ledger is not None)
            _, text, _ = _STOPS[report.stopped_by]
            yield Step(text.format(again=words), again)
    elif left:
        text = "Run the same command again."
        if report.in_doubt:
            text += (
                f" It asks ASAPP what became of the {counted(report.in_doubt, 'message')} in "
                "doubt, by sending the very same requests; none is stored twice."
            )
        if report.unsent:
            text += (
                " A conversation whose source has changed since a part of it was sent stays unsent "
                "until the source begins with that part again."
            )
        yield Step(text, again)


def _steps_for_rejects(report: ImportReport, mend: str | None) -> Iterator[Step]:
    if report.phase is not Phase.ENDED:
        return
    if any(words.startswith("ASAPP answers 404") for words in report.reasons):
        yield Step(
            "A 404 says that ASAPP has no such conversation there: it has to exist before its "
            "messages are imported, and to be named by the id that ASAPP has given it. The guide "
            "to the import shows how to join a table of ids."
        )
    if report.rejects:
        yield Step(
            "Mend the rejects in their file, where each stands with its reason, and import that "
            "file by itself.",
            mend,
        )
    elif report.rejected and report.ledger:
        yield _write_rejects(report.ledger)
    elif report.rejected:
        yield Step("Mend what was rejected, and import it by itself.")


def _write_rejects(ledger: str) -> Step:
    return Step(
        "The rejects are in the ledger: write them to a file, mend them there, and import that "
        "file by itself.",
        command("rejects", ledger, "-o", "rejects.jsonl"),
    )


def _nothing_left(report: ImportReport) -> Step:
    if not report.messages:
        return Step("No message was found: check the names of the files, or the query.")
    if report.skipped == report.messages:
        return Step("Nothing: an earlier run had settled it all, and nothing was sent.")
    return Step("Nothing: every message is stored.")


def days_of(plan: ImportPlan, daily_limit: int | None) -> int:
    """On how many UTC days requests leave; without a limit of one's own, ASAPP's default counts."""
    return math.ceil(plan.requests / (daily_limit or DAILY_REQUESTS["production"]))


def account_of_plan(plan: ImportPlan, rate: float, daily_limit: int | None, again: str) -> Account:
    """What an import would do, at so many requests a second, and in a UTC day.

    Args:
        plan: what it would do.
        rate: requests a second.
        daily_limit: requests in a UTC day, or None.
        again: the command that imports it.
    """
    limit = daily_limit or DAILY_REQUESTS["production"]
    whose = "" if daily_limit else ", ASAPP's default in production"
    days = counted(days_of(plan, daily_limit), "day")
    bytes_ = [f"{size(plan.body_bytes)} in all", f"{size(plan.largest_body)} the largest"]
    facts: dict[str, Sequence[str]] = {
        "Source": [
            f"{counted(plan.messages, 'message')} in {counted(plan.conversations, 'conversation')}"
        ],
        "To send": [counted(plan.requests, "request"), *bytes_],
    }
    if plan.odd_times:
        facts["Times"] = odd_times(plan.odd_times)
    if plan.duplicates:
        twice = counted(plan.duplicates, "message")
        facts["Repeated"] = [f"{twice} exactly as another one of the conversation; each is sent"]
    for each in sorted({rate, REQUESTS_PER_SECOND}) if plan.requests else ():
        refused = min(each / REQUESTS_PER_SECOND, MOST_REFUSED)
        facts[f"At {each:g}/s"] = [
            duration(plan.requests / each),
            f"in which about {percent(round(100 * refused), 100)} of live requests are refused",
        ]
    if plan.ledger:
        facts["Ledger"] = [plan.ledger, "what it knows as sent is not counted again"]
    sends = Step("Nothing was sent. This sends it:", again)
    return Account(
        headline=f"It takes {days} at {limit:,} requests a day{whose}"
        if plan.requests
        else "There is nothing to send",
        tone="warn" if plan.rejected else "good",
        facts=facts,
        counts=_nonzero(
            Count(plan.to_send, "to send"),
            Count(plan.skipped, "sent by earlier runs"),
            Count(plan.rejected, "to be rejected"),
            Count(
                plan.waiting, "held back", "their conversations have changed since they were sent"
            ),
        ),
        reasons=plan.reasons,
        steps=[sends if plan.to_send else Step("Nothing was sent.")],
    )


def _nonzero(*counts: Count) -> list[Count]:
    return [count for count in counts if count.number]


def account_of_standing(standing: Standing) -> Account:
    """Where an import stands, what waits and why."""
    facts: dict[str, Sequence[str]] = {
        "To": [place(standing.base_url), f"with the API id {standing.api_id}"],
        "Ledger": [standing.ledger],
    }
    for day, requests in list(standing.requests.items())[-1:]:
        of = f" of {standing.daily_limit:,}" if standing.daily_limit else ""
        facts["Sent"] = [f"{counted(requests, 'request')}{of} on {day} (UTC)"]
    waiting = [
        (
            each.conversation_id,
            ": ".join(filter(None, (each.status.replace("_", " "), each.reason))),
        )
        for each in standing.waiting
    ]
    steps = list(_steps_of(standing))
    return Account(
        headline=_run_of(standing),
        facts=facts,
        counts=_nonzero(
            Count(standing.stored, "stored"),
            Count(standing.rejected, "refused by ASAPP"),
            Count(standing.invalid, "rejected as invalid"),
            Count(standing.in_doubt, "on their way" if standing.running else "in doubt"),
            Count(0 if standing.running else standing.unsent, "unsent", COUNTS["unsent"]),
        ),
        reasons={words: Reason(number) for words, number in standing.reasons.items()},
        named=("Waiting, or rejected whole", [] if standing.running else waiting),
        steps=steps or [Step("Nothing: every message is stored.")],
    )


def _run_of(standing: Standing) -> str:
    if standing.running:
        since = f" since {moment(standing.started)}" if standing.started else ""
        return f"A run is at work{since}"
    if standing.started is None:
        return "No run has begun to send"
    began = f"The latest run began {moment(standing.started)} and ended"
    if standing.ended is None:
        return f"{began} without a word: it was killed, or could not write any more"
    stop = _STOPS.get(standing.stopped_by or "")
    return f"{began} {moment(standing.ended)}" + (f". {stop[0]}" if stop else "")


def _steps_of(standing: Standing) -> Iterator[Step]:
    if standing.running:
        yield Step("Nothing: it goes on by itself. Ctrl-C stops it safely.")
        return
    killed = standing.started is not None and standing.ended is None
    if killed or standing.in_doubt or standing.unsent:
        yield Step(_again(standing.resume_at))
    if standing.invalid or standing.rejected:
        yield _write_rejects(standing.ledger)


def shown(reasons: Mapping[str, Reason], most: int) -> tuple[list[tuple[str, Reason]], str]:
    """The first of the reasons, and what is to say of the others."""
    items = list(reasons.items())
    rest = sum(reason.count for _, reason in items[most:])
    more = f"and {rest:,} more for {counted(len(items) - most, 'other reason')}" if rest else ""
    return items[:most], more
