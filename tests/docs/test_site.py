"""The built site, in a headless Chromium: wide and narrow, light and dark."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from blocks import PAGES, SITE, blocks
from selenium import webdriver
from selenium.webdriver.remote.webdriver import WebDriver

if not SITE.exists():
    pytest.skip("the site is not built: nox -s docs builds it", allow_module_level=True)

HTML = sorted(
    path for path in SITE.rglob("*.html") if not path.relative_to(SITE).parts[0].startswith("_")
)

QUESTIONS = {
    "How do I get a conversation id?": "before-you-import.html#conversation-ids",
    "What happens if I run it twice?": "retries.html#what-happens-if-i-run-it-twice",
    "Why am I slower than 100 requests a second?": "retries.html#why-am-i-slower-than-the-limit",
    "How do I test my code against a 503?": "emulator.html#test-your-code-against-a-503",
    "What changed in this release for me?": "upgrading.html#what-changed-in-this-release",
    "How do I add a field that ASAPP has just published?": (
        "upgrading.html#a-field-that-asapp-has-just-published"
    ),
}


class Links(HTMLParser):
    """Where a page leads, what it loads, and which places it has."""

    def __init__(self, page: Path) -> None:
        super().__init__()
        self.leads: list[str] = []
        self.loads: list[str] = []
        self.places: set[str] = set()
        self.feed(page.read_text("utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        self.places.add(named.get("id") or "")
        if tag == "a":
            self.leads.append(named.get("href") or "")
        elif tag in {"img", "script", "link", "iframe"} and named.get("rel") != "canonical":
            self.loads.append(named.get("src") or named.get("href") or "")


@pytest.fixture(scope="module")
def browser() -> Iterator[WebDriver]:
    chromium, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if not (chromium and driver):
        pytest.skip("no chromium with its chromedriver is installed")
    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    for argument in ("headless=new", "no-sandbox", "disable-gpu"):
        options.add_argument(f"--{argument}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    with webdriver.Chrome(options, webdriver.ChromeService(driver)) as running:
        yield running


@pytest.mark.parametrize(("question", "answer"), QUESTIONS.items(), ids=lambda it: str(it)[:30])
def test_question_is_answered_one_click_away(question: str, answer: str) -> None:
    """The front page asks it, and the link leads to a place that exists."""
    front = (SITE / "index.html").read_text("utf-8")
    text = re.sub(r"<[^>]+>", "", front)
    assert question in text
    assert answer in Links(SITE / "index.html").leads
    page, _, place = answer.partition("#")
    assert place in Links(SITE / page).places


@pytest.mark.parametrize("page", HTML, ids=lambda path: path.relative_to(SITE).as_posix())
def test_page_loads_nothing_from_elsewhere(page: Path) -> None:
    loads = Links(page).loads
    assert loads
    assert [each for each in loads if re.match(r"(https?:)?//", each)] == []


@pytest.mark.parametrize("sheet", sorted(SITE.rglob("*.css")), ids=lambda path: path.name)
def test_style_loads_nothing_from_elsewhere(sheet: Path) -> None:
    loads = re.findall(r"url\(['\"]?((?:https?:)?//[^)]+)|@import[^;]+//", sheet.read_text("utf-8"))
    assert loads == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1400, 390])
def test_no_page_scrolls_aside_or_complains(browser: WebDriver, width: int, scheme: str) -> None:
    browser.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False},
    )
    media = {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", media)
    assert HTML
    for page in HTML:
        browser.get(page.as_uri())
        size = "const root = document.documentElement; return [root.scrollWidth, root.clientWidth]"
        needed, there = browser.execute_script(size)
        assert needed <= there, f"{page.name} is {needed - there} too wide"
        ground = browser.execute_script("return getComputedStyle(document.body).backgroundColor")
        brightness = sum(map(int, re.findall(r"\d+", ground)[:3])) / 3
        assert (brightness < 128) == (scheme == "dark"), page.name
    assert browser.get_log("browser") == []


def test_published_numbers_come_from_the_facts() -> None:
    """No page types what ASAPP may change; the numbers that are measured are another matter."""
    import conf

    facts = {"max_messages", "daily_sandbox", "daily_production", "max_body"}
    numbers = {conf.myst_substitutions[name] for name in facts}
    numbers |= {f"{conf.myst_substitutions['rate']} requests a second"}
    for page in PAGES:
        if page.name not in {"numbers.md", "README.md"}:
            typed = prose(page)
            assert [
                it for it in numbers if re.search(rf"(?<![\d,`]){it}(?!,?\d|`)", typed)
            ] == [], page


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_no_substitution_stands_in_code(page: Path) -> None:
    """It would be shown as it is written."""
    assert re.findall(r"`[^`\n]*\{\{[^`\n]*`", prose(page)) == []


def prose(page: Path) -> str:
    """A page without its blocks of code."""
    lines = page.read_text("utf-8").splitlines()
    for block in blocks(page):
        lines[block.line - 1 : block.end] = [""] * (block.end - block.line + 1)
    return "\n".join(lines)
