"""The pytest fixture `asapp_sandbox`, found through the entry point group `pytest11`.

A package of its own, since pytest imports it at every start in every environment that has the
SDK: it imports neither the SDK nor a server until the fixture is used.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from asapp_conversations.sandbox import SandboxServer

MARKER = "asapp_sandbox"


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known."""
    config.addinivalue_line(
        "markers",
        f"{MARKER}(**options): options of the stand-in behind the fixture asapp_sandbox, "
        "as asapp_conversations.sandbox.SandboxServer takes them",
    )


@pytest.fixture
def asapp_sandbox(request: pytest.FixtureRequest) -> Iterator[SandboxServer]:
    """A local stand-in for ASAPP's Conversations API: fresh, on a port of its own, for each test.

    `@pytest.mark.asapp_sandbox(rate=100, faults=["503"], share=0.2)` sets its options.
    """
    try:
        from asapp_conversations.sandbox import SandboxServer
    except ModuleNotFoundError as error:
        pytest.fail(
            f"the fixture asapp_sandbox needs the module {error.name}: "
            "python -m pip install 'asapp-conversations[sandbox]'",
            pytrace=False,
        )
    options: dict[str, Any] = {}
    for marker in reversed(list(request.node.iter_markers(MARKER))):
        options |= marker.kwargs
    with SandboxServer(**options) as server:
        yield server
