"""The pytest fixture `asapp_emulator`, found through the entry point group `pytest11`.

A package of its own, since pytest imports it at every start in every environment that has the
SDK: it imports neither the SDK nor a server until the fixture is used.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from asapp_conversations_emulator import Emulator

MARKER = "asapp_emulator"


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known."""
    config.addinivalue_line(
        "markers",
        f"{MARKER}(**options): options of the emulator behind the fixture asapp_emulator, "
        "as asapp_conversations_emulator.Emulator takes them",
    )


@pytest.fixture
def asapp_emulator(request: pytest.FixtureRequest) -> Iterator[Emulator]:
    """An emulator of ASAPP's Conversations API: a fresh one for each test, on its own port.

    `@pytest.mark.asapp_emulator(rate=100, faults=["503"], share=0.2)` sets its options.
    """
    try:
        from asapp_conversations_emulator import Emulator
    except ModuleNotFoundError as error:
        pytest.fail(
            f"the fixture asapp_emulator needs the module {error.name}: "
            "python -m pip install 'asapp-conversations[emulator]'",
            pytrace=False,
        )
    options: dict[str, Any] = {}
    for marker in reversed(list(request.node.iter_markers(MARKER))):
        options |= marker.kwargs
    with Emulator(**options) as server:
        yield server
