"""What the importer's tests share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from asapp_conversations import validation
from asapp_conversations_client.facts import BATCH
from asapp_conversations_importer import Files, ReadOptions
from asapp_conversations_importer.reading import open_reader
from attrs import define


@define
class Read:
    """What came out of a source."""

    totals: Any
    conversations: list[Any]
    rejects: list[Any]

    @property
    def texts(self) -> list[str]:
        """Of every message, conversation after conversation."""
        return [message["text"] for message in self.messages]

    @property
    def messages(self) -> list[dict[str, Any]]:
        """Every message, conversation after conversation, as JSON has it."""
        return [orjson.loads(content) for c in self.conversations for content in c.contents]

    @property
    def by_conversation(self) -> dict[str, list[dict[str, Any]]]:
        """The messages of each conversation, as JSON has them."""
        return {c.conversation_id: [*map(orjson.loads, c.contents)] for c in self.conversations}

    @property
    def ids(self) -> list[str]:
        """Of every conversation."""
        return [conversation.conversation_id for conversation in self.conversations]

    @property
    def reasons(self) -> list[tuple[str | None, str]]:
        """Field and reason of each reject."""
        return [(reject.field, reject.reason) for reject in self.rejects]

    @property
    def places(self) -> list[Any]:
        """Of every message, conversation after conversation."""
        return [c.place(i) for c in self.conversations for i in range(len(c.contents))]

    @property
    def numbers(self) -> list[int]:
        """Line, row or record of each reject."""
        return [reject.place.number for reject in self.rejects]


@pytest.fixture(autouse=True)
def _keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASAPP_API_ID", "id-1")
    monkeypatch.setenv("ASAPP_API_SECRET", "s3cret-value")
    for name in ("ASAPP_BASE_URL", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def own_ids(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An id of a conversation may be what the records of these tests have, and must be no other."""
    schema = {"type": "string", "pattern": "^[A-Z0-9]+$"}
    monkeypatch.setattr(validation, "BATCH", BATCH._replace(conversation_schema=schema))
    validation._validator.cache_clear()
    yield
    validation._validator.cache_clear()


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., Read]:
    def read(source: Any, **options: Any) -> Read:
        rejects: list[Any] = []
        with open_reader(source, memory_limit=10**9, folder=tmp_path / "staging") as reader:
            totals = reader.load(source, ReadOptions(**options), rejects.append, lambda _: None)
            return Read(totals, list(reader.conversations()), rejects)

    return read


@pytest.fixture
def read_text(tmp_path: Path, read: Callable[..., Read]) -> Callable[..., Read]:
    def read_text(name: str, content: bytes | str, **options: Any) -> Read:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return read(Files((str(path),)), **options)

    return read_text


@pytest.fixture
def record() -> Callable[..., dict[str, Any]]:
    def record(
        text: object = "hello", conversation_id: object = "C1", second: int = 0, **more: Any
    ) -> dict[str, Any]:
        return {
            "conversationId": conversation_id,
            "text": text,
            "sender": {"role": "agent", "externalId": "agent-1"},
            "timestamp": f"2024-03-04T08:00:{second:02}Z",
            **more,
        }

    return record


@pytest.fixture
def lines() -> Callable[..., bytes]:
    def lines(*records: object) -> bytes:
        """JSON Lines; bytes are a line as they are."""
        dumped = (item if isinstance(item, bytes) else orjson.dumps(item) for item in records)
        return b"".join(line + b"\n" for line in dumped)

    return lines
