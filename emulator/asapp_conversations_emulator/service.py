"""The emulator's behaviour: what the document says, and the little that it cannot say."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from functools import partial
from threading import RLock
from typing import Any, TypedDict

from asapp_conversations import Credentials
from asapp_conversations.toolkit import MAX_BODY_BYTES
from asapp_conversations_client.contracts import Contracts
from asapp_conversations_client.facts import BATCH
from attrs import frozen

from .error_answers import Answer, ErrorAnswers
from .faults import Fault, FaultPlan
from .gateway import JITTER_TOLERANCE, DailyLimit, SharedLine, SpikeArrest
from .journal import ABANDONED, DROPPED, Journal, Request
from .rules import OperationRules
from .schemas import Schemas
from .store import Store

SPIKE_ARREST = "Spike arrest: requests come faster than the rate allows"
DAILY_LIMIT = "The daily limit is reached; it is back at 00:00 UTC"


@frozen
class Head:
    """A request before its body; header names are in lower case."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]


@frozen
class Admission:
    """A request that the gateway let through."""

    rules: OperationRules
    path_parameters: Mapping[str, str]
    head: Head
    conversation_id: str | None
    fault: Fault | None


@frozen
class Denial:
    """A request that the gateway did not let through."""

    answer: Answer
    conversation_id: str | None = None


@frozen
class Result:
    """What carrying out a request came to.

    Attributes:
        held: whether what the request asks for is in force now, by it or by an earlier one.
        stored: how many messages it added.
    """

    answer: Answer
    held: bool = False
    stored: int = 0


class Behaviour(TypedDict, total=False):
    """What `Emulator` takes by keyword: what the document cannot say, and what goes wrong.

    Attributes:
        rate: how many evenly spaced requests a second spike arrest lets through; None is no limit.
        tolerance: how many seconds early a request may come.
        jitter: how many seconds a request is late at most when it comes to spike arrest.
        live_traffic: how many other requests a second share the rate, at random times.
        daily_limit: how many requests are let through until 00:00 UTC; None is no limit.
        max_body: the size in bytes of the largest body that is accepted.
        known_conversations: the ids that exist; None is every id that the document allows.
        latency: how many seconds each accepted request takes.
        faults: the faults that requests meet, see `Fault.parse`. One that is named twice comes
            twice as often.
        share: the share of all requests that meet a fault, from 0 to 1.
        seed: the seed of the choice of those requests, which is the same in every run.
    """

    rate: float | None
    tolerance: float
    jitter: float
    live_traffic: float
    daily_limit: int | None
    max_body: int
    known_conversations: Iterable[str] | None
    latency: float
    faults: Iterable[str | int | Fault]
    share: float
    seed: int


class Service:
    """Decides every answer; safe for threads.

    Args:
        contracts: what it serves.
        store: what it holds.
        credentials: the only keys that it accepts; None takes any.

    The other arguments are those of `Behaviour`.
    """

    def __init__(
        self,
        contracts: Contracts,
        store: Store,
        credentials: Credentials | None = None,
        *,
        rate: float | None = None,
        tolerance: float = JITTER_TOLERANCE,
        jitter: float = 0.0,
        live_traffic: float = 0.0,
        daily_limit: int | None = None,
        max_body: int = MAX_BODY_BYTES,
        known_conversations: Iterable[str] | None = None,
        latency: float = 0.0,
        faults: Iterable[str | int | Fault] = (),
        share: float = 1.0,
        seed: int = 0,
    ) -> None:
        if max_body < 1:
            raise ValueError("max_body must be 1 byte or more")
        if not 0 <= latency < float("inf"):
            raise ValueError("latency must be a finite number of seconds, 0 or more")
        self.store = store
        self.max_body = max_body
        self.latency = latency
        self.journal = Journal()
        self.plan = FaultPlan(faults, share, seed)
        self.lock = RLock()
        self._first_plan = self.plan
        self._credentials = credentials
        self._known = None if known_conversations is None else frozenset(known_conversations)
        self._new_line = partial(_shared_line, rate, tolerance, jitter, live_traffic, seed)
        self._line = self._new_line()
        self._quota = DailyLimit(daily_limit)
        self._time_offset = 0.0
        schemas = Schemas(contracts.schemas)
        self.errors = ErrorAnswers(schemas)
        self._operations = [OperationRules(each, schemas) for each in contracts.operations]

    def now(self) -> float:
        """The emulator's time, in seconds since 1970."""
        return time.time() + self._time_offset

    def set_time(self, moment: datetime) -> None:
        """Let the emulator's clock run on from this time; UTC where it has no zone."""
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        self._time_offset = moment.timestamp() - time.time()

    def admit(self, head: Head) -> Admission | Denial:
        """Let a request through to the service, or refuse it, from its head alone."""
        served = [each for each in self._operations if each.operation.pattern.fullmatch(head.path)]
        rules = next((each for each in served if each.operation.method == head.method), None)
        if rules is None:
            methods = ", ".join(sorted(each.operation.method for each in served))
            no_such = self.errors.answer(405, allow=methods) if methods else self.errors.answer(404)
            return Denial(no_such)
        parameters = rules.read_path(head.path)
        conversation_id = parameters.get(BATCH.conversation_parameter)
        if rules.key_problem(head.query, head.headers, self._credentials):
            return Denial(self.errors.answer(401), conversation_id)
        with self.lock:
            if not self._line.lets_through(time.monotonic()):
                return Denial(self.errors.answer(429, SPIKE_ARREST), conversation_id)
            if not self._quota.lets_through(self.now()):
                return Denial(self.errors.answer(429, DAILY_LIMIT), conversation_id)
            fault = self.plan.draw(conversation_id or head.path)
        return Admission(rules, parameters, head, conversation_id, fault)

    def carry_out(self, admission: Admission, content: bytes) -> Result:
        """Do what an admitted request asks for, if the document allows it."""
        head, rules = admission.head, admission.rules
        media_type = head.headers.get("content-type", "").partition(";")[0].strip().lower()
        if content and rules.media_types and media_type not in {"", *rules.media_types}:
            return Result(self.errors.answer(415))
        problem = rules.parameter_problem(admission.path_parameters, head.query, head.headers)
        if problem:
            return Result(self.errors.answer(400, problem))
        body, problem = rules.read_body(content, media_type)
        if problem:
            return Result(self.errors.answer(400, problem))
        if rules.operation != BATCH.operation:
            return Result(Answer(rules.status, rules.answer, rules.media_type), held=True)
        return self._create_messages(admission, body.get(BATCH.messages_property) or [])

    def _create_messages(self, admission: Admission, messages: list[Any]) -> Result:
        conversation_id = str(admission.conversation_id)
        if self._known is not None and conversation_id not in self._known:
            return Result(self.errors.answer(404, "there is no such conversation"))
        try:
            with self.lock:
                added = not messages or self.store.add(conversation_id, messages)
        except sqlite3.Error as error:
            return Result(self.errors.answer(500, f"the store cannot be written: {error}"))
        if not added:
            return Result(
                self.errors.answer(409, "the conversation holds this batch already"), held=True
            )
        rules = admission.rules
        answer = Answer(rules.status, rules.answer, rules.media_type)
        return Result(answer, held=True, stored=len(messages))

    def note(self, **ended: Any) -> None:
        """Keep a request that has ended; takes the attributes of `Request` but its number."""
        with self.lock:
            self.journal.note(Request(number=self.journal.total + 1, **ended))

    def stats(self) -> dict[str, Any]:
        """Counts of what is held and of the requests that have ended; plain JSON values."""
        with self.lock:
            journal = self.journal
            return {
                **self.store.counts(),
                "duplicates": self.store.duplicates(),
                "requests": journal.total,
                "answers": {str(status): n for status, n in sorted(journal.answers.items())},
                DROPPED: journal.outcomes[DROPPED],
                ABANDONED: journal.outcomes[ABANDONED],
                "faults": dict(sorted(journal.faults.items())),
                "live": self._line.live,
                "live_refused": self._line.live_refused,
                "used_today": self._quota.used(self.now()),
                "daily_limit": self._quota.limit,
            }

    def fail_next(
        self, fault: str | int | Fault, count: int = 1, conversation_id: str | None = None
    ) -> None:
        """Set a fault for the next `count` requests, of one conversation or of any."""
        with self.lock:
            self.plan.fail_next(fault, count, conversation_id)

    def set_faults(
        self, faults: Iterable[str | int | Fault] = (), share: float = 1.0, seed: int = 0
    ) -> None:
        """Replace the faults that a share of all requests meets; none are left by default."""
        plan = FaultPlan(faults, share, seed)
        with self.lock:
            for conversation_id, waiting in self.plan.waiting().items():
                for fault in waiting:
                    plan.fail_next(fault, 1, conversation_id)
            self.plan = plan

    def reset(self) -> None:
        """Forget what is held and what was asked, and go back to the faults of the start."""
        with self.lock:
            self.store.clear()
            self.journal.clear()
            self.plan = self._first_plan.fresh()
            self._line = self._new_line()
            self._quota = DailyLimit(self._quota.limit)


def _shared_line(
    rate: float | None, tolerance: float, jitter: float, live_traffic: float, seed: int
) -> SharedLine:
    return SharedLine(SpikeArrest(rate, tolerance), jitter, live_traffic, seed)
