"""What an import would do, for a person. No I/O."""

from __future__ import annotations

import math
from collections.abc import Sequence

from asapp_conversations.toolkit import DAILY_REQUESTS, REQUESTS_PER_SECOND

from asapp_conversations_importer import ImportPlan

from .account import Account, Count, Step, nonzero
from .wording import counted, duration, odd_times, percent, size

MOST_REFUSED = 2 / 3
"""The share of live requests that is refused beside an import that takes all the gateway allows."""


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
        counts=nonzero(
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
