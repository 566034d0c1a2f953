"""Mends what the templates of the generator do to users."""

from __future__ import annotations

import re
from pathlib import Path

from failure import RegenerationError

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
