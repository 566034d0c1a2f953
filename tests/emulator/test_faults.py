"""Faults, and which requests meet them, as plain decisions."""

from __future__ import annotations

import pytest
from asapp_conversations_emulator import Fault
from asapp_conversations_emulator.faults import BODIES, KINDS, FaultPlan
from hypothesis import given
from hypothesis import strategies as st

SIMPLE = st.builds(Fault, st.sampled_from(["reset", "silence"]), stored=st.booleans())
DELAYS = st.builds(Fault, st.just("delay"), st.booleans(), seconds=st.integers(0, 99))
STATUSES = st.builds(
    Fault,
    st.just("status"),
    stored=st.booleans(),
    status=st.integers(200, 599),
    body=st.sampled_from(BODIES),
    retry_after=st.sampled_from([None, "2", "1.5", "date:2"]),
)


@given(st.one_of(st.just(Fault("refuse")), SIMPLE, DELAYS, STATUSES))
def test_written_form_reads_back(fault: Fault) -> None:
    """Every fault is read back from the way it is written."""
    assert Fault.parse(str(fault)) == fault
    assert Fault.parse(fault) is fault


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (503, Fault("status")),
        ("reset,stored", Fault("reset", stored=True)),
        ("delay=1.5", Fault("delay", seconds=1.5)),
        ("429,retry-after=1.5", Fault("status", status=429, retry_after="1.5")),
        ("502,html,stored", Fault("status", True, 502, "html")),
    ],
)
def test_short_forms(text: str | int, fault: Fault) -> None:
    """A fault is written as its kind or status with what is special about it."""
    assert Fault.parse(text) == fault


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("explode", "one of refuse, reset"),
        ("", "one of refuse, reset"),
        ("status", "write the status itself"),
        ("delay", "needs a number of seconds"),
        ("delay=soon", "needs a number of seconds"),
        ("delay=-1", "0 or more"),
        ("delay=inf", "0 or more"),
        ("refuse,stored", "never read"),
        ("reset,html", "it takes stored"),
        ("503,green", "wrong-charset"),
        ("503,retry-after=soon", "date:2"),
        ("199", "from 200 to 599"),
        (600, "from 200 to 599"),
    ],
)
def test_unreadable_faults_are_explained(text: str, words: str) -> None:
    """A fault that makes no sense is refused with what would."""
    with pytest.raises(ValueError, match=words):
        Fault.parse(text)


def test_body_of_another_kind_is_refused() -> None:
    """The form of a body is one of those that are known."""
    with pytest.raises(ValueError, match="use one of json"):
        Fault("status", body="xml")


def test_share_is_drawn_from_the_seed_alone() -> None:
    """The draw of a conversation's n-th request does not depend on the other conversations."""
    faults = ["503", "reset", "reset,stored"]
    plan, other = FaultPlan(faults, 0.5, seed=7), FaultPlan(faults, 0.5, seed=7)
    in_turn = [(plan.draw("A"), plan.draw("B")) for _ in range(50)]
    drawn_b = [other.draw("B") for _ in range(50)]
    drawn_a = [other.draw("A") for _ in range(50)]
    assert in_turn == list(zip(drawn_a, drawn_b, strict=True))
    assert drawn_a != drawn_b
    afresh, reseeded = plan.fresh(), FaultPlan(faults, 0.5, seed=8)
    assert [afresh.draw("A") for _ in range(50)] == drawn_a
    assert [reseeded.draw("A") for _ in range(50)] != drawn_a


def test_share_is_of_all_requests() -> None:
    """Over many conversations, that share of the requests meets a fault, each kind as often."""
    plan = FaultPlan(["503", "reset"], share=0.2)
    drawn = [str(plan.draw(f"C{i}")) for i in range(10_000)]
    assert 900 < drawn.count("503") < 1100
    assert 900 < drawn.count("reset") < 1100
    assert FaultPlan(["503"]).draw("A") == Fault("status")
    assert FaultPlan(["503"], share=0).draw("A") is None
    assert FaultPlan().draw("A") is None


def test_next_requests_come_before_the_share() -> None:
    """A conversation's next requests meet what is set for them, then what is set for any."""
    plan = FaultPlan(["500"], share=0)
    plan.fail_next("reset", 2, "A")
    plan.fail_next("503")
    assert plan.waiting() == {"A": [Fault("reset")] * 2, None: [Fault("status")]}
    drawn = [plan.draw(each) for each in ("A", "B", "A", "A", "B")]
    assert drawn == [Fault("reset"), Fault("status"), Fault("reset"), None, None]
    assert plan.waiting() == {}


def test_plans_out_of_range_are_refused() -> None:
    """A share beyond 0 to 1 and a count below 1 are errors."""
    with pytest.raises(ValueError, match="from 0 to 1"):
        FaultPlan(share=1.1)
    with pytest.raises(ValueError, match="1 or more"):
        FaultPlan().fail_next("503", 0)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in {"status", "delay"}])
def test_kinds_without_more_words(kind: str) -> None:
    """The other kinds are written as they are called."""
    assert str(Fault(kind)) == kind
