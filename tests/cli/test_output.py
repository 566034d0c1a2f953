"""What is printed, where to, and what becomes of it when it cannot be."""

from __future__ import annotations

import json
import os
import pty
import select
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from asapp_conversations_cli import main
from asapp_conversations_emulator import Emulator
from asapp_conversations_importer.cli.wording import command, printable
from documented import CONVERSATION, SUCCESS, fitting_id

COMMAND = str(Path(sys.executable).with_name("asapp-conversations"))
EVIL = "\x1b[2J\x9b\u202e\u2028\r"
COLUMNS = "conversation_id,sender_role,sender_external_id,text,timestamp\n"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in, and one for temporary files beside it."""
    work = tmp_path / "work"
    for each in (work, tmp_path / "tmp"):
        each.mkdir()
    monkeypatch.chdir(work)
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    for name in ("ASAPP_API_ID", "ASAPP_API_SECRET", "ASAPP_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    return work


def export(folder: Path, count: int = 3, name: str = "export.csv", extra: str = "") -> str:
    rows = "".join(
        f"{fitting_id(f'ABC{i}')},agent,a-1,hello {i},2024-03-04T08:00:00Z\n" for i in range(count)
    )
    (folder / name).write_text(COLUMNS + rows + extra)
    return name


def run(*arguments: str, **how: Any) -> subprocess.CompletedProcess[str]:
    how = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, **how}
    return subprocess.run(
        [COMMAND, *arguments], stderr=subprocess.PIPE, text=True, check=False, **how
    )


def harmless(words: str) -> bool:
    return all(line.isprintable() for line in words.split("\n"))


@pytest.mark.parametrize(
    "arguments",
    [
        ["import", f"missing{EVIL}.csv", "--emulator"],
        ["import", f"file{EVIL}.csv", "--emulator", "--report", f"page{EVIL}.html"],
        ["plan", f"file{EVIL}.csv"],
        ["plan", f"odd{EVIL}.csv"],
        ["status", f"missing{EVIL}.ledger"],
        ["rejects", f"missing{EVIL}.ledger"],
        ["import", "export.csv", "--emulator", f"--map=text={EVIL}"],
        ["import", "export.csv", "--emulator", f"--timezone={EVIL}"],
        ["import", "export.csv", "--emulator", f"--{EVIL}"],
        ["import", "export.csv", "--emulator", "--report", f"missing{EVIL}/page.html"],
        ["import", "export.csv", "--base-url", f"https://{EVIL}.com"],
        [f"import{EVIL}"],
    ],
)
def test_nothing_from_outside_steers_a_terminal(
    folder: Path,
    arguments: list[str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Whatever files, columns, options and commands are called, it is shown and not obeyed."""
    monkeypatch.setattr(sys, "argv", ["asapp-conversations", *arguments])
    export(folder)
    export(folder, name=f"file{EVIL}.csv", extra=f"ABC9,{EVIL},a-1,x,{EVIL}\n")
    (folder / f"odd{EVIL}.csv").write_text(f"conversation_id,{EVIL}\nABC,x\n")
    with pytest.raises(SystemExit):
        main()
    out, err = capsys.readouterr()
    assert harmless(out)
    assert harmless(err)
    assert err


def test_what_asapp_says_steers_nothing(folder: Path, server: Emulator) -> None:
    """An answer's own words are shown, and not obeyed, in the text, the page and the status."""
    server.fail_next("400")
    name = export(folder, 1)
    server.fail_next("404", 5)
    done = run("import", name, "--report", "page.html")
    assert harmless(done.stdout)
    assert harmless(run("status", f"{name}.ledger").stdout)
    assert harmless(run("rejects", f"{name}.ledger").stdout)


def test_rejects_on_a_screen(folder: Path) -> None:
    """Rejects are JSON that a screen takes, and that reads as what was rejected."""
    export(folder, 0, extra=f'{CONVERSATION},"robot",a-1,"é {EVIL}",2024\n')
    run("import", "export.csv", "--emulator", "--ledger", "l")
    shown = run("rejects", "l").stdout
    assert harmless(shown)
    texts: list[object] = []
    json.loads(shown, object_hook=lambda found: texts.extend(found.values()))
    assert f"é {EVIL}" in texts
    assert "é" in shown


@pytest.mark.parametrize(
    "name", ["plain.csv", "with space.csv", "it's.csv", f"a{EVIL}b'\\.csv", "-x.csv", "ä\udcff.csv"]
)
def test_printed_commands_can_be_pasted(folder: Path, name: str) -> None:
    """A command that is printed does in a shell what it says, whatever the file is called."""
    (folder / name).write_text(COLUMNS)
    printed = command("cat", f"./{name}").removeprefix("asapp-conversations ")
    assert printable(printed) == printed
    done = subprocess.run(["bash", "-c", printed], capture_output=True, check=True)
    assert done.stdout.decode() == COLUMNS


@pytest.mark.parametrize("options", [[], ["--json"]])
@pytest.mark.usefixtures("server")
def test_full_disk_under_the_output(folder: Path, options: list[str]) -> None:
    """When everything was sent and only its report cannot be written, that is no wrong usage."""
    name = export(folder)
    with Path("/dev/full").open("w") as full:
        done = run("import", name, *options, stdout=full)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == (
        "Error: standard output cannot be written: No space left on device"
    )
    assert json.loads(run("import", name, "--json").stdout)["skipped"] == 3


@pytest.mark.parametrize("arguments", [["status", "l"], ["rejects", "l"], ["plan", "export.csv"]])
def test_full_disk_under_other_commands(folder: Path, arguments: list[str]) -> None:
    """Whatever a command prints, that it could not be written is its exit status."""
    export(folder, 1, extra=f"{CONVERSATION},robot,a-1,x,2024-03-04T08:00:00Z\n")
    run("import", "export.csv", "--emulator", "--ledger", "l")
    with Path("/dev/full").open("w") as full:
        done = run(*arguments, stdout=full)
    assert done.returncode == 1
    assert "Error: standard output cannot be written" in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["import", "export.csv", "--emulator"],
        ["plan", "export.csv"],
        ["--help"],
        ["import", "--help"],
        ["emulator", "--help"],
    ],
)
def test_a_reader_that_went_away(folder: Path, arguments: list[str]) -> None:
    """`| head` is no error, and standard output may be closed altogether."""
    export(folder)
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as closed:
        done = run(*arguments, stdout=closed)
    assert done.returncode == 0
    assert "Error" not in done.stderr
    closed_by_shell = subprocess.run(
        ["bash", "-c", '"$@" >&-', "-", COMMAND, *arguments], capture_output=True, check=False
    )
    assert closed_by_shell.returncode == 0


def test_closed_standard_input(folder: Path) -> None:
    """`import - <&-` has nothing to read, and says so."""
    script = f"{COMMAND} import - --emulator <&-"
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].startswith("Error: standard input is closed")


def test_many_rejects_into_head(folder: Path) -> None:
    """A reader that has enough of many rejects ends them without a word."""
    export(folder, 0, extra=f"{CONVERSATION},robot,a-1,x,2024\n" * 5000)
    run("import", "export.csv", "--emulator", "--ledger", "l")
    script = f"{COMMAND} rejects l | head -1; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "0"
    assert done.stderr == ""


def test_a_poor_encoding(folder: Path) -> None:
    """Where the terminal knows no more than ASCII, the rest is shown as escapes."""
    export(folder, name="ä.csv")
    environment = {**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    done = run("import", "ä.csv", "--emulator", "--ledger", "ä.ledger", env=environment)
    assert done.returncode == 0
    assert r"\xe4.ledger" in done.stdout


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("arguments", [["import", "-", "--ledger", "l"], ["plan", "-"]])
def test_signals_while_it_waits_for_its_input(
    folder: Path, server: Emulator, arguments: list[str], number: signal.Signals
) -> None:
    """Two signals end even a run whose source is silent, and no message is left on disk."""
    process = subprocess.Popen(
        [COMMAND, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stderr
    if arguments[0] == "import":
        assert b"Reading" in process.stderr.readline()
    else:
        until(lambda: list((folder.parent / "tmp").glob("*/staging/*")), process)
    process.send_signal(number)
    if arguments[0] == "import":
        # Two signals of one kind could come as one.
        process.send_signal(signal.SIGINT if number is signal.SIGTERM else signal.SIGTERM)
    _, told = process.communicate()
    assert process.returncode in {130, 143}, told
    assert not list(folder.glob("*.staging"))
    assert not list((folder.parent / "tmp").glob("*/staging"))


def until(condition: Callable[[], object], process: subprocess.Popen[bytes]) -> None:
    """Wait for what a process is about to bring about; it does not end before."""
    while not condition():
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.01)


@pytest.mark.parametrize("arguments", [["import", "-", "--emulator"], ["plan", "-"]])
def test_what_a_killed_run_leaves_is_removed(folder: Path, arguments: list[str]) -> None:
    """After kill -9 the next run removes the messages that were left among the temporary files."""
    process = subprocess.Popen([COMMAND, *arguments], stdin=subprocess.PIPE)
    temporary = folder.parent / "tmp"
    until(lambda: list(temporary.glob("*/*staging/*")), process)
    process.kill()
    process.communicate()
    assert list(temporary.iterdir())
    assert run("plan", export(folder)).returncode == 0
    assert not list(temporary.iterdir())


def test_a_hangup_that_is_ignored(folder: Path, server: Emulator) -> None:
    """Under nohup the end of the terminal does not end the run."""
    name = export(folder, 20)
    script = 'trap "" HUP; exec "$@"'
    process = subprocess.Popen(
        ["bash", "-c", script, "-", COMMAND, "import", name, "--rate", "20", "--json", "-q"],
        stdout=subprocess.PIPE,
    )
    until(lambda: server.stats()["requests"], process)
    process.send_signal(signal.SIGHUP)
    out, _ = process.communicate()
    assert json.loads(out)["stored"] == 20


class Terminal:
    """A terminal with a command in it."""

    def __init__(self, *arguments: str) -> None:
        self._screen, device = pty.openpty()
        self.process = subprocess.Popen(
            [COMMAND, *arguments], stdin=device, stdout=device, stderr=device
        )
        os.close(device)
        self.seen = ""

    def wait_for(self, words: str) -> None:
        """Read what it shows until the words are there."""
        while words not in self.seen:
            ready, _, _ = select.select([self._screen], [], [], 60)
            assert ready, self.seen
            self.seen += os.read(self._screen, 65_536).decode()

    def type(self, keys: str) -> None:
        os.write(self._screen, keys.encode())

    def end(self) -> int:
        """What it ends with, once all is read."""
        with suppress(OSError):
            while data := os.read(self._screen, 65_536):
                self.seen += data.decode()
        os.close(self._screen)
        return self.process.wait()


@pytest.fixture
def production(server: Emulator, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Emulator:
    """An emulator that commands take for ASAPP's production."""
    (tmp_path / "sitecustomize.py").write_text(
        "from asapp_conversations import options, toolkit\n"
        f"options.SERVERS['production'] = {server.url!r}\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=os.pathsep)
    return server


@pytest.mark.parametrize(
    ("keys", "status", "stored"), [("y\n", 0, 3), ("\n", 1, 0), ("n\n", 1, 0), ("\x04", 1, 0)]
)
def test_the_first_import_into_production_asks_once(
    folder: Path, production: Emulator, keys: str, status: int, stored: int
) -> None:
    """On a terminal the first import says where to, how much, how long and how much of the quota,
    and asks; without a yes nothing is sent."""
    terminal = Terminal("import", export(folder))
    terminal.wait_for("[y/N]")
    told = " ".join(terminal.seen.split())
    for words in ("first import", "ASAPP's production", "3 messages in 3 requests", "quota"):
        assert words in told
    terminal.type(keys)
    assert terminal.end() == status
    assert production.stats()["messages"] == stored
    if stored:
        again = Terminal("import", "export.csv")
        assert again.end() == 0
        assert "[y/N]" not in again.seen


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_the_question(
    folder: Path, production: Emulator, number: signal.Signals, status: int
) -> None:
    """Ctrl-C and SIGTERM end a run that waits for an answer."""
    terminal = Terminal("import", export(folder))
    terminal.wait_for("[y/N]")
    terminal.process.send_signal(number)
    assert terminal.end() == status
    assert production.stats()["messages"] == 0


@pytest.mark.parametrize("options", [["--yes"], ["--ledger", "l", "--yes"]])
def test_nobody_is_asked_who_said_yes(
    folder: Path, production: Emulator, options: list[str]
) -> None:
    """`--yes` does not ask, and neither does a run without a terminal."""
    terminal = Terminal("import", export(folder), *options)
    assert terminal.end() == 0
    assert "[y/N]" not in terminal.seen
    assert run("import", "export.csv", "--ledger", "other").returncode == 0


@pytest.mark.parametrize(
    "fault", ["429,retry-after=400000000000", "503,wrong-charset", f"{SUCCESS},html"]
)
def test_hostile_answers(folder: Path, server: Emulator, fault: str) -> None:
    """Whatever an answer says of itself ends as that request's failure, in words."""
    server.fail_next(fault, 50)
    done = run("import", export(folder), "--timeout", "5")
    assert done.returncode in {1, 75}
    assert "Traceback" not in done.stderr
    assert "What now" in done.stdout
    assert run("status", "export.csv.ledger").returncode == 0
