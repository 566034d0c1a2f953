"""Each example runs as it stands, against the stand-in."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from asapp_conversations.sandbox import SandboxServer

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


@pytest.fixture
def server() -> Iterator[SandboxServer]:
    with SandboxServer() as running:
        yield running


def run(name: str, server: SandboxServer, **variables: str) -> subprocess.CompletedProcess[str]:
    """The example as a user starts it, with nothing but the environment set."""
    environment = {
        "ASAPP_API_ID": server.api_id,
        "ASAPP_API_SECRET": server.api_secret,
        "ASAPP_BASE_URL": server.url,
    }
    return subprocess.run(
        [sys.executable, "-W", "error", EXAMPLES / name],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **environment, **variables},
    )


def output(name: str, server: SandboxServer) -> str:
    done = run(name, server)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_one_message(server: SandboxServer) -> None:
    """The shortest program stores its message."""
    assert "stored=1" in output("one_message.py", server)
    assert server.stats()["messages"] == 1


def test_long_conversation(server: SandboxServer) -> None:
    """A thousand messages leave in four requests, and none is stored twice."""
    assert output("long_conversation.py", server) == ("1000 stored, 0 there already, 4 requests\n")
    assert output("long_conversation.py", server).startswith("0 stored, 1000 there already")
    assert server.stats()["messages"] == 1000


def test_many_conversations(server: SandboxServer) -> None:
    """Ten conversations are stored side by side."""
    lines = output("many_conversations.py", server).splitlines()
    assert len(lines) == 10
    assert {len(server.messages(f"PARCEL{number}")) for number in range(1, 11)} == {2}


def test_error_handling(server: SandboxServer) -> None:
    """It may be run again, and wrong keys end it with what to do."""
    for _ in range(2):
        assert output("error_handling.py", server) == "2 messages are stored\n"
    refused = run("error_handling.py", server, ASAPP_API_SECRET="wrong")
    assert refused.returncode == 1
    assert "Check the API id and secret" in refused.stderr
    unset = run("error_handling.py", server, ASAPP_API_ID="")
    assert "set ASAPP_API_ID" in unset.stderr


def test_dry_run(server: SandboxServer) -> None:
    """The dry run prints the request of the bundled transcript, and sends nothing."""
    transcript = (EXAMPLES / "coffee_shop.jsonl").read_text("utf-8").splitlines()
    count = len([json.loads(line) for line in transcript])
    printed = output("dry_run.py", server)
    assert f": {count} messages, " in printed
    assert f"Stored(stored={count}" in printed
    assert server.stats()["requests"] == 0


def test_every_example_is_run() -> None:
    """No example is left out of the tests above."""
    ours = Path(__file__).read_text("utf-8")
    assert [path.name for path in EXAMPLES.glob("*.py") if f'"{path.name}"' not in ours] == []
