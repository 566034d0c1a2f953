"""What an import would do, for a person. No I/O."""

from __future__ import annotations

import math

from asapp_conversations.toolkit import DAILY_REQUESTS, REQUESTS_PER_SECOND

from asapp_conversations_importer import ImportPlan, ImportReport

from .account import Account, Count, Step
from .wording import counted, duration, odd_times, percent, place, size

MOST_REFUSED = 0.9
"""The share of live requests that is refused beside an import that takes all the gateway allows: they
come too soon after one of its requests, unless jitter has left a gap (see docs/numbers.md)."""


def days_of(requests: int, daily_limit: int | None) -> int:
    """On how many UTC days requests leave; without a limit of one's own, ASAPP's default counts."""
    return math.ceil(requests / (daily_limit or DAILY_REQUESTS["production"]))


def account_of_plan(plan: ImportPlan, rate: float, daily_limit: int | None, again: str) -> Account:
    """What an import would do, at so many requests a second, and in a UTC day.

    Args:
        again: the command that imports it.
    """
    limit = daily_limit or DAILY_REQUESTS["production"]
    whose = "" if daily_limit else ", ASAPP's default in production"
    days = counted(days_of(plan.requests, daily_limit), "day")
    takes = f"It takes {days} at {limit:,} requests a day{whose}"
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
            "Repeated": [f"{twice} exactly as another one of the conversation; each is sent"]
            * bool(plan.duplicates),
            **{f"At {each:g}/s": _at_rate(plan.requests, each) for each in rates},
            "Ledger": [plan.ledger, plan.ledger and "what it knows as sent is not counted again"],
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
        f"that is {percent(requests, quota)} of {whose}, {quota:,} requests. Send them?"
    )
