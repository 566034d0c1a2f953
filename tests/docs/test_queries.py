"""The queries that look ids up keep the order of the source, and tell what is wrong with the ids."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from asapp_conversations_emulator import Emulator
from blocks import ROOT, Command, blocks, commands
from pages import Runner

MORE_IDS = 50_000
"""Ids of other conversations: DuckDB builds its hash table from the smaller side of a join."""

MANY = 40
"""Messages that share a time."""


def repeat_rows(text: str) -> str:
    """A CSV file with its first message many times, numbered."""
    header, first, *_ = csv.reader(io.StringIO(text))
    message = dict(zip(header, first, strict=True))
    out = io.StringIO()
    table = csv.DictWriter(out, header)
    table.writeheader()
    table.writerows(message | {"text": number} for number in range(MANY))
    return out.getvalue()


def repeat_messages(*path: str | int, text: str, index: str = "index") -> Any:
    """What gives a JSON file in which the list at a path has its last message many times."""

    def repeat(source: str) -> str:
        document = json.loads(source)
        inner = document
        for step in path:
            inner = inner[step]
        last = inner[-1]
        inner[:] = [
            last | {text: str(number)} | ({index: number} if index in last else {})
            for number in range(MANY)
        ]
        return json.dumps(document)

    return repeat


MANIFOLD = {
    "chats.csv": repeat_rows,
    "connect/chat.json": repeat_messages("Transcript", text="Content"),
    "genesys/transcript.json": repeat_messages("transcripts", 0, "phrases", text="text"),
    "zendesk.json": repeat_messages("comments", text="plain_body"),
    "twilio/messages.json": repeat_messages("messages", text="body"),
}
"""How each export comes to have many messages of one time."""

QUERIES = [
    pytest.param(page, command, id=f"{page.stem}-{command.text.split('.ledger')[0].split()[-1]}")
    for page in (ROOT / "docs/before-you-import.md", ROOT / "docs/recipes/exports.md")
    for block in blocks(page)
    if block.language == "console"
    for command in commands(block.text)
    if "--query" in command.text and "ids.csv" in command.text
]


@pytest.fixture
def folder(page: Path, tmp_path: Path) -> Path:
    """The files of a page, with many messages of one time."""
    for block in blocks(page):
        if block.caption:
            path = tmp_path / block.caption
            path.parent.mkdir(exist_ok=True)
            path.write_text(MANIFOLD.get(block.caption, str)(block.text), "utf-8")
    return tmp_path


def run(page: Path, folder: Path, command: Command) -> tuple[str, list[list[str]]]:
    """What the command prints, and the texts of each conversation that the emulator then holds."""
    with Emulator() as emulator:
        runner = Runner(page, folder, emulator)
        told = runner.call(command.text.replace("--emulator", "").replace("--quiet", ""))
        stored = [
            [it["text"] for it in emulator.messages(name)] for name in emulator.conversations()
        ]
    return told, stored


def test_every_export_of_a_query_is_known() -> None:
    assert len(QUERIES) == len(MANIFOLD)


@pytest.mark.parametrize(("page", "command"), QUERIES)
def test_messages_of_one_time_stay_in_their_order(
    page: Path, command: Command, folder: Path
) -> None:
    with (folder / "ids.csv").open("a") as ids:
        ids.writelines(f"other-{number},01HNE{number}\n" for number in range(MORE_IDS))
    told, stored = run(page, folder, command)
    assert stored == [[str(number) for number in range(MANY)]], told


@pytest.mark.parametrize(("page", "command"), QUERIES)
def test_an_unknown_id_is_rejected(page: Path, command: Command, folder: Path) -> None:
    (folder / "ids.csv").write_text("own_id,asapp_id\nother,01HNE\n")
    told, stored = run(page, folder, command)
    assert stored == []
    assert f"{MANY}  conversationId: is missing" in told


@pytest.mark.parametrize(("page", "command"), QUERIES)
def test_an_id_that_stands_twice_sends_nothing(page: Path, command: Command, folder: Path) -> None:
    ids = folder / "ids.csv"
    ids.write_text(ids.read_text("utf-8") + ids.read_text("utf-8").partition("\n")[2])
    told, stored = run(page, folder, command)
    assert stored == []
    assert "Error: the query fails: Invalid Input Error" in told
