"""The table of all that is measured: `nox -s bench`, or `python bench/table.py --help`.

Each figure comes from a process of its own, against a server that stores nothing in another one.
What is compared alternates in rounds, and the medians count. Processor time is that of the whole
process tree; ratios travel to other machines, seconds do not.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Unpack

import duckdb  # noqa: F401 - imported before anything is measured, as the rivals' libraries are
import pyarrow
from apart import Took, apart, others_at_work
from asapp_conversations import Client, customer
from asapp_conversations.toolkit import MOST_MESSAGES
from asapp_conversations_client.facts import BATCH
from asapp_conversations_importer import (
    Files,
    ImportArguments,
    Interruption,
    Phase,
    import_messages,
    plan_import,
)
from asapp_conversations_importer.ledger.ledger import Ledger
from asapp_conversations_importer.reading.staging import Staging
from calling import ratios
from line import Line, serving
from numbers_page import HEAD, Row, save, text
from rivals import RIVALS
from rivals import read as read_in_python

# It imports pandas where that is installed, and this is no cost of reading.
pyarrow.array([])

WARM_UP = 5.0
MESSAGES = 200_000
PRICE = "it also checks, notes on disk, and bounds its memory"
PRICE_OF_READING = "each message is checked against the document, and sorted on disk with its place"


def options(folder: str, url: str, **more: Unpack[ImportArguments]) -> ImportArguments:
    """The arguments of an import, which is not paced unless it is told so."""
    usual: ImportArguments = {"api_id": "id", "api_secret": "secret", "rate": None}
    return {"ledger": Path(folder) / "ledger", "base_url": url, **usual, **more}


def records(conversations: int, size: int) -> Iterator[dict[str, Any]]:
    """Messages of so many conversations of one size."""
    for conversation in range(conversations):
        for number in range(size):
            yield {
                BATCH.conversation_parameter: f"CONVERSATION{conversation:07}",
                "text": f"I would like to upgrade my internet plan to GOLD, please {number}.",
                "sender": {"role": "customer", "externalId": "customer-12345"},
                "timestamp": f"2021-11-23T12:{number // 60:02}:{number % 60:02}.555Z",
            }


def write(path: Path, conversations: int, size: int) -> Path:
    """The same as a file of JSON Lines."""
    with path.open("w") as lines:
        lines.writelines(json.dumps(record) + "\n" for record in records(conversations, size))
    return path


def medians(rounds: int, **contestants: Callable[[], float]) -> dict[str, float]:
    """The median of each, measured in turn."""
    results = [{name: measure() for name, measure in contestants.items()} for _ in range(rounds)]
    return {name: statistics.median(each[name] for each in results) for name in contestants}


def import_once(path: Path, url: str, noted: bool = True) -> tuple[int, float]:
    """Import a file without pacing; the requests, and the processor seconds of sending alone."""
    if not noted:
        Ledger._write = lambda *_: None  # type: ignore[method-assign]
    began: list[float] = []

    def begin(_: Any) -> bool:
        began.append(time.process_time())
        return True

    with TemporaryDirectory() as folder:
        report = import_messages(path, **options(folder, url, confirm=begin))
    assert report.exit_status == 0
    return report.requests, time.process_time() - began[0]


def read(path: Path) -> None:
    """Read a file to conversations whose messages are valid, in order, and ready to be sent."""
    with TemporaryDirectory() as folder, Staging(Path(folder) / "staging") as staging:
        staging.load(Files((str(path),)))
        assert sum(len(each.contents) for each in staging.conversations()) == MESSAGES


def import_twice(path: Path, url: str) -> float:
    """Import a file twice; the processor seconds of the second time, when all is stored."""
    with TemporaryDirectory() as folder:
        import_messages(path, **options(folder, url))
        began = time.process_time()
        assert import_messages(path, **options(folder, url)).requests == 0
        return time.process_time() - began


def plan(path: Path) -> int:
    """Read a file as an import does, and send nothing; the requests it would take."""
    with TemporaryDirectory() as folder:
        return plan_import(path, ledger=Path(folder) / "l").requests


def pace(line: Line, rate: float, seconds: float) -> tuple[float, float, float]:
    """Import at a gateway: requests stored a second, and the shares of ours and of live refused."""
    looks: list[tuple[float, Any]] = []
    interruption = Interruption()
    with serving(line) as server, TemporaryDirectory() as folder:

        def note(report: Any) -> None:
            now = time.monotonic()
            due = [0.0, WARM_UP, WARM_UP + seconds, math.inf][len(looks)]
            if report.phase is Phase.SENDING and now - (looks[0][0] if looks else now) >= due:
                looks.append((now, server.seen()))
                if len(looks) == 3:
                    interruption.request()

        import_messages(
            records(int(2 * rate * (WARM_UP + seconds)), 1),
            **options(folder, server.url, rate=rate, on_progress=note, interruption=interruption),
        )
    _, (begin, before), (end, after) = looks
    stored, refused = after.stored - before.stored, after.refused - before.refused
    live = after.live_refused / after.live if after.live else 0.0
    return stored / (end - begin), refused / (stored + refused), live


def gateway_rows(seconds: float) -> Iterator[Row]:
    """Goodput and refusals, over lines of every kind."""
    lines = [
        *((f"{away} ms away", 100.0, Line(100, 0.001, away / 1000)) for away in (50, 200, 500)),
        *((f"{j} ms of jitter, strict", 100.0, Line(100, 0, 0.1, j / 1000)) for j in (0, 1, 2, 5)),
        *((f"5 live requests/s, at {r:g}", r, Line(100, 0, 0.1, 0.001, 5)) for r in (20.0, 100.0)),
    ]
    for words, rate, line in lines:
        stored, refused, live = apart(pace, line, rate, seconds).result
        note = f"{refused:.1%} refused" + (f", {live:.0%} of the live ones" if live else "")
        yield Row(f"gateway of 100/s, {words}", stored, "requests/s", note)
    with others_at_work():
        stored, refused, _ = apart(pace, Line(100, 0, 0.1, 0.002), 100.0, seconds).result
    words = "2 ms of jitter, strict, every processor busy"
    yield Row(f"gateway of 100/s, {words}", stored, "requests/s", f"{refused:.1%} refused")


def sending_rows(folder: Path, url: str, rounds: int) -> Iterator[Row]:
    """What sending costs, and whole imports against their rivals."""
    for size in (20, MOST_MESSAGES):
        conversations = MESSAGES // size
        path = write(folder / f"{size}.jsonl", conversations, size)
        yield Row(f"requests for {conversations:,} conversations of {size}", plan(path), "requests")
        sent: list[float] = []

        def ours(path: Path = path, sent: list[float] = sent) -> float:
            took = apart(import_once, path, url)
            requests, cpu = took.result
            sent.append(cpu / requests * 1e6)
            return took.cpu

        cpu = medians(
            rounds,
            ours=ours,
            **{
                name: lambda rival=rival, path=path: apart(rival, path, url).cpu
                for name, rival in RIVALS.items()
            },
        )
        yield Row(f"sending a request of {size}", statistics.median(sent), "µs of processor")
        for name in RIVALS:
            words = f"whole import, batches of {size}, against {name}"
            ratio = cpu[name] / cpu["ours"]
            yield Row(words, ratio, "messages a processor second, times", PRICE * (ratio < 1))


def other_rows(folder: Path, url: str, rounds: int) -> Iterator[Row]:
    """Reading, the ledger, a second run, calls, and starting."""
    path = folder / "20.jsonl"
    cpu = medians(
        rounds,
        noted=lambda: float(apart(import_once, path, url).result[1]),
        unnoted=lambda: float(apart(import_once, path, url, False).result[1]),
        read=lambda: apart(read, path).cpu,
        python=lambda: apart(read_in_python, path).cpu,
        again=lambda: float(apart(import_twice, path, url).result),
        sdk=lambda: start("import asapp_conversations"),
        httpx=lambda: start("import httpx"),
    )
    unit = "µs of processor a message"
    yield Row("reading JSON Lines", cpu["read"] / MESSAGES * 1e6, unit, PRICE_OF_READING)
    yield Row("reading ÷ a loop in Python", cpu["read"] / cpu["python"], "times", PRICE_OF_READING)
    yield Row("ledger on ÷ off, sending", cpu["noted"] / cpu["unnoted"], "times")
    yield Row("a finished import again ÷ reading", cpu["again"] / cpu["read"], "times")
    for messages, (of_models, of_mappings) in ratios(rounds).items():
        note = f"{of_mappings:.2f} with mappings"
        yield Row(f"create_messages ÷ httpx.post, {messages} messages", of_models, "times", note)
    yield Row("import asapp_conversations ÷ httpx", cpu["sdk"] / cpu["httpx"], "times")


def start(code: str) -> float:
    """Seconds until a fresh interpreter has run this."""
    begin = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True)
    return time.perf_counter() - begin


def import_some(path: Path, url: str) -> None:
    """Import a file, up to a limit of requests: memory is at its peak by then."""
    with TemporaryDirectory() as folder:
        import_messages(path, **options(folder, url, daily_limit=2000))


def create_from_generator(url: str, count: int) -> None:
    """One call that is fed by a generator."""
    with Client("id", "secret", base_url=url, rate=None) as client:
        time_of = "2021-11-23T12:00:00Z"
        client.create_messages("ABC", (customer(f"text {i}", "c", time_of) for i in range(count)))


def memory_rows(folder: Path, url: str, sizes: list[int]) -> Iterator[Row]:
    """The most memory that a process holds."""
    for size in sizes:
        path = write(folder / "large.jsonl", size // 20, 20)
        took: Took = apart(import_some, path, url)
        yield Row(
            f"memory of an import of {size:,} messages", took.peak, "MB", f"{took.wall:.0f} s"
        )
        path.unlink()
    base = apart(create_from_generator, url, 1).peak
    more = apart(create_from_generator, url, 100_000).peak - base
    yield Row("memory of create_messages, 100,000 from a generator", more, "MB more than of one")


def measure(rounds: int, seconds: float, sizes: list[int]) -> Iterator[Row]:
    """Every row, one after the other."""
    load = os.getloadavg()[0]
    yield Row(
        "processors in use by others before", load, f"of {os.cpu_count()}", "0 is a quiet machine"
    )
    yield from gateway_rows(seconds)
    with TemporaryDirectory() as name, serving(Line()) as server:
        folder = Path(name)
        yield from sending_rows(folder, server.url, rounds)
        yield from other_rows(folder, server.url, rounds)
        yield from memory_rows(folder, server.url, sizes)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument(
        "--seconds", type=float, default=15, help="of each measurement at a gateway"
    )
    parser.add_argument("--messages", type=int, nargs="*", default=[100_000, 1_000_000, 5_000_000])
    parser.add_argument("--save", type=Path, help="folder of numbers.md, .json and .svg")
    options = parser.parse_args()
    rows = []
    print(HEAD, end="")
    for row in measure(options.rounds, options.seconds, options.messages):
        rows.append(row)
        print(text(row), end="", flush=True)
    if options.save:
        save(options.save, rows)


if __name__ == "__main__":
    main()
