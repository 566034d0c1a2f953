"""Changes that ASAPP may make to its document, each as a small edit in place.

A change that must work is exercised whole; what its docstring says beside that is checked by the
function of its name in `exercise.py`, if there is one.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from attrs import frozen
from edited import JSON, Edited, answer, reference, takes

Edit = Callable[[Edited], None]
TEXT: dict[str, Any] = {"type": "string"}


@frozen
class Change:
    """An edit of the document, and what becomes of it.

    Attributes:
        name: what it is called.
        edit: changes the document.
        refused: words of the refusal; None where it must work.
        left_out: words about the operation that is left out; None where none is.
        quick: whether it belongs to the few that are tried at every run.
    """

    name: str
    edit: Edit
    refused: str | None = None
    left_out: str | None = None
    quick: bool = False


CHANGES: list[Change] = []


def change(
    edit: Edit | None = None,
    *,
    refused: str | None = None,
    left_out: str | None = None,
    quick: bool = False,
) -> Any:
    """Add the decorated edit to the changes."""

    def add(function: Edit) -> Edit:
        CHANGES.append(Change(function.__name__, function, refused, left_out, quick))
        return function

    return add(edit) if edit else add


@change
def nothing(document: Edited) -> None:
    """The document as it is."""


@change(quick=True)
def lower_limit(document: Edited) -> None:
    document.list["maxItems"] = 100


@change
def higher_limit(document: Edited) -> None:
    document.list["maxItems"] = 1200


@change
def no_limit(document: Edited) -> None:
    del document.list["maxItems"]


@change
def at_least_two(document: Edited) -> None:
    document.list["minItems"] = 2


@change(refused="maxItems")
def limit_below_the_least(document: Edited) -> None:
    document.list.update(minItems=5, maxItems=3)


@change
def no_minimum(document: Edited) -> None:
    del document.list["minItems"]


@change
def another_id_pattern(document: Edited) -> None:
    document.item["parameters"][0]["schema"]["pattern"] = "^[0-9A-HJKMNP-TV-Z]{26}$"


@change
def id_without_pattern(document: Edited) -> None:
    document.item["parameters"][0]["schema"] = {"type": "string", "maxLength": 20}


@change
def longest_text(document: Edited) -> None:
    document.properties["text"]["maxLength"] = 50


@change
def sender_format(document: Edited) -> None:
    document.sender["properties"]["externalId"]["format"] = "uuid"


@change(quick=True)
def role_added(document: Edited) -> None:
    document.role["enum"].append("bot")


@change
def role_removed(document: Edited) -> None:
    """`system` then says in words that there is no such sender."""
    document.role["enum"].remove("system")


@change
def role_is_constant(document: Edited) -> None:
    document.content["openapi"] = "3.1.0"
    del document.role["enum"], document.role["type"]
    document.role["const"] = "agent"


@change(refused="no list of values")
def role_is_free(document: Edited) -> None:
    del document.role["enum"]


def _field(name: str, schema: dict[str, Any], *, required: bool = False) -> Edit:
    def edit(document: Edited) -> None:
        document.properties[name] = copy.deepcopy(schema)
        if required:
            document.message["required"].append(name)

    edit.__name__ = f"{'required' if required else 'optional'}_{name}"
    return edit


FIELDS: dict[str, dict[str, Any]] = {
    "language": TEXT,
    "score": {"type": "number"},
    "turn": {"type": "integer", "minimum": 0},
    "private": {"type": "boolean"},
    "tags": {"type": "array", "items": TEXT},
    "day": {"type": "string", "format": "date"},
    "uid": {"type": "string", "format": "uuid"},
    "device": {
        "type": "object",
        "required": ["os"],
        "properties": {"os": TEXT, "age": {"type": "integer"}},
    },
    "parts": {
        "type": "array",
        "items": {"type": "object", "properties": {"kind": {"enum": ["a"], "type": "string"}}},
    },
    "channel": {"type": "string", "enum": ["web", "phone"], "nullable": True},
    "place": {
        "type": "object",
        "nullable": True,
        "properties": {"city": {**TEXT, "nullable": True}},
    },
    "either": {"oneOf": [TEXT, {"type": "integer"}]},
    "anything": {},
    "map": {"type": "object", "additionalProperties": {"type": "integer"}},
    "class": TEXT,
    "read-at": {"type": "string", "format": "date-time", "nullable": True},
}
for _name, _schema in FIELDS.items():
    change(_field(_name, _schema), quick=_name in {"device", "channel"})
for _name in ("language", "turn", "device"):
    change(_field(_name, FIELDS[_name], required=True), quick=_name == "turn")


@change(quick=True)
def earlier_time_listed_last(document: Edited) -> None:
    """The order of sending follows the message's own time."""
    document.properties["receivedAt"] = {"type": "string", "format": "date-time"}


@change
def sender_field_required(document: Edited) -> None:
    document.sender["properties"]["name"] = TEXT
    document.sender["required"].append("name")


@change
def server_sets_the_message_id(document: Edited) -> None:
    """What is readOnly is no part of a request."""
    document.properties["id"] = {**TEXT, "readOnly": True}
    document.message["required"].append("id")


@change(refused="no text")
def text_gone(document: Edited) -> None:
    del document.properties["text"]
    document.message["required"].remove("text")


@change(refused="no timestamp")
def time_renamed(document: Edited) -> None:
    document.properties["at"] = document.properties.pop("timestamp")
    document.message["required"].remove("timestamp")


@change(refused="timestamp")
def time_is_text(document: Edited) -> None:
    del document.properties["timestamp"]["format"]


@change(refused="no externalId")
def sender_without_id(document: Edited) -> None:
    document.sender["properties"].pop("externalId")
    document.sender["required"].remove("externalId")


@change(refused="one list of messages")
def second_list_of_messages(document: Edited) -> None:
    document.body["schema"]["properties"]["more"] = copy.deepcopy(document.list)


@change
def body_property_added(document: Edited) -> None:
    document.body["schema"]["properties"]["labels"] = {"type": "array", "items": TEXT}


@change(refused="has no value for")
def body_property_required(document: Edited) -> None:
    document.body["schema"]["properties"]["source"] = TEXT
    document.body["schema"]["required"] = ["source"]


@change
def list_renamed(document: Edited) -> None:
    properties = document.body["schema"]["properties"]
    properties["entries"] = properties.pop(document.list_name)
    document.body["schema"].pop("example")


def _error_change(name: str, edit: Callable[[dict[str, Any]], Any], *, quick: bool = False) -> None:
    def change_errors(document: Edited) -> None:
        for schema in document.errors():
            edit(schema["properties"]["error"])

    change_errors.__name__ = f"error_{name}"
    change(change_errors, quick=quick)


_error_change("property_added", lambda error: error["properties"].update(help=TEXT), quick=True)
_error_change(
    "property_required",
    lambda error: (error["properties"].update(help=TEXT), error["required"].append("help")),
)
_error_change("code_removed", lambda error: error["properties"].pop("code"))
_error_change("id_optional", lambda error: error.update(required=["message"]))
_error_change(
    "id_renamed",
    lambda error: (
        error["properties"].update(traceId=error["properties"].pop("requestId")),
        error.update(required=["traceId"]),
    ),
)
_error_change(
    "details",
    lambda error: error["properties"].update(
        details={"type": "array", "items": {"type": "object", "properties": {"path": TEXT}}}
    ),
)
_error_change("named_description", lambda error: error["properties"].update(description=TEXT))


@change
def one_error_is_different(document: Edited) -> None:
    document.errors()[0]["properties"]["error"]["properties"]["reason"] = TEXT


@change
def errors_without_bodies(document: Edited) -> None:
    for status, response in document.responses.items():
        if not status.startswith("2"):
            del response["content"]


@change
def errors_in_html(document: Edited) -> None:
    for status, response in document.responses.items():
        if not status.startswith("2"):
            response["content"] = {"text/html": {"schema": TEXT}, "application/xml": {}}


@change
def error_ranges(document: Edited) -> None:
    document.responses["5XX"] = document.responses.pop("503")
    document.responses["4XX"] = document.responses.pop("400")


@change
def statuses_added_and_removed(document: Edited) -> None:
    document.responses["418"] = document.responses.pop("403")
    document.responses["451"] = {"description": "not here"}
    del document.responses["default"]


@change
def no_conflict(document: Edited) -> None:
    """Where no 409 is documented, an unknown outcome is never resent."""
    del document.responses["409"]


@change(quick=True)
def created(document: Edited) -> None:
    document.succeed("201", schema={"type": "object"})


@change
def accepted(document: Edited) -> None:
    document.succeed("202")


@change
def no_content(document: Edited) -> None:
    document.succeed("204")


@change
def any_success(document: Edited) -> None:
    document.succeed("2XX", schema={"type": "object"})


@change(quick=True)
def answer_with_fields(document: Edited) -> None:
    """What is answered can be read from the receipt; a null or a lack in it changes nothing."""
    document.succeed(
        "200",
        schema={
            "type": "object",
            "required": ["ids", "count"],
            "properties": {
                "ids": {"type": "array", "items": TEXT},
                "count": {"type": "integer"},
                "next": {**TEXT, "nullable": True},
            },
        },
    )


@change
def answer_is_a_list(document: Edited) -> None:
    document.succeed(
        "200", schema={"type": "array", "items": {"type": "object", "properties": {"id": TEXT}}}
    )


@change(refused="207")
def partial_success(document: Edited) -> None:
    document.responses["207"] = {"description": "some"}


@change
def headers_renamed(document: Edited) -> None:
    document.schemes["API-ID"]["name"] = "X-Client-Id"
    document.schemes["API-Secret"]["name"] = "X-Client-Secret"


@change
def schemes_renamed(document: Edited) -> None:
    document.schemes["ClientId"] = document.schemes.pop("API-ID")
    document.schemes["ClientSecret"] = document.schemes.pop("API-Secret")
    document.content["security"] = [{"ClientId": [], "ClientSecret": []}]


@change(quick=True)
def key_in_query(document: Edited) -> None:
    """A key that stands in the query goes there, and nowhere else."""
    document.schemes["API-ID"]["in"] = "query"


@change
def key_in_cookie(document: Edited) -> None:
    document.schemes["API-Secret"]["in"] = "cookie"


@change
def one_more_key(document: Edited) -> None:
    document.schemes["Tenant-Key"] = {"type": "apiKey", "in": "header", "name": "x-tenant"}
    document.content["security"][0]["Tenant-Key"] = []


@change
def bearer_beside_keys(document: Edited) -> None:
    document.schemes["Token"] = {"type": "http", "scheme": "bearer"}
    document.add(
        "/things", "get", {"operationId": "things", "security": [{"API-ID": [], "Token": []}]}
    )


@change
def bearer_instead_of_keys(document: Edited) -> None:
    document.schemes["Token"] = {"type": "http", "scheme": "bearer"}
    document.content["security"].insert(0, {"Token": []})


@change
def keys_one_by_one(document: Edited) -> None:
    document.content["security"] = [{"API-ID": []}, {"API-Secret": []}]


@change
def security_per_operation(document: Edited) -> None:
    document.operation["security"] = document.content.pop("security")
    document.add("/health", "get", {"operationId": "health", "security": []})


@change
def no_security(document: Edited) -> None:
    del document.content["security"]


@change(refused="oauth2")
def oauth_alone(document: Edited) -> None:
    flow = {"tokenUrl": "https://example.com/token", "scopes": {}}
    document.schemes["OAuth"] = {"type": "oauth2", "flows": {"clientCredentials": flow}}
    document.content["security"] = [{"OAuth": []}]


@change(refused="api_secret")
def one_key_alone(document: Edited) -> None:
    document.content["security"] = [{"API-ID": []}]


@change
def several_servers(document: Edited) -> None:
    """The sandbox is never mistaken for production."""
    document.content["servers"].insert(0, {"url": "https://api.asapp.com"})


@change
def relative_server(document: Edited) -> None:
    document.content["servers"] = [{"url": "/v2"}]


@change
def server_with_variables(document: Edited) -> None:
    document.content["servers"] = [
        {
            "url": "https://{region}.asapp.com/{base}",
            "variables": {"region": {"default": "eu"}, "base": {"default": "api"}},
        }
    ]


@change
def server_per_path(document: Edited) -> None:
    document.item["servers"] = [{"url": "https://batch.asapp.com/v3/"}]


@change
def no_server(document: Edited) -> None:
    del document.content["servers"]


@change
def path_prefix(document: Edited) -> None:
    document.rename_path(f"/api/v2{document.path}")


@change
def path_parameter_renamed(document: Edited) -> None:
    (parameter,) = document.item["parameters"]
    document.rename_path(document.path.replace(parameter["name"], "conversation-id"))
    parameter["name"] = "conversation-id"


@change(refused="one path parameter")
def second_path_parameter(document: Edited) -> None:
    (parameter,) = document.item["parameters"]
    document.rename_path(f"/{{company}}{document.path}")
    document.item["parameters"].append({**parameter, "name": "company"})


@change
def operation_parameter_wins(document: Edited) -> None:
    (parameter,) = document.item["parameters"]
    document.operation["parameters"] = [{**parameter, "schema": TEXT}]


@change
def optional_parameters(document: Edited) -> None:
    document.operation["parameters"] = [
        {"name": "dryRun", "in": "query", "schema": {"type": "boolean"}},
        {"name": "X-Trace", "in": "header", "schema": TEXT},
    ]


@change(refused="is required")
def required_parameter(document: Edited) -> None:
    document.operation["parameters"] = [
        {"name": "company", "in": "query", "required": True, "schema": TEXT}
    ]


@change(quick=True)
def operation_renamed(document: Edited) -> None:
    document.operation["operationId"] = "addMessages"


@change
def operation_without_id(document: Edited) -> None:
    del document.operation["operationId"]


@change
def tag_renamed(document: Edited) -> None:
    document.operation["tags"] = ["Message ingestion"]


@change(refused="createBatchMessages")
def no_batch(document: Edited) -> None:
    del document.content["paths"][document.path]
    document.add("/things", "get", {"operationId": "things"})


@change
def media_type_with_parameters(document: Edited) -> None:
    content = document.operation["requestBody"]["content"]
    content["application/json; charset=utf-8"] = content.pop(JSON)


@change
def vendor_media_type(document: Edited) -> None:
    content = document.operation["requestBody"]["content"]
    content["application/vnd.asapp.v2+json"] = content.pop(JSON)


@change(quick=True)
def named_components(document: Edited) -> None:
    """Components in the place of what stood inline move no public name."""
    schemas = {
        "Participant": dict(document.sender),
        "ChatLine": dict(document.message),
        "ChatLines": dict(document.body["schema"]),
        "Problem": document.errors()[0],
        "Kind": dict(document.role),
    }
    schemas["Participant"]["properties"]["role"] = reference("Kind")
    schemas["ChatLine"]["properties"]["sender"] = reference("Participant")
    document.list["items"] = reference("ChatLine")
    document.body["schema"] = reference("ChatLines")
    for status, response in document.responses.items():
        if not status.startswith("2"):
            response["content"][JSON]["schema"] = reference("Problem")
    document.components["schemas"] = schemas


@change
def references_everywhere(document: Edited) -> None:
    document.components.update(
        parameters={"Id": document.item["parameters"][0]},
        requestBodies={"Batch": document.operation["requestBody"]},
        responses={"Refused": document.responses["400"]},
        schemas={"Id~/text": document.sender["properties"]["externalId"]},
    )
    document.item["parameters"] = [reference("Id", "parameters")]
    document.operation["requestBody"] = reference("Batch", "requestBodies")
    document.responses["400"] = reference("Refused", "responses")
    document.sender["properties"]["externalId"] = reference("Id~0~1text")


@change
def names_are_taken(document: Edited) -> None:
    """A component that is called as one of ours drops nobody's answer."""
    schemas = document.components["schemas"] = {
        name: {"type": "object", "properties": {"id": TEXT}}
        for name in ("Message", "Sender", "ErrorResponse", "Response", "Client", "message_batch")
    }
    for name in schemas:
        document.add(
            f"/{name}", "get", {"operationId": f"get_{name}", "responses": answer(reference(name))}
        )


@change
def read_and_written(document: Edited) -> None:
    """A schema that is read and written becomes two where the server sets a part of it."""
    document.components["schemas"] = {"ChatLine": dict(document.message)}
    document.components["schemas"]["ChatLine"]["properties"]["id"] = {**TEXT, "readOnly": True}
    document.components["schemas"]["ChatLine"]["required"] = [*document.message["required"], "id"]
    document.list["items"] = reference("ChatLine")
    document.add(
        "/lines", "get", {"operationId": "lines", "responses": answer(reference("ChatLine"))}
    )


@change
def message_of_parts(document: Edited) -> None:
    document.components["schemas"] = {
        "Base": {
            "type": "object",
            "required": ["text"],
            "properties": {"text": document.properties.pop("text")},
        }
    }
    document.message["required"].remove("text")
    rest = dict(document.message)
    document.message.clear()
    document.message["allOf"] = [reference("Base"), rest]


@change
def sender_by_all_of(document: Edited) -> None:
    document.components["schemas"] = {"Who": dict(document.sender)}
    document.properties["sender"] = {"allOf": [reference("Who")], "description": "Who said it."}


@change
def version_3_1(document: Edited) -> None:
    document.content["openapi"] = "3.1.0"
    document.properties["mood"] = {"type": ["string", "null"], "enum": ["good", None]}
    document.properties["version"] = {"const": 2}
    document.properties["rank"] = {"type": "integer", "exclusiveMinimum": 0}
    document.properties["note"] = {"anyOf": [TEXT, {"type": "null"}]}


@change
def bounds_of_3_0(document: Edited) -> None:
    document.properties["rank"] = {"type": "integer", "minimum": 0, "exclusiveMinimum": True}


@change(refused="2.0")
def swagger(document: Edited) -> None:
    document.content["swagger"] = "2.0"
    del document.content["openapi"]


@change(refused="3.2.0")
def later_version(document: Edited) -> None:
    document.content["openapi"] = "3.2.0"


@change(refused="leads nowhere")
def reference_to_nothing(document: Edited) -> None:
    document.properties["sender"] = reference("Nobody")


@change(refused="contains itself")
def message_within_message(document: Edited) -> None:
    document.components["schemas"] = {"Line": document.message}
    document.properties["answers"] = reference("Line")
    document.list["items"] = reference("Line")


@change
def tree_elsewhere(document: Edited) -> None:
    tree = {
        "type": "object",
        "properties": {"children": {"type": "array", "items": reference("Tree")}},
    }
    document.components["schemas"] = {"Tree": tree}
    document.add(
        "/trees",
        "post",
        {"requestBody": takes(reference("Tree")), "responses": answer(reference("Tree"))},
    )


@change(quick=True)
def many_operations(document: Edited) -> None:
    """Operations of every method, with parameters and bodies of every kind."""
    thing = {
        "type": "object",
        "required": ["id"],
        "properties": {
            "id": {"type": "string", "format": "uuid"},
            "made": {"type": "string", "format": "date-time", "nullable": True},
            "state": {"type": "string", "enum": ["on", "off"]},
        },
    }
    document.components["schemas"] = {"Thing": thing}
    for method in ("get", "put", "delete", "patch", "options"):
        document.add(
            "/things/{thingId}",
            method,
            {"operationId": f"{method}Thing", "responses": answer(reference("Thing"))},
            "thingId",
        )
    document.add(
        "/things",
        "get",
        {
            "operationId": "listThings",
            "parameters": [
                {
                    "name": "state",
                    "in": "query",
                    "schema": {"type": "array", "items": {"type": "string", "enum": ["on", "off"]}},
                },
                {
                    "name": "since",
                    "in": "query",
                    "schema": {"type": "string", "format": "date-time"},
                },
                {
                    "name": "limit",
                    "in": "query",
                    "required": True,
                    "schema": {"type": "integer", "maximum": 9},
                },
                {"name": "X-Deep", "in": "header", "schema": {"type": "boolean"}},
            ],
            "responses": answer({"type": "array", "items": reference("Thing")}),
        },
    )
    document.add(
        "/things",
        "post",
        {"requestBody": takes(reference("Thing")), "responses": answer(reference("Thing"), "201")},
    )


@change
def bodies_of_every_kind(document: Edited) -> None:
    parts = {
        "type": "object",
        "properties": {"file": {"type": "string", "format": "binary"}, "note": TEXT},
    }
    form = {"type": "object", "properties": {"name": TEXT, "age": {"type": "integer"}}}
    raw = {"type": "string", "format": "binary"}
    document.add(
        "/parts",
        "post",
        {"operationId": "parts", "requestBody": takes(parts, "multipart/form-data")},
    )
    document.add(
        "/form",
        "post",
        {"operationId": "form", "requestBody": takes(form, "application/x-www-form-urlencoded")},
    )
    document.add(
        "/raw",
        "put",
        {
            "operationId": "raw",
            "requestBody": takes(raw, "application/octet-stream"),
            "responses": {
                "200": {
                    "description": "done",
                    "content": {"application/octet-stream": {"schema": raw}},
                }
            },
        },
    )


@change
def cookies_asked_for(document: Edited) -> None:
    document.add(
        "/things",
        "get",
        {
            "operationId": "things",
            "parameters": [{"name": "session", "in": "cookie", "schema": TEXT}],
        },
    )


@change(left_out="text/plain", quick=True)
def body_of_text(document: Edited) -> None:
    document.add("/notes", "put", {"operationId": "note", "requestBody": takes(TEXT, "text/plain")})


@change(left_out="explode")
def list_in_one_piece(document: Edited) -> None:
    document.add(
        "/things",
        "get",
        {
            "operationId": "things",
            "parameters": [
                {
                    "name": "ids",
                    "in": "query",
                    "explode": False,
                    "schema": {"type": "array", "items": TEXT},
                }
            ],
        },
    )


@change(left_out="is an object")
def object_in_query(document: Edited) -> None:
    document.add(
        "/things",
        "get",
        {
            "operationId": "things",
            "parameters": [
                {
                    "name": "filter",
                    "in": "query",
                    "style": "deepObject",
                    "schema": {"type": "object", "properties": {"a": TEXT}},
                }
            ],
        },
    )


@change(left_out="server")
def operation_on_another_host(document: Edited) -> None:
    document.add(
        "/things",
        "get",
        {"operationId": "things", "servers": [{"url": "https://other.example.com"}]},
    )
