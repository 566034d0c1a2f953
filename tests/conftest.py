"""What all tests share."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest
from hypothesis import settings

# A loaded machine is no reason to fail; a test that never ends is stopped by whoever runs it.
settings.register_profile("untimed", deadline=None)
# The same examples in each run, so that a change is what makes a test fail, or a line uncovered.
# `pytest --hypothesis-profile untimed` looks for new ones.
settings.register_profile("fixed", settings.get_profile("untimed"), derandomize=True)
settings.load_profile("fixed")


@pytest.fixture
def ctrl_c() -> Iterator[None]:
    """Ctrl-C works also where whoever started the tests has switched it off."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)
