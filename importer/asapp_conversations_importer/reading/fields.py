"""The fields of a message, as the document names them, and the columns that hold them."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cache, lru_cache
from typing import Any, TypeVar

from asapp_conversations_client.facts import BATCH
from attrs import Factory, frozen
from attrs import field as attribute

from .sources import SourceError

KeyPath = tuple[str, ...]
"""The keys that lead to a value, outermost first."""

Value = TypeVar("Value")

NAME = re.compile(r"[^\W\d][\w .:/()#-]{0,63}")
"""What the name of a column looks like."""

WORDS = {
    "conversation": {"dialogue", "dialog", "chat", "session", "thread", "case", "ticket"},
    "role": {"speaker", "author", "from", "side", "direction"},
    "external": {"participant", "user", "person", "member"},
    "text": {"utterance", "message", "body", "content", "transcript"},
    "timestamp": {"time", "date", "sent", "created"},
}
"""What exports call the things that the document calls by the key; used for suggestions alone."""


KINDS = {
    str: "string",
    bool: "boolean",
    int: "integer",
    float: "number",
    dict: "object",
    list: "array",
    type(None): "null",
}
"""The JSON type of a value."""


@frozen
class Field:
    """One value that a message, or its conversation, is made of.

    Attributes:
        path: the document's names, outermost first: `("sender", "externalId")`.
        required: whether the document demands it.
        is_time: whether it is a date and time.
        kinds: the JSON types that its value may have; none where the document names none.
        is_own_time: whether it is the time of the message itself, which its order follows.
    """

    path: KeyPath
    required: bool
    is_time: bool
    kinds: frozenset[str]
    is_own_time: bool = attribute(
        init=False, default=Factory(lambda it: it.path == BATCH.time_paths[0], takes_self=True)
    )

    @property
    def name(self) -> str:
        """As problems name it: `sender.externalId`."""
        return ".".join(self.path)

    @property
    def column(self) -> str:
        """As a flat file names it: `sender_external_id`."""
        return "_".join(_words(self.name)) or self.name

    @property
    def is_identifier(self) -> bool:
        """Whether a typed source's integer may stand for it."""
        return _words(self.name)[-1:] == ["id"]


@frozen
class Fields:
    """All there is to a message: the conversation's id, and the values of the document's schema."""

    conversation: Field
    message: tuple[Field, ...]

    def __iter__(self) -> Iterator[Field]:
        return iter((self.conversation, *self.message))


@cache
def fields() -> Fields:
    """The fields that the installed document has."""
    kinds = kinds_of(BATCH.conversation_schema)
    conversation = Field((BATCH.conversation_parameter,), True, is_time=False, kinds=kinds)
    return Fields(conversation, tuple(_leaves(BATCH.message_schema, (), required=True)))


def _leaves(schema: Mapping[str, Any], path: KeyPath, required: bool) -> Iterator[Field]:
    schema = without_null(schema)
    properties = schema.get("properties", {})
    for name, inner in properties.items():
        needed = required and name in schema.get("required", ())
        yield from _leaves(inner, (*path, name), needed)
    if not properties:
        yield Field(path, required, path in BATCH.time_paths, kinds_of(schema))


def without_null(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a value is where it may be null as well."""
    choices = [part for part in schema.get("anyOf", ()) if part != {"type": "null"}]
    return choices[0] if len(choices) == 1 else schema


def kinds_of(schema: Mapping[str, Any]) -> frozenset[str]:
    """The JSON types that a schema names, itself, by its values or in its parts."""
    named = schema.get("type", ())
    kinds = {named} if isinstance(named, str) else {*named}
    values = [*schema.get("enum", ()), *([schema["const"]] if "const" in schema else [])]
    kinds |= {KINDS[type(value)] for value in values}
    for keyword in ("allOf", "anyOf", "oneOf"):
        for part in schema.get(keyword, ()):
            kinds |= kinds_of(part)
    return frozenset(kinds)


def check_mapping(mapping: Mapping[str, Value]) -> dict[str, Value]:
    """`mapping` keyed by each field's `name`; keys may be written in any of the accepted ways."""
    messages = BATCH.messages_property
    names = {plain_name(name): name for name in (*(item.name for item in fields()), messages)}
    told: dict[str, Value] = {}
    for key, value in mapping.items():
        name = names.get(plain_name(key))
        if name is None:
            known = ", ".join([*(item.column for item in fields()), messages])
            raise SourceError(f"there is no field {key!r} to map; the fields are {known}")
        if name in told:
            raise SourceError(f"the field {key!r} is mapped twice: map it once")
        told[name] = value
    return told


class Columns:
    """The columns of a record, or of many, and where they hold a field."""

    def __init__(self, names: Sequence[str], mapping: Mapping[str, str]) -> None:
        self._names = names
        self._mapping = mapping
        self._like: dict[str, list[str]] = {}
        for name in names:
            self._like.setdefault(plain_name(name), []).append(name)

    def find(self, name: str) -> list[KeyPath]:
        """Each place where the field of that name could be.

        Case, dots and underscores make no difference. A column called like the outer name holds the
        inner ones.
        """
        if name in self._mapping:
            column = self._mapping[name]
            outer, *inner = column.split(".")
            whole: list[KeyPath] = [(one,) for one in self._names if one == column]
            return whole or [(outer, *inner)] * (bool(inner) and outer in self._names)
        outer, *inner = name.split(".")
        holders = self._called(outer) if inner else []
        return [(column,) for column in self._called(name)] + [(one, *inner) for one in holders]

    def _called(self, name: str) -> list[str]:
        return self._like.get(plain_name(name), [])


def missing_columns(
    place: str, missing: Iterable[Field], columns: Collection[str], mapping: Mapping[str, str]
) -> SourceError:
    """The error for a source that lacks fields, with a `--map` that would fit."""
    missing = list(missing)
    lacking = f"{place} has no column for {', '.join(item.column for item in missing)}"
    if not columns:
        return SourceError(f"{place} is empty: it has not even a header")
    if not all(map(NAME.fullmatch, filter(None, columns))):
        # A file without a header begins with what people have said.
        return SourceError(
            f"{lacking}. The names of its columns are not shown, since some look like data: does it "
            "begin with a header?"
        )
    wrong = [f"{item.column}={mapping[item.name]}" for item in missing if item.name in mapping]
    named = f" (--map {' '.join(wrong)} names no column; capitals count)" if wrong else ""
    return SourceError(
        f"{lacking}{named}. Its columns are {', '.join(columns)}. {_advice(missing, columns)}"
    )


def _advice(missing: Iterable[Field], columns: Collection[str]) -> str:
    free = list(columns)
    parts = []
    for item in missing:
        best = max(free, key=lambda column: _likeness(item, column), default=None)
        if best is None or _likeness(item, best) < 0.75:
            best = "COLUMN"
        else:
            free.remove(best)
        parts.append(f"--map {item.column}={best}")
    return f"Try {' '.join(parts)}, or choose columns with --query."


def _likeness(item: Field, column: str) -> float:
    """How much a column's name looks like the field's, from 0 to 1."""
    words = _words(item.name)
    wanted = {*words, *(other for word in words for other in WORDS.get(word, ()))} - {
        "id",
        "sender",
    }
    pairs = ((one, other) for one in wanted for other in _words(column))
    return max((difflib.SequenceMatcher(a=a, b=b).ratio() for a, b in pairs), default=0)


def _words(name: str) -> list[str]:
    return [word.lower() for word in re.findall(r"[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])", name)]


@lru_cache(maxsize=10_000)
def plain_name(name: str) -> str:
    """The name without what makes no difference: case, dots and underscores."""
    return re.sub(r"[\W_]", "", name).casefold()
