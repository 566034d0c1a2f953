"""Tables: Parquet, queries and frames, whose columns have types."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from asapp_conversations_importer import Files, Query, SourceError, Table
from asapp_conversations_importer.reading.query import open_query

NAMES = ["conversation_id", "sender_role", "sender_external_id", "text", "timestamp"]
AT = datetime(2024, 3, 4, 8, 0, 0, 123456)


def table(**columns: object) -> pa.Table:
    """Two messages, with some columns replaced, or left out for None."""
    default = {
        "conversation_id": ["C1", "C1"],
        "sender_role": ["agent", "customer"],
        "sender_external_id": ["a", "c"],
        "text": ["one", "two"],
        "timestamp": pa.array([AT, AT + timedelta(seconds=1)], pa.timestamp("us", "UTC")),
    }
    return pa.table({k: v for k, v in {**default, **columns}.items() if v is not None})


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
@pytest.mark.parametrize(
    ("zone", "option", "hour"),
    [
        (None, UTC, 8),
        ("UTC", UTC, 8),
        ("America/New_York", UTC, 8),
        (None, ZoneInfo("Asia/Tokyo"), 23),
    ],
)
def test_times_are_read_from_their_types(read, tmp_path, unit, zone, option, hour) -> None:
    """A timestamp of any unit goes out in UTC; one without a zone is of the zone that is named."""
    times = pa.array([AT, None], pa.timestamp("us")).cast(pa.timestamp(unit), safe=False)
    path = tmp_path / "a.parquet"
    pq.write_table(table(timestamp=times.cast(pa.timestamp(unit, zone))), path)
    result = read(Files((str(path),)), timezone=option)

    (message,) = result.messages
    fraction = {"s": "", "ms": ".123000"}.get(unit, ".123456")
    day = 4 if hour == 8 else 3
    assert message["timestamp"] == f"2024-03-{day:02}T{hour:02}:00:00{fraction}Z"
    assert result.reasons == [("timestamp", "is missing")]
    assert result.numbers == [2]


def test_integers_may_be_identifiers(read) -> None:
    """Exact numbers stand for an id in a typed source, but never for a text, nor do fractions."""
    ids = pa.array([12345678901234567, 7])
    result = read(Table(table(conversation_id=ids, sender_external_id=pa.array([1, 2]))))
    assert result.ids == ["12345678901234567", "7"]
    assert [m["sender"]["externalId"] for m in result.messages] == ["1", "2"]

    for columns in ({"text": pa.array([1, 2])}, {"sender_external_id": pa.array([1.0, 2.0])}):
        result = read(Table(table(**columns)))
        assert [reason for _, reason in result.reasons] == ['the value is not of type "string"'] * 2


def test_text_may_be_stored_in_any_way(read) -> None:
    """Dictionaries, views, binary and large text are text; binary that is none is rejected."""
    kinds = [
        pa.large_string(),
        pa.string_view(),
        pa.binary(),
        pa.dictionary(pa.int8(), pa.string()),
    ]
    for kind in kinds:
        values = (
            pa.array(["one", "two"]).cast(kind)
            if not pa.types.is_dictionary(kind)
            else pa.array(["one", "two"]).dictionary_encode()
        )
        assert read(Table(table(text=values))).texts == ["one", "two"]

    broken = pa.array([b"caf\xe9", b"two"])
    for column in (broken, broken.cast(pa.string(), safe=False)):
        assert read(Table(table(text=column))).texts == ["two"]
    result = read(Table(table(text=broken)))
    assert result.rejects[0].record["text"] == {"raw": "caf\\xe9"}
    assert result.rejects[0].record["timestamp"] == "2024-03-04T08:00:00.123456+00:00"


def test_uuids_may_be_participants(read) -> None:
    """A UUID is an identifier."""
    sql = "SELECT 'C1' AS conversation_id, 'agent' AS sender_role, uuid '6e0ac2e4-5a1c-4b0e-8f0e-0123456789ab' AS sender_external_id, 'x' AS text, now() AS timestamp"
    (message,) = read(Query(sql)).messages
    assert message["sender"]["externalId"] == "6e0ac2e4-5a1c-4b0e-8f0e-0123456789ab"


def test_a_time_out_of_range_is_rejected(read) -> None:
    """A time past the year 9999 is a reject like any other."""
    for unit in ("s", "ms", "us"):
        times = pa.array([2**62, 0], pa.timestamp(unit, "UTC"))
        result = read(Table(table(timestamp=times)))
        assert result.reasons == [("timestamp", "is out of the range of years 1 to 9999")]
        assert result.numbers == [1]
        assert result.rejects[0].record["timestamp"] == {"raw": 2**62}


def test_structs_and_lists_are_the_apis_own_form(read) -> None:
    """A nested column is read by the document's names, and a list of messages too."""
    message = {"text": "x", "sender": {"role": "agent", "externalId": "a"}, "timestamp": AT}
    nested = pa.Table.from_pylist([{"conversationId": "C1", **message}])
    whole = pa.Table.from_pylist([{"conversationId": "C1", "messages": [message, message]}])

    assert read(Table(nested)).texts == ["x"]
    assert read(Table(whole)).texts == ["x", "x"]


@pytest.mark.parametrize(
    "make",
    [
        lambda t: t,
        lambda t: t.to_reader(),
        lambda t: t.to_pandas(),
        lambda t: pytest.importorskip("polars").from_arrow(t),
        lambda t: duckdb.from_arrow(t),
    ],
    ids=["table", "reader", "pandas", "polars", "relation"],
)
def test_frames_and_relations_are_read(read, make) -> None:
    """Whatever speaks Arrow's stream interface is a table."""
    result = read(Table(make(table())))

    assert result.texts == ["one", "two"]
    assert [m.place.number for m in result.conversations[0].messages] == [1, 2]


def test_something_else_is_no_table(read) -> None:
    """A list is no table, and is told so."""
    with pytest.raises(SourceError, match="list is no table"):
        read(Table([1, 2]))


def test_a_missing_column_stops_the_run(read, tmp_path) -> None:
    """The error names the columns that are there, and a --map that would fit."""
    renamed = table(
        text=None, utterance=["one", "two"], conversation_id=None, dialogue_ref=["A", "B"]
    )
    with pytest.raises(SourceError) as caught:
        read(Table(renamed))

    assert "table has no column for conversation_id, text." in str(caught.value)
    assert (
        "Its columns are sender_role, sender_external_id, timestamp, utterance, dialogue_ref."
        in str(caught.value)
    )
    assert "Try --map conversation_id=dialogue_ref --map text=utterance" in str(caught.value)
    mapping = {"conversation_id": "dialogue_ref", "text": "utterance"}
    assert read(Table(renamed), columns=mapping).texts == ["one", "two"]


def test_columns_of_one_name_stop_the_run(read) -> None:
    """Two columns of one name leave a choice that nobody made."""
    twice = table().append_column("text", pa.array(["three", "four"]))
    with pytest.raises(SourceError, match="columns text, text could all be text"):
        read(Table(twice))
    unread = table().append_column("x", pa.array([1, 2])).append_column("x", pa.array([3, 4]))
    assert read(Table(unread)).texts == ["one", "two"]


def test_a_query_is_read_in_its_order(read, tmp_path) -> None:
    """A query's rows are counted in the order in which it gives them."""
    pq.write_table(table(timestamp=["2024-03-04 08:00", "?"]), tmp_path / "a.parquet")
    result = read(Query(f"FROM '{tmp_path}/*.parquet' ORDER BY text DESC"))

    assert result.texts == ["one"]
    assert result.numbers == [1]
    assert str(result.rejects[0].place) == "query, row 1"


@pytest.mark.parametrize(
    ("sql", "complaint"),
    [
        ("SELEC", "syntax error"),
        ("SELECT nothing FROM (SELECT 1 AS one)", "nothing"),
        ("FROM '/nowhere/*.parquet'", "/nowhere"),
        ("CREATE TABLE x (i INTEGER)", "has to be one SELECT"),
        ("SELECT 'secret'::INTEGER AS text", "Conversion Error"),
        ("SELECT x::INTEGER AS text FROM (VALUES ('1'), ('secret')) t(x)", "Conversion Error"),
    ],
)
def test_a_query_that_fails_stops_the_run(read, sql, complaint) -> None:
    """The error says what is wrong with the query, and quotes no data."""
    with pytest.raises(SourceError) as caught:
        read(Query(sql))
    assert complaint in str(caught.value)
    assert "secret" not in str(caught.value)


def test_a_query_that_fails_half_way_stops_the_run(read) -> None:
    """An error that comes with a late row is told like one that comes at once."""
    late = (
        "SELECT 'C1' AS conversation_id, 'agent' AS sender_role, 'a' AS sender_external_id, "
        "(CASE WHEN i = 300000 THEN 'secret' ELSE '1' END)::INTEGER::VARCHAR AS text, "
        "now() AS timestamp FROM range(400000) r(i)"
    )
    with pytest.raises(SourceError, match=r"Conversion Error|does not say why") as caught:
        read(Query(late))
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(("wanted", "error"), [(True, KeyboardInterrupt), (False, SourceError)])
def test_only_an_interrupt_that_was_wanted_is_one(wanted, error) -> None:
    """DuckDB interrupts its own threads too when a query fails, and that is not Ctrl-C."""
    with duckdb.connect() as connection:
        sql = "SELECT i FROM range(100000000) r(i)"
        _, rows = open_query(sql, connection, lambda: wanted)
        records = rows({"i": False})
        next(records)
        connection.interrupt()
        with pytest.raises(error):
            list(records)


def test_broken_parquet_stops_the_run(read, tmp_path) -> None:
    """A file that is cut off, packed again or something else is no Parquet to read."""
    path = tmp_path / "a.parquet"
    pq.write_table(table(), path)
    content = path.read_bytes()
    for name, broken in (
        ("b.parquet", content[:-20]),
        ("c.parquet.gz", content),
        ("d.parquet", b"text"),
    ):
        (tmp_path / name).write_bytes(broken)
        with pytest.raises(SourceError, match=name):
            read(Files((str(tmp_path / name),)))
