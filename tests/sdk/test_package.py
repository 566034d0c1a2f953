"""What importing the package brings."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib.metadata import packages_distributions, requires
from types import FunctionType, ModuleType

import asapp_conversations
import pytest
from asapp_conversations import toolkit


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
    ours = {name.partition(".")[0] for name in imported if "asapp" in name}
    assert ours == {"asapp_conversations", "asapp_conversations_client"}
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


@pytest.mark.parametrize("package", [asapp_conversations, toolkit])
def test_every_public_name_exists(package: ModuleType) -> None:
    """What the package and its toolkit export is there, once, and explained."""
    names = package.__all__
    assert len(names) == len({*names})
    for name in names:
        value = getattr(package, name)
        ours = getattr(value, "__module__", "").startswith("asapp_conversations.")
        assert value.__doc__ or not (ours and isinstance(value, (type, FunctionType)))


def test_import_makes_only_what_every_program_needs() -> None:
    """Validators, the answers' schemas, most models and what tasks need wait until they are used."""
    code = "import sys, httpx; own = {*sys.modules}; import asapp_conversations; "
    code += "print(*({*sys.modules} - own))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = {*done.stdout.split()}
    assert "asapp_conversations_client.models.message" in loaded
    later = {"anyio", "jsonschema_rs", "asapp_conversations_client.contracts"}
    later.add("asapp_conversations_client.models.error_response")
    assert not later & loaded
