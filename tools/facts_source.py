"""Writes the facts of a document as two Python modules."""

from __future__ import annotations

from pathlib import Path

import contract_types
import fact_types
from contract_types import Contracts
from facts import Facts

FACTS = '''

__all__ = (
    "BATCH",
    "DOCUMENT_SHA256",
    "DOCUMENT_VERSION",
    "OPERATIONS",
    "SERVER_URLS",
    "WORDS",
    "BatchFacts",
    "Key",
    "Operation",
)

DOCUMENT_VERSION: str = {document_version}
"""The version that the document gives itself."""

DOCUMENT_SHA256: str = {document_sha256}
"""The SHA-256 of the document's bytes, in hexadecimal."""

SERVER_URLS: tuple[str, ...] = {server_urls}
"""The servers of the batch operation, on whose root all paths start; empty where none is named."""

WORDS: frozenset[str] = {words}
"""The names of properties and the values of enumerations."""

OPERATIONS: tuple[Operation, ...] = {operations}
"""Every operation; the first whose pattern matches a path serves it."""

BATCH: BatchFacts = {batch}
"""The operation that creates many messages at once."""
'''

CONTRACTS = '''

__all__ = ("CONTRACTS", "Contract", "Contracts", "Parameter")

CONTRACTS: Contracts = {contracts}
"""What this document's operations take and give."""
'''


def facts_source(facts: Facts) -> str:
    """A module that holds the facts; its layout is left to the formatter."""
    values = {name: source_of(value) for name, value in facts._asdict().items()}
    place = facts.operations.index(facts.batch.operation)
    values["batch"] = source_of(facts.batch, operation=f"OPERATIONS[{place}]")
    return types_source(fact_types) + FACTS.format(**values)


def contracts_source(contracts: Contracts) -> str:
    """A module that holds what the operations take and give."""
    listed = "".join(
        source_of(contract, operation=f"OPERATIONS[{place}]") + ", "
        for place, contract in enumerate(contracts.operations)
    )
    whole = source_of(contracts, operations=f"({listed})")
    return types_source(contract_types) + CONTRACTS.format(contracts=whole)


def types_source(module: object) -> str:
    """The source of a module of types, as it is written into the generated package."""
    source = Path(str(getattr(module, "__file__", ""))).read_text(encoding="utf-8")
    return source.replace("\nfrom fact_types import", "\nfrom .facts import OPERATIONS,")


def source_of(value: object, **fields: str) -> str:
    """The expression that makes the value; `fields` are expressions for some of its own."""
    match value:
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
