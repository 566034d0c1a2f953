"""Makes the attrs client with openapi-python-client, and mends what its templates lack."""

from __future__ import annotations

import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import redirect_stdout
from difflib import get_close_matches
from io import StringIO
from pathlib import Path
from typing import Any

from document import read_yaml
from failure import EVERYTHING, RegenerationError
from names import PUBLIC_NAMES
from normalise import Node, schema_holders
from openapi_python_client import generate
from openapi_python_client.config import ClassOverride, Config, ConfigFile, MetaType
from openapi_python_client.parser.errors import GeneratorError
from openapi_python_client.strings import PythonIdentifier
from pydantic import ValidationError
from schemas import Components

OCTETS = "application/octet-stream"

OPERATION = re.compile(r"([A-Z]+ /\S*) within")
"""How the generator names an operation in a warning."""

COMPONENT_FAILED = re.compile(r"/components/schemas/([^\s:]+)")
"""How it names a schema there."""

WITHOUT_NAME = re.compile(r"<\S+ object at \w+>")
"""How it names a property there."""


class Recorded(dict[str, Any]):
    """A mapping that remembers which keys were looked up."""

    def __init__(self, content: dict[str, Any]) -> None:
        super().__init__(content)
        self.asked: set[str] = set()

    def get(self, key: str, default: Any = None) -> Any:
        self.asked.add(str(key))
        return super().get(key, default)


def generate_client(settings: Config, document: Node) -> dict[str, str]:
    """Make the client of a document that `client_document` made, where the settings say.

    Returns:
        Each operation that the generator cannot make whole, as its method and path, and why.

    Raises:
        RegenerationError: nothing can be generated.
    """
    try:
        with redirect_stdout(StringIO()):
            problems = generate(config=settings)
    except Exception as error:
        # It has no word of its own for much of what it cannot do.
        raise RegenerationError(f"the generator fails: {type(error).__name__}: {error}") from error
    return unmade(problems, document)


def unmade(problems: Sequence[GeneratorError], document: Node) -> dict[str, str]:
    """The operations that the generator's warnings are about, and what it says of each."""
    found = {}
    for problem in problems:
        header = " ".join((problem.header or "").split())
        words = " ".join(f"{problem.detail or header}".split())
        words = WITHOUT_NAME.sub("…", words)
        if title := OPERATION.search(header):
            found[title[1]] = f"the generator says: {words}"
            continue
        name = COMPONENT_FAILED.search(f"{header} {words}")
        component = name[1] if name else ""
        words = f"the generator says of {component}: {words}"
        words += same_names(document["components"]["schemas"].get(component, {}))
        found |= dict.fromkeys(users(document, component), words) or {EVERYTHING: words}
    return found


def users(document: Node, component: str) -> Iterator[str]:
    """The operations that use a named schema, as their method and path."""
    components = Components(document["components"]["schemas"])
    for path, item in document["paths"].items():
        for method, operation in item.items():
            held = (each["schema"] for each in schema_holders(operation))
            if any(component in components.reachable(each) for each in held):
                yield f"{method.upper()} {path}"


def same_names(schema: Node) -> str:
    """Which properties would have one name in Python, in words."""
    names: dict[str, list[str]] = defaultdict(list)
    for name in schema.get("properties", {}):
        names[PythonIdentifier(name, "field_", skip_snake_case=True)].append(name)
    return "".join(
        f"; {' and '.join(map(repr, each))} are {name} in Python"
        for name, each in names.items()
        if len(each) > 1
    )


def read_config(path: Path, document: Path, output: Path, opaque: set[str]) -> Config:
    """The generator's configuration; refuses keys that the generator would ignore.

    `opaque` are media types whose content it hands on as bytes.
    """
    content = read_yaml(path)
    try:
        settings = ConfigFile(**content)
    except ValidationError as error:
        problems = "; ".join(
            f"{'.'.join(map(str, problem['loc']))}: {problem['msg']}" for problem in error.errors()
        )
        raise RegenerationError(f"{path.name}: {problems}") from error
    unknown = [*unknown_keys(content)]
    if unknown:
        known = ", ".join(ConfigFile.model_fields)
        raise RegenerationError(
            f"{path.name}: the generator does not know {', '.join(unknown)}; it knows {known}, "
            f"and in a class override {', '.join(ClassOverride.model_fields)}"
        )
    if settings.post_hooks is not None:
        raise RegenerationError(f"{path.name}: post_hooks: {Path(__file__).name} formats the code")
    taken = PUBLIC_NAMES & {
        *content.get("class_overrides", {}),
        *(each.get("class_name") for each in content.get("class_overrides", {}).values()),
    }
    if taken:
        raise RegenerationError(
            f"{path.name}: class_overrides: {', '.join(sorted(taken))} is given by its place in the "
            "batch operation and cannot be changed"
        )
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
    config.content_type_overrides = Recorded(
        {**dict.fromkeys(opaque, OCTETS), **config.content_type_overrides}
    )
    config.content_type_overrides.asked.update(opaque)
    return config


def unknown_keys(content: dict[str, Any]) -> Iterator[str]:
    """The keys of a configuration, dotted, that the generator ignores in silence."""
    yield from (key for key in content if key not in ConfigFile.model_fields)
    for name, override in (content.get("class_overrides") or {}).items():
        for key in override:
            if key not in ClassOverride.model_fields:
                yield f"class_overrides.{name}.{key}"


def refuse_unmatched(config: Config, name: str) -> None:
    """Raise for each override that the generator had no use for, with the name it may mean now."""
    told = []
    for kind in ("class_overrides", "content_type_overrides"):
        overrides: Any = getattr(config, kind)
        for key in sorted(overrides.keys() - overrides.asked):
            close = get_close_matches(key, sorted(overrides.asked - overrides.keys()), 1, 0.5)
            meant = f"; did the document rename it to {close[0]}?" if close else ""
            told.append(f"{kind}.{key} matches nothing{meant}")
    if told:
        raise RegenerationError(f"{name}: {'; '.join(told)}")


def format_code(output: Path) -> None:
    """Sort and format with the pinned ruff, whatever settings surround the folder."""
    # -I: the package's own types.py must not stand in for Python's.
    ruff = [sys.executable, "-I", "-m", "ruff"]
    common = ["--isolated", "--no-cache", "--no-respect-gitignore", "--quiet"]
    common += ["--target-version", "py311", "."]
    for command in (["check", "--fix-only", "--extend-select", "I"], ["format"]):
        done = subprocess.run(
            [*ruff, *command, *common], cwd=output, check=False, capture_output=True, text=True
        )
        if done.returncode:
            raise RegenerationError(f"what was generated is no Python: {done.stderr.strip()}")
