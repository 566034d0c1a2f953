"""How spike arrest is told from the end of a quota."""

from __future__ import annotations

from asapp_conversations_importer.sending.refusals import FIRST_WAIT, IN_A_ROW, Refusals


def refused(*, passed_before: int = 0, refusals: int = IN_A_ROW) -> Refusals:
    """So many departures that passed, and then so many that were refused."""
    told = Refusals()
    numbers = [told.depart() for _ in range(passed_before + refusals)]
    for number in numbers[:passed_before]:
        told.note_passed(number)
    for number in numbers[passed_before:]:
        told.note_refused(number, 0.0)
    return told


def test_refusals_among_passes_hold_nobody_back() -> None:
    """However many are refused, as long as others that left in between pass, all may leave."""
    told = Refusals()
    numbers = [told.depart() for _ in range(20 * IN_A_ROW)]
    for number in numbers:
        if number % IN_A_ROW:
            told.note_refused(number, 0.0)
    assert not told.closed
    for number in numbers:
        if not number % IN_A_ROW:
            told.note_passed(number)
    assert told.wait(0, 0.0) == 0


def test_refusals_in_a_row_hold_the_others_back() -> None:
    """What left one after the other was refused, in whatever order the answers come."""
    told = Refusals()
    numbers = [told.depart() for _ in range(IN_A_ROW)]
    for number in [*numbers[2:], *numbers[:2]]:
        assert told.wait(0, 0.0) == 0
        told.note_refused(number, 0.0)
    assert told.closed
    assert told.wait(1, 0.0) > 0
    assert told.wait(0, 0.0) == told.wait(0, FIRST_WAIT / 2) * 2 == FIRST_WAIT
    assert told.wait(0, FIRST_WAIT) == 0


def test_who_left_before_says_nothing() -> None:
    """A slow answer to what left before the refusals does not mean that anything passes now."""
    told = Refusals()
    early = told.depart()
    for number in [told.depart() for _ in range(IN_A_ROW)]:
        told.note_refused(number, 0.0)
    told.note_passed(early)
    assert told.closed


def test_who_left_with_them_and_passed_opens() -> None:
    """One that passes, of those that left after the first refusal, lets the others go on."""
    told = refused(passed_before=3)
    late = told.depart()
    told.note_passed(late)
    assert not told.closed
    told.note_refused(late - 1, 0.0)
    assert not told.closed


def test_each_try_waits_longer_and_only_tries_count() -> None:
    """Refusals of what was under way anyway are no tries."""
    told = refused()
    under_way = told.depart()
    told = refused(refusals=IN_A_ROW + 1)
    assert told.tries == 0
    now, waits = 0.0, []
    while not told.certain:
        wait = told.wait(0, now)
        waits.append(wait)
        now += wait
        told.note_refused(told.depart(), now)
        told.note_refused(under_way, now)
    assert waits == [FIRST_WAIT * 3**n for n in range(len(waits))]
