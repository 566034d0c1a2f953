"""The file of rejects: JSON Lines, to be mended and imported by itself."""

from __future__ import annotations

import errno
import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from asapp_conversations import InvalidRequestError


def write_rejects(path: Path, rejects: Iterable[dict[str, Any]], known: str | None) -> str | None:
    """Write the rejects, in the place of an earlier file, and return the new file's digest.

    Args:
        path: the file; readable by its owner only, since messages stand in it.
        rejects: the lines; without any, no file is left.
        known: the digest that was returned when the file was last written, if that is known; a
            file that has these very lines is nobody's work either.

    Raises:
        InvalidRequestError: somebody has written to the file since.
        OSError: it cannot be written.
    """
    if not path.parent.is_dir():
        raise FileNotFoundError(errno.ENOENT, "there is no such folder", str(path.parent))
    with TemporaryDirectory(dir=path.parent) as folder:
        new = Path(folder, "rejects")
        new.touch(mode=0o600)
        with new.open("w", encoding="utf-8") as file:
            file.writelines(json.dumps(reject, ensure_ascii=False) + "\n" for reject in rejects)
        digest = _digest(new)
        if path.exists() and _digest(path) not in (known, digest):
            raise InvalidRequestError(
                f"{path} was edited or is not ours, and was left as it is: move it away, or "
                "name another file for the rejects"
            )
        if new.stat().st_size:
            new.replace(path)
            return digest
        path.unlink(missing_ok=True)
        return None


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
