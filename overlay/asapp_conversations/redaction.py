"""Takes out of an answer what it quotes of the request: messages are personal data."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from .spec import load_document

ECHO_LENGTH = 8
"""A run of this many characters that also stands in the request counts as quoted from it."""

SEARCHED_CHARACTERS = 1_000_000
"""A request with more text than this is not searched; its answer's words are withheld."""

REDACTED = "[redacted]"
PATH = re.compile(r"(\[Path '[^']*'\])")
"""How ASAPP names the part of the request that is wrong; kept as it is."""


class Redactor:
    """Takes what also stands in `request` out of the texts of `answer`, both JSON values."""

    def __init__(self, request: object, answer: object) -> None:
        self._sent = set(_texts(request)) - load_document().words
        self._withholds = sum(map(len, self._sent)) > SEARCHED_CHARACTERS
        self._quoted = set[str]() if self._withholds else _common_runs(self._sent, answer)
        short = sorted(re.escape(t) for t in self._sent if t.strip() and len(t) < ECHO_LENGTH)
        self._short = re.compile(rf"(?<!\w)(?:{'|'.join(short) or '(?!)'})(?!\w)")

    def text(self, text: str) -> str:
        """A text of the answer, redacted."""
        if self._withholds:
            return REDACTED
        pieces = PATH.split(text)
        return "".join(piece if self._is_path(piece) else self._redact(piece) for piece in pieces)

    def value(self, value: object) -> object:
        """A JSON value of the answer, redacted wherever it is nested, in keys and numbers too."""
        match value:
            case None | bool():
                return value
            case dict():
                return {self.text(key): self.value(item) for key, item in value.items()}
            case list():
                return [self.value(item) for item in value]
            case _:
                redacted = self.text(str(value))
                return value if redacted == str(value) else redacted

    def _is_path(self, piece: str) -> bool:
        return PATH.fullmatch(piece) is not None and not any(piece in text for text in self._sent)

    def _redact(self, text: str) -> str:
        marked = list(text)
        for start, run in enumerate(_runs(text)):
            if run in self._quoted:
                marked[start : start + ECHO_LENGTH] = "\0" * ECHO_LENGTH
        return self._short.sub(REDACTED, re.sub("\0+", REDACTED, "".join(marked)))


def _texts(value: object) -> Iterator[str]:
    """Every string in a JSON value, keys among them, and every number as it is written."""
    pending = [value]
    while pending:
        match pending.pop():
            case None | bool():
                pass
            case dict(items):
                pending += [*items, *items.values()]
            case list(items):
                pending += items
            case item:
                yield str(item)


def _common_runs(sent: Iterable[str], answer: object) -> set[str]:
    said = {run for text in _texts(answer) for run in _runs(text)}
    return {run for text in sent for run in _runs(text) if run in said}


def _runs(text: str) -> Iterator[str]:
    """Each run of `ECHO_LENGTH` characters, in order."""
    return (text[start : start + ECHO_LENGTH] for start in range(len(text) - ECHO_LENGTH + 1))
