"""Shows the requests that a transcript would make, and sends nothing.

Run it with `python examples/dry_run.py [FILE]`; each line of the file is one message.
"""

import json
import sys
from pathlib import Path

import httpx
from asapp_conversations import Client, Message


def print_request(request: httpx.Request) -> httpx.Response:
    messages = len(json.loads(request.content)["messages"])
    print(f"{request.method} {request.url}: {messages} messages, {len(request.content)} bytes")
    return httpx.Response(200, json={})


path = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).with_name("coffee_shop.jsonl")
lines = path.read_text(encoding="utf-8").splitlines()
messages = [Message.from_dict(json.loads(line)) for line in lines]

with Client("any-id", "any-secret", transport=httpx.MockTransport(print_request)) as client:
    print(client.create_messages("COFFEESHOP1", messages))
