"""What the pages show works, and prints what they say."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from blocks import LANGUAGES, PAGES, ROOT, agrees, blocks
from pages import check_page


def name(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_what_a_page_shows_works(page: Path, tmp_path: Path) -> None:
    check_page(page, tmp_path)


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_block_says_what_it_is(page: Path) -> None:
    assert {block.language for block in blocks(page)} <= LANGUAGES


def test_links_of_the_files_beside_the_site_lead_somewhere() -> None:
    """The site's own are checked by its build."""
    for page in (ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "AGENTS.md"):
        links = re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text("utf-8"))
        assert links
        assert [link for link in links if not (ROOT / link).exists()] == [], page.name


def test_only_times_and_ellipses_may_differ() -> None:
    assert agrees("Time 2 s\nTo …, port 1", "Time 3.5 s\nTo a, b, port 1")
    assert not agrees("2 stored", "3 stored")
    assert not agrees("", "stored")
