"""What a corner of OpenAPI is: a document that nobody has thought of until somebody publishes it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from attrs import frozen
from edited import Edited

TEXT: dict[str, Any] = {"type": "string"}
CORNERS: list[Corner] = []


@frozen
class Corner:
    """A change of the document, and what becomes of it.

    Attributes:
        edit: changes the document; what it returns, if anything, are the bytes of the file.
        refused: words of the refusal; None where it works.
        left_out: words about each operation that is left out, by its method and path.
    """

    edit: Callable[[Edited], bytes | None]
    refused: str | None
    left_out: Mapping[str, str]

    @property
    def name(self) -> str:
        return self.edit.__name__


def corner(
    edit: Any = None,
    *,
    refused: str | None = None,
    left_out: Mapping[str, str] = MappingProxyType({}),
) -> Any:
    """Add the decorated edit to the corners."""

    def add(function: Any) -> Any:
        CORNERS.append(Corner(function, refused, left_out))
        return function

    return add(edit) if edit else add
