"""The corners of OpenAPI: each is carried whole, is left out by name, or refuses the document."""

from __future__ import annotations

import json
from pathlib import Path

import corners_of_documents
import corners_of_messages
import corners_of_operations
import corners_of_the_whole
import pytest
from corner import CORNERS, Corner
from edited import Edited
from warm import Warm

pytest.importorskip("openapi_python_client", reason="needs the group `generate`")

from building import built

MODULES = (
    corners_of_documents,
    corners_of_messages,
    corners_of_operations,
    corners_of_the_whole,
)
"""Where the corners are made, which importing them notes."""


@pytest.mark.corner
@pytest.mark.parametrize("corner", CORNERS, ids=lambda corner: corner.name)
def test_corner(tmp_path: Path, warm: Warm, corner: Corner) -> None:
    """It works as the document does, but for what is said about it beforehand."""
    document = Edited()
    content = corner.edit(document)
    written = content or json.dumps(document.content).encode()
    left_out = built(tmp_path, written, corner.refused, warm)
    if left_out is None:
        return
    assert left_out.keys() == corner.left_out.keys(), left_out
    assert all(corner.left_out[title] in words for title, words in left_out.items()), left_out
    assert warm.exercise(tmp_path / "generated", corner.name) == []


def test_corners_have_names_of_their_own() -> None:
    """No corner takes the place of another."""
    assert len(MODULES) == 4
    assert len({corner.name for corner in CORNERS}) == len(CORNERS)
