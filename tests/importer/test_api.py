"""What programs hand in, and what is chosen for them."""

from __future__ import annotations

import asyncio
import inspect
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, get_type_hints

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import trio
from asapp_conversations import AsyncClient, InvalidRequestError
from asapp_conversations_importer import (
    Files,
    ImportArguments,
    ImportOptions,
    Interruption,
    Query,
    ReadOptions,
    Records,
    SourceError,
    StoppedBy,
    Table,
    import_messages,
    import_messages_async,
    plan_import,
)
from asapp_conversations_importer.api import as_source
from asapp_conversations_importer.ledger.choice import default_rejects, resolve
from attrs import fields


@pytest.mark.parametrize(
    "table",
    [
        pa.table({"text": ["a"]}),
        pd.DataFrame({"text": ["a"]}),
        pl.DataFrame({"text": ["a"]}),
        duckdb.sql("SELECT 1 AS text"),
    ],
    ids=["arrow", "pandas", "polars", "duckdb"],
)
def test_tables(table: Any) -> None:
    """Arrow tables, data frames and DuckDB relations are taken as they are."""
    source = as_source(table)
    assert isinstance(source, Table)
    assert source.data is table


def test_files() -> None:
    """A name, a path, or several of them are files."""
    assert as_source("a.csv") == as_source(Path("a.csv")) == Files(("a.csv",))
    assert as_source(["a.csv", Path("b.csv")]) == Files(("a.csv", "b.csv"))


def test_what_is_a_source_already() -> None:
    """A query is handed in as one, for a string is a file's name."""
    assert as_source(Query("SELECT 1")) == Query("SELECT 1")


def test_records() -> None:
    """Any other iterable is records; an empty list is no record."""
    assert isinstance(as_source(iter([{}])), Records)
    assert isinstance(as_source([{"text": "a"}]), Records)
    assert isinstance(as_source([]), Records)


@pytest.mark.parametrize(("wrong", "words"), [({"text": "a"}, "not one record"), (7, "not int")])
def test_no_source(wrong: Any, words: str) -> None:
    """What cannot be read is refused by its type."""
    with pytest.raises(InvalidRequestError, match=words):
        as_source(wrong)


def test_interruption_may_come_first() -> None:
    """Who begins to listen late hears of what was asked for before; the first reason counts."""
    heard: list[StoppedBy] = []
    interruption = Interruption()
    interruption.request(StoppedBy.TERMINATION)
    interruption.request(StoppedBy.INTERRUPT)
    interruption.listen(heard.append)
    assert heard == [StoppedBy.TERMINATION]


def test_missing_keys_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without keys nothing is read, and the error names the variables."""
    monkeypatch.delenv("ASAPP_API_ID")
    with pytest.raises(InvalidRequestError, match="ASAPP_API_ID"):
        import_messages(Path(__file__))


def test_default_ledgers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file has its ledger beside it; several have one in their folder; nothing else has any."""
    monkeypatch.chdir(tmp_path)
    for name in ("a.csv", "b.csv", "b.csv.rejects.jsonl"):
        (tmp_path / name).touch()

    def ledger(*paths: str) -> Path | None:
        return resolve(Files(paths), None)[1]

    assert ledger("a.csv") == Path("a.csv.ledger")
    assert ledger("./a.csv") == Path("a.csv.ledger")
    assert ledger("a*.csv") == ledger("*.csv") == Path("asapp-import.ledger")
    assert ledger(f"{tmp_path}/a.csv", "b.csv") == tmp_path / "asapp-import.ledger"
    assert ledger("-") is None
    assert resolve(Query("SELECT 1"), None) == (Query("SELECT 1"), None)
    with pytest.raises(SourceError, match=r"c\.csv"):
        ledger("c.csv")


def test_a_file_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One file under several names is one file, and a pattern does not find what imports write."""
    monkeypatch.chdir(tmp_path)
    for name in ("a.csv", "b.jsonl", "b.jsonl.rejects.jsonl"):
        (tmp_path / name).touch()
    (tmp_path / "link.csv").symlink_to("a.csv")
    source, _ = resolve(Files(("b.jsonl", "./b.jsonl", "*.jsonl", "*.csv", "link.csv")), None)
    assert source == Files(("b.jsonl", "a.csv"))

    (tmp_path / "asapp-import.rejects.jsonl").touch()
    given = ("a.csv", "asapp-import.rejects.jsonl", "b.jsonl")
    assert resolve(Files(given), None)[0] == Files(("a.csv", "b.jsonl"))
    alone = Files(("asapp-import.rejects.jsonl",))
    assert resolve(alone, None)[0] == alone


@pytest.mark.parametrize(
    ("name", "words"), [("", "is empty"), (".", "is a folder"), ("*.nothing", "no file")]
)
def test_what_is_no_file(tmp_path: Path, name: str, words: str) -> None:
    """An empty name, a folder and a pattern that fits nothing are told in a line."""
    with pytest.raises(SourceError, match=words):
        resolve(Files((name,)), None)


def test_only_files_have_a_ledger_of_their_own() -> None:
    """Whoever imports a query, a table or records says which ledger it goes on from."""
    for source in (Query("SELECT 1"), pa.table({"text": ["a"]}), [{"text": "a"}], "-"):
        with pytest.raises(InvalidRequestError, match="name a ledger"):
            import_messages(source)


@pytest.mark.parametrize("name", ["sandbox", "dry_run", "gate", "verify", "time_format"])
def test_misspelt_options(name: str) -> None:
    """A keyword that does not exist is a `TypeError`, and nothing is read or sent."""
    with pytest.raises(TypeError, match=rf"import_messages\(\) .* '{name}'"):
        import_messages("missing.csv", **{name: True})
    with pytest.raises(TypeError, match=name):
        plan_import("missing.csv", **{name: True})


def test_options_are_described_once() -> None:
    """What can be typed is what the options and the client take, no more and no less."""
    client = set(inspect.signature(AsyncClient.__init__).parameters) - {"self", "gate"}
    options = {attribute.name for attribute in fields(ImportOptions)} - {"read"}
    read = {attribute.name for attribute in fields(ReadOptions)} - {"max_body_bytes"}
    # A pause that is slept through must not use up the time of a request.
    assert set(get_type_hints(ImportArguments)) == client - {"total_timeout"} | options | read


@pytest.mark.parametrize(
    "wrong",
    [
        {"concurrency": 0},
        {"concurrency": 10**9},
        {"daily_limit": -1},
        {"first": 0},
        {"ambiguous": "sometimes"},
        {"timezone": "Mars"},
        {"first": "7"},
        {"daily_limit": 10**24},
        {"ledger": ""},
        {"rejects": ""},
        {"rejects": __file__},
        {"rejects": "x", "ledger": "x"},
        {"rate": float("nan")},
        {"rate": float("inf")},
        {"rate": 0},
        {"max_body": True},
    ],
)
def test_options_that_cannot_work(wrong: dict[str, Any]) -> None:
    """An option out of range is refused before anything is read."""
    with pytest.raises(InvalidRequestError, match=r"^'?[a-z]"):
        import_messages(__file__, **wrong)
    assert not Path(f"{__file__}.ledger").exists()


def test_a_running_loop_names_the_async_twin() -> None:
    """In a notebook an event loop runs already: the error says what to await."""

    async def cell() -> None:
        import_messages("missing.csv")

    with pytest.raises(RuntimeError, match="await import_messages_async"):
        asyncio.run(cell())


def test_default_rejects() -> None:
    """Rejects stand beside the ledger, under the source's name."""
    assert default_rejects(Path("x/a.csv.ledger")) == Path("x/a.csv.rejects.jsonl")
    assert default_rejects(Path("x/mine.db")) == Path("x/mine.db.rejects.jsonl")


@pytest.mark.parametrize(
    ("package", "module", "extra"),
    [
        ("asapp_conversations_importer", "duckdb", "importer"),
        ("asapp_conversations_emulator", "uvicorn", "emulator"),
    ],
)
def test_a_missing_extra_is_named(package: str, module: str, extra: str) -> None:
    """Without what the extra brings the import of the package says what to install."""
    program = f"import sys; sys.modules[{module!r}] = None; import {package}"
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stderr.splitlines()[-1] == (
        f"ModuleNotFoundError: {module} is missing: "
        f"python -m pip install 'asapp-conversations[{extra}]'"
    )


def test_under_trio_the_error_says_what_to_do() -> None:
    """An import runs on asyncio alone, and no coroutine is left behind."""
    with pytest.raises(InvalidRequestError, match="under trio, run import_messages in a thread"):
        trio.run(import_messages_async, "missing.csv")


@pytest.mark.parametrize("source", [b"a.csv", bytearray(b"a"), 7, None])
def test_what_is_no_source_is_refused(source: Any) -> None:
    """Bytes are no records, though Python goes through them one by one."""
    with pytest.raises(InvalidRequestError, match=f"expected, not {type(source).__name__}"):
        plan_import(source)


def test_a_pipe_of_the_shell_has_no_ledger_of_its_own() -> None:
    """The next pipe would be another source under its name."""
    reading, writing = os.pipe()
    try:
        with pytest.raises(InvalidRequestError, match="name a ledger"):
            import_messages(f"/dev/fd/{reading}")
    finally:
        os.close(reading)
        os.close(writing)


def test_a_notebook_without_its_widgets(tmp_path: Path) -> None:
    """In a notebook that lacks ipywidgets, where DuckDB refuses to be told of its bar, a plan
    works."""
    (tmp_path / "a.jsonl").write_text("{}\n")
    program = """
import sys, types
notebook = types.ModuleType("IPython")
shell = types.SimpleNamespace(config={"IPKernelApp": {}})
notebook.get_ipython = lambda: shell
sys.modules["IPython"] = notebook
from asapp_conversations_importer import plan_import
print(plan_import(sys.argv[1]).rejected)
"""
    command = [sys.executable, "-c", program, str(tmp_path / "a.jsonl")]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "1\n"


def test_import_takes_no_pandas_along() -> None:
    """A command starts without what only some callers use, and which takes a second."""
    code = "import sys, asapp_conversations_importer.cli.app; sys.exit('pandas' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
