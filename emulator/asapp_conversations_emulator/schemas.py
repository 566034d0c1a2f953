"""The named schemas of a document, and validators over them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import jsonschema_rs
from attrs import frozen

Schema = Mapping[str, Any]


@frozen
class Schemas:
    """Schemas that refer to each other by name."""

    named: Mapping[str, Schema]

    def resolve(self, schema: Schema) -> Schema:
        """The schema, or what its reference points to."""
        while "$ref" in schema:
            name = schema["$ref"].removeprefix("#/$defs/").replace("~1", "/").replace("~0", "~")
            schema = self.named[name]
        return schema

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
