"""What a person reads of where an import stands."""

from __future__ import annotations

from asapp_conversations_importer import Standing

SHOWN_REASONS = 20


def standing_text(standing: Standing) -> str:
    """Where an import stands, what waits and why, and what to do now."""
    lines = [
        f"{standing.ledger}: into {standing.base_url}, API id {standing.api_id}",
        _latest_run(standing),
        "",
    ]
    counts = {
        "messages stored": standing.stored,
        "messages on their way" if standing.running else "messages in doubt": standing.in_doubt,
        "messages refused by ASAPP": standing.rejected,
        "records rejected as invalid": standing.invalid,
        "messages not sent": 0 if standing.running else standing.unsent,
    }
    lines += [f"{count:>14,}  {words}" for words, count in counts.items() if count]
    if standing.requests:
        day, requests = list(standing.requests.items())[-1]
        limit = standing.daily_limit
        of = f" of {limit:,}" if limit else ""
        lines += ["", f"{requests:,} requests{of} on {day} (UTC)"]
    if standing.reasons:
        lines += ["", "Rejected, by reason:"]
        reasons = list(standing.reasons.items())[:SHOWN_REASONS]
        lines += [f"{count:>14,}  {words}" for words, count in reasons]
    if standing.waiting and not standing.running:
        lines += ["", "Waiting, or rejected whole:"]
        lines += [
            f"  {each.conversation_id}: {each.status.replace('_', ' ')}"
            + (f": {each.reason}" if each.reason else "")
            for each in standing.waiting
        ]
    return "\n".join([*lines, "", *what_now(standing)])


def _latest_run(standing: Standing) -> str:
    if standing.started is None:
        return "No run has begun."
    if standing.running:
        return f"A run is at work since {standing.started}."
    if standing.ended is None:
        return (
            f"The latest run began {standing.started} and ended without a word: "
            "it was killed, or could not write any more."
        )
    stopped_by = standing.stopped_by
    why = f", stopped by {stopped_by.replace('_', ' ')}" if stopped_by else ""
    return f"The latest run began {standing.started} and ended {standing.ended}{why}."


def what_now(standing: Standing) -> list[str]:
    """What to do, as sentences."""
    if standing.running:
        return ["Nothing to do: it goes on by itself. Ctrl-C stops it safely."]
    advice = []
    resume_at = standing.resume_at
    killed = standing.started is not None and standing.ended is None
    if killed or standing.in_doubt or standing.unsent:
        when = f" after {resume_at}" if resume_at else ""
        advice.append(f"Give the same import command again{when}: it goes on where it stopped.")
    if standing.invalid or standing.rejected:
        advice.append(
            f"Write the rejects with `asapp-conversations rejects {standing.ledger} -o FILE`, "
            "mend the records in FILE and import it."
        )
    return advice or ["Nothing to do: everything is stored."]
