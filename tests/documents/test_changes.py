"""Whatever ASAPP may publish either works whole or is refused in words, with nothing edited."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from changes import CHANGES, Change
from edited import ROOT, Edited
from verdicts import IN_PYTHON_ALONE, VERDICTS

pytest.importorskip("openapi_python_client", reason="needs the group `generate`")

from api_stubs import write_stubs
from python_changes import python_changes
from verdict import worst

EXERCISE = Path(__file__).with_name("exercise.py")


def cases(*, quick: bool) -> list[object]:
    return [pytest.param(each, id=each.name) for each in CHANGES if each.quick is quick]


def regenerate(folder: Path, change: Change) -> subprocess.CompletedProcess[str]:
    """Put the changed document in the place of the old one, and generate."""
    shutil.copy(ROOT / "generator-config.yml", folder)
    document = Edited()
    change.edit(document)
    (folder / "openapi.yaml").write_text(json.dumps(document.content), encoding="utf-8")
    command = [sys.executable, str(ROOT / "tools" / "regenerate.py"), "generate"]
    return subprocess.run(
        [*command, "--root", str(folder)], capture_output=True, text=True, check=False
    )


def stubs_over(client: Path, output: Path) -> Path:
    """What users see of the packages over a client."""
    write_stubs(output, [client, *(ROOT / name for name in ("overlay", "emulator", "importer"))])
    return output


@pytest.fixture(scope="session")
def released(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The stubs over the committed client."""
    return stubs_over(ROOT / "generated", tmp_path_factory.mktemp("released"))


def try_change(folder: Path, change: Change, released: Path) -> None:
    made = regenerate(folder, change)
    if change.refused is not None:
        assert change.refused in made.stderr
        assert made.stderr.startswith("openapi.yaml: ")
        assert made.returncode == 1
        assert not [*folder.glob("generated/*")]
        return
    assert made.returncode == 0, made.stderr
    assert ("left out" in made.stderr) is (change.left_out is not None), made.stderr
    assert (change.left_out or "") in made.stderr
    arguments = [str(EXERCISE), str(folder / "generated"), str(ROOT), change.name]
    used = subprocess.run([sys.executable, *arguments], capture_output=True, text=True, check=False)
    assert (used.stdout, used.returncode) == ("", 0), used.stderr[-2000:]
    in_python = worst(python_changes(released, stubs_over(folder / "generated", folder / "stubs")))
    verdict = VERDICTS[change.name]
    assert max(in_python, IN_PYTHON_ALONE.get(change.name, verdict)) == verdict


@pytest.mark.parametrize("change", cases(quick=True))
def test_changes(tmp_path: Path, change: Change, released: Path) -> None:
    """A few changes of each kind."""
    try_change(tmp_path, change, released)


@pytest.mark.wide
@pytest.mark.parametrize("change", cases(quick=False))
def test_more_changes(tmp_path: Path, change: Change, released: Path) -> None:
    """All the others."""
    try_change(tmp_path, change, released)
