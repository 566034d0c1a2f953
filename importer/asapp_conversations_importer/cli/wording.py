"""Numbers, times, places and whatever comes from outside, as people read them."""

from __future__ import annotations

import json
import os
import shlex
from collections.abc import Mapping
from datetime import datetime

from asapp_conversations.toolkit import SERVERS, counted
from rich.filesize import pick_unit_and_suffix

ODD_TIMES = {
    "repeated_hour": "in an hour that the local clock repeats",
    "skipped_hour": "in an hour that the local clock skips",
    "before_1990": "before 1990",
    "after_tomorrow": "after tomorrow",
}

_UNITS = (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1))


def duration(seconds: float) -> str:
    """In its two largest units, such as `2 h 5 min`; below ten seconds with a digit more."""
    if seconds < 10:
        return f"{seconds:.1f} s" if seconds else "0 s"
    left, words = round(seconds), list[str]()
    for unit, size in _UNITS:
        count, left = divmod(left, size)
        if count or words:
            words.append(f"{count:,} {unit}")
    return " ".join(word for word in words[:2] if not word.startswith("0 "))


def odd_times(counts: Mapping[str, int]) -> list[str]:
    """How many messages have a time that somebody should look at."""
    return [f"{counted(number, 'message')} {ODD_TIMES[name]}" for name, number in counts.items()]


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


def size(number: int) -> str:
    """Bytes, such as `512 B` or `3.1 GB`."""
    unit, name = pick_unit_and_suffix(number, ["B", "kB", "MB", "GB"], 1000)
    return f"{number / unit:,.1f} {name}" if unit > 1 else f"{number} B"


def environment_of(base_url: str) -> str | None:
    """ASAPP's name of the environment at that address; None if it is none of theirs."""
    return next((name for name, url in SERVERS.items() if url == base_url.rstrip("/")), None)


def place(base_url: str) -> str:
    """Where an import goes, such as `ASAPP's production, api.asapp.com`."""
    environment, address = environment_of(base_url), base_url.partition("://")[2].rstrip("/")
    return f"ASAPP's {environment}, {address}" if environment else address


def printable(text: str) -> str:
    """The text without what could steer a terminal or break a page; it is shown as JSON escapes it.

    Whatever comes from outside goes through it, wherever it is shown.
    """
    return "".join(char if char.isprintable() else json.dumps(char)[1:-1] for char in text)


def command(*arguments: str) -> str:
    """A command of this program that a shell takes as it is printed, whatever a file is called."""
    return " ".join(["asapp-conversations", *map(_quoted, arguments)])


def _quoted(argument: str) -> str:
    if argument.isprintable():
        return shlex.quote(argument)
    harmless = (byte in range(0x20, 0x7F) and byte not in b"'\\" for byte in os.fsencode(argument))
    shown = zip(os.fsencode(argument), harmless, strict=True)
    return "$'" + "".join(chr(byte) if good else f"\\x{byte:02x}" for byte, good in shown) + "'"
