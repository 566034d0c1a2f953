"""The document, with names for the places that a change of it is about."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from document import read_yaml

ROOT = Path(__file__).resolve().parents[2]
JSON = "application/json"


class Edited:
    """A fresh copy of the document, to be changed in place."""

    def __init__(self) -> None:
        self.content: Any = read_yaml(ROOT / "openapi.yaml")
        ((self.path, self.item),) = self.content["paths"].items()
        ((self.method, self.operation),) = (
            (name, each) for name, each in self.item.items() if name != "parameters"
        )
        self.body = self.operation["requestBody"]["content"][JSON]
        ((self.list_name, self.list),) = self.body["schema"]["properties"].items()
        self.message = self.list["items"]
        self.properties = self.message["properties"]
        self.sender = self.properties["sender"]
        self.role = self.sender["properties"]["role"]
        self.responses = self.operation["responses"]
        self.schemes = self.content["components"]["securitySchemes"]
        self.components = self.content["components"]

    def errors(self) -> list[Any]:
        """The schema of each error answer."""
        return [
            response["content"][JSON]["schema"]
            for status, response in self.responses.items()
            if not status.startswith("2")
        ]

    def succeed(self, status: str, **content: Any) -> None:
        """Let the batch be answered with another success; of JSON, if a schema is given."""
        old = next(each for each in self.responses if each.startswith("2"))
        del self.responses[old]
        described: dict[str, Any] = {"description": "done"}
        if content:
            described["content"] = {JSON: {"schema": content["schema"]}}
        self.responses[status] = described

    def rename_path(self, path: str) -> None:
        """Let the operation stand on another path."""
        self.content["paths"] = {path: self.item}

    def add(self, path: str, method: str, operation: dict[str, Any], *names: str) -> None:
        """Add an operation; `names` are parameters in its path."""
        operation.setdefault("responses", {"200": {"description": "done"}})
        item = self.content["paths"].setdefault(path, {})
        item[method] = operation
        if names:
            item["parameters"] = [
                {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
                for name in names
            ]


def answer(schema: dict[str, Any], status: str = "200") -> dict[str, Any]:
    """The answers of an operation that has one, of JSON."""
    return {status: {"description": "done", "content": {JSON: {"schema": schema}}}}


def takes(schema: dict[str, Any], media_type: str = JSON) -> dict[str, Any]:
    """The body of a request."""
    return {"required": True, "content": {media_type: {"schema": schema}}}


def reference(name: str, kind: str = "schemas") -> dict[str, Any]:
    """A reference to a component."""
    return {"$ref": f"#/components/{kind}/{name}"}
