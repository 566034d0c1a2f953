"""How many batches a second the emulator takes: `python bench/emulator.py [--batches N]`.

The client is another process that writes bodies it encoded before to a few connections, so that
it is not what is measured. The CPU time is the emulator's process alone.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import socket
import time
from multiprocessing.connection import Connection

from asapp_conversations.toolkit import message_batch_rules
from asapp_conversations_emulator import Emulator

CONNECTIONS = 8


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--batches", type=int, default=10_000)
    parser.add_argument("--messages", type=int, default=20, help="in each batch")
    parser.add_argument("--store", help="a SQLite file; in memory by default")
    options = parser.parse_args()
    processes = multiprocessing.get_context("spawn")
    with Emulator(store=options.store) as server:
        here, there = processes.Pipe()
        headers = server.credentials.headers()
        job = (server.url, headers, options.batches, options.messages, there)
        client = processes.Process(target=send, args=job)
        client.start()
        here.recv()
        cpu = time.process_time()
        here.send("go")
        took = here.recv()
        cpu = time.process_time() - cpu
        client.join()
        stored = server.stats()["batches"]
    if stored != options.batches:
        raise SystemExit(f"only {stored} of {options.batches} batches were stored")
    print(
        f"{stored / took:,.0f} batches/s of {options.messages} messages "
        f"({stored * options.messages / took:,.0f} messages/s), "
        f"{cpu / stored * 1e6:,.0f} µs of CPU a batch, {cpu / took:.0%} of one core"
    )


def encode(keys: dict[str, str], batches: int, messages: int) -> list[bytes]:
    """Whole requests, each for a conversation of its own."""
    rules = message_batch_rules()
    message = {
        "text": "I would like to upgrade my internet plan to GOLD, please. " * 2,
        "sender": {"role": "customer", "externalId": "customer-1"},
    }
    batch = [
        {**message, "timestamp": f"2024-03-04T08:{second // 60:02}:{second % 60:02}Z"}
        for second in range(messages)
    ]
    body = json.dumps({rules.messages_property: batch}).encode()
    headers = {
        "host": "localhost",
        "content-type": "application/json",
        "content-length": str(len(body)),
        **keys,
    }
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return [
        f"POST {rules.operation.path(**{rules.conversation_parameter: f'C{number}'})} "
        f"HTTP/1.1\r\n{lines}\r\n".encode()
        + body
        for number in range(batches)
    ]


def send(url: str, keys: dict[str, str], batches: int, messages: int, pipe: Connection) -> None:
    """Send the requests over a few connections, one on its way on each, and report the seconds."""
    requests = encode(keys, batches, messages)
    host, _, port = url.removeprefix("http://").partition(":")
    connections = [socket.create_connection((host, int(port))) for _ in range(CONNECTIONS)]
    pipe.send("ready")
    pipe.recv()
    began = time.perf_counter()
    for first in range(0, len(requests), CONNECTIONS):
        busy = list(zip(connections, requests[first : first + CONNECTIONS], strict=False))
        for connection, request in busy:
            connection.sendall(request)
        for connection, _ in busy:
            read_success(connection)
    pipe.send(time.perf_counter() - began)


def read_success(connection: socket.socket) -> None:
    """Read an answer to its end."""
    answer = connection.recv(4096)
    while b"\r\n\r\n{}" not in answer:
        more = connection.recv(4096)
        if not more or b" 200 " not in answer[:16]:
            raise SystemExit(f"refused: {answer!r}")
        answer += more


if __name__ == "__main__":
    main()
