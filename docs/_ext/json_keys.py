"""The directive `json-keys`: the keys of what `--json` prints, as the docstrings explain them."""

from __future__ import annotations

import importlib
import inspect
import re
from typing import Any

from attrs import NOTHING, asdict, fields
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

PACKAGE = "asapp_conversations_importer"
ENTRY = re.compile(r"^ {4}(\w+): (.*(?:\n {8}.*)*)", re.MULTILINE)
"""An attribute in a docstring, and what is said of it."""


def keys(kind: type[Any]) -> dict[str, str]:
    """What each key means of the JSON that a record of this kind becomes."""
    words = dict(ENTRY.findall(inspect.getdoc(kind) or ""))
    required = (each.name for each in fields(kind) if each.default is NOTHING)
    empty = kind(**dict.fromkeys(required))
    values = empty.to_dict() if hasattr(empty, "to_dict") else asdict(empty)
    return {key: as_sentence(words[key]) for key in values}


def as_sentence(words: str) -> str:
    """The words of a docstring, about JSON."""
    text = re.sub(r"\bNone\b", "`null`", " ".join(words.split()))
    return text[0].upper() + text[1:]


class JsonKeys(SphinxDirective):
    """Writes an entry for each key of a record, which it is given by its public name."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        kind = getattr(importlib.import_module(PACKAGE), self.arguments[0])
        entries = (f"`{key}`\n: {words}" for key, words in keys(kind).items())
        return self.parse_text_to_nodes("\n\n".join(entries))


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_directive("json-keys", JsonKeys)
    return {"parallel_read_safe": True}
