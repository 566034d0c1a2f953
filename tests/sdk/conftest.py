"""What the SDK's tests share."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from answering import SECRET
from asapp_conversations import Message, agent
from asapp_conversations.toolkit import Clock
from attrs import define, field

URL = "http://localhost:1"


@define
class FakeTime:
    """A clock that moves when somebody waits."""

    now: float = 1_700_000_000.0
    waits: list[float] = field(factory=list)

    def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += seconds

    async def sleep_async(self, seconds: float) -> None:
        self.sleep(seconds)

    def clock(self) -> Clock:
        return Clock(
            monotonic=lambda: self.now,
            time=lambda: self.now,
            sleep=self.sleep,
            sleep_async=self.sleep_async,
            random=lambda: 0.0,
        )


@pytest.fixture
def time() -> FakeTime:
    return FakeTime()


@pytest.fixture(autouse=True)
def _keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASAPP_API_ID", "id-1")
    monkeypatch.setenv("ASAPP_API_SECRET", SECRET)
    monkeypatch.setenv("ASAPP_BASE_URL", URL)
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def make_messages() -> Callable[[int], list[Message]]:
    def make(count: int) -> list[Message]:
        return [agent(f"text {i:04}", "agent-1", "2024-03-04T08:00:00Z") for i in range(count)]

    return make
