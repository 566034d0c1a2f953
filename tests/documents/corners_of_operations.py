"""What other operations, answers and errors may be."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable
from typing import Any

from corner import TEXT, corner
from edited import JSON, Edited, answer, reference, takes


def parameter(
    document: Edited,
    path: str,
    name: str,
    place: str = "query",
    schema: Any = TEXT,
    required: bool = False,
    **more: Any,
) -> None:
    described = {
        "name": name,
        "in": place,
        "schema": schema,
        "required": required or place == "path",
    }
    number = len(document.content["paths"])
    document.add(
        path, "get", {"operationId": f"operation{number}", "parameters": [{**described, **more}]}
    )


def each_error(document: Edited, edit: Callable[[Any], Any]) -> None:
    for schema in document.errors():
        edit(schema)


@corner
def query_names(document: Edited) -> None:
    for i, n in enumerate(
        (
            "body",
            "client",
            "url",
            "headers",
            "params",
            "kwargs",
            "self",
            "json",
            "response",
            "type",
            "from",
            "class",
            "id",
            "cookies",
            "Union",
            "httpx",
            "a[b]",
            "$filter",
            "X-Y",
            "filter.name",
            "größe",
            "1st",
            "UNSET",
            "asapp-api-id",
        )
    ):
        parameter(document, f"/q{i}", n, required=i % 2 == 0)


@corner(left_out={"GET /h7": "malformed"})
def header_names(document: Edited) -> None:
    for i, n in enumerate(
        (
            "asapp-api-id",
            "ASAPP-API-SECRET",
            "Content-Type",
            "Accept",
            "Authorization",
            "Cookie",
            "Host",
            "Content-Length",
            "If-Match",
            "X_A",
        )
    ):
        parameter(document, f"/h{i}", n, "header", required=i % 2 == 0)


@corner
def header_types(document: Edited) -> None:
    for i, s in enumerate(
        (
            {"type": "integer"},
            {"type": "boolean"},
            {"type": "string", "format": "date-time"},
            {"type": "string", "enum": ["a", "b"]},
            {"type": "string", "format": "uuid"},
            {"type": "number"},
            {"type": "string", "nullable": True},
            {"oneOf": [TEXT, {"type": "integer"}]},
        )
    ):
        parameter(document, f"/h{i}", "X-V", "header", s)
        parameter(document, f"/g{i}", "X-V", "header", s, True)
        parameter(document, f"/r{i}", "v", "query", s, True)
        parameter(document, f"/s{i}", "v", "query", s)
        parameter(document, f"/c{i}", "v", "cookie", s, True)
        parameter(document, f"/p{i}/{{v}}", "v", "path", s)


@corner(refused="'x' is not of type 'integer'")
def query_defaults(document: Edited) -> None:
    for i, s in enumerate(
        (
            {"type": "integer", "default": 5},
            {"type": "string", "format": "date-time", "default": "2020-01-01T00:00:00Z"},
            {"type": "string", "enum": ["a"], "default": "a"},
            {"type": "array", "items": TEXT, "default": ["a"]},
            {"type": "boolean", "default": True},
            {"type": "integer", "default": "x"},
            {},
        )
    ):
        parameter(document, f"/q{i}", "v", "query", s)


@corner(
    left_out={
        "GET /f/{x-y}/{z.w}": "path templating",
        "GET /q/{x}/../y": "no path can have",
        "GET /p?fixed=1": "no path can have",
        "GET /t#u": "no path can have",
    }
)
def many_paths(document: Edited) -> None:
    for i, p in enumerate(
        (
            "/a/",
            "/b.json",
            "/c:batch",
            "/d/{x}:{y}",
            "/e/{x}.{y}",
            "/f/{x-y}/{z.w}",
            "/g/{id}/{Id}",
            "/h%20i",
            "/größe",
            "/j/{x}/",
            "/k//l",
            "/m+n",
            "/o/{class}",
            "/",
            "/p?fixed=1",
            "/q/{x}/../y",
            "/r'r",
            "/s/{client}/{body}",
            "/t#u",
        )
    ):
        names = re.findall("\\{([^}]+)\\}", p)
        document.add(
            p, "get", {"operationId": f"path{i}", "responses": answer({"type": "object"})}, *names
        )


@corner
def many_methods(document: Edited) -> None:
    for m in ("head", "options", "trace", "delete", "patch", "put", "get"):
        document.add(
            "/m",
            m,
            {
                "operationId": f"m_{m}",
                "responses": answer({"type": "object", "properties": {"a": TEXT}}),
            },
        )
    document.add(
        "/n",
        "delete",
        {
            "operationId": "delbody",
            "requestBody": takes({"type": "object", "properties": {"a": TEXT}}),
        },
    )
    document.add(
        "/n",
        "get",
        {
            "operationId": "getbody",
            "requestBody": takes({"type": "object", "properties": {"a": TEXT}}),
        },
    )


@corner
def many_ids(document: Edited) -> None:
    for i, n in enumerate(
        (
            "get thing",
            "get.thing",
            "get/thing",
            "GetThing2",
            "1get",
            "class",
            "größe",
            "get-thing",
            "import",
            "__init__",
            "client",
            "types",
            "createBatchMessages2",
            "a" * 200,
        )
    ):
        document.add(f"/i{i}", "get", {"operationId": n})


@corner
def ids_collide(document: Edited) -> None:
    for i, n in enumerate(("getThing", "get_thing", "GetThing", "get thing")):
        document.add(f"/i{i}", "get", {"operationId": n})


@corner
def no_ids(document: Edited) -> None:
    for p in ("/a/{x}/b.c", "/a-b/c:d", "/", "/größe"):
        document.add(p, "get", {}, *re.findall("\\{([^}]+)\\}", p))


@corner
def many_tags(document: Edited) -> None:
    for i, t in enumerate(
        (
            ["types"],
            ["class"],
            ["a/b"],
            ["../x"],
            ["größe"],
            ["😀"],
            [""],
            ["a", "b"],
            ["Conversations"],
            ["conversations"],
            ["__init__"],
            ["1"],
            [],
        )
    ):
        document.add(f"/t{i}", "get", {"operationId": f"tag{i}", "tags": t})


@corner
def batch_tag(document: Edited) -> None:
    document.operation["tags"] = ["😀 Größe / x"]


@corner
def batch_tags_none(document: Edited) -> None:
    del document.operation["tags"]


@corner
def batch_op_id(document: Edited) -> None:
    document.operation["operationId"] = "class"


@corner(left_out={"GET /r3": "no such success", "GET /r18": "no such success"})
def many_responses(document: Edited) -> None:
    answers = [
        {"default": {"description": "x", "content": {JSON: {"schema": {"type": "object"}}}}},
        {"default": {"description": "x"}},
        {"204": {"description": "x", "content": {JSON: {"schema": TEXT}}}},
        {"302": {"description": "x"}},
        {"200": {"description": "x", "content": {"text/plain": {"schema": TEXT}}}},
        {"200": {"description": "x", "content": {"text/csv": {}}}},
        {
            "200": {
                "description": "x",
                "content": {"application/pdf": {"schema": {"type": "string", "format": "binary"}}},
            }
        },
        {"200": {"description": "x", "content": {"text/event-stream": {"schema": TEXT}}}},
        {"200": {"description": "x", "content": {JSON: {}}}},
        {"200": {"description": "x", "content": {"*/*": {"schema": {"type": "object"}}}}},
        answer(TEXT),
        answer({"type": "integer"}),
        answer({"type": "object", "nullable": True, "properties": {"a": TEXT}}),
        answer({"type": "array", "items": {"type": "string", "enum": ["a"]}}),
        {**answer(TEXT, "200"), **answer({"type": "integer"}, "201"), "204": {"description": "x"}},
        answer({"oneOf": [TEXT, {"type": "object", "properties": {"a": TEXT}}]}),
        {
            "200": {
                "description": "x",
                "content": {JSON: {"schema": TEXT}, "text/plain": {"schema": TEXT}},
            }
        },
        {
            "200": {
                "description": "x",
                "content": {
                    "application/xml": {"schema": {"type": "object", "properties": {"a": TEXT}}},
                    JSON: {"schema": {"type": "object"}},
                },
            }
        },
        {"101": {"description": "x"}},
        {
            "200": {
                "description": "x",
                "headers": {"X": {"schema": TEXT}},
                "links": {"l": {"operationId": "op1"}},
            }
        },
        {"2XX": {"description": "x"}, "4XX": {"description": "y"}},
        {"299": {"description": "x"}, "599": {"description": "y"}, "419": {"description": "z"}},
        answer({"type": "string", "format": "date-time"}),
        answer({"type": "array", "items": {"type": "string", "format": "date-time"}}),
        answer(
            {
                "type": "object",
                "additionalProperties": {
                    "type": "array",
                    "items": {"type": "object", "properties": {"a": TEXT}},
                },
            }
        ),
        {
            "200": {
                "description": "x",
                "content": {"image/png": {"schema": {"type": "string", "format": "binary"}}},
            }
        },
        answer({"type": "string", "format": "binary"}),
        {
            "200": {
                "description": "x",
                "content": {
                    "application/json; charset=utf-8": {
                        "schema": {"type": "object", "properties": {"a": TEXT}}
                    }
                },
            }
        },
        {
            "200": {
                "description": "x",
                "content": {
                    "application/hal+json": {
                        "schema": {"type": "object", "properties": {"a": TEXT}}
                    }
                },
            }
        },
        answer({"type": "boolean"}),
        answer({"enum": [1, 2], "type": "integer"}),
        answer({"type": "string", "format": "uuid"}),
        {
            "200": {"description": "x", "content": {"text/html": {"schema": TEXT}}},
            "404": {"description": "x", "content": {"text/plain": {"schema": TEXT}}},
        },
    ]
    for i, r in enumerate(answers):
        document.add(f"/r{i}", "get", {"operationId": f"resp{i}", "responses": r})


@corner(left_out={"POST /b14": "application/xml"})
def many_bodies(document: Edited) -> None:
    record = {
        "type": "object",
        "properties": {
            "a": TEXT,
            "n": {"type": "integer"},
            "l": {"type": "array", "items": TEXT},
            "t": {"type": "string", "format": "date-time"},
            "o": {"type": "object", "properties": {"x": TEXT}},
            "e": {"type": "string", "enum": ["p"]},
            "u": {"type": "string", "format": "uuid"},
            "b": {"type": "boolean"},
        },
    }
    parts = {
        **record,
        "properties": {
            **record["properties"],
            "f": {"type": "string", "format": "binary"},
            "fs": {"type": "array", "items": {"type": "string", "format": "binary"}},
        },
    }
    bodies = [
        takes(TEXT),
        takes({"type": "array", "items": record}),
        takes({"oneOf": [record, TEXT]}),
        takes(record, "application/x-www-form-urlencoded"),
        takes(parts, "multipart/form-data"),
        takes({}, JSON),
        takes({"type": "integer"}),
        takes(
            {"type": "object", "additionalProperties": {"type": "string", "format": "date-time"}}
        ),
        {"content": {JSON: {"schema": record}, "multipart/form-data": {"schema": parts}}},
        takes(record, "application/merge-patch+json"),
        takes({"type": "array", "items": {"type": "string", "format": "date"}}),
        takes({"type": "string", "format": "date-time"}),
        takes({"type": "string", "enum": ["a"]}),
        takes({"type": "string", "format": "binary"}, "image/png"),
        takes(record, "application/xml"),
        takes({**record, "nullable": True}),
        {"content": {JSON: {}}},
        takes({"type": "array", "items": {"type": "array", "items": record}}),
        takes(
            {"type": "object", "additionalProperties": True}, "application/x-www-form-urlencoded"
        ),
        takes(
            {"type": "array", "items": {"type": "string", "format": "binary"}},
            "multipart/form-data",
        ),
    ]
    for i, b in enumerate(bodies):
        document.add(f"/b{i}", "post", {"operationId": f"body{i}", "requestBody": b})


@corner(
    left_out={
        "GET /a2": "list of lists",
        "GET /a3": "list of lists",
        "GET /a5": "in one piece",
        "GET /a6": "in one piece",
        "GET /a7": "is an object",
        "GET /a10": "400 Bad Request",
    }
)
def query_arrays(document: Edited) -> None:
    for i, (s, k) in enumerate(
        (
            ({"type": "array", "items": {"type": "integer"}}, {}),
            ({"type": "array", "items": {"type": "string", "format": "date-time"}}, {}),
            ({"type": "array", "items": {"type": "array", "items": TEXT}}, {}),
            ({"type": "array", "items": {"type": "object", "properties": {"a": TEXT}}}, {}),
            ({"type": "array", "items": TEXT, "nullable": True}, {}),
            ({"type": "array", "items": TEXT}, {"style": "pipeDelimited", "explode": False}),
            ({"type": "array", "items": TEXT}, {"style": "spaceDelimited"}),
            ({"type": "object", "additionalProperties": TEXT}, {"style": "form"}),
            ({"oneOf": [{"type": "array", "items": TEXT}, TEXT]}, {}),
            ({"type": "array", "items": TEXT}, {"allowReserved": True}),
            ({"type": "array", "items": {"type": "integer", "nullable": True}}, {}),
            ({"type": "array", "items": {"type": "boolean"}}, {}),
        )
    ):
        parameter(document, f"/a{i}", "v", "query", s, **k)


@corner(left_out={"GET /x": "media type in the place of a schema"})
def param_content(document: Edited) -> None:
    document.add(
        "/x",
        "get",
        {
            "parameters": [
                {"name": "f", "in": "query", "content": {JSON: {"schema": {"type": "object"}}}}
            ]
        },
    )


@corner
def param_path_item_ref(document: Edited) -> None:
    document.content["openapi"] = "3.1.0"
    document.components["pathItems"] = {
        "X": {"get": {"operationId": "x", "responses": {"200": {"description": "d"}}}}
    }
    document.content["paths"]["/x"] = {"$ref": "#/components/pathItems/X"}


@corner
def webhooks_callbacks(document: Edited) -> None:
    document.content["openapi"] = "3.1.0"
    document.content["webhooks"] = {
        "w": {
            "post": {
                "operationId": "hook",
                "requestBody": takes({"type": "object"}),
                "responses": {"200": {"description": "x"}},
            }
        }
    }
    document.operation["callbacks"] = {
        "c": {
            "{$request.body#/url}": {
                "post": {
                    "requestBody": takes({"type": "object"}),
                    "responses": {"200": {"description": "x"}},
                }
            }
        }
    }
    document.responses["200"]["links"] = {
        "l": {
            "operationId": "createBatchMessages",
            "parameters": {"conversationId": "$response.body#/id"},
        }
    }


@corner
def empty_path_item(document: Edited) -> None:
    document.content["paths"]["/x"] = {}
    document.content["paths"]["/y"] = {"summary": "s", "description": "d"}


@corner
def batch_extra_methods(document: Edited) -> None:
    document.item["get"] = {
        "operationId": "list",
        "responses": answer(
            {"type": "array", "items": {"type": "object", "properties": {"text": TEXT}}}
        ),
    }
    document.item["delete"] = {"operationId": "rm", "responses": {"204": {"description": "x"}}}
    document.item["summary"] = "s"


@corner
def query_collides_path(document: Edited) -> None:
    document.operation["parameters"] = [
        {"name": "conversationId", "in": "query", "schema": TEXT},
        {"name": "conversation_id", "in": "header", "schema": TEXT},
    ]


@corner
def key_header_param(document: Edited) -> None:
    document.operation["parameters"] = [
        {"name": "asapp-api-id", "in": "header", "schema": TEXT},
        {"name": "Asapp-Api-Secret", "in": "header", "schema": TEXT},
    ]


@corner
def key_header_required(document: Edited) -> None:
    document.operation["parameters"] = [
        {"name": "asapp-api-id", "in": "header", "required": True, "schema": TEXT}
    ]


@corner(refused="version is required")
def batch_required_default(document: Edited) -> None:
    document.operation["parameters"] = [
        {
            "name": "version",
            "in": "query",
            "required": True,
            "schema": {"type": "string", "default": "v1"},
        }
    ]


@corner(refused="its parameter fields is an array in one piece")
def batch_optional_array_csv(document: Edited) -> None:
    document.operation["parameters"] = [
        {
            "name": "fields",
            "in": "query",
            "explode": False,
            "schema": {"type": "array", "items": TEXT},
        }
    ]


@corner
def two_batches(document: Edited) -> None:
    document.add(
        "/conversation/v2/{conversationId}/batch",
        "post",
        {
            "operationId": "createBatchMessagesV2",
            "requestBody": copy.deepcopy(document.operation["requestBody"]),
        },
        "conversationId",
    )


@corner(refused="one operation createBatchMessages")
def two_batches_no_id(document: Edited) -> None:
    two_batches(document)
    document.operation["operationId"] = "x"


@corner
def batch_put(document: Edited) -> None:
    document.item["put"] = document.item.pop("post")


@corner
def batch_success_text(document: Edited) -> None:
    document.responses["200"]["content"] = {"text/plain": {"schema": TEXT}}


@corner
def batch_success_star(document: Edited) -> None:
    document.responses["200"]["content"] = {"*/*": {"schema": {"type": "object"}}}


@corner
def batch_success_two(document: Edited) -> None:
    document.responses["202"] = {"description": "later"}


@corner
def batch_success_scalar(document: Edited) -> None:
    document.succeed("200", schema=TEXT)


@corner
def batch_success_any(document: Edited) -> None:
    document.succeed("200", schema={})


@corner
def batch_success_nullable(document: Edited) -> None:
    document.succeed("200", schema={"type": "object", "nullable": True, "properties": {"a": TEXT}})


@corner
def batch_success_message(document: Edited) -> None:
    document.components["schemas"] = {"ChatLine": dict(document.message)}
    document.list["items"] = reference("ChatLine")
    document.succeed(
        "200",
        schema={
            "type": "object",
            "properties": {"messages": {"type": "array", "items": reference("ChatLine")}},
        },
    )


@corner
def batch_success_is_batch(document: Edited) -> None:
    document.components["schemas"] = {"B": document.body["schema"]}
    document.body["schema"] = reference("B")
    document.succeed("200", schema=reference("B"))


@corner
def batch_success_is_error(document: Edited) -> None:
    document.components["schemas"] = {"E": document.errors()[0]}
    document.succeed("200", schema=reference("E"))
    [
        r["content"][JSON].update(schema=reference("E"))
        for s, r in document.responses.items()
        if not s.startswith("2")
    ]


@corner
def batch_only_default(document: Edited) -> None:
    [document.responses.pop(k) for k in [*document.responses] if k != "default"]


@corner
def batch_no_success(document: Edited) -> None:
    del document.responses["200"]


@corner
def batch_redirect(document: Edited) -> None:
    document.responses["307"] = {"description": "moved"}


@corner
def batch_oneof_answer(document: Edited) -> None:
    document.succeed(
        "200",
        schema={
            "oneOf": [
                {"type": "object", "required": ["id"], "properties": {"id": TEXT}},
                {
                    "type": "object",
                    "required": ["ids"],
                    "properties": {"ids": {"type": "array", "items": TEXT}},
                },
            ]
        },
    )


@corner
def batch_xml_and_json(document: Edited) -> None:
    document.responses["200"]["content"]["application/xml"] = {"schema": {"type": "object"}}


@corner
def error_problem(document: Edited) -> None:
    for r in document.responses.values():
        if "400" in r["description"] or True:
            pass
    for s, r in document.responses.items():
        if s[0] != "2":
            r["content"] = {
                "application/problem+json": {
                    "schema": {
                        "type": "object",
                        "properties": {
                            "type": TEXT,
                            "title": TEXT,
                            "status": {"type": "integer"},
                            "detail": TEXT,
                        },
                    }
                }
            }


@corner
def error_string(document: Edited) -> None:
    each_error(document, lambda s: s["properties"].update(error=TEXT))


@corner
def error_flat(document: Edited) -> None:
    each_error(document, lambda s: s.update(properties=s["properties"]["error"]["properties"]))


@corner
def error_array(document: Edited) -> None:
    each_error(
        document,
        lambda s: s.update(
            properties={"errors": {"type": "array", "items": s["properties"]["error"]}}
        ),
    )


@corner
def error_code_int(document: Edited) -> None:
    each_error(
        document, lambda s: s["properties"]["error"]["properties"].update(code={"type": "integer"})
    )


@corner
def error_code_enum(document: Edited) -> None:
    each_error(
        document,
        lambda s: s["properties"]["error"]["properties"].update(
            code={"type": "string", "enum": ["400-01", "400-02"]}
        ),
    )


@corner
def error_code_pattern(document: Edited) -> None:
    each_error(
        document,
        lambda s: s["properties"]["error"]["properties"].update(
            code={"type": "string", "pattern": "^\\d{3}-\\d{2}$"},
            requestId={"type": "string", "format": "uuid"},
            message={"type": "string", "maxLength": 3},
        ),
    )


@corner
def error_nullable(document: Edited) -> None:
    each_error(document, lambda s: s["properties"]["error"].update(nullable=True))


@corner
def error_oneof(document: Edited) -> None:
    each_error(
        document,
        lambda s: s["properties"].update(error={"oneOf": [s["properties"]["error"], TEXT]}),
    )


@corner
def error_allof(document: Edited) -> None:
    document.components["schemas"] = {"Base": document.errors()[0]["properties"]["error"]}
    each_error(
        document,
        lambda s: s["properties"].update(
            error={"allOf": [reference("Base"), {"type": "object", "properties": {"more": TEXT}}]}
        ),
    )


@corner
def error_closed(document: Edited) -> None:
    each_error(
        document,
        lambda s: (
            s.update(additionalProperties=False),
            s["properties"]["error"].update(additionalProperties=False),
        ),
    )


@corner
def error_two_objects(document: Edited) -> None:
    each_error(
        document,
        lambda s: s["properties"].update(
            meta={"type": "object", "required": ["trace"], "properties": {"trace": TEXT}}
        ),
    )


@corner
def error_renamed(document: Edited) -> None:
    each_error(document, lambda s: s["properties"].update(problem=s["properties"].pop("error")))


@corner
def error_python_names(document: Edited) -> None:
    each_error(
        document,
        lambda s: s["properties"]["error"]["properties"].update(
            {"class": TEXT, "self": TEXT, "cls": TEXT, "to_dict": TEXT}
        ),
    )


@corner
def error_recursive(document: Edited) -> None:
    document.components["schemas"] = {"E": document.errors()[0]["properties"]["error"]}
    document.components["schemas"]["E"]["properties"]["cause"] = reference("E")
    each_error(document, lambda s: s["properties"].update(error=reference("E")))


@corner
def error_root_array(document: Edited) -> None:
    for s, r in document.responses.items():
        if s[0] != "2":
            r["content"][JSON]["schema"] = {"type": "array", "items": r["content"][JSON]["schema"]}


@corner
def error_empty_schema(document: Edited) -> None:
    for s, r in document.responses.items():
        if s[0] != "2":
            r["content"][JSON] = {}


@corner
def error_each_differs(document: Edited) -> None:
    for i, s in enumerate(document.errors()):
        s["properties"]["error"]["properties"][f"p{i}"] = TEXT


@corner
def error_required_error(document: Edited) -> None:
    each_error(document, lambda s: s.update(required=["error"]))


@corner
def error_int_status_ranges(document: Edited) -> None:
    document.responses["1XX"] = {"description": "x"}
    document.responses["3XX"] = {"description": "x"}
    document.responses["4XX"] = document.responses.pop("404")
