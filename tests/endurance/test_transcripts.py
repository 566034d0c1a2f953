"""Real transcripts, through whole imports, against an independent reading of the files."""

from __future__ import annotations

import csv
import gzip
import json
import os
import random
import shutil
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from asapp_conversations_emulator import Emulator
from attrs import frozen

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
COMMAND = str(Path(sys.executable).with_name("asapp-conversations"))
KILLS = int(os.environ.get("KILLS", "100"))
LONGEST = 2.5
"""Seconds that a run gets at most before it is killed."""

STARTED = datetime(2024, 3, 4, 8, tzinfo=UTC)

Message = tuple[datetime, str, str, str]
"""Time, role, participant and text."""

Row = tuple[str, Message]
"""A message with its conversation's id."""


def coffee_orders(path: Path) -> Iterator[Row]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        for line in file:
            record = json.loads(line)
            sender, at = record["sender"], datetime.fromisoformat(record["timestamp"])
            message = (at, sender["role"], sender["externalId"], record["text"])
            yield record["conversationId"], message


def coffee_orders_raw(path: Path) -> Iterator[Row]:
    for record in json.loads(path.read_text(encoding="utf-8")):
        name = record["conversation_id"].replace("-", "").upper()
        for utterance in record["utterances"]:
            speaker = utterance["speaker"]
            at = STARTED + timedelta(seconds=20 * utterance["index"])
            role = "customer" if speaker == "user" else "agent"
            yield name, (at, role, speaker, utterance["text"])


def travel_desk(path: Path) -> Iterator[Row]:
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            at = datetime.fromisoformat(row["sent_at"])
            message = (at, row["speaker"], row["participant"], row["utterance"])
            yield row["dialogue_ref"], message


def long_threads(path: Path) -> Iterator[Row]:
    for row in pq.read_table(path).to_pylist():
        at = row["timestamp"]
        at = at if at.tzinfo else at.replace(tzinfo=UTC)
        message = (at, row["sender_role"], row["sender_external_id"], row["text"])
        yield row["conversation_id"], message


QUERY = """
    SELECT upper(replace(conversation_id, '-', '')) AS conversation_id,
           CASE u.speaker WHEN 'user' THEN 'customer' ELSE 'agent' END AS sender_role,
           u.speaker AS sender_external_id,
           u.text AS text,
           TIMESTAMP '2024-03-04 08:00:00' + to_seconds(20 * u.index) AS timestamp
    FROM (SELECT conversation_id, unnest(utterances) AS u FROM 'coffee-orders-raw.json')
"""
TRAVEL_DESK = (
    "--map=conversation_id=dialogue_ref",
    "--map=sender_role=speaker",
    "--map=sender_external_id=participant",
    "--map=text=utterance",
    "--map=timestamp=sent_at",
)


@frozen
class Transcript:
    """A file, how it is imported, how it is read independently, and its least requests.

    Attributes:
        rate: requests a second at which there is something left to send after the last kill.
        kills: how often its import is killed.
    """

    name: str
    arguments: tuple[str, ...]
    read: Callable[[Path], Iterator[Row]]
    requests: int
    rate: int
    kills: int


TRANSCRIPTS = [
    Transcript(
        "travel-desk.csv.gz",
        ("travel-desk.csv.gz", *TRAVEL_DESK),
        travel_desk,
        requests=2098,
        rate=40,
        kills=KILLS,
    ),
    Transcript(
        "coffee-orders.jsonl.gz",
        ("coffee-orders.jsonl.gz",),
        coffee_orders,
        requests=3710,
        rate=100,
        kills=KILLS // 10,
    ),
    Transcript(
        "long-threads.parquet",
        ("long-threads.parquet",),
        long_threads,
        requests=144,
        rate=10,
        kills=KILLS // 10,
    ),
    Transcript(
        "coffee-orders-raw.json",
        ("--query", QUERY),
        coffee_orders_raw,
        requests=210,
        rate=15,
        kills=KILLS // 10,
    ),
]


@pytest.fixture(params=TRANSCRIPTS, ids=lambda transcript: transcript.name)
def transcript(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Transcript:
    """A transcript, alone in the current folder; they are not part of the project."""
    found: Transcript = request.param
    if not DATA.is_dir():
        pytest.skip("the transcripts are not beside the project")
    shutil.copy(DATA / found.name, tmp_path)
    monkeypatch.chdir(tmp_path)
    return found


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Emulator]:
    """The emulator that the environment names."""
    with Emulator() as running:
        for name, value in running.environment.items():
            monkeypatch.setenv(name, value)
        yield running


def by_time(rows: Iterable[Row]) -> dict[str, list[Message]]:
    """The messages of each conversation by time; those of one time as they stand."""
    found: dict[str, list[Message]] = defaultdict(list)
    for name, message in rows:
        found[name].append(message)
    return {name: sorted(messages, key=lambda m: m[0]) for name, messages in found.items()}


def held_by(server: Emulator) -> dict[str, list[Message]]:
    return {
        name: [
            (
                datetime.fromisoformat(message["timestamp"]),
                message["sender"]["role"],
                message["sender"]["externalId"],
                message["text"],
            )
            for message in server.messages(name)
        ]
        for name in server.conversations()
    }


def assert_exact(server: Emulator, transcript: Transcript) -> None:
    """Each message is there once, whole and in order, and nothing is left but the ledger."""
    assert held_by(server) == by_time(transcript.read(Path(transcript.name)))
    assert server.stats()["duplicates"] == {}
    left = {path.name for path in Path().iterdir()} - {transcript.name}
    assert {name.removesuffix(".lock").rpartition(".")[2] for name in left} == {"ledger"}


def test_loads(transcript: Transcript, server: Emulator) -> None:
    """The emulator ends with exactly the file's messages, by the least number of requests; run
    again, the import sends nothing."""
    command = [COMMAND, "import", *transcript.arguments, "--rate", "100000", "--quiet", "--json"]
    for requests in (transcript.requests, 0):
        done = subprocess.run(command, capture_output=True, check=True)
        assert json.loads(done.stdout)["requests"] == requests
    assert_exact(server, transcript)


def test_killed_again_and_again(transcript: Transcript, server: Emulator) -> None:
    """Killed with SIGKILL at random moments, and run again each time, it ends exact."""
    chance = random.Random(1)
    command = [COMMAND, "import", *transcript.arguments, "--quiet"]
    kills = 0
    while kills < transcript.kills:
        run = subprocess.Popen([*command, "--rate", str(transcript.rate)])
        try:
            run.wait(chance.uniform(0.3, LONGEST))
        except subprocess.TimeoutExpired:
            run.kill()
        kills += run.wait() < 0
        # An import that is done ends by itself, and nothing would be killed any more.
        assert run.returncode != 0
    subprocess.run([*command, "--rate", "100000"], check=True)
    assert_exact(server, transcript)
