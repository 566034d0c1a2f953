"""The closing words of an import."""

from __future__ import annotations

from typing import Any

import pytest
from asapp_conversations_importer import Failure, ImportReport, Phase, StoppedBy
from asapp_conversations_importer.cli.summary import headline, next_steps, summary
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

COMMAND = "asapp-conversations import orders.jsonl"

PAUSED = """\
Paused: the daily limit is reached.

Source    1,002,000 messages in 50,000 conversations
  500,000 stored: accepted by ASAPP in this run
      900 already stored: held by ASAPP before
  100,000 skipped: settled by an earlier run
    2,000 rejected: invalid, or refused by ASAPP
      300 in doubt: sent, but no answer told what became of them
  398,800 unsent: left for the next run
Sent      45,000 requests in 1 h 1 min, 512 of them sent again, 50,000 of 50,000
          today
Answers   200: 44,000, 409: 90, 429: 12, no answer: 1
Left      about 19,955 requests, on 1 UTC day
Goes on   2026-11-25 00:00 UTC

Rejected, by reason
  1,990  timestamp: cannot be read
     10  text: is empty

Failed requests, the first of them
  CONV-1: 500 Internal Server Error (request id r-1, 4 attempts).

Warning: the rejects were edited

Ledger    orders.ledger
Rejects   orders.rejects.jsonl

What now
  Run the same command again after 2026-11-25 00:00 UTC; it goes on where it
  stopped. With --wait it sleeps until then by itself.
    asapp-conversations import orders.jsonl
  Mend the rejects in their file, where each stands with its reason, and import
  that file by itself.
    asapp-conversations import orders.rejects.jsonl"""

DONE = """\
Done.

Source    2 messages in 1 conversation
  2 stored: accepted by ASAPP in this run
Sent      1 request in 0.3 s
Answers   200: 1

Ledger    orders.ledger

What now
  Nothing: every message is stored."""


def ended(**counts: Any) -> ImportReport:
    """An import that ended with these counts, the source being read."""
    return ImportReport(
        phase=Phase.ENDED, messages=sum(counts.values()), least_requests=1, ledger="l", **counts
    )


def words(report: ImportReport) -> str:
    """The summary on one line."""
    return " ".join(summary(report, COMMAND, now=0.0).split())


def test_pause_with_a_bit_of_everything(paused: ImportReport, noon: float) -> None:
    """A paused import says what became of everything, when it goes on, and by which commands."""
    rejects_command = "asapp-conversations import orders.rejects.jsonl"
    assert summary(paused, COMMAND, now=noon, rejects_command=rejects_command) == PAUSED


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
    assert summary(report, COMMAND, now=0.0) == DONE


@pytest.mark.parametrize("by", StoppedBy)
def test_each_stop_has_its_words(by: StoppedBy) -> None:
    """Whatever ended a run early, the summary says so first, quotes why, and names the command."""
    report = evolve(ended(unsent=5), stopped_by=by, detail="what ASAPP said")
    text = summary(report, COMMAND, now=0.0)
    assert text.startswith(f"{headline(report)}.\n  what ASAPP said\n")
    assert text.endswith(f"\n    {COMMAND}")
    assert headline(report) not in {"Done", "Ended with messages left to send"}


def test_stops_differ() -> None:
    """No two stops are told in the same words, but for the two signals' next step."""
    reports = [evolve(ended(unsent=5), stopped_by=by) for by in StoppedBy]
    assert len({headline(report) for report in reports}) == len(StoppedBy)
    assert len({next_steps(report)[0].text for report in reports}) == len(StoppedBy) - 1


@pytest.mark.parametrize("by", [StoppedBy.DAILY_LIMIT, StoppedBy.RATE_LIMIT])
def test_pause_says_when(by: StoppedBy) -> None:
    """A pause names the time to come back, or says `later` when nobody knows it."""
    report = evolve(ended(unsent=5), stopped_by=by)
    assert "again later" in words(report)
    until = evolve(report, resume_at="2026-11-24T13:05:07Z")
    assert "again after 2026-11-24 13:05:07 UTC" in words(until)


def test_signal_after_the_last_message() -> None:
    """An interruption that came when all was settled leaves nothing to do."""
    report = evolve(ended(stored=5), stopped_by=StoppedBy.INTERRUPT)
    assert "Nothing: every message is stored." in words(report)
    reading = evolve(report, least_requests=None)
    assert COMMAND in words(reading)


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
    assert summary(report, COMMAND, now=0.0).endswith("    asapp-conversations rejects 'my ledger'")
    assert headline(report) == "Done, but for the rejects"
    without = evolve(report, ledger=None)
    assert words(without).endswith("Mend what was rejected, and import it by itself.")


def test_rejects_of_an_earlier_run() -> None:
    """A file of rejects is named although this run rejected nothing."""
    report = evolve(ended(skipped=1), rejects="r.jsonl")
    assert "Rejects r.jsonl" in words(report)
    assert words(report).endswith("import that file by itself.")


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


def test_rest_without_a_limit() -> None:
    """Without a daily limit the requests left are told, and no days."""
    assert "Left about 1 request Ledger" in words(ended(unsent=3))


def test_many_reasons_and_failures() -> None:
    """Only the first reasons and failures are shown, and how many more there are."""
    report = evolve(
        ended(rejected=78),
        reasons={f"reason {number}": number for number in range(12, 0, -1)},
        failures=[Failure(f"C{number}", "why") for number in range(5)],
    )
    text = summary(report, COMMAND, now=0.0)
    assert "   3  reason 3\n  and 3 more for 2 other reasons\n" in text
    assert "  C2: why\n  and 2 more, all in the report" in text
    assert "C3" not in text


def test_foreign_text_cannot_steer_a_terminal() -> None:
    """Escape sequences in reasons, ids, paths and answers are shown, not obeyed."""
    evil = "\x1b[2J\u202e\udcff\n"
    report = evolve(
        ended(rejected=1),
        detail=evil,
        reasons={evil: 1},
        answers={evil: 1},
        failures=[Failure(evil, evil)],
        warnings=[evil],
        ledger=evil,
        rejects=evil,
    )
    text = summary(report, f"import {evil}", now=0.0, rejects_command=evil)
    assert text.count(r"\x1b[2J\u202e\udcff\n") == 9
    assert all(line.isprintable() for line in text.split("\n"))


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
    text = summary(report, COMMAND, now=0.0, rejects_command="import r.jsonl", width=width)
    _, advice = text.split("What now\n")
    left = counts["in_doubt"] or counts["unsent"]
    assert (f"    {COMMAND}" in advice) == bool(
        left or by not in {None, StoppedBy.INTERRUPT, StoppedBy.TERMINATION}
    )
    assert ("    import r.jsonl" in advice) == bool(rejects)
    assert ("    asapp-conversations rejects l" in advice) == bool(
        counts["rejected"] and not rejects
    )
    idle = not (left or rejects or counts["rejected"]) and COMMAND not in advice
    assert ("Nothing: " in advice) == (idle and report.messages > 0)


@given(st.integers(20, 120))
def test_lines_fit(width: int) -> None:
    """No line of words is wider than asked for."""
    report = evolve(ended(rejected=1, in_doubt=2, unsent=3), detail="some words " * 30)
    lines = summary(report, "x", now=0.0, width=width).splitlines()
    assert max(map(len, lines)) <= max(width, len("    asapp-conversations rejects l"))


def test_without_a_ledger_it_begins_anew() -> None:
    """Where nothing was kept, nobody is told that it goes on."""
    report = evolve(ended(stored=1, unsent=2), stopped_by=StoppedBy.INTERRUPT, ledger=None)
    assert "it begins anew, without a ledger" in words(report)
    assert "goes on where" not in words(report)
