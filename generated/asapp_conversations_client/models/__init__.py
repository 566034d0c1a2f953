# Generated from openapi.yaml and generator-config.yml: do not edit; run `nox -s generate`.
"""The models of what is sent and answered; each is imported when it is first asked for."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .error_details import ErrorDetails
    from .error_response import ErrorResponse
    from .message import Message
    from .message_batch import MessageBatch
    from .message_batch_response import MessageBatchResponse
    from .sender import Sender
    from .sender_role import SenderRole

_MODULES = {
    "ErrorDetails": "error_details",
    "ErrorResponse": "error_response",
    "Message": "message",
    "MessageBatch": "message_batch",
    "MessageBatchResponse": "message_batch_response",
    "Sender": "sender",
    "SenderRole": "sender_role",
}

__all__ = (
    "ErrorDetails",
    "ErrorResponse",
    "Message",
    "MessageBatch",
    "MessageBatchResponse",
    "Sender",
    "SenderRole",
)


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f".{_MODULES[name]}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_MODULES})
