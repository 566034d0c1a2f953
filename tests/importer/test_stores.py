"""Sources and snapshots in object stores.

`nox -s stores` runs these with an S3 server of their own; elsewhere a folder stands in for the store.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from asapp_conversations import InvalidRequestError
from asapp_conversations_importer import (
    Snapshot,
    SourceError,
    StoppedBy,
    import_messages,
    plan_import,
    prepare_import,
)
from asapp_conversations_importer.reading import stores
from asapp_conversations_importer.reading.stores import locate, open_store
from documented import SUCCESS
from pyarrow import fs

pytestmark = pytest.mark.usefixtures("own_ids")

SERVER = os.environ.get("S3_SERVER")
"""The module that runs a server; without one a folder stands in for the store."""

RUN = f"""
from {SERVER}.server import ThreadedMotoServer
server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
server.start()
print("http://%s:%d" % server.get_host_and_port(), flush=True)
input()
"""


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    """The address of an S3 server that ends with the tests; empty without one."""
    if not SERVER:
        yield ""
        return
    command = [sys.executable, "-W", "ignore", "-c", RUN]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(command, text=True, **pipes) as server:
        assert server.stdout
        address = server.stdout.readline().strip()
        assert address, "the server did not start"
        yield address
        server.communicate("\n")


@pytest.fixture
def bucket(
    endpoint: str,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
) -> str:
    """A bucket of the test's own, as a URI."""
    name = request.node.name.replace("_", "-")
    if endpoint:
        monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
        open_store.cache_clear()
        fs.S3FileSystem(endpoint_override=endpoint, allow_bucket_creation=True).create_dir(name)
    else:
        folder = tmp_path_factory.mktemp("store")
        (folder / name).mkdir()
        store = fs.SubTreeFileSystem(str(folder), fs.LocalFileSystem())
        monkeypatch.setattr(stores, "open_store", lambda scheme, bucket: store)
    return f"s3://{name}"


def put(uri: str, content: bytes) -> None:
    store, place = locate(uri)
    store.create_dir(place.rpartition("/")[0])
    with store.open_output_stream(place) as file:
        file.write(content)


def test_files_in_a_bucket(
    bucket: str, lines: Callable[..., bytes], record: Callable[..., dict[str, Any]]
) -> None:
    """Names and patterns are found there, and packed files read, as on this machine."""
    put(f"{bucket}/export/a.jsonl", lines(record()))
    put(f"{bucket}/export/b 1.jsonl", lines(record(conversation_id="C2")))
    put(f"{bucket}/export/deeper/c.jsonl", lines(record(conversation_id="C3")))
    put(f"{bucket}/export/c.csv", b"not this one")
    for pattern, count in {
        "export/a.jsonl": 1,
        "export/*.jsonl": 2,
        "export/**/*.jsonl": 3,
        "export/?.jsonl": 1,
        "*/deeper/*": 1,
    }.items():
        assert plan_import(f"{bucket}/{pattern}").messages == count, pattern
    both = [f"{bucket}/export/a.jsonl", f"{bucket}/export/*.jsonl"]
    assert plan_import(both).messages == 2
    for nothing in ("export/*.parquet", "nothing", "nothing/*"):
        with pytest.raises(SourceError, match="there is no object s3://"):
            plan_import(f"{bucket}/{nothing}")


def test_ledger_is_on_this_machine(
    bucket: str, lines: Callable[..., bytes], record: Callable[..., dict[str, Any]], tmp_path: Path
) -> None:
    """A source in a bucket has no ledger of its own, and its rejects name its object."""
    put(f"{bucket}/a.jsonl", lines(record(text="")))
    with pytest.raises(InvalidRequestError, match="name a ledger"):
        import_messages(f"{bucket}/a.jsonl")
    with pytest.raises(InvalidRequestError, match="name a ledger"):
        import_messages(Snapshot(bucket))
    with pytest.raises(InvalidRequestError, match="name a file for the rejects"):
        prepare_import(f"{bucket}/a.jsonl", f"{bucket}/snapshot")
    report = import_messages(f"{bucket}/a.jsonl", ledger=tmp_path / "import.ledger")
    assert report.rejected == 1
    reject = json.loads((tmp_path / "import.rejects.jsonl").read_text())
    assert reject["file"] == f"{bucket}/a.jsonl"


def test_snapshot_in_a_bucket(
    bucket: str,
    lines: Callable[..., bytes],
    record: Callable[..., dict[str, Any]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It is written there, half sent, and gone on with; when it changes it is refused."""
    monkeypatch.setattr("asapp_conversations_importer.prepare.GROUP_BYTES", 200)
    source = tmp_path / "export.jsonl"
    source.write_bytes(lines(*(record(conversation_id=f"C{n}", second=n) for n in range(8))))
    uri = f"{bucket}/deep/snapshot/"
    rejects = tmp_path / "rejects.jsonl"
    prepare_import(source, uri, rejects=rejects)
    with pytest.raises(InvalidRequestError, match="is there already"):
        prepare_import(source, uri, rejects=rejects)
    sent: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(request.url.path)
        return httpx.Response(SUCCESS, json={})

    def load(snapshot: str) -> Any:
        ledger, transport = tmp_path / "import.ledger", httpx.MockTransport(answer)
        limit = 3 if not sent else None
        return import_messages(
            Snapshot(snapshot), ledger=ledger, transport=transport, rate=None, daily_limit=limit
        )

    assert load(uri).stopped_by is StoppedBy.DAILY_LIMIT
    report = load(uri)
    assert (report.stored, report.skipped) == (5, 3)
    assert len(set(sent)) == len(sent) == 8
    name = f"{uri}part-00000.parquet"
    assert load(name).skipped == 8
    store, place = locate(name)
    content = store.open_input_stream(place).read()
    put(name, content + b" " + content[-4:])
    with pytest.raises(SourceError, match="cannot be read"):
        load(name)
    with pytest.raises(SourceError, match="cannot be read"):
        load(f"{bucket}/nothing")


@pytest.mark.usefixtures("bucket")
def test_bucket_that_is_none() -> None:
    """What is not there is named."""
    with pytest.raises(SourceError, match=r"there is no object s3://no-bucket/a\.csv"):
        plan_import("s3://no-bucket/a.csv")
    with pytest.raises(SourceError, match=r"s3://no-bucket/snapshot cannot be read"):
        plan_import(Snapshot("s3://no-bucket/snapshot"))


def test_store_that_cannot_be_reached(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is named, in one line."""
    open_store.cache_clear()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{port}")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "any")
    with pytest.raises(SourceError, match=r"^s3://exports/a\*\.csv cannot be read: .*$"):
        plan_import("s3://exports/a*.csv")
    open_store.cache_clear()


def test_other_stores(monkeypatch: pytest.MonkeyPatch) -> None:
    """Google's and Azure's are those of pyarrow; of Azure the account has to be named."""
    open_store.cache_clear()
    monkeypatch.delenv("AZURE_STORAGE_ACCOUNT", raising=False)
    with pytest.raises(SourceError, match="name the account in AZURE_STORAGE_ACCOUNT"):
        locate("az://container/a.csv")
    monkeypatch.setenv("AZURE_STORAGE_ACCOUNT", "account")
    store, place = locate("az://container/a.csv")
    assert (type(store), place) == (fs.AzureFileSystem, "container/a.csv")
    store, place = locate("gs://bucket/a/b.csv")
    assert (type(store), place) == (fs.GcsFileSystem, "bucket/a/b.csv")


def test_address_of_a_store_like_s3(monkeypatch: pytest.MonkeyPatch) -> None:
    """The variables of AWS's own tools name it."""
    open_store.cache_clear()
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    store, place = locate("s3://bucket/a.csv")
    assert (type(store), place) == (fs.S3FileSystem, "bucket/a.csv")
    assert store == fs.S3FileSystem(endpoint_override="http://127.0.0.1:9")
    open_store.cache_clear()
