"""Judges what would be published: two builds of the same tree, in a folder each.

Run it with `nox -s release_check`, which builds them.
"""

from __future__ import annotations

import argparse
import hashlib
import re
import sys
import tarfile
import tomllib
import zipfile
from collections.abc import Iterator
from email import message_from_string
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent.parent
FOLDERS = ("overlay", "emulator", "importer", "generated")
WANTED = ("LICENSE", "CHANGELOG.md", "README.md", "openapi.yaml", "hatch_build.py")
WHOLE = ("docs", "examples")
"""What whoever has the sources alone looks for: files, and folders with all that is in them."""

SECRET_NAMES = re.compile(r"(^|/)(\.env.*|.*\.(key|pem|p12)|\.netrc|\.pypirc|id_rsa.*)$")
SECRET_TEXT = re.compile(rb"BEGIN [A-Z ]*PRIVATE KEY")
RELATIVE_LINK = re.compile(r"\]\((?!https?:|#)[^)]*\)")


def defects(first: Path, second: Path, root: Path = HERE) -> Iterator[str]:
    """What is wrong with a build, and with another of the same sources."""
    names = {path.name for path in first.iterdir()}
    if names != {path.name for path in second.iterdir()} or len(names) != 2:
        yield f"one wheel and one sdist are expected, twice: {', '.join(sorted(names))}"
        return
    for name in sorted(names):
        if digest(first / name) != digest(second / name):
            yield f"{name}: built twice, it has other bytes"
    (wheel,) = first.glob("*.whl")
    (sdist,) = first.glob("*.tar.gz")
    packed, archived = wheel_files(wheel), sdist_files(sdist)
    for name, files in ((wheel.name, packed), (sdist.name, archived)):
        yield from (f"{name}: {each} may be a secret" for each in secrets(files))
    yield from (f"{wheel.name}: {each}" for each in wheel_defects(packed, root))
    missing = [name for name in wanted_files(root) if name not in archived]
    unwanted = [name for name in archived if name.startswith(("tests/", ".github/", "tools/"))]
    if missing or unwanted:
        yield f"{sdist.name}: lacks {missing or 'nothing'}, and should not have {unwanted}"


def wanted_files(root: Path) -> list[str]:
    """What an sdist has to have."""
    inner = (path for folder in WHOLE for path in sorted((root / folder).rglob("*")))
    files = (path for path in inner if path.is_file() and "__pycache__" not in path.parts)
    return [*WANTED, *(path.relative_to(root).as_posix() for path in files)]


def wheel_files(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def sdist_files(path: Path) -> dict[str, bytes]:
    """The files of an sdist, without the folder that all are in."""
    with tarfile.open(path) as archive:
        return {
            member.name.partition("/")[2]: content.read()
            for member in archive.getmembers()
            if (content := archive.extractfile(member)) is not None
        }


def secrets(files: dict[str, bytes]) -> list[str]:
    return [
        name
        for name, content in files.items()
        if SECRET_NAMES.search(name) or SECRET_TEXT.search(content)
    ]


def wheel_defects(packed: dict[str, bytes], root: Path) -> Iterator[str]:
    """How a wheel differs from the sources and from pyproject.toml."""
    wanted = {
        path.relative_to(root / folder).as_posix()
        for folder in FOLDERS
        for path in (root / folder).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    code = {name for name in packed if ".dist-info/" not in name}
    if code != wanted:
        yield f"it differs from the sources: {', '.join(sorted(code ^ wanted))}"
    for package in {name.partition("/")[0] for name in code}:
        if f"{package}/py.typed" not in code:
            yield f"{package} does not say that it has types (py.typed)"
    if not any(name.endswith("/licenses/LICENSE") for name in packed):
        yield "it has no LICENSE"
    (metadata,) = (content for name, content in packed.items() if name.endswith("/METADATA"))
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    yield from metadata_defects(metadata.decode("utf-8"), project)


def metadata_defects(text: str, project: dict[str, Any]) -> Iterator[str]:
    """Where what an installer and an index read is not what pyproject.toml says."""
    found = message_from_string(text)
    pythons = {each for each in project["classifiers"] if "Python :: 3." in each}
    description = found.get_payload()
    right = {
        "Name": found["Name"] == project["name"],
        "Requires-Python": found["Requires-Python"] == project["requires-python"],
        "License-Expression": found["License-Expression"] == project["license"],
        "License-File": found.get_all("License-File") == project["license-files"],
        "Provides-Extra": {*found.get_all("Provides-Extra", ())}
        == project["optional-dependencies"].keys(),
        "Classifier": pythons <= {*found.get_all("Classifier", ())},
        "Project-URL": len(found.get_all("Project-URL", ())) == len(project["urls"]),
        "Description": found["Description-Content-Type"] == "text/markdown"
        and isinstance(description, str)
        and not RELATIVE_LINK.search(description)
        and f"]({project['urls']['Documentation']}/" in description,
    }
    yield from (f"its metadata is wrong in {name}" for name, good in right.items() if not good)


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("first", type=Path)
    parser.add_argument("second", type=Path)
    arguments = parser.parse_args()
    told = [*defects(arguments.first, arguments.second)]
    for line in told:
        print(line, file=sys.stderr)
    if not told:
        print("This would be published:")
        for path in sorted(arguments.first.iterdir()):
            print(f"  {path.name}  {path.stat().st_size} bytes  sha256 {digest(path)}")
    return 1 if told else 0


if __name__ == "__main__":
    sys.exit(main())
