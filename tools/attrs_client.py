"""Makes the attrs client with openapi-python-client, and mends what its templates lack."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import redirect_stdout
from difflib import get_close_matches
from io import StringIO
from pathlib import Path
from typing import Any

from document import read_yaml
from failure import RegenerationError
from openapi_python_client import generate
from openapi_python_client.config import ClassOverride, Config, ConfigFile, MetaType
from openapi_python_client.parser.errors import GeneratorError
from pydantic import ValidationError

PUBLIC_NAMES = frozenset(
    {"ErrorDetails", "ErrorResponse", "Message", "MessageBatch", "MessageBatchResponse"}
    | {"Sender", "SenderRole"}
)
"""Names that the regeneration gives itself, by their place in the batch operation."""

OPERATION = re.compile(r"([A-Z]+ /\S*) within")
"""How the generator names an operation in a warning."""


class Recorded(dict[str, Any]):
    """A mapping that remembers which keys were looked up."""

    def __init__(self, content: dict[str, Any]) -> None:
        super().__init__(content)
        self.asked: set[str] = set()

    def get(self, key: str, default: Any = None) -> Any:
        self.asked.add(str(key))
        return super().get(key, default)


def generate_client(document: Path, config: Path, output: Path) -> dict[str, str]:
    """Make the client of a normalised document, which must not be there yet.

    Returns:
        Each operation that the generator cannot make whole, as its method and path, and why.

    Raises:
        RegenerationError: the configuration does nothing, or nothing can be generated.
    """
    settings = read_config(config, document, output)
    with redirect_stdout(StringIO()):
        problems = generate(config=settings)
    left_out = unmade(problems)
    if not left_out:
        refuse_unmatched(settings, config.name)
    return left_out


def unmade(problems: Sequence[GeneratorError]) -> dict[str, str]:
    """The operations that the generator's warnings are about, and what it says of each."""
    found = {}
    for problem in problems:
        words = " ".join(f"{problem.detail or problem.header}".split())
        title = OPERATION.search(problem.header or "")
        if title is None:
            raise RegenerationError(f"the generator says: {problem.header}: {words}")
        found[title[1]] = f"the generator says: {words}"
    return found


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
    config.content_type_overrides = Recorded(config.content_type_overrides)
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


SINGLETON = '''class Unset:
    """Stands for what is left out; copied or pickled, it stays the one `UNSET`."""

    def __bool__(self) -> Literal[False]:
        return False

    def __reduce__(self) -> str:
        return "UNSET"
'''

READING = '''"""Reads an answer into its model, tolerantly: a success stays one whatever its body holds."""

from __future__ import annotations

import logging
from collections.abc import Callable
from http import HTTPStatus
from typing import TypeVar

import httpx

from .client import AuthenticatedClient, Client

T = TypeVar("T")

logger = logging.getLogger(__name__)


def read_answer(
    parse: Callable[..., T], client: AuthenticatedClient | Client, response: httpx.Response
) -> T | None:
    """The model of an answer; None, with a warning in the log, if it is not as documented."""
    try:
        return parse(client=client, response=response)
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        # The error's own words may quote the answer.
        logger.warning(
            "the answer %s to %s %s is not as documented (%s)",
            response.status_code,
            response.request.method,
            response.request.url.path,
            type(error).__name__,
        )
        return None


def read_status(response: httpx.Response) -> HTTPStatus | int:
    """The status; a number where Python has no name for it."""
    try:
        return HTTPStatus(response.status_code)
    except ValueError:
        return response.status_code
'''

RAISES = re.compile(
    r"( +)errors\.UnexpectedStatus: .*\n +httpx\.TimeoutException: .*\n",
)

RAISED = (
    r"\1asapp_conversations.AsappError: the request failed or was refused; each class says how.\n"
)

MODELS = '''"""The models of what is sent and answered; each is imported when it is first asked for."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    {imports}

_MODULES = {modules!r}

__all__ = {names!r}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {{__name__!r}} has no attribute {{name!r}}")
    value = getattr(import_module(f".{{_MODULES[name]}}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({{*globals(), *_MODULES}})
'''


def mend(output: Path) -> None:
    """Change what the generator's templates do to users.

    Constructors take keywords alone, since a document may list its properties in another order; a
    copied `UNSET` is still the one; answers are read tolerantly; what is documented to be raised
    is what is raised; and models are imported when they are needed.
    """
    for path in (output / "models").glob("*.py"):
        replace_in(path, {"@_attrs_define\n": "@_attrs_define(kw_only=True)\n"}, optional=True)
    types = output / "types.py"
    text = types.read_text(encoding="utf-8")
    unset = re.search(r"class Unset:\n(?:    .*\n|\n)+?(?=\n\n|UNSET)", text)
    if unset is None:
        raise RegenerationError("types.py: the generator's class Unset is not found")
    types.write_text(text.replace(unset[0], SINGLETON), encoding="utf-8")
    replace_in(types, {"    status_code: HTTPStatus\n": "    status_code: HTTPStatus | int\n"})
    (output / "reading.py").write_text(READING, encoding="utf-8")
    for path in (output / "api").glob("*/*.py"):
        if path.name != "__init__.py":
            mend_endpoint(path)
    models = output / "models" / "__init__.py"
    found = re.findall(
        r"^from \.(\w+) import (\w+)$", models.read_text(encoding="utf-8"), re.MULTILINE
    )
    models.write_text(
        MODELS.format(
            imports="\n    ".join(f"from .{module} import {name}" for module, name in found),
            modules={name: module for module, name in sorted(found, key=lambda pair: pair[1])},
            names=tuple(sorted(name for _, name in found)),
        ),
        encoding="utf-8",
    )


def mend_endpoint(path: Path) -> None:
    """Change a module that sends one operation."""
    replace_in(
        path,
        {
            "status_code=HTTPStatus(response.status_code)": "status_code=read_status(response)",
            "parsed=_parse_response(client=client, response=response)": (
                "parsed=read_answer(_parse_response, client, response)"
            ),
            "from ...types import": (
                "from ...reading import read_answer, read_status\nfrom ...types import"
            ),
            "from http import HTTPStatus\n": "",
        },
    )
    text = path.read_text(encoding="utf-8")
    path.write_text(RAISES.sub(RAISED, text), encoding="utf-8")


def replace_in(path: Path, changes: dict[str, str], *, optional: bool = False) -> None:
    """Replace texts in a file; one that is not there means that the generator has changed."""
    text = path.read_text(encoding="utf-8")
    for old, new in changes.items():
        if old not in text and not optional:
            raise RegenerationError(f"{path.name}: the generator no longer writes {old.strip()!r}")
        text = text.replace(old, new)
    path.write_text(text, encoding="utf-8")


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
