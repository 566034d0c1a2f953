"""Makes of an OpenAPI document one in which nothing has to be interpreted any more.

Each operation stands whole, with its parameters, bodies, answers and keys in itself; all schemas
are JSON Schema 2020-12; a request has no `readOnly` property and an answer no `writeOnly` one.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from dialects import from_3_0, from_3_1
from failure import RegenerationError
from placement import NotCarriedError, needed_keys, servers
from references import Node, component_name, lookup, named, resolve
from schemas import (
    Components,
    Schema,
    change_schemas,
    reference,
    without_null,
)

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
"""The fields of a path item that are operations (OpenAPI 3.1.0, Path Item Object)."""

NOT_PARAMETERS = frozenset({"accept", "authorization", "content-type"})
"""Headers whose definition as a parameter is ignored (OpenAPI 3.1.0, Parameter Object)."""

KEPT = ("operationId", "tags", "summary", "description", "deprecated")


class Normalised(NamedTuple):
    """A document in its normal form.

    Attributes:
        document: it; each operation names its keys, and its path begins at the root of the server.
        components: its named schemas, which are part of it.
        left_out: each operation that is not carried, as its method and path, and why.
    """

    document: Node
    components: Components
    left_out: dict[str, str]


def normalise(document: Node, without: Mapping[str, str] = MappingProxyType({})) -> Normalised:
    """The normal form of a valid document.

    Args:
        document: as it was read.
        without: operations to leave out, as their method and path, and why.

    Raises:
        RegenerationError: the document says something in a way that is not carried.
    """
    components = normal_components(document)
    paths: dict[str, Node] = {}
    left_out = dict(without)
    for title, path, method, item in operations_of(document):
        if title in without:
            continue
        try:
            if unusable := re.search(r"[?#]|(?<=/)\.{1,2}(?=/|$)", path):
                raise NotCarriedError(f"its path has {unusable[0]}, which no path can have")
            origins, prefix = servers(document, item, item[method])
            operation = normal_operation(document, components, item, method)
            operation["servers"] = [{"url": origin} for origin in origins]
            paths.setdefault(prefix + path, {})[method] = operation
        except NotCarriedError as error:
            left_out[title] = str(error)
    normal = {
        "openapi": "3.1.0",
        "info": {
            key: value for key, value in document["info"].items() if key in {"title", "version"}
        },
        "paths": paths,
        "components": {
            "schemas": components.schemas,
            "securitySchemes": {
                name: resolve(document, scheme)
                for name, scheme in named(document, "securitySchemes").items()
            },
        },
    }
    return Normalised(normal, components, left_out)


def operations_of(document: Node) -> Iterator[tuple[str, str, str, Node]]:
    """Each operation: what it is called in words, its path, its method and its path item."""
    for path, item in document.get("paths", {}).items():
        if path.startswith("/"):
            whole = resolve(document, item)
            for method in METHODS:
                if method in whole:
                    yield f"{method.upper()} {path}", path, method, whole


def normal_operation(document: Node, components: Components, item: Node, method: str) -> Node:
    """One operation with everything that it needs in itself."""
    operation = item[method]
    normal = {key: operation[key] for key in KEPT if key in operation}
    keys = needed_keys(document, operation)
    normal["security"] = [{name: [] for name in keys}] if keys else []
    # What carries a key is the client's, even where it is listed as a parameter as well.
    schemes = [resolve(document, named(document, "securitySchemes")[name]) for name in keys]
    places = {(it["in"], it["name"].lower()) for it in schemes if it["type"] == "apiKey"}
    if len(places) + sum(it["type"] != "apiKey" for it in schemes) < len(keys):
        raise NotCarriedError(f"two of its keys ({', '.join(keys)}) stand at the same place")
    normal["parameters"] = [
        normal_parameter(document, components, parameter)
        for parameter in parameters(document, item, operation)
        if (parameter["in"], parameter["name"].lower()) not in places
    ]
    if "requestBody" in operation:
        body = resolve(document, operation["requestBody"])
        content = normal_content(document, components, body.get("content", {}), "readOnly")
        if not content:
            raise NotCarriedError("its request body has no media type")
        normal["requestBody"] = {"required": body.get("required", False), "content": content}
    normal["responses"] = dict(responses(document, components, operation["responses"]))
    for status, response in normal["responses"].items():
        if method == "head" or status in {"204", "205", "304"}:
            # Whatever is documented, no body comes (RFC 9110, sections 9.3.2 and 15).
            response.pop("content", None)
    return normal


def parameters(document: Node, item: Node, operation: Node) -> list[Node]:
    """Every parameter of an operation; its own replace those of the path."""
    found = {}
    for scope in (item, operation):
        for each in scope.get("parameters", ()):
            parameter = resolve(document, each)
            found[parameter["name"], parameter["in"]] = parameter
    return [
        parameter
        for (name, place), parameter in found.items()
        if not (place == "header" and name.lower() in NOT_PARAMETERS)
    ]


def normal_parameter(document: Node, components: Components, parameter: Node) -> Node:
    """One parameter, as the generator carries it."""
    name, place = parameter["name"], parameter["in"]
    if "schema" not in parameter:
        raise NotCarriedError(f"its parameter {name} has a media type in the place of a schema")
    schema = normal_schema(document, parameter["schema"])
    components.resolve(schema)
    kinds = kinds_of(components, schema)
    style = parameter.get("style", "form" if place in {"query", "cookie"} else "simple")
    if "array" in kinds and (
        place != "query" or style != "form" or not parameter.get("explode", True)
    ):
        raise NotCarriedError(
            f"its parameter {name} is an array in one piece (style or explode); lists are carried "
            "in the query alone, one value at a time"
        )
    if "array" in kinds and kinds_of(components, item_schema(components, schema)) & {
        "array",
        "object",
    }:
        raise NotCarriedError(f"its parameter {name} is a list of lists or of objects")
    if "object" in kinds:
        raise NotCarriedError(f"its parameter {name} is an object")
    if "description" in parameter and "$ref" not in schema:
        # The generator shows the schema's.
        schema = {"description": parameter["description"], **schema}
    return {
        "name": name,
        "in": place,
        "required": parameter.get("required", False),
        "schema": schema,
    }


def kinds_of(components: Components, schema: Schema) -> set[str]:
    """The JSON types that a schema names, itself or in its parts."""
    kinds: set[str] = set()
    whole = components.as_one(schema)
    named_types = whole.get("type", ())
    kinds.update([named_types] if isinstance(named_types, str) else named_types)
    for keyword in ("allOf", "anyOf", "oneOf"):
        for part in whole.get(keyword, ()):
            kinds |= kinds_of(components, part)
    return kinds


def item_schema(components: Components, schema: Schema) -> Schema:
    """What the entries of a list are, as far as the schema itself says."""
    items = without_null(components.resolve(schema))[0].get("items", {})
    return items if isinstance(items, dict) else {}


def normal_content(
    document: Node, components: Components, content: Mapping[str, Any], hidden: str
) -> Node:
    """The schema of each media type, without the properties that the direction hides."""
    suffix = {"readOnly": "Request", "writeOnly": "Answer"}[hidden]
    normal = {}
    for media_type, holder in content.items():
        schema = normal_schema(document, resolve(document, holder).get("schema", {}))
        normal[media_type] = {"schema": components.view(schema, hidden, suffix)}
    return normal


def responses(
    document: Node, components: Components, documented: Mapping[str, Any]
) -> Iterator[tuple[str, Node]]:
    """What is answered with each status; of an error only what is JSON."""
    statuses = {
        str(status).upper().replace("DEFAULT", "default"): resolve(document, response)
        for status, response in documented.items()
        # What is only informational is no answer to a caller (RFC 9110, section 15.2).
        if not str(status).startswith(("x-", "1"))
    }
    if "207" in statuses:
        raise NotCarriedError("it answers 207, which says that a part of it may have failed")
    # Without a documented success, the default answer is the only word about it.
    only_default = not any(status.startswith("2") for status in statuses)
    for status, response in statuses.items():
        content = normal_content(document, components, response.get("content", {}), "writeOnly")
        if not status.startswith("2") and not (only_default and status == "default"):
            content = {key: value for key, value in content.items() if is_json(key)}
        yield (
            status,
            {
                "description": response.get("description", ""),
                **({"content": content} if content else {}),
            },
        )


def is_json(media_type: str) -> bool:
    """Whether a media type is JSON (RFC 6839, section 3.1), whatever its parameters."""
    essence = media_type.partition(";")[0].strip().lower()
    return essence == "application/json" or essence.endswith("+json")


def schema_holders(operation: Node) -> Iterator[Node]:
    """All of a normalised operation that has a schema of its own: parameters and media types."""
    yield from operation["parameters"]
    for each in (operation.get("requestBody", {}), *operation["responses"].values()):
        yield from each.get("content", {}).values()


def json_holder(holder: Mapping[str, Any]) -> Node | None:
    """The first JSON media type of a body or an answer, with its schema."""
    content = holder.get("content", {})
    return next((content[key] for key in content if is_json(key)), None)


def normal_components(document: Node) -> Components:
    """The named schemas in the one dialect."""
    schemas = named(document, "schemas")
    return Components({name: normal_schema(document, each) for name, each in schemas.items()})


def normal_schema(document: Node, schema: Any, above: tuple[str, ...] = ()) -> Schema:
    """A schema in 2020-12, which refers to components alone."""
    if isinstance(schema, bool):
        return {} if schema else {"not": {}}
    dialect = from_3_0 if document["openapi"].startswith("3.0") else from_3_1

    def change(each: Schema) -> Schema:
        target = each.get("$ref")
        if not isinstance(target, str):
            return dialect(each)
        if name := component_name(document, target):
            return dialect({**each, **reference(name)})
        if target in above:
            raise RegenerationError(f"the reference {target} contains itself")
        place = normal_schema(document, lookup(document, target), (*above, target))
        beside = dialect({key: value for key, value in each.items() if key != "$ref"})
        return {"allOf": [place], **beside} if beside and dialect is from_3_1 else place

    return dict(change_schemas(copy.deepcopy(schema), change))
