"""Runs the suite over the client of a changed document, to show that no test holds a fact of it.

It makes a copy of the tree, makes changes of `changes.py` to the copy's document, all at once,
generates the client anew, and runs the copy's tests.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(HERE), str(ROOT / "tools")]

from changes import CHANGES
from edited import Edited
from regenerate import build

PACKAGES = ("generated", "overlay", "emulator", "importer")
COPIED = (*PACKAGES, "api", "docs", "examples", "tests", "tools")
TOGETHER = (
    *("lower_limit", "another_id_pattern", "optional_language", "role_added", "created"),
    *("error_property_added", "headers_renamed", "operation_renamed", "many_operations"),
    *("server_per_path", "tag_renamed"),
)
"""The changes that are made where none are named."""

SUITE = [f"tests/{name}" for name in ("sdk", "emulator", "examples", "importer", "cli")]


def copy_tree(target: Path) -> None:
    """Copy what the suite reads; the folder is there already."""
    for name in COPIED:
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / name, target / name, ignore=ignored)
    for path in ROOT.iterdir():
        if path.is_file() and not path.name.startswith("."):
            shutil.copy(path, target)


def change_client(root: Path, names: list[str]) -> None:
    """Make these changes to the document below `root`, and make its client anew."""
    known = {change.name: change for change in CHANGES}
    if unknown := sorted(set(names) - known.keys()):
        raise SystemExit(f"changes.py has no change called {', '.join(unknown)}")
    document = Edited()
    for name in names:
        known[name].edit(document)
    (root / "openapi.yaml").write_text(json.dumps(document.content), encoding="utf-8")
    client = root / "generated" / "asapp_conversations_client"
    shutil.rmtree(client)
    build(root, client)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("changes", nargs="*", default=TOGETHER, metavar="CHANGE")
    parser.add_argument("--tests", nargs="+", default=SUITE, help="for pytest")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        root = Path(folder)
        copy_tree(root)
        change_client(root, arguments.changes)
        # Ahead of what is installed.
        paths = os.pathsep.join(str(root / name) for name in PACKAGES)
        command = ["pytest", "-n", "auto", "--dist", "worksteal", "-p", "no:cacheprovider"]
        return subprocess.run(
            [sys.executable, "-m", *command, *arguments.tests],
            cwd=root,
            env={**os.environ, "PYTHONPATH": paths},
            check=False,
        ).returncode


if __name__ == "__main__":
    sys.exit(main())
