"""What the tests of the command line share."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import pytest
from asapp_conversations_emulator import Emulator
from asapp_conversations_importer import Failure, ImportReport, Phase, Sample, StoppedBy
from attrs import evolve

NOON = datetime.fromisoformat("2026-11-24T12:00:00Z").timestamp()


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Emulator]:
    """An emulator, and the variables that lead the command line to it."""
    with Emulator() as server:
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        yield server


@pytest.fixture
def noon() -> float:
    """The middle of a UTC day, in seconds since 1970."""
    return NOON


@pytest.fixture
def sending() -> ImportReport:
    """An import that is half-way."""
    return ImportReport(
        phase=Phase.SENDING,
        records=1_002_000,
        conversations=50_000,
        messages=1_002_000,
        stored=500_000,
        already_stored=900,
        skipped=100_000,
        rejected=2_000,
        in_doubt=300,
        unsent=398_800,
        requests=25_000,
        retries=512,
        elapsed_s=250.0,
        requests_today=30_000,
        daily_limit=50_000,
        least_requests=50_000,
        reasons={"timestamp: cannot be read": 1_990, "text: is empty": 10},
        answers={"429": 12, "200": 24_000, "no answer": 1},
        ledger="orders.ledger",
    )


@pytest.fixture
def paused(sending: ImportReport) -> ImportReport:
    """An import that ended at the daily limit, with a bit of everything."""
    return evolve(
        sending,
        phase=Phase.ENDED,
        requests=45_000,
        elapsed_s=3_700.0,
        stopped_by=StoppedBy.DAILY_LIMIT,
        resume_at="2026-11-25T00:00:00Z",
        requests_today=50_000,
        answers={"429": 12, "200": 44_000, "409": 90, "no answer": 1},
        failures=(Failure("CONV-1", "500 Internal Server Error (request id r-1, 4 attempts)."),),
        rejects="orders.rejects.jsonl",
        warnings=("the rejects were edited",),
        samples=tuple(
            Sample(
                at=100.0 * step,
                messages=10_000 * step,
                answers={"200": 1_200 * step, "409": 2 * step, "429": step, "no answer": step},
            )
            for step in range(38)
        ),
    )
