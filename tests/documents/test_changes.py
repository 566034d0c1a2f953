"""Whatever ASAPP may publish either works whole or is refused in words, with nothing edited."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from changes import CHANGES, Change
from edited import ROOT, Edited
from verdicts import IN_PYTHON_ALONE, VERDICTS
from warm import Warm

pytest.importorskip("openapi_python_client", reason="needs the group `generate`")

from building import built
from python_changes import python_changes
from verdict import worst


@pytest.fixture(scope="session")
def released(warm: Warm, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The stubs over the committed client."""
    return warm.stubs(ROOT / "generated", tmp_path_factory.mktemp("released"))


def cases(*, quick: bool) -> list[object]:
    return [pytest.param(each, id=each.name) for each in CHANGES if each.quick is quick]


def try_change(folder: Path, change: Change, warm: Warm, released: Path) -> None:
    """Put the changed document in the place of the old one, generate, and use what comes out."""
    document = Edited()
    change.edit(document)
    left_out = built(folder, json.dumps(document.content).encode(), change.refused, warm)
    if left_out is None:
        return
    told = "".join(left_out.values())
    assert (change.left_out or "") in told
    assert (change.left_out is not None) is bool(left_out), told
    assert warm.exercise(folder / "generated", change.name) == []
    in_python = worst(python_changes(released, warm.stubs(folder / "generated", folder / "stubs")))
    verdict = VERDICTS[change.name]
    assert max(in_python, IN_PYTHON_ALONE.get(change.name, verdict)) == verdict


@pytest.mark.parametrize("change", cases(quick=True))
def test_changes(tmp_path: Path, warm: Warm, released: Path, change: Change) -> None:
    """A few changes of each kind."""
    try_change(tmp_path, change, warm, released)


@pytest.mark.wide
@pytest.mark.parametrize("change", cases(quick=False))
def test_more_changes(tmp_path: Path, warm: Warm, released: Path, change: Change) -> None:
    """All the others."""
    try_change(tmp_path, change, warm, released)
