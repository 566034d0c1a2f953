"""How many requests are needed under way."""

from __future__ import annotations

import math

from asapp_conversations_importer.sending.window import WAITING, AnswerTime


def test_unknown_times_and_paces_bound_nothing() -> None:
    """Before the first answer, and without a pace, the window alone decides."""
    answer_time = AnswerTime()
    assert answer_time.under_way(100) == math.inf
    answer_time.note(0.5)
    assert answer_time.under_way(None) == math.inf


def test_even_answers_need_pace_times_time() -> None:
    """Little's law, and what waits for the ledger and for its departure."""
    answer_time = AnswerTime()
    for _ in range(500):
        answer_time.note(0.5)
    assert answer_time.under_way(99) == math.ceil(99 * 0.5) + WAITING


def test_slow_answers_get_room() -> None:
    """One answer in twenty that takes ten times as long does not take the places of the others."""
    answer_time = AnswerTime()
    for number in range(2000):
        answer_time.note(2.0 if number % 20 == 0 else 0.2)
        if number > 200:
            assert answer_time.under_way(100) >= 100 * (0.95 * 0.2 + 0.05 * 2.0)
