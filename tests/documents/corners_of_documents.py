"""What keys, servers, components and the file itself may be."""

from __future__ import annotations

import json

from corner import TEXT, corner
from edited import JSON, ROOT, Edited, answer, reference, takes


def as_published() -> bytes:
    return (ROOT / "openapi.yaml").read_bytes()


@corner
def security_openid(document: Edited) -> None:
    document.schemes["O"] = {"type": "openIdConnect", "openIdConnectUrl": "https://x/y"}
    document.content["security"].append({"O": []})


@corner(refused="http basic")
def security_basic_alone(document: Edited) -> None:
    document.schemes["B"] = {"type": "http", "scheme": "basic"}
    document.content["security"] = [{"B": []}]


@corner(left_out={"GET /x": "http basic"})
def security_basic_elsewhere(document: Edited) -> None:
    document.schemes["B"] = {"type": "http", "scheme": "basic"}
    document.add("/x", "get", {"security": [{"B": []}]})


@corner
def security_optional(document: Edited) -> None:
    document.content["security"].append({})


@corner(refused="securitySchemes lacks")
def security_undefined(document: Edited) -> None:
    document.content["security"] = [{"Nope": []}]


@corner
def security_ref(document: Edited) -> None:
    document.schemes["Real"] = document.schemes["API-ID"]
    document.schemes["API-ID"] = {"$ref": "#/components/securitySchemes/Real"}


@corner
def security_unicode_names(document: Edited) -> None:
    document.schemes["Schlüssel ID"] = document.schemes.pop("API-ID")
    document.schemes["Schlüssel Secret!"] = document.schemes.pop("API-Secret")
    document.content["security"] = [{"Schlüssel ID": [], "Schlüssel Secret!": []}]


@corner(refused="stand at the same place")
def security_same_header(document: Edited) -> None:
    document.schemes["API-Secret"]["name"] = "asapp-api-id"


@corner
def security_authorization(document: Edited) -> None:
    document.schemes["API-Secret"]["name"] = "Authorization"


@corner
def security_client_words(document: Edited) -> None:
    document.schemes["clientId"] = document.schemes.pop("API-ID")
    document.schemes["clientSecret"] = document.schemes.pop("API-Secret")
    document.content["security"] = [{"clientId": [], "clientSecret": []}]
    document.schemes["clientId"]["name"] = "X-Client"
    document.schemes["clientSecret"]["name"] = "X-Pass"


@corner(refused="which of A, B is the api_id")
def security_no_words(document: Edited) -> None:
    document.schemes["A"] = document.schemes.pop("API-ID")
    document.schemes["B"] = document.schemes.pop("API-Secret")
    document.content["security"] = [{"A": [], "B": []}]
    document.schemes["A"]["name"] = "X-A"
    document.schemes["B"]["name"] = "X-B"


@corner
def security_key_listed(document: Edited) -> None:
    document.operation["parameters"] = [
        {"name": n, "in": "header", "required": True, "schema": TEXT}
        for n in ("asapp-api-id", "ASAPP-API-SECRET")
    ]


@corner
def security_third_python_word(document: Edited) -> None:
    document.schemes["class"] = {"type": "apiKey", "in": "header", "name": "x-class"}
    document.content["security"][0]["class"] = []


@corner
def security_third_weird(document: Edited) -> None:
    document.schemes["1st Key!"] = {"type": "apiKey", "in": "header", "name": "x-1"}
    document.content["security"][0]["1st Key!"] = []


@corner(refused="which of")
def security_third_collides(document: Edited) -> None:
    document.schemes["api_id"] = {"type": "apiKey", "in": "header", "name": "x-other"}
    document.content["security"][0]["api_id"] = []


@corner
def security_many_sets(document: Edited) -> None:
    document.schemes["K3"] = {"type": "apiKey", "in": "header", "name": "k3"}
    document.content["security"] = [
        {"API-ID": [], "API-Secret": []},
        {"API-ID": [], "API-Secret": [], "K3": []},
    ]


@corner(refused="http digest")
def security_digest(document: Edited) -> None:
    document.schemes["D"] = {"type": "http", "scheme": "digest"}
    document.content["security"] = [{"D": []}]


@corner
def server_port_path(document: Edited) -> None:
    document.content["servers"] = [{"url": "http://localhost:8080/base/v1/"}]


@corner(refused="a variable has no default")
def server_no_default(document: Edited) -> None:
    document.content["servers"] = [{"url": "https://{x}.asapp.com"}]


@corner
def server_protocol_relative(document: Edited) -> None:
    document.content["servers"] = [{"url": "//api.asapp.com/v1"}]


@corner
def server_only_production(document: Edited) -> None:
    document.content["servers"] = [{"url": "https://api.asapp.com"}]


@corner
def server_two_prefixes(document: Edited) -> None:
    document.content["servers"] = [
        {"url": "https://api.sandbox.asapp.com/v1"},
        {"url": "https://api.asapp.com/v2"},
    ]


@corner(refused="http or https")
def server_ws(document: Edited) -> None:
    document.content["servers"] = [{"url": "wss://api.asapp.com"}]


@corner
def server_empty(document: Edited) -> None:
    document.content["servers"] = [{"url": ""}]


@corner
def server_list_empty(document: Edited) -> None:
    document.content["servers"] = []


@corner(refused="http or https")
def server_space(document: Edited) -> None:
    document.content["servers"] = [{"url": "https://api asapp .com/ü"}]


@corner
def server_query(document: Edited) -> None:
    document.content["servers"] = [{"url": "https://api.asapp.com/?a=b#c"}]


@corner
def server_dot(document: Edited) -> None:
    document.content["servers"] = [{"url": "./v1"}]


@corner(refused="http or https")
def server_userinfo(document: Edited) -> None:
    document.content["servers"] = [{"url": "https://u:p@api.asapp.com"}]


@corner
def server_enum_variables(document: Edited) -> None:
    document.content["servers"] = [
        {
            "url": "https://{env}.asapp.com:{port}/{v}",
            "variables": {
                "env": {"default": "api.sandbox", "enum": ["api", "api.sandbox"]},
                "port": {"default": "443"},
                "v": {"default": ""},
            },
        }
    ]


@corner
def server_per_op_same(document: Edited) -> None:
    document.operation["servers"] = [{"url": "https://api.sandbox.asapp.com/x"}]
    document.add("/y", "get", {})


@corner
def server_upper(document: Edited) -> None:
    document.content["servers"] = [{"url": "HTTPS://API.Sandbox.ASAPP.com:443/"}]


@corner
def component_names(document: Edited) -> None:
    document.components["schemas"] = {
        n: {"type": "object", "properties": {"a": TEXT}}
        for n in (
            "my.Name",
            "my-Name",
            "my_Name",
            "myName",
            "größe",
            "1st",
            "_x",
            "Message.Batch",
            "message",
            "MESSAGE",
            "Sender_Role",
            "datetime",
            "List",
            "Dict",
            "Optional",
            "None",
            "x",
            "Union",
            "Exception",
            "object",
            "type",
        )
    }
    for i, n in enumerate(document.components["schemas"]):
        document.add(f"/n{i}", "get", {"operationId": f"n{i}", "responses": answer(reference(n))})


@corner
def component_component_of_type(document: Edited) -> None:
    document.components["schemas"] = {
        "A": {"type": "array", "items": TEXT},
        "I": {"type": "integer"},
        "S": TEXT,
        "N": {"type": "string", "nullable": True},
        "E": {"type": "string", "enum": ["a"]},
    }
    [document.properties.update({k.lower(): reference(k)}) for k in "AISNE"]


@corner
def component_ref_chain(document: Edited) -> None:
    document.components["schemas"] = {
        "A": reference("B"),
        "B": reference("C"),
        "C": dict(document.message),
    }
    document.list["items"] = reference("A")


@corner(refused="cannot be checked")
def component_ref_cycle(document: Edited) -> None:
    document.components["schemas"] = {"A": reference("B"), "B": reference("A")}
    document.properties["a"] = reference("A")


@corner
def component_unused_broken(document: Edited) -> None:
    document.components["schemas"] = {
        "A": {"type": "array"},
        "B": {"enum": [1, "a"]},
        "C": {"$ref": "#/components/schemas/A"},
    }


@corner
def component_ref_into_paths(document: Edited) -> None:
    document.add(
        "/x",
        "get",
        {
            "operationId": "x",
            "responses": answer(
                {
                    "type": "array",
                    "items": {
                        "$ref": "#/paths/"
                        + document.path.replace("/", "~1").replace("{", "%7B").replace("}", "%7D")
                        + "/post/requestBody/content/application~1json/schema/properties/messages/items"
                    },
                }
            ),
        },
    )


@corner
def component_ref_into_component(document: Edited) -> None:
    document.components["schemas"] = {"M": dict(document.message)}
    document.list["items"] = reference("M")
    document.add(
        "/x",
        "get",
        {
            "operationId": "x",
            "responses": answer({"$ref": "#/components/schemas/M/properties/sender"}),
        },
    )


@corner(refused="leads out of the document")
def component_external(document: Edited) -> None:
    document.properties["x"] = {"$ref": "other.yaml#/X"}


@corner(refused="leads out of the document")
def component_http_ref(document: Edited) -> None:
    document.properties["x"] = {"$ref": "https://example.com/x.json"}


@corner
def component_mutual(document: Edited) -> None:
    document.components["schemas"] = {
        "A": {"type": "object", "properties": {"b": reference("B")}},
        "B": {"type": "object", "properties": {"a": {"type": "array", "items": reference("A")}}},
    }
    document.add(
        "/x",
        "post",
        {
            "operationId": "x",
            "requestBody": takes(reference("A")),
            "responses": answer(reference("B")),
        },
    )


@corner
def component_rec_allof(document: Edited) -> None:
    document.components["schemas"] = {
        "A": {
            "allOf": [
                {
                    "type": "object",
                    "properties": {"kids": {"type": "array", "items": reference("A")}},
                }
            ]
        }
    }
    document.add("/x", "get", {"operationId": "x", "responses": answer(reference("A"))})


@corner
def component_rec_map(document: Edited) -> None:
    document.components["schemas"] = {
        "A": {"type": "object", "additionalProperties": reference("A")}
    }
    document.add("/x", "get", {"operationId": "x", "responses": answer(reference("A"))})


@corner(left_out={"GET /x": "has to contain itself"})
def component_rec_required(document: Edited) -> None:
    document.components["schemas"] = {
        "A": {"type": "object", "required": ["a"], "properties": {"a": reference("A")}}
    }
    document.add("/x", "get", {"operationId": "x", "responses": answer(reference("A"))})


@corner
def component_header_refs(document: Edited) -> None:
    document.components["headers"] = {"H": {"schema": TEXT}}
    document.responses["200"]["headers"] = {"X": {"$ref": "#/components/headers/H"}}
    document.components["examples"] = {"E": {"value": 1}}
    document.body["examples"] = {"e": {"$ref": "#/components/examples/E"}}


@corner
def text_bom(document: Edited) -> bytes:
    return b"\xef\xbb\xbf" + json.dumps(document.content).encode()


@corner
def text_crlf(document: Edited) -> bytes:
    del document
    return b"\xef\xbb\xbf" + as_published().replace(b"\n", b"\r\n")


@corner(refused="cannot be read")
def text_utf16(document: Edited) -> bytes:
    del document
    return as_published().decode().encode("utf-16")


@corner(refused="cannot be read")
def text_latin1(document: Edited) -> bytes:
    del document
    return as_published().replace(b"Conversations API", b"Conversations \xe9 API")


@corner(refused="cannot be read")
def text_tabs(document: Edited) -> bytes:
    del document
    return as_published().replace(b"  title", b"\ttitle")


@corner
def text_int_keys(document: Edited) -> bytes:
    del document
    return as_published().replace(b"'200'", b"200").replace(b"'503'", b"503")


@corner(refused="cannot be read")
def text_dup(document: Edited) -> bytes:
    del document
    return as_published() + b"\ncomponents: {}\n"


@corner(refused="duplicate key")
def text_dup_json(document: Edited) -> bytes:
    return json.dumps(document.content).encode()[:-1] + b', "paths": {}}'


@corner
def text_anchor(document: Edited) -> bytes:
    del document
    return as_published().replace(
        b"      responses:\n        '200'",
        b"      x-a: &a {description: merged}\n      responses:\n        '204': {<<: *a}\n        '200'",
        1,
    )


@corner
def text_dates(document: Edited) -> bytes:
    del document
    return (
        as_published()
        .replace(b"'2021-11-23T12:13:14.555Z'", b"2021-11-23T12:13:14.555Z")
        .replace(b"version: '0.1'", b"version: 2021-11-23")
    )


@corner(refused="info/version: 0.1")
def text_version_float(document: Edited) -> bytes:
    del document
    return as_published().replace(b"version: '0.1'", b"version: 0.1")


@corner(refused="cannot be read")
def text_multi(document: Edited) -> bytes:
    del document
    return b"---\n" + as_published() + b"\n---\na: 1\n"


@corner(refused="cannot be read")
def text_tag(document: Edited) -> bytes:
    del document
    return as_published().replace(
        b"version: '0.1'", b"version: !!python/object/apply:os.system ['echo hi']"
    )


@corner(refused="openapi.yaml")
def text_laughs(document: Edited) -> bytes:
    del document
    return b"openapi: 3.0.1\na: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]\ne: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d]\nf: &f [*e,*e,*e,*e,*e,*e,*e,*e,*e]\ng: [*f,*f,*f,*f,*f,*f,*f,*f,*f]\n"


@corner(refused="cannot be read")
def text_deep(document: Edited) -> bytes:
    del document
    return b"openapi: 3.0.1\na: " + b"[" * 5000 + b"]" * 5000


@corner(refused="cannot be read")
def text_deep_json(document: Edited) -> bytes:
    del document
    return b'{"openapi":"3.0.1","a":' + b"[" * 100000 + b"]" * 100000 + b"}"


@corner(refused="cannot be read")
def text_nul(document: Edited) -> bytes:
    del document
    return as_published().replace(b"Conversations API", b"Conversations \x00 API")


@corner(refused="a mapping is expected")
def text_list(document: Edited) -> bytes:
    del document
    return b"[1,2]"


@corner(refused="all of them texts")
def text_norway(document: Edited) -> bytes:
    del document
    return as_published().replace(
        b"- system",
        b"- system\n                              - no\n                              - on\n                              - 0x1F",
    )


@corner
def text_yaml_json_comment(document: Edited) -> bytes:
    return b"# hi\n" + json.dumps(document.content).encode()


@corner
def schema_31(document: Edited) -> None:
    document.content["openapi"] = "3.1.1"
    document.properties.update(
        {
            "a": {"type": ["string", "integer"]},
            "b": {"const": None},
            "c": {"type": "array", "prefixItems": [TEXT, {"type": "integer"}]},
            "e": {"if": {"type": "string"}, "then": {"minLength": 1}},
            "f": {"type": "string", "contentEncoding": "base64", "contentMediaType": "image/png"},
            "g": True,
            "h": {"type": "null"},
            "i": {"type": "array", "contains": TEXT, "minContains": 0},
            "j": {"type": "string", "examples": ["x"]},
            "k": {"type": ["array", "null"], "items": TEXT},
            "l": {"type": ["object", "null"], "properties": {"x": TEXT}},
            "m": {"type": "object", "unevaluatedProperties": False},
            "n": {"type": "object", "patternProperties": {"^x": TEXT}},
        }
    )


@corner(refused="no example is known")
def schema_31_bool_false(document: Edited) -> None:
    document.content["openapi"] = "3.1.0"
    document.properties["a"] = False


@corner(refused="#/$defs/X leads nowhere")
def schema_31_defs(document: Edited) -> None:
    document.content["openapi"] = "3.1.0"
    document.message["$defs"] = {"X": TEXT}
    document.properties["a"] = {"$ref": "#/$defs/X"}


@corner
def schema_31_id(document: Edited) -> None:
    document.content["openapi"] = "3.1.0"
    document.message["$id"] = "https://example.com/msg"
    document.message["$anchor"] = "m"


@corner(refused="#who leads nowhere")
def schema_31_anchor_ref(document: Edited) -> None:
    document.content["openapi"] = "3.1.0"
    document.sender["$anchor"] = "who"
    document.properties["other"] = {"$ref": "#who"}


@corner(refused="$dynamicRef")
def schema_31_dynamic(document: Edited) -> None:
    document.content["openapi"] = "3.1.0"
    document.message["$dynamicAnchor"] = "m"
    document.properties["other"] = {"$dynamicRef": "#m"}


@corner
def schema_31_dialect(document: Edited) -> None:
    document.content["openapi"] = "3.1.0"
    document.content["jsonSchemaDialect"] = "http://json-schema.org/draft-07/schema#"


@corner(refused="one operation createBatchMessages")
def schema_31_no_paths(document: Edited) -> None:
    document.content["openapi"] = "3.1.0"
    del document.content["paths"]
    document.content["webhooks"] = {}


@corner
def schema_31_ref_siblings(document: Edited) -> None:
    document.content["openapi"] = "3.1.0"
    document.components["schemas"] = {"S": {"type": "string"}}
    document.properties["a"] = {
        "$ref": "#/components/schemas/S",
        "maxLength": 5,
        "description": "x",
    }


@corner
def schema_31_summary(document: Edited) -> None:
    document.content["openapi"] = "3.1.0"
    document.content["info"]["summary"] = "s"
    document.content["info"]["license"] = {"name": "x", "identifier": "MIT"}


@corner
def schema_30_nullable_ref(document: Edited) -> None:
    document.components["schemas"] = {"S": {"type": "object", "properties": {"x": TEXT}}}
    document.properties["a"] = {"nullable": True, "allOf": [reference("S")]}
    document.properties["b"] = {"nullable": True}
    document.properties["c"] = {"type": "string", "enum": ["a"], "nullable": True}


@corner
def schema_30_exclusive_no_min(document: Edited) -> None:
    document.properties["a"] = {"type": "integer", "exclusiveMinimum": True}


@corner
def schema_format_mixed(document: Edited) -> None:
    document.properties["a"] = {"type": "integer", "format": "date-time"}
    document.properties["c"] = {"type": "number", "format": "uuid"}


@corner
def schema_array_no_items(document: Edited) -> None:
    document.content["openapi"] = "3.1.0"
    document.properties["a"] = {"type": "array"}


@corner
def schema_allof_conflict(document: Edited) -> None:
    document.properties["a"] = {
        "allOf": [{"type": "string", "minLength": 3}, {"type": "string", "minLength": 5}]
    }


@corner
def schema_allof_enum(document: Edited) -> None:
    document.components["schemas"] = {"E": {"type": "string", "enum": ["a", "b"]}}
    document.properties["a"] = {"allOf": [reference("E")], "default": "a", "description": "x"}


@corner
def schema_anyof_objects(document: Edited) -> None:
    document.properties["a"] = {
        "anyOf": [
            {"type": "object", "properties": {"x": TEXT}},
            {"type": "object", "properties": {"y": {"type": "integer"}}},
        ]
    }


@corner
def schema_oneof_required(document: Edited) -> None:
    document.message["oneOf"] = [{"required": ["text"]}, {"required": ["x"]}]


@corner
def schema_message_anyof_required(document: Edited) -> None:
    document.properties["html"] = TEXT
    document.message["anyOf"] = [{"required": ["text"]}, {"required": ["html"]}]


@corner
def schema_dependent(document: Edited) -> None:
    document.content["openapi"] = "3.1.0"
    document.message["dependentRequired"] = {"text": ["sender"]}


@corner
def size_huge(document: Edited) -> None:
    document.components["schemas"] = {
        f"S{i}": {
            "type": "object",
            "properties": {
                f"p{j}": reference(f"S{(i * 7 + j) % 120}") if j % 5 == 0 else TEXT
                for j in range(12)
            },
        }
        for i in range(120)
    }
    for i in range(56):
        document.add(
            f"/h{i}/{{id}}",
            "post",
            {
                "operationId": f"h{i}",
                "tags": [f"t{i % 6}"],
                "requestBody": takes(reference(f"S{i}")),
                "responses": {
                    **answer(reference(f"S{i + 1}")),
                    "400": {
                        "description": "x",
                        "content": {JSON: {"schema": document.errors()[0]}},
                    },
                },
            },
            "id",
        )
