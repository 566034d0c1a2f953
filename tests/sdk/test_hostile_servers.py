"""Servers that drip, bomb, lie about lengths and send without end."""

from __future__ import annotations

import gzip
import itertools
import os
import subprocess
import sys
import zlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import zstandard
from asapp_conversations import (
    APIConnectionError,
    APIStatusError,
    APITimeoutError,
    AsappError,
    AsyncClient,
    Client,
    InternalServerError,
    NotFoundError,
)
from documented import SUCCESS
from hostile import (
    MESSAGES,
    SOON,
    STATUS_LINE,
    HostileServer,
    Kind,
    Step,
    answer,
    both,
    create,
    hang_up,
    serving,
)

MIB = 1024 * 1024
STEPS = 50


class Drip:
    """A script that takes 5 s, and knows whether somebody stayed to its end."""

    def __init__(self, start: bytes, drop: bytes, end: bytes = b"") -> None:
        self.start, self.drop, self.end = start, drop, end
        self.played_out = False

    def __call__(self) -> Iterator[Step]:
        yield self.start
        for _ in range(STEPS):
            yield self.drop
            yield 0.1
        self.played_out = True
        yield self.end


def failure(kind: Kind, server: HostileServer, **options: Any) -> Any:
    """The error of a single attempt."""
    with pytest.raises(AsappError) as caught:
        create(kind, **{"base_url": server.url, "retries": 0, "timeout": SOON, **options})
    return caught.value


CHUNKED = STATUS_LINE + b"Transfer-Encoding: chunked\r\n\r\n"


@both
@pytest.mark.parametrize(
    ("start", "drop"),
    [
        (STATUS_LINE + b"Content-Length: 900\r\n\r\n", b" "),
        (STATUS_LINE + b"\r\n", b" "),
        (CHUNKED, b"1\r\n \r\n"),
    ],
    ids=["length", "until it closes", "chunks"],
)
def test_dripping_body_ends_in_time(kind: Kind, start: bytes, drop: bytes) -> None:
    """A body that comes a byte at a time is given up after `timeout`; its outcome is unknown."""
    drip = Drip(start, drop)
    with serving(drip) as server:
        error = failure(kind, server)
    assert not drip.played_out
    assert isinstance(error, APITimeoutError)
    assert error.outcome_unknown
    assert error.progress
    assert error.progress.unknown == MESSAGES


@both
def test_dripping_body_of_an_error_ends_in_time(kind: Kind) -> None:
    """The status of an error counts, though its body drips."""
    drip = Drip(b"HTTP/1.1 404 Not Found\r\nContent-Length: 900\r\n\r\n", b" ")
    with serving(drip) as server:
        error = failure(kind, server, timeout=1)
    assert not drip.played_out
    assert isinstance(error, NotFoundError)
    assert not error.outcome_unknown


@pytest.mark.parametrize(
    ("start", "drop"),
    [
        (STATUS_LINE + b"X-Slow: ", b"a"),
        (b"", b"HTTP/1.1 102 Processing\r\n\r\n"),
        (b"", b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"),
    ],
    ids=["head", "102", "103"],
)
def test_dripping_head_ends_in_time_for_tasks(start: bytes, drop: bytes) -> None:
    """A head that drips and informational answers without end are given up by `AsyncClient`."""
    drip = Drip(start, drop)
    with serving(drip) as server:
        error = failure(AsyncClient, server)
    assert not drip.played_out
    assert isinstance(error, APITimeoutError)
    assert error.outcome_unknown


def test_what_threads_cannot_bound_is_documented() -> None:
    """The documentation of `Client` names what `timeout` does not end."""
    text = " ".join(str(Client.__doc__).split())
    about = text[text.index("timeout:") : text.index("retries:")]
    assert "head" in about
    assert "1xx" in about


@both
def test_informational_answers_are_no_answer(kind: Kind) -> None:
    """A few of them before the answer do no harm."""
    with serving([b"HTTP/1.1 102 Processing\r\n\r\n" * 3, answer()]) as server:
        assert create(kind, base_url=server.url).stored == 1


def bomb(mebibytes: int) -> bytes:
    """A gzip of so many MiB of zeros, a thousand times smaller."""
    packer = zlib.compressobj(9, wbits=zlib.MAX_WBITS | 16)
    begin = packer.compress(bytes(MIB)) + packer.flush(zlib.Z_FULL_FLUSH)
    again = packer.compress(bytes(MIB)) + packer.flush(zlib.Z_FULL_FLUSH)
    return begin + again * (mebibytes - 1)


BOMBED = """
import asyncio, resource, sys
from hostile import create, MESSAGES
from asapp_conversations import AsyncClient, Client, AsappError
options = {"base_url": sys.argv[2], "retries": 0, "max_answer_bytes": 1024 * 1024}
kind = {"Client": Client, "AsyncClient": AsyncClient}[sys.argv[1]]
try:
    create(kind, base_url="http://127.0.0.1:9", retries=0)  # everything is imported
except AsappError:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    create(kind, **options)
except AsappError as error:
    print(type(error).__name__, error.status_code, error.outcome_unknown)
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


@both
@pytest.mark.parametrize(
    ("status", "told"),
    [(SUCCESS, f"APIStatusError {SUCCESS} True"), (500, "InternalServerError 500 True")],
)
def test_gzip_bomb(kind: Kind, status: int, told: str) -> None:
    """1 GiB of zeros in a gzip that nobody asked for takes no memory, and stores nothing."""
    head = answer(status, b"", "Content-Encoding: gzip", "Content-Length: 2000000")
    with serving([head, bomb(1024), hang_up]) as server:
        done = subprocess.run(
            [sys.executable, "-c", BOMBED, kind.__name__, server.url],
            capture_output=True,
            text=True,
            check=True,
            env={"PYTHONPATH": os.pathsep.join(sys.path), **_keys()},
        )
    outcome, mebibytes = done.stdout.splitlines()
    assert outcome == told
    assert int(mebibytes) < 32


def _keys() -> dict[str, str]:
    return {"ASAPP_API_ID": "id", "ASAPP_API_SECRET": "secret"}


@both
@pytest.mark.parametrize(
    ("name", "pack"),
    [("gzip", gzip.compress), ("x-gzip", gzip.compress), ("deflate", zlib.compress)],
)
def test_small_packed_body_is_read(kind: Kind, name: str, pack: Callable[[bytes], bytes]) -> None:
    """A server that packs although it was not asked to is understood."""
    encoding = f"Content-Encoding: {name}"
    refusal = pack(b'{"error": {"message": "it is so", "requestId": "r-1", "code": "404-7"}}')
    with serving([answer(SUCCESS, pack(b"{}"), encoding)]) as server:
        assert create(kind, base_url=server.url).stored == 1
        assert b"\r\naccept-encoding: identity\r\n" in server.heads[0].lower()
    with serving([answer(404, refusal, encoding)]) as server:
        assert failure(kind, server, timeout=30).code == "404-7"


@both
@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("br", b"\x0b\x00\x80{}\x03"),
        ("zstd", zstandard.compress(b"{}")),
        ("gzip, gzip", gzip.compress(gzip.compress(b"{}"))),
        ("gzip", b""),
        ("gzip", b"{}"),
        ("gzip", gzip.compress(b"{}")[:-4]),
        ("gzip", gzip.compress(b"{}" + b" " * 99)[:15]),
        ("deflate", b"\x00\x01"),
        ("nonsense", b"{}"),
    ],
    ids=itertools.count(),
)
def test_unreadable_body_is_no_success(kind: Kind, encoding: str, body: bytes) -> None:
    """What cannot be unpacked does not say that anything is stored; an error's status counts."""
    with serving([answer(SUCCESS, body, f"Content-Encoding: {encoding}")]) as server:
        error = failure(kind, server, timeout=30)
    assert (error.status_code, error.outcome_unknown) == (SUCCESS, True)
    with serving([answer(404, body, f"Content-Encoding: {encoding}")]) as server:
        assert isinstance(failure(kind, server, timeout=30), NotFoundError)


@both
def test_answer_above_the_cap(kind: Kind) -> None:
    """A success larger than `max_answer_bytes` is none, and one that just fits is."""
    body = b"{}" + b" " * 998
    with serving([answer(SUCCESS, body)]) as server:
        error = failure(kind, server, max_answer_bytes=len(body) - 1, timeout=30)
        assert isinstance(error, APIStatusError)
        assert (error.status_code, error.outcome_unknown) == (SUCCESS, True)
        assert create(kind, base_url=server.url, max_answer_bytes=len(body)).stored == 1


@both
@pytest.mark.parametrize("status", [404, 500])
def test_huge_error_is_not_read(kind: Kind, status: int) -> None:
    """Of an error of 1 GB little is read, and its status counts."""
    sent = []

    def script() -> Iterator[Step]:
        yield answer(status, b"", "Content-Length: 1000000000")
        for _ in range(1000000000 // MIB):
            yield bytes(MIB)
            sent.append(MIB)

    with serving(script) as server:
        error = failure(kind, server, timeout=30)
    assert isinstance(error, NotFoundError if status == 404 else InternalServerError)
    assert sum(sent) < 30 * MIB


@both
@pytest.mark.parametrize(
    "promised", ["Content-Length: 90", "Transfer-Encoding: chunked\r\nContent-Type: a/b"]
)
def test_body_that_breaks_off(kind: Kind, promised: str) -> None:
    """Less than was promised: a success is in doubt, and the status of an error counts."""
    for status in (SUCCESS, 404):
        head = f"HTTP/1.1 {status} OK\r\n{promised}\r\n\r\n".encode()
        with serving([head, b"2\r\n{}\r\n", hang_up]) as server:
            error = failure(kind, server, timeout=30)
        if status == 404:
            assert isinstance(error, NotFoundError)
            assert not error.outcome_unknown
        else:
            assert isinstance(error, APIConnectionError)
            assert error.outcome_unknown
            assert error.progress
            assert error.progress.unknown == MESSAGES
