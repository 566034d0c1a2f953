"""What Ctrl-C, SIGTERM and SIGHUP do."""

from __future__ import annotations

import os
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
    signal.SIGINT: StoppedBy.INTERRUPT,
    signal.SIGTERM: StoppedBy.TERMINATION,
    HANGUP: StoppedBy.TERMINATION,
}

SHOW_CURSOR = "\x1b[?25h"

PATIENCE = GRACE + 5.0
"""Seconds after a signal in which a run ends by itself; a source that is silent can hold it up."""


class Signals:
    """Asks a run to end at the first signal, and ends the process at the second one.

    Args:
        interruption: what asks the run.
    """

    def __init__(self, interruption: Interruption) -> None:
        self._interruption = interruption
        self._raises = False
        self._patience: threading.Timer | None = None

    def handle(self, number: int, frame: FrameType | None) -> None:
        """Do what a signal asks for."""
        if self._patience:
            leave(number)
        else:
            self._interruption.request(MEANINGS[signal.Signals(number)])
            self._patience = threading.Timer(PATIENCE, leave, [number])
            self._patience.daemon = True
            self._patience.start()
        if self._raises:
            raise KeyboardInterrupt

    def ended(self) -> None:
        """Take note that the run has ended by itself."""
        if self._patience:
            self._patience.cancel()

    @contextmanager
    def raised(self) -> Iterator[None]:
        """Meanwhile a signal is a KeyboardInterrupt as well: nobody answers a question any more."""
        self._raises = True
        try:
            yield
        finally:
            self._raises = False


@contextmanager
def interrupts(interruption: Interruption) -> Iterator[Signals]:
    """The first signal asks the run to end, the second one ends the process at once."""
    signals = Signals(interruption)
    with _handled(signals.handle):
        try:
            yield signals
        finally:
            signals.ended()


@contextmanager
def ends_in_order() -> Iterator[None]:
    """Meanwhile whatever ends the process lets it clear up, and is told by its exit status."""

    def end(number: int, frame: FrameType | None) -> None:
        raise SystemExit(status_of(number))

    with _handled(end):
        yield


@contextmanager
def _handled(handler: Callable[[int, FrameType | None], None]) -> Iterator[None]:
    before = {number: signal.signal(number, handler) for number in MEANINGS}
    if before[HANGUP] is signal.SIG_IGN:
        # What nohup ignores stays ignored.
        signal.signal(HANGUP, signal.SIG_IGN)
    try:
        yield
    finally:
        for number, old in before.items():
            signal.signal(number, old)


def status_of(number: int) -> int:
    """The exit status that a signal leads to; the end of a terminal is an order to end."""
    return 130 if MEANINGS[signal.Signals(number)] is StoppedBy.INTERRUPT else 143


def leave(number: int) -> None:
    """End at once; the ledger says what was on its way, and the next run asks about it."""
    remove_now()
    if sys.stderr.isatty():
        sys.stderr.write(SHOW_CURSOR)
        sys.stderr.flush()
    os._exit(status_of(number))
