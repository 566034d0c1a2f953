"""Example values of schemas, for the answers of operations that nobody wrote code for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from .document import ServedDocument

OF_FORMAT: Final = {
    "date-time": "2021-11-23T12:13:14.555Z",
    "date": "2021-11-23",
    "uuid": "8e033668-9f1a-11ec-b909-0242ac120002",
    "uri": "https://example.com/",
    "email": "someone@example.com",
}

COMMON: Final = ("", "A", "a", "0", "A0", "a-0", "+15550100", "en-US")
"""Texts that fit the patterns of most identifiers."""


def example_value(document: ServedDocument, schema: Mapping[str, Any]) -> Any:
    """A value that the schema allows: its default or example if they conform, or a small one.

    Raises:
        LookupError: the schema asks for more than is known here, such as an odd pattern.
    """
    schema = document.resolve(schema)
    validator = document.validator(schema)
    for candidate in _candidates(document, schema):
        if validator.is_valid(candidate):
            return candidate
    raise LookupError(f"no example is known for a schema of {', '.join(sorted(schema))}")


def _candidates(document: ServedDocument, schema: Mapping[str, Any]) -> Iterator[Any]:
    yield from (schema[key] for key in ("default", "example") if key in schema)
    yield from schema.get("enum", ())
    for key in ("oneOf", "anyOf"):
        yield from (example_value(document, choice) for choice in schema.get(key, ()))
    yield _merged(document, schema)
    yield from (*OF_FORMAT.values(), *COMMON, 0, False, [], {})


def _merged(document: ServedDocument, schema: Mapping[str, Any]) -> Any:
    """The smallest value by the schema's own type, with what `allOf` adds."""
    parts = [document.resolve(part) for part in schema.get("allOf", ())]
    merged: dict[str, Any] = {}
    for part in (*parts, schema):
        properties = {**merged.get("properties", {}), **part.get("properties", {})}
        required = [*merged.get("required", ()), *part.get("required", ())]
        merged = {**merged, **part, "properties": properties, "required": required}
    match merged.get("type"):
        case "string":
            text = OF_FORMAT.get(merged.get("format", ""), "")
            return text.ljust(merged.get("minLength", 0), "x")
        case "integer" | "number":
            bound = merged.get("minimum", merged.get("maximum", 0))
            return bound + 1 if merged.get("exclusiveMinimum") else bound
        case "boolean":
            return False
        case "array":
            return [example_value(document, merged["items"])] * merged.get("minItems", 0)
        case _:
            properties = merged["properties"]
            return {
                name: example_value(document, properties.get(name, {}))
                for name in merged["required"]
            }
