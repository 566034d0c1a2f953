"""What a test needs of the document, whatever it says: no test holds a fact of it."""

from __future__ import annotations

from functools import cache
from random import Random
from urllib.parse import quote

from asapp_conversations_client.facts import BATCH
from jsonschema_rs import validator_for
from rstr import Rstr

SUCCESS = int(next(iter(BATCH.operation.successes)).replace("X", "0"))
"""The first status of success that the document has for a batch."""


@cache
def fitting_id(name: str) -> str:
    """An id of a conversation; the name itself where the document takes it for one."""
    schema = dict(BATCH.conversation_schema)
    candidates = (name, Rstr(Random(name)).xeger(schema.get("pattern", "")))
    validator = validator_for(schema)
    return next(each for each in candidates if validator.is_valid(each))


CONVERSATION, OTHER = fitting_id("ABC"), fitting_id("XYZ")
"""Two conversations."""


def batch_path(conversation: str = CONVERSATION) -> str:
    """The path by which messages are added to a conversation."""
    parameter = {BATCH.conversation_parameter: quote(conversation, safe="")}
    return BATCH.operation.path.format(**parameter)
