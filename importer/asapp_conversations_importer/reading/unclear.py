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
    # What no clock has shown is no evidence of the order.
    shown = [
        candidates
        for message, candidates in zip(messages, both, strict=True)
        if not isinstance(message, UnclearMessage) or message.repeated
    ]
    told = iter(in_source_order([[(m.sent_at, m.finer) for m in members] for members in shown]))
    for message, candidates in zip(messages, both, strict=True):
        if not isinstance(message, UnclearMessage):
            next(told)
            yield message
            continue
        instant = next(told) if message.repeated else None
        if instant is not None:
            yield next(one for one in candidates if (one.sent_at, one.finer) == instant)
        elif ambiguous is not None:
            yield message.earlier if ambiguous == "earlier" else message.later
        else:
            yield message.reject
