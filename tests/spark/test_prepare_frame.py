"""Snapshots that Spark prepares on a cluster of processes of its own, and what an import makes of them.

`local[2]` would not show what a real cluster does: tasks that begin anew, and rows that come in another
order each time.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import threading
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pyarrow.parquet as pq
import pytest
from asapp_conversations import InvalidRequestError
from asapp_conversations_client.facts import BATCH
from asapp_conversations_importer import (
    ImportReport,
    Snapshot,
    SourceError,
    StoppedBy,
    import_messages,
)
from asapp_conversations_importer.spark import GROUP, prepare_frame
from attrs import define, field
from documented import SUCCESS
from pyspark.errors import AnalysisException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812 - its usual name

MESSAGES = int(os.environ.get("SPARK_MESSAGES", "100000"))
"""In the large frame; 2,000,000 for the figures of the documentation."""

EACH = 10
"""Messages of one conversation in it."""

KILLS = 2
"""How often all executors are killed."""


@pytest.fixture(scope="module")
def spark() -> Iterator[SparkSession]:
    """Two executors, in processes of their own."""
    options = {
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
        "spark.sql.session.timeZone": "Europe/Paris",
        "spark.sql.shuffle.partitions": "8",
        "spark.task.maxFailures": "20",
        "spark.ui.enabled": "false",
    }
    builder = SparkSession.builder.master("local-cluster[2,1,1024]")
    session = builder.config(map=options).getOrCreate()
    session.sparkContext.setLogLevel("OFF")
    yield session
    session.stop()


def frame_of(spark: SparkSession, messages: int, each: int) -> DataFrame:
    """Unsorted messages, of which three in a conversation are always of the same time."""
    number = F.col("id") % each
    return (
        spark.range(messages)
        .select(
            F.format_string("C%07d", F.floor(F.col("id") / each)).alias("conversation_id"),
            F.when(number % 2 == 0, "agent").otherwise("customer").alias("sender_role"),
            F.lit("person-1").alias("sender_external_id"),
            # Such that it cannot be packed much better than what people say.
            F.format_string("message %d|%s", number, F.sha2(F.col("id").cast("string"), 256)).alias(
                "text"
            ),
            F.timestamp_seconds(F.lit(1_729_989_000) + F.floor(number / 3)).alias("timestamp"),
            number.alias("message_no"),
        )
        .orderBy(F.rand(7))
    )


def rows_of(path: Path) -> dict[str, list[dict[str, Any]]]:
    rows = pq.read_table(path).to_pylist()
    assert len({row["conversation_id"] for row in rows}) == len(rows)
    return {row["conversation_id"]: row["messages"] for row in rows}


@define
class Asapp:
    """Keeps the texts that arrive, by conversation."""

    texts: dict[str, list[str]] = field(factory=lambda: defaultdict(list))
    requests: int = 0

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests += 1
        (name,) = re.findall("C[0-9]{7}", request.url.path)
        messages = json.loads(request.content)[BATCH.messages_property]
        self.texts[name] += [message["text"].partition("|")[0] for message in messages]
        return httpx.Response(SUCCESS, json={})

    def load(self, path: Path, **options: Any) -> ImportReport:
        return import_messages(
            Snapshot(str(path)),
            api_id="id-1",
            api_secret="s3cret-value",
            transport=httpx.MockTransport(self),
            rate=None,
            **options,
        )


def executors(spark: SparkSession) -> list[int]:
    """The processes of this session's executors."""
    application = spark.sparkContext.applicationId.encode()
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = path.read_bytes().split(b"\0")
        except OSError:
            continue
        if application in words and b"--executor-id" in words:
            found.append(int(path.parent.name))
    return found


@define
class Killer:
    """Kills all executors as often as wanted, each time while tasks are running."""

    spark: SparkSession
    killed: int = 0
    over: threading.Event = field(factory=threading.Event)

    def run(self) -> None:
        tracker = self.spark.sparkContext.statusTracker()
        rounds = 0
        while rounds < KILLS and not self.over.wait(0.2):
            stages = [tracker.getStageInfo(number) for number in tracker.getActiveStageIds()]
            if any(stage and stage.numActiveTasks > 0 for stage in stages):
                for number in executors(self.spark):
                    os.kill(number, signal.SIGKILL)
                    self.killed += 1
                rounds += 1
                # The next round is about executors that have come in their place.
                self.over.wait(3)


def test_executors_are_killed(spark: SparkSession, tmp_path: Path) -> None:
    """An unsorted frame arrives exactly once, in order, in the least number of requests.

    The import pauses at its budget, goes on the next day, and sends nothing a third time.
    """
    conversations = MESSAGES // EACH
    killer = Killer(spark)
    thread = threading.Thread(target=killer.run)
    thread.start()
    path = tmp_path / "snapshot"
    try:
        prepare_frame(frame_of(spark, MESSAGES, EACH), str(path), order_by="message_no")
    finally:
        killer.over.set()
        thread.join()
    assert killer.killed >= KILLS
    asapp = Asapp()
    report = asapp.load(path, daily_limit=conversations // 2)
    assert report.stopped_by is StoppedBy.DAILY_LIMIT
    assert report.least_requests == conversations
    files = [pq.read_metadata(part) for part in path.glob("part-*")]
    groups = [file.row_group(at).num_rows for file in files for at in range(file.num_row_groups)]
    assert max(groups) <= GROUP["parquet.block.row.count.limit"]
    report = asapp.load(path)
    assert (report.stored + report.skipped, report.exit_status) == (MESSAGES, 0)
    assert asapp.load(path).skipped == MESSAGES
    assert asapp.requests == len(asapp.texts) == conversations
    in_order = tuple(f"message {number}" for number in range(EACH))
    assert Counter(map(tuple, asapp.texts.values())) == {in_order: conversations}


def test_ties_in_two_layouts(spark: SparkSession, tmp_path: Path) -> None:
    """The same rows, spread in another way, make the same snapshot."""
    frame = frame_of(spark, 6000, 300).withColumn("timestamp", F.timestamp_seconds(F.lit(0)))
    for name, layout in {
        "one": frame.repartition(7),
        "two": frame.repartition(2, "text").orderBy(F.rand(3)),
    }.items():
        prepare_frame(layout, str(tmp_path / name), order_by=["sender_role", "message_no"])
    assert rows_of(tmp_path / "one") == rows_of(tmp_path / "two")


def test_torn_folder_is_refused(spark: SparkSession, tmp_path: Path) -> None:
    """A conversation in two files is named; a folder that Spark still writes is left alone."""
    path = tmp_path / "snapshot"
    prepare_frame(frame_of(spark, 100, 10), str(path), order_by="message_no")
    part = next(path.glob("part-*"))
    shutil.copy(part, path / "part-again.parquet")
    with pytest.raises(SourceError, match=r"conversation C\d{7} comes twice"):
        Asapp().load(path)
    (path / "part-again.parquet").unlink()
    (path / "_temporary" / "0").mkdir(parents=True)
    with pytest.raises(SourceError, match="is not finished"):
        Asapp().load(path)


def test_columns_and_times(spark: SparkSession, tmp_path: Path) -> None:
    """Columns may have other names and stand inside others; times are in UTC, to the microsecond."""
    frame = spark.sql(
        """
        SELECT 'C0000001' AS id, named_struct('role', 'agent', 'externalId', 7) AS sender, number,
          concat('message ', number) AS utterance, timestamp_micros(1729990800000001 + number) AS at
        FROM VALUES (3600000000), (0) AS numbers(number)
        """
    )
    names = {"conversation_id": "id", "text": "utterance", "timestamp": "at"}
    prepare_frame(frame, str(tmp_path / "snapshot"), order_by="number", columns=names)
    (messages,) = rows_of(tmp_path / "snapshot").values()
    assert [message["timestamp"] for message in messages] == [
        "2024-10-27 01:00:00.000001Z",
        "2024-10-27 02:00:00.000001Z",
    ]
    assert messages[0]["sender"] == {"role": "agent", "externalId": "7"}
    asapp = Asapp()
    assert asapp.load(tmp_path / "snapshot").stored == 2
    assert asapp.texts["C0000001"] == ["message 0", "message 3600000000"]


@pytest.mark.parametrize(
    ("order", "words"),
    [
        ("sender_role", "two messages of one time have the same sender_role in conversation C"),
        ([], "order_by: name the column"),
        ("none", "order_by: name the column"),
    ],
)
def test_order_that_is_none(spark: SparkSession, tmp_path: Path, order: Any, words: str) -> None:
    """What leaves open which message comes first is refused, and nothing is left of it."""
    with pytest.raises(InvalidRequestError, match=words):
        prepare_frame(frame_of(spark, 60, 6), str(tmp_path / "snapshot"), order_by=order)
    with pytest.raises(SourceError):
        Asapp().load(tmp_path / "snapshot")


def test_times_that_are_text(spark: SparkSession, tmp_path: Path) -> None:
    """Spark would order them by their characters."""
    frame = frame_of(spark, 10, 10).withColumn("timestamp", F.lit("2024-03-04T08:00:00Z"))
    with pytest.raises(InvalidRequestError, match="type string, which does not order messages"):
        prepare_frame(frame, str(tmp_path / "snapshot"), order_by="message_no")


def test_frame_without_a_column(spark: SparkSession, tmp_path: Path) -> None:
    """A field that has to be there is named, with what could be it."""
    frame = frame_of(spark, 10, 10).withColumnRenamed("text", "utterance")
    with pytest.raises(SourceError, match="the frame has no column for text"):
        prepare_frame(frame, str(tmp_path / "snapshot"), order_by="message_no")


def test_error_of_spark_stays_its_own(spark: SparkSession, tmp_path: Path) -> None:
    """A folder that is there is not written over."""
    with pytest.raises(AnalysisException, match="ALREADY_EXISTS"):
        prepare_frame(frame_of(spark, 10, 10), str(tmp_path), order_by="message_no")


def test_statement_of_the_documentation(spark: SparkSession, tmp_path: Path) -> None:
    """What the documentation gives for Spark SQL makes a snapshot."""
    page = Path(__file__).parents[2] / "docs" / "past-one-machine.md"
    (statement,) = re.findall(r"Spark SQL:\n\n```sql\n(.*?)```", page.read_text("utf-8"), re.DOTALL)
    frame = frame_of(spark, 100, 10).withColumnRenamed("timestamp", "sent_at")
    frame.createOrReplaceTempView("messages")
    spark.sql(statement.replace("'snapshot'", f"'{tmp_path / 'snapshot'}'"))
    asapp = Asapp()
    assert asapp.load(tmp_path / "snapshot").stored == 100
    assert set(map(tuple, asapp.texts.values())) == {tuple(f"message {n}" for n in range(10))}
