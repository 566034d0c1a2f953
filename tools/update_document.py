"""Puts ASAPP's new document in the place of the old one, and says what that changes.

Run it with `nox -s update_spec -- NEW…`. Each NEW is a document, in YAML or JSON, or a page of
ASAPP's documentation that embeds one; pages of several operations become one document.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from api_changes import api_changes, left_out_changes
from api_stubs import write_stubs
from failure import RegenerationError
from new_document import one_document
from places import Places
from python_changes import python_changes
from regenerate import CONFIG, DOCUMENT, HERE, MANIFEST, PACKAGE, build
from swapping import folder_beside, swap_in
from update_report import changelog, proposals, report
from verdict import Change, Verdict, worst

FOLDERS = ("overlay", "emulator", "importer")
VERSION = re.compile(r'__version__ = "(.+)"')


class Update(NamedTuple):
    """What a new document brings.

    Attributes:
        api: what it changes in the API's own terms.
        python: what it changes for a user of the packages.
        lines: all that is said about it.
    """

    api: list[Change]
    python: list[Change]
    lines: list[str]

    @property
    def verdict(self) -> Verdict:
        """The worst of both views."""
        return worst([*self.api, *self.python])


def update(root: Path, inputs: list[Path], *, check: bool) -> Update:
    """Compare the documents in `inputs` with that in `root`, and take them unless only checking.

    Raises:
        RegenerationError: they are refused; everything is as it was.
    """
    text = one_document(inputs)
    target = root / "generated" / PACKAGE
    place = tempfile.TemporaryDirectory() if check else folder_beside(target)
    with place as folder:
        trial = Path(folder)
        (trial / DOCUMENT).write_bytes(text)
        shutil.copy(root / CONFIG, trial)
        new = trial / "generated" / PACKAGE
        new.parent.mkdir()
        build(trial, new)
        result = compare(root, trial)
        if not check:
            swap_in((new, target), (trial / DOCUMENT, root / DOCUMENT))
    return result


def compare(root: Path, trial: Path) -> Update:
    """What the document and the client in `trial` change of those in `root`."""
    olds, news = (folder / "generated" / PACKAGE for folder in (root, trial))
    old, new = (read_json(folder / "openapi.json") for folder in (olds, news))
    was_left_out, left_out = (read_json(folder / MANIFEST)["left_out"] for folder in (olds, news))
    api = [*api_changes(old, new), *left_out_changes(was_left_out, left_out)]
    stubs = {}
    for name, folder in (("old", root), ("new", trial)):
        stubs[name] = trial / f"stubs-{name}"
        packages = [folder / "generated", *(HERE / each for each in FOLDERS)]
        try:
            write_stubs(stubs[name], packages)
        except subprocess.CalledProcessError as error:
            words = str(error.stderr).strip().splitlines()[-1:] or ["no word"]
            raise RegenerationError(
                f"{DOCUMENT}: the packages cannot be imported over the {name} client: {words[0]}"
            ) from None
    python = python_changes(stubs["old"], stubs["new"])
    places = (Places((folder / DOCUMENT).read_bytes()) for folder in (root, trial))
    lines = [*report(api, python, *places)]
    if edits := [*proposals(stubs["old"], stubs["new"], left_out)]:
        lines += ["", f"Proposed for {CONFIG}:", *(f"  {edit}" for edit in edits)]
    released = released_version()
    draft = changelog(api, python, new["info"]["version"], released)
    lines += ["", "Draft for CHANGELOG.md:", "", *draft]
    return Update(api, python, lines)


def released_version() -> str:
    """The version of the SDK."""
    source = HERE / "overlay" / "asapp_conversations" / "_version.py"
    found = VERSION.search(source.read_text(encoding="utf-8"))
    assert found is not None
    return found[1]


def read_json(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content


def told(result: Update) -> Iterator[str]:
    """What is printed: all that is said, and the verdict on a line of its own."""
    yield from result.lines
    yield ""
    yield f"verdict: {result.verdict}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("inputs", metavar="NEW", nargs="+", type=Path, help="what ASAPP publishes")
    parser.add_argument("--check", action="store_true", help="say what would change, touch nothing")
    parser.add_argument("--root", type=Path, default=HERE, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    try:
        result = update(arguments.root, arguments.inputs, check=arguments.check)
    except RegenerationError as error:
        print(error, file=sys.stderr)
        return 1
    print("\n".join(told(result)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
