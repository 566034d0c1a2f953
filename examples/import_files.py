"""Loads a file of conversations, and says what became of it.

Run it with `python examples/import_files.py [FILE]`; it needs the extra `importer`. The keys are
read from ASAPP_API_ID and ASAPP_API_SECRET; set ASAPP_BASE_URL to send to the emulator instead
of ASAPP. Run it again: it goes on from the ledger beside the file.
"""

import sys
from pathlib import Path

from asapp_conversations_importer import ImportReport, import_messages


def show(report: ImportReport) -> None:
    print(f"{report.phase}: {report.settled} of {report.messages}", file=sys.stderr)


path = sys.argv[1] if len(sys.argv) > 1 else Path(__file__).with_name("coffee-shop.jsonl")
report = import_messages(path, daily_limit=20_000, on_progress=show)
print(f"{report.stored} stored, {report.skipped} before, {report.rejected} rejected")
sys.exit(report.exit_status)
