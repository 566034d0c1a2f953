"""Reads a normalised document into the facts that the SDK, the emulator and the importer need."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import jsonschema_rs
from batch_place import BatchPlace
from contract_types import Contract, Contracts, Parameter
from fact_types import BatchFacts, Key, Operation
from failure import RegenerationError
from normalise import Node, Normalised, is_json, kinds_of, schema_holders
from openapi_python_client.strings import snake_case
from schemas import COMPONENT, Components, change_schemas, inner_schemas

IDEMPOTENT_METHODS = frozenset({"get", "head", "options", "put", "delete", "trace"})
"""Methods that may be sent twice (RFC 9110, section 9.2.2)."""


class Facts(NamedTuple):
    """All that is written for one document."""

    document_version: str
    document_sha256: str
    server_urls: tuple[str, ...]
    words: frozenset[str]
    operations: tuple[Operation, ...]
    batch: BatchFacts


def read_facts(normalised: Normalised, place: BatchPlace, sha256: str) -> tuple[Facts, Contracts]:
    """The facts of a document whose schemas are named; `sha256` is the digest of its bytes.

    Raises:
        RegenerationError: it lacks a fact, or says it in a way that is not carried.
    """
    document, components = normalised.document, normalised.components
    schemas = {name: moved(each) for name, each in components.schemas.items()}
    credentials = credential_names(document, document["paths"][place.path][place.method])
    contracts = []
    for path in sorted(document["paths"], key=template_places):
        for method, content in document["paths"][path].items():
            bodies = content.get("requestBody", {})
            keys = tuple(key_of(document, name, credentials) for name in key_names(content))
            answers = {
                status: schemas_by_media_type(response)
                for status, response in content["responses"].items()
            }
            contract = Contract(
                operation=operation_facts(path, method, content, keys, answers, schemas),
                parameters=tuple(
                    Parameter(each["name"], each["in"], each["required"], moved(each["schema"]))
                    for each in content["parameters"]
                ),
                body_required=bodies.get("required", False),
                bodies=schemas_by_media_type(bodies),
                answers=answers,
            )
            contracts.append(contract)
    operations = tuple(each.operation for each in contracts)
    wanted = (place.method.upper(), place.path)
    number = next(
        number for number, each in enumerate(operations) if (each.method, each.path) == wanted
    )
    # Whatever its answer holds, a 409 to a batch that was sent again says that it is stored.
    first = next(iter(operations[number].successes), "200").replace("X", "0")
    batch = operations[number]._replace(
        bodiless_success=operations[number].bodiless_success or int(first)
    )
    operations = (*operations[:number], batch, *operations[number + 1 :])
    contracts[number] = contracts[number]._replace(operation=batch)
    definition = document["paths"][place.path][place.method]
    facts = Facts(
        document_version=document["info"]["version"],
        document_sha256=sha256,
        server_urls=tuple(server["url"] for server in definition["servers"]),
        words=frozenset(words_of(document)),
        operations=operations,
        batch=batch_facts(place, batch, definition, components),
    )
    return facts, Contracts(schemas, tuple(contracts))


def template_places(path: str) -> list[bool]:
    """Sorts a path ahead of the templates that match it too, as OpenAPI demands."""
    return ["{" in part for part in path.split("/")]


def operation_facts(
    path: str,
    method: str,
    definition: Node,
    keys: tuple[Key, ...],
    answers: Mapping[str, Mapping[str, Any]],
    schemas: Mapping[str, Any],
) -> Operation:
    """The facts of one operation."""
    successes = {status: each for status, each in answers.items() if status.startswith("2")}
    if not successes and "default" in answers:
        successes = {"2XX": answers["default"]}
    bodiless = (
        int(status)
        for status, bodies in successes.items()
        if status.isdigit() and all(accepts_nothing(each, schemas) for each in bodies.values())
    )
    return Operation(
        operation_id=definition.get("operationId", ""),
        method=method.upper(),
        path=path,
        keys=keys,
        repeatable=method in IDEMPOTENT_METHODS or "409" in answers,
        successes={status: tuple(bodies) for status, bodies in successes.items()},
        bodiless_success=next(bodiless, None),
    )


def accepts_nothing(schema: Node, schemas: Mapping[str, Any]) -> bool:
    """Whether an empty JSON object is what the schema allows."""
    try:
        whole = jsonschema_rs.Draft202012Validator({**schema, "$defs": dict(schemas)})
    except ValueError as error:
        raise RegenerationError(f"a schema of an answer cannot be used: {error}") from None
    return whole.is_valid({})


def schemas_by_media_type(holder: Node) -> dict[str, Any]:
    """The schema of each media type of a body or an answer."""
    return {name: moved(each["schema"]) for name, each in holder.get("content", {}).items()}


def moved(schema: Node) -> Node:
    """The schema with its references leading to `$defs`, where a validator finds them."""
    return dict(
        change_schemas(
            schema,
            lambda each: (
                {"$ref": each["$ref"].replace(COMPONENT, "#/$defs/")} if "$ref" in each else each
            ),
        )
    )


def key_names(definition: Node) -> list[str]:
    """The security schemes of an operation."""
    return [name for requirement in definition["security"] for name in requirement]


def credential_names(document: Node, batch: Node) -> dict[str, str]:
    """What each security scheme's key is called in the credentials.

    The pair is that of the batch operation: the scheme or its header speaks of an id, or of a
    secret. All others keep their own names.
    """
    schemes = document["components"]["securitySchemes"]
    names = {name: snake_case(name) for name in schemes}
    needed = key_names(batch)
    if not needed:
        return names
    for credential, word in (("api_id", "id"), ("api_secret", "secret")):
        fitting = [
            name
            for name in needed
            if word in snake_case(f"{name} {schemes[name].get('name', '')}").split("_")
        ]
        exact = [name for name in fitting if names[name] == credential]
        if len(exact or fitting) != 1:
            raise RegenerationError(
                f"components/securitySchemes: which of {', '.join(needed)} is the "
                f"{credential}? One of them, or its header, should have the word {word!r} in its "
                f"name; found {', '.join(fitting) or 'none'}"
            )
        names[(exact or fitting)[0]] = credential
    return names


def key_of(document: Node, name: str, credentials: Mapping[str, str]) -> Key:
    """The facts of a security scheme."""
    scheme = document["components"]["securitySchemes"][name]
    if scheme["type"] == "http":
        return Key(credentials[name], "header", "Authorization", "Bearer ")
    return Key(credentials[name], scheme["in"], scheme["name"])


def batch_facts(
    place: BatchPlace, operation: Operation, definition: Node, components: Components
) -> BatchFacts:
    """The facts of the operation that creates messages."""
    in_path = [each for each in definition["parameters"] if each["in"] == "path"]
    if len(in_path) != 1:
        found = ", ".join(each["name"] for each in in_path) or "none"
        raise RegenerationError(
            f"{place}: one path parameter is expected, the id of the conversation; found {found}"
        )
    if "string" not in kinds_of(components, in_path[0]["schema"]):
        raise RegenerationError(
            f"{place}: the parameter {in_path[0]['name']} is no text (type: string), and the id of a "
            "conversation is one"
        )
    content = definition["requestBody"]["content"]
    body = components.schemas["MessageBatch"]
    messages = components.resolve(body["properties"][place.messages])
    message = flattened(components, messages["items"])
    times = sorted(dict.fromkeys(time_paths(message)), key=lambda path: path != ("timestamp",))
    if ("timestamp",) not in times:
        raise RegenerationError(f"{place}: a message's timestamp is no date-time")
    most = messages.get("maxItems")
    least = max(messages.get("minItems", 1), 1)
    if most is not None and most < least:
        raise RegenerationError(f"{place}: {place.messages}: maxItems is below minItems or 1")
    return BatchFacts(
        operation=operation,
        conversation_parameter=in_path[0]["name"],
        conversation_schema=components.inlined(in_path[0]["schema"]),
        media_type=next(filter(is_json, content)),
        messages_property=place.messages,
        message_schema=message,
        time_paths=tuple(times),
        min_messages=least,
        max_messages=most,
    )


def flattened(components: Components, schema: Node) -> Node:
    """The schema without references, each part that `allOf` can say in one said in one."""
    return dict(change_schemas(components.inlined(schema), components.merged))


def time_paths(schema: Node, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The way to each date and time in a schema without references."""
    # Where anything may stand, only who wrote it knows whether it is a time.
    if schema.get("format") == "date-time" and "string" in schema.get("type", ()):
        yield path
    for keyword in ("allOf", "anyOf", "oneOf"):
        for part in schema.get(keyword, ()):
            yield from time_paths(part, path)
    for name, inner in schema.get("properties", {}).items():
        yield from time_paths(inner, (*path, name))


def words_of(document: Node) -> Iterator[str]:
    """The names of properties and the values of enumerations."""
    holders: list[Any] = [*document["components"]["schemas"].values()]
    for item in document["paths"].values():
        for operation in item.values():
            holders += [each["schema"] for each in schema_holders(operation)]
    for schema in (inner for holder in holders for inner in inner_schemas(holder)):
        yield from schema.get("properties", ())
        values = (*schema.get("enum", ()), schema.get("const"))
        yield from (value for value in values if isinstance(value, str))
