"""What is public, what the reference describes and what docstrings say agree."""

from __future__ import annotations

import importlib
import inspect
import re
from collections.abc import Iterator
from typing import Any, Unpack, get_args, get_origin, get_type_hints

import pytest
from blocks import SITE
from public_names import PACKAGES, public_names
from sphinx.util.inventory import InventoryFile

if not SITE.exists():
    pytest.skip("the site is not built: nox -s docs builds it", allow_module_level=True)

OURS = re.compile(r"(asapp_conversations\w*)(\.(toolkit|models|facts|contracts|types))?\.\w+")
SECTION = re.compile(r"^ *(\w+):\n((?: +.*\n|\n)+)", re.MULTILINE)
ENTRY = re.compile(r"^ {0,4}([a-z_][\w, ]*):", re.MULTILINE)

PUBLIC = [
    (package, name) for package in PACKAGES for name in importlib.import_module(package).__all__
]


@pytest.fixture(scope="session")
def described() -> set[str]:
    """What the built site describes, by its full name."""
    inventory = InventoryFile.loads((SITE / "objects.inv").read_bytes(), uri="")
    kinds = ("class", "exception", "function", "data", "attribute")
    return {name for kind in kinds for name in inventory.data.get(f"py:{kind}", {})}


def test_reference_describes_what_is_public_and_nothing_else(described: set[str]) -> None:
    wanted = set(public_names().values())
    of_generated = "asapp_conversations_client.api."
    whole = {
        name for name in described if OURS.fullmatch(name) and not name.startswith(of_generated)
    }
    assert whole == wanted


def test_every_operation_is_described(described: set[str]) -> None:
    from asapp_conversations_client.facts import OPERATIONS

    forms = {"sync", "sync_detailed", "asyncio", "asyncio_detailed"}
    found = [name for name in described if name.startswith("asapp_conversations_client.api.")]
    assert len(found) == len(forms) * len(OPERATIONS)


def ids(value: object) -> str:
    return str(value)


@pytest.mark.parametrize(("package", "name"), PUBLIC, ids=ids)
def test_docstring_is_there_and_names_all_it_takes(package: str, name: str) -> None:
    value = getattr(importlib.import_module(package), name)
    if not (inspect.isclass(value) or inspect.isfunction(value)):
        return
    text = inspect.getdoc(value)
    assert text
    for kind, entries in sections(text):
        if kind == "Args":
            own, several = parameters(value)
            assert own <= entries <= own | several
            assert several.isdisjoint(entries) is not bool(several)
        elif kind == "Attributes" and "client" not in value.__module__.partition(".")[0]:
            assert entries >= attributes(value), kind


def sections(text: str) -> Iterator[tuple[str, set[str]]]:
    """The sections of a docstring, with the names that each explains."""
    for kind, body in SECTION.findall(text + "\n"):
        yield kind, {name for names in ENTRY.findall(body) for name in re.split(r", ", names)}


def parameters(value: Any) -> tuple[set[str], set[str]]:
    """What it takes by a name of its own, and what by any keyword: that, or those of its type."""
    hints = get_type_hints(value, include_extras=True) if inspect.isfunction(value) else {}
    own, several = set(), set()
    for name, each in inspect.signature(value).parameters.items():
        if each.kind is inspect.Parameter.VAR_KEYWORD:
            several.add(name)
            if get_origin(hints.get(name)) is Unpack:
                several.update(get_args(hints[name])[0].__annotations__)
        else:
            own.add(name)
    return own, several


def attributes(value: Any) -> set[str]:
    """The public attributes of a class that is a record."""
    declared = getattr(value, "__annotations__", {}).items()
    return {name for name, kind in declared if name[0] != "_" and "ClassVar" not in str(kind)}
