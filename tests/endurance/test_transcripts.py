"""Transcripts, through whole imports, against an independent reading of the files.

They are made for the purpose; the environment variable `TRANSCRIPTS` names a folder with real ones
of the same names and shapes, which are imported as well.
"""

from __future__ import annotations

import csv
import gzip
import json
import os
import random
import shutil
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from asapp_conversations.toolkit import MOST_MESSAGES as MOST
from asapp_conversations_emulator import Emulator
from attrs import evolve, frozen

REAL = os.environ.get("TRANSCRIPTS")
COMMAND = str(Path(sys.executable).with_name("asapp-conversations"))
KILLS = int(os.environ.get("KILLS", "40"))
START = 1.0
"""Seconds within which a run is killed while it starts, reads and sorts."""

LOST = "silence,stored"
"""What the emulator does to an answer that is lost: the batch is stored, and nobody hears of it."""


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
    """A file, how it is imported, how it is read independently, and how often it is killed."""

    name: str
    arguments: tuple[str, ...]
    read: Callable[[Path], Iterator[Row]]
    kills: int


TRANSCRIPTS = [
    Transcript(
        "travel-desk.csv.gz", ("travel-desk.csv.gz", *TRAVEL_DESK), travel_desk, kills=KILLS
    ),
    Transcript(
        "coffee-orders.jsonl.gz", ("coffee-orders.jsonl.gz",), coffee_orders, kills=KILLS * 3 // 5
    ),
    Transcript("long-threads.parquet", ("long-threads.parquet",), long_threads, kills=KILLS // 5),
    Transcript(
        "coffee-orders-raw.json",
        ("--query", QUERY, "--ledger", "raw.ledger"),
        coffee_orders_raw,
        kills=KILLS * 2 // 5,
    ),
]


@pytest.fixture(params=TRANSCRIPTS, ids=lambda transcript: transcript.name)
def transcript(request: pytest.FixtureRequest, folder: Path) -> Transcript:
    """A transcript, alone in the current folder."""
    found: Transcript = request.param
    shutil.copy(folder / found.name, ".")
    return found


@pytest.fixture(params=["made", *(["real"] if REAL else [])])
def folder(
    request: pytest.FixtureRequest, made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """Where the transcripts come from."""
    monkeypatch.chdir(tmp_path)
    return made if request.param == "made" else Path(str(REAL))


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


def least_requests(transcript: Transcript) -> int:
    sizes = Counter(name for name, _ in transcript.read(Path(transcript.name)))
    return sum(-(-size // MOST) for size in sizes.values())


def test_loads(transcript: Transcript, server: Emulator) -> None:
    """The emulator ends with exactly the file's messages, by the least number of requests; run
    again, the import sends nothing."""
    command = [COMMAND, "import", *transcript.arguments, "--rate", "100000", "--quiet", "--json"]
    for requests in (least_requests(transcript), 0):
        done = subprocess.run(command, capture_output=True, check=True)
        assert json.loads(done.stdout)["requests"] == requests
    assert_exact(server, transcript)


def test_killed_again_and_again(transcript: Transcript, server: Emulator) -> None:
    """Killed with SIGKILL at random moments, and run again each time, it ends exact.

    A third of the runs are killed while they start, read and sort; the others after a random
    number of requests, every other one with a batch that is stored and not answered.
    """
    kill_again_and_again(transcript, server)
    assert_exact(server, transcript)


@pytest.mark.parametrize("transcript", TRANSCRIPTS[:1], indirect=True, ids=["travel-desk"])
def test_snapshot_is_killed_again_and_again(transcript: Transcript, server: Emulator) -> None:
    """So does the import of a snapshot, which does not read again what it knows as settled."""
    subprocess.run(
        [COMMAND, "prepare", *transcript.arguments, "--to", "snapshot", "-q"], check=True
    )
    (part,) = Path("snapshot").iterdir()
    pq.write_table(pq.read_table(part), part, row_group_size=20)
    kill_again_and_again(evolve(transcript, arguments=("snapshot", "--prepared")), server)
    shutil.rmtree("snapshot")
    assert_exact(server, transcript)


def kill_again_and_again(transcript: Transcript, server: Emulator) -> None:
    """Kill its import as often as it says, and let the last run end."""
    chance = random.Random(2)
    command = [COMMAND, "import", *transcript.arguments, "--quiet"]
    # So few requests a run that the last one that is killed has something left to send.
    most = least_requests(transcript) // transcript.kills // 2
    for kill in range(transcript.kills):
        with subprocess.Popen([*command, "--rate", "100"]) as run:
            if kill % 3 == 0:
                goes_on(run, chance.uniform(0.1, START))
            else:
                wait_for(server, "requests", chance.randint(1, max(1, most)), run)
            if kill % 3 == 1:
                server.fail_next(LOST)
                wait_for(server, "dropped", 1, run)
            run.kill()
    subprocess.run([*command, "--rate", "100000"], check=True)
    assert server.stats()["answers"]["409"] > 0, "no run asked what became of a batch"


def wait_for(server: Emulator, count: str, number: int, run: subprocess.Popen[bytes]) -> None:
    """Wait until one of the emulator's counts has grown by a number."""
    until = server.stats()[count] + number
    while server.stats()[count] < until:
        goes_on(run, 0.01)


def goes_on(run: subprocess.Popen[bytes], seconds: float) -> None:
    """The run does not end by itself for so long: then nothing would be killed any more."""
    with pytest.raises(subprocess.TimeoutExpired):
        run.wait(seconds)
