"""Requests that schemathesis makes from the document, against the emulator."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from asapp_conversations_emulator import Emulator

pytest.importorskip("schemathesis", reason="schemathesis is installed by `nox -s contract`")

DOCUMENT = Path(__file__).resolve().parents[2] / "openapi.yaml"


def test_no_answer_is_outside_the_document(emulator: Emulator, tmp_path: Path) -> None:
    """Of all that the document allows and forbids, no answer breaks it, by any check there is."""
    keys = [
        part
        for name, key in emulator.credentials.headers().items()
        for part in ("--header", f"{name}: {key}")
    ]
    command = [sys.executable, "-m", "schemathesis.cli", "run", str(DOCUMENT)]
    options = ["--url", emulator.url, "--checks", "all", "--mode", "all", "--max-examples", "200"]
    done = subprocess.run(
        [*command, *options, "--seed", "1", *keys],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    print(done.stdout[done.stdout.find("SUMMARY") :])  # noqa: T201
    assert done.returncode == 0, done.stdout + done.stderr
    stats = emulator.stats()
    assert stats["answers"].keys() >= {"200", "400", "401", "405", "409"}
    assert "500" not in stats["answers"]
