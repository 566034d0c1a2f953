"""What a tool that sends by itself builds on; a program needs `Client` and `AsyncClient` alone."""

from .auth import ENVIRONMENT, AsyncCredentialsProvider, TaskCredentials, choose_source
from .batching import Batch, body_size, cut, join_messages
from .clock import Clock
from .exchange import Exchange
from .options import ClientOptions, split
from .pacing import AsyncGate, Gate, TaskPacer
from .published import MAX_BODY_BYTES, REQUESTS_PER_SECOND
from .spec import Document, MessageBatchRules, Operation, load_document, message_batch_rules
from .timestamps import parse_utc
from .validation import check_conversation_id, check_record

__all__ = [
    "ENVIRONMENT",
    "MAX_BODY_BYTES",
    "REQUESTS_PER_SECOND",
    "AsyncCredentialsProvider",
    "AsyncGate",
    "Batch",
    "ClientOptions",
    "Clock",
    "Document",
    "Exchange",
    "Gate",
    "MessageBatchRules",
    "Operation",
    "TaskCredentials",
    "TaskPacer",
    "body_size",
    "check_conversation_id",
    "check_record",
    "choose_source",
    "cut",
    "join_messages",
    "load_document",
    "message_batch_rules",
    "parse_utc",
    "split",
]
