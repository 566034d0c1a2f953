"""The command `emulator`, as a process of its own and in this one."""

from __future__ import annotations

import errno
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import pytest
import typer
from asapp_conversations import Client, Credentials, NotFoundError, RateLimitError, agent
from asapp_conversations_emulator.cli import emulator, explain
from documented import CONVERSATION, OTHER, batch_path, fitting_id
from typer.testing import CliRunner

COMMAND = [sys.executable, "-u", "-m", "asapp_conversations_cli", "emulator", "--port", "0"]
WRONG = Credentials("me", "wrong").headers()
PATH = batch_path()
MESSAGES = [agent("x", "a-1", "2024-03-04T08:00:00")]


@contextmanager
def running(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], str, list[str]]]:
    """The command as a process, the address it names, and its first lines."""
    with subprocess.Popen(
        [*COMMAND, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        assert process.stdout is not None
        try:
            lines = [process.stdout.readline() for _ in range(6)]
            yield process, lines[0].split()[-1], lines
        finally:
            process.kill()


def end(process: subprocess.Popen[str], number: int) -> tuple[str, int]:
    """Send a signal; what it printed after its first lines, and its exit status."""
    os.kill(process.pid, number)
    said, _ = process.communicate(timeout=30)
    return said, process.returncode


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_runs_until_interrupted(number: int) -> None:
    """It says where it is and for whom, takes any keys, and ends without a traceback."""
    with running() as (process, url, lines):
        assert "Only this machine" in lines[1]
        assert f"ASAPP_BASE_URL={url} " in lines[4]
        with Client("any", "keys", base_url=url) as client:
            assert client.create_messages(CONVERSATION, MESSAGES).stored == 1
        said, status = end(process, number)
    assert status == 0
    assert said == "\nThe emulator has stopped. It received 1 request and held 1 message.\n"


def test_live_traffic_is_counted() -> None:
    """Live traffic shares the rate, and the last word tells how much of it was refused."""
    line = ["--rate", "100", "--live-traffic", "100000", "--jitter", "1", "--tolerance", "0"]
    with running(*line) as (process, url, _):
        with Client("any", "keys", base_url=url, rate=None, retries=0) as client:
            for _ in range(5):
                with suppress(RateLimitError):
                    client.create_messages(CONVERSATION, MESSAGES)
        said, _ = end(process, signal.SIGINT)
    found = re.findall(r"Of ([0-9,]+) live requests? .* it refused ([0-9,]+)\.", said)[0]
    live, refused = (int(number.replace(",", "")) for number in found)
    assert 0 < refused <= live


def test_options_reach_the_emulator(tmp_path: Path) -> None:
    """Keys, conversations, store, faults and clock are those of the command line."""
    ids, store = tmp_path / "ids.txt", tmp_path / "held.db"
    ids.write_text(f"{CONVERSATION}\n\n  {fitting_id('DEF2')} \n")
    faults = ["--fault", "429,retry-after=0", "--fault", "503,retry-after=0", "--share", "0.5"]
    keys = ["--api-id", "me", "--api-secret", "hush", "--now", "2031-01-31T23:59:50Z"]
    with running(*faults, *keys, "--store", str(store), "--known-conversations", str(ids)) as (
        process,
        url,
        lines,
    ):
        assert "hush" not in "".join(lines)
        assert str(store) in lines[2]
        with Client("me", "hush", base_url=url, retries=10) as client:
            assert client.create_messages(fitting_id("DEF2"), MESSAGES).stored == 1
            with pytest.raises(NotFoundError):
                client.create_messages(OTHER, MESSAGES)
        assert httpx.get(f"{url}/_emulator/clock").json()["time"].startswith("2031-0")
        assert httpx.get(f"{url}/_emulator/faults").json()["share"] == 0.5
        assert end(process, signal.SIGINT)[1] == 0
    with running("--store", str(store)) as (_, url, _):
        assert httpx.get(f"{url}/_emulator/conversations").json() == {fitting_id("DEF2"): 1}


def test_other_interfaces_are_announced() -> None:
    """Bound elsewhere it says that other machines can reach it."""
    with running("--host", "0.0.0.0") as (_, url, lines):
        assert "OTHER MACHINES" in lines[1]
        assert url.startswith("http://127.0.0.1:")
    with running("--host", "localhost") as (process, _, lines):
        assert "Only this machine" in lines[1]
        assert end(process, signal.SIGINT)[1] == 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--fault", "explode"], "no fault is called 'explode'"),
        (["--rate", "0"], "above 0"),
        (["--share", "2"], "--share"),
        (["--now", "soon"], "is not a time such as"),
        (["--api-id", "me"], "give both"),
        (["--api-id", "é", "--api-secret", "hush"], "printable ASCII"),
        (["--store", "{tmp}/none/held.db"], "unable to open"),
        (["--known-conversations", "{tmp}/none"], "No such file"),
        (["--known-conversations", "{tmp}/ids.txt"], "ids.txt, line 2: conversationId"),
        (["--port", "{port}"], "is in use; choose another with --port"),
    ],
)
def test_bad_options_are_explained(tmp_path: Path, arguments: list[str], words: str) -> None:
    """What cannot be is said in a line, with exit status 2 and no traceback."""
    (tmp_path / "ids.txt").write_text(f"{CONVERSATION}\na-b\n")
    app = typer.Typer()
    app.command()(emulator)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        filled = [each.format(tmp=tmp_path, port=port) for each in arguments]
        done = CliRunner(env={"COLUMNS": "200", "TERM": "dumb"}).invoke(app, filled)
    assert done.exit_code == 2
    assert words in done.output
    assert "hush" not in done.output


def test_addresses_that_cannot_be_listened_on() -> None:
    """An address that is not of this machine, or unknown, is explained."""
    elsewhere = explain(OSError(errno.EADDRNOTAVAIL, "x (while binding)"), "10.1.2.3", 80)
    assert (
        elsewhere
        == "the emulator cannot listen on 10.1.2.3 port 80: Cannot assign requested address"
    )
    unknown = explain(socket.gaierror(-2, "Name or service not known"), "no.invalid", 80)
    assert unknown.endswith("Name or service not known")


def test_keys_that_are_given_are_the_only_ones() -> None:
    """With keys of its own, it refuses others."""
    with running("--api-id", "me", "--api-secret", "hush") as (_, url, lines):
        assert "only the API keys that you gave" in lines[2]
        answer = httpx.post(url + PATH, headers=WRONG)
    assert answer.status_code == 401
