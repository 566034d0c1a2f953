"""What programs hand in, and what is chosen for them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from asapp_conversations import InvalidRequestError
from asapp_conversations_importer import (
    Files,
    Interruption,
    Query,
    Records,
    SourceError,
    StoppedBy,
    Table,
    default_ledger,
    default_rejects,
    import_messages,
)
from asapp_conversations_importer.api import as_source


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
        import_messages("missing.csv")


def test_default_ledgers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file has its ledger beside it; several have one in their folder; all else here."""
    monkeypatch.chdir(tmp_path)
    for name in ("a.csv", "b.csv"):
        (tmp_path / name).touch()
    assert default_ledger(Files(("a.csv",))) == Path("a.csv.ledger")
    assert default_ledger(Files(("./a.csv",))) == Path("a.csv.ledger")
    assert default_ledger(Files(("*.csv",))) == Path("asapp-import.ledger")
    assert default_ledger(Files((f"{tmp_path}/a.csv", "b.csv"))) == tmp_path / "asapp-import.ledger"
    assert default_ledger(Files(("-",))) == Path("asapp-import.ledger")
    assert default_ledger(Query("SELECT 1")) == Path("asapp-import.ledger")
    with pytest.raises(SourceError, match=r"c\.csv"):
        default_ledger(Files(("c.csv",)))


def test_default_rejects() -> None:
    """Rejects stand beside the ledger, under the source's name."""
    assert default_rejects(Path("x/a.csv.ledger")) == Path("x/a.csv.rejects.jsonl")
    assert default_rejects(Path("x/mine.db")) == Path("x/mine.db.rejects.jsonl")
