"""Messages whose local time the clock has shown twice: which of both moments is meant."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from .messages import Reject
from .record_parser import UnclearMessage, ValidMessage
from .sources import Ambiguous
from .times import in_source_order


def settle(
    messages: Sequence[ValidMessage | UnclearMessage], ambiguous: Ambiguous | None
) -> Iterator[ValidMessage | Reject]:
    """Each message of a conversation, in the order of the source, which decides where it can.

    Where it does not, `ambiguous` says what to take; without it such a message is rejected.
    """
    both = [
        (message.earlier, message.later) if isinstance(message, UnclearMessage) else (message,)
        for message in messages
    ]
    told = in_source_order(
        [[(one.sent_at, one.finer) for one in candidates] for candidates in both]
    )
    for message, candidates, instant in zip(messages, both, told, strict=True):
        if not isinstance(message, UnclearMessage):
            yield message
        elif instant is not None:
            yield next(one for one in candidates if (one.sent_at, one.finer) == instant)
        elif ambiguous is not None:
            yield message.earlier if ambiguous == "earlier" else message.later
        else:
            yield message.reject
