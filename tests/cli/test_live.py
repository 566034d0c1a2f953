"""What a person sees while an import runs."""

from __future__ import annotations

import io
import os
import select
from collections.abc import Iterator
from contextlib import suppress

import pytest
from asapp_conversations.toolkit import SERVERS, Clock
from asapp_conversations_importer import ImportReport, PacedBy, Phase, StoppedBy
from asapp_conversations_importer.cli.live import (
    LINE_EVERY,
    LINE_EVERY_IN_PAUSE,
    Speed,
    View,
    table,
)
from attrs import evolve
from rich.console import Console

HIDE_CURSOR, SHOW_CURSOR = b"\x1b[?25l", b"\x1b[?25h"


@pytest.fixture
def clock(noon: float) -> Clock:
    """A clock that stands still at noon."""
    return Clock(time=lambda: noon)


def drawn(report: ImportReport, speed: Speed, now: float, width: int) -> list[str]:
    """The display as lines of text."""
    console = Console(file=io.StringIO(), width=width, color_system=None)
    with console.capture() as capture:
        console.print(table(report, speed, now, width))
    return [line.rstrip() for line in capture.get().splitlines()]


def later(report: ImportReport, seconds: float) -> ImportReport:
    """The report after so many seconds at 98 requests and 2,156 messages a second."""
    return evolve(
        report,
        elapsed_s=report.elapsed_s + seconds,
        stored=report.stored + round(2_156 * seconds),
        unsent=report.unsent - round(2_156 * seconds),
        requests=report.requests + round(98 * seconds),
    )


def moving(report: ImportReport) -> Speed:
    """A speed that knows how fast the run before this report was."""
    speed = Speed()
    speed.note(later(report, -10))
    speed.note(report)
    return speed


WIDE = """\
To        ASAPP's production, api.asapp.com
Done      60 %, 602,900 of 1,002,000 messages
Trouble   2,000 rejected, 300 in doubt
Sent      25,000 requests, 512 of them sent again
Today     30,000 of 50,000 requests
Speed     2,156 messages/s, 98 requests/s
Left      about 19,955 requests, about 3 min 24 s"""

NARROW = """\
To        ASAPP's production
          api.asapp.com
Done      60 %
          602,900 of 1,002,000 messages
Trouble   2,000 rejected
          300 in doubt
Sent      25,000 requests
          512 of them sent again
Today     30,000 of 50,000 requests
Speed     2,156 messages/s
          98 requests/s
Left      about 19,955 requests
          about 3 min 24 s"""


LINES = """\
Reading. Read: 7 records, 0 rejected
Sending. Done: 60 %, 602,900 of 1,002,000 messages. Trouble: 2,000 rejected, 300 in doubt. \
Sent: 25,000 requests, 512 of them sent again. Today: 30,000 of 50,000 requests. \
Speed: not known yet. Left: about 19,955 requests, on 1 UTC day
Sending. Done: 61 %, 613,680 of 1,002,000 messages. Trouble: 2,000 rejected, 300 in doubt. \
Sent: 25,490 requests, 512 of them sent again. Today: 30,000 of 50,000 requests. \
Speed: 2,156 messages/s, 98 requests/s. Left: about 19,416 requests, about 3 min 18 s
Ended. Done: 61 %, 614,219 of 1,002,000 messages. Trouble: 2,000 rejected, 300 in doubt. \
Sent: 25,514 requests, 512 of them sent again. Today: 30,000 of 50,000 requests
"""


@pytest.mark.parametrize("paced_by", PacedBy)
def test_pace_and_why(sending: ImportReport, noon: float, paced_by: PacedBy) -> None:
    """The pace is told with its reason and with what is refused, whatever holds it."""
    report = evolve(sending, pace=87.25, paced_by=paced_by, answers={"200": 49, "429": 1})
    (line,) = (each for each in drawn(report, Speed(), noon, 80) if each.startswith("Pace"))
    assert line.startswith("Pace      at most 87.2 requests/s, ")
    assert line.endswith(", 2 % refused")
    unlimited = drawn(evolve(report, pace=None), Speed(), noon, 80)
    assert not any("at most" in each for each in unlimited)


@pytest.mark.parametrize(("width", "facts"), [(80, WIDE), (40, NARROW)])
def test_display_while_sending(sending: ImportReport, noon: float, width: int, facts: str) -> None:
    """The display fits a wide and a narrow terminal: what is done, what went wrong, what is left."""
    report = evolve(sending, base_url=SERVERS["production"])
    bar, *lines = drawn(report, moving(report), noon, width)
    assert "\n".join(lines) == facts
    assert bar.startswith("Sending   ━")
    assert len(bar) <= width


def test_days_left(sending: ImportReport, noon: float) -> None:
    """When today's quota is too small the days of sending are told, and when it is over."""
    report = evolve(sending, requests_today=49_000)
    left = "about 19,955 requests, about 12 h 3 min, on 2 UTC days"
    assert drawn(report, moving(report), noon, 80)[-1] == f"Left      {left}"


def test_rates_that_are_not_known(sending: ImportReport, noon: float) -> None:
    """Before there is a rate the display says so; the days follow from the limit alone."""
    *_, speed, left = drawn(sending, Speed(), noon, 80)
    assert speed == "Speed     not known yet"
    assert left == "Left      about 19,955 requests, on 1 UTC day"
    unlimited = evolve(sending, daily_limit=None)
    *_, sent, _, left = drawn(unlimited, Speed(), noon, 80)
    assert sent == "Sent      25,000 requests, 512 of them sent again"
    assert left == "Left      about 19,955 requests"
    assert drawn(evolve(sending, least_requests=None), Speed(), noon, 80)[-1] == (
        "Left      not known yet"
    )


def test_display_keeps_its_height(sending: ImportReport, noon: float) -> None:
    """Learning the rate does not move the lines about."""
    before, after = drawn(sending, Speed(), noon, 80), drawn(sending, moving(sending), noon, 80)
    assert len(before) == len(after)


def test_odd_times(sending: ImportReport, noon: float) -> None:
    """Times that somebody should look at are counted as long as it sends."""
    report = evolve(sending, odd_times={"before_1990": 2})
    assert "Times     2 messages before 1990" in drawn(report, Speed(), noon, 80)


def test_display_while_reading(sending: ImportReport, noon: float) -> None:
    """While the source is read there is no whole yet, only what was found."""
    report = evolve(sending, phase=Phase.READING)
    bar, line = drawn(report, Speed(), noon, 80)
    assert bar.startswith("Reading   ━")
    assert line == "Read      1,002,000 records, 2,000 rejected"


def test_display_in_a_pause(sending: ImportReport, noon: float) -> None:
    """In a pause its end takes the place of the speed; the rest goes on at the speed of before."""
    speed = moving(sending)
    report = evolve(
        sending, phase=Phase.PAUSED, resume_at="2026-11-25T00:00:00Z", requests_today=50_000
    )
    speed.note(report)
    *_, until, left = drawn(report, speed, noon, 80)
    assert until == "Until     2026-11-25 00:00 UTC"
    assert left == "Left      about 19,955 requests, about 12 h 3 min"
    endless = evolve(report, resume_at=None)
    assert drawn(endless, speed, noon, 80)[-2] == "Until     not known"


def test_display_while_stopping(sending: ImportReport, noon: float) -> None:
    """Once a stop is known, the display says that the run comes to its end."""
    report = evolve(sending, stopped_by=StoppedBy.INTERRUPT)
    assert drawn(report, Speed(), noon, 80)[0].startswith("Stopping  ")


@pytest.mark.parametrize("width", [1, 10, 20])
def test_tiny_terminal(sending: ImportReport, noon: float, width: int) -> None:
    """A terminal too small for the display is not overrun."""
    assert max(map(len, drawn(sending, Speed(), noon, width))) <= width


def test_speed_is_of_the_last_seconds(sending: ImportReport) -> None:
    """What was long ago does not count, and a pause begins the measurement anew."""
    speed = Speed()
    start = evolve(sending, elapsed_s=0.0, requests=0)
    for second in range(61):
        fast = max(second - 50, 0)
        speed.note(evolve(start, elapsed_s=float(second), requests=second + 99 * fast))
    assert speed.requests == 100
    speed.note(evolve(start, phase=Phase.PAUSED, elapsed_s=3_600.0))
    assert speed.requests == 100
    speed.note(evolve(start, elapsed_s=3_600.0, requests=1_050))
    speed.note(evolve(start, elapsed_s=3_602.0, requests=1_060))
    assert speed.requests == 5


def test_speed_after_a_silence(sending: ImportReport) -> None:
    """When reports come far apart, as after a machine has slept, the last two count."""
    speed = Speed()
    for seconds, requests in ((0.0, 0), (50.0, 100), (100.0, 600)):
        speed.note(evolve(sending, elapsed_s=seconds, requests=requests))
    assert speed.requests == 10


def test_lines_where_there_is_no_terminal(sending: ImportReport, clock: Clock) -> None:
    """A line comes at once, every few seconds, when the phase changes, and at the end."""
    file = io.StringIO()
    with View(file, clock=clock) as view:
        view.show(ImportReport(records=7))
        view.show(ImportReport(records=8, elapsed_s=LINE_EVERY - 1))
        start = evolve(sending, elapsed_s=LINE_EVERY - 1)
        view.show(start)
        view.show(later(start, LINE_EVERY - 0.25))
        view.show(later(start, LINE_EVERY))
        view.show(evolve(later(start, LINE_EVERY + 0.25), phase=Phase.ENDED))
    assert file.getvalue() == LINES


def test_few_lines_in_a_pause(sending: ImportReport, clock: Clock) -> None:
    """A pause of hours does not fill a log."""
    file = io.StringIO()
    with View(file, clock=clock) as view:
        for second in range(2 * int(LINE_EVERY_IN_PAUSE)):
            view.show(evolve(sending, phase=Phase.PAUSED, elapsed_s=float(second)))
    assert len(file.getvalue().splitlines()) == 2


class Terminal(io.StringIO):
    """A terminal that has gone away."""

    def isatty(self) -> bool:
        return True

    def write(self, text: str) -> int:
        raise BrokenPipeError


class ClosedPipe(Terminal):
    """A pipe that nobody reads any more."""

    def isatty(self) -> bool:
        return False


@pytest.mark.parametrize("file", [Terminal(), ClosedPipe()])
def test_reader_that_went_away(sending: ImportReport, clock: Clock, file: io.StringIO) -> None:
    """When nobody can see it any more, the view ends and the import does not."""
    done = []
    with View(file, clock=clock) as view:
        for _ in range(2):
            view.show(sending)
        done.append("all")
    assert done == ["all"]


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[int, io.TextIOWrapper]]:
    """A pseudo-terminal: where its screen is read, and the file that writes to it."""
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "80")
    screen, device = os.openpty()
    file = os.fdopen(device, "w", encoding="utf-8")
    yield screen, file
    for close in (file.close, lambda: os.close(screen)):
        with suppress(OSError):
            close()


def seen(screen: int) -> bytes:
    """All that has been written to the terminal so far."""
    content = b""
    while select.select([screen], [], [], 0)[0]:
        content += os.read(screen, 65_536)
    return content


def test_terminal_is_given_back(
    sending: ImportReport, clock: Clock, terminal: tuple[int, io.TextIOWrapper]
) -> None:
    """The display draws over itself and is gone at the end, the cursor shown, even on an error."""
    screen, file = terminal

    def fail() -> None:
        with View(file, clock=clock) as view:
            view.show(sending)
            view.show(later(sending, 5))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    written = seen(screen)
    assert written.index(HIDE_CURSOR) < written.index(b"602,900") < written.index(b"613,680")
    assert written.index(b"613,680") < written.rindex(SHOW_CURSOR)
    erased = written[written.rindex(SHOW_CURSOR) :]
    assert b"messages" not in erased
    assert erased.count(b"\x1b[2K") >= 6


@pytest.mark.parametrize("shows", [0, 1])
def test_terminal_that_is_closed(
    sending: ImportReport, clock: Clock, terminal: tuple[int, io.TextIOWrapper], shows: int
) -> None:
    """A terminal window that is closed, before or after it began, does not end the import."""
    screen, file = terminal
    if not shows:
        os.close(screen)
    with View(file, clock=clock) as view:
        if shows:
            view.show(sending)
            os.close(screen)
        view.show(later(sending, 1))
    with pytest.raises(OSError, match="Input/output"):
        file.flush()


def test_dumb_terminal(
    sending: ImportReport,
    clock: Clock,
    terminal: tuple[int, io.TextIOWrapper],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A terminal that cannot move its cursor gets lines."""
    monkeypatch.setenv("TERM", "dumb")
    screen, file = terminal
    with View(file, clock=clock) as view:
        view.show(sending)
    assert seen(screen).startswith(b"Sending. Done: 60 %, ")


def test_quiet(sending: ImportReport, terminal: tuple[int, io.TextIOWrapper]) -> None:
    """Quiet is silent, on a terminal too."""
    screen, file = terminal
    with View(file, quiet=True) as view:
        view.show(sending)
    assert seen(screen) == b""
