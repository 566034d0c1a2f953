"""What each operation takes and gives; imported by who judges bodies, and not by every program.

All schemas are JSON Schema 2020-12.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from fact_types import Operation


class Parameter(NamedTuple):
    """A parameter of an operation.

    Attributes:
        name: what it is called.
        place: where it stands: "path", "query", "header" or "cookie".
        required: whether every request needs it.
        schema: what its value must be.
    """

    name: str
    place: str
    required: bool
    schema: Mapping[str, Any]


class Contract(NamedTuple):
    """What one operation takes and gives.

    Attributes:
        operation: whose it is.
        parameters: all of them.
        body_required: whether a request needs a body.
        bodies: the schema of a request's body by media type; empty where it takes none.
        answers: by documented status, range or "default": the schema of the body by media type.
    """

    operation: Operation
    parameters: tuple[Parameter, ...]
    body_required: bool
    bodies: Mapping[str, Mapping[str, Any]]
    answers: Mapping[str, Mapping[str, Mapping[str, Any]]]


class Contracts(NamedTuple):
    """What all operations take and give.

    Attributes:
        schemas: each named schema; a reference to it is `#/$defs/` and its name.
        operations: the contract of each operation, in the order of `OPERATIONS`.
    """

    schemas: Mapping[str, Mapping[str, Any]]
    operations: tuple[Contract, ...]
