"""The pytest fixture, in pytest runs of their own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from asapp_conversations import agent
from asapp_conversations_emulator import Emulator
from documented import CONVERSATION

DOWNSTREAM = Path(__file__).resolve().parents[2] / "examples" / "downstream"


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run pytest in a folder, as a team would, with warnings as errors."""
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-W", "error", "-p", "no:cacheprovider", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


def test_fixture_is_an_emulator(asapp_emulator: Emulator) -> None:
    """The fixture is a running emulator that holds nothing."""
    assert asapp_emulator.stats()["requests"] == 0
    asapp_emulator.client().create_messages(
        CONVERSATION, [agent("x", "a-1", "2024-03-04T08:00:00")]
    )
    assert len(asapp_emulator.messages(CONVERSATION)) == 1


@pytest.mark.asapp_emulator(daily_limit=5, rate=0.5)
class TestMarker:
    """The marker sets the options of the fixture."""

    def test_of_the_class(self, asapp_emulator: Emulator) -> None:
        """A class's marker holds for its tests."""
        assert asapp_emulator.stats()["daily_limit"] == 5

    @pytest.mark.asapp_emulator(daily_limit=7)
    def test_nearest_wins(self, asapp_emulator: Emulator) -> None:
        """A test's own marker wins."""
        assert asapp_emulator.stats()["daily_limit"] == 7


@pytest.mark.parametrize("workers", ["0", "2"])
def test_downstream_project(workers: str) -> None:
    """The tests of the example project pass, one after the other and side by side."""
    done = run(DOWNSTREAM, "-n", workers)
    assert done.returncode == 0, done.stdout + done.stderr


def test_pytest_starts_without_the_sdk(tmp_path: Path) -> None:
    """Until the fixture is used, pytest imports neither the SDK nor a server."""
    (tmp_path / "test_it.py").write_text(
        "import sys\n"
        "def test_it():\n"
        "    tops = {name.partition('.')[0] for name in sys.modules}\n"
        "    assert 'pytest_asapp_conversations' in tops\n"
        "    assert not tops & {'asapp_conversations', 'httpx', 'starlette', 'uvicorn'}\n"
    )
    done = run(tmp_path, "-p", "no:pytest_httpx", "-p", "no:hypothesispytest")
    assert "1 passed" in done.stdout, done.stdout + done.stderr


def test_plugin_imports_nothing() -> None:
    """Every pytest in the environment loads the plugin, which imports nothing but itself."""
    program = (
        "import sys, pytest; before = set(sys.modules); import pytest_asapp_conversations\n"
        "print(*(set(sys.modules) - before))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["pytest_asapp_conversations"]


def test_missing_extra_is_said(tmp_path: Path) -> None:
    """Without the extra, only tests that use the fixture fail, with what to install."""
    (tmp_path / "conftest.py").write_text("import sys\nsys.modules['uvicorn'] = None\n")
    (tmp_path / "test_it.py").write_text(
        "def test_with(asapp_emulator): pass\ndef test_without(): pass\n"
    )
    done = run(tmp_path)
    assert "1 passed, 1 error" in done.stdout, done.stdout + done.stderr
    assert "needs the module uvicorn: python -m pip install 'asapp-con" in done.stdout
