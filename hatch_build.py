"""Gives the README that an index shows links that lead somewhere from there."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface

LINK = re.compile(r"\]\((?!https?:|#)([^)]+)\)")


def with_links(text: str, urls: dict[str, str], version: str) -> str:
    """The README with absolute links: to the site for its pages, else to the sources of the version.

    Args:
        urls: `[project.urls]`, with a Documentation and a Repository.
    """

    def target(match: re.Match[str]) -> str:
        path = match[1]
        if path.startswith("docs/") and path.endswith(".md"):
            page = path.removeprefix("docs/").removesuffix(".md")
            return f"]({urls['Documentation']}/{page}.html)"
        return (
            f"]({urls['Repository']}/raw/v{version}/{path})"
            if path.endswith(".svg")
            else (f"]({urls['Repository']}/blob/v{version}/{path})")
        )

    return LINK.sub(target, text)


class ReadmeHook(MetadataHookInterface):
    """Runs whenever a wheel or an sdist is built."""

    def update(self, metadata: dict[str, Any]) -> None:
        text = Path(self.root, "README.md").read_text("utf-8")
        text = with_links(text, metadata["urls"], metadata["version"])
        metadata["readme"] = {"content-type": "text/markdown", "text": text}
