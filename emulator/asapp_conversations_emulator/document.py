"""The OpenAPI document that the emulator serves: that of the installed client, or another."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from functools import cache, cached_property
from importlib.resources import files
from typing import Any, cast
from urllib.parse import unquote

import jsonschema_rs
from attrs import field, frozen

METHODS = frozenset({"get", "put", "post", "delete", "options", "head", "patch", "trace"})
"""The fields of a path item that are operations (OpenAPI 3.0.1, Path Item Object)."""

Node = Mapping[str, Any]


@cache
def installed_document() -> Node:
    """The document that the installed generated client was made from."""
    source = files("asapp_conversations_client").joinpath("openapi.json")
    return cast("Node", json.loads(source.read_text(encoding="utf-8")))


class ServedDocument:
    """A document with the few look-ups that the emulator needs."""

    def __init__(self, content: Node) -> None:
        self.content = content

    @cached_property
    def operations(self) -> tuple[ServedOperation, ...]:
        """Every operation; a path is ahead of the templates that match it too."""
        items = {path: self.resolve(item) for path, item in self.content["paths"].items()}
        return tuple(
            ServedOperation(self, method, path, items[path])
            for path in sorted(items, key=lambda path: ["{" in part for part in path.split("/")])
            for method in items[path]
            if method in METHODS
        )

    def match(self, method: str, path: str) -> ServedOperation | None:
        """The operation that serves `method` on `path` (as it stands in a URL), if any."""
        for operation in self.operations:
            if operation.method == method.lower() and operation.pattern.fullmatch(path):
                return operation
        return None

    def resolve(self, node: Node) -> Node:
        """`node`, or what its local `$ref` points to."""
        while "$ref" in node:
            target: Any = self.content
            for part in node["$ref"].removeprefix("#/").split("/"):
                target = target[part.replace("~1", "/").replace("~0", "~")]
            node = target
        return node

    def validator(
        self, schema: Node, formats: Mapping[str, Callable[[str], bool]] | None = None
    ) -> jsonschema_rs.Validator:
        """A validator whose messages never quote the value that they reject.

        `formats` replaces what the validator knows of a format's values.
        """
        return jsonschema_rs.Draft4Validator(
            {**schema, "components": self.content.get("components", {})},
            formats=dict(formats or {}),
            validate_formats=True,
            mask="the value",
        )


@frozen(eq=False, slots=False)
class ServedOperation:
    """One operation of a document: a method on a path template."""

    document: ServedDocument
    method: str
    path: str
    item: Node = field(repr=False)

    @property
    def definition(self) -> Node:
        return cast("Node", self.item[self.method])

    @property
    def operation_id(self) -> str | None:
        """Its name in the document, if it has one."""
        return self.definition.get("operationId")

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """What a path that it serves looks like in a URL."""
        parts = re.split(r"(\{[^}]+\})", self.path)
        escaped = ("([^/]+)" if part.startswith("{") else re.escape(part) for part in parts)
        return re.compile("".join(escaped))

    @cached_property
    def path_parameters(self) -> list[str]:
        """The names of the parameters in its path, in their order."""
        return re.findall(r"\{([^}]+)\}", self.path)

    def read_path(self, path: str) -> dict[str, str]:
        """The parameters in a path that `pattern` matches, unquoted, by name."""
        match = self.pattern.fullmatch(path)
        return (
            dict(zip(self.path_parameters, map(unquote, match.groups()), strict=True))
            if match
            else {}
        )

    @property
    def key_headers(self) -> tuple[str, ...]:
        """The names of the headers that carry the keys for it."""
        security = self.definition.get("security", self.document.content.get("security", ()))
        schemes = self.document.content.get("components", {}).get("securitySchemes", {})
        return tuple(schemes[name]["name"] for requirement in security for name in requirement)

    @property
    def parameters(self) -> list[Node]:
        """Every parameter, wherever it stands in a request; its own replace its path item's."""
        found = {}
        for scope in (self.item, self.definition):
            for parameter in map(self.document.resolve, scope.get("parameters", ())):
                found[parameter["name"], parameter["in"]] = parameter
        return list(found.values())

    @property
    def body(self) -> Node:
        """What the document says of its body; empty where it takes none."""
        return self.document.resolve(self.definition.get("requestBody", {}))

    @property
    def success(self) -> tuple[int, Node]:
        """The first documented status of success, or 200, and what that answer is."""
        responses = self.definition["responses"]
        for status, response in responses.items():
            if status.startswith("2"):
                return int(status.upper().replace("X", "0")), self.document.resolve(response)
        return 200, self.document.resolve(responses.get("default", {}))

    def json_schema(self, holder: Node) -> Node | None:
        """The schema of the JSON in a body or an answer of it, if there is one."""
        schema = holder.get("content", {}).get("application/json", {}).get("schema")
        return None if schema is None else self.document.resolve(schema)

    def list_in_body(self) -> str:
        """The name of the first list in its body; empty where there is none."""
        properties = (self.json_schema(self.body) or {}).get("properties", {})
        kinds = {name: self.document.resolve(each).get("type") for name, each in properties.items()}
        return next((name for name, kind in kinds.items() if kind == "array"), "")
