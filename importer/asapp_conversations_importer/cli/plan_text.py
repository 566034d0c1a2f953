"""What a person, or a program, reads of a plan."""

from __future__ import annotations

import math
from typing import Any

from asapp_conversations.toolkit import REQUESTS_PER_SECOND

from asapp_conversations_importer import ImportPlan

SHOWN_REASONS = 20

MOST_REFUSED = 2 / 3
"""The share of live requests that is refused beside an import that takes all the gateway allows."""


def plan_values(plan: ImportPlan, rate: float, daily_limit: int | None) -> dict[str, Any]:
    """The plan and how long it takes, as JSON values."""
    return {
        **plan.to_dict(),
        "seconds": plan.requests / rate,
        "days": days(plan, daily_limit),
    }


def days(plan: ImportPlan, daily_limit: int | None) -> int | None:
    """On how many UTC days requests leave, if a full daily limit is left today."""
    return math.ceil(plan.requests / daily_limit) if daily_limit else None


def plan_text(plan: ImportPlan, rate: float, daily_limit: int | None) -> str:
    """The plan in words, for so many requests a second, and in a UTC day."""
    lines = [f"{plan.messages:,} messages in {plan.conversations:,} conversations", ""]
    parts = {
        "to send": plan.to_send,
        "sent by earlier runs": plan.skipped,
        "to be rejected": plan.rejected,
        "held back: their conversations have changed since they were sent": plan.waiting,
    }
    lines += [f"{count:>14,}  {words}" for words, count in parts.items() if count]
    lines += ["", f"{plan.requests:,} requests, {_bytes(plan.body_bytes)} in all"]
    if plan.requests:
        lines[-1] += f", {_bytes(plan.largest_body)} the largest"
        lines += [
            f"{_duration(plan.requests / each)} at {each:g} requests/s, which refuses about "
            f"{min(each / REQUESTS_PER_SECOND, MOST_REFUSED):.0%} of live requests meanwhile"
            for each in sorted({rate, REQUESTS_PER_SECOND})
        ]
    needed = days(plan, daily_limit)
    if needed is not None:
        lines.append(f"{needed:,} day{'s' if needed > 1 else ''} at {daily_limit:,} requests a day")
    if plan.reasons:
        lines += ["", "To be rejected, by reason:"]
        for words, reason in list(plan.reasons.items())[:SHOWN_REASONS]:
            lines.append(f"{reason.count:>14,}  {words}")
            lines += [f"{'':>16}{place}" for place in reason.examples]
    if plan.ledger:
        lines += ["", f"What {plan.ledger} knows as sent is not counted again."]
    return "\n".join([*lines, "", "Nothing was sent."])


def _bytes(size: int) -> str:
    units = iter(("B", "kB", "MB", "GB"))
    unit, number = next(units), float(size)
    while number >= 1000 and unit != "GB":
        unit, number = next(units), number / 1000
    return f"{number:,.1f} {unit}" if unit != "B" else f"{size} B"


def _duration(seconds: float) -> str:
    minutes, seconds = divmod(math.ceil(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours:,} h {minutes} min"
    return f"{minutes} min {seconds} s" if minutes else f"{seconds} s"
