"""What a call of `create_messages` costs, in processor time, beside a plain `httpx.post`.

Run it with `python bench/calling.py`. A null server answers in another process, over loopback; the
rounds alternate, and the ratios are medians of the rounds.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from statistics import median
from typing import Any

import httpx
from asapp_conversations import Client, customer
from asapp_conversations.toolkit import MOST_MESSAGES
from asapp_conversations_client.facts import BATCH
from line import Line, serving

ROUNDS = 9


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


def ratios(rounds: int = ROUNDS) -> dict[int, tuple[float, float]]:
    """For so many messages: what `create_messages` costs of models, and of mappings."""
    records = [record(number) for number in range(MOST_MESSAGES)]
    models = [customer(r["text"], r["sender"]["externalId"], r["timestamp"]) for r in records]
    result = {}
    with (
        serving(Line()) as server,
        httpx.Client() as plain,
        Client("id", "secret", base_url=server.url, rate=None) as client,
    ):
        path = BATCH.operation.path.format_map({BATCH.conversation_parameter: "ABC"})
        for count in (1, 20, MOST_MESSAGES):
            content = {BATCH.messages_property: records[:count]}
            calls: list[Callable[[], object]] = [
                partial(plain.post, server.url + path, json=content),
                partial(client.create_messages, "ABC", models[:count]),
                partial(client.create_messages, "ABC", records[:count]),
            ]
            times = 3000 // (count + 20)
            taken = [[processor_time(call, times) for call in calls] for _ in range(rounds + 1)]
            of_models, of_mappings = (median(t[i] / t[0] for t in taken[1:]) for i in (1, 2))
            result[count] = of_models, of_mappings
    return result


def main() -> None:
    print("messages   models ÷   mappings ÷")
    for count, (of_models, of_mappings) in ratios().items():
        print(f"{count:8} {of_models:10.2f} {of_mappings:12.2f}")


if __name__ == "__main__":
    main()
