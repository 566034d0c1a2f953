"""One call of `create_messages`: which batch is next, and what each outcome means. No I/O."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from asapp_conversations_client.facts import BATCH
from asapp_conversations_client.models import Message

from .batching import MOST_MESSAGES, Batch, body_size, cut_batch, halved_body_size, make_batch
from .errors import (
    AsappError,
    ConflictError,
    InvalidRequestError,
    PayloadTooLargeError,
    RequestFailedError,
)
from .messages import encode_message
from .progress import AnyMessage, Progress, Receipt, Stored, counted
from .validation import Problem, check_conversation_id

NO_MESSAGES = (Message, str, bytes, Mapping)
"""What can be iterated over, but by accident."""


class Upload:
    """One call's messages, each encoded and checked: `InvalidRequestError` tells all problems."""

    def __init__(
        self,
        conversation_id: str,
        messages: Iterable[AnyMessage] | Progress,
        max_body_bytes: int,
        conflict_is_stored: bool,
    ) -> None:
        unknown: Sequence[AnyMessage] = ()
        self._sent: set[bytes] = set()
        if isinstance(messages, Progress):
            unknown, self._sent = messages.unknown, set(messages.sent)
            messages = messages.remaining
        self._messages: list[AnyMessage] = []
        self._contents: list[bytes] = []
        self._max_body_bytes, self._conflict_is_stored = max_body_bytes, conflict_is_stored
        problems = check_conversation_id(conversation_id)
        if unknown:
            problems += self._add("unknown", unknown)
        self._in_doubt = self._doubtful_until = len(self._messages)
        if self._in_doubt > MOST_MESSAGES:
            problems.append(Problem("unknown", "is more than one batch can hold"))
        problems += self._add("messages", messages)
        if 0 < len(self._contents) - self._in_doubt < BATCH.min_messages:
            problems.append(Problem("messages", f"are fewer than {BATCH.min_messages}"))
        if problems:
            count = counted(len(problems), "problem")
            raise InvalidRequestError(f"nothing was sent: {count}", problems)
        self._done = self._already_stored = self._retries = 0
        self._request_ids: list[str] = []

    def _add(self, name: str, group: Iterable[AnyMessage]) -> Iterator[Problem]:
        if isinstance(group, NO_MESSAGES) or not isinstance(group, Iterable):
            kind = type(group).__name__
            raise InvalidRequestError(f"{name}: an iterable of messages is expected, not {kind}")
        room = self._max_body_bytes - body_size([0])
        messages = list(group)
        encoded = [encode_message(message) for message in messages]
        self._messages += messages
        self._contents += [content for content, _ in encoded]
        for index, (content, found) in enumerate(encoded):
            if len(content) > room and not found:
                found = [Problem("", f"does not fit a request of {self._max_body_bytes:,} bytes")]
            for problem in found:
                yield problem.under(f"{name}[{index}]")

    async def send_with(self, send: Callable[[bytes, bool], Awaitable[Receipt]]) -> Stored:
        """Send one batch after the other.

        Args:
            send: sends a body; it is told, too, whether an earlier call may have stored this one.
        """
        try:
            while self._done < len(self._contents):
                batch, in_doubt = self._next_batch(), self._done < self._in_doubt
                # From `_done` to here the outcome is unknown; nothing behind it has been sent.
                self._doubtful_until = self._done + batch.count
                try:
                    receipt = await send(batch.body, in_doubt)
                except RequestFailedError as error:
                    self._count(error.request_ids)
                    if not self._recovers(batch, error):
                        raise
                else:
                    self._count(receipt.request_ids)
                    self._advance(batch, before=in_doubt and receipt.confirmed_by_conflict)
        except BaseException as error:
            self._report_on(error)
            raise
        return Stored(**self._counts())

    def _next_batch(self) -> Batch:
        if self._done < self._in_doubt:
            return make_batch(self._contents[: self._in_doubt])
        budget = self._max_body_bytes
        batch = cut_batch(self._contents, self._done, max_body_bytes=budget, sent=self._sent)
        if batch is None:
            raise InvalidRequestError(
                f"what is left ({counted(len(self._contents) - self._done, 'message')}) repeats other "
                "messages so often that every batch of it would equal one that ASAPP holds, and be "
                "taken for it; make the messages differ, in their times for example"
            )
        return batch

    def _recovers(self, batch: Batch, error: RequestFailedError) -> bool:
        """Whether the upload can go on; what is too large is halved, as are all later batches."""
        if isinstance(error, ConflictError):
            self._advance(batch, before=True)
            return self._conflict_is_stored
        if error.outcome_unknown:
            return False
        self._doubtful_until = self._done
        too_large = (
            isinstance(error, PayloadTooLargeError) and batch.count >= 2 * BATCH.min_messages
        )
        if too_large:
            contents = self._contents[self._done : self._done + batch.count]
            self._max_body_bytes = halved_body_size([len(content) for content in contents])
        return too_large

    def _advance(self, batch: Batch, *, before: bool) -> None:
        """Note a batch as stored: by an earlier call, or by this one."""
        self._sent.add(batch.digest)
        self._done += batch.count
        self._doubtful_until = self._done
        self._already_stored += batch.count * before

    def _count(self, request_ids: tuple[str, ...]) -> None:
        self._request_ids += request_ids
        self._retries += len(request_ids) - 1

    def _counts(self) -> dict[str, Any]:
        return {
            "stored": self._done - self._already_stored,
            "already_stored": self._already_stored,
            "requests": len(self._request_ids),
            "retries": self._retries,
            "request_ids": tuple(self._request_ids),
        }

    def _report_on(self, error: BaseException) -> None:
        """Put `progress` on whatever ends the upload early, be it Ctrl-C."""
        ours = isinstance(error, AsappError)
        if ours and not (vars(error).get("outcome_unknown") or self._done < self._in_doubt):
            self._doubtful_until = self._done
        vars(error)["progress"] = progress = Progress(
            **self._counts(),
            unknown=self._messages[self._done : self._doubtful_until],
            remaining=self._messages[self._doubtful_until :],
            sent=frozenset(self._sent),
        )
        if not ours:
            error.add_note(f"{progress} {AsappError.to_go_on}")
