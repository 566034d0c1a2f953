"""Why a run stopped, and what to do about it."""

from __future__ import annotations

from asapp_conversations_importer import StoppedBy

from .account import Tone

STOPS: dict[str, tuple[str, str, Tone]] = {
    StoppedBy.INTERRUPT: ("Interrupted", "{again}", "warn"),
    StoppedBy.TERMINATION: ("Told to end", "{again}", "warn"),
    StoppedBy.DAILY_LIMIT: (
        "Paused: the daily limit is reached",
        "{again} With --wait it sleeps until then by itself.",
        "warn",
    ),
    StoppedBy.RATE_LIMIT: (
        "Paused: ASAPP takes no more requests for now",
        (
            "Most likely ASAPP's own daily limit is used up. {again} With --wait it sleeps until then "
            "by itself. If live traffic shares the quota, leave it its part with --daily-limit."
        ),
        "warn",
    ),
    StoppedBy.CREDENTIALS: (
        "Stopped: ASAPP refuses the keys",
        (
            "Check ASAPP_API_ID and ASAPP_API_SECRET, and that they belong to the environment that it "
            "sends to: sandbox and production have keys of their own. `asapp-conversations check` "
            "tries them. {again}"
        ),
        "bad",
    ),
    StoppedBy.SERVICE: (
        "Stopped: ASAPP cannot be reached, or fails",
        (
            "Check the network with `asapp-conversations check`, and wait some minutes. {again} If it "
            "ends so too, give ASAPP's support the request ids of what failed."
        ),
        "bad",
    ),
    StoppedBy.REFUSALS: (
        "Stopped: ASAPP refuses one request after the other",
        (
            "It accepted none in between, so it is hardly the messages: check --base-url and --map, "
            "and what ASAPP said. {again}"
        ),
        "bad",
    ),
    StoppedBy.UNEXPECTED_ANSWER: (
        "Stopped: an answer that the API does not document",
        (
            "Something between here and ASAPP may have answered: check the base URL and the proxy. "
            "{again} If it ends so too, give ASAPP's support the request id."
        ),
        "bad",
    ),
    StoppedBy.LEDGER: (
        "Stopped: the ledger cannot be written",
        (
            "Make room on the ledger's disk, or let this user write there. {again} It asks ASAPP about "
            "what could not be written down, so nothing is stored twice."
        ),
        "bad",
    ),
    StoppedBy.TRIAL: (
        "Stopped after the first conversations, as asked",
        (
            "Look at these conversations where you work with them. Then run the same command without "
            "--first; it goes on where it stopped."
        ),
        "good",
    ),
    StoppedBy.DECLINED: ("Nothing was sent: nobody agreed to it", "{again}", "warn"),
}
"""For each reason to stop: what is said first, what to do, and how bad it is."""
