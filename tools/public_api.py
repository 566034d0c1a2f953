"""Compares what users see of the packages with the record of the last release, in `api/`.

Run it with `nox -s api`, which fails on a change that the version does not announce;
`nox -s api -- --write` writes the record anew.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from difflib import unified_diff
from pathlib import Path

from api_stubs import write_stubs
from contract_record import HALF_SENT, write_contract
from python_changes import python_changes
from update_document import FOLDERS, released_version
from update_report import by_weight, sentence
from verdict import Change, Verdict, demanded, worst

HERE = Path(__file__).resolve().parent.parent
RECORD = HERE / "api"
RELEASE = "release.txt"


def write_record(folder: Path, release: str) -> None:
    """Write down what users see of the packages of this tree."""
    packages = [HERE / name for name in ("generated", *FOLDERS)]
    write_stubs(folder, packages)
    write_contract(folder, packages)
    (folder / RELEASE).write_text(f"{release}\n", encoding="utf-8")


def record_changes(old: Path, new: Path) -> list[Change]:
    """Each difference between two records."""
    found = python_changes(old, new)
    for path in sorted({each.name for each in [*old.iterdir(), *new.iterdir()]}):
        if not path.endswith(".pyi") and path not in {RELEASE, HALF_SENT}:
            found += text_changes(path, *(read(folder / path) for folder in (old, new)))
    return found


def read(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines() if path.exists() else []


def text_changes(name: str, old: list[str], new: list[str]) -> Iterator[Change]:
    """Each line that is gone, on which somebody may rely, and each that is new."""
    for line in unified_diff(old, new, n=0, lineterm=""):
        if line.startswith(("---", "+++", "@@")):
            continue
        if line.startswith("-"):
            why = "somebody may rely on it"
            yield Change("record", "removed", name, line[1:], Verdict.MAJOR, why)
        else:
            why = "who does not know it goes on as before"
            yield Change("record", "added", name, line[1:], Verdict.MINOR, why)


def judge(changes: list[Change], released: str, version: str) -> tuple[bool, str]:
    """Whether the version announces the changes since a release, and what to do if not."""
    verdict, announced = worst(changes), demanded(released, version)
    if verdict <= announced:
        return True, f"{version} announces what has changed since {released} ({verdict})"
    return False, (
        f"since {released} there is a change that is {verdict}, and {version} announces {announced}: "
        "raise the version, or take the change back; before that release is out, "
        "`nox -s api -- --write` takes it into the record"
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="write the record of this version")
    arguments = parser.parse_args()
    version = released_version()
    with tempfile.TemporaryDirectory() as folder:
        new = Path(folder, "api")
        try:
            write_record(new, version)
        except subprocess.CalledProcessError as error:
            print(f"what users see cannot be written down:\n{error.stderr}", file=sys.stderr)
            return 1
        changes = record_changes(RECORD, new) if RECORD.exists() else []
        for change in by_weight(changes):
            print(f"{change.verdict!s:5}  {sentence(change)}: {change.why}")
        if arguments.write:
            shutil.rmtree(RECORD, ignore_errors=True)
            shutil.copytree(new, RECORD)
            return 0
    good, words = judge(changes, "".join(read(RECORD / RELEASE)), version)
    print(words, file=sys.stdout if good else sys.stderr)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
