# Generated from openapi.yaml and generator-config.yml: do not edit; run `nox -s generate`.
"""What each operation takes and gives; imported by who judges bodies, and not by every program.

All schemas are JSON Schema 2020-12.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from .facts import OPERATIONS, Operation


class Parameter(NamedTuple):
    """A parameter of an operation.

    Attributes:
        name: what it is called.
        place: where it stands: "path", "query", "header" or "cookie".
        required: whether every request needs it.
        schema: what its value must be.
    """

    name: str
    place: str
    required: bool
    schema: Mapping[str, Any]


class Contract(NamedTuple):
    """What one operation takes and gives.

    Attributes:
        operation: whose it is.
        parameters: all of them.
        body_required: whether a request needs a body.
        bodies: the schema of a request's body by media type; empty where it takes none.
        answers: by documented status, range or "default": the schema of the body by media type.
    """

    operation: Operation
    parameters: tuple[Parameter, ...]
    body_required: bool
    bodies: Mapping[str, Mapping[str, Any]]
    answers: Mapping[str, Mapping[str, Mapping[str, Any]]]


class Contracts(NamedTuple):
    """What all operations take and give.

    Attributes:
        schemas: each named schema; a reference to it is `#/$defs/` and its name.
        operations: the contract of each operation, in the order of `OPERATIONS`.
    """

    schemas: Mapping[str, Mapping[str, Any]]
    operations: tuple[Contract, ...]


__all__ = ("CONTRACTS", "Contract", "Contracts", "Parameter")

CONTRACTS: Contracts = Contracts(
    schemas={
        "ErrorResponse": {
            "description": "Default error response",
            "type": "object",
            "properties": {"error": {"$ref": "#/$defs/ErrorDetails"}},
        },
        "ErrorDetails": {
            "example": {
                "requestId": "8e033668-9f1a-11ec-b909-0242ac120002",
                "code": "500-01",
                "message": "Internal server error",
            },
            "description": "Error details",
            "type": "object",
            "properties": {
                "requestId": {
                    "type": "string",
                    "description": "Unique ID of the failing request",
                },
                "message": {"type": "string", "description": "Error message"},
                "code": {"type": "string", "description": "Error code"},
            },
            "required": ["requestId", "message"],
        },
        "MessageBatch": {
            "description": "A batch of messages for conversation",
            "type": "object",
            "properties": {
                "messages": {
                    "type": "array",
                    "items": {"$ref": "#/$defs/Message"},
                    "minItems": 1,
                    "maxItems": 300,
                }
            },
            "example": {
                "messages": [
                    {
                        "text": "Hello, I would like to upgrade my internet plan to GOLD.",
                        "sender": {"role": "customer", "externalId": "customer-xyz"},
                        "timestamp": "2021-11-23T12:13:14.555Z",
                    },
                    {
                        "text": "Let me help you with that",
                        "sender": {"role": "agent", "externalId": "agent-111"},
                        "timestamp": "2021-11-23T12:13:16.666Z",
                    },
                ]
            },
        },
        "Message": {
            "description": "Represents a single message within a conversation.",
            "type": "object",
            "properties": {
                "text": {
                    "type": "string",
                    "minLength": 1,
                    "description": "The content of the message.",
                },
                "sender": {"$ref": "#/$defs/Sender"},
                "timestamp": {
                    "type": "string",
                    "format": "date-time",
                    "description": "The time when the message was sent. Include the timezone, otherwise UTC will be assumed.",
                },
            },
            "required": ["text", "sender", "timestamp"],
            "example": {
                "text": "Hello, I would like to upgrade my internet plan to GOLD.",
                "sender": {"role": "agent", "externalId": 123},
                "timestamp": "2021-11-23T12:13:14.555Z",
            },
        },
        "Sender": {
            "description": "Information about the participant who sent the message.",
            "type": "object",
            "properties": {
                "role": {"$ref": "#/$defs/SenderRole"},
                "externalId": {
                    "type": "string",
                    "description": "The unique identifier for the participant in your external system. This should be consistent across all interactions for the same individual.",
                },
            },
            "required": ["role", "externalId"],
        },
        "SenderRole": {
            "description": "The role of the participant in the conversation.",
            "type": "string",
            "enum": ["agent", "customer", "system"],
        },
        "MessageBatchResponse": {
            "description": "Response for batch messages",
            "type": "object",
        },
    },
    operations=(
        Contract(
            operation=OPERATIONS[0],
            parameters=(
                Parameter(
                    name="conversationId",
                    place="path",
                    required=True,
                    schema={
                        "description": "The identifier for a conversation.",
                        "type": "string",
                        "pattern": "^[A-Z0-9]+$",
                    },
                ),
            ),
            body_required=True,
            bodies={"application/json": {"$ref": "#/$defs/MessageBatch"}},
            answers={
                "200": {"application/json": {"$ref": "#/$defs/MessageBatchResponse"}},
                "400": {"application/json": {"$ref": "#/$defs/ErrorResponse"}},
                "401": {"application/json": {"$ref": "#/$defs/ErrorResponse"}},
                "403": {"application/json": {"$ref": "#/$defs/ErrorResponse"}},
                "404": {"application/json": {"$ref": "#/$defs/ErrorResponse"}},
                "409": {"application/json": {"$ref": "#/$defs/ErrorResponse"}},
                "413": {"application/json": {"$ref": "#/$defs/ErrorResponse"}},
                "422": {"application/json": {"$ref": "#/$defs/ErrorResponse"}},
                "429": {"application/json": {"$ref": "#/$defs/ErrorResponse"}},
                "503": {"application/json": {"$ref": "#/$defs/ErrorResponse"}},
                "default": {"application/json": {"$ref": "#/$defs/ErrorResponse"}},
            },
        ),
    ),
)
"""What this document's operations take and give."""
