"""What the document's schema forbids, said without quoting the data."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from asapp_conversations_client.facts import BATCH, Operation
from attrs import frozen

if TYPE_CHECKING:
    import jsonschema_rs


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
    found = _problems(_validator("conversation_schema"), value)
    return [problem.under(BATCH.conversation_parameter) for problem in found]


def check_record(record: object) -> list[Problem]:
    """The problems of one message in the API's JSON form; none when the document allows it."""
    return _problems(_validator("message_schema"), record)


def is_valid_record(record: object) -> bool:
    """Whether there are none; `ValueError` for what is not made of the types of JSON."""
    return _validator("message_schema").is_valid(record)


@cache
def _validator(name: str) -> jsonschema_rs.Validator:
    return _validator_of(getattr(BATCH, name))


def _validator_of(schema: Mapping[str, Any]) -> jsonschema_rs.Validator:
    # Only here, since a program may start and check nothing.
    import jsonschema_rs

    # Masked, its messages never quote the value that they reject.
    return jsonschema_rs.Draft202012Validator(dict(schema), validate_formats=True, mask="the value")


def is_as_documented(operation: Operation, status: int, answer: object) -> bool:
    """Whether the JSON of a success is what the document promises; true where it promises none."""
    validator = _answer_validator(operation.method, operation.path, status)
    return validator is None or validator.is_valid(answer)


@cache
def _answer_validator(method: str, path: str, status: int) -> jsonschema_rs.Validator | None:
    # Only here, since this module holds all that is answered, and a program may need none of it.
    from asapp_conversations_client.contracts import CONTRACTS

    wanted = method, path
    found = (
        it for it in CONTRACTS.operations if wanted == (it.operation.method, it.operation.path)
    )
    answers = next((contract.answers for contract in found), {})
    keys = (str(status), f"{status // 100}XX", "default")
    bodies = next((answers[key] for key in keys if key in answers), {})
    schema = next((each for name, each in bodies.items() if "json" in name), None)
    return None if schema is None else _validator_of({**schema, "$defs": CONTRACTS.schemas})


def _problems(validator: jsonschema_rs.Validator, value: object) -> list[Problem]:
    try:
        # Most values are valid, and that is said in a tenth of the time.
        errors = [] if validator.is_valid(value) else list(validator.iter_errors(value))
    except ValueError as error:
        return [Problem("", f"is not JSON ({type(error).__name__})")]
    return [Problem(_dotted(error.instance_path), error.message) for error in errors]


def _dotted(path: list[str | int]) -> str:
    parts = (f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return "".join(parts).removeprefix(".")
