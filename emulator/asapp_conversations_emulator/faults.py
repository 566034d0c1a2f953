"""What can go wrong with a request, and with which requests it does: decisions without I/O."""

from __future__ import annotations

import re
from collections import Counter, deque
from collections.abc import Iterable
from email.utils import formatdate
from hashlib import blake2b
from typing import Final, Self

from attrs import field, frozen

KINDS: Final = ("refuse", "reset", "silence", "delay", "status")
BODIES: Final = ("json", "gateway", "html", "empty", "truncated", "cut-off", "wrong-charset")

_RETRY_AFTER = re.compile(r"(date:)?\d+(\.\d+)?", re.ASCII)


@frozen
class Fault:
    """What a request meets in place of its answer.

    Attributes:
        kind: `refuse` closes the connection before the body is read; `reset` resets it after
            the body was read; `silence` leaves it open and never answers; `delay` answers after
            `seconds`; `status` answers with `status`.
        stored: whether the request is carried out first. If not, nothing of it is stored.
        status: from 200 to 599.
        body: the form of the answer's body, one of `BODIES`. `truncated` is JSON that stops
            half-way; `cut-off` ends before the length that its header promises.
        retry_after: `2` or `1.5` for seconds, `date:2` for the HTTP date in two seconds, or None.
        seconds: how long `delay` waits.
    """

    kind: str
    stored: bool = False
    status: int = 503
    body: str = "json"
    retry_after: str | None = None
    seconds: float = field(default=0.0, converter=float)

    def __attrs_post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(
                f"no fault is called {self.kind!r}; "
                f"use one of {', '.join(KINDS[:-1])} or a status such as 503"
            )
        if self.kind == "refuse" and self.stored:
            raise ValueError("a refused request is never read, so it cannot be stored")
        if not 200 <= self.status <= 599:
            raise ValueError(f"the status of a fault must be from 200 to 599, not {self.status}")
        if self.body not in BODIES:
            raise ValueError(f"no body is called {self.body!r}; use one of {', '.join(BODIES)}")
        if self.retry_after is not None and not _RETRY_AFTER.fullmatch(self.retry_after):
            raise ValueError("retry-after must be in seconds, such as 2, 1.5 or date:2")
        if not 0 <= self.seconds < float("inf"):
            raise ValueError("a delay must be a finite number of seconds, 0 or more")

    @classmethod
    def parse(cls, text: str | int | Fault) -> Fault:
        """Read `503`, `reset,stored`, `delay=2` or `429,html,retry-after=date:2`.

        The first word is a kind or a status; `stored`, a body's form and `retry-after=` may
        follow. Raises `ValueError` that says what is wrong.
        """
        if isinstance(text, Fault):
            return text
        first, *rest = str(text).split(",")
        kind, _, seconds = first.partition("=")
        values: dict[str, object] = {"kind": kind}
        if kind.isdecimal():
            values = {"kind": "status", "status": int(kind)}
        elif kind == "status":
            raise ValueError("write the status itself, such as 503")
        elif seconds or kind == "delay":
            values["seconds"] = _number(seconds)
        for word in rest:
            values |= _read_word(word, of_status=kind.isdecimal())
        return cls(**values)  # type: ignore[arg-type]

    def __str__(self) -> str:
        first = {"status": str(self.status), "delay": f"delay={self.seconds:g}"}
        words = [first.get(self.kind, self.kind)]
        if self.body != "json":
            words.append(self.body)
        if self.retry_after is not None:
            words.append(f"retry-after={self.retry_after}")
        if self.stored:
            words.append("stored")
        return ",".join(words)

    def retry_after_header(self, now: float) -> str | None:
        """The value of `Retry-After` at the time `now`, in seconds since 1970."""
        if self.retry_after is None or not self.retry_after.startswith("date:"):
            return self.retry_after
        return formatdate(now + float(self.retry_after.removeprefix("date:")), usegmt=True)


class FaultPlan:
    """Which request meets which fault: those set for the next ones first, then a share of all.

    The share is drawn from the seed, the conversation and how many of its requests came before,
    so that it is the same in every run, whatever the conversations' order among each other.
    """

    def __init__(
        self, faults: Iterable[str | int | Fault] = (), share: float = 1.0, seed: int = 0
    ) -> None:
        if not 0 <= share <= 1:
            raise ValueError("the share of requests that meet a fault must be from 0 to 1")
        self.faults = tuple(map(Fault.parse, faults))
        self.share = share
        self.seed = seed
        self._seen: Counter[str] = Counter()
        self._next: dict[str | None, deque[Fault]] = {}

    def fresh(self) -> Self:
        """The same plan from its start, with nothing set for the next requests."""
        return type(self)(self.faults, self.share, self.seed)

    def fail_next(
        self, fault: str | int | Fault, count: int = 1, conversation_id: str | None = None
    ) -> None:
        """Set a fault for the next `count` requests, of one conversation or of any."""
        if count < 1:
            raise ValueError("count, the number of requests that meet the fault, must be 1 or more")
        waiting = self._next.setdefault(conversation_id, deque())
        waiting.extend([Fault.parse(fault)] * count)

    def waiting(self) -> dict[str | None, list[Fault]]:
        """What is set for the next requests, by conversation; None is any."""
        return {key: list(faults) for key, faults in self._next.items() if faults}

    def draw(self, conversation_id: str) -> Fault | None:
        """The fault of the request that comes now, if it meets one."""
        for key in (conversation_id, None):
            if self._next.get(key):
                return self._next[key].popleft()
        if not self.faults:
            return None
        self._seen[conversation_id] += 1
        drawn = f"{self.seed}/{conversation_id}/{self._seen[conversation_id]}"
        digest = blake2b(drawn.encode(), digest_size=16).digest()
        if int.from_bytes(digest[:8]) >= self.share * 2**64:
            return None
        return self.faults[int.from_bytes(digest[8:]) % len(self.faults)]


def _read_word(word: str, *, of_status: bool) -> dict[str, object]:
    name, _, value = word.partition("=")
    if word == "stored":
        return {"stored": True}
    if of_status and word in BODIES:
        return {"body": word}
    if of_status and name == "retry-after":
        return {"retry_after": value}
    known = f"stored, retry-after=, {', '.join(BODIES)}" if of_status else "stored"
    raise ValueError(f"{word!r} does not fit this fault: it takes {known}")


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise ValueError("a delay needs a number of seconds, such as delay=2") from None
