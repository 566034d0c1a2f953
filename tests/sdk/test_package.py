"""What importing the package brings."""

from __future__ import annotations

import itertools
import re
import subprocess
import sys
from importlib.metadata import packages_distributions, requires

import asapp_conversations


def test_import_needs_no_tool() -> None:
    """Importing the package imports no part of the tools and nothing that only an extra brings."""
    # httpx itself imports rich and others where they happen to be installed.
    script = (
        "import sys, httpx; before = set(sys.modules); import asapp_conversations;"
        "print(*(set(sys.modules) - before))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    imported = set(done.stdout.split())
    tools = {"importer", "cli", "emulator", "pytest_plugin"}
    assert not imported & {f"asapp_conversations.{tool}" for tool in tools}
    assert not {name.partition(".")[0] for name in imported} & {"sqlite3", *optional_modules()}


def optional_modules() -> set[str]:
    """The top-level modules of what is installed for an extra alone."""
    requirements = {True: set[str](), False: {"asapp-conversations"}}
    for requirement in requires("asapp-conversations") or ():
        name = re.split(r"[^\w.-]", requirement)[0]
        requirements["extra ==" in requirement].add(name)
    optional = requirements[True] - requirements[False]
    assert "starlette" in optional
    modules = packages_distributions().items()
    return {module for module, names in modules if optional & set(names)}


def test_every_public_name_exists() -> None:
    """What the package exports is there, once."""
    names = asapp_conversations.__all__
    assert all(hasattr(asapp_conversations, name) for name in names)
    assert not [name for name, group in itertools.groupby(sorted(names)) if len([*group]) > 1]
