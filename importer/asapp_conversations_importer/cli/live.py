"""What a person sees while an import runs."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TextIO

from asapp_conversations.toolkit import Clock
from attrs import define, field
from rich.console import Console
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from asapp_conversations_importer import ImportReport, PacedBy, Phase

from .estimate import estimate_rest
from .wording import counted, duration, moment, per_second, percent

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
    PacedBy.CONCURRENCY: "held by --concurrency",
    PacedBy.FAILURES: "few at a time after failures",
    PacedBy.LIMIT: "one at a time, for none passes",
}

Show = Callable[[ImportReport], None]
Rows = list[tuple[str, list[str]]]


@define
class Speed:
    """How fast the last seconds were; the rates stay as they were through a pause.

    Attributes:
        messages: stored a second, or None as long as that is not known.
        requests: sent a second, or None as long as that is not known.
    """

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


@contextmanager
def shown(file: TextIO, *, quiet: bool = False, clock: Clock | None = None) -> Iterator[Show]:
    """A function that shows the report it is given, as often as it is given one.

    On a terminal it draws a display, which is gone at the end; elsewhere it writes a line every
    few seconds. A file that takes no more, such as a closed pipe, ends the view and not the import.

    Args:
        file: where it is shown; standard error, so that standard output stays for results.
        quiet: whether to show nothing.
        clock: where the time of day comes from.
    """
    time = (clock or Clock()).time
    if quiet:
        yield lambda report: None
    elif (
        file.isatty() and not (console := _Console(file=file, force_terminal=True)).is_dumb_terminal
    ):
        live = Live(console=console, auto_refresh=False, transient=True, redirect_stdout=False)
        live.start()
        try:
            yield _display(live, time)
        finally:
            with suppress(OSError):
                live.stop()
    else:
        yield _lines(file, time)


class _Console(Console):
    def on_broken_pipe(self) -> None:
        """Write no more; the base class would end the process."""
        self.quiet = True


def _display(live: Live, time: Callable[[], float]) -> Show:
    speed = Speed()

    def show(report: ImportReport) -> None:
        speed.note(report)
        with suppress(OSError):
            live.update(table(report, speed, time(), live.console.width), refresh=True)

    return show


def _lines(file: TextIO, time: Callable[[], float]) -> Show:
    speed = Speed()
    due, phase = 0.0, None

    def show(report: ImportReport) -> None:
        nonlocal due, phase
        speed.note(report)
        if report.phase is phase and report.elapsed_s < due:
            return
        every = LINE_EVERY_IN_PAUSE if report.phase is Phase.PAUSED else LINE_EVERY
        due, phase = report.elapsed_s + every, report.phase
        facts = [fact for _, facts in rows(report, speed, time()) for fact in facts]
        with suppress(OSError):
            file.write(f"{title(report)}: {', '.join(facts)}\n")
            file.flush()

    return show


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
    for label, facts in rows(report, speed, now):
        for line in facts if width < NARROW else [", ".join(facts)]:
            grid.add_row(label, Text(line))
            label = ""
    return grid


def title(report: ImportReport) -> str:
    """What it is doing, in a word."""
    ending = report.stopped_by is not None and report.phase is not Phase.ENDED
    return "Stopping" if ending else report.phase.value.capitalize()


def rows(report: ImportReport, speed: Speed, now: float) -> Rows:
    """The facts to show, by kind."""
    if report.phase is Phase.READING:
        rejected = sum(report.reasons.values())
        return [("Read", [counted(report.records, "record"), f"{rejected:,} rejected"])]
    share = percent(report.settled, report.messages)
    done = f"{report.settled:,} of {counted(report.messages, 'message')}"
    requests = [counted(report.requests, "request"), f"{report.retries:,} sent again"]
    if report.daily_limit is not None:
        left_today = max(report.daily_limit - report.requests_today, 0)
        requests.append(f"{left_today:,} left today")
    return [
        ("Done", [share, done]),
        ("Trouble", [f"{report.rejected:,} rejected", f"{report.in_doubt:,} in doubt"]),
        ("Requests", requests),
        *_pace(report),
        *([] if report.phase is Phase.ENDED else _when(report, speed, now)),
    ]


def _pace(report: ImportReport) -> Rows:
    if report.phase is not Phase.SENDING or report.paced_by is None:
        return []
    pace = [] if report.pace is None else [f"at most {report.pace:.3g} requests/s"]
    refused = f"{percent(report.refused, sum(report.answers.values()) or 1)} refused"
    return [("Pace", [*pace, _PACED_BY[report.paced_by], refused])]


def _when(report: ImportReport, speed: Speed, now: float) -> Rows:
    left = ("Left", _left(report, speed, now))
    if report.phase is Phase.PAUSED:
        return [("Until", [moment(report.resume_at) if report.resume_at else "not known"]), left]
    if speed.messages is None or speed.requests is None:
        words = ["speed not known yet"]
    else:
        words = [
            f"{per_second(speed.messages)} messages/s",
            f"{per_second(speed.requests)} requests/s",
        ]
    return [("Speed", words), left]


def _left(report: ImportReport, speed: Speed, now: float) -> list[str]:
    rest = estimate_rest(report, now=now, rate=speed.requests)
    if rest is None or rest.days is None:
        return ["time left not known yet"]
    days = f"sending on {counted(rest.days, 'UTC day')}"
    if rest.ends_at is None:
        return [days]
    left = f"about {duration(max(rest.ends_at - now, 0))} left"
    return [left, days] if rest.days > 1 else [left]
