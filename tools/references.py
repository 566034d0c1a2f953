"""What the references of an OpenAPI document lead to."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

from failure import RegenerationError
from schemas import COMPONENT, unescaped

Node = dict[str, Any]


def component_name(document: Node, target: str) -> str | None:
    """The name of the whole schema that a reference leads to, if it does."""
    name = unescaped(unquote(target).removeprefix(COMPONENT))
    return name if name in named(document, "schemas") and target.startswith(COMPONENT) else None


def named(document: Node, kind: str) -> Node:
    """The components of a kind, by name."""
    found: Node = document.get("components", {}).get(kind, {})
    return found


def resolve(document: Node, node: Any) -> Node:
    """The node, or what its reference points to."""
    seen: set[str] = set()
    while isinstance(node, dict) and isinstance(target := node.get("$ref"), str):
        if target in seen:
            raise RegenerationError(f"the reference {target} leads to itself")
        seen.add(target)
        node = lookup(document, target)
    return dict(node)


def lookup(document: Node, target: str) -> Any:
    """What a reference within the document points to (RFC 6901)."""
    found: Any = document
    try:
        if not target.startswith("#"):
            raise RegenerationError(
                f"the reference {target} leads out of the document: put what it means into it"
            )
        if not target.startswith("#/"):
            raise LookupError
        for part in unquote(target).removeprefix("#/").split("/"):
            found = found[int(part) if isinstance(found, list) else unescaped(part)]
    except (LookupError, TypeError, ValueError):
        raise RegenerationError(f"the reference {target} leads nowhere") from None
    return found
