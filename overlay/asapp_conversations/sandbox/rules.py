"""The document's rules for a request: keys, parameters, body, and the shape of its answers."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Any, cast

import jsonschema_rs
from attrs import frozen

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
_TIME = re.compile(
    r"(\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2})(\.\d{1,12})?([Zz]|[+-]\d{2}:\d{2})?", re.ASCII
)


@cache
def load_document() -> dict[str, Any]:
    """The document that the installed generated client was made from."""
    text = files("asapp_conversations_client").joinpath("openapi.json").read_text("utf-8")
    return cast("dict[str, Any]", json.loads(text))


def is_time(value: str) -> bool:
    """RFC 3339 with 0 to 12 fraction digits; the document lets the zone be left out."""
    match = _TIME.fullmatch(value)
    if not match:
        return False
    try:
        datetime.fromisoformat(match[1] + (match[3] or "").upper())
    except ValueError:
        return False
    return True


@frozen(eq=False)
class Operation:
    """One operation of the document, with what it demands."""

    operation_id: str | None
    method: str
    template: str
    parameters: Mapping[str, jsonschema_rs.Validator]
    body: jsonschema_rs.Validator | None
    success: int
    answer: Any
    headers: tuple[str, ...]

    def problem(self, parameters: Mapping[str, str], body: object) -> str | None:
        """The first thing wrong with a request, with its path as ASAPP writes it."""
        for name, validator in self.parameters.items():
            for error in validator.iter_errors(parameters[name]):
                return f"[Path '/{name}'] {error.message}"
        for error in self.body.iter_errors(body) if self.body else ():
            path = "".join(f"/{part}" for part in error.instance_path)
            return f"[Path '{path}'] {error.message}"
        return None


def operations(document: Mapping[str, Any]) -> Iterator[Operation]:
    """Every operation of the document."""
    for template, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                yield _operation(document, method, template, item)


def _operation(
    document: Mapping[str, Any], method: str, template: str, item: Mapping[str, Any]
) -> Operation:
    definition = item[method]
    parameters = [
        _resolve(document, parameter)
        for parameter in [*item.get("parameters", ()), *definition.get("parameters", ())]
    ]
    body = _json_schema(document, definition.get("requestBody", {}))
    success = next(status for status in definition["responses"] if status.startswith("2"))
    answer = _json_schema(document, definition["responses"][success])
    return Operation(
        operation_id=definition.get("operationId"),
        method=method,
        template=template,
        parameters={
            parameter["name"]: _validator(document, parameter["schema"])
            for parameter in parameters
            if parameter["in"] == "path"
        },
        body=_validator(document, body) if body is not None else None,
        success=int(success),
        answer=_minimal(document, answer) if answer is not None else None,
        headers=tuple(_key_headers(document, definition)),
    )


def _key_headers(document: Mapping[str, Any], definition: Mapping[str, Any]) -> Iterator[str]:
    schemes = document["components"]["securitySchemes"]
    for requirement in definition.get("security", document["security"]):
        for name in requirement:
            yield schemes[name]["name"]


def _json_schema(
    document: Mapping[str, Any], holder: Mapping[str, Any]
) -> Mapping[str, Any] | None:
    content = _resolve(document, holder).get("content", {})
    return cast("Mapping[str, Any] | None", content.get("application/json", {}).get("schema"))


def _resolve(document: Mapping[str, Any], node: Mapping[str, Any]) -> Mapping[str, Any]:
    while "$ref" in node:
        target: Any = document
        for part in node["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        node = target
    return node


def _validator(
    document: Mapping[str, Any], schema: Mapping[str, Any]
) -> jsonschema_rs.Draft4Validator:
    return jsonschema_rs.Draft4Validator(
        {**schema, "components": document["components"]},
        formats={"date-time": is_time},
        validate_formats=True,
        mask="the value",
    )


def _minimal(document: Mapping[str, Any], schema: Mapping[str, Any]) -> Any:
    """The smallest value of a schema's type, with the properties that it requires."""
    schema = _resolve(document, schema)
    if "enum" in schema:
        return schema["enum"][0]
    if "example" in schema:
        return schema["example"]
    if schema.get("type") == "object":
        properties = schema.get("properties", {})
        return {name: _minimal(document, properties[name]) for name in schema.get("required", ())}
    smallest = {"array": [], "integer": 0, "number": 0, "boolean": False}
    return smallest.get(schema.get("type", ""), "")
