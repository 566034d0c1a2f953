"""What Ctrl-C and SIGTERM do to an import."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from asapp_conversations_importer import Interruption, StoppedBy

MEANINGS = {signal.SIGINT: StoppedBy.INTERRUPT, signal.SIGTERM: StoppedBy.TERMINATION}
SHOW_CURSOR = "\x1b[?25h"


@contextmanager
def interrupts(interruption: Interruption) -> Iterator[None]:
    """The first signal asks the run to end, the second one ends the process at once."""

    def handle(number: int, frame: FrameType | None) -> None:
        if interruption.by is not None:
            leave(number)
        interruption.request(MEANINGS[signal.Signals(number)])

    before = {number: signal.signal(number, handle) for number in MEANINGS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def leave(number: int) -> None:
    """End at once; the ledger says what was on its way, and the next run asks about it."""
    if sys.stderr.isatty():
        sys.stderr.write(SHOW_CURSOR)
        sys.stderr.flush()
    os._exit(128 + number)
