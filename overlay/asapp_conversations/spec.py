"""What the OpenAPI document says, read from the copy that ships with the generated client."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache, cached_property
from importlib.resources import files
from typing import Any, cast
from urllib.parse import quote, unquote

import jsonschema_rs
from attrs import field, frozen

METHODS = frozenset({"get", "put", "post", "delete", "options", "head", "patch", "trace"})
"""The fields of a path item that are operations (OpenAPI 3.0.1, Path Item Object)."""

IDEMPOTENT_METHODS = frozenset({"get", "head", "options", "put", "delete", "trace"})
"""Methods that may be sent twice (RFC 9110, section 9.2.2)."""


class Document:
    """An OpenAPI document with the few look-ups that the SDK needs."""

    def __init__(self, content: Mapping[str, Any]) -> None:
        self.content = content

    @property
    def version(self) -> str:
        return str(self.content["info"]["version"])

    @property
    def server_url(self) -> str:
        return str(self.content["servers"][0]["url"])

    @cached_property
    def key_headers(self) -> dict[str, str]:
        """Header name by security scheme, of the schemes that every operation requires."""
        return self.header_names(self.content["security"])

    def header_names(self, security: Iterable[Mapping[str, Any]]) -> dict[str, str]:
        """Header name by security scheme, of all schemes that a security requirement names."""
        schemes = self.content["components"]["securitySchemes"]
        names = [name for requirement in security for name in requirement]
        return {name: schemes[name]["name"] for name in names}

    @cached_property
    def words(self) -> frozenset[str]:
        """The names of properties and the values that enumerations allow."""
        return frozenset(_vocabulary(self.content))

    @cached_property
    def operations(self) -> tuple[Operation, ...]:
        """Every operation of the document, in its order."""
        return tuple(
            Operation(self, method, template, item)
            for template, item in self.content["paths"].items()
            for method in item
            if method in METHODS
        )

    def operation(self, operation_id: str) -> Operation:
        """The operation of that id; `LookupError` when the document has none."""
        for operation in self.operations:
            if operation.definition.get("operationId") == operation_id:
                return operation
        raise LookupError(f"the document has no operation {operation_id!r}")

    def match(self, method: str, path: str) -> Operation | None:
        """The operation that serves `method` on `path` (as it stands in a URL), if any."""
        for operation in self.operations:
            if operation.method == method.lower() and operation.pattern.fullmatch(path):
                return operation
        return None

    def resolve(self, node: Mapping[str, Any]) -> Mapping[str, Any]:
        """`node`, or what its local `$ref` points to."""
        while "$ref" in node:
            target: Any = self.content
            for part in node["$ref"].removeprefix("#/").split("/"):
                target = target[part.replace("~1", "/").replace("~0", "~")]
            node = target
        return node

    def validator(
        self,
        schema: Mapping[str, Any],
        formats: Mapping[str, Callable[[str], bool]] | None = None,
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
class Operation:
    """One operation: a method on a path template."""

    document: Document
    method: str
    template: str
    item: Mapping[str, Any] = field(repr=False)

    @property
    def definition(self) -> Mapping[str, Any]:
        return cast("Mapping[str, Any]", self.item[self.method])

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """What a path that it serves looks like in a URL."""
        parts = re.split(r"(\{[^}]+\})", self.template)
        escaped = ("([^/]+)" if part.startswith("{") else re.escape(part) for part in parts)
        return re.compile("".join(escaped))

    @property
    def key_headers(self) -> tuple[str, ...]:
        """The names of the headers that carry the keys for it."""
        security = self.definition.get("security", self.document.content.get("security", ()))
        return tuple(self.document.header_names(security).values())

    @property
    def repeatable(self) -> bool:
        """Whether it may be sent again when the outcome is unknown.

        ASAPP's page on retries: a 409 says that the system has persisted the entity. So an
        operation that documents 409 recognises a request that it has carried out already.
        """
        return self.method in IDEMPOTENT_METHODS or "409" in self.definition["responses"]

    @cached_property
    def bodiless_success(self) -> int | None:
        """The documented 2xx that an empty object answers, if any."""
        for status in filter(str.isdigit, self.definition["responses"]):
            if status.startswith("2") and self.accepts(int(status), {}):
                return int(status)
        return None

    def accepts(self, status: int, value: object) -> bool:
        """Whether the document allows this JSON value in an answer of this status."""
        schema = self.response_schema(status)
        return schema is None or self.document.validator(schema).is_valid(value)

    def success_media_types(self, status: int) -> tuple[str, ...] | None:
        """What the body of a success can be; None if the document knows no such success."""
        exact, of_its_range = str(status), f"{status // 100}XX"
        return self._successes.get(exact, self._successes.get(of_its_range))

    @cached_property
    def _successes(self) -> dict[str, tuple[str, ...]]:
        return {
            status: tuple(self.document.resolve(response).get("content", ()))
            for status, response in self.definition["responses"].items()
            if status.startswith("2")
        }

    def response_schema(self, status: int) -> Mapping[str, Any] | None:
        """The schema of the JSON body of that status."""
        return self._json_schema(self._response(status))

    def _response(self, status: int) -> Mapping[str, Any]:
        responses = self.definition["responses"]
        keys = (str(status), f"{status // 100}XX", "default")
        response: Mapping[str, Any] = next((responses[key] for key in keys if key in responses), {})
        return self.document.resolve(response)

    def path(self, **parameters: str) -> str:
        """The path with its parameters filled in and quoted."""
        quoted = {name: quote(value, safe="") for name, value in parameters.items()}
        return self.template.format(**quoted)

    def read_path(self, path: str) -> dict[str, str]:
        """The parameters in a path that `pattern` matches, unquoted, by name."""
        match = self.pattern.fullmatch(path)
        names = re.findall(r"\{([^}]+)\}", self.template)
        return dict(zip(names, map(unquote, match.groups()), strict=True)) if match else {}

    def parameters(self) -> Iterator[Mapping[str, Any]]:
        """Every parameter, wherever it stands in a request."""
        for scope in (self.item, self.definition):
            yield from map(self.document.resolve, scope.get("parameters", ()))

    def path_parameters(self) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """Name and schema of each path parameter."""
        for parameter in self.parameters():
            if parameter["in"] == "path":
                yield parameter["name"], parameter["schema"]

    def body_schema(self) -> Mapping[str, Any]:
        """The schema of the JSON request body."""
        schema = self._json_schema(self.document.resolve(self.definition["requestBody"]))
        if schema is None:
            raise LookupError(f"{self.method} {self.template} takes no JSON body")
        return self.document.resolve(schema)

    def _json_schema(self, content_holder: Mapping[str, Any]) -> Mapping[str, Any] | None:
        media_type = content_holder.get("content", {}).get("application/json", {})
        return cast("Mapping[str, Any] | None", media_type.get("schema"))


@frozen(eq=False)
class MessageBatchRules:
    """The document's rules for a batch of messages, from its create-messages operation."""

    operation: Operation
    conversation_parameter: str
    conversation_schema: Mapping[str, Any]
    messages_property: str
    message_schema: Mapping[str, Any]
    max_messages: int

    @classmethod
    def of(cls, document: Document) -> MessageBatchRules:
        operation = document.operation("createBatchMessages")
        ((parameter, parameter_schema),) = operation.path_parameters()
        properties = operation.body_schema()["properties"]
        ((name, array),) = (
            (name, document.resolve(schema))
            for name, schema in properties.items()
            if document.resolve(schema).get("type") == "array"
        )
        return cls(
            operation=operation,
            conversation_parameter=parameter,
            conversation_schema=document.resolve(parameter_schema),
            messages_property=name,
            message_schema=document.resolve(array["items"]),
            max_messages=array["maxItems"],
        )


@cache
def load_document() -> Document:
    """The document that the installed generated client was made from."""
    source = files("asapp_conversations_client").joinpath("openapi.json")
    return Document(json.loads(source.read_text(encoding="utf-8")))


@cache
def message_batch_rules() -> MessageBatchRules:
    """The rules for a batch of messages in the installed document."""
    return MessageBatchRules.of(load_document())


def _vocabulary(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        yield from (value for value in node.get("enum", ()) if isinstance(value, str))
        yield from node.get("properties", ())
        for value in node.values():
            yield from _vocabulary(value)
    elif isinstance(node, list):
        for value in node:
            yield from _vocabulary(value)
