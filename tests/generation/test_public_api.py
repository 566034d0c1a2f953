"""What users see is kept in the repository, and a break that the version hides is told."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

pytest.importorskip("openapi_python_client", reason="needs the group `generate`")

from public_api import RECORD, judge, record_changes
from verdict import Verdict, worst

LINES = {
    path.name: path.read_text(encoding="utf-8").splitlines()
    for path in sorted(RECORD.iterdir())
    if path.is_file() and path.suffix != ".pyi" and path.name != "release.txt"
}
STUBS = {path.name: path.read_text(encoding="utf-8") for path in sorted(RECORD.glob("*.pyi"))}


@pytest.fixture
def changed(tmp_path: Path) -> Path:
    """A copy of the record, to be changed."""
    return Path(shutil.copytree(RECORD, tmp_path / "api"))


def test_record_is_no_change_of_itself(changed: Path) -> None:
    assert record_changes(RECORD, changed) == []


@pytest.mark.parametrize("name", LINES)
def test_each_line_counts(changed: Path, name: str) -> None:
    """A command, an option, a key, a table: gone it is a break, new it is not."""
    (changed / name).write_text("\n".join([*LINES[name][1:], "something new"]) + "\n")
    found = record_changes(RECORD, changed)
    assert {(each.kind, each.subject) for each in found} == {("removed", name), ("added", name)}
    assert LINES[name][0] in [each.what for each in found]
    assert worst(found) is Verdict.MAJOR
    assert worst(record_changes(changed, changed)) is Verdict.NONE
    (changed / name).write_text("\n".join([*LINES[name], "something new"]) + "\n")
    assert worst(record_changes(RECORD, changed)) is Verdict.MINOR
    (changed / name).unlink()
    assert worst(record_changes(RECORD, changed)) is Verdict.MAJOR


@pytest.mark.parametrize("name", STUBS)
def test_each_name_of_python_counts(changed: Path, name: str) -> None:
    """The first thing that a module declares is missed, and so is the module."""
    text = STUBS[name]
    declared = text[text.index("__all__ = [") :].split('"')[1]
    (changed / name).write_text(text.replace(declared, "another_name"))
    assert worst(record_changes(RECORD, changed)) is Verdict.MAJOR
    (changed / name).unlink()
    assert worst(record_changes(RECORD, changed)) is Verdict.MAJOR


@pytest.mark.parametrize(
    ("version", "good"), [("1.2.3", False), ("1.2.4", False), ("1.3.0", False), ("2.0.0", True)]
)
def test_version_has_to_announce_a_break(changed: Path, version: str, good: bool) -> None:
    name = next(iter(LINES))
    (changed / name).write_text("")
    announced, words = judge(record_changes(RECORD, changed), "1.2.3", version)
    assert announced is good
    assert version in words


def test_nothing_needs_no_version() -> None:
    assert judge([], "1.2.3", "1.2.3")[0]
