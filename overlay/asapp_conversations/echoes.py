"""Whether an answer quotes the request: messages are personal data, and no error may repeat them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from asapp_conversations_client.facts import WORDS

ECHO_LENGTH = 8
"""A run of this many characters that also stands in the request counts as quoted from it."""

COMPARED_WORDS = 1000
COMPARED_REQUEST = 1_000_000
"""Characters; what is longer is not compared, and counts as a quotation."""


def quotes(sent: bytes, words: str) -> bool:
    """Whether `words` repeat something of the request body `sent`.

    They do with a run of 8 characters of a value, or a whole word equal to one; names of the
    document's properties and values of its enumerations aside.
    """
    if len(words) > COMPARED_WORDS or len(sent) > COMPARED_REQUEST:
        return True
    words = words.casefold()
    values = [value.casefold() for value in _values(sent)]
    runs = {words[i : i + ECHO_LENGTH] for i in range(len(words) - ECHO_LENGTH + 1)}
    everything = "\0".join(values)
    if any(run in everything for run in runs):
        return True
    short = {value for value in values if len(value) < ECHO_LENGTH and value in words}
    return any(re.search(rf"(?<!\w){re.escape(value)}(?!\w)", words) for value in short)


def _values(sent: bytes) -> Iterator[str]:
    """Every text and number of the request, names that the document does not know among them."""
    pending: list[object]
    try:
        pending = [json.loads(sent)]
    except (ValueError, RecursionError):
        pending = [sent.decode("utf-8", "replace")]
    while pending:
        match pending.pop():
            case None | bool():
                pass
            case dict(items):
                pending += [*items, *items.values()]
            case list(items):
                pending += items
            case item:
                text = str(item).strip()
                if text and text not in WORDS:
                    yield text
