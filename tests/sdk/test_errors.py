"""The tree of errors, and how they travel."""

from __future__ import annotations

import copy
import pickle

import asapp_conversations
import pytest
from asapp_conversations import AsappError, Problem, Progress, RequestFailedError, agent

TREE = {
    "InvalidRequestError": "ValueError",
    "RequestFailedError": "AsappError",
    "APIConnectionError": "RequestFailedError",
    "APITimeoutError": "APIConnectionError",
    "APIStatusError": "RequestFailedError",
    "BadRequestError": "APIStatusError",
    "AuthenticationError": "APIStatusError",
    "PermissionDeniedError": "APIStatusError",
    "NotFoundError": "APIStatusError",
    "ConflictError": "APIStatusError",
    "PayloadTooLargeError": "APIStatusError",
    "UnprocessableEntityError": "APIStatusError",
    "RateLimitError": "APIStatusError",
    "InternalServerError": "APIStatusError",
    "ServiceUnavailableError": "InternalServerError",
}


def example(name: str) -> AsappError:
    """An error of that class with everything set."""
    kind: type[AsappError] = getattr(asapp_conversations, name)
    if name == "InvalidRequestError":
        return asapp_conversations.InvalidRequestError("no", [Problem("messages[0]", "wrong")])
    if not issubclass(kind, asapp_conversations.APIStatusError):
        return kind("POST /x: no answer")
    return kind("POST /x", 499, code="499-01", message="no", request_id="r-1", body={}, path="/a")


@pytest.mark.parametrize("name", TREE)
def test_tree(name: str) -> None:
    """Each error stands where the documentation puts it, under AsappError."""
    kind = getattr(asapp_conversations, name)
    above = getattr(asapp_conversations, TREE[name], ValueError)
    assert issubclass(kind, above)
    assert issubclass(kind, AsappError)


def test_tree_is_complete() -> None:
    """No public error is left out of the tree above."""
    public = {name for name in asapp_conversations.__all__ if name.endswith("Error")}
    assert public == TREE.keys() | {"AsappError"}


@pytest.mark.parametrize("name", TREE)
@pytest.mark.parametrize(
    "travel", [lambda error: pickle.loads(pickle.dumps(error)), copy.copy, copy.deepcopy]
)
def test_errors_travel_whole(name: str, travel: object) -> None:
    """Pickled or copied, an error keeps every attribute, its progress and its words."""
    error = example(name)
    error.progress = Progress(stored=1, remaining=[agent("text", "a", "2024-01-01")])
    if isinstance(error, RequestFailedError):
        error.attempts, error.request_ids, error.outcome_unknown = 3, ("r-0", "r-1"), True
    error.add_note("seen")
    again = travel(error)  # type: ignore[operator]
    assert type(again) is type(error)
    assert vars(again) == vars(error)
    assert str(again) == str(error)
    assert again.args == error.args


def test_progress_ends_the_words_of_every_error() -> None:
    """What to do with the rest stands at the end, behind what happened."""
    error = example("APITimeoutError")
    error.progress = Progress(remaining=[agent("text", "a", "2024-01-01")])
    assert str(error) == (
        "POST /x: no answer (1 attempt). It was certainly not carried out. "
        "Messages: 0 stored, 0 of unknown outcome, 1 remaining. "
        "To go on from there: create_messages(conversation_id, error.progress)."
    )
    for name in TREE:
        error = example(name)
        without = str(error)
        error.progress = Progress()
        assert str(error) == f"{without.removesuffix('.')}. {error.progress}"
