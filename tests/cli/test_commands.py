"""The commands as a person calls them."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol

import pytest
from asapp_conversations_cli import main
from asapp_conversations_emulator import Emulator
from asapp_conversations_importer import read_standing
from asapp_conversations_importer.cli.parameters import parse_size
from attrs import frozen
from documented import CONVERSATION, fitting_id

COMMAND = str(Path(sys.executable).with_name("asapp-conversations"))
COUNTS = ("stored", "already_stored", "skipped", "rejected", "in_doubt", "unsent")
COLUMNS = "conversation_id,sender_role,sender_external_id,text,timestamp\n"


@pytest.fixture
def server() -> Iterator[Emulator]:
    with Emulator() as server:
        yield server


@pytest.fixture
def environment(server: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    """The variables that lead the command line to the emulator."""
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in."""
    monkeypatch.chdir(tmp_path)
    for name in ("ASAPP_API_ID", "ASAPP_API_SECRET", "ASAPP_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


@frozen
class Result:
    """What a command came to."""

    exit_code: int
    stdout: str
    stderr: str


class Run(Protocol):
    def __call__(self, *arguments: str) -> Result: ...


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs a command in this process."""
    monkeypatch.setenv("COLUMNS", "200")

    def run(*arguments: str) -> Result:
        monkeypatch.setattr(sys, "argv", ["asapp-conversations", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        code = ended.value.code
        assert isinstance(code, int)
        return Result(code, *capsys.readouterr())

    return run


def export(folder: Path, count: int, name: str = "export.csv", extra: str = "") -> str:
    """A file of so many conversations of one message each."""
    rows = "".join(
        f"{fitting_id(f'ABC{i}')},agent,a-1,hello {i},2024-03-04T08:00:00Z\n" for i in range(count)
    )
    (folder / name).write_text(COLUMNS + rows + extra)
    return name


def test_imports_into_the_emulator(run: Run, folder: Path) -> None:
    """`--emulator` needs no keys and leaves nothing behind; the result is words, the view is on
    standard error."""
    done = run("import", export(folder, 3), "--emulator")
    assert done.exit_code == 0
    assert "3 messages in 3 conversations" in done.stdout
    assert "Ended. " in done.stderr
    assert "Done: 100 %" in done.stderr
    assert [path.name for path in folder.iterdir()] == ["export.csv"]


@pytest.mark.usefixtures("environment")
def test_emulator_does_not_care_for_ledgers(run: Run, folder: Path) -> None:
    """A file that another ledger knows can be tried again, for nothing goes to ASAPP."""
    names = [export(folder, 1), export(folder, 2, name="more.csv")]
    assert run("import", *names).exit_code == 0
    assert run("import", names[0]).exit_code == 2
    assert run("import", names[0], "--emulator").exit_code == 0


def test_emulator_keeps_a_ledger_that_is_named(run: Run, folder: Path) -> None:
    """Whoever names a ledger gets one, also for the emulator."""
    done = run("import", export(folder, 3), "--emulator", "--ledger", "mine.ledger", "--json")
    assert json.loads(done.stdout)["ledger"] == "mine.ledger"
    assert read_standing(folder / "mine.ledger").stored == 3


def test_json_is_all_of_standard_output(run: Run, folder: Path) -> None:
    """`--json` prints one object whose counts add up; `--quiet` silences the rest."""
    done = run("import", export(folder, 3), "--emulator", "--json", "--quiet")
    report = json.loads(done.stdout)
    assert done.stderr == ""
    assert report["messages"] == sum(report[name] for name in COUNTS) == report["stored"] == 3
    assert run("import", "export.csv", "--emulator", "--quiet") == Result(0, "", "")
    assert {"conversations", "requests", "retries", "elapsed_s", "stopped_by"} <= report.keys()
    assert report["emulator"]["messages"] == 3
    assert report["ledger"] is None


def test_reads_standard_input(folder: Path) -> None:
    """`-` is standard input."""
    with (folder / export(folder, 2)).open() as given:
        done = subprocess.run(
            [COMMAND, "import", "-", "--emulator", "--json"],
            stdin=given,
            capture_output=True,
            text=True,
            check=True,
        )
    assert json.loads(done.stdout)["stored"] == 2


def test_maps_columns(run: Run, folder: Path) -> None:
    """Foreign columns load with `--map`, and a query makes the rest."""
    (folder / "foreign.csv").write_text(
        f"ref,who,said,at\n{CONVERSATION},agent,hi,04.03.2024 09:00\n"
    )
    maps = ["conversation_id=ref", "sender_role=who", "text=said", "timestamp=at"]
    done = run(
        "import",
        "foreign.csv",
        *[f"--map={pair}" for pair in [*maps, "sender_external_id=who"]],
        *["--time-format", "%d.%m.%Y %H:%M", "--timezone", "Europe/Berlin"],
        *["--emulator", "--json"],
    )
    assert json.loads(done.stdout)["stored"] == 1, done.stderr
    query = (
        "SELECT ref AS conversation_id, who AS sender_role, who AS sender_external_id, "
        "said AS text, '2024-03-04 08:00' AS timestamp FROM 'foreign.csv'"
    )
    done = run("import", "--query", query, "--emulator", "--json")
    assert json.loads(done.stdout)["stored"] == 1, done.stderr


def test_reads_an_export_as_it_is_told(run: Run, folder: Path) -> None:
    """ASAPP's own file of transcripts, in another encoding, loads without a query."""
    header = "conversation_externalId;sender_externalId;sender_role;text;timestamp\n"
    rows = (
        f"{CONVERSATION};NULL;bot;caf\xe9;1709542800000\n"
        f'{CONVERSATION};c;customer;it"s broken;1709542801000\n'
    )
    (folder / "transcripts.csv").write_bytes((header + rows).encode("cp1252"))
    done = run(
        *["import", "transcripts.csv", "--emulator", "--json", "--encoding", "cp1252"],
        *["--map", "conversation_id=conversation_externalId", "--null", "NULL"],
        *["--map-value", "sender_role:bot=system", "--map-value", "sender_external_id:=bot"],
        *["--time-format", "epoch-ms", "--delimiter", ";", "--one-line-rows"],
    )
    assert json.loads(done.stdout)["stored"] == 2, done.stderr
    plan = run("plan", "transcripts.csv", "--map-value", "sender_role=system")
    assert plan.exit_code == 2
    assert "write it like --map-value sender_role:bot=system" in plan.stderr


@pytest.mark.parametrize(
    ("text", "size"),
    [("7", 7), ("1.5 GiB", 1536 * 1024**2), ("500MB", 500_000_000), ("2kib", 2048), ("1T", 10**12)],
)
def test_sizes(text: str, size: int) -> None:
    """Sizes are bytes, or have a unit, decimal or binary."""
    assert parse_size(text) == size


@pytest.mark.usefixtures("environment")
def test_keeps_a_ledger_and_goes_on(run: Run, folder: Path, server: Emulator) -> None:
    """The same command again sends nothing; `status` says that all is stored."""
    name = export(folder, 4)
    assert run("import", name).exit_code == 0
    again = run("import", name, "--json")
    assert json.loads(again.stdout)["skipped"] == 4
    assert server.stats()["requests"] == 4
    status = run("status", "export.csv.ledger")
    assert "every message is stored" in status.stdout
    assert json.loads(run("status", "export.csv.ledger", "--json").stdout)["stored"] == 4


def test_rejects_are_imported_as_they_were_read(run: Run, folder: Path) -> None:
    """The command for mended rejects reads them as their source was read."""
    (folder / "foreign.csv").write_text(
        "conversation_id,sender_role,sender_external_id,said,timestamp\nABC,agent,a,,01.02.2024\n"
    )
    times = ["--time-format", "%d.%m.%YT%H.%M", "--timezone", "Europe/Paris"]
    done = run("import", "foreign.csv", "--map", "text=said", *times, "--emulator")
    assert done.exit_code == 1
    expected = f"asapp-conversations import foreign.csv.rejects.jsonl --emulator {' '.join(times)}"
    assert expected in done.stdout


@pytest.mark.usefixtures("environment")
def test_rejects_can_be_forgotten(run: Run, folder: Path) -> None:
    """What the ledger holds of people's messages can be taken off it."""
    (folder / "a.csv").write_text(COLUMNS + "A,nobody,a-1,hi,2024-03-04T08:00:00Z\n")
    run("import", "a.csv")
    told = run("rejects", "a.csv.ledger", "--forget")
    assert (told.exit_code, told.stdout) == (
        0,
        "a.csv.ledger holds no record of its 1 reject any more.\n",
    )
    assert json.loads(run("rejects", "a.csv.ledger").stdout)["record"] is None
    assert read_standing(folder / "a.csv.ledger").kept == 0
    assert "none can be written and mended" in run("status", "a.csv.ledger").stdout


@pytest.mark.usefixtures("environment")
def test_rejects_come_back(run: Run, folder: Path, server: Emulator) -> None:
    """Rejected records are in a file, can be written again, and are imported once mended."""
    name = export(folder, 1, extra=f"{fitting_id('ABC7')},robot,r-1,beep,2024-03-04T08:00:00Z\n")
    done = run("import", name)
    assert done.exit_code == 1
    assert "asapp-conversations import export.csv.rejects.jsonl" in done.stdout
    written = (folder / "export.csv.rejects.jsonl").read_text()
    assert run("rejects", "export.csv.ledger").stdout == written
    assert run("rejects", "export.csv.ledger", "-o", "again.jsonl").exit_code == 0
    assert run("rejects", "export.csv.ledger", "-o", "again.jsonl").exit_code == 0
    nowhere = run("rejects", "export.csv.ledger", "-o", "missing/again.jsonl")
    assert (nowhere.exit_code, nowhere.stderr) == (2, "Error: missing: there is no such folder\n")
    (folder / "again.jsonl").write_text(written.replace("robot", "system"))
    assert run("import", "again.jsonl").exit_code == 0
    assert server.messages(fitting_id("ABC7"))[0]["sender"]["role"] == "system"


def test_plan_sends_nothing(run: Run, folder: Path) -> None:
    """`plan` needs no keys, and says what an import would take."""
    name = export(
        folder, 25, extra=f"{fitting_id('ABC7')},robot,r-1,beep,2024-03-04T08:00:00Z\n" * 5
    )
    done = run("plan", name, "--daily-limit", "10", "--rate", "5")
    assert done.exit_code == 1
    for words in ("25 to send", "25 requests", "At 5/s    5.0 s", "takes 3 days at", "row 27"):
        assert words in done.stdout
    assert "beep" not in done.stdout
    assert run("plan", name, "--quiet") == Result(1, "", "")
    plan = json.loads(run("plan", name, "--json", "--quiet").stdout)
    assert (plan["to_send"], plan["rejected"], plan["requests"]) == (25, 5, 25)
    (reason,) = plan["reasons"].values()
    assert (reason["count"], len(reason["examples"])) == (5, 3)


@pytest.mark.usefixtures("environment")
def test_plan_counts_what_is_left(run: Run, folder: Path) -> None:
    """Where an import has begun, `plan` is about the rest."""
    name = export(folder, 5)
    run("import", name, "--daily-limit", "2")
    done = run("plan", name)
    assert "2 sent by earlier runs" in done.stdout
    assert "3 requests" in done.stdout


@pytest.mark.usefixtures("environment")
def test_pauses_with_75(run: Run, folder: Path) -> None:
    """At the daily limit the exit status is that of a temporary failure, with the time."""
    done = run("import", export(folder, 5), "--daily-limit", "2")
    assert done.exit_code == 75
    assert "00:00 UTC" in done.stdout
    assert "asapp-conversations import export.csv --daily-limit 2" in done.stdout


def test_refused_keys_exit_with_3(
    run: Run, folder: Path, server: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Refused keys have an exit status of their own, and no secret is shown."""
    monkeypatch.setenv("ASAPP_API_ID", "wrong")
    monkeypatch.setenv("ASAPP_API_SECRET", "s3cret-value")
    done = run("import", export(folder, 5), "--base-url", server.url)
    assert done.exit_code == 3
    assert "s3cret-value" not in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["import"], "name the files"),
        (["import", "export.csv", "--query", "SELECT 1"], "either files or --query"),
        (["import", "export.csv"], "ASAPP_API_ID"),
        (["import", "missing.csv", "--emulator"], "missing.csv"),
        (["import", "export.csv", "--emulator", "--base-url", "http://localhost"], "--base-url"),
        (["import", "export.csv", "--emulator", "--map", "text"], "--map text=utterance"),
        (["import", "export.csv", "--emulator", "--map-value", "text"], "sender_role:bot=system"),
        (["import", "export.csv", "--emulator", "--map-value", "text:a"], "--map-value"),
        (
            ["import", "export.csv", "--emulator", "--map", "text=a", "--map", "text=b"],
            "another meaning",
        ),
        (["import", "export.csv", "--emulator", "--map", "text=a", "--map", "Text=b"], "twice"),
        (["plan", "export.csv", "--map-value", "text:a=b", "--map-value", "text:a=c"], "text:a=c"),
        (["import", "export.csv", "--emulator", "--timezone", "Mars"], "Mars"),
        (["import", "export.csv", "--emulator", "--max-body", "much"], "much"),
        (["import", "foreign.csv", "--emulator"], "--map text=utterance"),
        (["import", "--query", "SELEKT", "--emulator"], "SELEKT"),
        (["status", "missing.ledger"], "missing.ledger does not exist"),
        (["rejects", "export.csv"], "not a ledger"),
        (["rejects", "export.csv.ledger", "--forget", "-o", "r.jsonl"], "--forget writes nothing"),
        (["import", "export.csv", "--emulator", "--concurrency", "0"], "--concurrency"),
        (
            ["import", "export.csv", "--environment", "prod"],
            "'--environment': 'prod' is not one of",
        ),
        (["nonsense"], "nonsense"),
    ],
)
def test_wrong_usage_exits_with_2(run: Run, folder: Path, arguments: list[str], words: str) -> None:
    """What cannot work is said in a line, without a traceback, before anything is sent."""
    export(folder, 1)
    (folder / "foreign.csv").write_text("conversation_id,utterance\n")
    done = run(*arguments)
    assert done.exit_code == 2
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


@pytest.mark.usefixtures("environment")
@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_signals_end_a_run_in_order(
    run: Run, folder: Path, server: Emulator, number: signal.Signals, status: int
) -> None:
    """The first Ctrl-C or SIGTERM writes down how far it came, and says so."""
    name = export(folder, 50)
    # It would take the best part of a minute, however late the signal comes.
    process = start(name, "--rate", "1")
    wait_until(lambda: server.stats()["requests"], process)
    process.send_signal(number)
    out, _ = process.communicate()
    assert process.returncode == status
    report = json.loads(out)
    assert report["in_doubt"] == 0
    assert 0 < report["stored"] == server.stats()["messages"]
    assert run("import", name, "--rate", "1000000").exit_code == 0
    assert server.stats()["messages"] == 50
    assert server.stats()["duplicates"] == {}


@pytest.mark.usefixtures("environment")
def test_second_interrupt_leaves_at_once(run: Run, folder: Path, server: Emulator) -> None:
    """A second Ctrl-C does not wait for what is on its way; the next run asks what became of it."""
    server.fail_next("silence,stored")
    name = export(folder, 3)
    process = start(name)
    wait_until(server.conversations, process)
    process.send_signal(signal.SIGINT)
    process.send_signal(signal.SIGTERM)
    process.communicate()
    assert process.returncode in {130, 143}
    assert read_standing(folder / "export.csv.ledger").in_doubt >= 1
    again = json.loads(run("import", name, "--json").stdout)
    assert (again["already_stored"], again["stored"]) == (1, 2)


def start(*arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [COMMAND, "import", *arguments, "--json", "--quiet"], stdout=subprocess.PIPE, text=True
    )


def wait_until(condition: Callable[[], object], process: subprocess.Popen[str]) -> None:
    """Wait for what a process is about to bring about; it does not end before."""
    while not condition():
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.01)


@pytest.mark.usefixtures("environment")
@pytest.mark.parametrize("first", [["--first", "1"], ["--first=1"], ["--first", "2", "--first=1"]])
def test_a_trial_prints_the_command_that_sends_the_rest(
    run: Run, folder: Path, server: Emulator, first: list[str]
) -> None:
    """What is printed after a trial sends the rest; after one that failed, it tries again."""
    name = export(folder, 3)
    for _ in range(4):
        server.fail_next("refuse")
    failed = run("import", *first, name)
    assert failed.exit_code == 1
    assert failed.stdout.endswith(f"    asapp-conversations import {' '.join(first)} {name}\n")
    passed = run("import", *first, name)
    assert passed.exit_code == 0
    assert passed.stdout.endswith(f"    asapp-conversations import {name}\n")
    assert run("import", name).exit_code == 0
    assert server.stats()["messages"] == 3


@pytest.mark.usefixtures("environment")
def test_writes_a_page(run: Run, folder: Path) -> None:
    """`--report` leaves a page without a message text."""
    run("import", export(folder, 3), "--report", "report.html")
    page = (folder / "report.html").read_text()
    assert page.startswith("<!doctype html>")
    assert "hello" not in page


def test_page_without_a_folder(run: Run, folder: Path) -> None:
    """A page that has no folder to be in is refused before anything is sent."""
    done = run("import", export(folder, 3), "--emulator", "--report", "missing/report.html")
    assert done.exit_code == 2
    assert "missing/report.html" in done.stderr
    assert done.stdout == ""


def test_page_that_cannot_be_written(run: Run, folder: Path) -> None:
    """Where the page cannot be written the import is done all the same, and the error says so."""
    name = "x" * 255
    done = run("import", export(folder, 3), "--emulator", "--report", name)
    assert done.exit_code == 1
    assert f"{name}: the page cannot be written: File name too long" in done.stderr
    assert "3 stored" in done.stdout


@pytest.mark.parametrize("name", ["export.csv", "mine.html", "folder", "mine.ledger", "r.jsonl"])
def test_a_page_is_written_over_nothing_else(run: Run, folder: Path, name: str) -> None:
    """`--report` onto the source, the ledger, the rejects or any file but an earlier page is
    refused before anything is sent, and the file stays as it is."""
    export(folder, 1)
    (folder / "mine.html").write_text("<!doctype html>mine")
    (folder / "folder").mkdir()
    before = {each: each.read_bytes() for each in folder.iterdir() if each.is_file()}
    paths = ["--ledger", "mine.ledger", "--rejects", "r.jsonl", "--report", name]
    done = run("import", "export.csv", "--emulator", *paths)
    assert done.exit_code == 2
    assert "no page of an import" in done.stderr
    assert {each: each.read_bytes() for each in folder.iterdir() if each.is_file()} == before


def test_a_page_takes_the_place_of_an_earlier_one(run: Run, folder: Path) -> None:
    """The page of the next run is written over that of the last one."""
    for _ in range(2):
        done = run("import", export(folder, 1), "--emulator", "--report", "page.html")
        assert done.exit_code == 0
    assert sorted(path.name for path in folder.iterdir()) == ["export.csv", "page.html"]


@pytest.mark.usefixtures("environment")
def test_prepare_and_import(run: Run, folder: Path, server: Emulator) -> None:
    """A snapshot is made of a source once, and imported in its place."""
    source = export(folder, 3, extra="ABC9,agent,a-1,,2024-03-04T08:00:00Z\n")
    made = run("prepare", source, "--to", "snapshot/", "--quiet")
    assert (made.exit_code, made.stdout) == (1, "")
    again = run("prepare", source, "--to", "again")
    assert "asapp-conversations import again --prepared" in again.stdout
    assert "The rejects are in again.rejects.jsonl: mend and import them" in again.stdout
    planned = run("plan", "snapshot", "--prepared", "--json")
    assert json.loads(planned.stdout)["requests"] == 3
    sent = run("import", "snapshot", "--prepared", "--json")
    assert (sent.exit_code, json.loads(sent.stdout)["stored"]) == (0, 3)
    assert server.stats()["messages"] == 3
    assert read_standing(folder / "snapshot.ledger").stored == 3


def test_prepare_as_json(run: Run, folder: Path) -> None:
    """It prints the plan, as `plan` does."""
    source = export(folder, 2)
    made = run("prepare", source, "--to", "snapshot", "--json", "-q")
    assert (made.exit_code, json.loads(made.stdout)["requests"]) == (0, 2)
    assert "The rejects are in" not in run("prepare", source, "--to", "again").stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["prepare", "export.csv"], "name the folder of the snapshot with --to"),
        (["plan", "--prepared"], "--prepared is about the folder of a snapshot: name it"),
        (["plan", "--prepared", "--query", "SELECT 1"], "--prepared is about the folder"),
        (["plan", "export.csv", "--prepared"], "export.csv cannot be read"),
    ],
)
def test_wrong_usage_of_snapshots(run: Run, folder: Path, arguments: list[str], words: str) -> None:
    """What is missing is named."""
    export(folder, 1)
    result = run(*arguments)
    assert result.exit_code == 2
    assert words in result.stderr
