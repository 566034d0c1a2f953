"""All that is wrong with one message, and what is kept of it to be mended."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import date
from typing import Any

import orjson
from asapp_conversations import Problem
from asapp_conversations.toolkit import check_conversation_id, check_record

from .fields import Field, KeyPath, fields
from .originals import RAW, Unreadable, carried, is_raw
from .times import REPEATED_TIME, SKIPPED_TIME, TimeParser

NO_TEXT = (
    "has bytes or surrogates that are no text in UTF-8; if the file has another encoding, name it with "
    "--encoding"
)
STILL_RAW = f"could not be read: write what it should be in the place of {RAW} and its braces"


def explain(values: Mapping[str, Any], times: TimeParser) -> tuple[list[Problem], dict[str, Any]]:
    """The problems of a message in the order of the fields, and the message by the document's names.

    `values` are what was read, by the name of their field; they are kept as they were, since a time
    without a zone, or one that could not be read, must not look as if it had one.
    """
    problems: list[tuple[Field | None, Problem]] = []
    kept: dict[str, Any] = {}
    wire: dict[str, Any] = {}
    known = fields()
    for item in known:
        value = values.get(item.name)
        if value is None:
            problems += [(item, Problem(item.name, "is missing"))] * item.required
            continue
        reason = ""
        if item.is_time and not isinstance(value, Unreadable):
            try:
                moment = times.parse(value)
                put(wire, item.path, moment.text)
                if moment.later is not None:
                    reason = REPEATED_TIME if moment.repeated else SKIPPED_TIME
            except ValueError as error:
                reason = str(error)
        elif not (reason := _obstacle(value)) and item is not known.conversation:
            put(wire, item.path, value)
        if reason:
            problems.append((item, Problem(item.name, reason)))
        elif item is known.conversation:
            problems += [(item, problem) for problem in check_conversation_id(value)]
        if item.is_time and isinstance(value, date):
            value = value.isoformat()
        put(kept, item.path, carried(value))
    judged = [item for item, _ in problems]
    for problem in check_record(wire):
        owner = next((item for item in known.message if _is_within(problem.path, item.name)), None)
        if owner not in judged and (owner or not judged):
            problems.append((owner, problem))
    order = [*known, None]
    problems.sort(key=lambda pair: order.index(pair[0]))
    return [problem for _, problem in problems], kept


def put(record: dict[str, Any], path: KeyPath, value: object) -> None:
    """Set what stands at the path."""
    for key in path[:-1]:
        record = record.setdefault(key, {})
    record[path[-1]] = value


def _is_within(path: str, name: str) -> bool:
    return path == name or path.startswith((f"{name}.", f"{name}["))


def _obstacle(value: object) -> str:
    """Why JSON cannot carry a value, if it cannot."""
    if isinstance(value, Unreadable):
        return value.reason
    if is_raw(value):
        return STILL_RAW
    if isinstance(value, float) and not math.isfinite(value):
        return "is a number that JSON cannot carry"
    try:
        if not isinstance(value, int):
            orjson.dumps(value, option=orjson.OPT_PASSTHROUGH_DATETIME)
    except TypeError:
        if isinstance(value, str):
            return NO_TEXT
        return f"is of a type that JSON cannot carry ({type(value).__name__})"
    return ""
