"""How fast a source is read and sorted, and how much memory that takes.

    python bench/reading.py --messages 5000000 --conversations 500000 jsonl parquet

The messages are made from a fixed seed, each conversation's scattered over the whole file. Each
format is read in a process of its own, whose peak of memory is the figure that counts.
"""

from __future__ import annotations

import argparse
import multiprocessing
import random
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
from apart import peak
from asapp_conversations_importer import Files
from asapp_conversations_importer.reading.staging import MEMORY_LIMIT, Staging

SEED = 20240304
BLOCK = 100_000
WORDS = ("please", "help", "me", "with", "my", "order", "the", "plan", "was", "not", "agreed")

Row = tuple[str, str, str, str, int]


def rows(messages: int, conversations: int) -> Iterator[Row]:
    """Conversation, role, participant, text, and seconds since 1970 of each message."""
    chance = random.Random(SEED)
    order = list(range(messages))
    chance.shuffle(order)
    for index in order:
        turn, conversation = divmod(index, conversations)
        text = " ".join(chance.choices(WORDS, k=chance.randint(4, 24)))
        role = ("customer", "agent")[turn % 2]
        started = 1_709_539_200 + conversation % 86_400
        yield (
            f"C{conversation:025}",
            role,
            f"{role}-{conversation % 997}",
            text,
            started + turn * 30,
        )


def write_json_lines(path: Path, source: Iterator[Row]) -> None:
    with path.open("wb") as file:
        for conversation, role, participant, text, seconds in source:
            record = {
                "conversationId": conversation,
                "text": text,
                "sender": {"role": role, "externalId": participant},
                "timestamp": f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(seconds))}.125Z",
            }
            file.write(orjson.dumps(record) + b"\n")


def write_parquet(path: Path, source: Iterator[Row]) -> None:
    names = ["conversation_id", "sender_role", "sender_external_id", "text", "timestamp"]
    types = [pa.string()] * 4 + [pa.timestamp("s", "UTC")]
    schema = pa.schema(list(zip(names, types, strict=True)))
    with pq.ParquetWriter(path, schema) as writer:
        while block := [row for _, row in zip(range(BLOCK), source, strict=False)]:
            columns = zip(*block, strict=True)
            arrays = [pa.array(c, t) for c, t in zip(columns, types, strict=True)]
            writer.write_table(pa.table(arrays, schema=schema))


WRITERS: dict[str, Callable[[Path, Iterator[Row]], None]] = {
    "jsonl": write_json_lines,
    "parquet": write_parquet,
}


def read(path: Path, folder: Path, memory_limit: int) -> None:
    """Read a file, go through its conversations, and print what that took."""
    began, busy = time.perf_counter(), time.thread_time()
    with Staging(folder / "staging", memory_limit=memory_limit) as staging:
        totals = staging.load(Files((str(path),)))
        loaded, busy = time.perf_counter(), time.thread_time() - busy
        seen = sum(len(conversation.contents) for conversation in staging.conversations())
        ended = time.perf_counter()
    assert seen == totals.messages
    print(
        f"{path.suffix[1:]}: {seen:,} messages in {totals.conversations:,} conversations; "
        f"read and sorted in {loaded - began:.1f} s ({seen / (loaded - began):,.0f} messages/s), "
        f"of which this thread had a processor for {busy:.1f} s, "
        f"gone through in {ended - loaded:.1f} s; peak {peak():,.0f} MB",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("formats", nargs="*", default=list(WRITERS), metavar="FORMAT")
    parser.add_argument("--messages", type=int, default=5_000_000)
    parser.add_argument("--conversations", type=int, default=500_000)
    parser.add_argument("--memory-limit", type=int, default=MEMORY_LIMIT)
    parser.add_argument("--folder", type=Path, help="where the files are made, and kept")
    arguments = parser.parse_args()
    apart = multiprocessing.get_context("spawn")
    with TemporaryDirectory() as temporary:
        folder = arguments.folder or Path(temporary)
        for kind in arguments.formats:
            path = folder / f"{arguments.messages}-{arguments.conversations}.{kind}"
            if not path.exists():
                WRITERS[kind](path, rows(arguments.messages, arguments.conversations))
            process = apart.Process(target=read, args=(path, folder, arguments.memory_limit))
            process.start()
            process.join()


if __name__ == "__main__":
    main()
