"""Runs the suite over the client of a changed document, to show that no test holds a fact of it.

`suite_over.py CHANGE… [-- ARGUMENTS OF PYTEST]` makes a copy of the tree, makes all these changes of
`changes.py` to its document at once, generates the client anew and runs the copy's tests.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from itertools import takewhile
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(HERE), str(ROOT / "tools")]

from changes import CHANGES
from edited import Edited
from regenerate import build

PACKAGES = ("generated", "overlay", "emulator", "importer")
COPIED = (*PACKAGES, "api", "docs", "examples", "tests", "tools")
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
    arguments = iter(sys.argv[1:])
    names = list(takewhile(lambda each: each != "--", arguments))
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        root = Path(folder)
        copy_tree(root)
        change_client(root, names)
        # Ahead of what is installed.
        paths = os.pathsep.join(str(root / name) for name in PACKAGES)
        command = [
            sys.executable,
            "-m",
            "pytest",
            "-p",
            "no:cacheprovider",
            *(list(arguments) or SUITE),
        ]
        environment = {**os.environ, "PYTHONPATH": paths}
        return subprocess.run(command, cwd=root, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
