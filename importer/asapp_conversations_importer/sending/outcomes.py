"""What can become of a batch, and of a message that is refused."""

from __future__ import annotations

import re
from collections.abc import Sequence

from asapp_conversations import APIStatusError, Receipt, RequestFailedError
from asapp_conversations_client.facts import BATCH
from attrs import define, frozen

MESSAGE_PATH = re.compile(r"/(?P<list>[^/]+)/(?P<index>\d+)(?P<field>/.*)?$", re.ASCII)
"""A path in an error's message, such as `/messages/3/timestamp`."""


@define
class BodyLimit:
    """How large a request may be; shared by all conversations of a run.

    Attributes:
        max_body: bytes; falls when ASAPP answers 413, to the size of the larger half.
    """

    max_body: int


@frozen
class RefusedMessage:
    """A message that will not be sent again.

    Attributes:
        index: its place in the conversation, from 0.
        reason: why, without what it says.
        field: the part of it that ASAPP names, if any.
        request_id: ASAPP's id of the request that was refused.
    """

    index: int
    reason: str
    field: str | None = None
    request_id: str | None = None


class Withheld(Exception):
    """That a batch did not leave, because the run was stopped or paused.

    Attributes:
        outcome_unknown: whether an earlier attempt may have been carried out.
    """

    def __init__(self, *, outcome_unknown: bool) -> None:
        super().__init__("the run ends")
        self.outcome_unknown = outcome_unknown


Outcome = Receipt | RequestFailedError | Withheld


def refused_messages(indexes: Sequence[int], error: APIStatusError) -> list[RefusedMessage]:
    """That ASAPP refuses these messages of a conversation, in its own words."""
    match = MESSAGE_PATH.match(error.path or "")
    path = (match["field"] if match else error.path) or ""
    field = path.strip("/").replace("/", ".") or None
    words = f": {error.message}" if error.message else " without a word"
    if error.message_quotes_request:
        words = ": its words quote the request and are not repeated here"
    reason = f"ASAPP answers {error.code or error.status_code}{words}"
    return [RefusedMessage(index, reason, field, error.request_id) for index in indexes]


def named_message(error: APIStatusError) -> int | None:
    """The place in the batch, from 0, of the message that an error is about, if it says so."""
    match = MESSAGE_PATH.match(error.path or "")
    if match and match["list"] == BATCH.messages_property:
        return int(match["index"])
    return None
