"""The question before the first import into production."""

from __future__ import annotations

import sys
from collections.abc import Callable

from asapp_conversations.toolkit import DAILY_REQUESTS

from asapp_conversations_importer import ImportReport

from .live import View
from .plan_account import days_of
from .signals import Signals
from .text import fold
from .wording import counted, environment_of, percent, place


def asking(view: View, signals: Signals) -> Callable[[ImportReport], bool] | None:
    """What asks before an import into production; None where nobody is there to be asked."""
    if not (sys.stdin and sys.stdin.isatty() and sys.stderr.isatty()):
        return None

    def confirm(report: ImportReport) -> bool:
        if environment_of(report.base_url) != "production":
            return True
        view.clear()
        sys.stderr.write("\n".join(fold(_question(report))) + " [y/N] ")
        sys.stderr.flush()
        return signals.answer().strip().lower() in {"y", "yes"}

    return confirm


def _question(report: ImportReport) -> str:
    quota = report.daily_limit or DAILY_REQUESTS["production"]
    requests = report.least_requests or 0
    whose = "your daily limit" if report.daily_limit else "ASAPP's default quota of a day"
    return (
        f"This is the first import of this ledger into {place(report.base_url)}: "
        f"{counted(report.messages - report.rejected, 'message')} in "
        f"{counted(requests, 'request')}, on {counted(max(days_of(requests, quota), 1), 'day')}; "
        f"that is {percent(requests, quota)} of {whose}, {quota:,} requests. Send them?"
    )
