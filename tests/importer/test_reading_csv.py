"""CSV: every cell is text, and every bad row is rejected under its spreadsheet's number."""

from __future__ import annotations

import bz2
import csv
import lzma

import pytest
from asapp_conversations import InvalidRequestError
from asapp_conversations_importer import ReadOptions, SourceError
from asapp_conversations_importer.reading import csv_text
from asapp_conversations_importer.reading.explaining import NO_TEXT

pytestmark = pytest.mark.usefixtures("own_ids")

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
        (b"C1\n", None, "has 1 cell where the header has 5"),
        (b"C1,agent,a,hello\n", None, "has 4 cells where the header has 5"),
        (b"C1,agent,a,hello, world,2024-03-04 08:00\n", None, "has 6 cells where the header has 5"),
        (
            b"C1,agent,a,caf\xe9,2024-03-04 08:00\n",
            "text",
            NO_TEXT,
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
    assert kept == {"raw": row.decode()} if field is None else kept["conversationId"] == "C1"
    assert kept["text"] == {"raw": "caf\\xe9"} if b"\xe9" in row else True


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
            "whose quote opens in row 3, line 3,",
        ),
        (HEADER.replace("text", "timestamp") + ROW, "columns timestamp, timestamp could all be"),
        ('"a"b,c\n', "whose quote opens in row 1, line 1,"),
        ("\ufeff".encode("utf-16").decode("latin-1"), "no column"),
    ],
)
def test_a_file_that_is_broken_as_a_whole_stops_the_run(read_text, content, complaint) -> None:
    """Where rows cannot be told apart, or columns not, nothing is sent."""
    with pytest.raises(SourceError) as caught:
        read_text("a.csv", content)
    assert complaint in str(caught.value)


@pytest.mark.parametrize("start", ['{"a": 1}\n', '[\n  {\n    "a": 1}]', '[{"a": 1}]'])
@pytest.mark.parametrize("name", ["a.csv", "a.tsv"])
def test_json_under_the_name_of_csv_is_named(read_text, name, start) -> None:
    """JSON that is called CSV is told apart from a broken row."""
    with pytest.raises(
        SourceError, match=f"{name} holds JSON: let its name end in .jsonl or .json"
    ):
        read_text(name, start)


def test_a_mapped_column_is_called_as_it_is(read_text) -> None:
    """A column that is mapped by another spelling of its name is not found, and the error says so."""
    content = (HEADER + ROW).replace("conversation_id", "Id")
    with pytest.raises(
        SourceError, match=r"--map conversation_id=id names no column; capitals count"
    ):
        read_text("a.csv", content, columns={"conversation_id": "id"})


def test_utf_16_is_named(read_text) -> None:
    """What Excel calls Unicode text is told apart from a broken file."""
    with pytest.raises(SourceError, match="is UTF-16: save it as UTF-8, or say --encoding utf-16"):
        read_text("a.csv", (HEADER + ROW).encode("utf-16"))


@pytest.mark.parametrize(
    "long",
    [
        "x" * 5000,
        f'C1,agent,a,"{"x" * 5000}",2024-03-04 08:00',
        'C1,agent,a,"' + 'line, of ""text""\n' * 500 + '",2024-03-04 08:00',
        'C1,agent,a,"' + "x" * 3000 + '\n,C9,agent,a,forged,2024-03-04 08:00",2024-03-04 08:00',
        f'C1,"{"y" * 999}\n\n{"z" * 999}\n",a,x" y,2024-03-04 08:00',
    ],
    ids=["line", "cell", "lines", "text like a row", "blank lines"],
)
def test_a_row_too_long_to_hold_is_rejected_alone(read_text, monkeypatch, long) -> None:
    """However long a row is, and whatever its cells hold, its neighbours are read."""
    monkeypatch.setattr(csv_text, "MAX_RECORD_BYTES", 1000)
    result = read_text("a.csv", HEADER + ROW + long + "\n" + ROW)

    assert result.texts == ["hello", "hello"]
    assert result.reasons == [(None, csv_text.TOO_LONG)]
    assert result.numbers == [3]


def test_a_quote_that_never_closes_does_not_fill_the_memory(read_text, monkeypatch) -> None:
    """A file that is one cell from somewhere on is refused."""
    monkeypatch.setattr(csv_text, "MAX_RECORD_BYTES", 1000)
    with pytest.raises(SourceError, match="row 3, line 3,"):
        read_text("a.csv", HEADER + ROW + 'C1,agent,"a,\n' + "no quote at all\n" * 5000)


def test_a_long_cell_is_read_and_the_limit_left_as_it_was(read_text) -> None:
    """The csv module's limit of the process holds for others as before."""
    before = csv.field_size_limit()
    result = read_text("a.csv", HEADER + ROW.replace("hello", "x" * 500_000))

    assert len(result.texts[0]) == 500_000
    assert csv.field_size_limit() == before


QUOTED = (
    'C1,customer,c1,"He said "hello" and pasted:\n'
    "C9,agent,a1,this row was inside a quoted cell,2024-03-04 08:00\n"
    'bye",2024-03-04 08:00\n'
)


def test_nothing_of_a_quoted_cell_becomes_a_record(read_text) -> None:
    """After an error in a quoted cell no line is certain to be a row: the file is refused."""
    content = HEADER + ROW + QUOTED + ROW
    with pytest.raises(SourceError, match=r"a\.csv is broken: .* row 3, line 3, .*--one-line-rows"):
        read_text("a.csv", content)
    before = 'C1,agent,a,"two\nlines, ""quoted""",2024-03-04 08:00\n'
    with pytest.raises(SourceError, match="row 3, line 5,"):
        read_text("a.csv", HEADER + before + 'C1,agent,"x\ny","z" ,2024-03-04 08:00\n')


def test_rows_of_one_line_are_certain(read_text) -> None:
    """Who vouches that no cell holds a line break loses only the row that is broken."""
    content = HEADER + 'C1,agent,a,"hello"x,2024-03-04 08:00\n' + ROW + 'C1,"open,a\n\n' + ROW
    result = read_text("a.csv", content, one_line_rows=True)

    assert result.texts == ["hello", "hello"]
    assert result.numbers == [2, 4]
    assert result.rejects[1].record == {"raw": 'C1,"open,a\n'}
    with pytest.raises(SourceError, match="its header is not CSV"):
        read_text("b.csv", f'"a"b{content}', one_line_rows=True)


@pytest.mark.parametrize(
    ("content", "options"),
    [
        ("sep=;\n" + (HEADER + ROW).replace(",", ";"), {}),
        ('"SEP=|"\r\n' + (HEADER + ROW).replace(",", "|"), {}),
        ((HEADER + ROW).replace("\n", ",\n"), {}),
        (HEADER + ROW.replace("\n", ",\n"), {}),
        (HEADER.replace("\n", ",note\n") + ROW, {}),
        ("," + HEADER.replace("\n", ",\n") + "1," + ROW.replace("\n", ",\n"), {}),
        (HEADER.replace("\n", ",x,x\n") + ROW.replace("\n", ",1,2\n"), {}),
        (HEADER + ",,,,\n" + ROW + ",,,,\n\n", {}),
        (HEADER + HEADER + ROW + HEADER, {}),
        ("\ufeff" + HEADER + "\ufeff" + HEADER + ROW, {}),
        (
            (HEADER.strip() + ',"a,b,c,d,e,f"\n' + ROW.strip() + ",x\n")
            .replace(",", ";")
            .replace("a;b;c;d;e;f", "a,b,c,d,e,f"),
            {},
        ),
        ((HEADER + ROW).replace(",", "^"), {"delimiter": "^"}),
        ((HEADER + ROW).replace(",", "\t"), {"delimiter": "tab"}),
        (
            (HEADER.replace("text", "a,b") + ROW.replace("hello", "x,hello")),
            {"columns": {"text": "b"}},
        ),
    ],
    ids=[
        *("sep", "sep in quotes", "a delimiter at every end", "at the end of each row"),
        *("a last cell that is missing", "empty header cells", "columns of one name"),
        *("empty rows", "the header again", "files in a row", "commas in the header"),
        *("a delimiter", "tab", "an unread column"),
    ],
)
def test_what_spreadsheets_and_exports_write_is_read(read_text, content, options) -> None:
    """Each is what some program writes, and none loses or adds a message."""
    result = read_text("a.csv", content, **options)

    assert result.texts == ["hello"]
    assert not result.rejects


@pytest.mark.parametrize("encoding", ["cp1252", "utf-16", "utf-16-le", "utf-32", "utf-8-sig"])
@pytest.mark.parametrize("name", ["a.csv", "a.jsonl", "a.json"])
def test_an_encoding_can_be_told(read_text, record, lines, encoding, name) -> None:
    """Files of text in another encoding are read like those in UTF-8."""
    text = "café ☕" if encoding.startswith("utf") else "café €"
    content = (
        lines(record(text)) if ".json" in name else (HEADER + ROW.replace("hello", text)).encode()
    )
    result = read_text(name, content.decode().encode(encoding), encoding=encoding)

    assert result.texts == [text]


def test_what_is_no_text_in_its_encoding_is_rejected(read_text) -> None:
    """A byte that the encoding does not have rejects its row, or the file where no row is certain."""
    content = (HEADER + ROW.replace("hello", "caf\x81") + ROW).encode("latin-1")
    result = read_text("a.csv", content, encoding="cp1252")
    assert result.texts == ["hello"]
    assert result.reasons == [("text", NO_TEXT)]

    with pytest.raises(SourceError, match="is not in the encoding that was told"):
        read_text("b.csv", (HEADER + ROW).encode("utf-16-le"), encoding="utf-16")


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({"encoding": "idna"}, "no file has such an encoding"),
        ({"encoding": "punycode"}, "no file has such an encoding"),
        ({"encoding": "klingon"}, "no file has such an encoding"),
        ({"encoding": "zlib"}, "no file has such an encoding"),
        ({"delimiter": ""}, "write one character"),
        ({"delimiter": ";;"}, "write one character"),
        ({"delimiter": '"'}, "write one character"),
    ],
)
def test_options_that_cannot_be_meant_are_refused(options, complaint) -> None:
    """They are refused before anything is read."""
    with pytest.raises(InvalidRequestError, match=complaint):
        ReadOptions(**options)


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"PK\x03\x04rest", "a zip archive or an Excel workbook: .*save the sheet as CSV"),
        (lzma.compress(b"{}"), "packed with xz"),
        (bz2.compress(b"{}"), "packed with bzip2"),
        *[
            ((HEADER + ROW).encode(encoding), f"is {encoding.upper()}: .*--encoding {encoding}")
            for encoding in ("utf-16", "utf-32", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be")
        ],
    ],
)
def test_what_cannot_be_read_is_told_by_name(read_text, content, complaint) -> None:
    """The error says what the file is, and what to do with it."""
    with pytest.raises(SourceError, match=complaint):
        read_text("a.csv", content)


def test_wide_headers_take_linear_time(read_text) -> None:
    """Columns that nobody reads cost what it takes to pass over them."""
    wide = [f"column {number}" for number in range(50_000)]
    cells = ["x"] * len(wide)
    content = ",".join([HEADER.strip(), *wide]) + "\n" + ",".join([ROW.strip(), *cells])

    assert read_text("a.csv", content).texts == ["hello"]
    with pytest.raises(SourceError, match="no column for text"):
        read_text("b.csv", content.replace("text", "t xt", 1))


def test_a_file_without_a_header_is_not_shown(read_text) -> None:
    """Its first row is what people have said."""
    with pytest.raises(SourceError) as caught:
        read_text("a.csv", "C1,agent,007,my card is 4111,2024-03-04 08:00\n")
    assert "does it begin with a header?" in str(caught.value)
    assert "4111" not in str(caught.value)


def test_values_can_be_told(read_text) -> None:
    """ASAPP's own file of transcripts has roles, names and missing cells of its own."""
    content = (
        "conversation_externalId,sender_externalId,sender_role,text,timestamp\n"
        "C1,NULL,bot,hi,2024-03-04 08:00\nC1,a,Agent,NULL,2024-03-04 08:00\n"
        "C1,,CUSTOMER,hello,2024-03-04 08:00\n"
    )
    result = read_text(
        "a.csv",
        content,
        columns={"conversation_id": "conversation_externalId"},
        values={
            "sender_role": {"bot": "system", "Agent": "agent", "CUSTOMER": "customer"},
            "sender.externalId": {"": "unknown"},
        },
        null="NULL",
    )
    assert [m["sender"] for m in result.messages] == [
        {"role": "system", "externalId": "unknown"},
        {"role": "customer", "externalId": "unknown"},
    ]
    assert result.reasons == [("text", "is missing")]
    assert result.rejects[0].record["sender"] == {"role": "agent", "externalId": "a"}


@pytest.mark.parametrize("content", [b"", b"\n", b"\xef\xbb\xbf"])
def test_an_empty_file_is_told(read_text, content) -> None:
    """A file without a header is none; JSON Lines may have no line."""
    with pytest.raises(SourceError, match=r"a\.csv is empty"):
        read_text("a.csv", content)
    assert read_text("a.jsonl", content).totals.records == 0
