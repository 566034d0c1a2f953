"""Whole imports into an emulator, over a real socket."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event
from time import monotonic
from typing import Any

import httpx
import pytest
from asapp_conversations import Credentials, InvalidRequestError
from asapp_conversations.toolkit import MOST_MESSAGES as MOST
from asapp_conversations.toolkit import Clock
from asapp_conversations_emulator import Emulator
from asapp_conversations_importer import (
    ImportReport,
    Interruption,
    LedgerError,
    Phase,
    StoppedBy,
    import_messages,
    import_messages_async,
    read_standing,
    rejects_of,
)
from documented import CONVERSATION, SUCCESS, fitting_id

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
Server = Callable[..., Emulator]


class FastTime:
    """A clock whose sleeps take no time, but for letting others have their turn."""

    def __init__(self) -> None:
        self.now = NOON.timestamp()

    def sleep(self, seconds: float) -> Awaitable[None]:
        return self._wake_at(self.now + seconds)

    async def _wake_at(self, moment: float) -> None:
        await asyncio.sleep(0)
        self.now = max(self.now, moment)

    def clock(self) -> Clock:
        return Clock(
            monotonic=lambda: self.now,
            time=lambda: self.now,
            sleep_async=self.sleep,
            random=lambda: 0.0,
        )


@pytest.fixture
def time() -> FastTime:
    return FastTime()


@pytest.fixture
def _often(monkeypatch: pytest.MonkeyPatch) -> None:
    """Progress is told so often that the fastest machine tells it while it sends."""
    monkeypatch.setattr("asapp_conversations_importer.run.TICK", 0.001)


@pytest.fixture
def emulator() -> Iterator[Server]:
    servers = []

    def start(**behaviour: Any) -> Emulator:
        server = Emulator(**behaviour)
        servers.append(server)
        return server.__enter__()

    yield start
    for server in servers:
        server.__exit__(None, None, None)


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Writes conversations of so many messages, scattered over one file."""

    def write(*sizes: int, name: str = "export.jsonl", extra: str = "") -> Path:
        lines = [
            (at, number, record(conversation, number, at))
            for conversation, size in enumerate(sizes)
            for number, at in enumerate(range(conversation, conversation + size))
        ]
        path = tmp_path / name
        path.write_text("".join(line + "\n" for _, _, line in sorted(lines)) + extra)
        return path

    return write


def record(conversation: int, number: int, at: int) -> str:
    return json.dumps(
        {
            "conversationId": conversation_id(conversation),
            "text": text(conversation, number),
            "sender": {"role": "customer", "externalId": "c-1"},
            "timestamp": (NOON + timedelta(seconds=at)).isoformat(),
        }
    )


def conversation_id(conversation: int) -> str:
    return fitting_id(f"CONVERSATION{conversation:04}")


def text(conversation: int, number: int) -> str:
    return f"message {conversation:04}-{number:05}"


def load(path: Path, server: Emulator, time: FastTime, **options: Any) -> ImportReport:
    # Days pass in no time while requests are on their way, which must not time out.
    usual = {"rate": None, "clock": time.clock(), "timeout": timedelta(days=1).total_seconds()}
    return import_messages(
        path, base_url=server.url, **{"credentials": server.credentials, **usual, **options}
    )


def assert_holds(server: Emulator, *sizes: int) -> None:
    """The emulator has each message of such a file once, in order."""
    for conversation, size in enumerate(sizes):
        held = [message["text"] for message in server.messages(conversation_id(conversation))]
        assert held == [text(conversation, number) for number in range(size)]
    assert server.stats()["messages"] == sum(sizes)


def wait_until(condition: Callable[[], bool]) -> None:
    """Wait for what the stand-in's thread is about to do."""
    until = monotonic() + 60
    while not condition():
        assert monotonic() < until, "it never came to that"
        os.sched_yield()


def total(report: ImportReport) -> int:
    return (
        report.stored
        + report.already_stored
        + report.skipped
        + report.rejected
        + report.in_doubt
        + report.unsent
    )


SIZES = (1, 2, MOST, MOST + 1, 2 * MOST, 5, 40)
LEAST = sum(-(-size // MOST) for size in SIZES)


def test_stores_everything_in_the_least_requests(
    emulator: Server, write: Callable[..., Path], time: FastTime
) -> None:
    """Scattered messages arrive once, in order, in the least number of requests; nothing is left
    behind but the ledger."""
    server, path = emulator(), write(*SIZES)
    report = load(path, server, time)
    assert_holds(server, *SIZES)
    assert report.stored == report.messages == sum(SIZES)
    assert report.requests == report.least_requests == LEAST
    assert report.conversations == len(SIZES)
    assert report.phase is Phase.ENDED
    assert report.exit_status == 0
    assert sorted(each.name for each in path.parent.iterdir()) == [
        "export.jsonl",
        "export.jsonl.ledger",
        "export.jsonl.ledger.lock",
    ]


def test_again_sends_nothing(emulator: Server, write: Callable[..., Path], time: FastTime) -> None:
    """A finished import that is run again makes no request."""
    server, path = emulator(), write(*SIZES)
    load(path, server, time)
    again = load(path, server, time)
    assert (again.requests, again.skipped, again.stored) == (0, sum(SIZES), 0)
    assert again.exit_status == 0
    assert server.stats()["requests"] == LEAST


def test_growth_and_change(emulator: Server, write: Callable[..., Path], time: FastTime) -> None:
    """A source that has grown sends what is new; a conversation that changed is held back."""
    server = emulator()
    load(write(3, 4, 5), server, time)
    path = write(6, 4, 4, 2)
    report = load(path, server, time)
    assert (report.stored, report.skipped, report.unsent) == (5, 7, 4)
    assert report.exit_status == 1
    (failure,) = report.failures
    assert failure.conversation_id == conversation_id(2)
    assert "no longer begins with" in failure.reason
    assert read_standing(Path(str(report.ledger))).conversations == {"finished": 3, "changed": 1}


def test_invalid_records_are_rejected_by_themselves(
    emulator: Server, write: Callable[..., Path], time: FastTime
) -> None:
    """Bad records are kept with place and reason, the others are stored; the file of rejects,
    mended in place, is an import of its own."""
    bad = {
        "conversationId": conversation_id(0),
        "text": "",
        "sender": {"role": "robot", "externalId": "r-1"},
        "timestamp": NOON.isoformat(),
    }
    server = emulator()
    path = write(3, extra=json.dumps(bad) + "\n{broken\n")
    report = load(path, server, time)
    assert_holds(server, 3)
    assert (report.messages, report.stored, report.rejected) == (5, 3, 2)
    assert report.exit_status == 1
    assert sum(report.reasons.values()) == 2
    file = Path(str(report.rejects))
    assert file.name == "export.jsonl.rejects.jsonl"
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    assert [line["line"] for line in lines] == [4, 5]
    assert lines[0]["record"] == bad
    assert lines == list(rejects_of(Path(str(report.ledger))))
    lines[0]["record"] |= {"text": "mended", "sender": {"role": "agent", "externalId": "a-1"}}
    file.write_text(json.dumps(lines[0]) + "\n")
    assert load(file, server, time).stored == 1
    assert server.messages(conversation_id(0))[-1]["text"] == "mended"


def test_edited_rejects_are_not_overwritten(
    emulator: Server, write: Callable[..., Path], time: FastTime
) -> None:
    """What a person has mended stays, though the import it came from is run again."""
    server, path = emulator(), write(1, extra="{broken\n")
    file = Path(str(load(path, server, time).rejects))
    assert load(path, server, time).rejects == str(file)
    file.write_text("mended\n")
    again = load(path, server, time)
    assert file.read_text() == "mended\n"
    assert again.rejects is None
    assert "was edited" in again.warnings[0]


def test_unreadable_source_sends_nothing(emulator: Server, tmp_path: Path, time: FastTime) -> None:
    """A source without a needed column stops the run before the first request."""
    server, path = emulator(), tmp_path / "export.csv"
    path.write_text("conversation_id,utterance\nABC,hello\n")
    with pytest.raises(InvalidRequestError, match="utterance"):
        load(path, server, time)
    assert server.stats()["requests"] == 0


@pytest.mark.parametrize("status", [401, 403])
def test_refused_keys_stop_the_run(
    emulator: Server, write: Callable[..., Path], time: FastTime, status: int
) -> None:
    """Keys that are refused end the run with the first answer; a later run sends everything."""
    server, path = emulator(), write(*[2] * 30)
    server.fail_next(status)
    report = load(path, server, time)
    assert report.stopped_by is StoppedBy.CREDENTIALS
    assert (report.exit_status, report.requests, report.unsent) == (3, 1, 60)
    assert load(path, server, time).stored == 60
    assert_holds(server, *[2] * 30)


def test_unknown_conversation(emulator: Server, write: Callable[..., Path], time: FastTime) -> None:
    """A 404 rejects that conversation with one request; the others are stored."""
    server = emulator(known_conversations=[conversation_id(1)])
    path = write(MOST + 1, 2)
    report = load(path, server, time)
    assert (report.stored, report.rejected, report.requests) == (2, MOST + 1, 2)
    lines = list(rejects_of(Path(str(report.ledger))))
    assert len(lines) == MOST + 1
    assert lines[0]["record"]["conversationId"] == conversation_id(0)
    assert lines[0]["record"]["text"] == text(0, 0)
    assert lines[0]["request_id"]
    again = load(path, server, time)
    assert (again.requests, again.rejected, again.skipped) == (0, MOST + 1, 2)
    assert again.reasons == report.reasons
    assert sum(again.reasons.values()) == MOST + 1


def test_always_limited_makes_a_handful_of_requests(
    emulator: Server, write: Callable[..., Path], time: FastTime
) -> None:
    """A server that answers 429 to everything gets a few requests, one at a time, then peace."""
    server, path = emulator(faults=["429"], share=1.0), write(*[1] * 200)
    report = load(path, server, time)
    assert report.stopped_by is StoppedBy.RATE_LIMIT
    assert report.requests == server.stats()["requests"] <= 10
    assert (report.exit_status, report.unsent, report.in_doubt) == (75, 200, 0)
    assert report.resume_at == "2026-11-25T00:00:00Z"


def test_daily_limit_pauses_and_counts_all_runs(
    emulator: Server, write: Callable[..., Path], time: FastTime
) -> None:
    """At the daily limit the run pauses; another run on that day sends nothing, one on the next
    day goes on."""
    server, path = emulator(), write(*[1] * 25)
    report = load(path, server, time, daily_limit=10)
    assert report.stopped_by is StoppedBy.DAILY_LIMIT
    assert (report.stored, report.unsent, report.requests_today) == (10, 15, 10)
    assert report.exit_status == 75
    again = load(path, server, time, daily_limit=10)
    assert (again.requests, again.skipped, again.unsent) == (0, 10, 15)
    time.now += 86400
    next_day = load(path, server, time, daily_limit=20)
    assert (next_day.stored, next_day.skipped, next_day.exit_status) == (15, 10, 0)
    assert_holds(server, *[1] * 25)


def test_waits_for_the_next_day(
    emulator: Server, write: Callable[..., Path], time: FastTime
) -> None:
    """With `wait` one run goes on through as many days as the limit takes."""
    server, path = emulator(), write(*[1] * 25)
    phases = set()
    report = load(
        path, server, time, daily_limit=10, wait=True, on_progress=lambda r: phases.add(r.phase)
    )
    assert (report.stored, report.stopped_by, report.exit_status) == (25, None, 0)
    assert datetime.fromtimestamp(time.now, UTC).date().isoformat() == "2026-11-26"
    assert_holds(server, *[1] * 25)


def test_what_was_answered_before_a_pause_is_written_down(
    emulator: Server, write: Callable[..., Path]
) -> None:
    """Whoever asks, or kills, a run that waits for the next day finds that nothing is in doubt."""
    server, path = emulator(), write(*[1] * 5)
    ledger, interruption = path.with_name("kept.ledger"), Interruption()
    seen: list[Any] = []

    def look(report: ImportReport) -> None:
        # It writes down what was answered by then before it tells of it once more.
        if report.phase is Phase.PAUSED and report.stored == 2:
            seen.append(read_standing(ledger))
        if len(seen) == 2:
            interruption.request()

    import_messages(
        path,
        base_url=server.url,
        credentials=server.credentials,
        ledger=ledger,
        daily_limit=2,
        wait=True,
        on_progress=look,
        interruption=interruption,
    )
    assert (seen[1].stored, seen[1].in_doubt, seen[1].running) == (2, 0, True)


def test_a_file_whose_name_is_not_utf_8_is_imported(
    emulator: Server, write: Callable[..., Path], time: FastTime, tmp_path: Path
) -> None:
    """Its messages are sent, and its rejects tell of it; only a ledger beside it, or Parquet, cannot be,
    and says so."""
    server, path = emulator(), write(1)
    name = Path(os.fsdecode(bytes(tmp_path / "caf") + b"\xe9.jsonl"))
    name.write_bytes(path.read_bytes() + b'{"text": 5}\n')
    with pytest.raises(InvalidRequestError, match="its name is not UTF-8, which DuckDB needs"):
        load(name, server, time)
    report = load(name, server, time, ledger=tmp_path / "named.ledger")
    assert (report.stored, report.rejected) == (1, 1)
    assert "caf\\xe9.jsonl" in json.loads(Path(str(report.rejects)).read_text())["file"]
    assert load(name, server, time, ledger=tmp_path / "named.ledger").skipped == 1
    name.rename(name.with_suffix(".parquet")).write_bytes(b"PAR1")
    with pytest.raises(
        InvalidRequestError, match="cannot be read: its name is not UTF-8; rename it"
    ):
        load(name.with_suffix(".parquet"), server, time, ledger=tmp_path / "other.ledger")


def test_waits_out_a_server_limit(
    emulator: Server, write: Callable[..., Path], time: FastTime
) -> None:
    """With `wait`, the batch that met the server's limit is sent when the limit is back."""
    server, path = emulator(), write(3)
    server.fail_next("429,retry-after=43200")
    report = load(path, server, time, wait=True)
    assert (report.stored, report.requests) == (3, 2)
    assert time.now >= (NOON + timedelta(hours=12)).timestamp()


def test_what_asapp_holds_is_no_failure(
    emulator: Server, write: Callable[..., Path], time: FastTime
) -> None:
    """A 409 is a success: no failure, no retry, no step back of the window, nothing to advise."""
    server, path = emulator(), write(*[1] * 30)
    load(path, server, time)
    ledger = path.with_name("new.ledger")
    report = load(path, server, time, ledger=ledger)
    assert (report.already_stored, report.requests, report.retries) == (30, 30, 0)
    assert report.failures == ()
    assert report.exit_status == 0
    assert read_standing(ledger).waiting == ()


def test_batches_differ_across_runs(
    emulator: Server, write: Callable[..., Path], time: FastTime
) -> None:
    """However an earlier run has cut its batches, no batch of a later one equals one of them: the
    ledger keeps what was sent."""
    server, path = emulator(), write(1)
    line = path.read_text()
    path.write_text(line * 4)
    fits = len(line.encode()) * 2 + 50
    assert load(path, server, time, max_body=fits).stored == 4
    path.write_text(line * 10)
    report = load(path, server, time)
    assert (report.stored, report.already_stored, report.rejected) == (6, 0, 0)
    assert server.stats()["messages"] == 10


def test_keys_are_asked_for_once(
    emulator: Server, write: Callable[..., Path], time: FastTime
) -> None:
    """The keys that the ledger is for are those that send; they are asked for again when they are
    refused, and another API id than the ledger's ends the run."""
    server, path, asked = emulator(), write(1, 1), list[str]()
    known = server.credentials

    def provide() -> Credentials:
        asked.append("asked")
        return known if len(asked) < 5 else Credentials("another", "secret")

    assert load(path, server, time, credentials=provide).stored == 2
    assert len(asked) == 1
    server.fail_next("401")
    assert load(write(2, 1), server, time, credentials=provide).stored == 1
    assert len(asked) == 3
    server.fail_next("401")
    with pytest.raises(InvalidRequestError, match="changed the API id"):
        load(write(3, 1), server, time, credentials=provide)


def test_an_own_transport_is_used(write: Callable[..., Path], time: FastTime) -> None:
    """A transport of the caller's gets every request: nothing else is connected to."""
    bodies: list[bytes] = []

    def answer(request: httpx.Request) -> httpx.Response:
        bodies.append(request.content)
        return httpx.Response(SUCCESS, json={})

    report = import_messages(
        write(2, 1),
        credentials=Credentials("id", "secret"),
        transport=httpx.MockTransport(answer),
        clock=time.clock(),
    )
    assert (report.stored, len(bodies)) == (3, 2)


def test_a_trial_is_gone_on_from(
    emulator: Server, write: Callable[..., Path], time: FastTime
) -> None:
    """`first` sends so many conversations and stops; each further run goes on from there."""
    server, path = emulator(), write(*[2] * 10)
    report = load(path, server, time, first=3)
    assert (report.stored, report.unsent, report.stopped_by) == (6, 14, StoppedBy.TRIAL)
    assert report.exit_status == 0
    assert load(path, server, time, first=3).skipped == 6
    assert len(server.conversations()) == 6
    rest = load(path, server, time, first=4)
    assert (rest.stored, rest.stopped_by) == (8, None)
    assert_holds(server, *[2] * 10)


def test_a_trial_that_fails(emulator: Server, write: Callable[..., Path], time: FastTime) -> None:
    """A trial of which something was rejected is no success."""
    server, path = emulator(), write(1, 1)
    server.fail_next("404")
    report = load(path, server, time, first=1, concurrency=1)
    assert (report.rejected, report.stopped_by, report.exit_status) == (1, StoppedBy.TRIAL, 1)


def test_a_trial_that_meets_nobody(
    emulator: Server, write: Callable[..., Path], time: FastTime
) -> None:
    """A trial that stores nothing is no success, and may be tried again."""
    server, path = emulator(), write(1, 1)
    for _ in range(4):
        server.fail_next("refuse")
    report = load(path, server, time, first=1, concurrency=1)
    assert (report.stored, report.stopped_by) == (0, StoppedBy.TRIAL)
    assert (report.trial_passed, report.exit_status) == (False, 1)
    report = load(path, server, time, first=1, concurrency=1)
    assert (report.stored, report.trial_passed, report.exit_status) == (1, True, 0)


def test_it_asks_before_the_first_request(
    emulator: Server, write: Callable[..., Path], time: FastTime
) -> None:
    """`confirm` is asked once what is to be sent is known, and never again once something has
    left; without an agreement nothing is sent."""
    server, path, seen = emulator(), write(MOST, 1), list[ImportReport]()

    def confirm(report: ImportReport) -> bool:
        seen.append(report)
        return len(seen) > 1

    report = load(path, server, time, confirm=confirm)
    assert (report.stopped_by, report.unsent) == (StoppedBy.DECLINED, MOST + 1)
    assert report.exit_status == 1
    assert server.stats()["requests"] == 0
    assert load(path, server, time, confirm=confirm).stored == MOST + 1
    assert load(path, server, time, confirm=confirm).skipped == MOST + 1
    assert [(each.base_url, each.messages, each.least_requests) for each in seen] == [
        (server.url + "/", MOST + 1, 2)
    ] * 2


def test_failing_service_stops(
    emulator: Server, write: Callable[..., Path], time: FastTime
) -> None:
    """A service that fails for everyone is not met by every conversation."""
    server, path = emulator(faults=["503"], share=1.0), write(*[1] * 200)
    report = load(path, server, time)
    assert report.stopped_by is StoppedBy.SERVICE
    assert report.exit_status == 1
    assert report.requests <= 5 * 4 + 2
    assert report.in_doubt + report.unsent == 200
    assert report.failures[0].reason.count("-") > 4


def test_one_failing_conversation_waits(
    emulator: Server, write: Callable[..., Path], time: FastTime
) -> None:
    """A batch without an answer is in doubt, its conversation waits, the others go on; the next
    run sends it as it was."""
    server, path = emulator(), write(MOST + 1, 1, 1, 1)
    server.fail_next("reset,stored", 4, conversation_id=conversation_id(0))
    report = load(path, server, time)
    assert (report.stored, report.in_doubt, report.unsent) == (3, MOST, 1)
    assert report.exit_status == 1
    again = load(path, server, time)
    assert (again.already_stored, again.stored, again.skipped) == (MOST, 1, 3)
    assert_holds(server, MOST + 1, 1, 1, 1)


def test_size_that_worked_is_remembered(
    emulator: Server, write: Callable[..., Path], time: FastTime
) -> None:
    """After a 413 no larger body is sent again, by this run or by the next one."""
    server = emulator(max_body=70 * MOST)
    load(write(MOST), server, time)
    assert server.stats()["answers"]["413"] == 1
    report = load(write(MOST, MOST), server, time)
    assert server.stats()["answers"]["413"] == 1
    assert report.stored == MOST
    assert_holds(server, MOST, MOST)


def test_guilty_message_is_isolated(
    emulator: Server, write: Callable[..., Path], time: FastTime
) -> None:
    """A refused batch costs its guilty message, and not its neighbours."""
    server, path = emulator(), write(8)
    server.fail_next("422", 1, conversation_id=conversation_id(0))
    report = load(path, server, time)
    assert (report.stored, report.rejected, report.requests) == (8, 0, 3)
    assert_holds(server, 8)


@pytest.mark.usefixtures("_often")
def test_interruption_finishes_what_is_on_its_way(
    emulator: Server, write: Callable[..., Path], time: FastTime
) -> None:
    """When asked to end, a run takes no new work, and the next one does the rest."""
    server, path = emulator(), write(*[1] * 100)
    interruption = Interruption()

    def ask(report: ImportReport) -> None:
        if report.stored:
            interruption.request(StoppedBy.TERMINATION)

    report = load(path, server, time, interruption=interruption, on_progress=ask, rate=100_000)
    assert report.stopped_by is StoppedBy.TERMINATION
    assert report.exit_status == 143
    assert report.in_doubt == 0
    assert report.stored + report.unsent == 100
    again = load(path, server, time)
    assert again.skipped == report.stored
    assert_holds(server, *[1] * 100)


def test_interrupted_while_reading(
    emulator: Server, write: Callable[..., Path], time: FastTime
) -> None:
    """A run that is asked to end before it has read everything sends nothing."""
    interruption = Interruption()
    interruption.request()
    server = emulator()
    report = load(write(3), server, time, interruption=interruption)
    assert report.stopped_by is StoppedBy.INTERRUPT
    assert report.exit_status == 130
    assert server.stats()["requests"] == 0


def test_a_source_that_ends_with_what_feeds_it(emulator: Server, tmp_path: Path) -> None:
    """A source that cannot be read because its feeder was interrupted, too, is no wrong usage."""
    interruption, server = Interruption(), emulator()
    interruption.request(StoppedBy.TERMINATION)
    (tmp_path / "export.csv").touch()
    report = import_messages(
        tmp_path / "export.csv",
        base_url=server.url,
        credentials=server.credentials,
        interruption=interruption,
    )
    assert (report.exit_status, report.ledger) == (143, None)


def test_cancelled_run_keeps_its_ledger(
    emulator: Server, write: Callable[..., Path], time: FastTime
) -> None:
    """Cancelling the task leaves the batch on its way in doubt, and the next run asks for it."""
    server, path = emulator(), write(2)
    server.fail_next("silence,stored")

    async def main() -> None:
        task = asyncio.create_task(
            import_messages_async(
                path,
                base_url=server.url,
                credentials=server.credentials,
                rate=None,
                clock=time.clock(),
            )
        )
        while not server.conversations():
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    assert read_standing(path.with_name("export.jsonl.ledger")).in_doubt == 2
    report = load(path, server, time)
    assert (report.already_stored, report.stored) == (2, 0)
    assert_holds(server, 2)


def test_patience_with_a_silent_server_is_bounded(
    emulator: Server,
    write: Callable[..., Path],
    time: FastTime,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What is not answered within the grace after a stop is left in doubt."""
    from asapp_conversations_importer import run

    monkeypatch.setattr(run, "GRACE", 0.1)
    server, path = emulator(), write(1)
    server.fail_next("silence,stored")
    interruption = Interruption()

    def ask(report: ImportReport) -> None:
        if server.conversations():
            interruption.request()

    report = load(path, server, time, interruption=interruption, on_progress=ask, rate=100_000)
    assert (report.stopped_by, report.in_doubt) == (StoppedBy.INTERRUPT, 1)
    assert load(path, server, time).already_stored == 1


def test_rejects_that_cannot_be_written_stay_in_the_ledger(
    emulator: Server, write: Callable[..., Path], time: FastTime
) -> None:
    """An import whose file of rejects cannot be written says so, and has done everything else."""
    server, path = emulator(), write(1, extra="{broken\n")
    report = load(path, server, time, rejects=path / "rejects.jsonl")
    assert (report.stored, report.rejected, report.rejects) == (1, 1, None)
    assert "they are in the ledger" in report.warnings[0]
    assert len(list(rejects_of(Path(str(report.ledger))))) == 1


def test_cancelled_while_reading(
    emulator: Server, write: Callable[..., Path], time: FastTime
) -> None:
    """Cancelling the task while the source is read ends the reading and sends nothing."""
    server, path = emulator(), write(*[20] * 5000)

    async def main() -> None:
        begun = asyncio.Event()
        options: dict[str, Any] = {"base_url": server.url, "credentials": server.credentials}
        run = import_messages_async(path, on_progress=lambda report: begun.set(), **options)
        task = asyncio.create_task(run)
        await begun.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    assert server.stats()["requests"] == 0
    assert [each.name for each in path.parent.iterdir()] == [path.name]


def test_cancelled_while_reading_ahead(emulator: Server, tmp_path: Path) -> None:
    """Cancelling the task waits for the thread that reads from the source, and works with what the
    end of the run closes."""
    server, asked, released, ended = emulator(), Event(), Event(), Event()

    def records() -> Iterator[dict[str, Any]]:
        asked.set()
        released.wait()
        ended.set()
        yield json.loads(record(0, 0, 0))

    async def main() -> None:
        options: dict[str, Any] = {"base_url": server.url, "credentials": server.credentials}
        run = import_messages_async(records(), ledger=tmp_path / "records.ledger", **options)
        task = asyncio.create_task(run)
        await asyncio.to_thread(asked.wait)
        task.cancel()
        asyncio.get_running_loop().call_later(0.05, released.set)
        with pytest.raises(asyncio.CancelledError):
            await task
        assert ended.is_set()

    asyncio.run(main())
    assert server.stats()["requests"] == 0


def test_what_a_source_raises_reaches_the_caller(
    emulator: Server, tmp_path: Path, time: FastTime
) -> None:
    """An iterable that fails half-way fails the import with its own error; what was sent is in
    the ledger."""
    server = emulator()

    def records() -> Iterator[dict[str, Any]]:
        for conversation in range(100):
            yield json.loads(record(conversation, 0, 0))
        raise ZeroDivisionError

    options: dict[str, Any] = {"base_url": server.url, "credentials": server.credentials}
    options |= {"ledger": tmp_path / "records.ledger", "rate": None}
    with pytest.raises(ZeroDivisionError):
        import_messages(records(), **options)
    standing = read_standing(tmp_path / "records.ledger")
    assert standing.stored + standing.in_doubt >= server.stats()["messages"]


def test_ledger_that_cannot_be_read_any_more(
    emulator: Server,
    write: Callable[..., Path],
    time: FastTime,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A disk that fails under the ledger stops the run, and says so."""
    from asapp_conversations_importer import session

    class Failing(session.Ledger):
        def find(self, conversation_id: str) -> Any:
            raise LedgerError("the disk fails")

    server, path = emulator(), write(1, 1)
    monkeypatch.setattr(session, "Ledger", Failing)
    report = load(path, server, time)
    assert (report.stopped_by, report.detail) == (StoppedBy.LEDGER, "the disk fails")
    assert server.stats()["requests"] == 0


def test_end_that_cannot_be_written_down(
    emulator: Server,
    write: Callable[..., Path],
    time: FastTime,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A ledger that fails at the very end is reported; what was stored is not sent again."""
    from asapp_conversations_importer import session

    class Failing(session.Ledger):
        def end_run(self, *arguments: Any, **how: Any) -> None:
            raise LedgerError("the disk fails")

    server, path = emulator(), write(2)
    with monkeypatch.context() as patch:
        patch.setattr(session, "Ledger", Failing)
        report = load(path, server, time)
    assert (report.stored, report.stopped_by) == (2, StoppedBy.LEDGER)
    assert load(path, server, time).skipped == 2


def test_failures_are_named_up_to_a_number(
    emulator: Server,
    write: Callable[..., Path],
    time: FastTime,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A report of a run that failed a thousand times stays readable."""
    from asapp_conversations_importer.sending import dispatcher

    monkeypatch.setattr(dispatcher, "KEPT_FAILURES", 2)
    server, path = emulator(faults=["404"], share=1.0), write(*[1] * 5)
    report = load(path, server, time)
    assert (report.rejected, len(report.failures)) == (5, 2)


def test_other_target_is_refused(
    emulator: Server, write: Callable[..., Path], time: FastTime
) -> None:
    """The ledger of one server does not vouch for another."""
    path = write(1)
    load(path, emulator(), time)
    other = emulator()
    with pytest.raises(LedgerError, match="another file with --ledger"):
        load(path, other, time)
    assert other.stats()["requests"] == 0


def test_another_ledger_knows_the_file(
    emulator: Server, write: Callable[..., Path], time: FastTime
) -> None:
    """Files that were imported one by one, or together, are not imported again under another
    ledger unless it is named."""
    server, first = emulator(), write(2)
    load(first, server, time)
    second = write(1, name="second.jsonl")
    with pytest.raises(InvalidRequestError, match=r"export\.jsonl\.ledger knows messages"):
        import_messages([first, second], base_url=server.url, credentials=server.credentials)
    third, fourth = write(1, name="third.jsonl"), write(1, name="fourth.jsonl")
    together = {"base_url": server.url, "credentials": server.credentials, "rate": None}
    report = import_messages([third, fourth], **together)
    assert str(report.ledger).endswith("asapp-import.ledger")
    with pytest.raises(InvalidRequestError, match=r"asapp-import\.ledger knows messages"):
        load(third, server, time)
    assert load(second, server, time).exit_status == 0
    named = load(third, server, time, ledger=third.with_name("third.ledger"))
    assert named.exit_status == 0


def test_full_disk_while_sending(
    emulator: Server,
    write: Callable[..., Path],
    time: FastTime,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A ledger that cannot be written any more stops the run before the next request; with room
    again, the next run goes on."""
    from asapp_conversations_importer import session

    class Cramped(session.Ledger):
        def begin_run(self, *arguments: Any) -> None:
            super().begin_run(*arguments)
            (pages,) = self.connection.execute("PRAGMA page_count").fetchone()
            self.connection.execute(f"PRAGMA max_page_count = {pages + 1}")

    server, path = emulator(), write(*[1] * 300)
    monkeypatch.setattr(session, "Ledger", Cramped)
    report = load(path, server, time, concurrency=4)
    assert report.stopped_by is StoppedBy.LEDGER
    assert "the disk is full" in str(report.detail)
    assert report.exit_status == 1
    monkeypatch.undo()
    assert load(path, server, time).exit_status == 0
    assert_holds(server, *[1] * 300)


def test_grouped_records_are_sent_as_they_come(
    emulator: Server, tmp_path: Path, time: FastTime
) -> None:
    """An iterable of records that come grouped by conversation needs no staging."""
    server = emulator()
    records = [
        json.loads(record(conversation, number, number))
        for conversation in range(3)
        for number in range(MOST + 2)
    ]
    records.append({"conversationId": CONVERSATION, "text": ""})
    report = import_messages(
        iter(records),
        base_url=server.url,
        credentials=server.credentials,
        ledger=tmp_path / "records.ledger",
        clock=time.clock(),
        rate=None,
    )
    assert (report.stored, report.rejected, report.requests) == (3 * (MOST + 2), 1, 6)
    assert report.conversations == 3
    assert_holds(server, *[MOST + 2] * 3)
    assert [line["record"] for line in rejects_of(tmp_path / "records.ledger")] == [records[-1]]


FAULTS = [
    *["429", "429,retry-after=1", "429,retry-after=1.5", "429,retry-after=date:2"],
    *["500", "500,stored", "503", "503,stored,empty"],
    *["reset", "reset,stored", "refuse"],
    *[
        "502,html",
        "502,html,stored",
        f"{SUCCESS},truncated",
        f"{SUCCESS},truncated,stored",
        "503,gateway",
    ],
    *["500,wrong-charset,stored", f"{SUCCESS},cut-off,stored"],
]


@pytest.mark.parametrize("seed", range(3))
def test_faults(emulator: Server, write: Callable[..., Path], time: FastTime, seed: int) -> None:
    """Whatever fault a fifth of the requests meets, nothing is lost, nothing is stored twice, and
    the report agrees with the emulator."""
    sizes = [1 + (7 * i) % 40 for i in range(150)] + [2 * MOST + 1, MOST]
    server = emulator(faults=FAULTS, share=0.2, seed=seed)
    path = write(*sizes)
    requests = 0
    for _ in range(50):
        # Nothing here tries the client's patience: what it gives up on while it is still on its way
        # is a request to the importer of which the emulator never hears.
        report = load(path, server, time, timeout=60)
        requests += report.requests
        assert total(report) == report.messages == sum(sizes)
        if report.exit_status == 0:
            break
    assert report.exit_status == 0
    # The end of a connection that was cut is noted by the emulator after the client has seen it.
    wait_until(lambda: server.stats()["requests"] >= requests)
    assert_holds(server, *sizes)
    stats = server.stats()
    assert stats["duplicates"] == {}
    assert stats["requests"] == requests
    standing = read_standing(Path(str(report.ledger)))
    assert standing.stored == stats["messages"] == sum(sizes)
    assert sum(standing.requests.values()) == requests


@pytest.mark.parametrize("fault", ["silence", "silence,stored"])
def test_silence(emulator: Server, write: Callable[..., Path], time: FastTime, fault: str) -> None:
    """Requests that are never answered are given up in time, and nothing is stored twice."""
    server, path = emulator(), write(3, 2, 1)
    server.fail_next(fault, 2)
    for _ in range(50):
        report = load(path, server, time, timeout=0.3)
        if report.exit_status == 0:
            break
    assert report.exit_status == 0
    assert_holds(server, 3, 2, 1)
    assert server.stats()["duplicates"] == {}


@pytest.mark.usefixtures("_often")
def test_reports_come_while_it_runs(
    emulator: Server, write: Callable[..., Path], time: FastTime
) -> None:
    """Whoever watches sees the counts grow, and the sum of the counts hold at each moment."""
    server, path = emulator(latency=0.002), write(*[1] * 100)
    seen: list[ImportReport] = []
    report = load(path, server, time, on_progress=seen.append)
    assert all(total(each) == each.messages for each in seen)
    assert [each.stored for each in seen] == sorted(each.stored for each in seen)
    assert Phase.SENDING in {each.phase for each in seen}
    assert report.samples
    assert seen[-1] == report


def test_a_failing_callback_is_heard_of(
    emulator: Server, write: Callable[..., Path], time: FastTime
) -> None:
    """What `on_progress` raises reaches the caller, once everything is written down."""
    server, path = emulator(), write(3)

    def fail(report: ImportReport) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        load(path, server, time, on_progress=fail)
    assert load(path, server, time).skipped == 3


@pytest.mark.usefixtures("_often")
def test_status_while_it_runs(emulator: Server, write: Callable[..., Path], time: FastTime) -> None:
    """The ledger tells where the import stands while a run holds it."""
    server, path = emulator(latency=0.002), write(*[1] * 100)
    running: list[bool] = []

    def look(report: ImportReport) -> None:
        if report.phase is Phase.SENDING:
            running.append(read_standing(Path(str(report.ledger))).running)

    load(path, server, time, on_progress=look)
    assert running
    assert all(running)
