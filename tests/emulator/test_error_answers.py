"""The answers of bad days, as plain values."""

from __future__ import annotations

from asapp_conversations_emulator import Fault
from asapp_conversations_emulator.error_answers import ErrorAnswers
from asapp_conversations_emulator.schemas import Schemas


def test_retry_after_forms() -> None:
    """`Retry-After` goes out as seconds, fractions, or a date from the stand-in's clock."""
    bad_day = ErrorAnswers(Schemas({})).bad_day
    forms = {"2": "2", "1.5": "1.5", "date:2": "Thu, 01 Jan 1970 00:00:12 GMT"}
    for written, header in forms.items():
        fault = Fault("status", status=429, retry_after=written)
        assert bad_day(fault, now=10.0).headers == {"retry-after": header}
    assert bad_day(Fault("status", status=520), now=10.0).headers == {}
