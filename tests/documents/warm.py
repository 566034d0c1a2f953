"""Tries clients, each in a process of its own that has imported all but the project's packages.

To import what the packages need takes longer than to try them, and is the same for every client. As
a script this is the process that the others are forked from: it reads a job from each line, a list
of its name and its arguments, and answers with a line of what it returns; both in JSON.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any, Self

ROOT = Path(__file__).resolve().parents[2]


class Warm:
    """The process of the script; to be used as a context."""

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, "-W", "ignore", __file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        return self

    def __exit__(self, *error: object) -> None:
        self._process.communicate()

    def preflight(self, folder: Path, root: Path) -> dict[str, str]:
        """As `preflight.check_package`."""
        failures: dict[str, str] = self._call("preflight", str(folder), str(root))
        return failures

    def exercise(self, folder: Path, change: str) -> list[str]:
        """What goes wrong with the client in a folder, as `exercise.problems` has it."""
        problems: list[str] = self._call("exercise", str(folder), change)
        return problems

    def stubs(self, folder: Path, output: Path) -> Path:
        """What users see of the packages over the client in a folder, written to another."""
        self._call("stubs", str(folder), str(output))
        from api_stubs import format_stubs

        format_stubs(output)
        return output

    def _call(self, *job: str) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{json.dumps(job)}\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())


def preflight(folder: str, root: str) -> dict[str, str]:
    from preflight import try_package

    return try_package(Path(folder), Path(root))


def packages(folder: str) -> list[str]:
    """Where the packages are over the client in a folder."""
    return [folder, *(str(ROOT / name) for name in ("overlay", "emulator", "importer"))]


def stubs(folder: str, output: str) -> None:
    from api_stubs import main as write

    write(output, *packages(folder))


def exercise(folder: str, change: str) -> list[str]:
    sys.path[:0] = packages(folder)
    from exercise import problems

    return problems(change)


def modules_needed() -> list[str]:
    """What an exercise imports, without the packages that differ from client to client."""
    exercise(str(ROOT / "generated"), "")
    ours = ("asapp_conversations", "exercise", "__main__")
    return [name for name in sys.modules if not name.startswith(ours)]


def forked(function: Callable[..., Any], *arguments: str) -> str:
    """What the function returns in a process of its own, in JSON."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        status = 1
        try:
            os.write(writing, json.dumps(function(*arguments)).encode())
            status = 0
        finally:
            os._exit(status)
    os.close(writing)
    with open(reading, encoding="utf-8") as pipe:  # noqa: PTH123
        answer = pipe.read()
    os.waitpid(child, 0)
    return answer


def main() -> None:
    sys.path[:0] = [str(ROOT / "tools"), str(ROOT / "tests" / "documents")]
    # What a child prints must not be taken for an answer.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    for name in json.loads(forked(modules_needed)):
        with suppress(Exception):
            import_module(name)
    for line in sys.stdin:
        name, *arguments = json.loads(line)
        print(forked(globals()[name], *arguments), file=answers, flush=True)


if __name__ == "__main__":
    main()
