"""How a running import is asked to end."""

from __future__ import annotations

from collections.abc import Callable

from .sending.stops import StoppedBy


class Interruption:
    """Asks a running import to end: what is on its way is answered, the rest waits.

    `request` may be called from a signal handler or from another thread.

    Attributes:
        by: the reason of the first request; None as long as there was none.
    """

    def __init__(self) -> None:
        self.by: StoppedBy | None = None
        self._listener: Callable[[StoppedBy], object] | None = None

    def request(self, by: StoppedBy = StoppedBy.INTERRUPT) -> None:
        """Ask for the end of the run."""
        if self.by is None:
            self.by = by
            if self._listener:
                self._listener(by)

    def listen(self, listener: Callable[[StoppedBy], object]) -> None:
        """Have `listener` called when it is asked for, at once if it was."""
        self._listener = listener
        if self.by:
            listener(self.by)
