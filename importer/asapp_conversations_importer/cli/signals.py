"""What Ctrl-C, SIGTERM and SIGHUP do."""

from __future__ import annotations

import os
import select
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from asapp_conversations_importer import Interruption, StoppedBy

from ..reading.scratch import remove_now
from ..run import GRACE

HANGUP = getattr(signal, "SIGHUP", signal.SIGTERM)
"""The end of the terminal, where the system knows it."""

MEANINGS = {
    signal.SIGINT: (StoppedBy.INTERRUPT, 130),
    signal.SIGTERM: (StoppedBy.TERMINATION, 143),
    HANGUP: (StoppedBy.TERMINATION, 143),
}
"""What a signal asks for, and the exit status that it leads to; a hangup is an order to end."""

SHOW_CURSOR = "\x1b[?25h"

PATIENCE = GRACE + 5.0
"""Seconds after a signal in which a run ends by itself; a source that is silent can hold it up."""

LONGEST_WAIT = 0.25
"""Seconds for which an answer is waited for before signals are looked at."""


class Signals:
    """Asks a run to end at the first signal, and ends the process at the second one."""

    def __init__(self, interruption: Interruption) -> None:
        self._interruption = interruption
        self.patience: threading.Timer | None = None

    def handle(self, number: int, frame: FrameType | None) -> None:
        """Do what a signal asks for."""
        if self.patience:
            leave(number)
        else:
            self._interruption.request(MEANINGS[signal.Signals(number)][0])
            self.patience = threading.Timer(PATIENCE, leave, [number])
            self.patience.daemon = True
            self.patience.start()

    def answer(self) -> str:
        """The line that a person types in; nothing once a signal has come."""
        # Python hears of a signal that came just before a wait only when that is over.
        while not self.patience:
            if select.select([sys.stdin], [], [], LONGEST_WAIT)[0]:
                return sys.stdin.readline()
        return ""


@contextmanager
def interrupts(interruption: Interruption) -> Iterator[Signals]:
    """The first signal asks the run to end, the second one ends the process at once."""
    signals = Signals(interruption)
    with handled(signals.handle):
        try:
            yield signals
        finally:
            if signals.patience:
                signals.patience.cancel()


@contextmanager
def handled(handler: Callable[[int, FrameType | None], None]) -> Iterator[None]:
    """Meanwhile the handler is what each signal leads to."""
    before = {number: signal.signal(number, handler) for number in MEANINGS}
    if before[HANGUP] is signal.SIG_IGN:
        # What nohup ignores stays ignored.
        signal.signal(HANGUP, signal.SIG_IGN)
    try:
        yield
    finally:
        for number, old in before.items():
            signal.signal(number, old)


def end(number: int, frame: FrameType | None) -> None:
    """End in order: whatever is open clears up, and the exit status tells the signal."""
    raise SystemExit(MEANINGS[signal.Signals(number)][1])


def leave(number: int) -> None:
    """End at once; the ledger says what was on its way, and the next run asks about it."""
    remove_now()
    if sys.stderr.isatty():
        sys.stderr.write(SHOW_CURSOR)
        sys.stderr.flush()
    os._exit(MEANINGS[signal.Signals(number)][1])
