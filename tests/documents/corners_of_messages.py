"""What a message, a batch and their fields may be."""

from __future__ import annotations

import copy

from corner import TEXT, corner
from edited import JSON, Edited, reference


@corner
def many_self_cls(document: Edited) -> None:
    document.properties.update(
        dict.fromkeys(
            (
                "self",
                "cls",
                "additional_properties",
                "to_dict",
                "from_dict",
                "field_dict",
                "src_dict",
                "d",
                "T",
                "Mapping",
                "datetime",
                "isoparse",
                "json",
                "UNSET",
                "Any",
                "cast",
                "Unset",
                "None",
                "True",
                "import",
                "keys",
                "items",
                "copy",
            ),
            TEXT,
        )
    )


@corner
def collide(document: Edited) -> None:
    document.properties.update(
        {"fooBar": TEXT, "foo_bar": TEXT, "foo-bar": TEXT, "Text": TEXT, "text_": TEXT}
    )


@corner(refused="'a b' and 'a.b'")
def many_unicode(document: Edited) -> None:
    document.properties.update(
        {
            "größe": TEXT,
            "名前": TEXT,
            "a b": TEXT,
            "emoji😀": TEXT,
            "1st": TEXT,
            "@type": TEXT,
            "a.b": TEXT,
            "a/b": TEXT,
            "a~b": TEXT,
        }
    )


@corner
def empty_name(document: Edited) -> None:
    document.properties[""] = TEXT


@corner
def schema_words(document: Edited) -> None:
    document.properties.update(
        dict.fromkeys(
            (
                "description",
                "type",
                "properties",
                "items",
                "default",
                "nullable",
                "$ref",
                "allOf",
                "required",
                "readOnly",
                "enum",
                "title",
                "example",
                "mapping",
                "format",
                "x-foo",
                "const",
            ),
            TEXT,
        )
    )


@corner
def only_ref_name(document: Edited) -> None:
    document.properties["$ref"] = TEXT


@corner
def description_prop(document: Edited) -> None:
    document.sender["properties"].update(description=TEXT, title=TEXT, example=TEXT)


@corner
def addl_false(document: Edited) -> None:
    document.message["additionalProperties"] = False
    document.sender["additionalProperties"] = False
    document.body["schema"]["additionalProperties"] = False


@corner
def addl_typed(document: Edited) -> None:
    document.message["additionalProperties"] = {"type": "integer"}
    document.sender["additionalProperties"] = {
        "type": "object",
        "properties": {"a": {"type": "string", "format": "date-time"}},
    }


@corner
def addl_datetime(document: Edited) -> None:
    document.properties["when"] = {
        "type": "object",
        "additionalProperties": {"type": "string", "format": "date-time"},
    }


@corner
def nested_arrays(document: Edited) -> None:
    document.properties["grid"] = {
        "type": "array",
        "items": {
            "type": "array",
            "items": {
                "type": "array",
                "items": {"type": "object", "properties": {"x": {"type": "number"}}},
            },
        },
    }


@corner
def int_enum(document: Edited) -> None:
    document.properties["level"] = {"type": "integer", "enum": [1, 2, -3]}


@corner
def mixed_enum(document: Edited) -> None:
    document.properties["m"] = {"enum": [1, "a", True, None, 2.5]}


@corner
def bool_enum(document: Edited) -> None:
    document.properties["m"] = {"type": "boolean", "enum": [True]}


@corner
def float_enum(document: Edited) -> None:
    document.properties["m"] = {"type": "number", "enum": [1.5, 2]}


@corner
def enum_collide(document: Edited) -> None:
    document.properties["m"] = {
        "type": "string",
        "enum": [
            "a b",
            "a-b",
            "a_b",
            "A B",
            "",
            " ",
            "1",
            "-1",
            "class",
            "None",
            "mro",
            "name",
            "value",
            "it's",
            'q"q',
            "back\\",
            "new\nline",
            "日本",
        ],
    }


@corner(refused="no example")
def string_enum_numbers(document: Edited) -> None:
    document.properties["m"] = {"type": "string", "enum": [1, 2]}


@corner
def role_case(document: Edited) -> None:
    document.role["enum"] += ["AGENT", "Agent", "BOT", "virtual agent", "ai-bot", "name", "value"]


@corner
def role_default(document: Edited) -> None:
    document.role["default"] = "agent"


@corner
def role_nullable(document: Edited) -> None:
    document.role["nullable"] = True
    document.role["enum"].append(None)


@corner
def sender_nullable(document: Edited) -> None:
    document.sender["nullable"] = True


@corner
def text_nullable(document: Edited) -> None:
    document.properties["text"]["nullable"] = True


@corner
def time_nullable(document: Edited) -> None:
    document.properties["timestamp"]["nullable"] = True


@corner
def time_optional(document: Edited) -> None:
    document.message["required"].remove("timestamp")


@corner
def sender_optional(document: Edited) -> None:
    document.message["required"].remove("sender")


@corner
def text_optional(document: Edited) -> None:
    document.message["required"].remove("text")


@corner
def nothing_required(document: Edited) -> None:
    del document.message["required"]
    del document.sender["required"]


@corner
def time_ref(document: Edited) -> None:
    document.components["schemas"] = {"Instant": document.properties["timestamp"]}
    document.properties["timestamp"] = reference("Instant")


@corner(refused="does not match")
def time_pattern(document: Edited) -> None:
    document.properties["timestamp"]["pattern"] = (
        "^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z$"
    )


@corner
def ext_id_int(document: Edited) -> None:
    document.sender["properties"]["externalId"] = {"type": "integer"}


@corner
def ext_id_any(document: Edited) -> None:
    document.sender["properties"]["externalId"] = {
        "oneOf": [{"type": "string"}, {"type": "integer"}]
    }


@corner
def many_defaults(document: Edited) -> None:
    document.properties.update(
        {
            "a": {"type": "string", "default": "x"},
            "b": {"type": "string", "format": "date-time", "default": "2020-01-01T00:00:00Z"},
            "c": {"type": "string", "enum": ["q", "r"], "default": "q"},
            "e": {"type": "boolean", "default": False},
            "f": {"type": "integer", "default": 3},
            "g": {"type": "array", "items": TEXT, "default": []},
            "h": {"type": "object", "default": {}},
            "i": {"type": "string", "format": "date", "default": "2020-01-01"},
        }
    )


@corner
def default_wrong(document: Edited) -> None:
    document.properties["a"] = {"type": "integer", "default": "x"}


@corner
def default_text_default(document: Edited) -> None:
    document.properties["text"]["default"] = "hi"
    document.properties["timestamp"]["default"] = "2020-01-01T00:00:00Z"


@corner
def disc(document: Edited) -> None:
    document.components["schemas"] = {
        "Cat": {
            "type": "object",
            "required": ["kind"],
            "properties": {"kind": TEXT, "purr": {"type": "boolean"}},
        },
        "Dog": {
            "type": "object",
            "required": ["kind"],
            "properties": {"kind": TEXT, "bark": {"type": "integer"}},
        },
    }
    document.properties["pet"] = {
        "oneOf": [reference("Cat"), reference("Dog")],
        "discriminator": {
            "propertyName": "kind",
            "mapping": {"cat": "#/components/schemas/Cat", "dog": "Dog"},
        },
    }


@corner
def disc_enum(document: Edited) -> None:
    document.components["schemas"] = {
        "Cat": {
            "type": "object",
            "required": ["kind"],
            "properties": {"kind": {"type": "string", "enum": ["cat"]}},
        },
        "Dog": {
            "type": "object",
            "required": ["kind"],
            "properties": {
                "kind": {"type": "string", "enum": ["dog"]},
                "bark": {"type": "integer"},
            },
        },
    }
    document.properties["pet"] = {
        "oneOf": [reference("Cat"), reference("Dog")],
        "discriminator": {"propertyName": "kind"},
    }


@corner
def disc_inherit(document: Edited) -> None:
    document.components["schemas"] = {
        "Pet": {
            "type": "object",
            "required": ["kind"],
            "properties": {"kind": TEXT},
            "discriminator": {
                "propertyName": "kind",
                "mapping": {"cat": "#/components/schemas/Cat"},
            },
        },
        "Cat": {
            "allOf": [
                reference("Pet"),
                {"type": "object", "properties": {"purr": {"type": "boolean"}}},
            ]
        },
    }
    document.properties["pet"] = reference("Pet")
    document.properties["cat"] = reference("Cat")


@corner(refused="no text")
def message_oneof(document: Edited) -> None:
    m = copy.deepcopy(document.message)
    n = copy.deepcopy(document.message)
    n["properties"]["url"] = TEXT
    document.list["items"] = {"oneOf": [m, n]}


@corner
def message_disc_base(document: Edited) -> None:
    document.components["schemas"] = {"Msg": copy.deepcopy(document.message)}
    document.components["schemas"]["Msg"]["discriminator"] = {"propertyName": "text"}
    document.list["items"] = reference("Msg")


@corner
def role_oneof_const(document: Edited) -> None:
    document.content["openapi"] = "3.1.0"
    document.role.clear()
    document.role["oneOf"] = [{"const": "agent"}, {"const": "customer"}]


@corner
def many_formats(document: Edited) -> None:
    document.properties.update(
        {
            f.replace("-", "_"): {"type": "string", "format": f}
            for f in (
                "email",
                "uri",
                "byte",
                "password",
                "hostname",
                "ipv4",
                "ipv6",
                "time",
                "duration",
                "uri-reference",
                "idn-email",
                "regex",
                "json-pointer",
                "binary",
                "weird",
                "iri",
            )
        }
    )


@corner
def num_formats(document: Edited) -> None:
    document.properties.update(
        {
            "a": {"type": "integer", "format": "int64"},
            "b": {"type": "number", "format": "double"},
            "c": {"type": "integer", "minimum": 5, "maximum": 6, "multipleOf": 2},
            "d_": {"type": "number", "multipleOf": 0.01, "minimum": 0.5},
            "e": {"type": "string", "format": "decimal"},
        }
    )


@corner
def pattern_unicode(document: Edited) -> None:
    document.properties["lang"] = {"type": "string", "pattern": "^\\p{L}+$"}


@corner
def pattern_look(document: Edited) -> None:
    document.properties["lang"] = {"type": "string", "pattern": "^(?!x)[a-z]{2}(?=-)-[A-Z]{2}$"}


@corner(refused="any of")
def pattern_bad(document: Edited) -> None:
    document.properties["lang"] = {"type": "string", "pattern": "["}


@corner
def pattern_ecma(document: Edited) -> None:
    document.properties["lang"] = {
        "type": "string",
        "pattern": "^[\\w\\-\\/]+\\d$",
        "minLength": 10,
    }


@corner
def long_text(document: Edited) -> None:
    document.properties["text"]["minLength"] = 5000


@corner
def id_long(document: Edited) -> None:
    document.item["parameters"][0]["schema"] = {"type": "string", "minLength": 30, "maxLength": 30}


@corner(refused="no text (type: string)")
def id_int(document: Edited) -> None:
    document.item["parameters"][0]["schema"] = {"type": "integer"}


@corner
def id_uuid(document: Edited) -> None:
    document.item["parameters"][0]["schema"] = {"type": "string", "format": "uuid"}


@corner
def id_enum(document: Edited) -> None:
    document.item["parameters"][0]["schema"] = {"type": "string", "enum": ["A", "B"]}


@corner
def id_time(document: Edited) -> None:
    document.item["parameters"][0]["schema"] = {"type": "string", "format": "date-time"}


@corner
def id_oneof(document: Edited) -> None:
    document.item["parameters"][0]["schema"] = {
        "oneOf": [{"type": "string", "pattern": "^A"}, {"type": "string", "format": "uuid"}]
    }


@corner
def id_slash(document: Edited) -> None:
    document.item["parameters"][0]["schema"] = {"type": "string", "pattern": "^[a-z]+/[a-z ?#%]+$"}


@corner
def id_nullable(document: Edited) -> None:
    document.item["parameters"][0]["schema"]["nullable"] = True


@corner
def max_one(document: Edited) -> None:
    document.list["maxItems"] = 1


@corner
def max_huge(document: Edited) -> None:
    document.list["maxItems"] = 10**12


@corner
def exact_five(document: Edited) -> None:
    document.list["maxItems"] = 5
    document.list["minItems"] = 5


@corner
def many_unique(document: Edited) -> None:
    document.list["uniqueItems"] = True


@corner
def list_nullable(document: Edited) -> None:
    document.list["nullable"] = True


@corner
def list_required(document: Edited) -> None:
    document.body["schema"]["required"] = [document.list_name]


@corner
def body_optional(document: Edited) -> None:
    document.operation["requestBody"]["required"] = False


@corner
def body_json_form(document: Edited) -> None:
    c = document.operation["requestBody"]["content"]
    c["application/x-www-form-urlencoded"] = {"schema": copy.deepcopy(document.body["schema"])}


@corner
def body_xml_first(document: Edited) -> None:
    c = document.operation["requestBody"]["content"]
    document.operation["requestBody"]["content"] = {
        "application/xml": {"schema": copy.deepcopy(document.body["schema"])},
        **c,
    }


@corner
def body_multi_json(document: Edited) -> None:
    c = document.operation["requestBody"]["content"]
    c["application/vnd.x+json"] = {"schema": copy.deepcopy(document.body["schema"])}


@corner
def body_multi_json_2(document: Edited) -> None:
    c = document.operation["requestBody"]["content"]
    c["application/vnd.x+json"] = {"schema": {"type": "object", "properties": {"a": TEXT}}}


@corner(refused="a JSON body")
def body_star(document: Edited) -> None:
    c = document.operation["requestBody"]["content"]
    c["*/*"] = c.pop(JSON)


@corner(refused="a JSON body")
def body_textjson(document: Edited) -> None:
    c = document.operation["requestBody"]["content"]
    c["text/json"] = c.pop(JSON)


@corner(refused="a JSON body")
def body_array(document: Edited) -> None:
    document.body["schema"] = document.list


@corner(refused="a JSON body")
def body_oneof(document: Edited) -> None:
    document.body["schema"] = {
        "oneOf": [
            document.body["schema"],
            {"type": "object", "properties": {"message": copy.deepcopy(document.message)}},
        ]
    }


@corner
def body_ndjson(document: Edited) -> None:
    c = document.operation["requestBody"]["content"]
    c["application/x-ndjson"] = {"schema": copy.deepcopy(document.message)}


@corner
def message_min_props(document: Edited) -> None:
    document.message["minProperties"] = 3
    document.message["maxProperties"] = 3


@corner
def message_not(document: Edited) -> None:
    document.properties["n"] = {"not": {"type": "string"}}


@corner
def array_of_enum_null(document: Edited) -> None:
    document.properties["n"] = {
        "type": "array",
        "nullable": True,
        "items": {"type": "string", "nullable": True, "enum": ["a", None]},
    }


@corner
def write_only(document: Edited) -> None:
    document.properties["secret"] = {"type": "string", "writeOnly": True}


@corner(refused="no timestamp")
def read_only_time(document: Edited) -> None:
    document.properties["timestamp"]["readOnly"] = True


@corner
def read_only_sender_part(document: Edited) -> None:
    document.sender["properties"]["id"] = {"type": "string", "readOnly": True}
    document.sender["required"].append("id")


@corner
def deprecated(document: Edited) -> None:
    document.properties["old"] = {"type": "string", "deprecated": True}
    document.operation["deprecated"] = True
    document.properties["text"]["deprecated"] = True


@corner
def prose_evil(document: Edited) -> None:
    e = 'Say """hi""" \\ {x} {{ y }} {% raw %} \\N{foo} \\u12 \t \r\n \u2028 end\\'
    document.operation["description"] = e
    document.operation["summary"] = e
    document.properties["text"]["description"] = e
    document.message["description"] = e
    document.body["schema"]["description"] = e
    document.item["parameters"][0]["description"] = e
    document.content["info"]["title"] = e
    document.content["info"]["description"] = e
    document.properties["o"] = {"type": "string", "description": e + '"'}
    document.responses["400"]["description"] = e


@corner
def x_ext(document: Edited) -> None:
    for n in (
        document.content,
        document.operation,
        document.message,
        document.properties["text"],
        document.item,
        document.responses,
        document.content["info"],
        document.content["paths"],
        document.components,
    ):
        n["x-foo"] = {"a": [1, None]}


@corner
def examples_bad(document: Edited) -> None:
    document.properties["text"]["example"] = 5
    document.body["example"] = {"x": 1}
    document.properties["timestamp"]["example"] = "yesterday"
    document.message["example"] = "no"


@corner
def external_docs(document: Edited) -> None:
    document.operation["externalDocs"] = {"url": "https://x"}
    document.message["externalDocs"] = {"url": "https://x"}
    document.message["xml"] = {"name": "m"}
