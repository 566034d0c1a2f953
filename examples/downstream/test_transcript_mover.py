"""The team's tests: their code meets the emulator, on good days and on bad ones."""

from __future__ import annotations

import pytest
from asapp_conversations import AuthenticationError, RateLimitError
from asapp_conversations_emulator import Emulator
from transcript_mover import move, read_line

CONVERSATION, OTHER = "01HNE48VMKNZ0B0SG3CEFV24WM", "01HNE48VMKNZ0B0SG3CEFV24WN"
LINES = [
    ("in", "customer-1", "2021-11-23T12:13:14Z", "Hello, I would like to upgrade."),
    ("out", "agent-111", "2021-11-23T12:13:16Z", "Let me help you with that."),
]


@pytest.fixture(autouse=True)
def _environment(asapp_emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    """Point clients that read the environment at the emulator."""
    for name, value in asapp_emulator.environment.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def test_moves_every_line_in_order(asapp_emulator: Emulator) -> None:
    assert move({CONVERSATION: LINES}) == {CONVERSATION: 2}
    held = asapp_emulator.messages(CONVERSATION)
    assert [message["text"] for message in held] == [line[3] for line in LINES]


def test_survives_a_503_and_a_reset(asapp_emulator: Emulator) -> None:
    asapp_emulator.fail_next("503,retry-after=0")
    asapp_emulator.fail_next("reset,stored")
    assert move({CONVERSATION: LINES}) == {CONVERSATION: 2}
    assert len(asapp_emulator.messages(CONVERSATION)) == 2
    assert [request.fault for request in asapp_emulator.requests] == [
        "503,retry-after=0",
        "reset,stored",
        None,
    ]


@pytest.mark.asapp_emulator(known_conversations=[CONVERSATION])
def test_leaves_out_unknown_conversations(asapp_emulator: Emulator) -> None:
    assert move({OTHER: LINES, CONVERSATION: LINES}) == {CONVERSATION: 2}
    assert asapp_emulator.conversations() == {CONVERSATION: 2}


@pytest.mark.asapp_emulator(faults=["429,retry-after=86400"])
def test_stops_when_the_quota_is_used_up() -> None:
    with pytest.raises(RateLimitError) as caught:
        move({CONVERSATION: LINES})
    assert caught.value.retry_after == 86_400


def test_says_when_the_keys_are_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASAPP_API_SECRET", "of-last-year")
    with pytest.raises(AuthenticationError):
        move({CONVERSATION: LINES})


@pytest.mark.anyio
async def test_async_code_is_served_as_well(asapp_emulator: Emulator) -> None:
    asapp_emulator.fail_next("503,retry-after=0")
    async with asapp_emulator.async_client() as client:
        stored = await client.create_messages(CONVERSATION, [read_line(*line) for line in LINES])
    assert (stored.stored, stored.retries) == (2, 1)


@pytest.mark.parametrize("number", range(8))
def test_every_test_has_an_emulator_of_its_own(asapp_emulator: Emulator, number: int) -> None:
    assert asapp_emulator.stats()["requests"] == 0
    conversation = f"{CONVERSATION[:-1]}{number}"
    assert move({conversation: LINES}) == {conversation: 2}
    assert asapp_emulator.conversations() == {conversation: 2}
