"""What the generator of the attrs client is given: the normalised document, as far as it carries it.

The facts and the contracts are of the normalised document itself, so nothing is lost: what this
takes off is what the models of the client do not say.
"""

from __future__ import annotations

import copy
from itertools import count

from normalise import Node, is_json
from openapi_python_client import strings
from schemas import PROSE, SHAPING, Components, Schema, change_schemas, without_null

NAMES_OF_MODELS = frozenset(
    {"additional_keys", "additional_properties", "cast", "cls", "d", "field_dict", "files"}
    | {"from_dict", "isoparse", "json", "prop", "prop_dict", "prop_name", "src_dict"}
    | {"Any", "Mapping", "T", "UNSET", "Unset", "to_dict", "to_multipart"}
)
"""What the methods of a generated model use themselves, so that no property may be called so."""

FORMS = frozenset({"application/x-www-form-urlencoded", "application/octet-stream"})

NOT_CARRIED = frozenset({"default", "x-enum-varnames"})
"""Keywords of which the generator makes values that a user has not given, or names that may clash."""

# The generator puts an underscore behind a reserved word, but knows Python's own alone.
strings.RESERVED_WORDS.update(NAMES_OF_MODELS)


def client_document(document: Node) -> tuple[Node, set[str]]:
    """The document without keys and defaults, which are the client's and the server's matter, and
    with names, parameters and enumerations of which the generator makes what works.

    Returns:
        It, and the media types that are bytes for the client.
    """
    content: Node = copy.deepcopy(document)
    operations = [
        (operation, f"{method}_{path}")
        for path, item in content["paths"].items()
        for method, operation in item.items()
    ]
    opaque: set[str] = set()
    taken: set[tuple[str, str]] = set()
    components = Components(content["components"]["schemas"])
    with_bytes: set[str] = set()
    for operation, otherwise in operations:
        del operation["security"]
        name_operation(operation, otherwise, taken)
        for parameter in operation["parameters"]:
            parameter["schema"] = carried(carried_parameter(parameter["in"], parameter["schema"]))
        body = operation.get("requestBody", {})
        if len(body.get("content", {})) > 1:
            # The generated function could not tell them apart by what it is handed.
            sent = next(filter(is_json, body["content"]), next(iter(body["content"])))
            body["content"] = {sent: body["content"][sent]}
        for each in (body, *operation["responses"].values()):
            for media_type, holder in each.get("content", {}).items():
                if is_opaque(media_type, holder):
                    opaque.add(media_type)
                change = without_bytes if is_json(media_type) else carried
                holder["schema"] = change_schemas(holder["schema"], change)
                if not is_json(media_type):
                    with_bytes |= components.reachable(holder["schema"])
    for name, schema in components.schemas.items():
        change = carried if name in with_bytes else without_bytes
        components.schemas[name] = change_schemas(schema, change)
    return content, opaque


def is_opaque(media_type: str, holder: Node) -> bool:
    """Whether a body is bytes of which only its reader knows more, and marks it so."""
    essence = media_type.partition(";")[0].strip().lower()
    known = essence.startswith(("text/", "multipart/")) or essence in FORMS or is_json(media_type)
    if known or holder["schema"].keys() - PROSE - {"type", "format"}:
        return False
    holder["schema"] = {"type": "string", "format": "binary"}
    return True


def carried_parameter(place: str, schema: Schema) -> Schema:
    """The schema of a parameter, of which only texts can stand outside the query.

    The generator writes a boolean in a path as Python does, takes no null there, and puts a time,
    an id or a number into a header or a cookie as it is.
    """
    if place == "query" or "$ref" in schema:
        return schema
    schema, _ = without_null(schema)
    kind = schema.get("type")
    if place == "path" and kind == "boolean":
        return {**schema, "type": "string", "enum": ["true", "false"]}
    if place in {"header", "cookie"}:
        schema = {key: value for key, value in schema.items() if key != "format"}
    if place == "cookie" and kind in {"boolean", "integer", "number"}:
        schema = {key: value for key, value in schema.items() if key in PROSE}
        schema["type"] = "string"
    return schema


def name_operation(operation: Node, otherwise: str, taken: set[tuple[str, str]]) -> None:
    """Give an operation another id if its module would take the place of one of the same tag."""
    tag = module_name((operation.get("tags") or ["default"])[0])
    name = operation.get("operationId", otherwise)
    names = (name if number < 2 else f"{name}_{number}" for number in count(1))
    free = next(each for each in names if (tag, module_name(each)) not in taken)
    taken.add((tag, module_name(free)))
    if free != name:
        operation["operationId"] = free


def module_name(name: str) -> str:
    return strings.PythonIdentifier(name, "field_")


def without_bytes(schema: Schema) -> Schema:
    """As `carried`, for a schema of JSON, which has no bytes but texts."""
    schema = carried(schema)
    return {k: v for k, v in schema.items() if (k, v) != ("format", "binary")}


def carried(schema: Schema) -> Schema:
    """The schema without its default, and with a name for each value of its enumeration, if two would have the same.

    An enumeration of other values than texts alone or integers alone is taken off.
    """
    schema = {key: value for key, value in schema.items() if key not in NOT_CARRIED}
    for keyword in ("anyOf", "oneOf"):
        # What only says which properties go together is for validators.
        if "properties" in schema and not any(
            part.keys() & SHAPING for part in schema.get(keyword, ())
        ):
            schema.pop(keyword, None)
    parts = schema.get("allOf", ())
    if parts and all(part.get("type", "object") != "object" for part in parts):
        # The generator makes a model of whatever has parts.
        schema = {**Components({}).merged(schema)}
        schema.pop("allOf", None)
        schema.setdefault("type", parts[0]["type"])
    if schema.get("type") == "array" and not schema.keys() & {"items", "prefixItems"}:
        schema["items"] = {}
    if not isinstance(schema.get("enum"), list):
        return schema
    values = [value for value in schema["enum"] if value is not None]
    if {type(value) for value in values} not in ({str}, {int}, set()):
        return {key: value for key, value in schema.items() if key != "enum"}
    unique = [*dict.fromkeys(values)]
    schema["enum"] = [*unique, *[None] * (None in schema["enum"])]
    if unique and isinstance(unique[0], str) and (names := member_names(unique)):
        schema["x-enum-varnames"] = names
    return schema


def member_names(values: list[str]) -> list[str]:
    """A name for each value; none where those that the generator gives are good ones."""
    wanted = [
        strings.snake_case(value.upper()).upper() if value[:1].isalpha() else f"VALUE_{number}"
        for number, value in enumerate(values)
    ]
    distinct = len({*wanted}) == len({value.upper() for value in values}) == len(values)
    if distinct and all(map(str.isidentifier, wanted)):
        return []
    names: list[str] = []
    for name in wanted:
        name = name if name.isidentifier() else "VALUE"
        numbered = (f"{name}_{number}" for number in count(2))
        others = {*names, *wanted}
        names.append(name if name not in names else next(it for it in numbered if it not in others))
    return names
