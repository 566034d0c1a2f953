"""Makes `generated/` from `openapi.yaml` and `generator-config.yml`, or checks that it is so.

Run it with `nox -s generate` and `nox -s check_generated`, which install the pinned generator.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

from facts import read_facts
from facts_source import facts_source
from failure import RegenerationError
from openapi_python_client import generate
from openapi_python_client.config import ClassOverride, Config, ConfigFile, MetaType
from pydantic import ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

PACKAGE = "asapp_conversations_client"
DOCUMENT = "openapi.yaml"
CONFIG = "generator-config.yml"
MANIFEST = "manifest.json"
COMMAND = "nox -s generate"
MARKER = f"# Generated from {DOCUMENT} and {CONFIG}: do not edit; run `{COMMAND}`.\n"


class Recorded(dict[str, Any]):
    """A mapping that remembers which of its keys were found."""

    def __init__(self, content: dict[str, Any]) -> None:
        super().__init__(content)
        self.found: set[str] = set()

    def get(self, key: str, default: Any = None) -> Any:
        if key in self:
            self.found.add(str(key))
        return super().get(key, default)


def build(root: Path, output: Path) -> None:
    """Generate the package from the inputs in `root` into `output`, which must not exist."""
    document = read_yaml(root / DOCUMENT)
    config = read_config(root / CONFIG, root / DOCUMENT, output)
    problems = generate(config=config)
    if problems:
        details = "\n".join(f"  {problem.header}: {problem.detail}" for problem in problems)
        raise RegenerationError(f"{DOCUMENT}: the generator warns:\n{details}")
    try:
        facts = read_facts(document)
    except RegenerationError as error:
        raise RegenerationError(f"{DOCUMENT}: {error}") from error
    (output / "facts.py").write_text(facts_source(facts), encoding="utf-8")
    unmatched = [
        f"{name}.{key}"
        for name in ("class_overrides", "content_type_overrides")
        for key in sorted(set(getattr(config, name)) - getattr(config, name).found)
    ]
    if unmatched:
        raise RegenerationError(f"{CONFIG}: matched nothing: {', '.join(unmatched)}")
    format_code(output)
    for path in sorted(output.rglob("*.py")):
        path.write_text(MARKER + path.read_text(encoding="utf-8"), encoding="utf-8")
    (output / "py.typed").touch()
    write_json(output / "openapi.json", document)
    write_json(output / MANIFEST, manifest(root, output, document))


def read_yaml(path: Path) -> dict[str, Any]:
    """The mapping in a YAML file."""
    try:
        content = YAML(typ="safe").load(path)
    except (OSError, YAMLError) as error:
        raise RegenerationError(f"{path.name}: cannot be read: {error}") from error
    if not isinstance(content, dict):
        raise RegenerationError(f"{path.name}: a mapping is expected")
    return content


def read_config(path: Path, document: Path, output: Path) -> Config:
    """The generator's configuration; refuses keys that the generator would ignore."""
    content = read_yaml(path)
    try:
        settings = ConfigFile(**content)
    except ValidationError as error:
        problems = "; ".join(
            f"{'.'.join(map(str, problem['loc']))}: {problem['msg']}" for problem in error.errors()
        )
        raise RegenerationError(f"{path.name}: {problems}") from error
    unknown = unknown_keys(content)
    if unknown:
        known = ", ".join(ConfigFile.model_fields)
        raise RegenerationError(
            f"{path.name}: the generator does not know {', '.join(unknown)}; it knows {known}, "
            f"and in a class override {', '.join(ClassOverride.model_fields)}"
        )
    if settings.post_hooks is not None:
        raise RegenerationError(f"{path.name}: post_hooks: {Path(__file__).name} formats the code")
    settings.post_hooks = []
    config = Config.from_sources(
        settings,
        meta_type=MetaType.NONE,
        document_source=document,
        file_encoding="utf-8",
        overwrite=False,
        output_path=output,
    )
    config.class_overrides = Recorded(config.class_overrides)
    config.content_type_overrides = Recorded(config.content_type_overrides)
    return config


def unknown_keys(content: dict[str, Any]) -> list[str]:
    """The keys of a configuration, dotted, that the generator ignores in silence."""
    overrides = content.get("class_overrides") or {}
    return [
        *(key for key in content if key not in ConfigFile.model_fields),
        *(
            f"class_overrides.{name}.{key}"
            for name, override in overrides.items()
            for key in override
            if key not in ClassOverride.model_fields
        ),
    ]


def format_code(output: Path) -> None:
    """Sort and format with the pinned ruff, whatever settings surround the folder."""
    # -I: the package's own types.py must not stand in for Python's.
    ruff = [sys.executable, "-I", "-m", "ruff"]
    common = ["--isolated", "--no-cache", "--no-respect-gitignore", "--quiet"]
    common += ["--target-version", "py311", "."]
    for command in (["check", "--fix-only", "--extend-select", "I"], ["format"]):
        subprocess.run([*ruff, *command, *common], cwd=output, check=True)


def manifest(root: Path, output: Path, document: dict[str, Any]) -> dict[str, Any]:
    """What the package was made from and with, and the digest of each of its files."""
    return {
        "document": {"version": document["info"]["version"], "sha256": digest(root / DOCUMENT)},
        "config": {"sha256": digest(root / CONFIG)},
        "tools": {name: version(name) for name in ("openapi-python-client", "ruff")},
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


def swap_in(new: Path, target: Path) -> None:
    """Put `new` in the place of `target`, which stays whole until then."""
    old = new.with_name("old")
    if target.exists():
        target.replace(old)
    try:
        new.replace(target)
    except BaseException:
        if old.exists():
            old.replace(target)
        raise
    shutil.rmtree(old, ignore_errors=True)


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


def run(root: Path, *, check: bool) -> list[str]:
    """Regenerate below `root`, or only say what would change."""
    target = root / "generated" / PACKAGE
    target.parent.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".new-") as folder:
        new = Path(folder) / PACKAGE
        build(root, new)
        if check:
            return list(differences(target, new))
        swap_in(new, target)
        return []


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("action", choices=["generate", "check"])
    parser.add_argument("--root", type=Path, default=Path(__file__).resolve().parent.parent)
    arguments = parser.parse_args()
    try:
        found = run(arguments.root, check=arguments.action == "check")
    except RegenerationError as error:
        print(error, file=sys.stderr)
        return 1
    for difference in found:
        print(f"generated/{PACKAGE}: {difference}", file=sys.stderr)
    if found:
        print(f"run: {COMMAND}", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
