"""Writes down what users rely on besides names of Python: commands, keys, bodies, ledgers.

Run as a script it does so in a process of its own: `contract_record.py OUTPUT FOLDER…`, where each
FOLDER holds packages. The programs themselves are asked.
"""

from __future__ import annotations

import inspect
import json
import os
import re
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

IDS = [f"01HNE48VMKNZ0B0SG3CEFV24W{last}" for last in "ABC"]
"""Conversations, called as ASAPP calls them."""

RECORDS = [
    {"conversationId": name, "text": text}
    for name, text in zip(IDS, ["Hello", "", "Hi"], strict=True)
]
"""Messages of an import: one that is stored, one that is invalid, and one that ASAPP refuses."""

HALF_SENT = "half-sent"
"""The folder of an import that a later release has to go on from."""

TEXTS = ["Hello", 'quoted "\\/', "ä \N{GRINNING FACE} \u2028", "\x7f\t\n"]
TIMES = ["2024-03-04T08:00:00Z", "2024-03-04T09:00:00.120+01:00", "2024-03-04T08:00:00.000000001"]


def write_contract(output: Path, folders: list[Path]) -> None:
    """Write the record of the packages in these folders, in a process of its own.

    Raises:
        subprocess.CalledProcessError: they cannot be used.
    """
    command = [sys.executable, "-W", "ignore", __file__, *map(str, [output.resolve(), *folders])]
    environment = {name: each for name, each in os.environ.items() if "ASAPP" not in name}
    paths = os.pathsep.join(str(folder.resolve()) for folder in folders)
    environment["PYTHONPATH"] = paths
    subprocess.run(command, check=True, capture_output=True, text=True, env=environment)


def main(output: str, *folders: str) -> None:
    """Write the record of the packages in the folders."""
    target = Path(output)
    target.mkdir(parents=True, exist_ok=True)
    lines = [*commands(), *variables(map(Path, folders)), *fixtures(), *exit_statuses()]
    with tempfile.TemporaryDirectory() as folder:
        lines += trial_run(Path(folder))
        with closing(sqlite3.connect(Path(folder, "export.jsonl.ledger"))) as ledger:
            forms = [*ledger_form(ledger)]
    (target / HALF_SENT).mkdir()
    half_sent(target / HALF_SENT)
    (target / "command-line.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (target / "ledger.sql").write_text("\n".join(forms) + "\n", encoding="utf-8")
    (target / "bodies.jsonl").write_bytes(b"\n".join(bodies()) + b"\n")


def commands() -> Iterator[str]:
    """Every command with its arguments and options."""
    import typer
    from asapp_conversations_emulator.cli import emulator
    from asapp_conversations_importer.cli.app import app

    alone = typer.Typer(add_completion=False)
    alone.command()(emulator)
    whole: Any = typer.main.get_command(app)
    for name, command in {**whole.commands, "emulator": typer.main.get_command(alone)}.items():
        yield f"command {name}"
        for each in command.params:
            yield f"command {name} {parameter(each)}"
        told = re.search(r"Exit status: (.+)", " ".join((command.help or "").split()))
        if told:
            yield f"command {name} exit status {told[1]}"


def parameter(each: Any) -> str:
    """What an argument or an option takes, and what it is without being given."""
    flags = bool(getattr(each, "is_flag", False))
    kind = "" if flags else f" {each.metavar or each.type.name.upper()}"
    choices = getattr(each.type, "choices", None)
    lower, upper = (getattr(each.type, bound, None) for bound in ("min", "max"))
    default = None if flags or not isinstance(each.default, (int, float, str)) else each.default
    parts = [
        f"{each.param_type_name} {'|'.join([*each.opts, *each.secondary_opts])}{kind}",
        f"one of {', '.join(choices)}" if choices else "",
        "" if lower is None else f"from {lower}",
        "" if upper is None else f"to {upper}",
        "required" if each.required else "",
        "repeatable" if getattr(each, "multiple", False) else "",
        f"default {default}" if default is not None else "",
    ]
    return ", ".join(part for part in parts if part)


def variables(folders: Iterator[Path]) -> Iterator[str]:
    """The environment variables that the sources name."""
    found: set[str] = set()
    for folder in folders:
        for path in folder.rglob("*.py"):
            found.update(re.findall(r"(?<![A-Z_])ASAPP(?:_[A-Z]+)+\b", path.read_text("utf-8")))
    yield from (f"environment variable {name}" for name in sorted(found))


def fixtures() -> Iterator[str]:
    """What the plugin brings to pytest."""
    import pytest_asapp_conversations as plugin

    for name, value in sorted(vars(plugin).items()):
        if "Fixture" in type(value).__name__:
            yield f"pytest fixture {name}"
    yield f"pytest marker {plugin.MARKER}"


def exit_statuses() -> Iterator[str]:
    """With what an import ends, by why it does."""
    from asapp_conversations_importer import ImportReport, StoppedBy

    reports = {
        "all is stored": ImportReport(),
        "something was rejected": ImportReport(rejected=1),
        "something is in doubt": ImportReport(in_doubt=1),
        "something was not sent": ImportReport(unsent=1),
        **{
            f"stopped by {why}": ImportReport(stopped_by=why, stored=1) for why in sorted(StoppedBy)
        },
    }
    yield from (f"import: {why}: exit status {it.exit_status}" for why, it in reports.items())


def example() -> dict[str, Any]:
    """A message with what the document requires and no more."""
    from asapp_conversations_client.contracts import CONTRACTS
    from asapp_conversations_client.facts import BATCH
    from asapp_conversations_emulator.example_values import example_value
    from asapp_conversations_emulator.schemas import Schemas

    value = example_value(Schemas(CONTRACTS.schemas), BATCH.message_schema, "required")
    return {**value, "timestamp": TIMES[0]}


def trial_run(folder: Path) -> Iterator[str]:
    """The keys of all JSON that the commands write, and with what they end."""
    from asapp_conversations_emulator import Emulator

    source, rejects = folder / "export.jsonl", folder / "export.jsonl.rejects.jsonl"
    message = example()
    source.write_text("".join(json.dumps({**message, **each}) + "\n" for each in RECORDS))
    with Emulator() as server:
        server.fail_next("400", conversation_id=IDS[-1])
        runs: list[list[str]] = [
            ["plan", str(source), "--json"],
            ["import", str(source), "--json"],
            ["status", f"{source}.ledger", "--json"],
            ["check"],
            ["import", str(source), "--no-such-option"],
        ]
        for arguments in runs:
            done = call(arguments, {**os.environ, **server.environment})
            name = " ".join(each for each in arguments if not each.startswith(str(folder)))
            yield f"{name}: exit status {done.returncode}"
            if "--json" in arguments:
                yield from (f"{name}: {key}" for key in keys(json.loads(done.stdout)))
    reject: dict[str, None] = {}
    for line in rejects.read_text(encoding="utf-8").splitlines():
        reject.update(dict.fromkeys(keys(json.loads(line))))
    yield from (f"rejects: {key}" for key in sorted(reject))


def call(arguments: list[str], environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Run the command as a user does."""
    command = [sys.executable, "-m", "asapp_conversations_cli", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment)


COUNTED = frozenset({"reasons", "answers", "odd_times", "conversations", "requests"})
"""Objects whose names are what is counted."""


def keys(value: Any, above: str = "") -> Iterator[str]:
    """The way to each key, with the entries of a list as one."""
    if isinstance(value, dict):
        for name, each in value.items():
            yield f"{above}{name}"
            if name not in COUNTED:
                yield from keys(each, f"{above}{name}.")
    elif isinstance(value, list):
        inner = (key for each in value for key in keys(each, f"{above[:-1]}[]."))
        yield from dict.fromkeys(inner)


def ledger_form(ledger: sqlite3.Connection) -> Iterator[str]:
    """The number of the ledger's form, and its tables."""
    for pragma in ("application_id", "user_version"):
        yield f"PRAGMA {pragma} = {ledger.execute(f'PRAGMA {pragma}').fetchone()[0]};"
    for (sql,) in ledger.execute("SELECT sql FROM sqlite_master WHERE sql NOT NULL ORDER BY name"):
        yield from inspect.cleandoc(sql).splitlines()


def success() -> int:
    """The status that says that a batch is stored."""
    from asapp_conversations_client.facts import BATCH

    return int(next(iter(BATCH.operation.successes)).replace("X", "0"))


def bodies() -> Iterator[bytes]:
    """The bytes of bodies: of models, of mappings, of equal messages, of each kind of time."""
    import httpx
    from asapp_conversations import Client, Message

    message = example()
    sent: list[bytes] = []

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(request.content)
        return httpx.Response(success(), json={})

    mappings = [{**message, "text": text, "timestamp": time} for text in TEXTS for time in TIMES]
    models = [Message.from_dict({**message, "text": text}) for text in TEXTS]
    with Client("id", "secret", transport=httpx.MockTransport(answer), rate=None) as client:
        for messages in (mappings, models, [message] * 3):
            client.create_messages(IDS[0], messages)
    yield from sent


def half_sent(folder: Path) -> None:
    """An import that was stopped with a batch in doubt: its source, its ledger, what has arrived."""
    import httpx
    from asapp_conversations_importer import import_messages

    source, ledger = folder / "export.jsonl", folder / "import.ledger"
    message = example()
    lines = [
        json.dumps({**message, "conversationId": name, "text": f"{name[-1]} {number}"})
        for number in range(9)
        for name in IDS
    ]
    source.write_text("\n".join(lines) + "\n", encoding="utf-8")
    arrived: list[dict[str, str]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        arrived.append({"path": request.url.path, "body": request.content.decode()})
        if len(arrived) == 2:
            raise httpx.ReadError("the answer is lost")
        return httpx.Response(success(), json={})

    import_messages(
        str(source),
        ledger=ledger,
        api_id="id-1",
        api_secret="s3cret-value",
        transport=httpx.MockTransport(answer),
        retries=0,
        concurrency=1,
        daily_limit=4,
        max_body=500,
        rate=None,
    )
    with closing(sqlite3.connect(ledger)) as connection:
        # What differs each time, and nobody goes on from.
        connection.execute("UPDATE runs SET started = 0, ended = 1, resume_at = 2, sent_by = ''")
        connection.execute("UPDATE days SET day = '2026-01-01'")
        connection.execute("UPDATE files SET path = 'export.jsonl'")
        connection.commit()
        pragmas = [line for line in ledger_form(connection) if line.startswith("PRAGMA")]
        (folder / "ledger.sql").write_text("\n".join([*pragmas, *connection.iterdump()]) + "\n")
    told = "".join(json.dumps(each) + "\n" for each in arrived)
    (folder / "arrived.jsonl").write_text(told, encoding="utf-8")
    for left in folder.glob("import.ledger*"):
        left.unlink()


if __name__ == "__main__":
    main(*sys.argv[1:])
