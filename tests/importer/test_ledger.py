"""What the ledger keeps, and what it refuses."""

from __future__ import annotations

import asyncio
import json
import re
import signal
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from random import Random

import pytest
from asapp_conversations import __spec_sha256__
from asapp_conversations.toolkit import USER_AGENT
from asapp_conversations_importer import LedgerError, Waiting, read_standing, rejects_of
from asapp_conversations_importer.cli.accounts import account_of_standing
from asapp_conversations_importer.cli.output import text
from asapp_conversations_importer.ledger import form
from asapp_conversations_importer.ledger.checkpoint import Checkpoint, Status, resume
from asapp_conversations_importer.ledger.counts import Counts
from asapp_conversations_importer.ledger.database import Target, explained
from asapp_conversations_importer.ledger.ledger import Ledger, lock
from asapp_conversations_importer.reading.messages import Place, Reject

TARGET = Target("https://api.example.com", "id-1")
CHECKPOINT = Checkpoint(
    total=9,
    done=4,
    digest=b"d" * 16,
    ahead=7,
    ahead_digest=b"a" * 16,
    in_flight=True,
    refused=(2, 5),
    sent=frozenset({b"1" * 32, b"2" * 32}),
    stored=2,
    already_stored=1,
    status=Status.IN_DOUBT,
    reason="POST /path: no answer",
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "import.ledger"


def begun(path: Path) -> Ledger:
    """The ledger of a run that has read its source."""
    ledger = Ledger(path, TARGET)
    ledger.begin_run(1.0)
    return ledger


def reject(reason: str, line: int = 1, position: int | None = None) -> Reject:
    """A message whose text is invalid, or, with a position, one that ASAPP refused."""
    place = Place("a.jsonl", "line", line)
    return Reject(place, "ABC", "text", reason, {"text": "é"}, position=position, request_id="r-1")


def flush(ledger: Ledger) -> None:
    asyncio.run(ledger.flushed())


def test_keeps_checkpoints(path: Path) -> None:
    """What was saved is found again, by the same run and by the next one."""
    with begun(path) as ledger:
        assert ledger.find("ABC") == Checkpoint()
        ledger.save("ABC", CHECKPOINT)
        assert ledger.find("ABC") == CHECKPOINT
        flush(ledger)
    with begun(path) as ledger:
        assert ledger.find("ABC") == CHECKPOINT
        assert ledger.find("ABD") == Checkpoint()


def test_what_is_not_flushed_was_not_said(path: Path) -> None:
    """A run that ends before it flushes leaves the ledger as it was."""
    with begun(path) as ledger:
        ledger.save("ABC", CHECKPOINT)
        ledger.count_request("2026-11-24")
    with begun(path) as ledger:
        assert ledger.find("ABC") == Checkpoint()
        assert ledger.requests_on("2026-11-24") == 0


def test_counts_requests_by_day(path: Path) -> None:
    """The requests of a day add up over all runs."""
    for _ in range(2):
        with begun(path) as ledger:
            ledger.count_request("2026-11-24")
            ledger.count_request("2026-11-24")
            ledger.count_request("2026-11-25")
            ledger.count_request("2026-11-25", -1)
            flush(ledger)
    with begun(path) as ledger:
        assert ledger.requests_on("2026-11-24") == 4
        assert ledger.requests_on("2026-11-25") == 0


def test_many_tasks_share_a_commit(path: Path) -> None:
    """What tasks note at the same time is durable for each of them, in few transactions."""

    async def main(ledger: Ledger, commits: list[str]) -> None:
        async def note(number: int) -> None:
            ledger.save(f"C{number}", CHECKPOINT)
            await ledger.flushed()
            with closing(sqlite3.connect(path)) as connection:
                (count,) = connection.execute(
                    "SELECT count(*) FROM conversations WHERE id = ?", (f"C{number}",)
                ).fetchone()
            assert count == 1

        await asyncio.gather(*(note(number) for number in range(100)))

    commits: list[str] = []
    with begun(path) as ledger:
        ledger.connection.set_trace_callback(commits.append)
        asyncio.run(main(ledger, commits))
    assert commits.count("COMMIT") <= 3


def test_is_durable(path: Path) -> None:
    """Every commit reaches the disk: a power cut loses none (SQLite, synchronous=FULL)."""
    statements: list[str] = []
    with begun(path) as ledger:
        ledger.connection.set_trace_callback(statements.append)
        ledger.set_fact("max_body", 7)
        assert statements[-1] == "COMMIT"
        assert ledger.connection.execute("PRAGMA synchronous").fetchone() == (2,)


def test_only_its_owner_reads_it(path: Path) -> None:
    """Rejected messages stand in it, so it is for its owner alone."""
    with begun(path):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_second_run_leaves(path: Path) -> None:
    """Two runs on one ledger would send twice: the second one is told so."""
    with begun(path), pytest.raises(LedgerError, match="in use by another import"):
        Ledger(path, TARGET)
    with begun(path):
        assert read_standing(path).running
    assert not read_standing(path).running


def test_a_killed_run_leaves_it_free(path: Path) -> None:
    """After kill -9 the next run gets the ledger, with what was durable by then."""
    program = """
import asyncio, os, pathlib, signal, sys
from asapp_conversations_importer.ledger.database import Checkpoint, Target
from asapp_conversations_importer.ledger.ledger import Ledger
ledger = Ledger(pathlib.Path(sys.argv[1]), Target(*sys.argv[2:]))
ledger.begin_run(0.0)
ledger.save("ABC", Checkpoint(total=1))
asyncio.run(ledger.flushed())
ledger.save("DEF", Checkpoint(total=1))
os.kill(os.getpid(), signal.SIGKILL)
"""
    command = [sys.executable, "-c", program, str(path), TARGET.base_url, TARGET.api_id]
    killed = subprocess.run(command, check=False)
    assert killed.returncode == -signal.SIGKILL
    with begun(path) as ledger:
        assert ledger.find("ABC") == Checkpoint(total=1)
        assert ledger.find("DEF") == Checkpoint()


@pytest.mark.parametrize(
    ("other", "words"),
    [
        (Target("https://api.other.com", "id-1"), "base URL https://api.example.com"),
        (Target("https://api.example.com", "id-2"), "API id id-1"),
    ],
)
def test_other_target_is_refused(path: Path, other: Target, words: str) -> None:
    """The ledger of one target says nothing about another: it is refused and kept."""
    with begun(path) as ledger:
        ledger.save("ABC", CHECKPOINT)
        flush(ledger)
    with pytest.raises(LedgerError, match=words):
        Ledger(path, other)
    with begun(path) as ledger:
        assert ledger.find("ABC") == CHECKPOINT


def test_no_ledger_is_refused(path: Path) -> None:
    """A file of another kind, or a damaged one, is refused and left as it is."""
    path.write_bytes(b"conversation_id,text\n" * 100)
    with pytest.raises(LedgerError, match="not a ledger, or a damaged one; nothing was changed"):
        Ledger(path, TARGET)
    with pytest.raises(LedgerError, match="not a ledger"):
        read_standing(path)
    assert path.read_bytes() == b"conversation_id,text\n" * 100
    path.unlink()
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE other (value)")
    connection.close()
    with pytest.raises(LedgerError, match="a database, but no ledger"):
        Ledger(path, TARGET)


def test_later_form_is_refused(path: Path) -> None:
    """A ledger from a later version is left to that version."""
    with begun(path):
        pass
    connection = sqlite3.connect(path)
    connection.execute(f"PRAGMA user_version = {form.SNAPSHOT_VERSION + 1}")
    connection.close()
    with pytest.raises(LedgerError, match="later version of asapp-conversations"):
        Ledger(path, TARGET)


def test_cannot_be_written(tmp_path: Path) -> None:
    """Where no ledger can be written the error names the place and what to do."""
    (tmp_path / "file").write_text("")
    with pytest.raises(LedgerError, match=r"cannot be written .*--ledger"):
        Ledger(tmp_path / "file" / "import.ledger", TARGET)


def test_full_disk(path: Path) -> None:
    """On a full disk nothing that was durable is lost, and the error says what to do."""
    with begun(path) as ledger:
        ledger.save("ABC", CHECKPOINT)
        flush(ledger)
        (pages,) = ledger.connection.execute("PRAGMA page_count").fetchone()
        ledger.connection.execute(f"PRAGMA max_page_count = {pages + 1}")
        for number in range(2000):
            ledger.save(f"C{number}", CHECKPOINT)
        with pytest.raises(LedgerError, match="the disk is full; make room and run it again"):
            flush(ledger)
        assert ledger.find("C7") == CHECKPOINT
    with begun(path) as ledger:
        assert ledger.find("ABC") == CHECKPOINT
        assert ledger.find("C7") == Checkpoint()


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("SQLITE_READONLY", "cannot be opened here: name one in another folder"),
        ("SQLITE_CANTOPEN", "cannot be opened"),
        ("SQLITE_IOERR_WRITE", "the disk fails or is full"),
        ("SQLITE_BUSY", "another program works on the ledger"),
        ("SQLITE_ERROR", "a damaged one"),
    ],
)
def test_what_sqlite_says_is_explained(path: Path, name: str, words: str) -> None:
    """Whatever SQLite fails with, the error names the file and says what to do."""
    failure = sqlite3.OperationalError("no word of it")
    failure.sqlite_errorname = name
    with pytest.raises(LedgerError, match=words) as raised, explained(path):
        raise failure
    assert str(path) in str(raised.value)


def test_invalid_records_are_replaced(path: Path) -> None:
    """The rejects are those of the latest reading, together with what ASAPP refused."""
    refused = reject("ASAPP answers 400", line=7, position=3)
    with begun(path) as ledger:
        ledger.save("ABC", CHECKPOINT, [refused])
        flush(ledger)
        for line in (1, 2):
            with ledger.invalid_records() as note:
                note(reject("is empty", line))
        ledger.save("ABC", CHECKPOINT, [refused])
        flush(ledger)
        assert list(ledger.rejects()) == [reject("is empty", 2).to_dict(), refused.to_dict()]


def test_failed_reading_keeps_the_rejects(path: Path) -> None:
    """A reading that fails leaves the rejects of the one before."""
    with begun(path) as ledger:
        with ledger.invalid_records() as note:
            note(reject("is empty"))
        with pytest.raises(RuntimeError), ledger.invalid_records():
            raise RuntimeError
        assert list(ledger.rejects()) == [reject("is empty").to_dict()]


def test_standing(path: Path) -> None:
    """The standing says what was stored, what waits and why, and how the latest run ended."""
    with begun(path) as ledger:
        ledger.begin_run(1_700_000_000.0)
        assert read_standing(path).ended is None
        ledger.save("ABC", CHECKPOINT, [reject("ASAPP answers 400", position=2)])
        ledger.save("DEF", Checkpoint(total=3, done=3, ahead=3, stored=3, status=Status.FINISHED))
        ledger.save("GHI", Checkpoint(total=5, status=Status.REJECTED, reason="no such"))
        ledger.count_request("2026-11-24")
        flush(ledger)
        with ledger.invalid_records() as note:
            note(reject("is empty"))
        ledger.end_run(
            1_700_000_060.0, stopped_by="rate_limit", resume_at=1e12, unsent=5, daily_limit=9
        )
    standing = read_standing(path)
    assert (standing.base_url, standing.api_id) == ("https://api.example.com", "id-1")
    assert (standing.stored, standing.rejected, standing.invalid) == (6, 7, 1)
    assert standing.in_doubt == 3
    assert standing.conversations == {"finished": 1, "in_doubt": 1, "rejected": 1}
    assert standing.waiting == (
        Waiting("ABC", "in_doubt", "POST /path: no answer"),
        Waiting("GHI", "rejected", "no such"),
    )
    assert standing.reasons == {"ASAPP answers 400": 1, "text: is empty": 1}
    assert standing.requests == {"2026-11-24": 1}
    assert standing.started == "2023-11-14T22:13:20Z"
    assert standing.ended == "2023-11-14T22:14:20Z"
    assert (standing.stopped_by, standing.unsent, standing.daily_limit) == ("rate_limit", 5, 9)
    assert standing.resume_at == "9999-12-31T23:59:59Z"
    assert json.loads(json.dumps(standing.to_dict()))["stored"] == 6


def test_standing_where_no_lock_can_be_made(path: Path) -> None:
    """Where the lock cannot even be looked at, no run holds it."""
    with begun(path):
        pass
    file = Path(lock(path).lock_file)
    file.unlink()
    file.mkdir()
    assert not read_standing(path).running


def test_no_standing(path: Path) -> None:
    """Without a ledger, or with an empty one, the error says so."""
    with pytest.raises(LedgerError, match="does not exist"):
        read_standing(path)
    with pytest.raises(LedgerError, match="is no file"):
        read_standing(path.parent)
    path.touch()
    with pytest.raises(LedgerError, match="is empty"):
        read_standing(path)


def test_counts_after(path: Path) -> None:
    """What a run did not come to is counted from what the ledger knows."""
    with begun(path) as ledger:
        ledger.save("ABC", CHECKPOINT)
        ledger.save("ABD", CHECKPOINT)
        flush(ledger)
        assert ledger.counts_after("ABC") == Counts(skipped=3, rejected=2, in_doubt=3)
        assert ledger.counts_after("ABD") == Counts()


def test_the_lock_is_on_the_real_file(path: Path) -> None:
    """Another name of the ledger is the same ledger: two runs cannot hold it, nor spend its budget
    twice; a hard link, which SQLite could not tell from another file, is refused."""
    with begun(path):
        alias = path.with_name("alias")
        alias.symlink_to(path)
        with pytest.raises(LedgerError, match="in use by another import"):
            Ledger(alias, TARGET)
        assert read_standing(alias).running
    path.with_name("link").hardlink_to(path)
    with pytest.raises(LedgerError, match="hard links"):
        Ledger(path, TARGET)


def test_a_file_in_the_place_of_the_lock_is_kept(path: Path) -> None:
    """A file that happens to have the lock's name is neither emptied nor removed."""
    mine = Path(lock(path).lock_file)
    mine.write_text("mine")
    with pytest.raises(LedgerError, match="no lock of ours"):
        Ledger(path, TARGET)
    assert mine.read_text() == "mine"
    assert not path.exists()


def test_a_run_that_never_began_leaves_no_ledger(path: Path) -> None:
    """A run that is refused before it has noted anything leaves nothing; what was there stays."""
    with Ledger(path, TARGET) as ledger:
        assert ledger.is_untried
    assert list(path.parent.iterdir()) == []
    with begun(path):
        pass
    with Ledger(path, TARGET):
        pass
    assert path.exists()


def test_a_name_that_no_file_can_have(tmp_path: Path) -> None:
    """A name that the system does not take, a folder and a circle of links are refused like a place
    that cannot be written, and leave nothing behind."""
    (tmp_path / "circle").symlink_to("circle")
    (tmp_path / "folder").mkdir()
    for name in ("a\0b", "x" * 300, "circle", "folder"):
        with pytest.raises(LedgerError, match="cannot be written"):
            Ledger(tmp_path / name, TARGET)
    assert {path.name for path in tmp_path.iterdir()} == {"circle", "folder"}


def ruin(path: Path, random: Random) -> None:
    """Damage a ledger: its bytes, a page, its length, or what its rows say."""
    content = bytearray(path.read_bytes())
    kind = random.choice(["byte", "bytes", "page", "end", "row", "row", "row", "table"])
    if kind in {"row", "table"}:
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            connection.execute("PRAGMA ignore_check_constraints = ON")
            tables = connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")
            table = random.choice(sorted(name for (name,) in tables))
            columns = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
            wrong = [
                None,
                "",
                "x",
                "[",
                "[1.5]",
                "[[1]]",
                "{}",
                "\ud83d",
                "NaN",
                b"x" * 33,
                b"\xff",
            ]
            wrong += [-1, 2**63 - 1, 1e300, float("inf"), f"{'[' * 5000}{']' * 5000}"]
            value = random.choice(wrong)
            with suppress(sqlite3.IntegrityError, UnicodeEncodeError):
                if kind == "table":
                    change = random.choice(
                        ["DROP TABLE {}", "DELETE FROM {}", "ALTER TABLE {} ADD x"]
                    )
                    connection.execute(change.format(table))
                else:
                    column = random.choice(columns)
                    connection.execute(f"UPDATE {table} SET {column} = ?", (value,))
    elif kind == "end":
        del content[random.randrange(len(content)) :]
    elif kind == "page":
        start = random.randrange(len(content) // 4096) * 4096
        content[start : start + 4096] = random.randbytes(4096)
    else:
        for _ in range(1 if kind == "byte" else 50):
            content[random.randrange(len(content))] = random.randrange(256)
    if kind not in {"row", "table"}:
        path.write_bytes(content)


@pytest.fixture(scope="module")
def healthy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ledger with something in each table."""
    path = tmp_path_factory.mktemp("healthy") / "import.ledger"
    with Ledger(path, TARGET) as ledger:
        ledger.begin_run(1_700_000_000.0, ["/export.csv"])
        ledger.set_fact("max_body", 1000)
        for number in range(300):
            ledger.save(f"C{number}", CHECKPOINT, [reject("no", position=number)])
        ledger.count_request("2026-11-24")
        flush(ledger)
        ledger.end_run(1_700_000_060.0, stopped_by="daily_limit", resume_at=1_700_000_070.0)
    return path


@pytest.mark.parametrize("refused", ["[", "[1,2", "[1 2]", "]", "[,]"])
def test_a_list_of_refused_messages_that_is_none_is_damage(
    healthy: Path, path: Path, refused: str
) -> None:
    """A text that is no JSON is found where the conversation is looked up."""
    path.write_bytes(healthy.read_bytes())
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE conversations SET refused = ?", (refused,))
    with Ledger(path, TARGET) as ledger, pytest.raises(LedgerError, match="a damaged one"):
        ledger.find("C1")


@pytest.mark.parametrize("seed", range(250))
def test_damaged_ledgers_are_refused_in_words(healthy: Path, path: Path, seed: int) -> None:
    """Whatever is damaged, every use of the ledger works or says what to do, and a refusal leaves
    the file as it is."""
    path.write_bytes(healthy.read_bytes())
    ruin(path, Random(seed))
    damaged = path.read_bytes()

    def use_standing() -> None:
        text(account_of_standing(read_standing(path)))

    def use_rejects() -> None:
        list(rejects_of(path))

    def use_run() -> None:
        with Ledger(path, TARGET) as ledger:
            for number in range(300):
                resume(ledger.find(f"C{number}"), [])
            assert isinstance(ledger.fact("max_body"), int | None)
            ledger.begin_run(1.0)
            ledger.save("C1", CHECKPOINT)
            ledger.count_request("2026-11-24")
            flush(ledger)
            ledger.end_run(2.0)

    for use in (use_standing, use_rejects, use_run):
        error = caught(use)
        assert error is None or re.search("--ledger|upgrade|run it again", str(error))
        if use is not use_run or error:
            assert path.read_bytes() == damaged


def caught(use: Callable[[], None]) -> LedgerError | None:
    try:
        use()
    except LedgerError as error:
        return error
    return None


def test_a_run_tells_what_sent_it(healthy: Path) -> None:
    """Which release, over which document of ASAPP's, so that a change of either can be told later."""
    with closing(sqlite3.connect(healthy)) as connection:
        assert connection.execute("SELECT sent_by FROM runs").fetchall() == [(USER_AGENT,)]
    assert __spec_sha256__[:12] in USER_AGENT
