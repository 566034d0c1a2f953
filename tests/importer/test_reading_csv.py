"""CSV: every cell is text, and every bad row is rejected under its spreadsheet's number."""

from __future__ import annotations

import csv

import pytest
from asapp_conversations_importer import SourceError
from asapp_conversations_importer.reading import formats

HEADER = "conversation_id,sender_role,sender_external_id,text,timestamp\n"
ROW = "C1,agent,007,hello,2024-03-04T08:00:00Z\n"


def test_cells_stay_as_they_are_written(read_text) -> None:
    """Leading zeros, numbers and words for nothing are text like any other."""
    rows = ["0012,agent,007,00.50,2024-03-04 08:00", "0012,agent,1e5,NULL,2024-03-05 08:00"]
    result = read_text("a.csv", HEADER + "\n".join(rows))

    assert result.ids == ["0012"]
    assert [m["sender"]["externalId"] for m in result.messages] == ["007", "1e5"]
    assert result.texts == ["00.50", "NULL"]


@pytest.mark.parametrize("delimiter", list(",;\t|"))
def test_the_delimiter_is_found(read_text, delimiter) -> None:
    """The header tells what parts the cells."""
    content = (HEADER + ROW).replace(",", delimiter)

    assert read_text("a.csv", content).texts == ["hello"]
    assert read_text("a.tsv", (HEADER + ROW).replace(",", "\t")).texts == ["hello"]


def test_quotes_hold_delimiters_and_line_breaks(read_text) -> None:
    """A quoted cell may hold anything; rows are counted as a spreadsheet does."""
    quoted = 'C1,agent,a,"one, ""two""\r\nthree",2024-03-04 08:00\r\n'
    result = read_text("a.csv", HEADER + quoted + "\r\n" + ROW.replace("hello", ""))

    assert result.texts == ['one, "two"\r\nthree']
    assert result.reasons == [("text", "is missing")]
    assert result.numbers == [4]


@pytest.mark.parametrize(
    ("row", "field", "reason"),
    [
        (b"C1,agent,a,hello\n", None, "has 4 cells where the header has 5"),
        (b"C1,agent,a,hello, world,2024-03-04 08:00\n", None, "has 6 cells where the header has 5"),
        (b'C1,agent,a,"hello"x,2024-03-04 08:00\n', None, "is not CSV: ',' expected after '\"'"),
        (
            b"C1,agent,a,caf\xe9,2024-03-04 08:00\n",
            "text",
            "has bytes or surrogates that are no text in UTF-8",
        ),
        (b"C1,,a,hello,2024-03-04 08:00\n", "sender.role", "is missing"),
        (b"C1,agent,,hello,2024-03-04 08:00\n", "sender.externalId", "is missing"),
    ],
)
def test_a_bad_row_is_rejected_alone(read_text, row, field, reason) -> None:
    """A bad row is rejected with its own text; its neighbours are read."""
    result = read_text("a.csv", (HEADER + ROW).encode() + row + ROW.encode())

    assert result.totals.messages == 2
    assert result.reasons == [(field, reason)]
    assert result.numbers == [3]
    kept = result.rejects[0].record
    assert kept == row.decode() if field is None else kept["conversation_id"] == "C1"
    assert "\\xe9" in kept["text"] if b"\xe9" in row else True


def test_nul_bytes_are_text(read_text) -> None:
    """A NUL is a character that JSON can carry."""
    assert read_text("a.csv", HEADER + ROW.replace("hello", "a\0b")).texts == ["a\0b"]


def test_a_byte_order_mark_is_no_part_of_the_header(read_text) -> None:
    """What Excel saves as UTF-8 begins with a mark."""
    assert read_text("a.csv", "\ufeff" + HEADER + ROW).texts == ["hello"]


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (
            HEADER + ROW + 'C1,agent,a,"hello,2024-03-04 08:00\n' + ROW * 3,
            "a quote that opens in row 3",
        ),
        (HEADER.replace("text", "timestamp") + ROW, "more than one column timestamp"),
        ('"a"b,c\n', "its header is no CSV"),
        ("\ufeff".encode("utf-16").decode("latin-1"), "no column"),
        ("", "no column for conversation_id"),
    ],
)
def test_a_file_that_is_broken_as_a_whole_stops_the_run(read_text, content, complaint) -> None:
    """Where rows cannot be told apart, or columns not, nothing is sent."""
    with pytest.raises(SourceError) as caught:
        read_text("a.csv", content)
    assert complaint in str(caught.value)


def test_utf_16_is_named(read_text) -> None:
    """What Excel calls Unicode text is told apart from a broken file."""
    with pytest.raises(SourceError, match="is UTF-16; save it as UTF-8"):
        read_text("a.csv", (HEADER + ROW).encode("utf-16"))


def test_a_line_that_never_ends_stops_the_run(read_text, monkeypatch) -> None:
    """Something else than CSV does not fill the memory."""
    monkeypatch.setattr(formats, "MAX_RECORD_BYTES", 1000)
    with pytest.raises(SourceError, match="it has a line that is longer than"):
        read_text("a.csv", HEADER + "x" * 5000)


def test_a_long_cell_is_read_and_the_limit_left_as_it_was(read_text) -> None:
    """The csv module's limit of the process holds for others as before."""
    before = csv.field_size_limit()
    result = read_text("a.csv", HEADER + ROW.replace("hello", "x" * 500_000))

    assert len(result.texts[0]) == 500_000
    assert csv.field_size_limit() == before
