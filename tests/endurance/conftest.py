"""Transcripts that look like those of a contact centre: made anew for each run, always the same."""

from __future__ import annotations

import csv
import gzip
import json
import random
import string
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from asapp_conversations.toolkit import MOST_MESSAGES as MOST
from documented import fitting_id

OPENED = datetime(2024, 3, 4, 8, tzinfo=UTC)
NEW_YORK = timezone(timedelta(hours=-5))
WORDS = (
    *("a", "and", "chai", "could", "decaf", "for", "I", "latte", "like", "milk", "my", "no", "oat"),
    *("order", "please", "thanks", "the", "to", "with", "would", "you"),
    # What a format has to escape, and what is not ASCII.
    *('"quoted"', "one, two", "first\nsecond", "back\\slash", "piñata", "日本", "👍🏽", "'s"),
)

Turn = tuple[str, datetime, str, str, str]
"""Conversation, time, role, participant and text."""


class Office:
    """Makes conversations that overlap in time, from a seed."""

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(seed)

    def word(self, length: int = 10) -> str:
        return "".join(self._chance.choices(string.ascii_uppercase + string.digits, k=length))

    def sizes(self, count: int, most: int) -> list[int]:
        return [self._chance.randint(1, most) for _ in range(count)]

    def text(self) -> str:
        return " ".join(self._chance.choices(WORDS, k=self._chance.randint(1, 16)))

    def turns(self, sizes: list[int]) -> list[Turn]:
        """Conversations of so many messages, sorted by time alone; some times are the same."""
        found = [turn for size in sizes for turn in self._conversation(size)]
        return sorted(found, key=lambda turn: turn[1])

    def _conversation(self, size: int) -> Iterator[Turn]:
        name, at = (
            fitting_id(self.word(26)),
            OPENED + timedelta(seconds=self._chance.randrange(6 * 3600)),
        )
        people = {
            "customer": f"cust-{self.word()}",
            "agent": f"agent-{self._chance.randrange(50):03}",
        }
        for _ in range(size):
            role = self._chance.choice(list(people))
            yield name, at, role, people[role], self.text()
            at += timedelta(milliseconds=self._chance.choice((0, 1, 800, 20_000)))


def write_coffee_orders(path: Path, office: Office) -> None:
    """JSON Lines in the API's own names, with the conversation's id in each record."""
    with gzip.open(path, "wt", encoding="utf-8") as file:
        for name, at, role, participant, text in office.turns(office.sizes(1500, most=8)):
            sender = {"role": role, "externalId": participant}
            record = {
                "conversationId": name,
                "text": text,
                "sender": sender,
                "timestamp": at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            }
            file.write(json.dumps(record, ensure_ascii=False) + "\n")


def write_travel_desk(path: Path, office: Office) -> None:
    """CSV with foreign column names, and times with an offset and a space."""
    with gzip.open(path, "wt", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(("dialogue_ref", "speaker", "participant", "utterance", "sent_at"))
        for name, at, role, participant, text in office.turns(office.sizes(2000, most=12)):
            rows.writerow((name, role, participant, text, at.astimezone(NEW_YORK)))


def write_long_threads(path: Path, office: Office) -> None:
    """Parquet with a timestamp type: threads around the multiples of the batch maximum."""
    sizes = [times * MOST + more for times in (1, 2, 3, 5) for more in (-11, -1, 0, 1, 2, 13)]
    names = ("conversation_id", "timestamp", "sender_role", "sender_external_id", "text")
    columns = zip(*office.turns(sizes), strict=True)
    pq.write_table(pa.table(dict(zip(names, map(list, columns), strict=True))), path)


def write_coffee_orders_raw(path: Path, office: Office) -> None:
    """A JSON array of conversations with nested utterances, that have neither time nor sender."""
    conversations = [
        {
            "conversation_id": f"dlg-{office.word(8)}-{office.word(4)}".lower(),
            "instructions": office.text(),
            "utterances": [
                {"index": index, "speaker": ("user", "assistant")[index % 2], "text": office.text()}
                for index in range(size)
            ],
        }
        for size in office.sizes(300, most=9)
    ]
    path.write_text(json.dumps(conversations, ensure_ascii=False, indent=1), encoding="utf-8")


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a transcript of each shape."""
    folder = tmp_path_factory.mktemp("made")
    write_coffee_orders(folder / "coffee-orders.jsonl.gz", Office(1))
    write_travel_desk(folder / "travel-desk.csv.gz", Office(2))
    write_long_threads(folder / "long-threads.parquet", Office(3))
    write_coffee_orders_raw(folder / "coffee-orders-raw.json", Office(4))
    return folder
