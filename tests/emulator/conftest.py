"""What the emulator's tests share: servers, plain httpx clients, messages."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import httpx
import pytest
from asapp_conversations_client.facts import BATCH
from asapp_conversations_emulator import Emulator
from documented import batch_path

Message = dict[str, Any]


@pytest.fixture
def start() -> Iterator[Callable[..., Emulator]]:
    """Starts an emulator that ends with the test."""
    with ExitStack() as running:
        yield lambda **options: running.enter_context(Emulator(**options))


@pytest.fixture
def connect() -> Iterator[Callable[..., httpx.Client]]:
    """Opens a plain client with the right keys that closes with the test."""
    with ExitStack() as opened:

        def connect(server: Emulator, **options: Any) -> httpx.Client:
            options.setdefault("headers", server.credentials.headers())
            return opened.enter_context(
                httpx.Client(base_url=server.url, trust_env=False, **options)
            )

        yield connect


@pytest.fixture
def server(start: Callable[..., Emulator]) -> Emulator:
    return start()


@pytest.fixture
def client(server: Emulator, connect: Callable[..., httpx.Client]) -> httpx.Client:
    return connect(server)


@pytest.fixture
def path() -> Callable[..., str]:
    """The path of the create-messages operation for a conversation."""
    return batch_path


@pytest.fixture
def batch() -> Callable[..., dict[str, list[Message]]]:
    """The body of a batch with a message for each text."""

    def batch(*texts: Any, timestamp: str = "2024-03-04T08:00:00Z") -> dict[str, list[Message]]:
        sender = {"role": "agent", "externalId": "a-1"}
        return {
            BATCH.messages_property: [
                {"text": text, "sender": sender, "timestamp": timestamp} for text in texts
            ]
        }

    return batch
