"""Adds a thousand messages to a conversation in as few requests as there can be.

Run it with `python examples/long_conversation.py [CONVERSATION_ID]`. The keys are read from
ASAPP_API_ID and ASAPP_API_SECRET; set ASAPP_BASE_URL to send to the emulator instead of ASAPP.
"""

import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from asapp_conversations import Client, Message, agent, customer


def transcript(length: int) -> Iterator[Message]:
    """A customer and an agent in turn, a message every ten seconds."""
    moment = datetime(2024, 3, 4, 8, tzinfo=UTC)
    for number in range(1, length + 1):
        if number % 2:
            yield customer(f"Question {number}?", "customer-1", moment)
        else:
            yield agent(f"Answer {number}.", "agent-111", moment)
        moment += timedelta(seconds=10)


conversation_id = sys.argv[1] if len(sys.argv) > 1 else "01HNE48VMKNZ0B0SG3CEFV24WN"

with Client() as client:
    done = client.create_messages(conversation_id, transcript(1000), conflict_is_stored=True)
print(f"{done.stored} stored, {done.already_stored} there already, {done.requests} requests")
