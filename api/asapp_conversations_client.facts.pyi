"""What asapp_conversations_client.facts exports."""

__all__ = [
    "BATCH",
    "BatchFacts",
    "DOCUMENT_SHA256",
    "DOCUMENT_VERSION",
    "Key",
    "OPERATIONS",
    "Operation",
    "SERVER_URLS",
    "WORDS",
]

BATCH: BatchFacts

class BatchFacts(tuple):
    def __init__(
        self,
        operation: Operation,
        conversation_parameter: str,
        conversation_schema: Mapping[str, Any],
        media_type: str,
        messages_property: str,
        message_schema: Mapping[str, Any],
        time_paths: tuple[tuple[str, ...], ...],
        min_messages: int,
        max_messages: int | None,
    ): ...
    conversation_parameter: str
    conversation_schema: Mapping[str, Any]
    max_messages: int | None
    media_type: str
    message_schema: Mapping[str, Any]
    messages_property: str
    min_messages: int
    operation: Operation
    time_paths: tuple[tuple[str, ...], ...]

DOCUMENT_SHA256: str

DOCUMENT_VERSION: str

class Key(tuple):
    def __init__(self, credential: str, place: str, name: str, prefix: str = ""): ...
    credential: str
    name: str
    place: str
    prefix: str

OPERATIONS: tuple

class Operation(tuple):
    def __init__(
        self,
        operation_id: str,
        method: str,
        path: str,
        keys: tuple[Key, ...],
        repeatable: bool,
        successes: Mapping[str, tuple[str, ...]],
        bodiless_success: int | None,
    ): ...
    bodiless_success: int | None
    keys: tuple[Key, ...]
    method: str
    operation_id: str
    path: str
    @property
    def pattern(self) -> re.Pattern[str]: ...
    repeatable: bool
    successes: Mapping[str, tuple[str, ...]]

SERVER_URLS: tuple

WORDS: frozenset
