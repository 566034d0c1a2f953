"""Each example runs as it stands, against the emulator."""

from __future__ import annotations

import runpy
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from asapp_conversations.toolkit import MOST_MESSAGES
from asapp_conversations_emulator import Emulator

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Emulator]:
    """The emulator, named by the environment as a user would."""
    with Emulator() as running:
        monkeypatch.setenv("ASAPP_API_ID", running.api_id)
        monkeypatch.setenv("ASAPP_API_SECRET", running.api_secret)
        monkeypatch.setenv("ASAPP_BASE_URL", running.url)
        yield running


class Examples:
    """Runs an example without arguments."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self._monkeypatch = monkeypatch
        self._capsys = capsys

    def run(self, name: str) -> str:
        """What it prints."""
        self._monkeypatch.setattr(sys, "argv", [str(EXAMPLES / name)])
        runpy.run_path(str(EXAMPLES / name), run_name="__main__")
        return self.printed()

    def printed(self) -> str:
        """What was printed since this was last asked."""
        return self._capsys.readouterr().out


@pytest.fixture
def examples(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Examples:
    return Examples(monkeypatch, capsys)


def test_one_message(server: Emulator, examples: Examples) -> None:
    """The shortest program stores its message."""
    assert "stored=1" in examples.run("one_message.py")
    assert server.stats()["messages"] == 1


def test_long_conversation(server: Emulator, examples: Examples) -> None:
    """A thousand messages leave in the least requests, and none is stored twice."""
    first = examples.run("long_conversation.py")
    assert first == f"1000 stored, 0 there already, {-(-1000 // MOST_MESSAGES)} requests\n"
    assert examples.run("long_conversation.py").startswith("0 stored, 1000 there already")
    assert server.stats()["messages"] == 1000


def test_many_conversations(server: Emulator, examples: Examples) -> None:
    """Ten conversations are stored side by side."""
    assert len(examples.run("many_conversations.py").splitlines()) == 10
    conversations = server.conversations()
    assert (len(conversations), set(conversations.values())) == (10, {2})


def test_error_handling(
    server: Emulator, examples: Examples, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may be run again, and wrong or missing keys end it with what to do."""
    for _ in range(2):
        assert examples.run("error_handling.py") == "2 messages are stored\n"
    assert server.stats()["messages"] == 2
    monkeypatch.setenv("ASAPP_API_SECRET", "wrong")
    with pytest.raises(SystemExit, match="Check the API id and secret"):
        examples.run("error_handling.py")
    monkeypatch.delenv("ASAPP_API_ID")
    with pytest.raises(SystemExit, match="set ASAPP_API_ID"):
        examples.run("error_handling.py")


def test_every_example_is_run() -> None:
    """No example is left out of the tests above."""
    ours = Path(__file__).read_text("utf-8")
    assert [path.name for path in EXAMPLES.glob("*.py") if f'"{path.name}"' not in ours] == []


def test_import_files(
    server: Emulator,
    examples: Examples,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A file is loaded once; the second run finds it in the ledger."""
    path = tmp_path / "coffee-shop.jsonl"
    path.write_bytes((EXAMPLES / path.name).read_bytes())
    program = str(EXAMPLES / "import_files.py")
    for words in ("40 stored, 0 before, 0 rejected\n", "0 stored, 40 before, 0 rejected\n"):
        monkeypatch.setattr(sys, "argv", [program, str(path)])
        with pytest.raises(SystemExit) as left:
            runpy.run_path(program, run_name="__main__")
        assert left.value.code == 0
        assert examples.printed() == words
    assert server.stats()["messages"] == 40
