"""Who is asked before an import into production."""

from __future__ import annotations

import sys
from typing import Any

import pytest
from asapp_conversations_importer import ImportReport
from asapp_conversations_importer.cli.app import asking
from attrs import evolve


class Terminal:
    """Somebody sits at it."""

    def isatty(self) -> bool:
        return True


def test_nobody_is_asked_about_another_place(
    monkeypatch: pytest.MonkeyPatch, sending: ImportReport
) -> None:
    """An import that does not go to production goes on without a question."""
    nothing: Any = None
    for name in ("stdin", "stderr"):
        monkeypatch.setattr(sys, name, Terminal())
    confirm = asking(nothing, nothing)
    assert confirm is not None
    assert confirm(evolve(sending, base_url="http://127.0.0.1:9"))
    monkeypatch.setattr(sys, "stdin", None)
    assert asking(nothing, nothing) is None
