"""The pages' own code can be imported."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path[:0] = [
    str(Path(__file__).parent),
    *(str(Path(__file__).resolve().parents[2] / "docs" / each) for each in (".", "_ext")),
]
