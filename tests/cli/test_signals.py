"""What Ctrl-C does, and puts back."""

from __future__ import annotations

import os
import select
import signal
import sys
from typing import Any

import pytest
from asapp_conversations_importer import Interruption, StoppedBy
from asapp_conversations_importer.cli.signals import LONGEST_WAIT, SHOW_CURSOR, interrupts, leave


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


def test_a_signal_ends_the_wait_for_an_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """A signal counts as no, whether it comes before the wait or as it begins."""
    reader, writer = os.pipe()
    with os.fdopen(reader) as silent:
        monkeypatch.setattr(sys, "stdin", silent)
        with interrupts(Interruption()) as signals:
            signal.raise_signal(signal.SIGINT)
            assert signals.answer() == ""
        with interrupts(Interruption()) as signals:

            def wait(*arguments: Any) -> Any:
                # The system has told Python of the signal, which looks at it once the wait is over.
                assert arguments[3] <= LONGEST_WAIT
                signal.raise_signal(signal.SIGINT)
                return [], [], []

            monkeypatch.setattr(select, "select", wait)
            assert signals.answer() == ""
    os.close(writer)


def test_an_answer_is_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is typed in is the answer, and so is the end of the input."""
    reader, writer = os.pipe()
    with os.fdopen(reader) as typed, interrupts(Interruption()) as signals:
        monkeypatch.setattr(sys, "stdin", typed)
        os.write(writer, b"yes\n")
        assert signals.answer() == "yes\n"
        os.close(writer)
        assert signals.answer() == ""


@pytest.mark.parametrize("terminal", [True, False])
def test_leaving_shows_the_cursor(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], terminal: bool
) -> None:
    """A terminal gets its cursor back; a file gets no escape."""
    monkeypatch.setattr(os, "_exit", lambda status: None)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: terminal)
    leave(signal.SIGINT)
    assert capsys.readouterr().err == (SHOW_CURSOR if terminal else "")
