"""What the stand-in holds."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from typing import Any

from attrs import define, field


@define
class Store:
    """Messages by conversation, in the order in which they came, and what was asked.

    Attributes:
        conversations: the messages of each conversation, as they were sent.
        batches: how many batches were stored.
        requests: how many requests were answered, by status.
    """

    conversations: dict[str, list[Any]] = field(factory=dict)
    batches: int = 0
    requests: Counter[int] = field(factory=Counter)
    _digests: set[bytes] = field(factory=set)

    def add(self, conversation_id: str, messages: list[Any]) -> bool:
        """Store a batch; False when the conversation holds the very same batch already."""
        content = json.dumps([conversation_id, messages], sort_keys=True).encode()
        digest = hashlib.sha256(content).digest()
        if digest in self._digests:
            return False
        self._digests.add(digest)
        self.conversations.setdefault(conversation_id, []).extend(messages)
        self.batches += 1
        return True

    def stats(self) -> dict[str, Any]:
        """Counts of what is held and of what was asked."""
        return {
            "conversations": len(self.conversations),
            "messages": sum(map(len, self.conversations.values())),
            "batches": self.batches,
            "requests": sum(self.requests.values()),
            "answers": {str(status): count for status, count in sorted(self.requests.items())},
        }
