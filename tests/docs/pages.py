"""Runs what the pages show, so that none of it rots.

Blocks of a page run in their order, in one folder, against an emulator that the environment names:

- a block with a caption is written to the file of that name; `test_*.py` is then run by pytest;
- Python runs, with the names of the blocks before it; a block of text right behind it is what it
  prints;
- in a console, lines behind `$ ` and `> ` are a command and its further lines, and the others are
  what it prints; a command that ends in `&` runs until the end of the page;
- `…` stands for anything, and times, speeds and request ids may differ;
- JSON, YAML and TOML are loaded.

A block behind the comment `<!-- parsed: WHY -->` is only read: Python is compiled, and a command is
looked at by bash. `python tests/docs/pages.py PAGE…` writes into the pages what is printed now.
"""

from __future__ import annotations

import ast
import asyncio
import contextlib
import io
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import yaml
from asapp_conversations_emulator import Emulator
from blocks import ROOT, Block, Command, agrees, blocks, commands, is_output

SANDBOX = "ASAPP's sandbox, api.sandbox.asapp.com"
"""What commands call the server that the pages are about; they are run against the emulator."""

PROGRESS = re.compile(r"(Reading|Sending|Paused|Stopping|Ended)\. .*\n")
"""Lines of progress, which a terminal takes away again."""

ENDLESS = 300
"""Seconds after which a command is taken not to end."""


class Differs(AssertionError):
    """A page says something else than what happens."""

    def __init__(self, page: Path, block: Block, expected: str, printed: str) -> None:
        place = f"{page.relative_to(ROOT)}, line {block.line}"
        super().__init__(f"{place}: the page says\n{expected}\nand this is printed:\n{printed}")


class Runner:
    """Runs the blocks of one page.

    Args:
        page: the page.
        folder: where it runs.
        emulator: what it sends to.
    """

    def __init__(self, page: Path, folder: Path, emulator: Emulator) -> None:
        self.page, self.folder, self.emulator = page, folder, emulator
        self.names: dict[str, Any] = {"__name__": "__main__"}
        self.background: list[subprocess.Popen[str]] = []
        own = str(Path(sys.executable).parent)
        inherited = {name: it for name, it in os.environ.items() if not name.startswith("ASAPP_")}
        self.environment = {
            **inherited,
            **emulator.environment,
            "PATH": f"{own}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": "",
            "COLUMNS": "90",
        }

    def close(self) -> None:
        """End what runs in the background."""
        for process in self.background:
            process.terminate()
            process.communicate()

    def run(self, block: Block, printed: str | None) -> list[tuple[str, str]]:
        """Run a block, and return what the page says is printed next to what is printed."""
        if block.caption:
            path = self.folder / block.caption
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block.text, "utf-8")
            if path.name.startswith("test_"):
                self.test(path)
        if block.parsed or (block.caption and block.language != "python"):
            self.read(block)
        elif block.language == "python" and not block.caption:
            told = self.run_python(block)
            return [] if printed is None and not told else [(printed or "", told)]
        elif block.language == "console":
            return [*self.run_console(block)]
        else:
            self.read(block)
        return []

    def read(self, block: Block) -> None:
        """Raise unless the block is what its language says."""
        match block.language:
            case "python":
                compile(block.text, str(self.page), "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
            case "bash":
                subprocess.run(["bash", "-n", "-c", block.text], check=True)
            case "console":
                for command in commands(block.text):
                    subprocess.run(["bash", "-n", "-c", command.text], check=True)
            case "json":
                for document in block.text.strip().split("\n\n"):
                    json.loads(document)
            case "yaml":
                list(yaml.safe_load_all(block.text))
            case "toml":
                tomllib.loads(block.text)

    def test(self, path: Path) -> None:
        """Run the tests in a file."""
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", path.name]
        done = subprocess.run(
            command,
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr

    def run_python(self, block: Block) -> str:
        """What a block of Python prints."""
        # So that a traceback names the line of the page.
        source = "\n" * block.line + block.text
        code = compile(source, str(self.page), "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
        output = io.StringIO()
        before = dict(os.environ)
        sys.path.insert(0, str(self.folder))
        try:
            os.environ |= self.environment
            with contextlib.chdir(self.folder), contextlib.redirect_stdout(output):
                waiting = eval(code, self.names)
                if waiting is not None:
                    asyncio.run(waiting)
        finally:
            sys.path.remove(str(self.folder))
            os.environ.clear()
            os.environ |= before
        return self.as_told(output.getvalue())

    def run_console(self, block: Block) -> Iterator[tuple[str, str]]:
        """What the page says and what is printed, for each command."""
        for command in commands(block.text):
            if command.text.endswith(" &"):
                printed = self.start(command)
            else:
                printed = self.call(command.text)
            yield "\n".join(command.expected), printed

    def call(self, command: str) -> str:
        """What a command prints, on either stream."""
        done = subprocess.run(
            ["bash", "-c", command],
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=ENDLESS,
            check=False,
        )
        return self.as_told(done.stdout)

    def start(self, command: Command) -> str:
        """As many lines of what a command prints as the page shows; it goes on running."""
        process = subprocess.Popen(
            ["bash", "-c", "exec " + command.text.removesuffix(" &")],
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.background.append(process)
        assert process.stdout is not None
        return "".join(process.stdout.readline() for _ in command.expected)

    def as_told(self, text: str) -> str:
        """The text with ASAPP's server in the place of the emulator."""
        text = PROGRESS.sub("", text)
        address = self.emulator.url.removeprefix("http://")
        text = text.replace(f"To        {address}", f"To        {SANDBOX}")
        text = text.replace(f"To: {address}", f"To: {SANDBOX}").replace(
            self.emulator.url, "https://api.sandbox.asapp.com"
        )
        return "\n".join(line.rstrip() for line in text.strip("\n").splitlines())


def run_page(page: Path, folder: Path) -> Iterator[tuple[Block, list[tuple[str, str]]]]:
    """Run every block; what the page says is printed by each, next to what is printed."""
    shutil.copytree(ROOT / "examples", folder / "examples", dirs_exist_ok=True)
    found = list(blocks(page))
    with ExitStack() as stack:
        emulator = stack.enter_context(Emulator())
        runner = Runner(page, folder, emulator)
        stack.callback(runner.close)
        for number, block in enumerate(found):
            following = found[number + 1] if number + 1 < len(found) else None
            output = following if following and is_output(page, block, following) else None
            yield output or block, runner.run(block, output and output.text)


def check_page(page: Path, folder: Path) -> None:
    """Raise `Differs` where the page says something else than what happens."""
    for block, told in run_page(page, folder):
        for expected, printed in told:
            if not agrees(expected, printed):
                raise Differs(page, block, expected, printed)


def write_page(page: Path) -> None:
    """Write into the page what its blocks print now."""
    with tempfile.TemporaryDirectory() as folder:
        ran = [*run_page(page, Path(folder))]
    lines = page.read_text("utf-8").splitlines()
    for block, told in reversed(ran):
        outputs = [it if agrees(it, printed) else printed for it, printed in told]
        new = "\n".join(outputs)
        if told and block.language == "console":
            pairs = zip(commands(block.text), outputs, strict=True)
            new = "\n".join(
                "\n> ".join(f"$ {command.text}".split("\n")) + f"\n{output}".rstrip("\n")
                for command, output in pairs
            )
        if told and block.language == "python":  # It prints, and the page does not say what.
            lines[block.end : block.end] = ["```text", *new.splitlines(), "```"]
        elif told:
            own = [(block.indent + line).rstrip() for line in new.splitlines()]
            lines[block.line : block.end - 1] = own
    page.write_text("\n".join(lines) + "\n", "utf-8")


if __name__ == "__main__":
    for name in sys.argv[1:]:
        write_page(Path(name).resolve())
