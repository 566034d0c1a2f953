"""The report as a page."""

from __future__ import annotations

import re
import shutil
import subprocess
from datetime import UTC, datetime
from html import escape, unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from asapp_conversations_importer import Failure, ImportReport, Phase, Sample, StoppedBy
from asapp_conversations_importer.cli import page
from asapp_conversations_importer.cli.accounts import account_of_report
from asapp_conversations_importer.cli.page import SHOWN_REASONS, render_page
from attrs import evolve, field, frozen

MADE = datetime(2026, 11, 24, 3, 12, 5, tzinfo=UTC)
EVIL = "</style><script>alert(1)</script>\"'&\x1b[31m\u202e\udcff\x00"
EVIL_SHOWN = r"""</style><script>alert(1)</script>"'&\u001b[31m\u202e\udcff\u0000"""
VOID = {"meta"}


@frozen
class Seen:
    """What a parser finds on a page."""

    tags: list[tuple[str, dict[str, str | None]]] = field(factory=list)
    texts: list[str] = field(factory=list)

    def text(self) -> str:
        """All that is read, on one line."""
        return " ".join(" ".join(self.texts).split())


class Parser(HTMLParser):
    """Reads a page, and fails where an element is not closed in its place."""

    def __init__(self) -> None:
        super().__init__()
        self.seen = Seen()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open[-1:] != ["style"]:
            self.seen.texts.append(data)


def render(report: ImportReport, title: str = "orders.jsonl") -> str:
    account = account_of_report(report, now=0.0, again="import it again")
    return render_page(account, report.samples, title=title, generated_at=MADE)


def read(html: str) -> Seen:
    """What stands on a page, whose elements are all closed."""
    parser = Parser()
    parser.feed(html)
    parser.close()
    assert parser.open == []
    return parser.seen


def test_page_tells_it_all(paused: ImportReport) -> None:
    """The page has the state, the next steps, the totals, the reasons, the failures, the files."""
    text = read(render(paused)).text()
    for words in (
        "orders.jsonl Import into ASAPP, as of 2026-11-24 03:12:05 UTC",
        "Paused: the daily limit is reached What now Run the same command again after 2026-11-25",
        "Mend the rejects in their file",
        "import it again Mend the rejects in their file",
        "Source 1,002,000 messages in 50,000 conversations",
        "Sent 45,000 requests, 512 of them sent again",
        "Today 50,000 of 50,000 requests",
        "Time 1 h 1 min",
        "Answers 200: 44,000, 409: 90, 429: 12, no answer: 1",
        "Goes on 2026-11-25 00:00 UTC",
        "stored accepted by ASAPP in this run 500,000",
        "in doubt sent, but no answer told what became of them 300",
        "1 h 1 min in all; each step is the average of 1 min 40 s.",
        "Messages stored 100 a second on average, 100 at most.",
        "Answers: 429 0.01 a second on average",
        "Reason Messages timestamp: cannot be read 1,990 text: is empty 10",
        "CONV-1 500 Internal Server Error (request id r-1, 4 attempts).",
        "Ledger orders.ledger Rejects orders.rejects.jsonl",
        "the rejects were edited Source",
    ):
        assert words in text


def test_page_needs_nothing_else(paused: ImportReport) -> None:
    """Nothing is loaded, nothing runs, and a policy in the page forbids both."""
    html = render(paused)
    seen = read(html)
    names = {name for _, attributes in seen.tags for name in attributes}
    assert not names & {"src", "href", "srcset", "action", "background", "poster", "data"}
    assert not {name for name in names if name.startswith("on")}
    assert not {tag for tag, _ in seen.tags} & {"script", "link", "img", "iframe", "object", "use"}
    assert "url(" not in html
    assert "@import" not in html
    policies = [attributes for _, attributes in seen.tags if "http-equiv" in attributes]
    assert [policy["content"] for policy in policies] == [
        "default-src 'none'; style-src 'unsafe-inline'"
    ]


def test_foreign_text_is_only_text(paused: ImportReport) -> None:
    """Whatever stands in reasons, ids, paths, statuses and titles is read, not obeyed."""
    report = evolve(
        paused,
        detail=EVIL,
        reasons={EVIL: 1},
        answers={EVIL: 1},
        failures=[Failure(EVIL, EVIL)],
        warnings=[EVIL],
        ledger=EVIL,
        rejects=EVIL,
        samples=[Sample(0.0, 0, {}), Sample(9.0, 9, {EVIL: 9})],
    )
    html = render(report, title=EVIL)
    html.encode("utf-8")
    hostile, plain = read(html), read(render(evolve(report, samples=paused.samples)))
    assert {tag for tag, _ in hostile.tags} == {tag for tag, _ in plain.tags}
    assert hostile.text().count(EVIL_SHOWN) == 12
    assert not re.search(r"[\x00-\x09\x0b-\x1f\u202e]", html)


def test_run_that_is_too_short_for_a_chart(paused: ImportReport) -> None:
    """Without two samples at different times the page says so, and has all the rest."""
    for samples in ((), paused.samples[:1], [Sample(1.0, 2, {})] * 2):
        text = read(render(evolve(paused, samples=samples))).text()
        assert "The run was too short for a chart." in text
        assert "CONV-1" in text


def test_page_of_nothing() -> None:
    """An import that did nothing has a page without empty tables."""
    text = read(render(ImportReport(phase=Phase.ENDED))).text()
    assert "Nothing to import" in text
    for absent in (
        "What became of them",
        "Answers",
        "Rejected",
        "Failed, or held back",
        "Goes on",
        "Today",
        "Ledger",
    ):
        assert absent not in text


def test_many_reasons(paused: ImportReport) -> None:
    """A page names the most frequent reasons, and how many more there are."""
    reasons = {f"reason {number}": 2 for number in range(SHOWN_REASONS + 3)}
    text = read(render(evolve(paused, reasons=reasons))).text()
    assert f"reason {SHOWN_REASONS - 1} 2 and 6 more for 3 other reasons" in text


@pytest.mark.parametrize(
    ("changes", "tone"),
    [
        ({}, "warn"),
        ({"stopped_by": StoppedBy.CREDENTIALS}, "bad"),
        ({"stopped_by": StoppedBy.LEDGER}, "bad"),
        ({"stopped_by": StoppedBy.LEDGER, "phase": Phase.SENDING}, "warn"),
        ({"stopped_by": None}, "warn"),
        ({"stopped_by": None, "rejected": 0, "in_doubt": 0, "unsent": 0}, "good"),
    ],
)
def test_tone(paused: ImportReport, changes: dict[str, Any], tone: str) -> None:
    """Green means all stored, red that somebody must mend something before it can go on."""
    statuses = [
        attributes["class"]
        for tag, attributes in read(render(evolve(paused, **changes))).tags
        if tag == "p" and str(attributes.get("class")).startswith("status")
    ]
    assert statuses == [f"status {tone}"]


def test_page_can_be_heard(paused: ImportReport) -> None:
    """Each drawing has a title and a description of its own, each table its heads."""
    html = render(paused)
    seen = read(html)
    drawings = [attributes for tag, attributes in seen.tags if tag == "svg"]
    assert len(drawings) == 5
    ids = [attributes["id"] for _, attributes in seen.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    for drawing in drawings:
        assert drawing["role"] == "img"
        assert set(str(drawing["aria-labelledby"]).split()) <= set(ids)
    assert {attributes.get("scope") for tag, attributes in seen.tags if tag == "th"} == {
        "col",
        "row",
    }
    assert ("html", {"lang": "en"}) in seen.tags


def colours(css: str) -> dict[str, str]:
    return dict(re.findall(r"--([a-z]+): (#[0-9a-f]+);", css))


def luminance(colour: str) -> float:
    """The relative luminance of a colour, as WCAG 2 defines it."""
    digits = colour[1:] if len(colour) == 7 else "".join(digit * 2 for digit in colour[1:])
    parts = [int(digits[place : place + 2], 16) / 255 for place in (0, 2, 4)]
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    darker, lighter = sorted([luminance(one), luminance(other)])
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("theme", ["light", "dark", "print"])
def test_contrast(theme: str) -> None:
    """Text has WCAG's contrast of 4.5 on both grounds, and drawings 3, in each theme."""
    css = Path(page.__file__).with_name("page.html").read_text(encoding="utf-8")
    light, dark, printed = (colours(block) for block in css.split(":root")[1:])
    palette = {"light": light, "dark": dark, "print": printed}[theme]
    assert palette.keys() == light.keys()
    for ground in ("ground", "card"):
        for text in ("text", "faint", "good", "warn", "bad"):
            assert contrast(palette[text], palette[ground]) >= 4.5
    for drawing in ("accent", "taken", "refused", "failed"):
        assert contrast(palette[drawing], palette["ground"]) >= 3


def chromium() -> str:
    names = ("chromium", "chromium-browser", "google-chrome")
    found = next(filter(None, map(shutil.which, names)), None)
    if found is None:
        pytest.skip(f"no browser to look at the page with: none of {', '.join(names)} is installed")
    return found


LOOK = """<body><iframe style="border: 0" width="360" height="800" srcdoc="{}"></iframe><script>
addEventListener("load", () => {{
  const page = frames[0].document, root = page.documentElement
  const wide = [...page.querySelectorAll("body *")]
    .filter(element => element.getBoundingClientRect().right > root.clientWidth)
  document.title = [root.scrollWidth - root.clientWidth, wide.length,
    page.querySelector("svg path.taken").getBoundingClientRect().height > 9].join(" ")
}})
</script>"""


def test_page_in_a_browser(paused: ImportReport, tmp_path: Path) -> None:
    """A phone 360 dots wide shows the page without scrolling aside and without an error."""
    report = evolve(
        paused,
        failures=[Failure("C" * 200, "unbroken" * 50)],
        reasons={"unbroken" * 50: 1_000_000_000, **paused.reasons},
        ledger="/" + "folder/" * 60,
    )
    wrapper = tmp_path / "phone.html"
    wrapper.write_text(LOOK.format(escape(render(report))), encoding="utf-8")
    done = subprocess.run(
        [
            chromium(),
            *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
            *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
            *("--enable-logging=stderr", f"--user-data-dir={tmp_path / 'profile'}", "--dump-dom"),
            wrapper.as_uri(),
        ],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert "CONSOLE" not in done.stderr
    title = re.search(r"<title>(.*?)</title>", done.stdout)
    assert title is not None
    assert unescape(title[1]) == "0 0 true"
