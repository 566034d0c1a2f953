"""What a tool builds on that sends by itself; a program needs `Client` and `AsyncClient` alone.

- `encode_message`, `encode_record`: a message, checked and encoded as it is sent;
- `read_time`, `to_utc`, `format_utc`: a time, from any text that is one to the form that is sent;
- `cut_batch`, `make_batch`, `body_size`, `halved_body_size`: request bodies out of messages, for
  `Client.send_batch`, which returns a `Receipt`;
- `Gate`, `AsyncGate`: an own say in when each attempt leaves; `Exchange` is what they are told;
- `SERVERS`, `DAILY_REQUESTS`: ASAPP's environments, and what each lets leave on a day;
- `USER_AGENT`: which versions of this package and of ASAPP's document send, on which Python;
- `Clock`: where the time comes from;
- `counted`: a number and its noun.
"""

from .auth import (
    KEY_VARIABLES,
    AsyncCredentialsProvider,
    CredentialsProvider,
    ask,
    choose_credentials,
)
from .base_client import USER_AGENT
from .batching import MOST_MESSAGES, Batch, body_size, cut_batch, halved_body_size, make_batch
from .clock import Clock
from .errors import status_error
from .messages import encode_message, encode_record
from .options import SERVERS, Environment, environment_proxy, resolve_base_url
from .pacing import AsyncGate, Gate, TaskPacer
from .progress import counted
from .published import DAILY_REQUESTS, ERROR_DETAILS, MAX_BODY_BYTES, REQUESTS_PER_SECOND
from .retry import Exchange
from .timestamps import NO_TIME, format_utc, read_time, to_utc
from .validation import check_conversation_id, check_record

__all__ = [
    "DAILY_REQUESTS",
    "ERROR_DETAILS",
    "KEY_VARIABLES",
    "MAX_BODY_BYTES",
    "MOST_MESSAGES",
    "NO_TIME",
    "REQUESTS_PER_SECOND",
    "SERVERS",
    "USER_AGENT",
    "AsyncCredentialsProvider",
    "AsyncGate",
    "Batch",
    "Clock",
    "CredentialsProvider",
    "Environment",
    "Exchange",
    "Gate",
    "TaskPacer",
    "ask",
    "body_size",
    "check_conversation_id",
    "check_record",
    "choose_credentials",
    "counted",
    "cut_batch",
    "encode_message",
    "encode_record",
    "environment_proxy",
    "format_utc",
    "halved_body_size",
    "make_batch",
    "read_time",
    "resolve_base_url",
    "status_error",
    "to_utc",
]
