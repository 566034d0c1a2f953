"""A document like ASAPP's complete one, of which ours is a part.

It has 56 operations, eight of them about conversations; named components, references to answers and
parameters, the keys on each operation and none at the top, and names of its own.
"""

from __future__ import annotations

import re
from typing import Any

from corner import TEXT, corner
from edited import JSON, Edited, answer, reference, takes

CONVERSATIONS = "/conversation/v1/conversations"
TIME = {"type": "string", "format": "date-time"}
PRODUCTS = {
    "autocompose": ("responses", "phrases", "spellings"),
    "autosummary": ("summaries", "feedback", "intents"),
    "generativeagent": ("functions", "knowledge", "sessions"),
    "fileexporter": ("feeds", "partitions", "files"),
}
"""Each has four times as many operations as it has kinds of resources."""

ERRORS = {
    "400": "BadRequest",
    "401": "Unauthorized",
    "403": "Forbidden",
    "404": "NotFound",
    "409": "Conflict",
    "422": "Unprocessable",
    "429": "TooManyRequests",
    "503": "Unavailable",
    "default": "Failed",
}
"""The component of each error answer."""


def record(*required: str, **properties: Any) -> dict[str, Any]:
    demanded = {"required": [*required]} if required else {}
    return {"type": "object", "properties": properties, **demanded}


def schemas(document: Edited) -> dict[str, Any]:
    """The components, those of the batch with other names than ours."""
    document.properties["sender"] = reference("Participant")
    document.list["items"] = reference("ConversationMessage")
    participant = {**document.sender}
    participant["properties"] = {**participant["properties"], "role": reference("ParticipantRole")}
    detail = document.errors()[0]["properties"]["error"]
    return {
        "ParticipantRole": document.role,
        "Participant": participant,
        "ConversationMessage": document.message,
        "CreateMessagesRequest": document.body["schema"],
        "ErrorDetail": detail,
        "Error": record(error=reference("ErrorDetail")),
        "Metadata": record("key", "value", key=TEXT, value=TEXT),
        "Conversation": record(
            "externalId",
            "timestamp",
            id={**TEXT, "readOnly": True},
            externalId={**TEXT, "maxLength": 64},
            agent={"allOf": [reference("Participant")], "nullable": True},
            customer=reference("Participant"),
            metadata={"type": "array", "items": reference("Metadata")},
            timestamp=TIME,
        ),
        "Message": record(
            "id",
            id=TEXT,
            conversation=record(id=TEXT, externalId=TEXT),
            content=reference("ConversationMessage"),
        ),
        "MessagePage": record(
            "data",
            data={"type": "array", "items": reference("Message")},
            nextCursor={**TEXT, "nullable": True},
        ),
        "Authentication": record(customerExternalId=TEXT, timestamp=TIME),
        "Resource": record(
            "name",
            id={"type": "string", "format": "uuid", "readOnly": True},
            name=TEXT,
            state={"type": "string", "enum": ["active", "archived"]},
            score={"type": "number", "minimum": 0, "exclusiveMinimum": True, "nullable": True},
            labels={"type": "object", "additionalProperties": TEXT},
            createdAt={**TIME, "readOnly": True},
        ),
        "ResourcePage": record(data={"type": "array", "items": reference("Resource")}),
    }


def parameters(document: Edited) -> dict[str, Any]:
    (conversation,) = document.item["parameters"]
    return {
        "ConversationId": conversation,
        "ResourceId": {"name": "resourceId", "in": "path", "required": True, "schema": TEXT},
        "ExternalId": {"name": "externalId", "in": "query", "required": True, "schema": TEXT},
        "Limit": {"name": "limit", "in": "query", "schema": {"type": "integer", "maximum": 100}},
        "Cursor": {"name": "nextCursor", "in": "query", "schema": TEXT},
    }


def conversation_operations(document: Edited) -> list[tuple[str, str, dict[str, Any]]]:
    """The path, the method and the operation of what is about conversations; the batch is last."""
    one, messages = f"{CONVERSATIONS}/{{conversationId}}", reference("MessagePage")
    page = [reference(name, "parameters") for name in ("Limit", "Cursor")]
    made = answer(record("id", id=TEXT))
    conversations = answer({"type": "array", "items": reference("Conversation")})
    by_id = [reference("ExternalId", "parameters")]
    return [
        (
            CONVERSATIONS,
            "post",
            {"requestBody": takes(reference("Conversation")), "responses": made},
        ),
        (CONVERSATIONS, "get", {"parameters": by_id, "responses": conversations}),
        (one, "get", {"responses": answer(reference("Conversation"))}),
        (f"{one}/authenticate", "post", {"requestBody": takes(reference("Authentication"))}),
        (
            f"{one}/messages",
            "post",
            {"requestBody": takes(reference("ConversationMessage")), "responses": made},
        ),
        (f"{one}/messages", "get", {"parameters": page, "responses": answer(messages)}),
        (
            "/conversation/v1/conversation/messages",
            "get",
            {"parameters": [*by_id, *page], "responses": answer(messages)},
        ),
        (document.path, document.method, document.operation),
    ]


def resource_operations(product: str, kind: str) -> list[tuple[str, str, dict[str, Any]]]:
    """Four operations on resources of a kind."""
    every, one = f"/{product}/v1/{kind}", f"/{product}/v1/{kind}/{{resourceId}}"
    resource = reference("Resource")
    return [
        (every, "get", {"responses": answer(reference("ResourcePage"))}),
        (every, "post", {"requestBody": takes(resource), "responses": answer(resource, "201")}),
        (one, "get", {"responses": answer(resource)}),
        (one, "delete", {"responses": {"204": {"description": "gone"}}}),
    ]


@corner
def complete_document(document: Edited) -> None:
    document.components.update(schemas=schemas(document), parameters=parameters(document))
    document.components["responses"] = {
        name: {"description": name, "content": {JSON: {"schema": reference("Error")}}}
        for name in ERRORS.values()
    }
    for status in set(document.responses) - {"200"}:
        del document.responses[status]
    document.body["schema"] = reference("CreateMessagesRequest")
    operations = conversation_operations(document)
    for product, kinds in PRODUCTS.items():
        for kind in kinds:
            operations += resource_operations(product, kind)
    security = document.content.pop("security")
    paths: dict[str, Any] = {}
    for path, method, operation in operations:
        operation.setdefault("responses", {"200": {"description": "done"}})
        operation["responses"] |= {
            status: reference(name, "responses") for status, name in ERRORS.items()
        }
        operation |= {"tags": [path.split("/")[1]], "security": security}
        operation.setdefault("operationId", re.sub(r"\W", "", f"{method}{path.title()}"))
        shared = {"{conversationId}": "ConversationId", "{resourceId}": "ResourceId"}
        item = paths.setdefault(path, {})
        item["parameters"] = [
            reference(name, "parameters") for part, name in shared.items() if part in path
        ]
        item[method] = operation
    assert sum(len(item) - 1 for item in paths.values()) == 56
    document.content["paths"] = paths
