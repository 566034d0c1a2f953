"""What a person reads of a plan."""

from __future__ import annotations

from asapp_conversations_importer import ImportPlan, Reason
from asapp_conversations_importer.cli.plan_text import plan_text, plan_values
from attrs import evolve

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
    reasons={
        "text: the value is shorter than 1 character": Reason(577, ["a.parquet, row 20113"]),
        "is not JSON": Reason(3, ["b.jsonl, line 7"]),
    },
    ledger="export/asapp-import.ledger",
)


def test_says_all_of_it() -> None:
    """Messages by what becomes of them, requests, time, days, reasons with places."""
    assert plan_text(PLAN, 20.0, 20_000) == (
        "20,000,000 messages in 1,400,000 conversations\n"
        "\n"
        "    19,998,400  to send\n"
        "         1,000  sent by earlier runs\n"
        "           580  to be rejected\n"
        "            20  held back: their conversations have changed since they were sent\n"
        "\n"
        "1,408,200 requests, 3.1 GB in all, 68.4 kB the largest\n"
        "19 h 33 min at 20 requests/s, which refuses about 20% of live requests meanwhile\n"
        "3 h 54 min at 100 requests/s, which refuses about 67% of live requests meanwhile\n"
        "71 days at 20,000 requests a day\n"
        "\n"
        "To be rejected, by reason:\n"
        "           577  text: the value is shorter than 1 character\n"
        "                a.parquet, row 20113\n"
        "             3  is not JSON\n"
        "                b.jsonl, line 7\n"
        "\n"
        "What export/asapp-import.ledger knows as sent is not counted again.\n"
        "\n"
        "Nothing was sent."
    )


def test_nothing_to_send() -> None:
    """A source that is all sent takes no request and no time."""
    done = evolve(PLAN, requests=0, body_bytes=0, to_send=0, reasons={}, rejected=0, ledger=None)
    text = plan_text(done, 100.0, None)
    assert "0 requests, 0 B in all\n\nNothing was sent." in text


def test_times_in_the_units_that_fit() -> None:
    """Seconds below a minute, minutes below an hour."""
    assert "9 s at 1 requests/s" in plan_text(evolve(PLAN, requests=9), 1.0, None)
    assert "1 min 30 s at 1" in plan_text(evolve(PLAN, requests=90), 1.0, None)
    assert "1 day at 90 requests" in plan_text(evolve(PLAN, requests=90), 1.0, 90)


def test_values() -> None:
    """The same for programs: seconds, and days where there is a daily limit."""
    values = plan_values(PLAN, 100.0, 20_000)
    assert (values["requests"], values["seconds"], values["days"]) == (1_408_200, 14_082.0, 71)
    assert plan_values(PLAN, 100.0, None)["days"] is None
