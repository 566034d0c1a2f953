"""What the document's schema forbids, said without quoting the data."""

from __future__ import annotations

from functools import cache

import jsonschema_rs
from attrs import frozen

from .spec import load_document, message_batch_rules


@frozen
class Problem:
    """One thing wrong with the input.

    Attributes:
        path: where, such as `messages[17].sender.externalId`.
        reason: what is wrong, never with the value itself.
    """

    path: str
    reason: str

    def __str__(self) -> str:
        return f"{self.path}: {self.reason}"

    def under(self, parent: str) -> Problem:
        """The same problem seen from one level further out."""
        return Problem(f"{parent}.{self.path}" if self.path else parent, self.reason)


def check_conversation_id(value: object) -> list[Problem]:
    """The problems of a conversation id; none when the document allows it."""
    name = message_batch_rules().conversation_parameter
    return [problem.under(name) for problem in _problems(_conversation_validator(), value)]


def check_record(record: object) -> list[Problem]:
    """The problems of one message in the API's JSON form; none when the document allows it."""
    return _problems(message_validator(), record)


def _problems(validator: jsonschema_rs.Validator, value: object) -> list[Problem]:
    try:
        if validator.is_valid(value):
            return []
        errors = list(validator.iter_errors(value))
    except ValueError as error:
        return [Problem("", f"is not JSON ({type(error).__name__})")]
    return [Problem(_dotted(error.instance_path), error.message) for error in errors]


def _dotted(path: list[str | int]) -> str:
    parts = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return parts.removeprefix(".")


@cache
def message_validator() -> jsonschema_rs.Validator:
    """Judges one message in the API's JSON form."""
    return load_document().validator(message_batch_rules().message_schema)


@cache
def _conversation_validator() -> jsonschema_rs.Validator:
    return load_document().validator(message_batch_rules().conversation_schema)
