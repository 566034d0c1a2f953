"""Finds the operation that creates messages, whatever the document calls it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from failure import RegenerationError
from normalise import Node, Normalised, json_holder
from schemas import Components, Schema

BATCH_OPERATION = "createBatchMessages"
"""The operation that creates messages, as ASAPP calls it today."""

MESSAGE_PARTS = ("text", "sender", "timestamp")
"""What a message is made of in `agent`, `customer` and `system`."""


class BatchPlace(NamedTuple):
    """Where the operation that creates messages stands.

    Attributes:
        path: its path.
        method: its method.
        messages: the name of the list in its body.
    """

    path: str
    method: str
    messages: str

    def __str__(self) -> str:
        return f"{self.method.upper()} {self.path}"


def operations(document: Node) -> Iterator[tuple[str, str, Node]]:
    """The path and the method of each operation of a normalised document, and the operation."""
    for path, item in document["paths"].items():
        for method, operation in item.items():
            yield path, method, operation


def find_batch(normalised: Normalised) -> BatchPlace:
    """The operation with ASAPP's name for it, else the only one of its shape.

    Raises:
        RegenerationError: no operation means the batch of messages that this package is about.
    """
    components, shaped = normalised.components, {}
    for path, method, operation in operations(normalised.document):
        lists = _message_lists(components, operation)
        if operation.get("operationId") == BATCH_OPERATION:
            if len(lists) != 1:
                raise _no_batch(components, f"{method.upper()} {path}", operation)
            return BatchPlace(path, method, lists[0])
        if lists and method == "post":
            shaped[path, method] = lists
    if len(shaped) != 1 or len(next(iter(shaped.values()))) != 1:
        found = ", ".join(path for path, _ in shaped) or "none"
        raise RegenerationError(
            f"paths: one operation {BATCH_OPERATION} is expected, or one POST whose JSON body "
            f"has a list of messages ({', '.join(MESSAGE_PARTS)}); found {found}"
        )
    (((path, method), (messages,)),) = shaped.items()
    return BatchPlace(path, method, messages)


def _no_batch(components: Components, title: str, operation: Node) -> RegenerationError:
    """Why an operation that is called as the batch is none."""
    body = _body(components, operation)
    for name, each in body.get("properties", {}).items():
        items = components.resolve(each).get("items")
        if items is None:
            continue
        message = components.as_one(items)
        lacking = [part for part in MESSAGE_PARTS if part not in message.get("properties", {})]
        if lacking:
            return RegenerationError(
                f"{title}: an entry of {name} has no {' and no '.join(lacking)}, so it is not "
                "the message that this package sends"
            )
    return RegenerationError(
        f"{title}: a JSON body with one list of messages is expected; "
        f"it has {', '.join(body.get('properties', {})) or 'nothing'}"
    )


def _body(components: Components, operation: Node) -> Schema:
    holder = json_holder(operation.get("requestBody", {}))
    return components.as_one(holder["schema"]) if holder else {}


def _message_lists(components: Components, operation: Node) -> list[str]:
    """The properties of a body that hold messages."""
    found = []
    for name, each in _body(components, operation).get("properties", {}).items():
        items = components.as_one(each).get("items")
        if isinstance(items, dict):
            parts = components.as_one(items).get("properties", {})
            if all(part in parts for part in MESSAGE_PARTS):
                found.append(name)
    return found
