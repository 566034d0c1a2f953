"""Moves transcripts of an old system into ASAPP: a team's own code."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from asapp_conversations import Client, Message, NotFoundError, agent, customer

SIDES = {"out": agent, "in": customer}


def move(transcripts: Mapping[str, Iterable[tuple[str, str, str, str]]]) -> dict[str, int]:
    """Send every transcript; returns how many messages of each are stored.

    A line is a side (`in` or `out`), who wrote it, when, and the text. Conversations that ASAPP
    does not know are left out. The keys come from the environment.
    """
    moved = {}
    with Client() as client:
        for conversation_id, lines in transcripts.items():
            messages = [read_line(*line) for line in lines]
            try:
                stored = client.create_messages(conversation_id, messages)
            except NotFoundError:
                continue
            moved[conversation_id] = stored.stored
    return moved


def read_line(side: str, author: str, written: str, text: str) -> Message:
    """One line of a transcript as a message."""
    return SIDES[side](text, author, written)
