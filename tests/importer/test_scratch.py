"""Folders that hold messages on disk."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from asapp_conversations_importer.reading import scratch
from asapp_conversations_importer.reading.scratch import (
    DATABASE,
    PREFIX,
    own_folder,
    remove_now,
    scratch_folder,
)


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The system's temporary folder, for this test alone."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_what_a_killed_run_left_is_removed(tmp_path: Path) -> None:
    """A folder of ours is emptied first and removed at the end."""
    path = tmp_path / "x.staging"
    path.mkdir()
    (path / DATABASE).write_text("a message")
    with own_folder(path):
        assert list(path.iterdir()) == []
        assert path.stat().st_mode & 0o777 == 0o700
    assert not path.exists()


@pytest.mark.parametrize("kind", ["folder", "file", "link", "dangling"])
def test_what_is_not_ours_is_kept(tmp_path: Path, kind: str) -> None:
    """A folder, a file or a link of the user's that has the name is neither removed nor emptied."""
    path, mine = tmp_path / "x.staging", tmp_path / "mine"
    mine.mkdir()
    (mine / DATABASE).write_text("mine")
    match kind:
        case "folder":
            path.mkdir()
            (path / "diary").write_text("mine")
        case "file":
            path.write_text("mine")
        case "link":
            path.symlink_to(mine)
        case "dangling":
            path.symlink_to(tmp_path / "nowhere")
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(FileExistsError, match="not ours"), own_folder(path):
        pass
    assert sorted(tmp_path.rglob("*")) == before


def test_scratch_folders_of_killed_runs(tmp_path: Path) -> None:
    """Those of runs at work, and what is no folder of ours, stay; the rest is removed."""
    left = tmp_path / f"{PREFIX}left"
    left.mkdir()
    for name in ("lock", "text"):
        (left / name).touch()
    (tmp_path / f"{PREFIX}other").mkdir()
    with scratch_folder() as first, scratch_folder() as second:
        assert {each.name for each in tmp_path.iterdir()} == {
            first.name,
            second.name,
            f"{PREFIX}other",
        }
    assert [each.name for each in tmp_path.iterdir()] == [f"{PREFIX}other"]


def test_folders_of_others_are_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What belongs to another user is not looked into."""
    left = tmp_path / f"{PREFIX}left"
    left.mkdir()
    (left / "lock").touch()
    monkeypatch.setattr(scratch.os, "getuid", lambda: left.stat().st_uid + 1)
    with scratch_folder():
        pass
    assert left.exists()


def test_a_process_that_ends_at_once(tmp_path: Path) -> None:
    """Whoever ends the process removes the folders before."""
    with own_folder(tmp_path / "x.staging") as path, scratch_folder() as other:
        remove_now()
        assert not path.exists()
        assert not other.exists()
