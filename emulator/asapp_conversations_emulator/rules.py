"""What the document demands of a request to an operation."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs

import jsonschema_rs
import orjson
from attrs import frozen

from .document import ServedOperation
from .example_values import example_value

_TIME = re.compile(
    r"(\d{4}-\d{2}-\d{2})[Tt ](\d{2}:\d{2}):([0-5]\d|60)(\.\d{1,12})?([Zz]|[+-]\d{2}:\d{2})?",
    re.ASCII,
)


def is_time(value: str) -> bool:
    """RFC 3339 with 0 to 12 fraction digits; the document lets the zone be left out."""
    match = _TIME.fullmatch(value)
    if not match:
        return False
    try:
        # The seconds are checked already: 60 is a leap second, which datetime does not know.
        datetime.fromisoformat(f"{match[1]}T{match[2]}{(match[5] or '').upper()}")
    except ValueError:
        return False
    return True


FORMATS: Mapping[str, Callable[[str], bool]] = {"date-time": is_time}


@frozen
class Parameter:
    """A parameter of an operation, with what its value must be."""

    name: str
    place: str
    required: bool
    type: str | None
    validator: jsonschema_rs.Validator

    def problem(self, values: list[str]) -> str | None:
        """The first thing wrong with the values that a request gives for it."""
        if not values:
            return f"[Path '/{self.name}'] is required" if self.required else None
        value = values if self.type == "array" else _read_value(values[-1], self.type)
        return _first_problem(self.validator, value, f"/{self.name}")


class OperationRules:
    """One operation's demands, compiled once, and the answer to a request that meets them."""

    def __init__(self, operation: ServedOperation) -> None:
        document = operation.document
        self.operation = operation
        self.key_headers = operation.key_headers
        self.parameters = [
            Parameter(
                name=parameter["name"],
                place=parameter["in"],
                required=parameter.get("required", False),
                type=document.resolve(parameter["schema"]).get("type"),
                validator=document.validator(parameter["schema"], FORMATS),
            )
            for parameter in operation.parameters
        ]
        wanted = operation.json_schema(operation.body)
        self._body = None if wanted is None else document.validator(wanted, FORMATS)
        self._body_required = bool(operation.body.get("required", False))
        self.status, success = operation.success
        given = operation.json_schema(success)
        self.answer = None if given is None else orjson.dumps(example_value(document, given))

    @property
    def takes_json(self) -> bool:
        """Whether the operation's body is JSON."""
        return self._body is not None

    def parameter_problem(
        self, path: Mapping[str, str], query: str, headers: Mapping[str, str]
    ) -> str | None:
        """The first thing wrong with the parameters of a request."""
        asked = parse_qs(query, keep_blank_values=True)
        for parameter in self.parameters:
            given = {
                "path": [path[parameter.name]] if parameter.name in path else [],
                "query": asked.get(parameter.name, []),
                "header": [headers[name] for name in [parameter.name.lower()] if name in headers],
            }
            # Cookies are left alone: no operation of the API is driven by a browser.
            problem = parameter.problem(given[parameter.place]) if parameter.place in given else ""
            if problem:
                return problem
        return None

    def read_body(self, content: bytes) -> tuple[Any, str | None]:
        """The JSON value of a body, and the first thing wrong with it."""
        if self._body is None or (not content and not self._body_required):
            return None, None
        try:
            body = orjson.loads(content)
        except orjson.JSONDecodeError:
            return None, "[Path ''] the body is not JSON in UTF-8"
        return body, _first_problem(self._body, body, "")


def _first_problem(validator: jsonschema_rs.Validator, value: object, root: str) -> str | None:
    """The first thing wrong with a value, with its path as ASAPP writes it."""
    if validator.is_valid(value):
        return None
    error = next(iter(validator.iter_errors(value)))
    path = "".join(f"/{_pointer(part)}" for part in error.instance_path)
    return f"[Path '{root}{path}'] {error.message}"


def _pointer(part: str | int) -> str:
    return str(part).replace("~", "~0").replace("/", "~1")


def _read_value(text: str, kind: str | None) -> object:
    """A parameter's text as the JSON value of its type; the text itself where it is none."""
    if kind not in {"integer", "number", "boolean"}:
        return text
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return text
