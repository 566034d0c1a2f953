"""Where an import stands by its ledger, for a person. No I/O."""

from __future__ import annotations

from collections.abc import Iterator

from asapp_conversations_importer import Reason, Standing

from .account import ALL_STORED, COUNTS, STOPS, Account, Count, Step, again_after, write_rejects
from .wording import counted, moment, place


def account_of_standing(standing: Standing) -> Account:
    """Where an import stands, what waits and why."""
    days, running = list(standing.requests.items())[-1:], standing.running
    of = f" of {standing.daily_limit:,}" if standing.daily_limit else ""
    waiting = [
        (
            each.conversation_id,
            ": ".join(filter(None, (each.status.replace("_", " "), each.reason))),
        )
        for each in standing.waiting
    ]
    return Account(
        headline=_run_of(standing),
        facts={
            "To": [place(standing.base_url), f"with the API id {standing.api_id}"],
            "Ledger": [standing.ledger],
            "Sent": [
                f"{counted(requests, 'request')}{of} on {day} (UTC)" for day, requests in days
            ],
        },
        counts=[
            Count(standing.stored, "stored"),
            Count(standing.rejected, "refused by ASAPP"),
            Count(standing.invalid, "rejected as invalid"),
            Count(standing.in_doubt, "on their way" if running else "in doubt"),
            Count(0 if running else standing.unsent, "unsent", COUNTS["unsent"]),
        ],
        reasons={words: Reason(number) for words, number in standing.reasons.items()},
        named=("Waiting, or rejected whole", [] if running else waiting),
        steps=list(_steps_of(standing)) or [Step(ALL_STORED)],
    )


def _run_of(standing: Standing) -> str:
    if standing.running:
        since = f" since {moment(standing.started)}" if standing.started else ""
        return f"A run is at work{since}"
    if standing.started is None:
        return "No run has begun to send"
    began = f"The latest run began {moment(standing.started)} and ended"
    if standing.ended is None:
        return f"{began} without a word: it was killed, or could not write any more"
    stop = STOPS.get(standing.stopped_by or "")
    return f"{began} {moment(standing.ended)}" + (f". {stop.headline}" if stop else "")


def _steps_of(standing: Standing) -> Iterator[Step]:
    if standing.running:
        yield Step("Nothing: it goes on by itself. Ctrl-C stops it safely.")
        return
    killed = standing.started is not None and standing.ended is None
    if killed or standing.in_doubt or standing.unsent:
        yield Step(again_after(standing.resume_at))
    if standing.invalid or standing.rejected:
        yield write_rejects(standing.ledger)
