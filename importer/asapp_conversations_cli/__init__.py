"""The command `asapp-conversations`; it loads a tool only when one of its commands is asked for."""

from __future__ import annotations

import difflib
import json
import os
import sys
from importlib import import_module
from importlib.metadata import requires, version
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple, NoReturn

DISTRIBUTION = "asapp-conversations"
COMPLETE = "_ASAPP_CONVERSATIONS_COMPLETE"
"""The variable by which a shell asks for completions."""
WRONG_USAGE = 2
"""The exit status for wrong usage, as Python's argparse has it."""


class Command(NamedTuple):
    """A command, and where it is found.

    Attributes:
        module: has the typer application `app`, in which the command stands.
        extra: what installs all that the module needs.
        summary: what it does, in a sentence.
    """

    module: str
    extra: str
    summary: str


def _importer(summary: str) -> Command:
    return Command("asapp_conversations_importer.cli.app", "importer", summary)


COMMANDS = {
    "import": _importer("Send every message to its conversation, once, in order."),
    "plan": _importer("Say what an import would do, and send nothing."),
    "prepare": _importer(
        "Read, check and sort a source once, into a snapshot for `import --prepared`."
    ),
    "check": _importer(
        "Try the keys, the address and the network with one request that can store nothing."
    ),
    "status": _importer("Say where an import stands, what waits and why, also while it runs."),
    "rejects": _importer("Write the rejects of an import again, as JSON Lines to mend and import."),
    "emulator": Command(
        "asapp_conversations_emulator.cli",
        "emulator",
        "Run a local emulator of the API, made from ASAPP's document, until Ctrl-C.",
    ),
}


def main() -> None:
    """Run the command that the arguments name."""
    arguments = sys.argv[1:]
    if COMPLETE in os.environ:
        # A shell asks what may come next.
        _run(COMMANDS["import"], arguments)
    match arguments:
        case [] | ["--help" | "-h", *_]:
            _print(help_text())
            sys.exit(0 if arguments else WRONG_USAGE)
        case ["--version", *_]:
            _print(version_text())
        case ["--install-completion" | "--show-completion", *_]:
            _run(COMMANDS["import"], arguments)
        case [name, *_] if name in COMMANDS:
            _run(COMMANDS[name], arguments)
        case _:
            name = arguments[0]
            near = difflib.get_close_matches(name, COMMANDS, n=1)
            hint = f"Did you mean {near[0]}? " if near else ""
            _fail(f"There is no command {name!r}. {hint}`{DISTRIBUTION} --help` lists them all.")


def version_text() -> str:
    """What `--version` prints; read without importing the client, which takes its time."""
    client = find_spec("asapp_conversations_client")
    manifest = json.loads(
        Path(str(client and client.origin)).with_name("manifest.json").read_text()
    )
    document = manifest["document"]
    return (
        f"{DISTRIBUTION} {version(DISTRIBUTION)} "
        f"(ASAPP's document {document['version']}, sha256 {document['sha256']})\n"
    )


def help_text() -> str:
    """What `--help` prints."""
    width = max(map(len, COMMANDS))
    commands = "\n".join(f"  {name:{width}}  {it.summary}" for name, it in COMMANDS.items())
    return f"""\
Usage: {DISTRIBUTION} COMMAND [OPTIONS]

Loads conversations into ASAPP.

Commands:
{commands}

Options:
  -h, --help  Show this text. `{DISTRIBUTION} COMMAND --help` explains a command.
  --version   Show the version, and which document of ASAPP's it was made from.
  --install-completion, --show-completion  Let the shell complete commands and options.

ASAPP_API_ID and ASAPP_API_SECRET hold the keys. ASAPP_ENVIRONMENT (sandbox, which is the default,
or production) or ASAPP_BASE_URL says where to send.
"""


def _print(text: str) -> None:
    """Write to standard output, for whoever still reads it."""
    try:
        print(text, end="", flush=True)  # noqa: T201
    except OSError:
        # What is left in its buffer would fail once more when the process ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


def _run(command: Command, arguments: list[str]) -> None:
    try:
        app, typer = import_module(command.module).app, import_module("typer")
    except ModuleNotFoundError as error:
        if not _comes_with_an_extra(str(error.name)):
            raise
        _fail(
            f"This command needs {error.name}. Install it with "
            f"python -m pip install '{DISTRIBUTION}[{command.extra}]'."
        )
    # What typer raises for any wrong usage; it exports the class for one kind alone.
    wrong_usage: type[Exception] = typer.BadParameter.__bases__[0]
    try:
        sys.exit(app(args=arguments, prog_name=DISTRIBUTION, standalone_mode=False) or 0)
    except SystemExit as end:
        # A reader that has gone away, such as `head`, has seen all that it wanted.
        sys.exit(0 if isinstance(end.__context__, BrokenPipeError) else end.code)
    except wrong_usage as error:
        words = getattr(error, "format_message", error.__str__)()
        # Later versions of typer say whose error it is.
        words = words.replace("Value error, ", "").removesuffix(".")
        _fail(f"{words}. `{DISTRIBUTION} {arguments[0]} --help` explains it.")


def _comes_with_an_extra(module: str) -> bool:
    """Whether the extras of this distribution bring that module; each is named like its package."""
    root = module.partition(".")[0]
    return any(
        requirement.startswith(root) and "extra ==" in requirement
        for requirement in requires(DISTRIBUTION) or ()
    )


def _fail(message: str) -> NoReturn:
    harmless = (
        it if it.isprintable() else json.dumps(it)[1:-1] for it in " ".join(message.split())
    )
    sys.stderr.write(f"Error: {''.join(harmless)}\n")
    sys.exit(WRONG_USAGE)
