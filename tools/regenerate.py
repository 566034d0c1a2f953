"""Makes `generated/` from `openapi.yaml` and `generator-config.yml`, or checks that it is so.

Run it with `nox -s generate` and `nox -s check_generated`, which install the pinned generator.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

from attrs_client import format_code, generate_client, read_config, refuse_unmatched
from client_document import client_document
from document import read_document
from facts import read_facts
from facts_source import contracts_source, facts_source
from failure import EVERYTHING, RegenerationError
from mending import mend
from names import name_schemas
from normalise import Normalised, normalise
from placement import operations_elsewhere
from preflight import check_package
from swapping import folder_beside, swap_in

HERE = Path(__file__).resolve().parent.parent
PACKAGE = "asapp_conversations_client"
DOCUMENT = "openapi.yaml"
CONFIG = "generator-config.yml"
MANIFEST = "manifest.json"
COMMAND = "nox -s generate"
MARKER = f"# Generated from {DOCUMENT} and {CONFIG}: do not edit; run `{COMMAND}`.\n"

Preflight = Callable[[Path, Path], dict[str, str]]
"""Tries the package in a folder with the SDK below another, and says what fails by operation."""


def build(root: Path, output: Path, preflight: Preflight = check_package) -> dict[str, str]:
    """Generate the package from the inputs in `root` into `output`, which must not exist.

    Returns:
        Each operation of the document that is left out, as its method and path, and why.
    """
    document = read_document(root / DOCUMENT)
    left_out: dict[str, str] = {}
    while True:
        normalised, found = build_without(root, output, document, left_out, preflight)
        if not found:
            break
        left_out = {**normalised.left_out, **found}
    write_json(output / MANIFEST, manifest(root, output, document, normalised.left_out))
    return normalised.left_out


def build_without(
    root: Path,
    output: Path,
    document: dict[str, Any],
    left_out: dict[str, str],
    preflight: Preflight,
) -> tuple[Normalised, dict[str, str]]:
    """Generate the package without these operations, and find what else has to be left out.

    Raises:
        RegenerationError: one that has to be left out is that of the batch.
    """
    not_carried = left_out
    try:
        normalised = normalise(document, left_out)
        not_carried = normalised.left_out
        place = name_schemas(normalised)
        if elsewhere := operations_elsewhere(normalised.document, place.path, place.method):
            return normalised, elsewhere
        facts, contracts = read_facts(normalised, place, digest(root / DOCUMENT))
    except RegenerationError as error:
        reasons = "".join(f"\n  left out: {title}: {why}" for title, why in not_carried.items())
        raise RegenerationError(f"{DOCUMENT}: {error}{reasons}") from error
    client, opaque = client_document(normalised.document)
    source = output.with_suffix(".json")
    write_json(source, client)
    settings = read_config(root / CONFIG, source, output, opaque)
    shutil.rmtree(output, ignore_errors=True)
    try:
        unmade = generate_client(settings, client)
        if not unmade:
            mend(output)
            (output / "facts.py").write_text(facts_source(facts), encoding="utf-8")
            (output / "contracts.py").write_text(contracts_source(contracts), encoding="utf-8")
            format_code(output)
            for path in sorted(output.rglob("*.py")):
                path.write_text(MARKER + path.read_text(encoding="utf-8"), encoding="utf-8")
            (output / "py.typed").touch()
            write_json(output / "openapi.json", normalised.document)
            unmade = preflight(output.parent, HERE)
    except RegenerationError as error:
        raise RegenerationError(f"{DOCUMENT}: {error}") from error
    if not unmade:
        refuse_unmatched(settings, CONFIG)
    for title in (EVERYTHING, str(place)):
        if title in unmade:
            raise RegenerationError(f"{DOCUMENT}: {title}: {unmade[title]}")
    return normalised, unmade


def manifest(
    root: Path, output: Path, document: dict[str, Any], left_out: dict[str, str]
) -> dict[str, Any]:
    """What the package was made from and with, and the digest of each of its files."""
    return {
        "document": {"version": document["info"]["version"], "sha256": digest(root / DOCUMENT)},
        "config": {"sha256": digest(root / CONFIG)},
        "tools": {name: version(name) for name in ("openapi-python-client", "ruff")},
        "left_out": left_out,
        "files": {name: digest(output / name) for name in files_in(output)},
    }


def write_json(path: Path, content: dict[str, Any]) -> None:
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def files_in(folder: Path) -> list[str]:
    """The files below a folder, but for what Python leaves there."""
    return sorted(
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    )


def differences(committed: Path, expected: Path) -> Iterator[str]:
    """Each file by which a committed package is not the expected one."""
    there, wanted = set(files_in(committed)), set(files_in(expected))
    for name in sorted(there | wanted):
        if name not in there:
            yield f"missing: {name}"
        elif name not in wanted:
            yield f"orphaned: {name}"
        elif (committed / name).read_bytes() != (expected / name).read_bytes():
            yield f"edited or out of date: {name}"


def run(root: Path, *, check: bool) -> Iterator[str]:
    """Regenerate below `root` and say what was left out, or only say what would change."""
    target = root / "generated" / PACKAGE
    if check:
        with tempfile.TemporaryDirectory() as folder:
            new = Path(folder) / PACKAGE
            build(root, new)
            yield from differences(target, new)
        return
    with folder_beside(target) as trial:
        left_out = build(root, trial / PACKAGE)
        swap_in((trial / PACKAGE, target))
    yield from (f"left out: {title}: {why}" for title, why in left_out.items())


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("action", choices=["generate", "check"])
    parser.add_argument("--root", type=Path, default=HERE)
    arguments = parser.parse_args()
    check = arguments.action == "check"
    try:
        told = list(run(arguments.root, check=check))
    except (RegenerationError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    for line in told:
        print(f"generated/{PACKAGE}: {line}", file=sys.stderr)
    if check and told:
        print(f"run: {COMMAND}", file=sys.stderr)
    return 1 if check and told else 0


if __name__ == "__main__":
    sys.exit(main())
