"""What all tests share."""

from __future__ import annotations

from hypothesis import settings

# A loaded machine is no reason to fail; a test that never ends is stopped by whoever runs it.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")
