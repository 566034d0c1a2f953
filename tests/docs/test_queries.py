"""The queries that look ids up keep the order of the source, and tell what is wrong with the ids."""

from __future__ import annotations

import csv
import io
import json
import shlex
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from asapp_conversations_emulator import Emulator
from asapp_conversations_importer import ImportReport, Query, SourceError, import_messages
from blocks import ROOT, Command, blocks, commands

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


class Brought(NamedTuple):
    """What an import came to, and the texts of each conversation that ASAPP then has."""

    report: ImportReport
    stored: list[list[str]]


@pytest.fixture
def folder(page: Path, tmp_path: Path) -> Path:
    """The files of a page, with many messages of one time."""
    for block in blocks(page):
        if block.caption:
            path = tmp_path / block.caption
            path.parent.mkdir(exist_ok=True)
            path.write_text(MANIFOLD.get(block.caption, str)(block.text), "utf-8")
    return tmp_path


@pytest.fixture
def bring(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[Command], Brought]:
    """Does what a command of the page does, which is an import of a query."""

    def bring(command: Command) -> Brought:
        words = shlex.split(command.text)
        options = dict(pairwise(words))
        formats = options.get("--time-format", ())
        monkeypatch.chdir(folder)
        with Emulator() as emulator:
            report = import_messages(
                Query(options["--query"]),
                time_formats=formats,
                ledger="import.ledger",
                base_url=emulator.url,
                credentials=emulator.credentials,
                rate=None,
            )
            stored = [
                [each["text"] for each in emulator.messages(name)]
                for name in emulator.conversations()
            ]
        return Brought(report, stored)

    return bring


def test_every_export_of_a_query_is_known() -> None:
    assert len(QUERIES) == len(MANIFOLD)


@pytest.mark.parametrize(("page", "command"), QUERIES)
def test_messages_of_one_time_stay_in_their_order(
    command: Command, folder: Path, bring: Callable[[Command], Brought]
) -> None:
    with (folder / "ids.csv").open("a") as ids:
        ids.writelines(f"other-{number},01HNE{number}\n" for number in range(MORE_IDS))
    assert bring(command).stored == [[str(number) for number in range(MANY)]]


@pytest.mark.parametrize(("page", "command"), QUERIES)
def test_an_unknown_id_is_rejected(
    command: Command, folder: Path, bring: Callable[[Command], Brought]
) -> None:
    (folder / "ids.csv").write_text("own_id,asapp_id\nother,01HNE\n")
    report, stored = bring(command)
    assert stored == []
    assert report.reasons == {"conversationId: is missing": MANY}


@pytest.mark.parametrize(("page", "command"), QUERIES)
def test_an_id_that_stands_twice_ends_the_query(
    command: Command, folder: Path, bring: Callable[[Command], Brought]
) -> None:
    ids = folder / "ids.csv"
    ids.write_text(ids.read_text("utf-8") + ids.read_text("utf-8").partition("\n")[2])
    with pytest.raises(SourceError, match="the query fails: Invalid Input Error"):
        bring(command)
