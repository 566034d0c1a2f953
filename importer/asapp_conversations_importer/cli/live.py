"""What a person sees while an import runs."""

from __future__ import annotations

from collections import deque
from contextlib import AbstractContextManager, suppress
from typing import TextIO

from asapp_conversations.toolkit import Clock, counted
from attrs import define, field
from rich.console import Console
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from asapp_conversations_importer import ImportReport, PacedBy, Phase

from .account import known
from .accounts import left, sent
from .wording import moment, odd_times, per_second, percent, place, printable

WINDOW = 10.0
"""Seconds that a rate is measured over."""

LINE_EVERY = 5.0
"""Seconds between two lines where there is no terminal."""

LINE_EVERY_IN_PAUSE = 600.0
"""The same while a pause is slept through, which can take hours."""

NARROW = 60
"""With fewer columns than this, each fact has a line of its own."""

LABEL = 8

_PACED_BY = {
    PacedBy.CEILING: "as --rate allows",
    PacedBy.REFUSALS: "lowered by refusals",
    PacedBy.CONCURRENCY: "as fast as ASAPP answers",
    PacedBy.FAILURES: "few at a time after failures",
    PacedBy.LIMIT: "one at a time, for none passes",
}


@define
class Speed:
    """How many messages were stored and requests sent a second; they stay through a pause."""

    messages: float | None = None
    requests: float | None = None
    _points: deque[tuple[float, int, int]] = field(factory=deque)

    def note(self, report: ImportReport) -> None:
        """Take in how far it has come."""
        points = self._points
        if report.phase is not Phase.SENDING:
            points.clear()
            return
        points.append((report.elapsed_s, report.stored + report.already_stored, report.requests))
        while len(points) > 1 and report.elapsed_s - points[1][0] >= WINDOW:
            points.popleft()
        seconds, messages, requests = (
            last - first for first, last in zip(points[0], points[-1], strict=True)
        )
        if seconds > 0:
            self.messages, self.requests = messages / seconds, requests / seconds


class View(AbstractContextManager["View"]):
    """Shows the report it is given, as often as it is given one; a context manager.

    On a terminal it draws a display, which is gone at the end; elsewhere it writes a line every
    few seconds. A file that takes no more, such as a closed pipe, ends the view and not the import.
    """

    def __init__(self, file: TextIO, *, quiet: bool = False, clock: Clock | None = None) -> None:
        self._file = file
        self._quiet = quiet
        self._time = (clock or Clock()).time
        self._speed = Speed()
        self._due = 0.0
        self._phase: Phase | None = None
        console = _Console(file=file, force_terminal=True)
        self._draws = file.isatty() and not console.is_dumb_terminal
        self._live = Live(
            console=console, auto_refresh=False, transient=True, redirect_stdout=False
        )

    def __exit__(self, *_: object) -> None:
        self.clear()

    def clear(self) -> None:
        """Give the terminal back, until there is more to show."""
        with suppress(OSError):
            self._live.stop()

    def show(self, report: ImportReport) -> None:
        """Show how far it is."""
        self._speed.note(report)
        if self._quiet:
            return
        with suppress(OSError):
            if self._draws:
                self._live.start()
                width = self._live.console.width
                self._live.update(table(report, self._speed, self._time(), width), refresh=True)
            elif report.phase is not self._phase or report.elapsed_s >= self._due:
                every = LINE_EVERY_IN_PAUSE if report.phase is Phase.PAUSED else LINE_EVERY
                self._due, self._phase = report.elapsed_s + every, report.phase
                facts = rows(report, self._speed, self._time()).items()
                told = [f"{label}: {', '.join(words)}" for label, words in facts]
                self._file.write(printable(". ".join([title(report), *told])) + "\n")
                self._file.flush()


class _Console(Console):
    def on_broken_pipe(self) -> None:
        """Write no more; the base class would end the process."""
        self.quiet = True


def table(report: ImportReport, speed: Speed, now: float, width: int) -> Table:
    """The display, for so many columns."""
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(no_wrap=True, style="bold", width=LABEL)
    grid.add_column(no_wrap=True, overflow="ellipsis")
    bar = ProgressBar(
        total=max(report.messages, 1),
        completed=report.settled,
        width=min(max(width - LABEL - 3, 1), 60),
        pulse=report.phase is Phase.READING,
        animation_time=report.elapsed_s,
    )
    grid.add_row(title(report), bar)
    for label, facts in rows(report, speed, now).items():
        for fact in facts if width < NARROW else [", ".join(facts)]:
            grid.add_row(label, Text(printable(fact)))
            label = ""
    return grid


def title(report: ImportReport) -> str:
    """What it is doing, in a word."""
    ending = report.stopped_by is not None and report.phase is not Phase.ENDED
    return "Stopping" if ending else report.phase.value.capitalize()


def rows(report: ImportReport, speed: Speed, now: float) -> dict[str, list[str]]:
    """The facts to show: what was found while it reads, what is left until it has ended."""
    facts = {"To": place(report.base_url).split(", ")}
    if report.phase is Phase.READING:
        rejected = f"{sum(report.reasons.values()):,} rejected"
        return known(facts | {"Read": [counted(report.records, "record"), rejected]})
    done = f"{report.settled:,} of {counted(report.messages, 'message')}"
    facts |= {
        "Done": [percent(report.settled, report.messages), done],
        "Times": odd_times(report.odd_times),
        "Trouble": [f"{report.rejected:,} rejected", f"{report.in_doubt:,} in doubt"],
        **sent(report),
    }
    if report.phase is Phase.PAUSED:
        facts["Until"] = [moment(report.resume_at) if report.resume_at else "not known"]
    elif report.phase is Phase.SENDING and report.paced_by:
        pace = "" if report.pace is None else f"at most {report.pace:.3g} requests/s"
        refused = f"{percent(report.refused, sum(report.answers.values()) or 1)} refused"
        facts["Pace"] = [pace, _PACED_BY[report.paced_by], refused]
    if report.phase is Phase.SENDING:
        rates = {"messages/s": speed.messages, "requests/s": speed.requests}
        fast = [f"{per_second(rate)} {unit}" for unit, rate in rates.items() if rate is not None]
        facts["Speed"] = fast or ["not known yet"]
    if report.phase is not Phase.ENDED:
        facts["Left"] = left(report, now, speed.requests) or ["not known yet"]
    return known(facts)
