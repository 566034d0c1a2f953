"""The schemas of OpenAPI 3.0 and 3.1 in the one dialect, JSON Schema 2020-12."""

from __future__ import annotations

from typing import Any

from failure import RegenerationError
from schemas import MANY, NAMED, PROSE, Schema, or_null, without_null

OF_CONSTANT = PROSE | {"const", "deprecated", "type"}
"""What may stand beside a constant that is one of several."""


ADDRESSES = frozenset({"$anchor", "$dynamicAnchor", "$id", "$schema"})


def from_3_0(schema: Schema) -> Schema:
    """One schema of OpenAPI 3.0, whose inner ones are changed already, in 2020-12."""
    if "$ref" in schema:
        # What stands beside a reference has no meaning in 3.0 (Reference Object).
        return {"$ref": schema["$ref"]}
    schema = with_chosen_part(schema)
    for bound in ("minimum", "maximum"):
        exclusive = f"exclusive{bound.capitalize()}"
        if isinstance(flag := schema.get(exclusive), bool):
            del schema[exclusive]
            if flag and bound in schema:
                schema[exclusive] = schema.pop(bound)
    return or_null(schema) if schema.pop("nullable", False) else schema


def from_3_1(schema: Schema) -> Schema:
    """One schema of OpenAPI 3.1, with a reference alone where it stands beside prose only."""
    schema = with_enumeration(with_chosen_part(spelled_out(schema)))
    if "$dynamicRef" in schema:
        raise RegenerationError(f"$dynamicRef {schema['$dynamicRef']} is not carried: use $ref")
    # References lead through the document, so a schema needs no address of its own.
    schema = {key: value for key, value in schema.items() if key not in ADDRESSES}
    if schema.get("contentMediaType") == "application/octet-stream":
        schema = {"format": "binary", **schema}
    if "$ref" in schema:
        beside = {key: value for key, value in schema.items() if key not in {*PROSE, "$ref"}}
        alone = {"$ref": schema["$ref"]}
        return {"allOf": [alone], **beside} if beside else alone
    plain, nullable = without_null(schema)
    if isinstance(kinds := plain.get("type"), list) and len(kinds) == 1:
        plain = {**plain, "type": kinds[0]}
    return or_null(plain) if nullable else plain


def spelled_out(schema: Schema) -> Schema:
    """The schema with each schema in it that is true or false as an object."""
    objects = {True: {}, False: {"not": {}}}

    def spell(value: Any) -> Any:
        return objects[value] if isinstance(value, bool) else value

    spelled = dict(schema)
    for keyword, value in schema.items():
        if keyword in MANY and isinstance(value, list):
            spelled[keyword] = [spell(each) for each in value]
        elif keyword in NAMED and isinstance(value, dict):
            spelled[keyword] = {name: spell(each) for name, each in value.items()}
        elif keyword == "items":
            spelled[keyword] = spell(value)
    return spelled


def with_chosen_part(schema: Schema) -> Schema:
    """The schema; where a discriminator chooses one part, it is no error that others fit as well."""
    if "discriminator" not in schema or "oneOf" not in schema or "anyOf" in schema:
        return dict(schema)
    return {"anyOf" if key == "oneOf" else key: value for key, value in schema.items()}


def with_enumeration(schema: Schema) -> Schema:
    """The schema with the constants that it is a choice of, if it is, as one enumeration."""
    for keyword in ("oneOf", "anyOf"):
        choices = schema.get(keyword, ())
        if choices and all("const" in each and not each.keys() - OF_CONSTANT for each in choices):
            values = [each["const"] for each in choices]
            rest = {key: value for key, value in schema.items() if key != keyword}
            of_text = {"type": "string"} if all(isinstance(it, str) for it in values) else {}
            return {**of_text, **rest, "enum": values}
    return schema
