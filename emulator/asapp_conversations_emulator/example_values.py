"""Example values of schemas, for the answers of operations that nobody wrote code for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from random import Random
from typing import Any, Final, Literal

from rstr import Rstr

from .schemas import Schema, Schemas

Extent = Literal["least", "all", "null"]
"""Which properties an example has: those that are required, all of them, or all of them, each null
where the schema lets it be null."""

OF_FORMAT: Final = {
    "date-time": "2021-11-23T12:13:14.555Z",
    "date": "2021-11-23",
    "uuid": "8e033668-9f1a-11ec-b909-0242ac120002",
    "uri": "https://example.com/",
    "email": "someone@example.com",
    "hostname": "example.com",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
    "time": "12:13:14Z",
    "duration": "PT1S",
    "json-pointer": "/a",
    "relative-json-pointer": "0",
}

COMMON: Final = ("", "A", "a", "0", "A0", "a-0", "+15550100", "en-US")
"""Texts that fit the patterns of most identifiers."""

TRIES: Final = 20
"""How many texts are made of a pattern, of which one may have the length that is asked for."""

DEEPEST: Final = 4
"""Below so many levels only what is required is there: a schema may contain itself."""


def example_value(
    schemas: Schemas, schema: Schema, extent: Extent = "least", depth: int = 0
) -> Any:
    """A value that the schema allows: its default or example if they conform, or a made one.

    Raises:
        LookupError: the schema asks for more than is known here.
    """
    if depth > 4 * DEEPEST:
        raise LookupError("no example is known for a schema that has to contain itself")
    schema = schemas.resolve(schema)
    key = id(schema), extent, depth
    if key not in schemas.examples:
        # The schema is kept, too, so that no other has its id.
        schemas.examples[key] = schema, _example(schemas, schema, extent, depth)
    return schemas.examples[key][1]


def _example(schemas: Schemas, schema: Schema, extent: Extent, depth: int) -> Any:
    validator = schemas.plain_validator(schema)
    for candidate in _candidates(schemas, schema, "least" if depth > DEEPEST else extent, depth):
        if validator.is_valid(candidate):
            return candidate
    raise LookupError(f"no example is known for a schema of {', '.join(sorted(schema))}")


def _candidates(schemas: Schemas, schema: Schema, extent: Extent, depth: int) -> Iterator[Any]:
    if extent == "null" and depth:
        yield None
    if extent == "least":
        yield from (schema[key] for key in ("default", "example") if key in schema)
    yield from schema.get("enum", ())
    yield from [schema["const"]] if "const" in schema else []
    for key in ("oneOf", "anyOf"):
        for choice in schema.get(key, ()):
            yield example_value(schemas, choice, extent, depth + 1)
    whole = _merged(schemas, schema)
    yield _of_type(schemas, whole, extent, depth)
    for seed in range(TRIES if "pattern" in whole else 0):
        yield _of_pattern(whole["pattern"], seed)
    yield from (*OF_FORMAT.values(), *COMMON, 0, False, [], {})


def _merged(schemas: Schemas, schema: Schema) -> dict[str, Any]:
    """The schema with what its `allOf` adds."""
    merged: dict[str, Any] = {"properties": {}, "required": []}
    for part in (*map(schemas.resolve, schema.get("allOf", ())), schema):
        whole = _merged(schemas, part) if "allOf" in part and part is not schema else part
        properties = {**merged["properties"], **whole.get("properties", {})}
        required = [*merged["required"], *whole.get("required", ())]
        merged = {**merged, **whole, "properties": properties, "required": required}
    return merged


def _of_type(schemas: Schemas, schema: dict[str, Any], extent: Extent, depth: int) -> Any:
    """A value by the schema's own type."""
    kind = schema.get("type")
    match kind[0] if isinstance(kind, list) else kind:
        case "string":
            text = OF_FORMAT.get(schema.get("format", ""), "")
            return text.ljust(max(schema.get("minLength", 0), extent != "least"), "x")
        case "integer" | "number":
            bounds = (
                ("minimum", 0),
                ("exclusiveMinimum", 1),
                ("maximum", 0),
                ("exclusiveMaximum", -1),
            )
            value = next((schema[key] + step for key, step in bounds if key in schema), 0)
            # The next multiple, be it beyond the other bound.
            unit = schema.get("multipleOf", 0)
            return -(-value // unit) * unit if unit else value
        case "boolean":
            return False
        case "array":
            count = max(schema.get("minItems", 0), extent != "least")
            items = schema.get("items", {})
            return [example_value(schemas, items, extent, depth + 1) for _ in range(count)]
        case "null":
            return None
        case _:
            properties = schema["properties"]
            names = schema["required"] if extent == "least" else [*properties, *schema["required"]]
            return {
                name: example_value(schemas, properties.get(name, {}), extent, depth + 1)
                for name in names
            }


def _of_pattern(pattern: str, seed: int) -> str:
    """A text of a regular expression; the same for the same seed."""
    try:
        return str(Rstr(Random(seed)).xeger(pattern))
    except (re.error, KeyError, NotImplementedError):
        return ""
