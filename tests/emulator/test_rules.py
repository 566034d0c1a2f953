"""What the document demands, and the answers to operations that nobody wrote code for."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from asapp_conversations_emulator import Emulator
from asapp_conversations_emulator.document import ServedDocument, installed_document
from asapp_conversations_emulator.rules import OperationRules, is_time

Start = Callable[..., Emulator]
Connect = Callable[..., httpx.Client]


@pytest.mark.parametrize(
    ("value", "allowed"),
    [
        ("2024-03-04T08:00:00Z", True),
        ("2024-03-04T08:00:00", True),
        ("2024-03-04T08:00:00.123456789012+05:30", True),
        ("2024-03-04T08:00:00.1234567890123Z", False),
        ("2016-12-31t23:59:60z", True),
        ("2024-03-04T08:00:00.Z", False),
        ("2024-03-04T24:00:00Z", False),
        ("2024-03-04T08:60:00Z", False),
        ("2024-03-04T08:00:61Z", False),
        ("2024-03-04T08:00:00+25:00", False),
        ("2024-02-30T08:00:00Z", False),
        ("2024-03-04", False),
    ],
)
def test_times(value: str, allowed: bool) -> None:
    """A time is RFC 3339 with 0 to 12 fraction digits, with or without a zone."""
    assert is_time(value) is allowed


THING = {
    "type": "object",
    "required": ["id", "kind", "tags", "made", "size"],
    "properties": {
        "id": {"type": "string", "pattern": "^[A-Z0-9]+$"},
        "kind": {"enum": ["open", "closed"]},
        "tags": {"type": "array", "items": {"type": "string", "minLength": 3}, "minItems": 2},
        "made": {"type": "string", "format": "date-time"},
        "size": {"type": "integer", "minimum": 4, "exclusiveMinimum": True},
    },
}


def later_document() -> dict[str, Any]:
    """The document with more operations: references, keys and parameters of their own."""
    content: dict[str, Any] = copy.deepcopy(dict(installed_document()))
    content["components"]["schemas"] = {"Thing": THING}
    thing = {"$ref": "#/components/schemas/Thing"}
    shown = {"content": {"application/json": {"schema": thing}}}
    content["paths"]["/things/{thingId}"] = {
        "parameters": [
            {"name": "thingId", "in": "path", "required": True, "schema": {"type": "integer"}}
        ],
        "get": {
            "security": [],
            "parameters": [
                {"name": "deep", "in": "query", "required": True, "schema": {"type": "boolean"}},
                {
                    "name": "tag",
                    "in": "query",
                    "schema": {"type": "array", "items": {"minLength": 2}},
                },
                {"name": "Accept-Things", "in": "header", "schema": {"enum": ["all"]}},
                {"name": "session", "in": "cookie", "schema": {"enum": ["none"]}},
            ],
            "responses": {"201": shown},
        },
        "put": {"requestBody": shown, "responses": {"2XX": {"description": "done"}}},
        "delete": {"responses": {"204": {"description": "gone"}}},
        "patch": {"responses": {"default": shown}},
    }
    return content


def test_later_operations_are_served(start: Start, connect: Connect) -> None:
    """Operations of a later document are validated and answered by their schema, with no code."""
    document = later_document()
    server = start(document=document)
    client = connect(server)
    thing = client.get("/things/1?deep=true&tag=ab&tag=cd", headers={"accept-things": "all"})
    assert thing.status_code == 201
    assert ServedDocument(document).validator(THING).is_valid(thing.json())
    assert client.put("/things/1", json=thing.json()).status_code == 200
    assert client.put("/things/1").status_code == 200
    assert client.patch("/things/1").json() == thing.json()
    gone = client.delete("/things/1")
    assert (gone.status_code, gone.content) == (204, b"")
    assert "content-length" not in gone.headers


@pytest.mark.parametrize(
    ("method", "url", "body", "where"),
    [
        ("GET", "/things/one?deep=true", None, "/thingId"),
        ("GET", "/things/1", None, "/deep"),
        ("GET", "/things/1?deep=", None, "/deep"),
        ("GET", "/things/1?deep=NaN", None, "/deep"),
        ("GET", "/things/1?deep=true&tag=a&tag=bc", None, "/tag/0"),
        ("PUT", "/things/1", {**THING["properties"]}, "/id"),  # type: ignore[dict-item]
    ],
)
def test_later_operations_refuse(
    start: Start, connect: Connect, method: str, url: str, body: Any, where: str
) -> None:
    """A request that a later operation does not allow is a 400 that names the place."""
    answer = connect(start(document=later_document())).request(method, url, json=body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "400-01")
    assert answer.json()["error"]["message"].startswith(f"[Path '{where}'] ")


def test_headers_are_parameters_too(start: Start, connect: Connect) -> None:
    """A header that the document describes must be as it says; cookies are left alone."""
    client = connect(start(document=later_document()))
    headers = {"Accept-Things": "few", "cookie": "session=some"}
    answer = client.get("/things/1?deep=true", headers=headers)
    assert "[Path '/Accept-Things']" in answer.json()["error"]["message"]


def test_keys_are_those_of_the_operation(start: Start, connect: Connect) -> None:
    """An operation without security needs no keys; the others do."""
    client = connect(start(document=later_document()), headers={})
    assert client.get("/things/1?deep=true").status_code == 201
    assert client.delete("/things/1").status_code == 401


def test_document_without_messages(start: Start, connect: Connect) -> None:
    """A document that has no create-messages operation is served all the same."""
    content = later_document()
    content["paths"] = {"/things/{thingId}": content["paths"]["/things/{thingId}"]}
    server = start(document=content)
    assert connect(server).delete("/things/1").status_code == 204
    assert server.stats()["messages"] == 0


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "object", "example": {"id": "A"}},
        {"type": "string", "default": "x", "example": 5},
        {"type": "integer", "example": "123"},
        {"type": "number", "maximum": -2.5},
        {"type": "boolean"},
        {"type": "string", "minLength": 5},
        {"type": "string", "format": "uuid"},
        {"type": "string", "pattern": "^\\+[0-9]+$"},
        {"allOf": [THING, {"type": "object", "required": ["more"]}]},
        {"oneOf": [{"type": "integer", "minimum": 3}, {"type": "string"}]},
        {"anyOf": [{"enum": ["x"]}]},
        {"$ref": "#/components/schemas/Thing"},
        {},
    ],
)
def test_examples_conform(start: Start, connect: Connect, schema: dict[str, Any]) -> None:
    """An operation that nobody wrote code for answers with what its schema allows."""
    document = answering(schema)
    example = connect(start(document=document)).get("/example").json()
    assert ServedDocument(document).validator(schema).is_valid(example)


def test_odd_schemas_are_said() -> None:
    """A schema that no example is known for is an error that says so."""
    with pytest.raises(LookupError, match="no example is known"):
        Emulator(document=answering({"type": "string", "pattern": "^x{40}y$"}))


def answering(schema: dict[str, Any]) -> dict[str, Any]:
    """A document whose one operation answers with that schema."""
    content = later_document()
    answer = {"content": {"application/json": {"schema": schema}}}
    content["paths"] = {"/example": {"get": {"responses": {"200": answer}}}}
    return content


def test_pointers_are_escaped() -> None:
    """A property with a slash or a tilde in its name is quoted as JSON Pointer does."""
    content = later_document()
    schema = {"properties": {"a/b~c": {"type": "integer"}}}
    body = {"content": {"application/json": {"schema": schema}}}
    content["paths"] = {"/x": {"post": {"requestBody": body, "responses": {"200": {}}}}}
    (operation,) = ServedDocument(content).operations
    _, problem = OperationRules(operation).read_body(b'{"a/b~c": "x"}')
    assert problem is not None
    assert problem.startswith("[Path '/a~1b~0c'] ")
