"""Makes the client of a changed document, or sees it refused."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from edited import ROOT
from failure import RegenerationError
from regenerate import build
from warm import Warm


def built(folder: Path, document: bytes, refused: str | None, warm: Warm) -> dict[str, str] | None:
    """What is left out of the client below `folder`; None if it is refused, in these words."""
    shutil.copy(ROOT / "generator-config.yml", folder)
    (folder / "openapi.yaml").write_bytes(document)
    client = folder / "generated" / "asapp_conversations_client"
    client.parent.mkdir()
    if refused is None:
        return build(folder, client, warm.preflight)
    with pytest.raises(RegenerationError) as refusal:
        build(folder, client, warm.preflight)
    assert str(refusal.value).startswith("openapi.yaml: ")
    assert refused in str(refusal.value)
    return None
