"""What an import would do, what it did, and where it stands, for a person. No I/O."""

from __future__ import annotations

import math
from collections.abc import Iterator

from asapp_conversations.toolkit import DAILY_REQUESTS, REQUESTS_PER_SECOND, counted

from asapp_conversations_importer import (
    ImportPlan,
    ImportReport,
    Phase,
    Reason,
    Standing,
    StoppedBy,
)

from .account import ALL_STORED, COUNTS, FAILED_TRIAL, STOPS, Account, Count, Step, StopWords, Tone
from .estimate import estimate_rest
from .wording import command, duration, moment, odd_times, percent, place, size

MOST_REFUSED = 0.9
"""The share of live requests that is refused beside an import that takes all the gateway allows: they
come too soon after one of its requests, unless jitter has left a gap (see docs/numbers.md)."""

_PHASES = {Phase.READING: "Reading the source", Phase.SENDING: "Sending", Phase.PAUSED: "Paused"}


def days_of(requests: int, daily_limit: int | None) -> int:
    """On how many UTC days requests leave; without a limit of one's own, ASAPP's default counts."""
    return math.ceil(requests / (daily_limit or DAILY_REQUESTS["production"]))


def account_of_plan(plan: ImportPlan, rate: float, daily_limit: int | None, again: str) -> Account:
    """What an import would do, at so many requests a second, and in a UTC day.

    Args:
        again: the command that imports it.
    """
    limit = daily_limit or DAILY_REQUESTS["production"]
    sandbox = f"{DAILY_REQUESTS['sandbox']:,}"
    whose = "" if daily_limit else f", ASAPP's default in production (sandbox: {sandbox})"
    days = counted(days_of(plan.requests, daily_limit), "day")
    takes = f"It takes {days} at {counted(limit, 'request')} a day{whose}"
    messages, twice = (counted(number, "message") for number in (plan.messages, plan.duplicates))
    rates = sorted({rate, REQUESTS_PER_SECOND}) if plan.requests else ()
    sends = Step("Nothing was sent. This sends it:", again)
    changed = "their conversations have changed since they were sent"
    return Account(
        headline=takes if plan.requests else "There is nothing to send",
        facts={
            "Source": [f"{messages} in {counted(plan.conversations, 'conversation')}"],
            "To send": [
                counted(plan.requests, "request"),
                f"{size(plan.body_bytes)} in all",
                f"{size(plan.largest_body)} the largest",
            ],
            "Times": odd_times(plan.odd_times),
            "Repeated": [f"{twice} exactly like another one in the same conversation"]
            * bool(plan.duplicates),
            **{f"At {each:g}/s": _at_rate(plan.requests, each) for each in rates},
            "Ledger": [
                plan.ledger and f"{plan.ledger}; what it knows as sent is not counted again"
            ],
        },
        counts=[
            Count(plan.to_send, "to send"),
            Count(plan.skipped, "sent by earlier runs"),
            Count(plan.rejected, "to be rejected"),
            Count(plan.waiting, "held back", changed),
        ],
        reasons=plan.reasons,
        steps=[sends if plan.to_send else Step("Nothing was sent.")],
    )


def _at_rate(requests: int, rate: float) -> list[str]:
    refused = percent(round(100 * min(rate / REQUESTS_PER_SECOND, MOST_REFUSED)), 100)
    return [duration(requests / rate), f"in which about {refused} of live requests are refused"]


def question(report: ImportReport) -> str:
    """What an import is about to do, and whether it shall."""
    quota = report.daily_limit or DAILY_REQUESTS["production"]
    requests = report.least_requests or 0
    whose = "your daily limit" if report.daily_limit else "ASAPP's default quota of a day"
    return (
        f"This is the first import of this ledger into {place(report.base_url)}: "
        f"{counted(report.messages - report.rejected, 'message')} in "
        f"{counted(requests, 'request')}, on {counted(max(days_of(requests, quota), 1), 'day')}; "
        f"that is {percent(requests, quota)} of {whose}, {counted(quota, 'request')}. Send them?"
    )


def account_of_report(
    report: ImportReport, *, now: float, again: str, mend: str | None = None
) -> Account:
    """What an import did, or has done so far.

    Args:
        now: seconds since 1970.
        again: the command line that was used, without a secret.
        mend: the one that imports the file of rejects, if there is one.
    """
    headline, tone = _report_headline(report)
    messages = counted(report.messages, "message")
    return Account(
        headline=headline,
        tone=tone,
        detail=report.detail,
        facts={
            "To": [place(report.base_url)],
            "Source": [f"{messages} in {counted(report.conversations, 'conversation')}"],
            "Times": odd_times(report.odd_times),
            **sent(report),
            "Time": [duration(report.elapsed_s)],
            "Answers": [f"{status}: {n:,}" for status, n in sorted(report.answers.items())],
            "Left": left(report, now, None),
            "Goes on": [report.resume_at and moment(report.resume_at)],
            "Ledger": [report.ledger],
            "Rejects": [report.rejects],
        },
        counts=[
            Count(getattr(report, name), name.replace("_", " "), note)
            for name, note in COUNTS.items()
        ],
        reasons={words: Reason(number) for words, number in report.reasons.items()},
        named=(
            "Failed, or held back; the first of them",
            [(each.conversation_id, each.reason) for each in report.failures],
        ),
        warnings=report.warnings,
        steps=list(_report_steps(report, again, mend)) or [Step(_nothing_left(report))],
    )


def _report_headline(report: ImportReport) -> tuple[str, Tone]:
    if report.phase is not Phase.ENDED:
        return _PHASES[report.phase], "warn"
    if report.stopped_by:
        stop = _stop_words(report)
        return stop.headline, "warn" if stop.tone == "good" and report.exit_status else stop.tone
    if not report.messages:
        return "Nothing to import", "good"
    if report.in_doubt or report.unsent:
        return "Ended with messages left to send", "warn"
    return ("Done, but for the rejects", "warn") if report.rejected else ("Done", "good")


def sent(report: ImportReport) -> dict[str, list[str]]:
    """The requests of a run, and of the day."""
    limit, today = report.daily_limit, f"{report.requests_today:,} of "
    return {
        "Sent": [
            counted(report.requests, "request"),
            f"{report.retries:,} of them sent again" * bool(report.retries),
        ],
        "Today": [] if limit is None else [today + counted(limit, "request")],
    }


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


def _report_steps(report: ImportReport, again: str, mend: str | None) -> Iterator[Step]:
    if report.phase is not Phase.ENDED:
        until = f" until {moment(report.resume_at)}" if report.resume_at else ""
        yield Step(f"Let it run{until}; if it is killed, the same command goes on from there.")
        return
    left = report.in_doubt + report.unsent
    if report.stopped_by:
        by_signal = report.stopped_by in {StoppedBy.INTERRUPT, StoppedBy.TERMINATION}
        if not by_signal or left or report.least_requests is None:
            how = "without --first" if report.trial_passed else "again"
            words = _again(report.resume_at, how, kept=report.ledger is not None)
            yield Step(_stop_words(report).advice.format(again=words), again)
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
    unknown = [words.startswith("ASAPP answers 404") for words in report.reasons]
    if any(unknown):
        yield Step(
            "A 404 says that ASAPP has no such conversation there: it has to exist before its "
            "messages are imported, and to be named by the id that ASAPP has given it. The guide "
            "to the import shows how to join a table of ids."
        )
    if report.rejects:
        yield Step(
            "Once the conversations exist, import the file of rejects by itself. Mend nothing in "
            "it but ids that are wrong."
            if unknown and all(unknown)
            else "Mend the rejects in their file, where each stands with its reason. Once all are "
            "mended, import that file by itself.",
            mend,
        )
    elif report.rejected and report.ledger:
        yield _write_rejects(report.ledger)
    elif report.rejected:
        yield Step("Mend what was rejected, and import it by itself.")


def _stop_words(report: ImportReport) -> StopWords:
    return FAILED_TRIAL if report.trial_passed is False else STOPS[str(report.stopped_by)]


def _nothing_left(report: ImportReport) -> str:
    if not report.messages:
        return "No message was found: check the names of the files, or the query."
    if report.skipped == report.messages:
        return "Nothing: an earlier run had settled it all, and nothing was sent."
    return ALL_STORED


def account_of_standing(standing: Standing) -> Account:
    """Where an import stands, what waits and why."""
    days, running = list(standing.requests.items())[-1:], standing.running
    of = f" of {standing.daily_limit:,}" if standing.daily_limit else ""
    waiting = [
        (
            each.conversation_id,
            ": ".join(filter(None, (each.status.replace("_", " "), each.reason))),
        )
        for each in standing.waiting
    ]
    return Account(
        headline=_latest_run(standing),
        facts={
            "To": [place(standing.base_url), f"with the API id {standing.api_id}"],
            "Ledger": [standing.ledger],
            "Sent": [
                f"{counted(requests, 'request')}{of} on {day} (UTC)" for day, requests in days
            ],
        },
        counts=[
            Count(standing.stored, "stored"),
            Count(standing.rejected, "refused by ASAPP"),
            Count(standing.invalid, "rejected as invalid"),
            Count(standing.in_doubt, "on their way" if running else "in doubt"),
            Count(0 if running else standing.unsent, "unsent", COUNTS["unsent"]),
        ],
        reasons={words: Reason(number) for words, number in standing.reasons.items()},
        named=("Waiting, or rejected whole", [] if running else waiting),
        steps=list(_standing_steps(standing)) or [Step(ALL_STORED)],
    )


def _latest_run(standing: Standing) -> str:
    if standing.running:
        since = f" since {moment(standing.started)}" if standing.started else ""
        return f"A run is at work{since}"
    if standing.started is None:
        return "No run has begun to send"
    began = f"The latest run began {moment(standing.started)} and ended"
    if standing.ended is None:
        return f"{began} without a word: it was killed, or could not write any more"
    stop = STOPS.get(standing.stopped_by or "")
    return f"{began} {moment(standing.ended)}" + (f". {stop.headline}" if stop else "")


def _standing_steps(standing: Standing) -> Iterator[Step]:
    if standing.running:
        yield Step("Nothing: it goes on by itself. Ctrl-C stops it safely.")
        return
    killed = standing.started is not None and standing.ended is None
    if killed or standing.in_doubt or standing.unsent:
        held = standing.conversations.get("changed", 0)
        back = (
            f" It holds back {counted(held, 'conversation')} whose source no longer begins with what "
            "was sent of it."
        )
        yield Step(_again(standing.resume_at) + back * bool(held))
    if standing.kept:
        yield _write_rejects(standing.ledger)
    elif standing.invalid or standing.rejected:
        yield Step(
            "Of the rejects the ledger keeps places and reasons alone, since their records were "
            "removed from it: none can be written and mended."
        )


def _again(resume_at: str | None, how: str = "again", *, kept: bool = True) -> str:
    when = f" after {moment(resume_at)}" if resume_at else ""
    then = "goes on where it stopped" if kept else "begins anew, without a ledger"
    return f"Run the same command {how}{when}; it {then}."


def _write_rejects(ledger: str) -> Step:
    return Step(
        "The rejects are in the ledger. Unless you have mended and imported them already, write "
        "them to a file, mend all of them there, and import that file by itself.",
        command("rejects", ledger, "-o", "rejects.jsonl"),
    )
