"""Where the secret must not be seen."""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Callable
from typing import Any

import pytest
from asapp_conversations import AsyncClient, Client, Credentials, InvalidRequestError, Message
from documented import CONVERSATION

SECRET = "very-s3cret-value"


def own_locals(error: BaseException) -> str:
    """The locals of this package's frames, attrs' generated ones too, as a reporter shows them."""
    shown = traceback.TracebackException.from_exception(error, capture_locals=True)
    frames = [frame for frame in shown.stack if "asapp_conversations" in frame.filename]
    assert frames
    return "".join(repr(frame.locals) for frame in frames)


@pytest.mark.parametrize(
    ("api_id", "api_secret"),
    [("id", SECRET + "\n"), ("bad\n", SECRET), ("id", SECRET + "é"), ("", SECRET)],
)
def test_refused_pair_keeps_the_secret(api_id: str, api_secret: str) -> None:
    """A pair of keys that is refused leaves no secret in the locals of its constructor."""
    with pytest.raises(InvalidRequestError) as caught:
        Credentials(api_id, api_secret)
    assert SECRET not in own_locals(caught.value)


async def fetch_pair() -> Any:
    return "id", SECRET


@pytest.mark.parametrize("provider", [lambda: ("id", SECRET), lambda: SECRET])
def test_refused_answer_of_a_provider_keeps_the_secret(
    provider: Any, make_messages: Callable[[int], list[Message]]
) -> None:
    """What a provider returns by mistake may be the secret: no frame of ours holds it."""
    with pytest.raises(InvalidRequestError, match="must return Credentials") as caught:
        Client(credentials=provider).create_messages(CONVERSATION, make_messages(1))
    assert SECRET not in own_locals(caught.value)


@pytest.mark.parametrize("provider", [fetch_pair, lambda: SECRET])
def test_refused_answer_of_an_async_provider_keeps_the_secret(
    provider: Any, make_messages: Callable[[int], list[Message]]
) -> None:
    """The async twin hides it as well."""
    client = AsyncClient(credentials=provider)
    with pytest.raises(InvalidRequestError, match="must return Credentials") as caught:
        asyncio.run(client.create_messages(CONVERSATION, make_messages(1)))
    assert SECRET not in own_locals(caught.value)


@pytest.mark.parametrize("kind", [Client, AsyncClient])
@pytest.mark.parametrize(
    "options",
    [
        {"api_id": ""},
        {"base_url": "ftp://host"},
        {"credentials": Credentials("id", "other")},
        {"api_id": "line\n"},
    ],
)
def test_failing_constructor_keeps_the_secret(kind: type[Client], options: Any) -> None:
    """Rendering the locals of a constructor that fails shows no secret in our frames."""
    with pytest.raises(InvalidRequestError) as caught:
        kind(api_secret=SECRET, **options)
    assert SECRET not in own_locals(caught.value)
