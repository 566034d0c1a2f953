"""The file of rejects."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from asapp_conversations_importer import write_rejects


def test_failed_rejects_leave_the_old_file(tmp_path: Path) -> None:
    """A file of rejects that cannot be written whole leaves the one before."""
    path = tmp_path / "rejects.jsonl"
    known = write_rejects(path, [{"line": 1}], None)

    def failing() -> Any:
        yield {"line": 2}
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        write_rejects(path, failing(), known)
    assert path.read_text() == '{"line": 1}\n'
    assert list(tmp_path.iterdir()) == [path]
