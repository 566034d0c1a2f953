"""The closing words of an import."""

from __future__ import annotations

import shlex
import textwrap
from collections.abc import Iterator

from asapp_conversations_importer import ImportReport

from .advice import COUNTS, NextCommand, headline, next_steps
from .estimate import estimate_rest
from .wording import counted, duration, moment, printable

SHOWN_REASONS = 10
SHOWN_FAILURES = 3
LABEL = 10


def summary(
    report: ImportReport,
    command: str,
    *,
    now: float,
    rejects_command: str | None = None,
    width: int = 80,
) -> str:
    """What an import did and what to do now, in plain text.

    Args:
        report: what it did.
        command: the command line that was used, as a shell takes it, without a secret.
        now: seconds since 1970.
        rejects_command: the one that imports the file of rejects, if it is known.
        width: columns; commands, paths and ids are never broken.
    """
    blocks = [
        [*_fold(f"{headline(report)}.", width), *_fold(report.detail or "", width, "  ")],
        _totals(report, now, width),
        _reasons(report, width),
        _failures(report, width),
        [line for warning in report.warnings for line in _fold(f"Warning: {warning}", width)],
        _files(report),
        _steps(report, command, rejects_command, width),
    ]
    return "\n\n".join("\n".join(lines) for block in blocks if (lines := list(block)))


def _fold(text: str, width: int, indent: str = "", first: str | None = None) -> list[str]:
    return textwrap.wrap(
        printable(text),
        max(width, 20),
        initial_indent=indent if first is None else first,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _row(label: str, text: str, width: int) -> list[str]:
    return _fold(text, width, " " * LABEL, f"{label:{LABEL}}")


def _totals(report: ImportReport, now: float, width: int) -> Iterator[str]:
    messages = counted(report.messages, "message")
    conversations = counted(report.conversations, "conversation")
    yield from _row("Source", f"{messages} in {conversations}", width)
    counts = {name: getattr(report, name) for name in COUNTS}
    digits = len(f"{max(counts.values()):,}")
    for name, count in counts.items():
        if count:
            start = f"  {count:>{digits},} {name.replace('_', ' ')}: "
            yield from _fold(COUNTS[name], width, " " * (digits + 3), start)
    requests = [f"{counted(report.requests, 'request')} in {duration(report.elapsed_s)}"]
    if report.retries:
        requests.append(f"{report.retries:,} of them sent again")
    if report.daily_limit is not None:
        requests.append(f"{report.requests_today:,} of {report.daily_limit:,} today")
    yield from _row("Sent", ", ".join(requests), width)
    if report.answers:
        answers = (f"{status}: {count:,}" for status, count in sorted(report.answers.items()))
        yield from _row("Answers", ", ".join(answers), width)
    rest = estimate_rest(report, now=now, rate=None)
    if rest and rest.requests:
        days = f", on {counted(rest.days, 'UTC day')}" if rest.days else ""
        yield from _row("Left", f"about {counted(rest.requests, 'request')}{days}", width)
    if report.resume_at:
        yield from _row("Goes on", moment(report.resume_at), width)


def _reasons(report: ImportReport, width: int) -> Iterator[str]:
    if not report.reasons:
        return
    yield "Rejected, by reason"
    shown = list(report.reasons.items())[:SHOWN_REASONS]
    digits = len(f"{max(report.reasons.values()):,}")
    for reason, count in shown:
        yield from _fold(reason, width, " " * (digits + 4), f"  {count:>{digits},}  ")
    hidden = len(report.reasons) - len(shown)
    if hidden:
        rest = sum(report.reasons.values()) - sum(count for _, count in shown)
        yield f"  and {rest:,} more for {counted(hidden, 'other reason')}"


def _failures(report: ImportReport, width: int) -> Iterator[str]:
    if not report.failures:
        return
    yield "Failed requests, the first of them"
    for failure in report.failures[:SHOWN_FAILURES]:
        yield from _fold(f"{failure.conversation_id}: {failure.reason}", width, "    ", "  ")
    hidden = len(report.failures) - SHOWN_FAILURES
    if hidden > 0:
        yield f"  and {hidden} more, all in the report of --json and --report"


def _files(report: ImportReport) -> Iterator[str]:
    for label, path in (("Ledger", report.ledger), ("Rejects", report.rejects)):
        if path:
            yield f"{label:{LABEL}}{printable(path)}"


def _steps(
    report: ImportReport, command: str, rejects_command: str | None, width: int
) -> Iterator[str]:
    commands = {
        NextCommand.SAME_AGAIN: command,
        NextCommand.IMPORT_REJECTS: rejects_command,
        NextCommand.WRITE_REJECTS: f"asapp-conversations rejects {shlex.quote(report.ledger or '')}",
    }
    yield "What now"
    for step in next_steps(report):
        yield from _fold(step.text, width, "  ")
        if step.command and (line := commands[step.command]):
            yield f"    {printable(line)}"
