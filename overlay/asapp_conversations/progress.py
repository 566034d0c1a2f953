"""What is known of a batch that was sent, and of a call that sends many."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Self

from asapp_conversations_client.models import Message
from attrs import evolve, field, frozen

AnyMessage = Message | Mapping[str, Any]
"""A message: a model, or a mapping in the API's JSON form."""


def counted(number: int, noun: str) -> str:
    """Such as `1 message` or `2,000 messages`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _size(values: Sequence[Any] | frozenset[Any]) -> str:
    """How many there are, to show in the place of what they say."""
    return f"<{len(values)}>"


@frozen
class Receipt:
    """What is known of a batch that ASAPP holds.

    Attributes:
        request_ids: ASAPP's id of each attempt, in order; empty where no answer told one.
        confirmed_by_conflict: whether a 409 told it, after an attempt whose answer was lost.
        answer: the JSON of ASAPP's answer; None where it had none.
    """

    request_ids: tuple[str, ...] = ("",)
    confirmed_by_conflict: bool = False
    answer: Any = field(default=None, repr=False, eq=False)

    @property
    def attempts(self) -> int:
        """How many times the request was sent."""
        return len(self.request_ids)


@frozen
class Stored:
    """What a call of `create_messages` did.

    Attributes:
        stored: how many messages ASAPP accepted in this call.
        already_stored: how many it held from an earlier call.
        requests: how many requests have left.
        retries: how many of them were resends.
        request_ids: ASAPP's id of each of the requests, in order; empty where no answer told one.
    """

    stored: int = 0
    already_stored: int = 0
    requests: int = 0
    retries: int = 0
    request_ids: tuple[str, ...] = ()


@frozen(kw_only=True)
class Progress(Stored):
    """How far a call of `create_messages` came; hand it in the place of messages to go on.

    Attributes:
        unknown: the messages of the one batch whose outcome no answer told. They are sent first,
            as the very same batch, so that ASAPP can tell whether it holds it.
        remaining: the messages that are certainly not stored, in order.
        sent: the digests of the batches that ASAPP holds; no later batch equals one of them.

    The rest is as in `Stored`, without the requests of a batch that was interrupted.
    """

    unknown: Sequence[AnyMessage] = field(default=(), repr=_size)
    remaining: Sequence[AnyMessage] = field(default=(), repr=_size)
    sent: frozenset[bytes] = field(default=frozenset(), repr=_size)

    def with_remaining(self, messages: Iterable[AnyMessage]) -> Self:
        """The same, with other messages in the place of those that remain, such as mended ones."""
        return evolve(self, remaining=tuple(messages))

    def __str__(self) -> str:
        return (
            f"Messages: {self.stored + self.already_stored:,} stored, {len(self.unknown):,} of "
            f"unknown outcome, {len(self.remaining):,} remaining."
        )
