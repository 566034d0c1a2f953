"""A team upgrades in the middle of an import: this release goes on where the last one stopped."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections import defaultdict
from contextlib import closing
from pathlib import Path

import httpx
import pytest
from asapp_conversations_client.facts import BATCH
from asapp_conversations_importer import import_messages, read_standing
from documented import SUCCESS

HALF_SENT = Path(__file__).resolve().parents[2] / "api" / "half-sent"


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    """The ledger that the last release has left: half is sent, and a batch is in doubt."""
    path = tmp_path / "import.ledger"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript((HALF_SENT / "ledger.sql").read_text(encoding="utf-8"))
    return path


def test_ledger_of_the_last_release_is_gone_on_from(ledger: Path, tmp_path: Path) -> None:
    """Each message arrives once, in order; the batch in doubt is sent again as the same bytes."""
    source = Path(shutil.copy(HALF_SENT / "export.jsonl", tmp_path))
    lines = (HALF_SENT / "arrived.jsonl").read_text(encoding="utf-8").splitlines()
    written = [json.loads(line) for line in source.read_text().splitlines()]
    names = {each["conversationId"] for each in written}

    def conversation(path: str) -> str:
        # A later document may have another path.
        return next(name for name in names if name in path)

    arrived = [
        (conversation(each["path"]), each["body"].encode()) for each in map(json.loads, lines)
    ]
    before = {*arrived}
    standing = read_standing(ledger)
    assert standing.in_doubt > 0
    again = []

    def answer(request: httpx.Request) -> httpx.Response:
        sent = conversation(request.url.path), request.content
        if sent in arrived:
            again.append(sent)
            return httpx.Response(409, json={})
        arrived.append(sent)
        return httpx.Response(SUCCESS, json={})

    report = import_messages(
        str(source),
        ledger=ledger,
        base_url=standing.base_url,
        transport=httpx.MockTransport(answer),
        max_body=500,
        rate=None,
    )
    assert report.exit_status == 0
    # The second request of the last release had no answer.
    assert again == [[*arrived][1]]
    assert again[0] in before
    texts = defaultdict(list)
    for name, body in arrived:
        texts[name] += [each["text"] for each in json.loads(body)[BATCH.messages_property]]
    for name, found in texts.items():
        assert found == [each["text"] for each in written if each["conversationId"] == name]
    assert texts.keys() == names
    assert read_standing(ledger).in_doubt == 0
