"""Draws an import as a terminal shows it, in SVG: a real one, into the emulator.

python tools/picture.py PICTURE.svg
"""

from __future__ import annotations

import json
import os
import pty
import re
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path

import pyte
from asapp_conversations_emulator import Emulator
from rich.console import Console
from rich.style import Style
from rich.text import Text

COLUMNS, LINES = 84, 12
CONVERSATIONS, MESSAGES = 1500, 12
SHOWN_AT = 60
"""Percent of the messages that are stored when the picture is taken."""

COMMAND = [
    "asapp-conversations",
    "import",
    "export.jsonl",
    "--rate",
    "100",
    "--daily-limit",
    "20000",
]
FONT = re.compile(r"\s*@font-face \{.*?\}", re.DOTALL)
"""Fonts that a viewer would fetch from elsewhere."""


def write_export(path: Path) -> None:
    """Conversations such as a shop has, one message a line."""
    start = datetime(2024, 3, 4, 8, tzinfo=UTC)
    with path.open("w", encoding="utf-8") as file:
        for number in range(CONVERSATIONS):
            for turn in range(MESSAGES):
                sender = (
                    ("customer", f"customer-{number}") if turn % 2 == 0 else ("agent", "agent-7")
                )
                record = {
                    "conversationId": f"01HNE48VMKNZ0B0SG3CE{number:06}",
                    "text": f"Line {turn}",
                    "sender": dict(zip(("role", "externalId"), sender, strict=True)),
                    "timestamp": (start + timedelta(minutes=number, seconds=turn)).isoformat(),
                }
                file.write(json.dumps(record) + "\n")


def watch(folder: Path, environment: dict[str, str]) -> pyte.Screen:
    """The terminal at the moment that the picture is about."""
    screen = pyte.Screen(COLUMNS, LINES)
    stream = pyte.ByteStream(screen)
    process, terminal = pty.fork()
    if process == 0:
        os.chdir(folder)
        os.environ |= {
            **environment,
            "COLUMNS": str(COLUMNS),
            "LINES": str(LINES),
            "TERM": "xterm-256color",
        }
        os.execvp(COMMAND[0], COMMAND)
    with os.fdopen(terminal, "rb", buffering=0) as output:
        while percent_done(screen) < SHOWN_AT:
            stream.feed(output.read(65536))
    os.waitpid(process, 0)
    return screen


def percent_done(screen: pyte.Screen) -> int:
    """What the view says is done."""
    found = re.search(r"^Done +(\d+)", "\n".join(screen.display), re.MULTILINE)
    return int(found[1]) if found else 0


def as_text(screen: pyte.Screen) -> Text:
    """What stands on the screen, in its colours."""
    lines = []
    for number in range(LINES):
        line = Text()
        for column in range(COLUMNS):
            cell = screen.buffer[number][column]
            line.append(cell.data, Style(color=colour(cell.fg), bold=cell.bold))
        line.rstrip()
        lines.append(line)
    while lines and not lines[-1]:
        lines.pop()
    return Text("\n").join(lines)


def colour(name: str) -> str | None:
    """A colour as rich calls it."""
    if re.fullmatch("[0-9a-f]{6}", name):
        return f"#{name}"
    return None if name == "default" else {"brown": "yellow"}.get(name, name)


def main(picture: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        write_export(Path(folder, "export.jsonl"))
        with Emulator(rate=100, jitter=0.001, latency=0.05) as emulator:
            screen = watch(Path(folder), emulator.environment)
    console = Console(record=True, width=COLUMNS, file=StringIO())
    console.print(Text(f"$ {' '.join(COMMAND)}", "bold"))
    console.print(as_text(screen))
    svg = FONT.sub("", console.export_svg(title="asapp-conversations"))
    Path(picture).write_text(svg, "utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
