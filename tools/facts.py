"""Reads an OpenAPI document into the facts that the SDK, the emulator and the importer need."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import jsonschema_rs
from fact_types import BatchFacts, Operation
from failure import RegenerationError

BATCH_OPERATION = "createBatchMessages"

METHODS = frozenset({"get", "put", "post", "delete", "options", "head", "patch", "trace"})
"""The fields of a path item that are operations (OpenAPI 3.0.1, Path Item Object)."""

IDEMPOTENT_METHODS = frozenset({"get", "head", "options", "put", "delete", "trace"})
"""Methods that may be sent twice (RFC 9110, section 9.2.2)."""

Node = Mapping[str, Any]


class Facts(NamedTuple):
    """All that is written for one document."""

    document_version: str
    server_url: str
    key_headers: dict[str, str]
    words: frozenset[str]
    operations: tuple[Operation, ...]
    batch: BatchFacts


class Definition(NamedTuple):
    """An operation as it stands in the document, with the path item that it stands in."""

    method: str
    path: str
    item: Node
    content: Node

    def __str__(self) -> str:
        return f"{self.method.upper()} {self.path}"


def read_facts(document: Node) -> Facts:
    """The facts of a document that the generator has accepted.

    Raises:
        RegenerationError: the document lacks a fact, or says it in a way that is not carried.
    """
    try:
        # A date without quotes, for one, is more to YAML than the text that it is in JSON.
        json.dumps(document)
    except TypeError as error:
        raise RegenerationError(f"a value has no form in JSON: {error}") from error
    definitions = definitions_of(document)
    operations = tuple(operation_facts(document, each) for each in definitions)
    return Facts(
        document_version=document["info"]["version"],
        server_url=server_url(document),
        key_headers=key_headers(document, definitions),
        words=frozenset(words_of(document)),
        operations=operations,
        batch=batch_facts(document, definitions, operations),
    )


def definitions_of(document: Node) -> list[Definition]:
    """Every operation; a path is ahead of the templates that match it too, as OpenAPI demands."""
    items = {path: resolve(document, item) for path, item in document["paths"].items()}
    return [
        Definition(method, path, items[path], items[path][method])
        for path in sorted(items, key=lambda path: ["{" in part for part in path.split("/")])
        for method in items[path]
        if method in METHODS
    ]


def operation_facts(document: Node, definition: Definition) -> Operation:
    """The facts of one operation."""
    method, path, _, content = definition
    responses = {
        status.upper(): resolve(document, response)
        for status, response in content["responses"].items()
    }
    successes = {
        status: tuple(response.get("content", ()))
        for status, response in responses.items()
        if status.startswith("2")
    }
    bodiless = (
        int(status)
        for status in filter(str.isdigit, successes)
        if accepts(document, responses[status], {})
    )
    return Operation(
        operation_id=content.get("operationId", ""),
        method=method.upper(),
        path=path,
        pattern=path_pattern(path),
        repeatable=method in IDEMPOTENT_METHODS or "409" in responses,
        successes=successes,
        bodiless_success=next(bodiless, None),
    )


def path_pattern(path: str) -> re.Pattern[str]:
    """What a path of this template looks like in a URL."""
    parts = re.split(r"(\{[^}]+\})", path)
    return re.compile("".join("([^/]+)" if part[:1] == "{" else re.escape(part) for part in parts))


def accepts(document: Node, response: Node, value: object) -> bool:
    """Whether this JSON value may be the body of the response."""
    schema = json_schema(response)
    if schema is None:
        return True
    root = {**schema, "components": document.get("components", {})}
    return jsonschema_rs.Draft4Validator(root, validate_formats=True).is_valid(value)


def json_schema(content_holder: Node) -> Node | None:
    """The schema of the JSON body of a request or a response."""
    schema: Node | None
    schema = content_holder.get("content", {}).get("application/json", {}).get("schema")
    return schema


def batch_facts(
    document: Node, definitions: list[Definition], operations: tuple[Operation, ...]
) -> BatchFacts:
    """The facts of the operation that creates messages."""
    found = [
        (definition, operation)
        for definition, operation in zip(definitions, operations, strict=True)
        if operation.operation_id == BATCH_OPERATION
    ]
    if not found:
        raise RegenerationError(f"no operation has the operationId {BATCH_OPERATION}")
    definition, operation = found[0]
    parameters = path_parameters(document, definition)
    if len(parameters) != 1:
        raise RegenerationError(
            f"{definition}: one path parameter is expected, the id of the conversation; "
            f"found {', '.join(parameters) or 'none'}"
        )
    ((parameter, conversation_schema),) = parameters.items()
    body = json_schema(resolve(document, definition.content.get("requestBody", {})))
    properties = inlined(document, body or {}).get("properties", {})
    lists = {name: each for name, each in properties.items() if each.get("type") == "array"}
    if len(lists) != 1:
        raise RegenerationError(
            f"{definition}: a JSON body with one list is expected, the messages; "
            f"found {', '.join(lists) or 'none'}"
        )
    ((messages, schema),) = lists.items()
    for keyword in ("items", "maxItems"):
        if keyword not in schema:
            raise RegenerationError(f"{definition}: the list {messages} has no {keyword}")
    return BatchFacts(
        operation=operation,
        conversation_parameter=parameter,
        conversation_schema=inlined(document, conversation_schema),
        messages_property=messages,
        message_schema=schema["items"],
        time_paths=tuple(time_paths(schema["items"])),
        max_messages=schema["maxItems"],
    )


def time_paths(schema: Node, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The way to each date and time in a schema without references."""
    for name, inner in schema.get("properties", {}).items():
        if inner.get("format") == "date-time":
            yield (*path, name)
        yield from time_paths(inner, (*path, name))


def path_parameters(document: Node, definition: Definition) -> dict[str, Node]:
    """The schema of each path parameter; the operation's own replaces its path item's."""
    return {
        parameter["name"]: parameter.get("schema", {})
        for scope in (definition.item, definition.content)
        for parameter in (resolve(document, each) for each in scope.get("parameters", ()))
        if parameter["in"] == "path"
    }


def server_url(document: Node) -> str:
    """The first server, which is the default."""
    servers = document.get("servers") or [{"url": ""}]
    url = str(servers[0]["url"])
    if not re.fullmatch(r"https?://[^{}]+", url):
        raise RegenerationError(f"servers: an absolute URL without variables is expected: {url!r}")
    return url


def key_headers(document: Node, definitions: list[Definition]) -> dict[str, str]:
    """Header name by security scheme, of every scheme that an operation requires."""
    default = document.get("security", [])
    needed: dict[str, Definition] = {}
    for definition in definitions:
        for requirement in definition.content.get("security", default):
            for name in requirement:
                needed.setdefault(name, definition)
    if not needed:
        raise RegenerationError("security: no operation requires a key")
    schemes = document.get("components", {}).get("securitySchemes", {})
    headers = {}
    for name, definition in needed.items():
        scheme = resolve(document, schemes.get(name, {}))
        kind = (scheme.get("type"), scheme.get("in"))
        if kind != ("apiKey", "header") or "name" not in scheme:
            raise RegenerationError(
                f"{definition}: security: {name} is no key in a header (type apiKey, in header, name)"
            )
        headers[name] = scheme["name"]
    return headers


def words_of(node: object) -> Iterator[str]:
    """The names of properties and the values of enumerations."""
    if isinstance(node, dict):
        yield from (value for value in node.get("enum", ()) if isinstance(value, str))
        yield from node.get("properties", ())
        for value in node.values():
            yield from words_of(value)
    elif isinstance(node, list):
        for value in node:
            yield from words_of(value)


def resolve(document: Node, node: Node) -> Node:
    """`node`, or what its reference points to."""
    seen: set[str] = set()
    while isinstance(reference := node.get("$ref"), str):
        if reference in seen:
            raise RegenerationError(f"the reference {reference} points to itself")
        seen.add(reference)
        node = target(document, reference)
    return node


def target(document: Node, reference: str) -> Node:
    """What a reference points to."""
    found: Any = document
    try:
        if not reference.startswith("#/"):
            raise LookupError
        for part in reference.removeprefix("#/").split("/"):
            found = found[part.replace("~1", "/").replace("~0", "~")]
    except (LookupError, TypeError):
        raise RegenerationError(f"the reference {reference} leads nowhere") from None
    return dict(found)


def inlined(document: Node, schema: Node, above: tuple[str, ...] = ()) -> Node:
    """The schema with each reference replaced by what it points to."""
    reference = schema.get("$ref")
    if isinstance(reference, str):
        if reference in above:
            raise RegenerationError(f"{reference} contains itself, which is not carried")
        return inlined(document, target(document, reference), (*above, reference))

    def inner(value: Any) -> Any:
        return inlined(document, value, above) if isinstance(value, dict) else value

    whole = dict(schema)
    for keyword in {"items", "not", "additionalProperties"} & schema.keys():
        whole[keyword] = inner(schema[keyword])
    for keyword in {"allOf", "anyOf", "oneOf"} & schema.keys():
        whole[keyword] = [inner(each) for each in schema[keyword]]
    if "properties" in schema:
        whole["properties"] = {name: inner(each) for name, each in schema["properties"].items()}
    return whole
