"""What an import did, or has done so far, for a person. No I/O."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from asapp_conversations_importer import ImportReport, Phase, Reason, StoppedBy
from asapp_conversations_importer.ledger.days import day_of, next_day

from .account import (
    ALL_STORED,
    COUNTS,
    STOPS,
    Account,
    Count,
    Step,
    Tone,
    again_after,
    write_rejects,
)
from .wording import counted, duration, moment, odd_times, place

DAY = 86_400

_PHASES = {Phase.READING: "Reading the source", Phase.SENDING: "Sending", Phase.PAUSED: "Paused"}


def account_of_report(
    report: ImportReport, *, now: float, again: str, mend: str | None = None
) -> Account:
    """What an import did, or has done so far.

    Args:
        now: seconds since 1970.
        again: the command line that was used, without a secret.
        mend: the one that imports the file of rejects, if there is one.
    """
    headline, tone = _headline(report)
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
            "Failed requests, the first of them",
            [(each.conversation_id, each.reason) for each in report.failures],
        ),
        warnings=report.warnings,
        steps=list(_steps(report, again, mend)) or [Step(_nothing_left(report))],
    )


def _headline(report: ImportReport) -> tuple[str, Tone]:
    if report.phase is not Phase.ENDED:
        return _PHASES[report.phase], "warn"
    if report.stopped_by:
        stop = STOPS[report.stopped_by]
        return stop.headline, "warn" if stop.tone == "good" and report.exit_status else stop.tone
    if not report.messages:
        return "Nothing to import", "good"
    if report.in_doubt or report.unsent:
        return "Ended with messages left to send", "warn"
    return ("Done, but for the rejects", "warn") if report.rejected else ("Done", "good")


def sent(report: ImportReport) -> dict[str, list[str]]:
    """The requests of a run, and of the day."""
    again = [f"{report.retries:,} of them sent again"] if report.retries else []
    facts = {"Sent": [counted(report.requests, "request"), *again]}
    if report.daily_limit is not None:
        of_limit = f"{report.requests_today:,} of {counted(report.daily_limit, 'request')}"
        facts["Today"] = [of_limit]
    return facts


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


class Estimate(NamedTuple):
    """What is left to send: on how many UTC days, and until when in seconds since 1970."""

    requests: int
    days: int | None
    ends_at: float | None


def estimate(
    requests: int,
    *,
    now: float,
    rate: float | None = None,
    daily_limit: int | None = None,
    used_today: int = 0,
) -> Estimate:
    """How long so many requests take when each day's quota is used as fast as the rate allows.

    Args:
        now: when the first may leave, in seconds since 1970.
        rate: requests a second; None or 0 if that is not known.
        used_today: how many have left on the day of `now`.
    """
    if requests <= 0:
        return Estimate(0, 0, now)
    speed, limit = rate or math.inf, math.inf if daily_limit is None else daily_limit
    midnight = next_day(now)
    today = min(max(limit - used_today, 0), speed * (midnight - now))
    a_day = min(limit, speed * DAY)
    if not a_day or today == math.inf:
        return Estimate(requests, None, None)
    days, begins, rest = 1, now, float(requests)
    if requests > today:
        later = math.ceil((requests - today) / a_day)
        days, begins = later + (today > 0), midnight + (later - 1) * DAY
        rest = requests - today - (later - 1) * a_day
    return Estimate(requests, days, begins + rest / rate if rate else None)


def estimate_rest(report: ImportReport, *, now: float, rate: float | None) -> Estimate | None:
    """What is left of a run, or of what one has left behind; None before the source is read.

    How many requests the rest takes follows from its share of the messages that can be sent.
    """
    if report.least_requests is None:
        return None
    left, sendable = report.unsent + report.in_doubt, report.messages - report.rejected
    begins = now
    if report.resume_at:
        begins = max(now, datetime.fromisoformat(report.resume_at).timestamp())
    return estimate(
        math.ceil(report.least_requests * left / sendable) if sendable else 0,
        now=begins,
        rate=rate,
        daily_limit=report.daily_limit,
        used_today=report.requests_today if day_of(begins) == day_of(now) else 0,
    )


def _steps(report: ImportReport, again: str, mend: str | None) -> Iterator[Step]:
    if report.phase is not Phase.ENDED:
        until = f" until {moment(report.resume_at)}" if report.resume_at else ""
        yield Step(f"Let it run{until}; if it is killed, the same command goes on from there.")
        return
    left = report.in_doubt + report.unsent
    if report.stopped_by:
        by_signal = report.stopped_by in {StoppedBy.INTERRUPT, StoppedBy.TERMINATION}
        if not by_signal or left or report.least_requests is None:
            words = again_after(report.resume_at, kept=report.ledger is not None)
            yield Step(STOPS[report.stopped_by].advice.format(again=words), again)
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
        yield write_rejects(report.ledger)
    elif report.rejected:
        yield Step("Mend what was rejected, and import it by itself.")


def _nothing_left(report: ImportReport) -> str:
    if not report.messages:
        return "No message was found: check the names of the files, or the query."
    if report.skipped == report.messages:
        return "Nothing: an earlier run had settled it all, and nothing was sent."
    return ALL_STORED
