"""Finds the line of a document where something stands that a normalised document is made of."""

from __future__ import annotations

from io import StringIO
from typing import Any
from urllib.parse import unquote

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from schemas import unescaped
from verdict import Route

PARTS = ("allOf", "anyOf", "oneOf")


class Places:
    """The lines of one document, by the way to them in its normal form."""

    def __init__(self, text: bytes) -> None:
        try:
            self._content: Any = YAML(typ="rt", pure=True).load(StringIO(text.decode("utf-8-sig")))
        except (ValueError, YAMLError):
            # JSON with tabs, for example: then there are no lines to name.
            self._content = {}

    def line(self, route: Route) -> int | None:
        """The line of the last part of the way that the document has itself; None for no way."""
        if not route:
            return None
        node, line = self._content, None
        if route[0] == "paths" and len(route) >= 3:
            path = self._path(route[1], route[2])
            route = ("paths", path, *route[2:])
        for name in route:
            node, found = self._step(node, name)
            if node is None:
                return line
            line = found or line
        return line

    def _path(self, normal: str, method: str) -> str:
        """The path of the document that the servers' prefix and it make."""
        paths = self._content.get("paths", {})
        fitting = [
            path
            for path in paths
            if normal.endswith(path) and method in self._resolved(paths[path])
        ]
        return max(fitting, key=len, default=normal)

    def _step(self, node: Any, name: str) -> tuple[Any, int | None]:
        """What a name leads to from here, and its line."""
        node = self._resolved(node)
        if isinstance(node, dict):
            for key in node:
                if str(key).upper() == name.upper() and key is not None:
                    return node[key], node.lc.key(key)[0] + 1
            for part in (each for keyword in PARTS for each in node.get(keyword, ())):
                found, line = self._step(part, name)
                if found is not None:
                    return found, line
        elif isinstance(node, list):
            for number, each in enumerate(node):
                if self._resolved(each).get("name") == name:
                    return each, node.lc.item(number)[0] + 1
        return None, None

    def _resolved(self, node: Any) -> Any:
        """The node, or what its reference points to."""
        for _ in range(32):
            target = node.get("$ref") if isinstance(node, dict) else None
            if not isinstance(target, str) or not target.startswith("#/"):
                return node
            node = self._content
            for part in unquote(target).removeprefix("#/").split("/"):
                node = (node or {}).get(unescaped(part))
        return node
