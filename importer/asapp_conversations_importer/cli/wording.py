"""Numbers, times and foreign text as people read them."""

from __future__ import annotations

from datetime import datetime

_UNITS = (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1))


def counted(number: int, noun: str) -> str:
    """Such as `1 message` or `2,000 messages`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def duration(seconds: float) -> str:
    """In its two largest units, such as `2 h 5 min`; below ten seconds with a digit more."""
    if seconds < 10:
        return f"{seconds:.1f} s" if seconds else "0 s"
    left, words = round(seconds), list[str]()
    for unit, size in _UNITS:
        count, left = divmod(left, size)
        if count or words:
            words.append(f"{count} {unit}")
    return " ".join(word for word in words[:2] if not word.startswith("0 "))


def per_second(rate: float) -> str:
    """A rate in two digits or more, such as `0.4`, `9.5` or `1,350`."""
    return f"{rate:,.0f}" if rate >= 10 or rate == 0 else f"{rate:.2g}"


def moment(iso_time: str) -> str:
    """A time in ISO 8601 and UTC for people, such as `2026-11-25 00:00 UTC`."""
    time = datetime.fromisoformat(iso_time)
    return f"{time:%Y-%m-%d %H:%M:%S}".removesuffix(":00") + " UTC"


def percent(part: int, whole: int) -> str:
    """A share, rounded down, so that 100 % means all."""
    return f"{part * 100 // whole if whole else 100} %"


def printable(text: str) -> str:
    """The text without what could steer a terminal or break a page; it is shown as an escape."""
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode() for char in text
    )
