"""What an import is held against: short programs that send the same file, a conversation a request.

They read the whole file into memory, take no notes, and give up at the first failure.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import aiohttp
import httpx
from asapp_conversations import Credentials
from asapp_conversations_client import Client
from asapp_conversations_client.api.conversations import create_batch_messages
from asapp_conversations_client.facts import BATCH
from asapp_conversations_client.models import Message, MessageBatch

KEYS = Credentials("id", "secret").headers()
SIDE_BY_SIDE = 16

Batches = dict[str, list[dict[str, Any]]]


def read(path: Path) -> Batches:
    """The messages of each conversation, in order of time, as JSON has them."""
    batches: Batches = {}
    with path.open() as lines:
        for line in lines:
            message = json.loads(line)
            batches.setdefault(message.pop(BATCH.conversation_parameter), []).append(message)
    for messages in batches.values():
        messages.sort(key=lambda message: str(message["timestamp"]))
    return batches


def models(messages: list[dict[str, Any]]) -> MessageBatch:
    """The generated client's form of a request body."""
    return MessageBatch(messages=[Message.from_dict(message) for message in messages])


def target(url: str, conversation_id: str) -> str:
    """Where a conversation's batches go."""
    return url + BATCH.operation.path.format_map({BATCH.conversation_parameter: conversation_id})


def generated_loop(path: Path, url: str) -> None:
    """The generated client, one request after the other."""
    with Client(base_url=url, headers=KEYS) as client:
        for conversation_id, messages in read(path).items():
            body = models(messages)
            answer = create_batch_messages.sync_detailed(conversation_id, client=client, body=body)
            assert answer.status_code == 200


def generated_threads(path: Path, url: str) -> None:
    """The generated client in threads."""
    with Client(base_url=url, headers=KEYS) as client, ThreadPoolExecutor(SIDE_BY_SIDE) as pool:

        def send(item: tuple[str, list[dict[str, Any]]]) -> None:
            body = models(item[1])
            answer = create_batch_messages.sync_detailed(item[0], client=client, body=body)
            assert answer.status_code == 200

        list(pool.map(send, read(path).items()))


def generated_asyncio(path: Path, url: str) -> None:
    """The generated client in tasks."""

    async def main() -> None:
        rest = iter(read(path).items())
        async with Client(base_url=url, headers=KEYS) as client:

            async def work() -> None:
                for conversation_id, messages in rest:
                    answer = await create_batch_messages.asyncio_detailed(
                        conversation_id, client=client, body=models(messages)
                    )
                    assert answer.status_code == 200

            await asyncio.gather(*(work() for _ in range(SIDE_BY_SIDE)))

    asyncio.run(main())


def httpx_script(path: Path, url: str) -> None:
    """httpx by hand, one request after the other; nothing is checked."""
    with httpx.Client(headers=KEYS) as client:
        for conversation_id, messages in read(path).items():
            body = {BATCH.messages_property: messages}
            client.post(target(url, conversation_id), json=body).raise_for_status()


def aiohttp_script(path: Path, url: str) -> None:
    """aiohttp by hand, in tasks; nothing is checked."""

    async def main() -> None:
        rest = iter(read(path).items())
        async with aiohttp.ClientSession(headers=KEYS) as client:

            async def work() -> None:
                for conversation_id, messages in rest:
                    body = {BATCH.messages_property: messages}
                    async with client.post(target(url, conversation_id), json=body) as answer:
                        answer.raise_for_status()
                        await answer.read()

            await asyncio.gather(*(work() for _ in range(SIDE_BY_SIDE)))

    asyncio.run(main())


RIVALS: dict[str, Callable[[Path, str], None]] = {
    "the generated client in a loop": generated_loop,
    "the generated client in threads": generated_threads,
    "the generated client in tasks": generated_asyncio,
    "httpx by hand": httpx_script,
    "aiohttp by hand": aiohttp_script,
}
