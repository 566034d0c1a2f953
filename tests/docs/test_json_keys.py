"""The keys that the page of the command line explains are those that the commands print."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from asapp_conversations_emulator import Emulator
from asapp_conversations_importer import (
    Failure,
    ImportPlan,
    ImportReport,
    Reason,
    Standing,
    Waiting,
)
from blocks import ROOT, blocks
from json_keys import as_sentence, keys

ADDED_BY_PLAN = {"seconds", "days"}
"""What the page says in words."""


@pytest.fixture
def printed(tmp_path: Path) -> dict[str, Any]:
    """What each command prints about an import with a reject, which a strange answer stops."""
    export = next(
        block for block in blocks(ROOT / "docs/importing.md") if block.caption == "support.csv"
    )
    header, *rows = export.text.splitlines()
    names = "conversation_id,sender_role,sender_external_id,text,timestamp"
    assert header.count(",") == names.count(",")
    (tmp_path / "export.csv").write_text("\n".join([names, *rows]), "utf-8")
    with Emulator() as emulator:
        emulator.fail_next("418", count=9)
        environment = {**os.environ, **emulator.environment}

        def call(*arguments: str) -> Any:
            command = [sys.executable, "-m", "asapp_conversations_cli", *arguments, "--json"]
            done = subprocess.run(
                command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
            )
            return json.loads(done.stdout)

        return {
            "plan": call("plan", "export.csv"),
            "prepare": call("prepare", "export.csv", "--to", "snapshot"),
            "import": call("import", "export.csv"),
            "emulator": call("import", "export.csv", "--emulator"),
            "status": call("status", "export.csv.ledger"),
        }


def test_every_key_that_is_printed_is_explained(printed: dict[str, Any]) -> None:
    report, plan, standing = printed["import"], printed["plan"], printed["status"]
    assert report.keys() == keys(ImportReport).keys()
    assert report["failures"][0].keys() == keys(Failure).keys()
    assert printed["emulator"].keys() == keys(ImportReport).keys() | {"emulator"}
    assert printed["prepare"].keys() == keys(ImportPlan).keys()
    assert plan.keys() == keys(ImportPlan).keys() | ADDED_BY_PLAN
    assert next(iter(plan["reasons"].values())).keys() == keys(Reason).keys()
    assert standing.keys() == keys(Standing).keys()
    assert standing["waiting"][0].keys() == keys(Waiting).keys()


def test_what_is_said_of_a_key_is_about_json() -> None:
    assert as_sentence("when it ended;\n        None while it runs") == (
        "When it ended; `null` while it runs"
    )


def test_the_page_shows_each_kind() -> None:
    page = (ROOT / "docs/command-line.md").read_text("utf-8")
    kinds = (ImportReport, Failure, ImportPlan, Reason, Standing, Waiting)
    shown = [line.split()[-1] for line in page.splitlines() if line.startswith("```{json-keys}")]
    assert shown == [kind.__name__ for kind in kinds]
    assert {f"`{name}`" for name in ADDED_BY_PLAN} <= set(page.replace(",", "").split())
