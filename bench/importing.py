"""How fast an import sends, and how much memory the whole of it takes.

    python bench/importing.py --messages 5000000 --conversations 500000 --requests 20000

The messages are those of reading.py. The emulator and the import have a process each, so that the
peak of memory is the import's alone. After so many requests it stops, as at a daily limit.
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import time
from multiprocessing.connection import Connection
from pathlib import Path
from tempfile import TemporaryDirectory

from asapp_conversations_emulator import Emulator
from asapp_conversations_importer import ImportReport, Phase, import_messages
from reading import rows, write_json_lines


def serve(line: Connection) -> None:
    """Run the emulator until the other end of the line is closed."""
    with Emulator(credentials=None) as server:
        line.send(server.url)
        line.recv()


def load(path: Path, url: str, requests: int | None) -> None:
    """Import a file, and print what that took."""
    sending: list[float] = []

    def note(report: ImportReport) -> None:
        if report.phase is Phase.SENDING and not sending:
            sending.extend((time.perf_counter(), time.process_time(), peak()))

    report = import_messages(
        path,
        base_url=url,
        api_id="any",
        api_secret="any",
        rate=None,
        daily_limit=requests,
        on_progress=note,
    )
    began, busy, read = sending
    took, busy = time.perf_counter() - began, time.process_time() - busy
    print(
        f"{report.messages:,} messages in {report.conversations:,} conversations; "
        f"read in {report.elapsed_s - took:.1f} s at a peak of {read:,.0f} MB; "
        f"{report.stored:,} sent with {report.requests:,} requests in {took:.1f} s: "
        f"{report.requests / took:,.0f} requests/s, {report.stored / took:,.0f} messages/s, "
        f"{busy / report.requests * 1000:.2f} ms of processor a request; "
        f"peak of the whole {peak():,.0f} MB",
        flush=True,
    )


def peak() -> float:
    """The most memory that this process has held, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=200_000)
    parser.add_argument("--conversations", type=int, default=10_000)
    parser.add_argument("--requests", type=int, help="stop after so many")
    arguments = parser.parse_args()
    apart = multiprocessing.get_context("spawn")
    ours, theirs = apart.Pipe()
    server = apart.Process(target=serve, args=(theirs,))
    server.start()
    with TemporaryDirectory() as folder:
        path = Path(folder) / "messages.jsonl"
        write_json_lines(path, rows(arguments.messages, arguments.conversations))
        run = apart.Process(target=load, args=(path, ours.recv(), arguments.requests))
        run.start()
        run.join()
    ours.send(None)
    server.join()


if __name__ == "__main__":
    main()
