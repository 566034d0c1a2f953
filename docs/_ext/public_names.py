"""Lets the reference name things as users import them, wherever in a package they are defined."""

from __future__ import annotations

import importlib
import inspect
import sys
from typing import Any

from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.domains.python import PyObject, PyXRefRole
from sphinx.environment import BuildEnvironment
from sphinx.pycode import ModuleAnalyzer

PACKAGES = (
    "asapp_conversations",
    "asapp_conversations.toolkit",
    "asapp_conversations_importer",
    "asapp_conversations_emulator",
    "asapp_conversations_client.models",
    "asapp_conversations_client.facts",
    "asapp_conversations_client.contracts",
    "asapp_conversations_client.types",
)
"""What users import from; a name that two export is the first one's."""


ROLE = "public"
"""The role of what stands between backticks in a docstring."""


def public_names() -> dict[str, str]:
    """The name that users import by the name under which a class or a function is defined."""
    found: dict[str, str] = {}
    for package in PACKAGES:
        module = importlib.import_module(package)
        for name in module.__all__:
            value = getattr(module, name)
            named = inspect.isclass(value) or inspect.isfunction(value)
            defined = f"{value.__module__}.{value.__qualname__}" if named else f"{package}.{name}"
            found.setdefault(defined, f"{package}.{name}")
    return found


def resolve(
    app: Sphinx, env: BuildEnvironment, node: pending_xref, content: nodes.TextElement
) -> nodes.Element | None:
    """Link what is named by where it is defined to the entry under its public name.

    What stands between backticks in a docstring is linked if it is public, and is code if not.
    """
    if node.get("refdomain") != "py":
        return None
    names, target = env.asapp_public_names, node["reftarget"]  # type: ignore[attr-defined]
    shown = node["reftype"] == ROLE
    module = node.get("py:module") or PACKAGES[0]
    wanted = [names.get(target)]
    if shown:
        wanted = [f"{package}.{target}" for package in (module, *PACKAGES)]
    found = next((name for name in wanted if name in names.values()), None)
    if found:
        domain = env.get_domain("py")
        document = node.get("refdoc", "")
        return domain.resolve_xref(env, document, app.builder, "obj", found, node, content)
    return nodes.literal(text=content.astext()) if shown else None


def describe(
    app: Sphinx, what: str, name: str, value: object, options: object, lines: list[str]
) -> None:
    """Give a constant the words that stand below it in the module that defines it."""
    if what != "data":
        return
    package, _, last = name.rpartition(".")
    top = package.partition(".")[0]
    inner = sorted(it for it in sys.modules if it.startswith(f"{top}.") and it != package)
    for module in (package, *inner):
        found = ModuleAnalyzer.for_module(module).find_attr_docs().get(("", last))
        if found:
            lines[:] = found
            return
    lines.clear()  # What the type says of itself, such as that of dict.


def hide_private_bases(
    app: Sphinx, name: str, value: type, options: object, bases: list[type]
) -> None:
    """Show what a class is based on past those that nobody can import."""
    while any(base.__name__.startswith("_") for base in bases):
        bases[:] = [
            outer
            for base in bases
            for outer in (base.__bases__ if base.__name__.startswith("_") else (base,))
        ]


def label_attributes() -> None:
    """Call attributes so, and not variables."""
    for kind in PyObject.doc_field_types:
        if kind.name == "variable":
            kind.label = "Attributes"


def setup(app: Sphinx) -> dict[str, Any]:
    label_attributes()
    app.add_role_to_domain("py", ROLE, PyXRefRole())
    app.connect("missing-reference", resolve)
    app.connect("autodoc-process-docstring", describe)
    app.connect("autodoc-process-bases", hide_private_bases)
    app.connect("builder-inited", _note)
    return {"parallel_read_safe": True}


def _note(app: Sphinx) -> None:
    app.env.asapp_public_names = public_names()  # type: ignore[attr-defined]
