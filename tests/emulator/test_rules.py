"""What the document demands, and the answers to operations that nobody wrote code for."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import httpx
import pytest
from asapp_conversations_client.contracts import Contract, Contracts, Parameter
from asapp_conversations_client.facts import BATCH, Key, Operation
from asapp_conversations_emulator import Emulator
from asapp_conversations_emulator.example_values import example_value
from asapp_conversations_emulator.rules import OperationRules, is_time
from asapp_conversations_emulator.schemas import Schemas

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
        "size": {"type": "integer", "exclusiveMinimum": 4},
    },
}


def contract(
    method: str,
    path: str,
    *parameters: Parameter,
    keys: tuple[Key, ...] = BATCH.operation.keys,
    body: Mapping[str, Any] | None = None,
    body_required: bool = False,
    **answers: Any,
) -> Contract:
    """An operation that a later document may have; answers are named such as `s201`."""
    return Contract(
        operation=Operation(f"{method} {path}", method, path, keys, False, {}, None),
        parameters=parameters,
        body_required=body_required,
        bodies={} if body is None else {"application/json": body},
        answers={
            status.removeprefix("s"): {} if schema is None else {"application/json": schema}
            for status, schema in answers.items()
        },
    )


REF = {"$ref": "#/$defs/Thing"}
ID = Parameter("thingId", "path", True, {"type": "integer"})
BY_QUERY = Key("api_id", "query", "key")
BY_COOKIE = Key("api_secret", "cookie", "token")

LATER = Contracts(
    {"Thing": THING},
    (
        contract(
            "GET",
            "/things/{thingId}",
            ID,
            Parameter("deep", "query", True, {"type": "boolean"}),
            Parameter(
                "tag", "query", False, {"type": ["array", "null"], "items": {"minLength": 2}}
            ),
            Parameter("Accept-Things", "header", False, {"allOf": [{"enum": ["all"]}]}),
            Parameter("session", "cookie", False, {"enum": ["none"]}),
            keys=(),
            s201=REF,
        ),
        contract("PUT", "/things/{thingId}", ID, body=REF, s2XX=None),
        contract("DELETE", "/things/{thingId}", ID, s204=None),
        contract("PATCH", "/things/{thingId}", ID, default=REF),
        contract("POST", "/keys", keys=(BY_QUERY, BY_COOKIE), s200=None),
    ),
)


def is_thing(value: object) -> bool:
    """Whether it is what the schema of a thing allows."""
    return Schemas(LATER.schemas).validator(THING).is_valid(value)


def test_later_operations_are_served(start: Start, connect: Connect) -> None:
    """Operations of a later document are validated and answered by their schema, with no code."""
    client = connect(start(contracts=LATER))
    thing = client.get("/things/1?deep=true&tag=ab&tag=cd", headers={"accept-things": "all"})
    assert thing.status_code == 201
    assert is_thing(thing.json())
    assert client.put("/things/1", json=thing.json()).status_code == 200
    assert client.put("/things/1").status_code == 200
    assert client.patch("/things/1").json() == thing.json()
    gone = client.delete("/things/1")
    assert (gone.status_code, gone.content) == (204, b"")
    assert "content-length" not in gone.headers
    assert client.get("/keys").headers["allow"] == "POST"


def test_keys_stand_where_the_document_says(start: Start, connect: Connect) -> None:
    """A key may be in the query or in a cookie, and is judged there."""
    client = connect(start(contracts=LATER), headers={})
    keys = {"key": "emulator-id"}, {"cookie": "other=1; token=emulator-secret"}
    assert client.post("/keys", params=keys[0], headers=keys[1]).status_code == 200
    assert client.post("/keys", params=keys[0]).status_code == 401
    assert client.post("/keys", params={"key": "wrong"}, headers=keys[1]).status_code == 401
    assert client.post("/keys", headers=keys[1]).status_code == 401


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
    answer = connect(start(contracts=LATER)).request(method, url, json=body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "400-01")
    assert answer.json()["error"]["message"].startswith(f"[Path '{where}'] ")


def test_headers_are_parameters_too(start: Start, connect: Connect) -> None:
    """A header that the document describes must be as it says; cookies are left alone."""
    client = connect(start(contracts=LATER))
    headers = {"Accept-Things": "few", "cookie": "session=some"}
    answer = client.get("/things/1?deep=true", headers=headers)
    assert "[Path '/Accept-Things']" in answer.json()["error"]["message"]


def test_keys_are_those_of_the_operation(start: Start, connect: Connect) -> None:
    """An operation without security needs no keys; the others do."""
    client = connect(start(contracts=LATER), headers={})
    assert client.get("/things/1?deep=true").status_code == 201
    assert client.delete("/things/1").status_code == 401


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
        REF,
        {},
    ],
)
def test_examples_conform(start: Start, connect: Connect, schema: dict[str, Any]) -> None:
    """An operation that nobody wrote code for answers with what its schema allows."""
    example = connect(start(contracts=answering(schema))).get("/example").json()
    assert Schemas(LATER.schemas).validator(schema).is_valid(example)


def test_odd_schemas_are_said() -> None:
    """A schema that no example is known for is an error that says so."""
    with pytest.raises(LookupError, match="no example is known"):
        Emulator(contracts=answering({"type": "string", "pattern": r"^\p{L}{40}$"}))


def answering(schema: dict[str, Any]) -> Contracts:
    """What an operation that answers with that schema takes and gives."""
    return Contracts(LATER.schemas, (contract("GET", "/example", s200=schema),))


@pytest.mark.parametrize("pattern", ["^[A-Z]{3}-[0-9]{26}$", "^a{2,9}$"])
def test_examples_fit_patterns_and_lengths(pattern: str) -> None:
    """A text of a pattern is made, the same each time, and of the length that is asked for."""
    schema = {"type": "string", "pattern": pattern, "minLength": 8}
    made = example_value(Schemas({}), schema)
    assert re.fullmatch(pattern, made)
    assert made == example_value(Schemas({}), schema)


def test_examples_have_all_that_is_asked_for() -> None:
    """An example has the least, or all, or null where it may; a schema that contains itself ends."""
    tree = {
        "type": "object",
        "required": ["name"],
        "properties": {
            "name": {"type": "string"},
            "size": {"type": ["null", "integer"]},
            "parts": {"type": "array", "items": {"$ref": "#/$defs/Tree"}},
        },
    }
    schemas = Schemas({"Tree": tree})
    assert example_value(schemas, tree) == {"name": ""}
    every = example_value(schemas, tree, "all")
    assert every["parts"][0]["parts"][0].keys() == tree["properties"].keys()  # type: ignore[attr-defined]
    assert example_value(schemas, tree, "null")["size"] is None
    assert example_value(schemas, {"const": 2}) == 2


@pytest.mark.parametrize(
    ("media_type", "content", "problem"),
    [
        ("application/x-www-form-urlencoded", b"a=1", None),
        ("application/vnd.thing+json", b"{", "[Path ''] the body is not JSON in UTF-8"),
        ("", b"", None),
    ],
)
def test_bodies_are_judged_by_their_media_type(
    media_type: str, content: bytes, problem: str | None
) -> None:
    """A body of JSON is judged by its schema, another is left alone."""
    bodies = {"application/vnd.thing+json; v=2": {}, "application/x-www-form-urlencoded": {}}
    rules = OperationRules(contract("POST", "/x")._replace(bodies=bodies), Schemas({}))
    assert rules.read_body(content, media_type) == (None, problem)


@pytest.mark.parametrize(
    ("answers", "answered"),
    [
        ({"201": {"text/csv": {}}}, (201, "text/csv", b"an example")),
        ({"200": {"text/csv": {}, "a/b+json": {"const": 1}}}, (200, "a/b+json", b"1")),
    ],
)
def test_answers_are_of_the_documented_media_type(answers: Any, answered: Any) -> None:
    """JSON is answered where it is documented, else something of the first media type."""
    rules = OperationRules(contract("GET", "/x")._replace(answers=answers), Schemas({}))
    assert (rules.status, rules.media_type, rules.answer) == answered


def test_pointers_are_escaped() -> None:
    """A property with a slash or a tilde in its name is quoted as JSON Pointer does."""
    schema = {"properties": {"a/b~c": {"type": "integer"}}}
    rules = OperationRules(contract("POST", "/x", body=schema), Schemas({}))
    _, problem = rules.read_body(b'{"a/b~c": "x"}')
    assert problem is not None
    assert problem.startswith("[Path '/a~1b~0c'] ")


def test_schema_that_has_to_contain_itself_has_no_example() -> None:
    """Nothing can be such a value, and that is said before Python runs out of depth."""
    endless = {"type": "object", "required": ["a"], "properties": {"a": {"$ref": "#/$defs/A"}}}
    with pytest.raises(LookupError, match="has to contain itself"):
        example_value(Schemas({"A": endless}), {"$ref": "#/$defs/A"})


@pytest.mark.parametrize(
    ("bounds", "example"), [({"minimum": 5, "multipleOf": 2}, 6), ({"multipleOf": 3}, 0)]
)
def test_examples_are_multiples(bounds: dict[str, Any], example: int) -> None:
    """A number is the next one that the schema's unit goes into."""
    assert example_value(Schemas({}), {"type": "integer", **bounds}) == example


def test_entries_of_lists_are_read_as_their_type() -> None:
    """A list in the query comes as texts, whatever its entries are."""
    schema = {"type": "array", "items": {"type": "integer"}}
    contract = Contract(BATCH.operation, (Parameter("ids", "query", False, schema),), False, {}, {})
    rules = OperationRules(contract, Schemas({}))
    assert rules.parameter_problem({}, "ids=1&ids=2", {}) is None
    assert rules.parameter_problem({}, "ids=1&ids=x", {}) is not None
