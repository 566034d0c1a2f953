"""The rows of what was measured, as text, as JSON, as a chart, and on the documentation's page."""

from __future__ import annotations

import json
from pathlib import Path

from attrs import asdict, frozen

HEAD = "| what | figure | unit | note |\n| --- | ---: | --- | --- |\n"
TABLE = "<!-- what stands below is written by nox -s bench -->\n"


@frozen
class Row:
    """A line of the table.

    Attributes:
        what: what was measured.
        figure: the number.
        unit: of the figure.
        note: what else there is to know, and why it falls short where it does.
    """

    what: str
    figure: float
    unit: str
    note: str = ""


def text(row: Row) -> str:
    """A row as a line of Markdown."""
    figure = f"{row.figure:,.0f}" if row.figure >= 100 else f"{row.figure:.3g}"
    return f"| {row.what} | {figure} | {row.unit} | {row.note} |\n"


def chart(rows: list[Row]) -> str:
    """The rows about a gateway as a chart, in SVG."""
    shown = [row for row in rows if row.unit == "requests/s"]
    bars = "".join(
        f'<text x="4" y="{26 * i + 18}">{row.what}</text>'
        f'<rect x="330" y="{26 * i + 4}" width="{3 * row.figure:.0f}" height="18" fill="#4a7ebb"/>'
        f'<text x="{335 + 3 * row.figure:.0f}" y="{26 * i + 18}">{row.figure:.0f}, {row.note}</text>'
        for i, row in enumerate(shown)
    )
    size = f'width="860" height="{26 * len(shown) + 6}"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="sans-serif"'
    # A ground of its own, for it stands on light pages and on dark ones.
    ground = '<rect width="100%" height="100%" rx="4" fill="#fff"/>'
    title = "<title>Requests stored a second</title>"
    return f'{head} font-size="13" role="img">{title}{ground}{bars}</svg>\n'


def save(folder: Path, rows: list[Row]) -> None:
    """Write the rows as JSON, as a chart, and into the page of the documentation."""
    content = json.dumps([asdict(row) for row in rows], indent=1, ensure_ascii=False)
    (folder / "numbers.json").write_text(content + "\n", "utf-8")
    (folder / "numbers.svg").write_text(chart(rows), "utf-8")
    page = folder / "numbers.md"
    words = page.read_text("utf-8").partition(TABLE)[0]
    page.write_text(words + TABLE + "\n" + HEAD + "".join(map(text, rows)), "utf-8")
