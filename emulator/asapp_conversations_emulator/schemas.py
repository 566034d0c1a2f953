"""The named schemas of a document, and validators over them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import jsonschema_rs
from attrs import field, frozen

Schema = Mapping[str, Any]


@frozen
class Schemas:
    """Schemas that refer to each other by name.

    Attributes:
        named: each by its name.
        examples: the example values that were made, which a document with many schemas that refer
            to each other would have made thousands of times.
    """

    named: Mapping[str, Schema]
    examples: dict[tuple[int, str, int], tuple[Schema, Any]] = field(factory=dict, eq=False)
    _plain: dict[int, tuple[Schema, jsonschema_rs.Validator]] = field(factory=dict, eq=False)

    def resolve(self, schema: Schema) -> Schema:
        """The schema, or what its reference points to."""
        while "$ref" in schema:
            name = schema["$ref"].removeprefix("#/$defs/").replace("~1", "/").replace("~0", "~")
            schema = self.named[name]
        return schema

    def plain_validator(self, schema: Schema) -> jsonschema_rs.Validator:
        """As `validator`, made once for each schema."""
        if id(schema) not in self._plain:
            self._plain[id(schema)] = schema, self.validator(schema)
        return self._plain[id(schema)][1]

    def validator(
        self, schema: Schema, formats: Mapping[str, Callable[[str], bool]] | None = None
    ) -> jsonschema_rs.Validator:
        """A validator whose messages never quote the value that they reject.

        `formats` replaces what the validator knows of a format's values.
        """
        return jsonschema_rs.Draft202012Validator(
            {**schema, "$defs": self.named},
            formats=dict(formats or {}),
            validate_formats=True,
            mask="the value",
        )
