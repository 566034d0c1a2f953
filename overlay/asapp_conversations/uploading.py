"""One call of `create_messages`: which batch is next, and what each outcome means. No I/O."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from asapp_conversations_client.facts import BATCH
from asapp_conversations_client.models import Message

from .batching import Batch, body_size, cut_batch, halved_body_size, make_batch
from .errors import (
    AsappError,
    ConflictError,
    InvalidRequestError,
    PayloadTooLargeError,
    RequestFailedError,
)
from .messages import encode_message
from .progress import AnyMessage, Progress, Receipt, Stored
from .validation import Problem, check_conversation_id

NO_MESSAGES = (Message, str, bytes, Mapping)
"""What can be iterated over, but by accident."""


class Upload:
    """Takes the messages of one call through, in order: iterate over its batches.

    Each is followed by `accept` or `recovers_from`, before the next is asked for. Every message is
    encoded and checked at first: `InvalidRequestError` tells all that is wrong.
    """

    def __init__(
        self,
        conversation_id: str,
        messages: Iterable[AnyMessage] | Progress,
        max_body_bytes: int,
        conflict_is_stored: bool,
    ) -> None:
        before = messages if isinstance(messages, Progress) else Progress()
        rest = before.remaining if isinstance(messages, Progress) else messages
        self._messages: list[AnyMessage] = []
        self._contents: list[bytes] = []
        self._max_body_bytes = max_body_bytes
        problems = check_conversation_id(conversation_id)
        if before.unknown:
            problems += self._add("unknown", before.unknown)
        self._in_doubt = self._doubtful_until = len(self._messages)
        if self._in_doubt > BATCH.max_messages:
            problems.append(Problem("unknown", "is more than one batch can hold"))
        problems += self._add("messages", rest)
        if problems:
            count = f"{len(problems)} problem{'s' * (len(problems) > 1)}"
            raise InvalidRequestError(f"nothing was sent: {count}", problems)
        self._conflict_is_stored = conflict_is_stored
        self._sent = set(before.sent)
        self._done = self._already_stored = self._retries = 0
        self._request_ids: list[str] = []

    def _add(self, name: str, group: Iterable[AnyMessage]) -> Iterator[Problem]:
        if isinstance(group, NO_MESSAGES) or not isinstance(group, Iterable):
            kind = type(group).__name__
            raise InvalidRequestError(f"{name}: an iterable of messages is expected, not {kind}")
        room = self._max_body_bytes - body_size([0])
        for index, message in enumerate(group):
            content, found = encode_message(message)
            if len(content) > room and not found:
                words = f"does not fit a request of {self._max_body_bytes:,} bytes"
                found = [Problem("", words)]
            for problem in found:
                yield problem.under(f"{name}[{index}]")
            self._messages.append(message)
            self._contents.append(content)

    def __iter__(self) -> Iterator[Batch]:
        while self._done < len(self._contents):
            self._batch = self._next_batch()
            # From `_done` to here the outcome is unknown; nothing behind it has been sent.
            self._doubtful_until = self._done + self._batch.count
            yield self._batch

    @property
    def batch_in_doubt(self) -> bool:
        """Whether the batch at hand is one that an earlier call may have stored."""
        return self._done < self._in_doubt

    def accept(self, receipt: Receipt) -> None:
        """Take in that ASAPP holds the batch at hand."""
        self._count(receipt.request_ids)
        self._advance(before=self.batch_in_doubt and receipt.confirmed_by_conflict)

    def recovers_from(self, error: RequestFailedError) -> bool:
        """Take in that the batch at hand has failed; whether the upload can go on after that.

        A batch that is too large is halved, and no later one is larger than its larger half.
        """
        self._count(error.request_ids)
        if isinstance(error, ConflictError):
            self._advance(before=True)
            return self._conflict_is_stored
        if error.outcome_unknown:
            return False
        self._doubtful_until = self._done
        if isinstance(error, PayloadTooLargeError) and self._batch.count > 1:
            batch = self._contents[self._done : self._done + self._batch.count]
            self._max_body_bytes = halved_body_size([len(content) for content in batch])
            return True
        return False

    def report_on(self, error: BaseException) -> None:
        """Put `progress` on whatever ends the upload early, be it Ctrl-C."""
        ours = isinstance(error, AsappError)
        if ours and not (vars(error).get("outcome_unknown") or self.batch_in_doubt):
            self._doubtful_until = self._done
        vars(error)["progress"] = progress = self._progress()
        if not ours:
            error.add_note(f"{progress} {AsappError.to_go_on}")

    def result(self) -> Stored:
        """What has been stored by now."""
        stored, requests = self._done - self._already_stored, len(self._request_ids)
        ids = tuple(self._request_ids)
        return Stored(stored, self._already_stored, requests, self._retries, ids)

    def _progress(self) -> Progress:
        known = self.result()
        return Progress(
            stored=known.stored,
            already_stored=known.already_stored,
            unknown=self._messages[self._done : self._doubtful_until],
            remaining=self._messages[self._doubtful_until :],
            requests=known.requests,
            retries=known.retries,
            sent=frozenset(self._sent),
        )

    def _next_batch(self) -> Batch:
        if self.batch_in_doubt:
            return make_batch(self._contents[: self._in_doubt])
        budget = self._max_body_bytes
        batch = cut_batch(self._contents, self._done, max_body_bytes=budget, sent=self._sent)
        if batch is None:
            raise InvalidRequestError(
                f"the last {len(self._contents) - self._done} messages repeat others so often that "
                "every batch of them would equal one that ASAPP holds, and be taken for it; make "
                "them differ, in their times for example"
            )
        return batch

    def _count(self, request_ids: tuple[str, ...]) -> None:
        self._request_ids += request_ids
        self._retries += len(request_ids) - 1

    def _advance(self, *, before: bool) -> None:
        """Note the batch at hand as stored: by an earlier call, or by this one."""
        self._sent.add(self._batch.digest)
        self._done += self._batch.count
        self._doubtful_until = self._done
        self._already_stored += self._batch.count * before
