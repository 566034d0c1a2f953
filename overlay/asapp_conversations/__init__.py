"""A Python SDK for ASAPP's Conversations API."""

from asapp_conversations_client.facts import DOCUMENT_SHA256, DOCUMENT_VERSION
from asapp_conversations_client.models import Message, Sender, SenderRole

from ._version import __version__
from .auth import Credentials
from .client import AsyncClient, Client
from .errors import (
    APIConnectionError,
    APIStatusError,
    APITimeoutError,
    AsappError,
    AuthenticationError,
    BadRequestError,
    ConflictError,
    InternalServerError,
    InvalidRequestError,
    NotFoundError,
    PayloadTooLargeError,
    PermissionDeniedError,
    RateLimitError,
    RequestFailedError,
    ServiceUnavailableError,
    UnprocessableEntityError,
)
from .logs import configure_logging
from .messages import agent, customer, system
from .progress import Progress, Receipt, Stored
from .validation import Problem

__spec_version__ = DOCUMENT_VERSION
"""The version of ASAPP's document that this release was made from."""

__spec_sha256__ = DOCUMENT_SHA256
"""The SHA-256 of that document's bytes, in hexadecimal."""

__all__ = [
    "APIConnectionError",
    "APIStatusError",
    "APITimeoutError",
    "AsappError",
    "AsyncClient",
    "AuthenticationError",
    "BadRequestError",
    "Client",
    "ConflictError",
    "Credentials",
    "InternalServerError",
    "InvalidRequestError",
    "Message",
    "NotFoundError",
    "PayloadTooLargeError",
    "PermissionDeniedError",
    "Problem",
    "Progress",
    "RateLimitError",
    "Receipt",
    "RequestFailedError",
    "Sender",
    "SenderRole",
    "ServiceUnavailableError",
    "Stored",
    "UnprocessableEntityError",
    "__spec_sha256__",
    "__spec_version__",
    "__version__",
    "agent",
    "customer",
    "system",
]

configure_logging()
