"""Writes the facts of a document as a Python module."""

from __future__ import annotations

import re
from pathlib import Path

import fact_types
from facts import Facts

VALUES = '''

__all__ = (
    "BATCH",
    "DOCUMENT_VERSION",
    "KEY_HEADERS",
    "OPERATIONS",
    "SERVER_URL",
    "WORDS",
    "BatchFacts",
    "Operation",
)

DOCUMENT_VERSION: str = {document_version}
"""The version that the document gives itself."""

SERVER_URL: str = {server_url}
"""Where its paths start: the first of its servers."""

KEY_HEADERS: dict[str, str] = {key_headers}
"""The name of the header that carries a key, by the name of its security scheme."""

WORDS: frozenset[str] = {words}
"""The names of properties and the values of enumerations."""

OPERATIONS: tuple[Operation, ...] = {operations}
"""Every operation; the first whose pattern matches a path serves it."""

BATCH: BatchFacts = {batch}
"""The operation that creates many messages at once."""
'''


def facts_source(facts: Facts) -> str:
    """A module that holds the facts; its layout is left to the formatter."""
    values = {name: source_of(value) for name, value in facts._asdict().items()}
    place = facts.operations.index(facts.batch.operation)
    values["batch"] = source_of(facts.batch, operation=f"OPERATIONS[{place}]")
    types = Path(fact_types.__file__).read_text(encoding="utf-8")
    return types + VALUES.format(**values)


def source_of(value: object, **fields: str) -> str:
    """The expression that makes the value; `fields` are expressions for some of its own."""
    match value:
        case re.Pattern(pattern=pattern):
            return f"re.compile({source_of(pattern)})"
        case frozenset():
            return f"frozenset({{{', '.join(map(source_of, sorted(value)))}}})"
        case dict():
            pairs = (f"{source_of(key)}: {source_of(each)}" for key, each in value.items())
            return f"{{{', '.join(pairs)}}}"
        case tuple() if hasattr(value, "_asdict"):
            named = {name: source_of(each) for name, each in value._asdict().items()} | fields
            arguments = (f"{name}={each}" for name, each in named.items())
            return f"{type(value).__name__}({', '.join(arguments)})"
        case tuple():
            return f"({''.join(f'{source_of(each)}, ' for each in value)})"
        case list():
            return f"[{', '.join(map(source_of, value))}]"
        case _:
            # Not repr: which characters it escapes depends on the Unicode that a Python knows.
            return ascii(value)
