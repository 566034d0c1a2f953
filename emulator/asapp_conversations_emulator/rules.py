"""What the document demands of a request to an operation."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import parse_qs, unquote

import jsonschema_rs
import orjson
from asapp_conversations import Credentials
from asapp_conversations_client.contracts import Contract, Parameter
from attrs import frozen

from .example_values import example_value
from .schemas import Schema, Schemas

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
class ParameterRule:
    """A parameter of an operation, with what its value must be."""

    parameter: Parameter
    kinds: frozenset[str]
    entry_kinds: frozenset[str]
    validator: jsonschema_rs.Validator

    def problem(self, values: list[str]) -> str | None:
        """The first thing wrong with the values that a request gives for it."""
        name = self.parameter.name
        if not values:
            return f"[Path '/{name}'] is required" if self.parameter.required else None
        if "array" in self.kinds:
            entries = [_read_value(value, self.entry_kinds) for value in values]
            return _first_problem(self.validator, entries, f"/{name}")
        value = _read_value(values[-1], self.kinds)
        return _first_problem(self.validator, value, f"/{name}")


class OperationRules:
    """One operation's demands, compiled once, and the answer to a request that meets them."""

    def __init__(self, contract: Contract, schemas: Schemas) -> None:
        self.operation = contract.operation
        self.parameters = [
            ParameterRule(
                each,
                kinds_of(schemas, each.schema),
                kinds_of(schemas, schemas.resolve(each.schema).get("items", {})),
                schemas.validator(each.schema, FORMATS),
            )
            for each in contract.parameters
        ]
        self.path_parameters = re.findall(r"\{([^}]+)\}", self.operation.path)
        self.media_types = frozenset(map(_essence, contract.bodies))
        self._bodies = {
            _essence(media_type): schemas.validator(schema, FORMATS)
            for media_type, schema in contract.bodies.items()
            if _is_json(media_type)
        }
        self._body_required = contract.body_required
        self.status, self.media_type, self.answer = _success(contract, schemas)

    def read_path(self, path: str) -> dict[str, str]:
        """The parameters in a path that the operation's pattern matches, unquoted, by name."""
        match = self.operation.pattern.fullmatch(path)
        values = map(unquote, match.groups()) if match else ()
        return dict(zip(self.path_parameters, values, strict=bool(match)))

    def key_problem(
        self, query: str, headers: Mapping[str, str], credentials: Credentials | None
    ) -> bool:
        """Whether a key is missing, or is not that of the credentials."""
        asked = parse_qs(query, keep_blank_values=True)
        for key in self.operation.keys:
            given = _given(key.place, key.name, asked, headers) or [""]
            value = given[-1].removeprefix(key.prefix)
            if not value or (credentials and value != credentials.value(key.credential)):
                return True
        return False

    def parameter_problem(
        self, path: Mapping[str, str], query: str, headers: Mapping[str, str]
    ) -> str | None:
        """The first thing wrong with the parameters of a request."""
        asked = parse_qs(query, keep_blank_values=True)
        for rule in self.parameters:
            name, place = rule.parameter.name, rule.parameter.place
            if place == "cookie":
                # Left alone: no operation of the API is driven by a browser.
                continue
            in_path = [path[name]] if name in path else []
            given = in_path if place == "path" else _given(place, name, asked, headers)
            if problem := rule.problem(given):
                return problem
        return None

    def read_body(self, content: bytes, media_type: str = "") -> tuple[Any, str | None]:
        """The JSON value of a body, and the first thing wrong with it."""
        if not content and not self._body_required:
            return None, None
        validator = self._bodies.get(media_type) or next(iter(self._bodies.values()), None)
        if validator is None or (media_type and media_type not in self._bodies):
            return None, None
        try:
            body = orjson.loads(content)
        except orjson.JSONDecodeError:
            return None, "[Path ''] the body is not JSON in UTF-8"
        return body, _first_problem(validator, body, "")


def _given(
    place: str, name: str, asked: Mapping[str, list[str]], headers: Mapping[str, str]
) -> list[str]:
    """The values that a request gives for a key or a parameter; `asked` are those of its query."""
    if place == "query":
        return asked.get(name, [])
    if place == "cookie":
        cookies = SimpleCookie(headers.get("cookie", ""))
        return [cookies[name].value] if name in cookies else []
    return [headers[name.lower()]] if name.lower() in headers else []


def kinds_of(schemas: Schemas, schema: Schema) -> frozenset[str]:
    """The JSON types that a schema names, itself or in its parts."""
    schema = schemas.resolve(schema)
    named = schema.get("type", ())
    kinds = {named} if isinstance(named, str) else set(named)
    for keyword in ("allOf", "anyOf", "oneOf"):
        for part in schema.get(keyword, ()):
            kinds |= kinds_of(schemas, part)
    return frozenset(kinds)


def _success(contract: Contract, schemas: Schemas) -> tuple[int, str, bytes | None]:
    """The first documented status of success, or 200; the media type of its body, and a body."""
    answers = contract.answers
    documented = [status for status in answers if status.startswith("2")]
    status = documented[0] if documented else "default"
    number = int(status.replace("X", "0")) if documented else 200
    for media_type, schema in answers.get(status, {}).items():
        if _is_json(media_type):
            return number, media_type, orjson.dumps(example_value(schemas, schema))
    for media_type in answers.get(status, {}):
        return number, media_type, b"an example"
    return number, "", None


def _essence(media_type: str) -> str:
    return media_type.partition(";")[0].strip().lower()


def _is_json(media_type: str) -> bool:
    """RFC 6839, section 3.1."""
    essence = _essence(media_type)
    return essence == "application/json" or essence.endswith("+json")


def _first_problem(validator: jsonschema_rs.Validator, value: object, root: str) -> str | None:
    """The first thing wrong with a value, with its path as ASAPP writes it."""
    if validator.is_valid(value):
        return None
    error = next(iter(validator.iter_errors(value)))
    path = "".join(f"/{_pointer(part)}" for part in error.instance_path)
    return f"[Path '{root}{path}'] {error.message}"


def _pointer(part: str | int) -> str:
    return str(part).replace("~", "~0").replace("/", "~1")


def _read_value(text: str, kinds: frozenset[str]) -> object:
    """A parameter's text as the JSON value of its type; the text itself where it is none."""
    if "string" in kinds or not kinds & {"integer", "number", "boolean"}:
        return text
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return text
