"""What the facts say of a document, this one and later ones, and what they cannot say."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from runpy import run_path
from typing import Any

import pytest
from fact_types import Operation
from facts import Facts, read_facts
from facts_source import facts_source
from failure import RegenerationError

CLIENT = Path(__file__).resolve().parents[2] / "generated" / "asapp_conversations_client"
JSON = {"application/json": {"schema": {"type": "array"}}}
ARRAY = {"content": JSON}


def document() -> Any:
    """The document as it is."""
    return json.loads((CLIENT / "openapi.json").read_text("utf-8"))


def with_things(**operation: Any) -> Any:
    """A document with one more operation."""
    content = document()
    content["paths"]["/things/{thingId}"] = {
        "parameters": [{"name": "thingId", "in": "path", "schema": {}}],
        "get": {"responses": {}, **operation},
    }
    return content


def thing_of(**operation: Any) -> Operation:
    """The facts of that operation."""
    (thing,) = (
        each for each in read_facts(with_things(**operation)).operations if "things" in each.path
    )
    return thing


def batch_parts(content: Any) -> tuple[Any, Any, Any]:
    """The path item of the batch operation, the holder of its body's schema, and its list."""
    (item,) = content["paths"].values()
    body = item["post"]["requestBody"]["content"]["application/json"]
    (messages,) = body["schema"]["properties"].values()
    return item, body, messages


def written(facts: Facts, path: Path) -> dict[str, Any]:
    """The names that the module of these facts defines."""
    path.write_text(facts_source(facts), "utf-8")
    return run_path(str(path))


def test_references_change_nothing() -> None:
    """Components in the place of what stands inline make the same facts."""
    content = document()
    item, body, messages = batch_parts(content)
    sender = messages["items"]["properties"]["sender"]
    content["components"].update(
        schemas={"A~/Batch": body["schema"], "Item": messages["items"], "Sender": dict(sender)},
        parameters={"Id": item["parameters"][0]},
        requestBodies={"Batch": item["post"]["requestBody"]},
        responses={"Done": item["post"]["responses"]["200"]},
    )
    sender.clear()
    sender["$ref"] = "#/components/schemas/Sender"
    messages["items"] = {"$ref": "#/components/schemas/Item"}
    body["schema"] = {"$ref": "#/components/schemas/A~0~1Batch"}
    item["parameters"] = [{"$ref": "#/components/parameters/Id"}]
    item["post"]["requestBody"] = {"$ref": "#/components/requestBodies/Batch"}
    item["post"]["responses"]["200"] = {"$ref": "#/components/responses/Done"}
    assert read_facts(content) == read_facts(document())


def test_security_of_the_operations() -> None:
    """Keys that each operation requires by itself are found as those at the top are."""
    content = document()
    batch_parts(content)[0]["post"]["security"] = content.pop("security")
    assert read_facts(content) == read_facts(document())


def test_new_operation_is_described() -> None:
    """Method, path, statuses, ranges and media types of a later operation are in the facts."""
    thing = thing_of(operationId="getThing", responses={"2XX": ARRAY, "201": ARRAY, "404": {}})
    assert (thing.operation_id, thing.method, thing.path) == (
        "getThing",
        "GET",
        "/things/{thingId}",
    )
    assert thing.successes == {"2XX": tuple(JSON), "201": tuple(JSON)}
    assert thing.bodiless_success is None
    assert thing.pattern.fullmatch("/things/a%2Fb")
    assert not thing.pattern.fullmatch("/things/a/b")
    assert thing_of().operation_id == ""


def test_what_may_be_repeated() -> None:
    """A method that is idempotent may be sent again, and one that documents a conflict."""
    content = document()
    responses = batch_parts(content)[0]["post"]["responses"]
    content["paths"]["/things"] = {"put": {"responses": {}}, "post": {"responses": {}}}
    assert [each.repeatable for each in read_facts(content).operations] == [True, False, True]
    del responses["409"]
    assert [each.repeatable for each in read_facts(content).operations] == [True, False, False]


@pytest.mark.parametrize(
    ("responses", "status"),
    [
        ({"204": {}}, 204),
        ({"2XX": {}}, None),
        ({"200": ARRAY, "202": {"content": {"application/json": {}}}}, 202),
        ({"200": {"content": {"application/json": {"schema": {"required": ["id"]}}}}}, None),
        ({"404": {}}, None),
    ],
)
def test_bodiless_success(responses: Any, status: int | None) -> None:
    """An empty object is a success where the schema of the answer allows it."""
    assert thing_of(responses=responses).bodiless_success == status


def test_path_is_ahead_of_the_template_that_matches_it() -> None:
    """The first operation whose pattern matches is the one that OpenAPI names."""
    content = with_things()
    content["paths"]["/things/all"] = {"get": {"responses": {}}}
    found = [
        each for each in read_facts(content).operations if each.pattern.fullmatch("/things/all")
    ]
    assert [each.path for each in found] == ["/things/all", "/things/{thingId}"]


def test_parameter_of_the_operation_replaces_that_of_the_path() -> None:
    """A parameter that both define is as the operation says; others than those of the path differ."""
    content = document()
    (parameter,) = batch_parts(content)[0]["parameters"]
    own = {**parameter, "schema": {"type": "string"}}
    batch_parts(content)[0]["post"]["parameters"] = [{"name": "x", "in": "query"}, own]
    batch = read_facts(content).batch
    assert (batch.conversation_parameter, batch.conversation_schema) == (own["name"], own["schema"])


def test_schema_keeps_what_is_data() -> None:
    """Examples are no schemas: what looks like a reference in one stays."""
    content = document()
    messages = batch_parts(content)[2]
    messages["items"] = {"allOf": [messages["items"], {"example": {"$ref": "x"}}], "not": {}}
    assert read_facts(content).batch.message_schema == messages["items"]


def test_module_says_what_was_read(tmp_path: Path) -> None:
    """The module holds the facts as they are, in ASCII, whatever texts the document has."""
    content = with_things(responses={"2XX": {}})
    content["info"]["version"] = "0.2"
    messages = batch_parts({"paths": {"": next(iter(content["paths"].values()))}})[2]
    messages["items"]["description"] = "quoted \"'\\ {0} \n \u2028 ä \N{GRINNING FACE}"
    messages["items"]["example"] = [None, True, 1.5, {}]
    facts = read_facts(content)
    module = written(facts, tmp_path / "written.py")
    assert facts_source(facts).isascii()
    assert module["DOCUMENT_VERSION"] == "0.2"
    assert module["SERVER_URL"] == facts.server_url
    assert module["KEY_HEADERS"] == facts.key_headers
    assert module["WORDS"] == facts.words
    assert module["OPERATIONS"] == facts.operations
    assert module["BATCH"] == facts.batch
    assert module["BATCH"].operation in module["OPERATIONS"]
    assert all(name in module for name in module["__all__"])


def no_batch(content: Any) -> None:
    batch_parts(content)[0]["post"]["operationId"] = "createMessages"


def no_limit(content: Any) -> None:
    del batch_parts(content)[2]["maxItems"]


def no_items(content: Any) -> None:
    del batch_parts(content)[2]["items"]


def two_lists(content: Any) -> None:
    batch_parts(content)[1]["schema"]["properties"]["more"] = {"type": "array"}


def no_json(content: Any) -> None:
    batch_parts(content)[0]["post"]["requestBody"]["content"] = {"text/plain": {}}


def no_path_parameter(content: Any) -> None:
    batch_parts(content)[0]["parameters"] = []


def no_server(content: Any) -> None:
    del content["servers"]


def relative_server(content: Any) -> None:
    content["servers"] = [{"url": "/v2"}]


def variable_server(content: Any) -> None:
    content["servers"] = [{"url": "https://{region}.example.com"}]


def no_security(content: Any) -> None:
    del content["security"]


def nameless_key(content: Any) -> None:
    del content["components"]["securitySchemes"]["API-ID"]["name"]


def unknown_scheme(content: Any) -> None:
    content["security"] = [{"Token": []}]


def key_in_query(content: Any) -> None:
    content["components"]["securitySchemes"]["API-ID"]["in"] = "query"


def lost_reference(content: Any) -> None:
    batch_parts(content)[2]["items"] = {"$ref": "#/components/schemas/Lost"}


def reference_to_a_file(content: Any) -> None:
    batch_parts(content)[2]["items"] = {"$ref": "messages.yaml#/Message"}


def recursive_schema(content: Any) -> None:
    content["components"]["schemas"] = {"Tree": {"items": {"$ref": "#/components/schemas/Tree"}}}
    batch_parts(content)[2]["items"] = {"$ref": "#/components/schemas/Tree"}


def reference_to_itself(content: Any) -> None:
    content["components"]["responses"] = {"Same": {"$ref": "#/components/responses/Same"}}
    batch_parts(content)[0]["post"]["responses"]["200"] = {"$ref": "#/components/responses/Same"}


def value_without_json(content: Any) -> None:
    batch_parts(content)[2]["items"]["example"] = date(2021, 11, 23)


REFUSED: dict[Callable[[Any], None], str] = {
    no_batch: "no operation has the operationId createBatchMessages",
    no_limit: "POST /.*: the list messages has no maxItems",
    no_items: "the list messages has no items",
    two_lists: "one list is expected, the messages; found messages, more",
    no_json: "one list is expected, the messages; found none",
    no_path_parameter: "one path parameter is expected, .*; found none",
    no_server: "servers: an absolute URL",
    relative_server: "servers: .*'/v2'",
    variable_server: "servers: .*region",
    no_security: "security: no operation requires a key",
    unknown_scheme: "POST /.*: security: Token is no key in a header",
    nameless_key: "security: API-ID is no key in a header",
    key_in_query: "security: API-ID is no key in a header",
    lost_reference: "#/components/schemas/Lost leads nowhere",
    reference_to_a_file: "messages.yaml#/Message leads nowhere",
    recursive_schema: "#/components/schemas/Tree contains itself",
    reference_to_itself: "#/components/responses/Same points to itself",
    value_without_json: "no form in JSON",
}


@pytest.mark.parametrize("spoil", REFUSED, ids=lambda spoil: spoil.__name__)
def test_what_is_not_carried_is_refused(spoil: Callable[[Any], None]) -> None:
    """A document that lacks a fact, or that says it in another way, is refused with the place."""
    content = document()
    spoil(content)
    with pytest.raises(RegenerationError, match=REFUSED[spoil]):
        read_facts(content)


def test_times_are_found_wherever_they_stand() -> None:
    """A time within an object of the message is one of its times, and a date is none."""
    content = document()
    _, _, messages = batch_parts(content)
    before = read_facts(content).batch.time_paths
    properties = messages["items"]["properties"]
    properties["seen"] = {"properties": {"at": {"type": "string", "format": "date-time"}}}
    properties["day"] = {"type": "string", "format": "date"}
    assert read_facts(content).batch.time_paths == (*before, ("seen", "at"))
