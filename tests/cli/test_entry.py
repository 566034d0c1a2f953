"""The command itself, before it has loaded a tool."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib import import_module

import asapp_conversations_cli
import pytest
from asapp_conversations import __spec_sha256__, __spec_version__, __version__
from asapp_conversations_cli import COMMANDS, main
from asapp_conversations_emulator.cli import emulator
from asapp_conversations_importer.cli.app import app

TOOLS = ("asapp_conversations", "asapp_conversations_importer", "asapp_conversations_emulator")


def call(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    """Run the command in this process; its exit status."""
    monkeypatch.setattr(sys, "argv", ["asapp-conversations", *arguments])
    with pytest.raises(SystemExit) as caught:
        main()
    return int(caught.value.code or 0)


@pytest.mark.parametrize("option", ["--help", "-h", "--version"])
def test_loads_nothing_to_speak_of_itself(option: str) -> None:
    """`--help` and `--version` load neither the SDK nor a tool, nor what those need."""
    program = (
        "import sys, asapp_conversations_cli as cli\n"
        f"sys.argv = ['asapp-conversations', {option!r}]\n"
        "try: cli.main()\n"
        "except SystemExit: pass\n"
        f"print([m for m in ('httpx', 'typer', *{TOOLS!r}) if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_helps(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`-h` shows what `--help` does, and wrong usage is a line that names it."""
    shown = []
    for option in ("-h", "--help"):
        assert call(monkeypatch, name, option) == 0
        shown.append(capsys.readouterr().out)
    assert shown[0] == shown[1]
    assert f"Usage: asapp-conversations {name}" in shown[0]

    assert call(monkeypatch, name, "--no-such-option") == asapp_conversations_cli.WRONG_USAGE
    printed = capsys.readouterr()
    assert printed.out == ""
    assert re.fullmatch(
        rf"Error: No such option: --no-such-option.*\. `asapp-conversations {name} --help` "
        r"explains it\.\n",
        printed.err,
    )


def test_version(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """`--version` is that of the package, and names the document that it was made from."""
    monkeypatch.setattr(sys, "argv", ["asapp-conversations", "--version"])
    main()
    assert capsys.readouterr().out == (
        f"asapp-conversations {__version__} "
        f"(ASAPP's document {__spec_version__}, sha256 {__spec_sha256__})\n"
    )


def test_help_lists_every_command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every command of the tools is listed, with the first line of its own help."""
    written = {
        command.name or command.callback.__name__: command
        for command in app.registered_commands
        if command.callback
    }
    docstrings = {
        name: command.callback.__doc__ for name, command in written.items() if command.callback
    }
    docstrings["emulator"] = emulator.__doc__
    summaries = {name: (text or "").splitlines()[0] for name, text in docstrings.items()}
    assert {name: command.summary for name, command in COMMANDS.items()} == summaries
    assert call(monkeypatch, "--help") == 0
    printed = capsys.readouterr().out
    assert all(f"  {name} " in printed and text in printed for name, text in summaries.items())


def test_no_command_is_wrong_usage(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without a command it prints its help, and ends with the status of wrong usage."""
    assert call(monkeypatch) == 2
    assert capsys.readouterr().out.startswith("Usage: ")


def test_an_unknown_command_is_explained(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A command that does not exist names the one that looks like it."""
    assert call(monkeypatch, "imprt", "x") == 2
    assert "There is no command 'imprt'. Did you mean import?" in capsys.readouterr().err
    assert call(monkeypatch, "zzz") == 2
    assert "There is no command 'zzz'. `asapp" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("command", "module", "extra"),
    [("plan", "duckdb", "importer"), ("emulator", "uvicorn.server", "emulator")],
)
def test_without_the_extras(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    command: str,
    module: str,
    extra: str,
) -> None:
    """Without what the extras bring, a command says what to install."""

    def missing(name: str) -> object:
        raise ModuleNotFoundError(f"No module named {module!r}", name=module)

    monkeypatch.setattr(asapp_conversations_cli, "import_module", missing)
    assert call(monkeypatch, command) == 2
    assert f"pip install 'asapp-conversations[{extra}]'" in capsys.readouterr().err


def test_other_missing_modules_are_our_own_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    """A module that no extra brings is an error of ours, and shown as one."""
    command = COMMANDS["plan"]
    monkeypatch.setattr(asapp_conversations_cli, "import_module", import_module)
    monkeypatch.setitem(COMMANDS, "plan", command._replace(module="asapp_conversations_nowhere"))
    monkeypatch.setattr(sys, "argv", ["asapp-conversations", "plan"])
    with pytest.raises(ModuleNotFoundError):
        main()


def test_runs_as_a_module() -> None:
    """`python -m asapp_conversations_cli` is the same command."""
    command = [sys.executable, "-m", "asapp_conversations_cli", "emulator", "--port", "many"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "--port" in done.stderr


def test_shell_completion(monkeypatch: pytest.MonkeyPatch) -> None:
    """A shell that asks what may come next gets commands and options, and the script to ask so."""
    shown = subprocess.run(
        [sys.executable, "-m", "asapp_conversations_cli", "--show-completion", "bash"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert asapp_conversations_cli.COMPLETE in shown.stdout
    monkeypatch.setenv(asapp_conversations_cli.COMPLETE, "complete_bash")
    monkeypatch.setenv("COMP_WORDS", "asapp-conversations import --dail")
    monkeypatch.setenv("COMP_CWORD", "2")
    command = [sys.executable, "-m", "asapp_conversations_cli"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == "--daily-limit\n"
