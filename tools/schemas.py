"""Schemas: one dialect for all, and the views that a request and an answer have of them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from itertools import count
from typing import Any

from failure import RegenerationError
from openapi_python_client.strings import ClassName

Schema = dict[str, Any]
Change = Callable[[Schema], Schema]

ONE = frozenset(
    {"additionalProperties", "contains", "contentSchema", "else", "if", "items", "not"}
    | {"propertyNames", "then", "unevaluatedItems", "unevaluatedProperties"}
)
MANY = frozenset({"allOf", "anyOf", "oneOf", "prefixItems"})
NAMED = frozenset({"$defs", "dependentSchemas", "patternProperties", "properties"})
"""The keywords of JSON Schema 2020-12 that hold a schema, a list of them, or some by name."""

PROSE = frozenset({"$comment", "description", "example", "examples", "externalDocs", "title"})
"""Keywords that demand nothing."""


RESERVED = frozenset(
    {"any", "authenticatedclient", "binaryio", "client", "file", "generator", "generic"}
    | {"httpstatus", "mapping", "response", "self", "textio", "typevar", "unset"}
)
"""Names, in lower case, that the generated modules use themselves."""

NARROWING: dict[str, Callable[[Any, Any], Any]] = {
    **dict.fromkeys(("minItems", "minLength", "minimum", "exclusiveMinimum"), max),
    **dict.fromkeys(("maxItems", "maxLength", "maximum", "exclusiveMaximum"), min),
}
"""Of two bounds both hold if the narrower one does."""

SHAPING = frozenset({"$ref", "properties", "type"})
"""Keywords by which a part of a choice says of itself what a value is."""

COMPONENT = "#/components/schemas/"
NULL: Schema = {"type": "null"}


def change_schemas(schema: Any, change: Change) -> Any:
    """The schema with each schema inside it changed, the innermost first, and then itself."""
    if not isinstance(schema, dict):
        return schema
    changed: Schema = {}
    for keyword, value in schema.items():
        if keyword in ONE:
            value = change_schemas(value, change)
        elif keyword in MANY and isinstance(value, list):
            value = [change_schemas(each, change) for each in value]
        elif keyword in NAMED and isinstance(value, dict):
            value = {name: change_schemas(each, change) for name, each in value.items()}
        changed[keyword] = value
    return change(changed)


def inner_schemas(schema: Any) -> Iterator[Schema]:
    """The schema itself and each schema inside it."""
    found: list[Schema] = []

    def note(each: Schema) -> Schema:
        found.append(each)
        return each

    change_schemas(schema, note)
    yield from found


def or_null(schema: Schema) -> Schema:
    """What the schema allows, and null."""
    if schema.keys() & {"$ref", "allOf", "anyOf", "const", "enum", "oneOf", "properties"}:
        # What becomes a class stays one schema, which can be given a name.
        return {"anyOf": [without_null(schema)[0], NULL]}
    if "type" not in schema:
        return schema
    kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    return {**schema, "type": [*dict.fromkeys([*kinds, "null"])]}


def without_null(schema: Schema) -> tuple[Schema, bool]:
    """What the schema allows besides null, and whether it allows null by type or by choice."""
    kinds = schema.get("type")
    if "enum" in schema and None in schema["enum"] and len(schema["enum"]) > 1:
        values = [value for value in schema["enum"] if value is not None]
        return without_null({**schema, "enum": values})[0], True
    if isinstance(kinds, list) and "null" in kinds and len(kinds) > 1:
        rest = [kind for kind in kinds if kind != "null"]
        return {**schema, "type": rest[0] if len(rest) == 1 else rest}, True
    for keyword in ("anyOf", "oneOf"):
        choices = schema.get(keyword, ())
        others = [each for each in choices if each != NULL]
        if len(choices) == 2 and len(others) == 1 and not schema.keys() - {keyword, *PROSE}:
            return dict(others[0]), True
    return schema, False


def without_prose(schema: Any) -> Any:
    """The schema by its demands alone."""
    return change_schemas(
        schema,
        lambda each: {
            key: value
            for key, value in each.items()
            if key not in PROSE and not key.startswith("x-")
        },
    )


class Components:
    """The document's named schemas.

    Attributes:
        schemas: each by its name.
    """

    def __init__(self, schemas: dict[str, Schema]) -> None:
        self.schemas = schemas
        self._views: dict[tuple[str, str], str] = {}

    def name_of(self, schema: Any) -> str | None:
        """The name of the component that the schema refers to, if it is a reference."""
        reference = schema.get("$ref") if isinstance(schema, dict) else None
        if not isinstance(reference, str):
            return None
        return unescaped(reference.removeprefix(COMPONENT))

    def resolve(self, schema: Schema) -> Schema:
        """The schema, or what its reference points to."""
        seen = set()
        while (name := self.name_of(schema)) is not None:
            if name in seen or name not in self.schemas:
                raise RegenerationError(f"the reference to {name} leads to itself or nowhere")
            seen.add(name)
            schema = self.schemas[name]
        return schema

    def as_one(self, schema: Schema) -> Schema:
        """What the schema demands of a value that is not null, said in one as far as it can be."""
        plain, _ = without_null(self.resolve(schema))
        return self.merged(self.resolve(plain))

    def inlined(self, schema: Any, above: tuple[str, ...] = ()) -> Any:
        """The schema with each reference replaced by what it points to.

        Raises:
            RegenerationError: a schema contains itself.
        """

        def inline(each: Schema) -> Schema:
            name = self.name_of(each)
            if name is None:
                return each
            if name in above:
                raise RegenerationError(
                    f"components/schemas/{name} contains itself, which is not carried here"
                )
            return dict(self.inlined(self.resolve(each), (*above, name)))

        return change_schemas(schema, inline)

    def reachable(self, schema: Any) -> set[str]:
        """The names of all components that the schema refers to, directly or by others."""
        found: set[str] = set()
        pending = [schema]
        while pending:
            for each in inner_schemas(pending.pop()):
                name = self.name_of(each)
                if name is not None and name not in found:
                    found.add(name)
                    pending.append(self.schemas.get(name))
        return found

    def shape(self, schema: Schema) -> str:
        """What the schema demands, as a text that is equal for schemas that are equal but for prose."""
        try:
            whole = self.inlined(schema)
        except RegenerationError:
            # It contains itself: then it is like another only if it is the same component.
            whole = schema
        return json.dumps(without_prose(whole), sort_keys=True)

    def view(self, schema: Any, hidden: str, suffix: str) -> Any:
        """The schema without the properties that are `hidden`: readOnly or writeOnly.

        A component that has some, or refers to one that has, becomes a second one, whose name ends
        with `suffix`.
        """
        affected = {
            name
            for name in self.reachable(schema)
            if any(map(partial(self._hides, hidden), {name, *self.reachable(self.schemas[name])}))
        }

        def hide(each: Schema) -> Schema:
            name = self.name_of(each)
            if name is not None:
                return reference(self._views[name, hidden]) if name in affected else each
            return self._without(each, self._hidden_names(each, hidden))

        new = sorted(name for name in affected if (name, hidden) not in self._views)
        for name in new:
            self._views[name, hidden] = self.free_name(name + suffix)
            self.schemas[self._views[name, hidden]] = {}
        for name in new:
            shown = change_schemas(self.schemas[name], hide)
            self.schemas[self._views[name, hidden]] = shown
        return change_schemas(schema, hide)

    def views(self) -> list[tuple[str, str]]:
        """Each component that has a view, and the name of the view."""
        return [(name, view) for (name, _), view in self._views.items()]

    def free_name(self, name: str) -> str:
        """The name, or it with a number, whose class no component has."""
        taken = RESERVED | {class_name(each).lower() for each in self.schemas}
        candidates = (name if number < 2 else f"{name}{number}" for number in count(1))
        return next(each for each in candidates if class_name(each).lower() not in taken)

    def _hides(self, hidden: str, name: str) -> bool:
        return any(self._hidden_names(part, hidden) for part in inner_schemas(self.schemas[name]))

    @staticmethod
    def _without(schema: Schema, names: set[str]) -> Schema:
        """The schema without these properties."""
        if not names:
            return schema
        changed = dict(schema)
        if "properties" in schema:
            properties = schema["properties"]
            changed["properties"] = {key: properties[key] for key in properties if key not in names}
        changed["required"] = [key for key in schema.get("required", ()) if key not in names]
        return {key: value for key, value in changed.items() if value or key != "required"}

    def _hidden_names(self, schema: Schema, hidden: str) -> set[str]:
        """The properties of a schema, and of the parts it is made of, that are hidden."""
        found: set[str] = set()
        for part in [schema, *schema.get("allOf", ())]:
            properties = self.resolve(part).get("properties", {}) if isinstance(part, dict) else {}
            for name, each in properties.items():
                if isinstance(each, dict) and (
                    each.get(hidden) or self.resolve(each).get(hidden) is True
                ):
                    found.add(name)
        return found

    def merged(self, schema: Schema) -> Schema:
        """The schema with what its `allOf` adds, if that can be said in one; else itself."""
        if "allOf" not in schema:
            return schema
        whole: Schema = {}
        for each in (*schema["allOf"], {k: v for k, v in schema.items() if k != "allOf"}):
            part = self.merged(self.resolve(each))
            for keyword, value in part.items():
                if keyword not in whole or keyword in PROSE or whole[keyword] == value:
                    whole[keyword] = value
                elif keyword in NARROWING:
                    whole[keyword] = NARROWING[keyword](whole[keyword], value)
                elif keyword == "required":
                    whole[keyword] = [*dict.fromkeys([*whole[keyword], *value])]
                elif keyword == "properties" and not _clash(whole[keyword], value):
                    whole[keyword] = {**whole[keyword], **value}
                else:
                    return schema
        return whole


def class_name(name: str) -> str:
    """The name of the class that the generator makes of a component."""
    return str(ClassName(name, prefix="field_"))


def reference(name: str) -> Schema:
    """A reference to a named schema."""
    return {"$ref": COMPONENT + name.replace("~", "~0").replace("/", "~1")}


def unescaped(part: str) -> str:
    """A part of a JSON pointer as the name that it stands for (RFC 6901, section 4)."""
    return part.replace("~1", "/").replace("~0", "~")


def _clash(some: Mapping[str, Any], others: Mapping[str, Any]) -> bool:
    return any(some[name] != others[name] for name in some.keys() & others.keys())
