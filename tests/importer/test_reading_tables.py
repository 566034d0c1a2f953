"""Tables: Parquet, queries and frames, whose columns have types."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import duckdb
import numpy
import orjson
import pandas
import polars
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from asapp_conversations_importer import Files, Query, Records, SourceError, Table
from asapp_conversations_importer.reading.query import open_query

pytestmark = pytest.mark.usefixtures("own_ids")

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
        lambda t: polars.from_arrow(t),
        lambda t: duckdb.from_arrow(t),
    ],
    ids=["table", "reader", "pandas", "polars", "relation"],
)
def test_frames_and_relations_are_read(read, make) -> None:
    """Whatever speaks Arrow's stream interface is a table."""
    result = read(Table(make(table())))

    assert result.texts == ["one", "two"]
    assert [place.number for place in result.places] == [1, 2]


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


FAR = 10**7
"""Days since 1970 beyond the year 9999."""


@pytest.mark.parametrize(
    "unread",
    [
        pa.array([FAR, FAR], pa.date32()),
        pa.array([2**60, 0], pa.timestamp("ms")),
        pa.array([[1], [2]], pa.list_(pa.timestamp("ns"))),
        pa.array([{"at": 1}, None], pa.struct([("at", pa.timestamp("ns"))])),
        pa.array([1, 2], pa.duration("ns")),
        pa.array([b"\xff", b"\xfe"]).cast(pa.string(), safe=False),
        pa.array([float("inf"), float("nan")]),
    ],
    ids=lambda column: str(column.type),
)
def test_what_nobody_reads_rejects_nothing(read, tmp_path, unread) -> None:
    """A column that no field reads is not turned into values, of a file or of a table."""
    whole = table().append_column("other", unread)
    pq.write_table(whole, tmp_path / "a.parquet")

    for source in (Files((str(tmp_path / "a.parquet"),)), Table(whole)):
        assert read(source).texts == ["one", "two"]


def _messages(**changes: object) -> pa.Array:
    """A list with two messages for each of two conversations, of which the second may differ."""
    message = {"text": "x", "sender": {"role": "agent", "externalId": "a"}}
    kind = pa.struct(
        [
            ("text", changes.get("text", pa.string())),
            ("sender", pa.struct([("role", pa.string()), ("externalId", pa.string())])),
            ("timestamp", changes.get("timestamp", pa.timestamp("us"))),
        ]
    )
    good, bad = {**message, "timestamp": 0}, {**message, "timestamp": 1, **changes["bad"]}  # type: ignore[dict-item]
    if changes.get("text"):
        good["text"] = changes["good"]  # type: ignore[assignment]
    return pa.array([[good, bad], [good]], pa.list_(kind))


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"timestamp": pa.timestamp("s"), "bad": {"timestamp": 2**60}}, "timestamp"),
        ({"timestamp": pa.timestamp("us"), "bad": {"timestamp": -(2**62)}}, "timestamp"),
        ({"timestamp": pa.timestamp("us"), "bad": {"timestamp": None}}, "timestamp"),
        ({"text": pa.binary(), "good": b"x", "bad": {"text": b"\xff"}}, "text"),
    ],
)
def test_one_bad_element_rejects_that_message(read, changes, field) -> None:
    """In a list of messages the others of the conversation, and of the table, are read."""
    whole = pa.table({"conversationId": ["C1", "C2"], "messages": _messages(**changes)})
    result = read(Table(whole))

    assert result.texts == ["x", "x"]
    assert [reject.field for reject in result.rejects] == [field]
    assert str(result.rejects[0].place) == "table, row 1, message 2"
    assert result.rejects[0].conversation_id == "C1"


@pytest.mark.parametrize("without_pandas", [False, True])
def test_nested_nanoseconds_are_read(read, monkeypatch, without_pandas) -> None:
    """Digits past the microsecond are cut in lists too, whether or not pandas is installed."""
    if without_pandas:
        monkeypatch.setitem(sys.modules, "pandas", None)
    nanoseconds = 1_709_539_200_123_456_789
    column = _messages(timestamp=pa.timestamp("ns"), bad={"timestamp": nanoseconds})
    result = read(Table(pa.table({"conversationId": ["C1", "C2"], "messages": column})))

    assert not result.rejects
    assert result.messages[1]["timestamp"] == "2024-03-04T08:00:00.123456Z"


@pytest.mark.parametrize(
    ("column", "name", "reason"),
    [
        (pa.array([FAR, 0], pa.date32()), "timestamp", "is out of range, or of a type that"),
        (pa.array([1, 2], pa.date32()), "timestamp", "is a date without a time"),
        (pa.array([1, 2], pa.time64("us")), "timestamp", "is not a date and time"),
        (pa.array([1, 2], pa.duration("ns")), "timestamp", "is "),
        (pa.array([True, False]), "timestamp", "is not a"),
        (pa.array([float("inf"), float("nan")]), "text", "is a number that JSON cannot carry"),
        (pa.array([Decimal("1.5"), Decimal(2)]), "text", "is of a type that JSON cannot carry"),
        (pa.array([{"a": 1}, None]), "text", 'the value is not of type "string"'),
        (pa.array([[b"\xff"], []]), "text", "is of a type that JSON cannot carry"),
    ],
    ids=str,
)
def test_what_is_no_value_of_its_field_is_rejected_by_row(read, column, name, reason) -> None:
    """Whatever a column's type, its rows are rejected, and the reason names the field."""
    result = read(Table(table(**{name: column})))

    assert not result.messages
    assert [reject.field for reject in result.rejects] == [name, name]
    assert result.rejects[0].reason.startswith(reason)
    assert orjson.dumps([reject.to_dict() for reject in result.rejects])


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        (pa.array([Decimal(12), Decimal(7)], pa.decimal128(38, 0)), ["12", "7"]),
        (pa.array([Decimal(12), None], pa.decimal256(50, 0)), ["12"]),
        (pa.array([2**63, 7], pa.uint64()), [str(2**63), "7"]),
        (pa.array([12, 7], pa.int32()).dictionary_encode(), ["12", "7"]),
        (pa.RunEndEncodedArray.from_arrays([1, 2], ["12", "7"]), ["12", "7"]),
        (pa.array([["12"], ["7"]], pa.list_(pa.string())), []),
        (pa.RunEndEncodedArray.from_arrays([2], pa.array(["12"], pa.string_view())), ["12", "12"]),
        (pa.array([Decimal("12.00"), Decimal("7.50")], pa.decimal128(10, 2)), []),
        (pa.array([True, False]), []),
        (pa.array([None, "7"], pa.string_view()).dictionary_encode(), ["7"]),
    ],
    ids=lambda value: str(getattr(value, "type", "")),
)
def test_identifiers_may_have_other_types(read, column, expected) -> None:
    """Exact numbers of any width are identifiers, however they are stored."""
    result = read(Table(table(sender_external_id=column)))

    assert [message["sender"]["externalId"] for message in result.messages] == expected


@pytest.mark.parametrize("kind", [pa.list_, pa.large_list, lambda t: pa.list_(t, 2), pa.list_view])
def test_lists_may_be_stored_in_any_way(read, kind) -> None:
    """A list of messages is one, whatever Arrow calls it."""
    message = {"text": "x", "sender": {"role": "agent", "externalId": "a"}, "timestamp": AT}
    one = pa.array([message]).type
    whole = pa.table(
        {
            "conversationId": ["C1", "C2"],
            "messages": pa.array([[message, message], None], kind(one)),
        }
    )
    result = read(Table(whole))

    assert result.texts == ["x", "x"]
    assert result.reasons == [("messages", "is missing")]


def test_old_times_of_spark_are_read_exactly(read, tmp_path) -> None:
    """Times of the type INT96 are not limited to the years that nanoseconds can count."""
    far = pa.array([datetime(2500, 1, 1), AT], pa.timestamp("us"))
    path = tmp_path / "a.parquet"
    pq.write_table(table(timestamp=far), path, use_deprecated_int96_timestamps=True)

    times = [message["timestamp"] for message in read(Files((str(path),))).messages]
    assert times == ["2024-03-04T08:00:00.123456Z", "2500-01-01T00:00:00Z"]


def test_a_frame_of_objects_is_read_by_row(read) -> None:
    """What no type of Arrow fits is rejected by its row, and never quoted by an error."""
    frame = pandas.DataFrame(
        {
            "conversation_id": ["C1", 2, "C3", "C4", "C5"],
            "sender_role": pandas.Categorical(["agent"] * 5),
            "sender_external_id": pandas.Series(["a", 7, None, UUID(int=1), "e"], dtype=object),
            "text": pandas.Series(["one", "two", "three", "four", 5.5], dtype=object),
            "timestamp": pandas.to_datetime(["2024-03-04 08:00"] * 5),
            "unread": [object(), {1}, "secret", 4, None],
            7: range(5),
        }
    )
    frame.index = range(10, 15)
    result = read(Table(frame))

    assert result.texts == ["two", "one", "four"]
    assert [m["sender"]["externalId"] for m in result.messages] == ["7", "a", str(UUID(int=1))]
    assert result.reasons == [
        ("sender.externalId", "is missing"),
        ("text", 'the value is not of type "string"'),
    ]
    assert result.numbers == [3, 5]


EIGHT = datetime(2024, 3, 4, 8)


@pytest.mark.parametrize(
    ("times", "options", "sent", "rejected"),
    [
        ([EIGHT, 1709539200], {}, ["2024-03-04T08:00:00Z"], [2]),
        ([1709539200, EIGHT], {}, ["2024-03-04T08:00:00Z"], [1]),
        ([EIGHT, 1709539261], {"time_formats": "epoch"}, ["08:00:00Z", "08:01:01Z"], []),
        ([EIGHT, 45355], {}, ["2024-03-04T08:00:00Z"], [2]),
        ([date(2024, 3, 4), EIGHT], {}, ["2024-03-04T08:00:00Z"], [1]),
        (
            [EIGHT, EIGHT.replace(tzinfo=UTC)],
            {"timezone": "Asia/Tokyo"},
            ["03T23:00", "T08:00"],
            [],
        ),
        (
            [EIGHT.replace(tzinfo=UTC), EIGHT],
            {"timezone": "Asia/Tokyo"},
            ["03T23:00", "T08:00"],
            [],
        ),
        ([pandas.Timestamp(EIGHT), "2024-03-04 09:00", None], {}, ["T08:00", "T09:00"], [3]),
    ],
)
@pytest.mark.parametrize("kind", ["object", "category", "list"])
def test_values_of_several_types_stay_what_they_are(
    read, kind, times, options, sent, rejected
) -> None:
    """A number or a date beside times is no other time for it, nor is one with a zone beside one
    without: in a column of a frame, and in its lists.
    """
    if kind == "list":
        sender = {"role": "agent", "externalId": "a"}
        said = [{"text": "x", "sender": sender, "timestamp": time} for time in times]
        frame = pandas.DataFrame({"conversation_id": ["C1"], "messages": [said]})
    else:
        column = pandas.Series(times, dtype="object").astype(kind)
        row = table().slice(0, 1).to_pandas()
        frame = pandas.concat([row] * len(times), ignore_index=True).assign(timestamp=column)
    result = read(Table(frame), **options)

    read_times = [message["timestamp"] for message in result.messages]
    assert [part in time for part, time in zip(sent, read_times, strict=True)] == [True] * len(sent)
    places = [reject.place for reject in result.rejects]
    assert [place.message or place.number for place in places] == rejected


def test_a_type_that_arrow_lacks_ends_nothing_where_nobody_reads_it(read) -> None:
    """A frame of polars has 128-bit integers; one in another column is no matter."""
    frame = polars.from_arrow(table()).with_columns(
        polars.lit(2).cast(polars.Int128).alias("other")
    )
    assert read(Table(frame)).texts == ["one", "two"]


@pytest.mark.parametrize("library", [pandas, polars])
def test_a_column_by_itself_is_no_table(read, library) -> None:
    """A series is refused in words."""
    with pytest.raises(SourceError, match="Series is no table"):
        read(Table(library.Series(["a"])))


@pytest.mark.parametrize("kind", ["float32", "float16"])
def test_a_short_number_is_no_exact_time(read, kind) -> None:
    """A number that has lost digits cannot count milliseconds."""
    times = pa.array([1709539200123.0 if kind == "float32" else 60000.0], pa.float64()).cast(kind)
    result = read(
        Table(table().slice(0, 1).set_column(4, "timestamp", times)), time_formats="epoch-ms"
    )
    assert result.reasons == [("timestamp", "is a number of too few digits to be exact")]


def test_an_error_of_a_library_quotes_nothing(read) -> None:
    """A relation whose rows cannot be made says its kind of failure alone."""
    relation = duckdb.sql(
        "SELECT x::INTEGER AS text, 'C1' AS conversation_id, 'agent' AS sender_role, "
        "'a' AS sender_external_id, now() AS timestamp FROM (VALUES ('1'), ('secret')) t(x)"
    )
    with pytest.raises(SourceError) as caught:
        read(Table(relation))
    assert "secret" not in str(caught.value)


class Kind(StrEnum):
    """A role as programs have it."""

    AGENT = "agent"


class Word(str):
    """Text of a subclass."""


@pytest.mark.parametrize(
    "change",
    [
        {"sender": {"role": Kind.AGENT, "externalId": Word("agent-1")}},
        {"sender": MappingProxyType({"role": "agent", "external_id": numpy.str_("agent-1")})},
        {"conversationId": numpy.str_("C1")},
        {"timestamp": pandas.Timestamp("2024-03-04 09:00", tz="Europe/Berlin")},
        {"timestamp": datetime(2024, 3, 4, 8, tzinfo=pandas.Timestamp.now("UTC").tzinfo)},
        {"text": Word("hello")},
        {7: "not a name", "more": object()},
    ],
)
def test_subclasses_stand_for_their_values(read, record, change) -> None:
    """What programs hand in for a text or a time is that text, or that time."""
    assert read(Records([{**record(), **change}])).messages == read(Records([record()])).messages


class Hostile(Mapping[str, Any]):
    """A record whose own code fails."""

    def __getitem__(self, key: str) -> Any:
        raise RuntimeError("secret")

    def __iter__(self) -> Any:
        return iter(["text"])

    def __len__(self) -> int:
        return 1


@pytest.mark.parametrize(
    ("bad", "field"),
    [
        (Hostile(), None),
        ({"text": Hostile()}, "text"),
        ({"text": numpy.float64("nan")}, "text"),
        ({"text": Decimal(1)}, "text"),
        ({"timestamp": numpy.datetime64("2024-03-04T08:00:00")}, None),
        ({"conversationId": pandas.NA}, "conversationId"),
        ({"timestamp": float("inf")}, "timestamp"),
        (5, None),
        (None, None),
    ],
)
def test_a_foreign_object_rejects_its_record(read, record, bad, field) -> None:
    """Whatever a record holds, its neighbours are read, and nothing of it is in the reason."""
    bad = {**record(), **bad} if isinstance(bad, dict) else bad
    result = read(Records([record("before"), bad, record("after")]))

    if "timestamp" in (bad if isinstance(bad, dict) else {}) and field is None:
        assert result.texts == ["before", "hello", "after"]
        return
    assert result.texts == ["before", "after"]
    (reject,) = result.rejects
    assert reject.field == field
    assert "secret" not in reject.reason
    assert orjson.dumps(reject.to_dict())


def test_a_conversation_that_comes_again_is_rejected(read, record) -> None:
    """What has been sent cannot be put in order any more."""
    ids = ["A", "A", "B", "A", "C", "B"]
    records = [record(str(n), conversation_id=each, second=n) for n, each in enumerate(ids)]
    result = read(Records(records))

    assert [m["text"] for m in result.messages] == ["0", "1", "2", "4"]
    assert result.numbers == [4, 6]
    assert [reject.conversation_id for reject in result.rejects] == ["A", "B"]
    assert result.rejects[0].record["text"] == "3"


def test_a_query_says_the_same_everywhere(read, monkeypatch) -> None:
    """The zone of the machine is none of a query's."""
    monkeypatch.setenv("TZ", "America/New_York")
    sql = (
        "SELECT 'C1' AS conversation_id, 'agent' AS sender_role, 'a' AS sender_external_id, "
        "'x' AS text, '2024-03-04 08:00'::TIMESTAMPTZ AS timestamp"
    )
    assert read(Query(sql)).messages[0]["timestamp"] == "2024-03-04T08:00:00Z"


def test_what_duckdb_has_and_python_has_not_is_rejected(read) -> None:
    """Infinities, years before Christ, dates and intervals reject their row."""
    times = [
        *(
            "'infinity'::TIMESTAMP",
            "'-infinity'::TIMESTAMPTZ",
            "'4714-01-01 (BC) 00:00'::TIMESTAMP",
        ),
        *("'infinity'::DATE", "'2024-03-04'::DATE", "'08:00'::TIME", "INTERVAL 1 DAY", "uuid()"),
        *("'a'::BLOB", "[1]", "true", "MAP {'a': 1}", "{'a': 1}", "1.5", "2024"),
    ]
    for time in times:
        result = read(
            Query(
                "SELECT 'C1' AS conversation_id, 'agent' AS sender_role, 'x' AS text, "
                f"'a' AS sender_external_id, {time} AS timestamp"
            )
        )
        assert [reject.field for reject in result.rejects] == ["timestamp"], time
        assert orjson.dumps(result.rejects[0].to_dict())


def test_a_frame_in_pieces_is_read(read) -> None:
    """Columns that pandas keeps in Arrow, in one piece or in several, are text like any other."""
    frame = table(timestamp=["2024-03-04 08:00", "2024-03-04 08:01"]).to_pandas(
        types_mapper=pandas.ArrowDtype
    )
    assert read(Table(pandas.concat([frame, frame]))).texts == ["one", "one", "two", "two"]
