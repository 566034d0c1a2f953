"""What a person reads of where an import stands."""

from __future__ import annotations

from asapp_conversations_importer import Standing, Waiting
from asapp_conversations_importer.cli.standing_text import standing_text
from attrs import evolve

DONE = Standing(
    ledger="export.csv.ledger",
    base_url="https://api.example.com",
    api_id="id-1",
    running=False,
    conversations={"finished": 7},
    stored=1_200,
    rejected=0,
    in_doubt=0,
    invalid=0,
    waiting=(),
    reasons={},
    requests={"2026-11-23": 5, "2026-11-24": 7},
    started="2026-11-24T08:00:00Z",
    ended="2026-11-24T09:00:00Z",
    daily_limit=1_000,
)


def test_all_is_stored() -> None:
    """Target, latest run, counts, requests of the day, and that there is nothing to do."""
    assert standing_text(DONE) == (
        "export.csv.ledger: into https://api.example.com, API id id-1\n"
        "The latest run began 2026-11-24T08:00:00Z and ended 2026-11-24T09:00:00Z.\n"
        "\n"
        "         1,200  messages stored\n"
        "\n"
        "7 requests of 1,000 on 2026-11-24 (UTC)\n"
        "\n"
        "Nothing to do: everything is stored."
    )


def test_not_begun() -> None:
    """A ledger without a run says so."""
    new = evolve(DONE, started=None, ended=None, requests={}, stored=0)
    assert "No run has begun." in standing_text(new)


def test_running() -> None:
    """While a run is at work, what is on its way is no trouble."""
    text = standing_text(
        evolve(
            DONE,
            running=True,
            ended=None,
            in_doubt=3,
            waiting=(Waiting("ABC", "in_doubt", None),),
        )
    )
    assert "A run is at work since 2026-11-24T08:00:00Z." in text
    assert "3  messages on their way" in text
    assert "ABC" not in text
    assert text.endswith("Ctrl-C stops it safely.")


def test_killed() -> None:
    """A run that ended without a word was killed; the same command goes on."""
    text = standing_text(evolve(DONE, ended=None, in_doubt=3))
    assert "it was killed, or could not write" in text
    assert "3  messages in doubt" in text
    assert "Give the same import command again: it goes on" in text


def test_paused() -> None:
    """A pause says until when, and what was not sent."""
    paused = {"stopped_by": "daily_limit", "resume_at": "2026-11-25T00:00:00Z", "unsent": 80}
    text = standing_text(evolve(DONE, **paused))
    assert "stopped by daily limit" in text
    assert "80  messages not sent" in text
    assert "again after 2026-11-25T00:00:00Z" in text


def test_rejects_and_what_waits() -> None:
    """Rejects by reason, the conversations that wait and why, and how to mend them."""
    text = standing_text(
        evolve(
            DONE,
            invalid=2,
            rejected=1,
            reasons={"text: is empty": 2, "ASAPP answers 404-01: no": 1},
            waiting=(
                Waiting("ABC", "rejected", "ASAPP answers 404-01: no"),
                Waiting("DEF", "in_doubt", None),
            ),
        )
    )
    assert "             2  text: is empty" in text
    assert "  ABC: rejected: ASAPP answers 404-01: no\n  DEF: in doubt" in text
    assert "rejects export.csv.ledger -o FILE" in text
