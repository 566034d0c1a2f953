"""Adds to many conversations side by side, evenly paced together.

Run it with `python examples/many_conversations.py`. The keys are read from ASAPP_API_ID and
ASAPP_API_SECRET; set ASAPP_BASE_URL to send to the emulator instead of ASAPP.
"""

import asyncio

from asapp_conversations import AsyncClient, agent, customer


async def send(client: AsyncClient, conversation_id: str) -> None:
    messages = [
        customer("Is my parcel on its way?", "customer-1", "2024-03-04T08:00:00Z"),
        agent("It will be with you tomorrow.", "agent-111", "2024-03-04T08:00:20Z"),
    ]
    done = await client.create_messages(conversation_id, messages)
    print(f"{conversation_id}: {done.stored} stored, {done.already_stored} there already")


async def main() -> None:
    async with AsyncClient() as client, asyncio.TaskGroup() as group:
        for number in range(1, 11):
            group.create_task(send(client, f"01HNE48VMKNZ0B0SG3CEFV24{number:02}"))


asyncio.run(main())
