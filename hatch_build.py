"""Gives the README that an index shows links that lead somewhere from there."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface

LINK = re.compile(r"\]\((?!https?:|#)([^)]+)\)")


def with_links(text: str, urls: dict[str, str], version: str) -> str:
    """The README with absolute links: to the site for its pages and pictures, else to the sources.

    Args:
        text: the README.
        urls: `[project.urls]`, with a Documentation and a Repository.
        version: whose sources are meant.
    """

    def target(match: re.Match[str]) -> str:
        path = Path(match[1])
        site = urls["Documentation"]
        if path.parts[0] == "docs" and path.suffix == ".md":
            return f"]({site}/{path.relative_to('docs').with_suffix('.html').as_posix()})"
        if path.parts[0] == "docs":
            return f"]({site}/_images/{path.name})"
        return f"]({urls['Repository']}/blob/v{version}/{path.as_posix()})"

    return LINK.sub(target, text)


class ReadmeHook(MetadataHookInterface):
    """Runs whenever a wheel or an sdist is built."""

    def update(self, metadata: dict[str, Any]) -> None:
        text = Path(self.root, "README.md").read_text("utf-8")
        text = with_links(text, metadata["urls"], metadata["version"])
        metadata["readme"] = {"content-type": "text/markdown", "text": text}
