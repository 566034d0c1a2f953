"""What a person reads of an import, a plan and a ledger, and what to do now."""

from __future__ import annotations

from typing import Any

import pytest
from asapp_conversations.toolkit import DAILY_REQUESTS, SERVERS
from asapp_conversations_importer import (
    Failure,
    ImportPlan,
    ImportReport,
    Phase,
    Reason,
    Standing,
    StoppedBy,
    Waiting,
)
from asapp_conversations_importer.cli.accounts import (
    account_of_plan,
    account_of_report,
    account_of_standing,
    days_of,
)
from asapp_conversations_importer.cli.output import SHOWN_NAMES, SHOWN_REASONS, text
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

COMMAND = "asapp-conversations import orders.jsonl"
MEND = "asapp-conversations import orders.rejects.jsonl"

PAUSED = """\
Paused: the daily limit is reached.

To        ASAPP's production, api.asapp.com
Source    1,002,000 messages in 50,000 conversations
Sent      45,000 requests, 512 of them sent again
Today     50,000 of 50,000 requests
Time      1 h 1 min
Answers   200: 44,000, 409: 90, 429: 12, no answer: 1
Left      about 19,955 requests, on 1 UTC day
Goes on   2026-11-25 00:00 UTC
Ledger    orders.ledger
Rejects   orders.rejects.jsonl

  500,000 stored: accepted by ASAPP in this run
      900 already stored: held by ASAPP before
  100,000 skipped: settled by an earlier run
    2,000 rejected: invalid, or refused by ASAPP
      300 in doubt: sent, but no answer told what became of them
  398,800 unsent: left for the next run

Rejected, by reason
  1,990  timestamp: cannot be read
     10  text: is empty

Failed, or held back; the first of them
  CONV-1: 500 Internal Server Error (request id r-1, 4 attempts).

Warning: the rejects were edited

What now
  Run the same command again after 2026-11-25 00:00 UTC; it goes on where it
  stopped. With --wait it sleeps until then by itself.
    asapp-conversations import orders.jsonl
  Mend the rejects in their file, where each stands with its reason. Once all
  are mended, import that file by itself.
    asapp-conversations import orders.rejects.jsonl"""

DONE = """\
Done.

Source    2 messages in 1 conversation
Sent      1 request
Time      0.3 s
Answers   200: 1
Ledger    orders.ledger

  2 stored: accepted by ASAPP in this run

What now
  Nothing: every message is stored."""


def ended(**counts: Any) -> ImportReport:
    """An import that ended with these counts, the source being read."""
    return ImportReport(
        phase=Phase.ENDED, messages=sum(counts.values()), least_requests=1, ledger="l", **counts
    )


def told(report: ImportReport, now: float = 0.0, mend: str | None = None, width: int = 80) -> str:
    return text(account_of_report(report, now=now, again=COMMAND, mend=mend), width)


def words(report: ImportReport) -> str:
    """The same on one line."""
    return " ".join(told(report).split())


def test_pause_with_a_bit_of_everything(paused: ImportReport, noon: float) -> None:
    """A paused import says where it sends to, what became of everything, when it goes on, and by
    which commands."""
    report = evolve(paused, base_url=SERVERS["production"])
    assert told(report, noon, MEND) == PAUSED


def test_all_is_well() -> None:
    """An import without trouble is over in a few lines."""
    report = evolve(
        ended(stored=2),
        conversations=1,
        requests=1,
        answers={"200": 1},
        elapsed_s=0.31,
        ledger="orders.ledger",
    )
    assert told(report) == DONE


@pytest.mark.parametrize("by", StoppedBy)
def test_each_stop_has_its_words(by: StoppedBy) -> None:
    """Whatever ended a run early, the text says so first, quotes why, and names the command."""
    report = evolve(ended(unsent=5), stopped_by=by, detail="what ASAPP said")
    account = account_of_report(report, now=0.0, again=COMMAND)
    assert told(report).startswith(f"{account.headline}.\n  what ASAPP said\n")
    assert told(report).endswith(f"\n    {COMMAND}")
    assert account.headline not in {"Done", "Ended with messages left to send"}


def test_stops_differ() -> None:
    """No two stops are told in the same words."""
    reports = [evolve(ended(unsent=5), stopped_by=by) for by in StoppedBy]
    assert len({told(report) for report in reports}) == len(StoppedBy)


@pytest.mark.parametrize("by", [StoppedBy.DAILY_LIMIT, StoppedBy.RATE_LIMIT])
def test_pause_says_when(by: StoppedBy) -> None:
    """A pause names the time to come back, where it is known."""
    report = evolve(ended(unsent=5), stopped_by=by)
    assert "Run the same command again; it goes on" in words(report)
    until = evolve(report, resume_at="2026-11-24T13:05:07Z")
    assert "again after 2026-11-24 13:05:07 UTC" in words(until)


def test_signal_after_the_last_message() -> None:
    """An interruption that came when all was settled leaves nothing to do."""
    report = evolve(ended(stored=5), stopped_by=StoppedBy.INTERRUPT)
    assert "Nothing: every message is stored." in words(report)
    assert COMMAND in words(evolve(report, least_requests=None))


def test_trial() -> None:
    """A trial is a success unless something of it was rejected; the command goes on without it."""
    report = evolve(ended(stored=1, unsent=5), stopped_by=StoppedBy.TRIAL)
    assert account_of_report(report, now=0.0, again=COMMAND).tone == "good"
    assert "Look at these conversations" in words(report)
    assert "Run the same command without --first; it goes on where it stopped." in words(report)
    alone = words(evolve(report, ledger=None))
    assert "Run the same command without --first; it begins anew, without a ledger." in alone
    rejected = evolve(report, rejected=1)
    assert account_of_report(rejected, now=0.0, again=COMMAND).tone == "warn"


@pytest.mark.parametrize(
    "trouble", [{"stored": 0}, {"in_doubt": 1}, {"failures": (Failure("C", "500"),)}]
)
def test_trial_that_failed(trouble: dict[str, Any]) -> None:
    """Where a trial has not shown that the rest will pass, nobody is told to send the rest."""
    report = evolve(ended(stored=1, unsent=5), stopped_by=StoppedBy.TRIAL, **trouble)
    assert report.exit_status == 1
    assert account_of_report(report, now=0.0, again=COMMAND).tone == "bad"
    assert "not all of which are stored" in words(report)
    assert "Run the same command again; it goes on" in words(report)
    assert "--first" not in words(report)


def test_doubt_and_rest() -> None:
    """Messages in doubt and unsent ones need the same command, each for its reason."""
    doubtful = words(ended(stored=1, in_doubt=1))
    assert "what became of the 1 message in doubt" in doubtful
    assert "source has changed" not in doubtful
    unsent = words(ended(stored=1, unsent=2))
    assert "in doubt" not in unsent
    assert "source has changed" in unsent
    assert doubtful.endswith(COMMAND)
    assert unsent.endswith(COMMAND)


def test_rejects_that_have_no_file() -> None:
    """Rejects that no file could take are written from the ledger, by a command a shell takes."""
    report = evolve(ended(stored=1, rejected=2), ledger="my ledger")
    assert told(report).startswith("Done, but for the rejects.")
    assert told(report).endswith("    asapp-conversations rejects 'my ledger' -o rejects.jsonl")
    without = evolve(report, ledger=None)
    assert words(without).endswith("Mend what was rejected, and import it by itself.")


def test_rejects_of_an_earlier_run() -> None:
    """A file of rejects is named although this run rejected nothing."""
    report = evolve(ended(skipped=1), rejects="r.jsonl")
    assert "Rejects r.jsonl" in words(report)
    assert words(report).endswith("import that file by itself.")


def test_conversations_that_asapp_does_not_have() -> None:
    """A 404 says what it means: the ids have to be ASAPP's, and the conversations to exist."""
    report = evolve(ended(rejected=2), reasons={"ASAPP answers 404-01: no such": 2})
    assert "has to exist before its messages are imported" in words(report)
    assert "has to exist" not in words(evolve(report, reasons={"ASAPP answers 400-01: no": 2}))
    as_they_are = "Once the conversations exist, import the file of rejects by itself."
    whole = evolve(report, rejects="r.jsonl")
    assert as_they_are in words(whole)
    assert as_they_are not in words(evolve(whole, reasons={**report.reasons, "is not JSON": 1}))


def test_nothing_to_do() -> None:
    """A finished import that is run again, and an empty source, are told apart from success."""
    assert "an earlier run had settled it all" in words(ended(skipped=3))
    assert "Nothing: every message is stored." in words(ended(skipped=3, stored=1))
    empty = words(ended())
    assert empty.startswith("Nothing to import.")
    assert "check the names of the files" in empty


@pytest.mark.parametrize("phase", [Phase.READING, Phase.SENDING, Phase.PAUSED])
def test_run_that_has_not_ended(sending: ImportReport, phase: Phase) -> None:
    """While a run goes on there is nothing to do but to let it."""
    report = evolve(sending, phase=phase)
    assert words(report).startswith({"r": "Reading", "s": "Sending", "p": "Paused"}[phase[0]])
    assert "Let it run; if it is killed, the same command goes on" in words(report)
    until = evolve(report, resume_at="2026-11-25T00:00:00Z")
    assert "Let it run until 2026-11-25 00:00 UTC;" in words(until)


def test_many_reasons_and_failures() -> None:
    """Only the first reasons and failures are shown, and how many more there are."""
    report = evolve(
        ended(rejected=78),
        reasons={f"reason {number}": number for number in range(SHOWN_REASONS + 2, 0, -1)},
        failures=[Failure(f"C{number}", "why") for number in range(SHOWN_NAMES + 2)],
    )
    assert "   3  reason 3\n  and 3 more for 2 other reasons\n" in told(report)
    assert f"  C{SHOWN_NAMES - 1}: why\n  and 2 more, all in the report" in told(report)
    assert f"C{SHOWN_NAMES}:" not in told(report)


def test_foreign_text_cannot_steer_a_terminal() -> None:
    """Escape sequences in reasons, ids, paths, addresses and answers are shown, not obeyed."""
    evil = "\x1b[2J\x9b\u202e\udcff\n"
    report = evolve(
        ended(rejected=1),
        base_url=f"https://{evil}",
        detail=evil,
        reasons={evil: 1},
        answers={evil: 1},
        failures=[Failure(evil, evil)],
        warnings=[evil],
        ledger=evil,
        rejects=evil,
    )
    shown = told(report)
    assert shown.count(r"\u001b[2J\u009b\u202e\udcff\n") >= 8
    assert all(line.isprintable() for line in shown.split("\n"))


COUNTS = st.integers(0, 3)


@given(
    st.fixed_dictionaries(
        dict.fromkeys(
            ("stored", "already_stored", "skipped", "rejected", "in_doubt", "unsent"), COUNTS
        )
    ),
    st.sampled_from([None, *StoppedBy]),
    st.sampled_from([None, "r.jsonl"]),
    st.integers(1, 200),
)
def test_every_mixture_has_a_next_step(
    counts: dict[str, int], by: StoppedBy | None, rejects: str | None, width: int
) -> None:
    """Whatever is left names a command, and `Nothing` is said only when nothing is left."""
    report = evolve(ended(**counts), stopped_by=by, rejects=rejects)
    _, advice = told(report, mend=MEND if rejects else None, width=width).split("What now\n")
    left = counts["in_doubt"] or counts["unsent"]
    assert (f"    {COMMAND}" in advice) == bool(
        left or by not in {None, StoppedBy.INTERRUPT, StoppedBy.TERMINATION}
    )
    assert (f"    {MEND}" in advice) == bool(rejects)
    assert ("    asapp-conversations rejects l" in advice) == bool(
        counts["rejected"] and not rejects
    )
    idle = not (left or rejects or counts["rejected"]) and COMMAND not in advice
    assert ("Nothing: " in advice) == (idle and report.messages > 0)


@given(st.integers(20, 120))
def test_lines_fit(width: int) -> None:
    """No line of words is wider than asked for."""
    report = evolve(ended(rejected=1, in_doubt=2, unsent=3), detail="some words " * 30)
    lines = [line for line in told(report, width=width).splitlines() if line[:4] != "    "]
    assert max(map(len, lines)) <= width


def test_without_a_ledger_it_begins_anew() -> None:
    """Where nothing was kept, nobody is told that it goes on."""
    report = evolve(ended(stored=1, unsent=2), stopped_by=StoppedBy.INTERRUPT, ledger=None)
    assert "it begins anew, without a ledger" in words(report)
    assert "goes on where" not in words(report)


PLAN = ImportPlan(
    conversations=1_400_000,
    messages=20_000_000,
    rejected=580,
    skipped=1_000,
    to_send=19_998_400,
    waiting=20,
    requests=1_408_200,
    body_bytes=3_100_000_000,
    largest_body=68_400,
    duplicates=1,
    odd_times={"repeated_hour": 20, "before_1990": 1},
    reasons={
        "text: the value is shorter than 1 character": Reason(577, ["a.parquet, row 20113"]),
        "is not JSON": Reason(3, ["b.jsonl, line 7"]),
    },
    ledger="export/asapp-import.ledger",
)

PLANNED = """\
It takes 71 days at 20,000 requests a day.

Source    20,000,000 messages in 1,400,000 conversations
To send   1,408,200 requests, 3.1 GB in all, 68.4 kB the largest
Times     20 messages in an hour that the local clock repeats, 1 message before
          1990
Repeated  1 message exactly like another one in the same conversation
At 20/s   19 h 33 min, in which about 20 % of live requests are refused
At 100/s  3 h 54 min, in which about 90 % of live requests are refused
Ledger    export/asapp-import.ledger; what it knows as sent is not counted again

  19,998,400 to send
       1,000 sent by earlier runs
         580 to be rejected
          20 held back: their conversations have changed since they were sent

Rejected, by reason
  577  text: the value is shorter than 1 character
       a.parquet, row 20113
    3  is not JSON
       b.jsonl, line 7

What now
  Nothing was sent. This sends it:
    asapp-conversations import orders.jsonl"""


def test_plan() -> None:
    """A plan says the days first, then requests, time, messages, and reasons with places."""
    assert text(account_of_plan(PLAN, 20.0, 20_000, COMMAND)) == PLANNED
    assert days_of(PLAN.requests, 20_000) == 71


def test_plan_without_a_limit_of_its_own() -> None:
    """Without a daily limit, a plan counts with ASAPP's default in production, and says so."""
    account = account_of_plan(PLAN, 20.0, None, COMMAND)
    assert account.headline.startswith(f"It takes {days_of(PLAN.requests, None)} days at ")
    sandbox = DAILY_REQUESTS["sandbox"]
    assert account.headline.endswith(f"a day, ASAPP's default in production (sandbox: {sandbox:,})")


def test_plan_at_a_great_rate() -> None:
    """However long a label is, a space parts it from its words."""
    told = text(account_of_plan(PLAN, 1_000_000.0, None, COMMAND))
    assert "\nAt 1e+06/s 1.4 s, in which" in told


def test_plan_of_nothing() -> None:
    """A source that is all sent takes no request and no time."""
    done = evolve(PLAN, requests=0, body_bytes=0, to_send=0, reasons={}, rejected=0, ledger=None)
    told = text(account_of_plan(done, 20.0, None, COMMAND))
    assert told.startswith("There is nothing to send.")
    assert "At 20/s" not in told
    assert told.endswith("Nothing was sent.")


STANDING = Standing(
    ledger="export.csv.ledger",
    base_url="https://api.example.com",
    api_id="id-1",
    running=False,
    conversations={"finished": 7},
    stored=1_200,
    rejected=0,
    in_doubt=0,
    invalid=0,
    kept=0,
    waiting=(),
    reasons={},
    requests={"2026-11-23": 5, "2026-11-24": 7},
    started="2026-11-24T08:00:00Z",
    ended="2026-11-24T09:00:00Z",
    daily_limit=1_000,
)


def standing_text(**changes: Any) -> str:
    return text(account_of_standing(evolve(STANDING, **changes)), 200)


def test_all_is_stored() -> None:
    """Target, latest run, counts, requests of the day, and that there is nothing to do."""
    assert standing_text() == (
        "The latest run began 2026-11-24 08:00 UTC and ended 2026-11-24 09:00 UTC.\n"
        "\n"
        "To        api.example.com, with the API id id-1\n"
        "Ledger    export.csv.ledger\n"
        "Sent      7 requests of 1,000 on 2026-11-24 (UTC)\n"
        "\n"
        "  1,200 stored\n"
        "\n"
        "What now\n"
        "  Nothing: every message is stored."
    )


def test_standing_of_a_run_that_reads() -> None:
    """Until something is sent there is no run to speak of, but one may be at work."""
    reading = {"started": None, "ended": None, "requests": {}, "stored": 0, "daily_limit": None}
    assert standing_text(**reading).startswith("No run has begun to send.")
    assert standing_text(**reading, running=True).startswith("A run is at work.")


def test_running() -> None:
    """While a run is at work, what is on its way is no trouble."""
    waiting = (Waiting("ABC", "in_doubt", None),)
    told = standing_text(running=True, ended=None, in_doubt=3, unsent=9, waiting=waiting)
    assert "A run is at work since 2026-11-24 08:00 UTC." in told
    assert "3 on their way" in told
    assert "ABC" not in told
    assert "unsent" not in told
    assert told.endswith("Ctrl-C stops it safely.")


def test_killed() -> None:
    """A run that ended without a word was killed; the same command goes on."""
    told = standing_text(ended=None, in_doubt=3)
    assert "it was killed, or could not write" in told
    assert "3 in doubt" in told
    assert "Run the same command again; it goes on" in told


def test_standing_of_a_pause() -> None:
    """A pause says until when, and what was not sent."""
    told = standing_text(stopped_by="daily_limit", resume_at="2026-11-25T00:00:00Z", unsent=80)
    assert "UTC. Paused: the daily limit is reached." in told
    assert "80 unsent" in told
    assert "again after 2026-11-25 00:00 UTC" in told
    assert "UTC.\n" in standing_text(stopped_by="of a later version")
    assert "holds back" not in standing_text(unsent=80)
    held = standing_text(unsent=80, conversations={"changed": 1, "finished": 6})
    assert "It holds back 1 conversation whose source no longer begins with what was sent" in held


def test_rejects_and_what_waits() -> None:
    """Rejects by reason, the conversations that wait and why, and how to mend them."""
    told = standing_text(
        invalid=2,
        rejected=1,
        kept=3,
        reasons={"text: is empty": 2, "ASAPP answers 404-01: no": 1},
        waiting=(
            Waiting("ABC", "rejected", "ASAPP answers 404-01: no"),
            Waiting("DEF", "in_doubt", None),
        ),
    )
    assert "  2  text: is empty" in told
    assert "  ABC: rejected: ASAPP answers 404-01: no\n  DEF: in doubt" in told
    assert "rejects export.csv.ledger -o rejects.jsonl" in told
    forgotten = standing_text(invalid=2, kept=0)
    assert "rejects.jsonl" not in forgotten
    assert "none can be written and mended" in forgotten
    assert "every message is stored" not in forgotten


def test_odd_times_and_repetitions_are_told() -> None:
    """What somebody should look at is said before it is sent, and by the import too."""
    facts = account_of_plan(PLAN, 20, None, "import").facts
    times = ["20 messages in an hour that the local clock repeats", "1 message before 1990"]

    assert facts["Times"] == times
    assert "1 message exactly like another one" in facts["Repeated"][0]
    report = ImportReport(odd_times=PLAN.odd_times)
    assert account_of_report(report, now=0, again="import").facts["Times"] == times
