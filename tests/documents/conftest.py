"""What the tests of changed documents share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from warm import Warm


@pytest.fixture(scope="session")
def warm() -> Iterator[Warm]:
    """A process that tries clients."""
    with Warm() as process:
        yield process
