"""Staging: where messages lie until they are sent, and what it takes and leaves."""

from __future__ import annotations

import signal
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from itertools import repeat
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest
from asapp_conversations_importer import Files, Query, SourceError
from asapp_conversations_importer.reading.duckdb_engine import run_interruptibly, run_while_fed
from asapp_conversations_importer.reading.messages import Conversation, Place
from asapp_conversations_importer.reading.staging import Staging, StagingError, staging_errors
from documented import CONVERSATION

pytestmark = pytest.mark.usefixtures("own_ids")

ROWS = (
    "SELECT 'C' || (i % 5000) AS conversation_id, 'agent' AS sender_role, 'a' AS sender_external_id, "
    "'text ' || hash(i) AS text, TIMESTAMPTZ '2024-03-04 08:00:00Z' + i * INTERVAL 1 SECOND AS timestamp "
    "FROM range({count}) r(i)"
)


def test_the_folder_is_private_and_removed(tmp_path) -> None:
    """Messages are personal data: nobody else can read them, and nothing stays behind."""
    with Staging(tmp_path / "staging") as staging:
        staging.load(Query(ROWS.format(count=10)))
        (folder,) = tmp_path.iterdir()
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert list(tmp_path.iterdir()) == []


def test_a_killed_run_leaves_nothing_for_good(tmp_path) -> None:
    """The next run in the same folder removes what one that was killed has left there."""
    program = (
        "import os, signal, sys; from pathlib import Path\n"
        "from asapp_conversations_importer.reading.staging import Staging\n"
        "Staging(Path(sys.argv[1])).__enter__(); os.kill(os.getpid(), signal.SIGKILL)"
    )
    folder = tmp_path / "staging"
    subprocess.run([sys.executable, "-c", program, str(folder)], check=False)
    assert list(folder.iterdir())
    with Staging(folder) as staging:
        staging.load(Query(ROWS.format(count=10)))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("messages", "most", "requests"), [(15_001, 3, 5001), (15_001, 300, 5000), (0, 3, 0)]
)
def test_requests_are_counted(
    tmp_path, monkeypatch, messages: int, most: int, requests: int
) -> None:
    """The least number of requests is ⌈n/max⌉ for each conversation."""
    monkeypatch.setattr("asapp_conversations_importer.reading.staging.MOST_MESSAGES", most)
    with Staging(tmp_path / "staging") as staging:
        totals = staging.load(Query(ROWS.format(count=messages)))
    assert (totals.conversations, totals.messages) == (min(messages, 5000), messages)
    assert totals.requests == requests


def test_conversations_can_be_gone_through_again(tmp_path) -> None:
    """Each pass gives the same conversations, ascending by id, over all batches."""
    with Staging(tmp_path / "staging") as staging:
        staging.load(Query(ROWS.format(count=40_000)))
        first = [(c.conversation_id, len(c.contents)) for c in staging.conversations()]
        again = [(c.conversation_id, len(c.contents)) for c in staging.conversations()]
    assert first == again == sorted((f"C{i}", 8) for i in range(5000))


def test_the_end_does_not_wait_for_who_reads(tmp_path) -> None:
    """Who still holds the conversations of one run is not in the way of the next one's."""
    for _ in range(2):
        with Staging(tmp_path / "staging") as staging:
            assert staging.load(Query(ROWS.format(count=10))).messages == 10
            conversations = staging.conversations()
            assert next(conversations).conversation_id == "C0"
    assert list(conversations) == []


def test_progress_is_told(tmp_path) -> None:
    """The number of records is told while they are read, and what it raises ends the reading."""
    told: list[int] = []
    with Staging(tmp_path / "staging") as staging:
        staging.load(Query(ROWS.format(count=100_000)), on_progress=told.append)
    assert told == sorted(told)
    assert len(told) > 1
    assert told[-1] == 100_000

    def stop(records: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), Staging(tmp_path / "staging") as staging:
        staging.load(Query(ROWS.format(count=100_000)), on_progress=stop)
    assert list(tmp_path.iterdir()) == []


LONG = "SELECT hash(i) AS text FROM range(1000000000) r(i) ORDER BY text"


def test_a_signal_ends_the_work_of_duckdb(tmp_path) -> None:
    """Ctrl-C while DuckDB is at work ends it, and the folder is removed."""
    program = (
        "import os, signal, sys, threading; from pathlib import Path\n"
        "from asapp_conversations_importer.reading.staging import Staging\n"
        "from asapp_conversations_importer import Query\n"
        "with Staging(Path(sys.argv[1]) / 'staging') as staging:\n"
        "    threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT)).start()\n"
        "    staging.load(Query(sys.argv[2]))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path), LONG],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.stderr.strip().endswith("KeyboardInterrupt")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("pause", [0.1, 0.0001], ids=["seldom", "often"])
@pytest.mark.parametrize("query", [LONG, ROWS.format(count=3_000_000_000)], ids=["sort", "stream"])
def test_another_thread_ends_the_work_of_duckdb(tmp_path, query, pause) -> None:
    """`interrupt` does from any thread what a signal does from the main one."""
    with Staging(tmp_path / "staging") as staging:
        ended = threading.Event()

        def interrupt() -> None:
            # Again and again, since the query may not have begun the first time.
            while not ended.wait(pause):
                staging.interrupt()

        interrupter = threading.Thread(target=interrupt)
        interrupter.start()
        try:
            with pytest.raises(KeyboardInterrupt):
                staging.load(Query(query))
        finally:
            ended.set()
            interrupter.join()


@pytest.mark.usefixtures("ctrl_c")
def test_an_interrupt_is_said_until_the_work_ends() -> None:
    """A signal while DuckDB works interrupts it, and then reaches the caller."""
    told = threading.Event()

    class Connection:
        def interrupt(self) -> None:
            told.set()

    main = threading.main_thread().ident or 0
    timer = threading.Timer(0.2, signal.pthread_kill, (main, signal.SIGINT))
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        run_interruptibly(Connection(), told.wait)  # type: ignore[arg-type]
    assert told.is_set()


def test_what_duckdb_cannot_do_names_the_folder(tmp_path) -> None:
    """Whatever it was about to do there."""
    words = f"cannot be sorted in {tmp_path}: no room. Free space"
    with pytest.raises(StagingError, match=words), staging_errors(tmp_path):
        raise duckdb.OutOfMemoryException("no room")


def test_what_a_caller_raises_is_not_the_folder_s_fault(tmp_path) -> None:
    """An error of whoever is given the rejects comes out as it is."""

    def full(reject: object) -> None:
        raise OSError(28, "No space left on device", "rejects")

    with pytest.raises(OSError, match="rejects"), Staging(tmp_path / "staging") as staging:
        staging.load(Query(ROWS.format(count=1).replace("'agent'", "'robot'")), on_reject=full)


NUMBERS = pa.record_batch({"number": [1, 2]})


def test_a_statement_that_fails_is_not_fed_for_ever() -> None:
    """What DuckDB refuses ends at once, however much there is to feed it."""
    with duckdb.connect() as connection, pytest.raises(duckdb.BinderException):
        run_while_fed(connection, "SELECT other FROM batch", NUMBERS.schema, repeat(NUMBERS))


def test_what_feeds_a_statement_may_fail() -> None:
    """Its error comes out as it is, and the connection can be used again."""

    def batches() -> Iterator[pa.RecordBatch]:
        yield NUMBERS
        raise LookupError

    with duckdb.connect() as connection:
        with pytest.raises(LookupError):
            run_while_fed(connection, "CREATE TABLE t AS FROM batch", NUMBERS.schema, batches())
        run_while_fed(connection, "CREATE TABLE u AS FROM batch", NUMBERS.schema, [NUMBERS] * 2)
        assert connection.execute("SELECT sum(number) FROM u").fetchall() == [(6,)]


def test_a_conversation_shows_no_text() -> None:
    """What a debugger or a log would show of it is its id."""
    conversation = Conversation("C1", [b"secret words"], lambda index: Place("a.csv", "row", 7))
    assert repr(conversation) == "Conversation(conversation_id='C1')"


def test_a_full_disk_is_named(tmp_path) -> None:
    """When the folder cannot hold the messages, the error names it and says what to do."""
    program = (
        "import resource, signal, sys; from pathlib import Path\n"
        "from asapp_conversations_importer.reading.staging import Staging, StagingError, staging_errors\n"
        "from asapp_conversations_importer import Query\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "try:\n"
        "    with Staging(Path(sys.argv[1]) / 'staging') as staging:\n"
        "        resource.setrlimit(resource.RLIMIT_FSIZE, (2_000_000, 2_000_000))\n"
        "        staging.load(Query(sys.argv[2]))\n"
        "except StagingError as error: print(error)\n"
    )
    # The other process knows what the document says of an id.
    rows = ROWS.format(count=300_000).replace("'C' || (i % 5000)", f"'{CONVERSATION}'")
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path), rows],
        capture_output=True,
        text=True,
        check=False,
    )

    assert f"{tmp_path}/staging" in done.stdout, done.stderr
    assert "Free space there, name a ledger in another folder" in done.stdout
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there_is_named(tmp_path) -> None:
    """A folder that cannot be written is told before anything is read."""
    with (
        pytest.raises(StagingError, match="nowhere/staging cannot be written: No such file"),
        Staging(tmp_path / "nowhere" / "staging"),
    ):
        pass


def test_too_little_memory_is_named(tmp_path) -> None:
    """A limit under which nothing can be sorted is told, with what to do."""
    sql = "SELECT 'C1' AS conversation_id, 'agent' AS sender_role, 'a' AS sender_external_id, repeat('x', 9000000) AS text, now() AS timestamp FROM range(40)"
    with (
        pytest.raises(StagingError, match="allow more memory"),
        Staging(tmp_path / "staging", memory_limit=1) as staging,
    ):
        staging.load(Query(sql))


@pytest.mark.parametrize("pattern", ["nothing.jsonl", "*.jsonl"])
def test_a_name_that_no_file_has_stops_the_run(tmp_path, pattern) -> None:
    """A file or a pattern that matches nothing is a mistake, not an empty import."""
    with (
        pytest.raises(SourceError, match="there is no file"),
        Staging(tmp_path / "staging") as staging,
    ):
        staging.load(Files((str(tmp_path / pattern),)))


def test_patterns_and_names_are_read_in_order_and_once(tmp_path, read, record, lines) -> None:
    """Files are read in the order given, those of a pattern by name, and none twice."""
    for name in ("b.jsonl", "a.jsonl", "[x].jsonl"):
        (tmp_path / name).write_bytes(lines(record(name)))
    (tmp_path / "folder.jsonl").mkdir()
    paths = tuple(str(tmp_path / name) for name in ("[x].jsonl", "b.jsonl", "*.jsonl"))

    result = read(Files(paths))
    assert result.texts == ["[x].jsonl", "b.jsonl", "a.jsonl"]
    assert [Path(place.file).name for place in result.places] == result.texts


def test_a_folder_is_no_file(read, tmp_path) -> None:
    """What cannot be read is named, with the system's reason."""
    with pytest.raises(SourceError, match="is a folder: name its files"):
        read(Files((str(tmp_path),)))


@pytest.mark.parametrize("name", ["a.jsonl", "a.csv"])
def test_foreign_names_stop_the_run_before_any_reject(tmp_path, name, lines) -> None:
    """When no record has a field but columns nobody asked for, the error says which to map."""
    content = (
        lines({"dialogue_ref": "C1", "utterance": "x"})
        if name == "a.jsonl"
        else b"dialogue_ref,utterance\nC1,x\n"
    )
    (tmp_path / name).write_bytes(content)
    rejects: list[object] = []
    with pytest.raises(SourceError) as caught, Staging(tmp_path / "staging") as staging:
        staging.load(Files((str(tmp_path / name),)), on_reject=rejects.append)

    assert "Its columns are dialogue_ref, utterance." in str(caught.value)
    assert (
        "--map conversation_id=dialogue_ref --map text=utterance --map sender_role=COLUMN"
        in str(caught.value)
    )
    assert rejects == []
