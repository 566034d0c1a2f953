"""The generated client is exactly what the document and the configuration make."""

from __future__ import annotations

import ctypes
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from asapp_conversations_client.facts import DOCUMENT_VERSION

ROOT = Path(__file__).resolve().parents[2]
SCRIPT, UPDATE = (ROOT / "tools" / name for name in ("regenerate.py", "update_document.py"))

pytest.importorskip("openapi_python_client", reason="needs the group `generate`")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the inputs and of the committed client."""
    for name in ("openapi.yaml", "generator-config.yml"):
        shutil.copy(ROOT / name, tmp_path)
    shutil.copytree(ROOT / "generated", tmp_path / "generated")
    return tmp_path


def regenerate(action: str, project: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(SCRIPT), action, "--root", str(project)],
        capture_output=True,
        text=True,
        check=False,
    )


def client(project: Path) -> Path:
    return project / "generated" / "asapp_conversations_client"


def snapshot(project: Path) -> dict[str, bytes]:
    return {
        path.relative_to(project).as_posix(): path.read_bytes()
        for path in (project / "generated").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def test_committed_tree_passes(project: Path) -> None:
    """The committed client is what its inputs generate, and checking changes nothing."""
    before = snapshot(project)
    assert regenerate("check", project).returncode == 0
    assert snapshot(project) == before


def test_each_difference_is_named(project: Path) -> None:
    """An edited, a missing and an orphaned file each fail, with the command to run."""
    (client(project) / "models" / "sender.py").write_text("edited\n")
    (client(project) / "types.py").unlink()
    (client(project) / "models" / "old.py").write_text("orphan\n")
    result = regenerate("check", project)
    assert result.returncode == 1
    assert "edited or out of date: models/sender.py" in result.stderr
    assert "missing: types.py" in result.stderr
    assert "orphaned: models/old.py" in result.stderr
    assert "nox -s generate" in result.stderr


def test_generate_restores_the_tree_whole(project: Path) -> None:
    """Generating swaps the whole tree: edits and orphans are gone, the bytes are the same."""
    committed = snapshot(project)
    (client(project) / "models" / "sender.py").write_text("edited\n")
    (client(project) / "models" / "old.py").write_text("orphan\n")
    assert regenerate("generate", project).returncode == 0
    assert snapshot(project) == committed


@pytest.mark.parametrize(
    ("line", "named"),
    [
        ("class_overides: {}\n", "class_overides"),
        ("class_overrides: {X: {modul_name: x}}\n", "class_overrides.X.modul_name"),
        ("class_overrides: {Message: {class_name: X}}\n", "Message is given by its place"),
        ("class_overrides: {X: {class_name: Sender}}\n", "Sender is given by its place"),
        ("post_hooks: []\n", "post_hooks"),
        ("http_timeout: soon\n", "http_timeout"),
        ("http_timeout: 5\nhttp_timeout: 6\n", "duplicate key"),
        (
            "content_type_overrides: {application/nothing: application/json}\n",
            "application/nothing",
        ),
    ],
)
def test_configuration_that_does_nothing_is_refused(project: Path, line: str, named: str) -> None:
    """What the generator would ignore or cannot read is an error that names file and key."""
    before = snapshot(project)
    with (project / "generator-config.yml").open("a") as config:
        config.write(line)
    result = regenerate("generate", project)
    assert result.returncode == 1
    assert result.stderr.startswith("generator-config.yml: ")
    assert named in result.stderr
    assert snapshot(project) == before


def test_class_override_that_matches_nothing_is_refused(project: Path) -> None:
    """An override of a class that the document does not make proposes the one that it makes."""
    with (project / "generator-config.yml").open("a") as config:
        config.write("class_overrides: {MessageBatchRespons: {class_name: Something}}\n")
    result = regenerate("generate", project)
    assert result.returncode == 1
    assert "class_overrides.MessageBatchRespons matches nothing" in result.stderr
    assert "MessageBatchResponse?" in result.stderr


@pytest.mark.parametrize("document", ["openapi: [", "just a text", ""])
def test_broken_document_leaves_the_tree(project: Path, document: str) -> None:
    """A document that cannot be read fails with its name and leaves the old client."""
    before = snapshot(project)
    (project / "openapi.yaml").write_text(document)
    result = regenerate("generate", project)
    assert result.returncode == 1
    assert "openapi.yaml" in result.stderr
    assert snapshot(project) == before


def test_manifest_tells_document_and_tools(project: Path) -> None:
    """The manifest holds the document's version and the exact tools."""
    manifest = json.loads((client(project) / "manifest.json").read_text())
    assert manifest["document"]["version"] == DOCUMENT_VERSION
    assert manifest["tools"].keys() == {"openapi-python-client", "ruff"}
    assert {"openapi.json", "py.typed", "client.py", "contracts.py", "facts.py"} <= manifest[
        "files"
    ].keys()


def test_killed_regeneration_is_made_good(project: Path) -> None:
    """Killed between its last two steps it leaves the old client beside its place; the next run
    puts it back, even if that run is refused.
    """
    committed = snapshot(project)
    unfinished = client(project).with_name(".new-killed")
    unfinished.mkdir()
    client(project).rename(unfinished / "old-asapp_conversations_client")
    (project / "openapi.yaml").write_text("openapi: [")
    assert regenerate("generate", project).returncode == 1
    assert snapshot(project) == committed


@pytest.mark.parametrize("action", ["check", "generate"])
def test_folder_that_cannot_be_written_is_named(project: Path, action: str) -> None:
    """Without a folder for the client nothing can be generated, and that is said in words."""
    shutil.rmtree(project / "generated")
    (project / "generated").write_text("a file")
    result = regenerate(action, project)
    assert result.returncode == 1
    assert "generated" in result.stderr
    assert "Traceback" not in result.stderr


def obey_permissions() -> None:
    """Let the program that follows obey permissions even as root: without CAP_DAC_OVERRIDE."""
    if sys.platform == "linux":
        drop_from_bounding_set, override = 24, 1  # linux/prctl.h, linux/capability.h
        ctypes.CDLL(None).prctl(drop_from_bounding_set, override, 0, 0, 0)


@pytest.mark.parametrize("locked", ["generated", "."])
def test_tree_that_cannot_be_written_stays_as_it_was(project: Path, locked: str) -> None:
    """A document and its client are both replaced, or none is, and it is said what to do."""
    before, document = snapshot(project), (project / "openapi.yaml").read_bytes()
    new = project.with_name("new.yaml")
    new.write_bytes(document.replace(b"Conversations API", b"Our API", 1))
    commands = [[str(SCRIPT), "generate"], [str(UPDATE), str(new)]]
    (project / locked).chmod(0o555)
    for command in commands[locked == "." :]:
        done = subprocess.run(
            [sys.executable, *command, "--root", str(project)],
            capture_output=True,
            text=True,
            check=False,
            preexec_fn=obey_permissions,
        )
        assert done.returncode == 1
        assert "ermission denied), so all is as it was. Let " in done.stderr
        assert "Traceback" not in done.stderr
    (project / locked).chmod(0o755)
    assert (project / "openapi.yaml").read_bytes() == document
    assert snapshot(project) == before


def test_generate_makes_a_missing_tree(project: Path) -> None:
    """A tree without a client is made whole, and a check tells every file of it."""
    committed = snapshot(project)
    shutil.rmtree(project / "generated")
    told = regenerate("check", project)
    assert told.stderr.count("missing: ") == len(committed)
    assert not (project / "generated").exists()
    assert regenerate("generate", project).returncode == 0
    assert snapshot(project) == committed
