"""What Ctrl-C does, and puts back."""

from __future__ import annotations

import os
import signal
import sys

import pytest
from asapp_conversations_importer import Interruption, StoppedBy
from asapp_conversations_importer.cli.signals import SHOW_CURSOR, interrupts, leave


def test_first_signal_asks(capsys: pytest.CaptureFixture[str]) -> None:
    """The first signal asks the run to end; afterwards signals do what they did before."""
    before = signal.getsignal(signal.SIGINT)
    interruption = Interruption()
    with interrupts(interruption):
        signal.raise_signal(signal.SIGTERM)
    assert interruption.by is StoppedBy.TERMINATION
    assert signal.getsignal(signal.SIGINT) is before


def test_second_signal_leaves(monkeypatch: pytest.MonkeyPatch) -> None:
    """The second signal ends the process with the status of that signal."""
    left: list[int] = []
    monkeypatch.setattr(os, "_exit", left.append)
    with interrupts(Interruption()):
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGTERM)
    assert left == [143]


@pytest.mark.parametrize("terminal", [True, False])
def test_leaving_shows_the_cursor(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], terminal: bool
) -> None:
    """A terminal gets its cursor back; a file gets no escape."""
    monkeypatch.setattr(os, "_exit", lambda status: None)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: terminal)
    leave(signal.SIGINT)
    assert capsys.readouterr().err == (SHOW_CURSOR if terminal else "")
