"""What a call of `create_messages` costs, in processor time, beside a plain `httpx.post`.

Run it with `python bench/calling.py`. A null server answers in another process, over loopback; the
rounds alternate, and the ratios are medians of the rounds.
"""

from __future__ import annotations

import multiprocessing
import socket
import threading
import time
from collections.abc import Callable
from functools import partial
from statistics import median
from typing import Any

import httpx
from asapp_conversations import Client, customer
from asapp_conversations.toolkit import MOST_MESSAGES
from asapp_conversations_client.facts import BATCH

ROUNDS = 9
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"


def serve(listening: socket.socket) -> None:
    """Answer whatever comes, on each connection in a thread of its own."""
    while True:
        connection, _ = listening.accept()
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        threading.Thread(target=answer, args=(connection,), daemon=True).start()


def answer(connection: socket.socket) -> None:
    """Read each request by its content length, and send the answer."""
    received = bytearray()
    while chunk := connection.recv(1 << 20):
        received += chunk
        while (end := received.find(b"\r\n\r\n")) >= 0:
            head = bytes(received[:end]).lower()
            length = int(head.partition(b"content-length:")[2].partition(b"\r\n")[0])
            if len(received) < end + 4 + length:
                break
            del received[: end + 4 + length]
            connection.sendall(ANSWER)


def processor_time(call: Callable[[], object], times: int) -> float:
    """Microseconds of processor time that one call takes."""
    begin = time.process_time()
    for _ in range(times):
        call()
    return (time.process_time() - begin) / times * 1e6


def record(number: int) -> dict[str, Any]:
    return {
        "text": f"I would like to upgrade my internet plan to GOLD, please {number}.",
        "sender": {"role": "customer", "externalId": "customer-12345"},
        "timestamp": f"2021-11-23T12:{number // 60:02}:{number % 60:02}.555Z",
    }


def main() -> None:
    listening = socket.create_server(("127.0.0.1", 0))
    server = multiprocessing.Process(target=serve, args=(listening,), daemon=True)
    server.start()
    base_url = f"http://127.0.0.1:{listening.getsockname()[1]}"
    url = base_url + BATCH.operation.path.format_map({BATCH.conversation_parameter: "ABC"})
    records = [record(number) for number in range(MOST_MESSAGES)]
    models = [customer(r["text"], r["sender"]["externalId"], r["timestamp"]) for r in records]
    with httpx.Client() as plain, Client("id", "secret", base_url=base_url, rate=None) as client:
        print("messages   httpx.post   models ÷   mappings ÷")
        for count in (1, 20, MOST_MESSAGES):
            content = {BATCH.messages_property: records[:count]}
            calls: list[Callable[[], object]] = [
                partial(plain.post, url, json=content),
                partial(client.create_messages, "ABC", models[:count]),
                partial(client.create_messages, "ABC", records[:count]),
            ]
            times = 3000 // (count + 20)
            rounds = [[processor_time(call, times) for call in calls] for _ in range(ROUNDS + 1)]
            base = median(each[0] for each in rounds[1:])
            ratios = [median(each[i] / each[0] for each in rounds[1:]) for i in (1, 2)]
            print(f"{count:8} {base:9.0f} µs {ratios[0]:10.2f} {ratios[1]:12.2f}")
    server.kill()


if __name__ == "__main__":
    main()
