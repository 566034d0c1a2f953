"""Numbers, times and foreign text as people read them."""

from __future__ import annotations

from asapp_conversations.toolkit import counted
from asapp_conversations_importer.cli.wording import (
    duration,
    moment,
    per_second,
    percent,
    printable,
)


def test_wording() -> None:
    """Numbers and times read as people write them."""
    assert [counted(1, "message"), counted(2_000, "message")] == ["1 message", "2,000 messages"]
    times = [0, 0.31, 9.94, 59.6, 61, 3_600, 3_725, 86_400, 90_061]
    assert [duration(seconds) for seconds in times] == [
        "0 s",
        "0.3 s",
        "9.9 s",
        "1 min",
        "1 min 1 s",
        "1 h",
        "1 h 2 min",
        "1 d",
        "1 d 1 h",
    ]
    assert [per_second(rate) for rate in (0, 0.043, 9.5, 98.4, 11_400)] == [
        "0",
        "0.043",
        "9.5",
        "98",
        "11,400",
    ]
    assert moment("2026-11-25T00:00:00Z") == "2026-11-25 00:00 UTC"
    assert [percent(999, 1_000), percent(0, 0), percent(3, 3)] == ["99 %", "100 %", "100 %"]
    assert printable("Zürich ü\t") == r"Zürich ü\t"
