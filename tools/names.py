"""Gives the schemas of a normalised document the names that people read in the generated client.

What `from … import Message` gives is what stands at its place in the operation that creates
messages, whatever the document calls it, so a refactored document moves no public name.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any

from batch_place import BatchPlace, find_batch, operations
from failure import RegenerationError
from normalise import Node, Normalised, json_holder, schema_holders
from schemas import (
    RESERVED,
    SHAPING,
    Schema,
    change_schemas,
    class_name,
    or_null,
    reference,
    without_null,
)

PUBLIC_NAMES = frozenset(
    {"ErrorDetails", "ErrorResponse", "Message", "MessageBatch", "MessageBatchResponse"}
    | {"Sender", "SenderRole"}
)
"""Names that are given here, by their place in the batch operation."""

SENDER_PARTS = ("role", "externalId")
"""What a sender is made of in `agent`, `customer` and `system`."""


def name_schemas(normalised: Normalised) -> BatchPlace:
    """Name the schemas of a normalised document, in place, and say where the batch is.

    Raises:
        RegenerationError: no operation means the batch of messages that this package is about.
    """
    naming = _Naming(normalised)
    naming.drop_titles()
    place = find_batch(normalised)
    naming.share_errors()
    naming.drop_unused()
    naming.leave_reserved_names()
    operation = normalised.document["paths"][place.path][place.method]
    naming.name_error(operation)
    naming.name_batch(place, operation)
    naming.name_nullables()
    return place


class _Naming:
    """Changes a document in place."""

    def __init__(self, normalised: Normalised) -> None:
        self.document = normalised.document
        self.components = normalised.components

    def name_batch(self, place: BatchPlace, operation: Node) -> None:
        """Name what stands in the operation that creates messages."""
        holder = json_holder(operation["requestBody"])
        assert holder is not None
        batch = self.claim(holder, "schema", "MessageBatch")
        others = [name for name in batch.get("required", ()) if name != place.messages]
        if others:
            raise RegenerationError(
                f"{place}: the body needs {', '.join(others)}, which this package has no value for"
            )
        needed = [
            each["name"]
            for each in operation["parameters"]
            if each["required"] and each["in"] != "path"
        ]
        if needed:
            raise RegenerationError(
                f"{place}: the parameter {', '.join(needed)} is required, and this package has no "
                "value for it"
            )
        properties = batch["properties"]
        if self.components.name_of(properties[place.messages]) is None:
            properties[place.messages] = self.components.merged(properties[place.messages])
        messages = self.components.resolve(properties[place.messages])
        message = self.claim(messages, "items", "Message")
        sender = self.claim(message["properties"], "sender", "Sender")
        parts = sender.get("properties", {})
        for part in SENDER_PARTS:
            if part not in parts:
                raise RegenerationError(
                    f"{place}: the sender of a message has no {part}, which this package sends"
                )
        role = self.components.as_one(parts["role"])
        values = role.get("enum", [role.get("const")])
        if {type(value) for value in values} - {type(None)} != {str}:
            raise RegenerationError(
                f"{place}: the role of a sender is no list of values (enum), all of them texts, "
                "from which this package makes SenderRole"
            )
        role = self.claim(parts, "role", "SenderRole")
        if "const" in role:
            role["enum"] = [role.pop("const")]
            role.setdefault("type", "string")
        for name in ("MessageBatch", "Message", "Sender"):
            choices = [
                part
                for key in ("anyOf", "oneOf")
                for part in self.components.schemas[name].get(key, ())
            ]
            if any(part.keys() & SHAPING for part in choices):
                raise RegenerationError(
                    f"{place}: {name} is a choice (anyOf, oneOf), and this package makes one class of it"
                )
        self._name_answer(operation)

    def _name_answer(self, operation: Node) -> None:
        for status, response in operation["responses"].items():
            holder = json_holder(response) if status.startswith("2") else None
            if holder and self.components.as_one(holder["schema"]).get("type") == "object":
                plain, _ = without_null(holder["schema"])
                # What has a public name already keeps it.
                if self.components.name_of(plain) not in PUBLIC_NAMES:
                    self.claim(holder, "schema", "MessageBatchResponse")
                return

    def name_nullables(self) -> None:
        """Name each class that stands beside null in a component, as the generator would alone."""
        schemas = self.components.schemas
        pending = [*schemas]
        while pending:
            parent = pending.pop()
            for name, each in schemas[parent].get("properties", {}).items():
                plain, nullable = without_null(each)
                if nullable and plain.keys() & {"enum", "properties"}:
                    child = self.components.free_name(f"{parent}_{name}")
                    schemas[child] = plain
                    schemas[parent]["properties"][name] = or_null(reference(child))
                    pending.append(child)

    def share_errors(self) -> None:
        """Let error answers that are equal but for their prose be one schema."""
        shapes: dict[str, list[Node]] = defaultdict(list)
        for _, _, operation in operations(self.document):
            for status, response in operation["responses"].items():
                holder = None if status.startswith("2") else json_holder(response)
                if holder and self.components.as_one(holder["schema"]).get("properties"):
                    shapes[self.components.shape(holder["schema"])].append(holder)
        for holders in shapes.values():
            named = [each for each in holders if self.components.name_of(each["schema"])]
            # The last is the default answer where there is one: its prose fits all of them.
            chosen = (named or holders)[-1]
            if not named and len(holders) > 1:
                name = self.components.free_name("SharedError")
                self.components.schemas[name] = chosen["schema"]
                chosen["schema"] = reference(name)
            for holder in holders:
                holder["schema"] = dict(chosen["schema"])

    def name_error(self, operation: Node) -> None:
        """Name what most of the batch operation's errors answer."""
        holders = [
            holder
            for status, response in operation["responses"].items()
            if not status.startswith("2") and (holder := json_holder(response))
        ]
        if not holders:
            return
        shapes = [self.components.shape(holder["schema"]) for holder in holders]
        ((shape, _),) = Counter(shapes).most_common(1)
        holder = holders[shapes.index(shape)]
        objects = [
            name
            for name, each in self.components.as_one(holder["schema"]).get("properties", {}).items()
            if self.components.as_one(each).get("properties")
        ]
        if objects:
            error = self.claim(holder, "schema", "ErrorResponse")
            detail = "error" if "error" in objects else objects[0]
            self.claim(error["properties"], detail, "ErrorDetails")

    def claim(self, holder: Node, key: str, name: str) -> Schema:
        """Give what stands at a place a name of its own, and return it as one object."""
        components = self.components
        plain, nullable = without_null(components.resolve(holder[key]))
        if not nullable:
            plain = holder[key]
        while (target := components.name_of(plain)) is not None and (
            components.name_of(components.schemas[target]) is not None
        ):
            plain = components.schemas[target]
        current = components.name_of(plain)
        if current is None and set(plain) - {"allOf"} <= {"description", "title", "example"}:
            parts = plain.get("allOf", ())
            current = components.name_of(parts[0]) if len(parts) == 1 else None
        for other in [*components.schemas]:
            if other != current and class_name(other).lower() == name.lower():
                self._rename(other, components.free_name(f"{other}Component"))
        if current is None:
            components.schemas[name] = plain
        elif current != name:
            self._rename(current, name)
        named = reference(name)
        holder[key] = or_null(named) if nullable else named
        merged = components.merged(components.schemas[name])
        if "allOf" in merged:
            raise RegenerationError(
                f"{name}: its parts (allOf) contradict each other, so it is not one object"
            )
        components.schemas[name] = merged
        return merged

    def _rename(self, old: str, new: str) -> None:
        schemas = self.components.schemas
        before, after = reference(old)["$ref"], reference(new)["$ref"]

        def walk(node: Any) -> None:
            if isinstance(node, dict):
                if node.get("$ref") == before:
                    node["$ref"] = after
                for key, each in node.items():
                    if key == "mapping" and isinstance(each, dict):
                        each.update({k: after for k, v in each.items() if v == before})
                    walk(each)
            elif isinstance(node, list):
                for each in node:
                    walk(each)

        schemas[new] = schemas.pop(old)
        walk(self.document)

    def leave_reserved_names(self) -> None:
        """Rename the components whose names mean something else in the generated modules or in a URI."""
        schemas = self.components.schemas
        for name in [*schemas]:
            others = {class_name(each).lower() for each in schemas if each != name}
            plain = re.sub(r"[^A-Za-z0-9._-]", "_", name)
            if class_name(name).lower() in {*RESERVED, *others} or plain != name:
                self._rename(name, self.components.free_name(f"{plain}Component"))

    def drop_titles(self) -> None:
        """Take the titles off: the generator makes class names of them, and two may be the same."""

        def untitled(schema: Schema) -> Schema:
            return {key: value for key, value in schema.items() if key != "title"}

        schemas = self.components.schemas
        for name, schema in schemas.items():
            schemas[name] = change_schemas(schema, untitled)
        for holder in self._holders():
            holder["schema"] = change_schemas(holder["schema"], untitled)

    def drop_unused(self) -> None:
        """Take off the components that no operation uses; one of two views may have the name."""
        schemas = self.components.schemas
        used = set().union(*(self.components.reachable(each["schema"]) for each in self._holders()))
        for name in schemas.keys() - used:
            del schemas[name]
        for name, view in self.components.views():
            if view in schemas and name not in schemas:
                self._rename(view, name)

    def _holders(self) -> Iterator[Node]:
        for _, _, operation in operations(self.document):
            yield from schema_holders(operation)
