"""JSON Lines and JSON: each bad record is rejected by itself, under its own number."""

from __future__ import annotations

import gzip
import io

import orjson
import pytest
import zstandard
from asapp_conversations.toolkit import NO_TIME, check_record
from asapp_conversations_importer import Files, SourceError
from asapp_conversations_importer.reading import json_text
from asapp_conversations_importer.reading.explaining import NO_TEXT

pytestmark = pytest.mark.usefixtures("own_ids")

A_NUMBER = "is a number, and no time format says what it counts (epoch, epoch-ms, …)"
NO_ROLE = next(
    problem.reason
    for problem in check_record({"sender": {"role": "robot"}})
    if problem.path == "sender.role"
)
"""The words with which the SDK refuses a role."""


def message(text: bytes) -> bytes:
    """A line of JSON whose text is written so."""
    return (
        b'{"conversationId": "C1", "sender": {"role": "agent", "externalId": "a"}, '
        b'"timestamp": "2024-03-04T08:00:01Z", "text": ' + text + b"}"
    )


@pytest.mark.parametrize(
    ("line", "field", "reason"),
    [
        (b'{"conversationId": ', None, "is not JSON: unexpected end of data"),
        (message(b'"caf\xe9"'), "text", NO_TEXT),
        (message(b'"\\ud800"'), "text", NO_TEXT),
        (message(b"NaN"), "text", "is a number that JSON cannot carry"),
        (message(b"1e999"), "text", "is a number that JSON cannot carry"),
        (message(b"9" * 30), "text", 'the value is not of type "string"'),
        (message(b"9" * 5000), "text", "is too long"),
        (message(b'"a", "text": "b"'), "text", "is given more than once"),
        (message(b'"a", "te\\u0078t" : "b"'), "text", "is given more than once"),
        (message(b'"a", "sender": {"role": "agent"}'), "sender.role", "is given more than once"),
        (message(b'"a", "TEXT ": "b", "t_e_x_t": "c"'), "text", "is given more than"),
        (message(b'"a"').replace(b'"text"', b'"TEXT": "b", "Text"'), "text", "is given more than"),
        (message(b'"a", "sender_role": "agent"'), "sender.role", "is given more than once"),
        (message(b'"a"').replace(b'"role"', b'"Role": "agent", "ROLE"'), "sender.role", "is given"),
        (message(b"[" * 400 + b"]" * 400), "text", "is of a type that JSON cannot carry (list)"),
        (b'{"text": "a\x00b"}', None, "is not JSON: unexpected control character in string"),
        (b'["C1", "hello"]', None, "is not an object with named fields"),
        (b"null", None, "is not an object with named fields"),
        (b"[" * 5000, None, "is not JSON: recursion limit exceeded"),
    ],
)
def test_a_broken_line_is_rejected_alone(read_text, record, lines, line, field, reason) -> None:
    """A line that is no JSON object is rejected under its number; its neighbours are read."""
    result = read_text("a.jsonl", lines(record("before"), line, record("after", second=2)))

    if reason is None:
        assert result.texts == ["before", "a", "after"]
        return
    assert result.texts == ["before", "after"]
    assert result.numbers == [2]
    assert [field for field, _ in result.reasons] == [field]
    assert result.reasons[0][1].startswith(reason.split(":")[0])


@pytest.mark.parametrize(
    ("change", "field", "reason"),
    [
        ({"text": ""}, "text", "the value is shorter than 1 character"),
        ({"text": 5}, "text", 'the value is not of type "string"'),
        ({"text": None}, "text", "is missing"),
        ({"conversationId": "c-1"}, "conversationId", 'the value does not match "^[A-Z0-9]+$"'),
        ({"conversationId": 5}, "conversationId", 'the value is not of type "string"'),
        ({"conversationId": None}, "conversationId", "is missing"),
        ({"timestamp": "yesterday"}, "timestamp", NO_TIME),
        (
            {"timestamp": 1709539200},
            "timestamp",
            "is a number, and no time format says what it counts (epoch, epoch-ms, …)",
        ),
        ({"timestamp": "2024-03-04"}, "timestamp", "is a date without a time"),
        (
            {"sender": {"role": "robot", "externalId": "r"}},
            "sender.role",
            NO_ROLE,
        ),
        (
            {"sender": {"role": "agent", "externalId": 123}},
            "sender.externalId",
            'the value is not of type "string"',
        ),
        ({"sender": {"role": "agent"}}, "sender.externalId", "is missing"),
        ({"sender": "agent"}, "sender.role", "is missing"),
    ],
)
def test_what_the_document_forbids_is_rejected(
    read_text, record, lines, change, field, reason
) -> None:
    """Nothing is cast or guessed: what the document's schema forbids is a reject."""
    result = read_text("a.jsonl", lines(record(), record(**change)))

    assert result.totals.messages == 1
    assert result.reasons == [(field, reason)]
    assert result.numbers == [2]


def test_all_problems_of_a_record_are_told(read_text, record, lines) -> None:
    """The first problem is the reason, in the order of the fields; the others follow."""
    result = read_text("a.jsonl", lines(record(), record(text="", timestamp="?", sender={})))

    (reject,) = result.rejects
    assert (reject.field, [p.path for p in reject.more]) == (
        "text",
        ["sender.role", "sender.externalId", "timestamp"],
    )
    assert reject.summary() == "text: the value is shorter than 1 character"
    assert reject.to_dict()["more"][0] == "sender.role: is missing"


def test_lines_are_counted_as_an_editor_does(read_text, record, lines) -> None:
    """A byte order mark, CRLF, blank lines and a missing last newline change no number."""
    good = orjson.dumps(record())
    content = b"\xef\xbb\xbf" + good + b"\r\n\r\n  \n" + good + b"\n{\r\n" + good
    result = read_text("a.jsonl", content)

    places = [place.number for place in result.places]
    assert places == [1, 4, 6]
    assert result.numbers == [5]


def test_a_line_too_long_to_hold_is_rejected(read_text, record, lines, monkeypatch) -> None:
    """A line past what is read at all is passed over to its end, and its beginning is kept."""
    monkeypatch.setattr(json_text, "MAX_RECORD_BYTES", 1000)
    monkeypatch.setattr(json_text, "BLOCK", 100)
    result = read_text("a.jsonl", lines(record("x" * 5000), record(), b"y" * 1050))

    assert result.texts == ["hello"]
    assert result.numbers == [1, 3]
    assert len(result.rejects[0].record["raw"]) == 1000


def test_a_message_of_30_megabytes_is_rejected(read_text, record, lines) -> None:
    """A message that no request can hold is rejected, with the first MiB of its record."""
    result = read_text("a.jsonl", lines(record("x" * 30_000_000), record("after")))

    assert result.texts == ["after"]
    assert result.reasons == [(None, "is larger than the body of a request may be")]
    kept = result.rejects[0].record["raw"]
    assert 1024 * 1024 < len(kept) < 1024 * 1024 + 100
    assert kept.endswith("bytes in all]")


def test_a_large_conversation_in_one_line_is_read(read_text, record, lines) -> None:
    """A record may be far larger than a request when its messages are not."""
    message = record("x" * 100_000)
    line = {"conversationId": "C1", "messages": [message] * 150}

    assert read_text("a.jsonl", lines(line)).totals.messages == 150


def test_conversations_hold_their_messages(read_text, record, lines) -> None:
    """A record may be a conversation; a bad message in it is rejected with its id, to be mended."""
    first, bad, last = record("first"), record(""), record("last", second=2)
    for message in (first, bad, last):
        del message["conversationId"]
    result = read_text("a.jsonl", lines({"conversationId": "C1", "messages": [last, bad, first]}))

    assert result.texts == ["first", "last"]
    assert result.rejects[0].record == {"conversationId": "C1", **bad}
    assert str(result.rejects[0].place).endswith("a.jsonl, line 1, message 2")


def test_a_list_of_messages_that_comes_twice_is_rejected(read_text) -> None:
    """Neither list is taken for the conversation's."""
    content = b'{"conversationId": "C2", "messages": [{"text": "a"}], "messages": []}'
    result = read_text("a.jsonl", content)

    assert result.reasons == [("messages", "is given more than once")]
    assert result.rejects[0].record["messages"] == {"raw": [[{"text": "a"}], []]}


@pytest.mark.parametrize("messages", [[], ["hello"]])
def test_a_conversation_without_messages_is_rejected(read_text, record, lines, messages) -> None:
    """A list that is empty, or holds something else, loses nothing in silence."""
    result = read_text("a.jsonl", lines({"conversationId": "C2", "messages": messages}, record()))

    assert [reject.field for reject in result.rejects] == ["messages"]
    assert result.rejects[0].conversation_id == "C2"


def test_rejects_can_be_mended_and_imported(read_text, record, lines) -> None:
    """A line of a file of rejects is read as the record in it, mended or not."""
    bad = [record(""), b'{"text": "caf\xe9"', {"conversationId": "C9", "messages": [record("")]}]
    rejects = [
        {**r.to_dict(), "request_id": "1"} for r in read_text("a.jsonl", lines(*bad)).rejects
    ]

    again = read_text("rejects.jsonl", lines(*rejects))
    assert [r.record for r in again.rejects] == [r["record"] for r in rejects]
    assert again.reasons[0] == ("text", "the value is shorter than 1 character")

    rejects[0]["record"]["text"] = "mended"
    rejects[1]["record"] = record("mended line")
    rejects[2]["record"] = {"conversationId": "C1", "messages": [record("mended, too")]}
    mended = read_text("rejects.jsonl", lines(*rejects))
    assert mended.texts == ["mended", "mended line", "mended, too"]
    assert not mended.rejects


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.compress])
def test_packed_files_are_recognised(read_text, record, lines, pack) -> None:
    """gzip and zstd, of several parts too, are known by their content, whatever the name."""
    content = pack(lines(record("one"))) + pack(lines(record("two", second=1)))

    assert read_text("a.jsonl.packed", content).texts == ["one", "two"]


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.compress])
def test_a_packed_file_that_is_cut_off_stops_the_run(read_text, record, lines, pack) -> None:
    """A file that ends early is no file to import: nothing is sent."""
    with pytest.raises(SourceError, match=r"a\.jsonl\.gz cannot be read: .*Truncated"):
        read_text("a.jsonl.gz", pack(lines(record()))[:-6])


def test_a_packed_file_that_is_cut_off_far_behind_stops_the_run(read_text, record, lines) -> None:
    """What was read before the end was missing is not sent either."""
    content = gzip.compress(lines(*(record(str(number)) for number in range(20_000))), 1)

    with pytest.raises(SourceError, match="cannot be read"):
        read_text("a.jsonl.gz", content[:-2000])


def test_standard_input_is_read(read, record, lines, monkeypatch) -> None:
    """`-` is standard input, whose format shows in its content."""
    content = io.BytesIO(gzip.compress(lines(record())))
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BufferedReader(content)))

    result = read(Files(("-",)))
    assert result.texts == ["hello"]
    assert result.places[0].file == "-"


@pytest.mark.parametrize("indent", [0, orjson.OPT_INDENT_2])
@pytest.mark.parametrize("name", ["a.json", "a.unknown", "a.jsonl"])
def test_an_array_is_read_element_by_element(read_text, record, name, indent) -> None:
    """A JSON array, pretty-printed or not, is read element by element, counted from 1."""
    records = [record("a"), record(""), 5, "x,]", [1], record("b", second=1)]
    result = read_text(name, orjson.dumps(records, option=indent))

    assert result.texts == ["a", "b"]
    assert result.numbers == [2, 3, 4, 5]
    assert result.rejects[0].place.unit == "record"


def test_an_element_that_is_broken_inside_is_rejected_alone(read_text, record) -> None:
    """Brackets and quotes that match are enough to find the next element."""
    good = orjson.dumps(record())
    content = b"[" + good + b', {"text": }, {"text": "caf\xe9 \\" ]"}, truth, ' + good + b"]"
    result = read_text("a.json", content)

    assert result.totals.messages == 2
    assert result.numbers == [2, 3, 4]


@pytest.mark.parametrize("content", [b"null", b"1", b"-1.5e3", b'"x"', b"true\n", b"{} 2", b"NaN"])
def test_a_value_that_is_no_record_is_rejected_at_the_end_too(read_text, content) -> None:
    """A number or a word ends where the file does."""
    result = read_text("a.json", content)

    assert len(result.rejects) == len(content.split())
    assert result.totals.messages == 0


@pytest.mark.parametrize("separator", [b"\n", b"  ", b"\n\n"])
def test_values_in_a_row_are_read(read_text, record, separator) -> None:
    """Pretty-printed objects one after the other are records, and so is one alone."""
    pretty = [orjson.dumps(record(t), option=orjson.OPT_INDENT_2) for t in "abc"]

    assert read_text("a.json", separator.join(pretty)).texts == ["a", "b", "c"]
    assert read_text("b.json", pretty[0]).texts == ["a"]


def test_json_lines_may_be_called_json(read_text, record, lines) -> None:
    """A .json file whose first line is a whole object is JSON Lines: a broken line is one reject."""
    result = read_text("a.json", lines(record(), b'{"text": "', record()))

    assert result.totals.messages == 2
    assert result.rejects[0].place.unit == "line"


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b'[{"a": 1}, {"a": ', "its record 2 is not closed"),
        (b'[{"a": 1}, {"a": "}]', "its record 2 is not closed"),
        (b'[{"a": 1}', "it ends after record 1 without a closing ]"),
        (b'[{"a": 1}] {"a": 2}', "there is more text after the closing ]"),
        (b'[{"a": 1}, }]', "its record 2 is not closed"),
    ],
)
def test_a_broken_array_stops_the_run(read_text, content, complaint) -> None:
    """Where the structure breaks, what follows cannot be told apart: nothing is sent."""
    with pytest.raises(SourceError) as caught:
        read_text("a.json", content)
    assert complaint in str(caught.value)


@pytest.mark.parametrize("size", [1, 2, 7])
def test_elements_may_lie_across_reads(monkeypatch, size) -> None:
    """However little a read returns, the elements come out whole."""
    monkeypatch.setattr(json_text, "BLOCK", size)
    elements = [b'{"a": "\\"]}"}', b"[]", b'"x"', b"12.5", b"{}", b'{"b": [{"c": "\\\\"}]}']
    stream = io.BytesIO(b" [ " + b" , ".join(elements) + b" ] ")

    assert list(json_text.split_json(stream, "a")) == elements


def test_a_record_too_long_to_hold_breaks_an_array(read_text, record, monkeypatch) -> None:
    """A quote that is never closed does not fill the memory."""
    monkeypatch.setattr(json_text, "MAX_RECORD_BYTES", 100_000)
    with pytest.raises(SourceError, match="its record 1 is not closed"):
        read_text("a.json", b'[{"text": "' + b"x" * 1_000_000)
