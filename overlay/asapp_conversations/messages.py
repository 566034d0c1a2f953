"""Short ways to write a message."""

from __future__ import annotations

from datetime import datetime
from typing import cast

from asapp_conversations_client.models import Message, Sender, SenderRole

from .timestamps import parse_timestamp


def agent(text: str, external_id: str, timestamp: datetime | str) -> Message:
    """A message that an agent sent.

    Args:
        text: what was said.
        external_id: the participant's identifier in your own system.
        timestamp: when; a datetime or ISO 8601, in UTC if it has no zone.
    """
    return _message(SenderRole.AGENT, text, external_id, timestamp)


def customer(text: str, external_id: str, timestamp: datetime | str) -> Message:
    """A message that a customer sent; arguments as for `agent`."""
    return _message(SenderRole.CUSTOMER, text, external_id, timestamp)


def system(text: str, external_id: str, timestamp: datetime | str) -> Message:
    """A message that a system sent; arguments as for `agent`."""
    return _message(SenderRole.SYSTEM, text, external_id, timestamp)


def _message(role: SenderRole, text: str, external_id: str, timestamp: datetime | str) -> Message:
    try:
        timestamp = parse_timestamp(timestamp)
    except ValueError:
        # Kept as it is: create_messages names it together with every other problem.
        timestamp = cast("datetime", timestamp)
    return Message(
        text=text, sender=Sender(role=role, external_id=external_id), timestamp=timestamp
    )
