"""An event loop that wakes when it was told to."""

from __future__ import annotations

import asyncio
import os
import select
import selectors
from typing import Any

import pytest
from asapp_conversations_importer.sending import punctual


def test_a_wait_is_not_rounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """The wait goes to select as it is, for epoll would make whole milliseconds of it."""
    waits: list[float] = []

    def wait(*arguments: Any) -> Any:
        waits.append(arguments[3])
        return [], [], []

    monkeypatch.setattr(select, "select", wait)
    selector = punctual.PunctualSelector()
    assert selector.select(0.0123) == []
    assert selector.select(0) == []
    assert waits == [0.0123]
    selector.close()


def test_what_is_due_at_once_goes_first() -> None:
    """A file that is ready just before a timer waits until the timer has had its turn."""
    selector = punctual.PunctualSelector()
    reader, writer = os.pipe()
    selector.register(reader, selectors.EVENT_READ)
    os.write(writer, b"word")
    assert [key.fd for key, _ in selector.select(60)] == [reader]
    assert selector.select(punctual.NEAR / 2) == []
    assert [key.fd for key, _ in selector.select(0)] == [reader]
    selector.close()
    os.close(reader)
    os.close(writer)


def test_a_set_that_select_cannot_take_waits_as_before(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process with very many open files loses punctuality, and nothing else."""
    monkeypatch.setattr(punctual, "LARGEST", -1)
    monkeypatch.delattr(select, "select")
    selector = punctual.PunctualSelector()
    assert selector.select(0.001) == []
    selector.close()


def test_what_happens_on_a_file_wakes_it() -> None:
    """Timers, files and other threads wake the loop."""

    async def main() -> str:
        loop = asyncio.get_running_loop()
        reader, writer = os.pipe()
        read = loop.create_future()
        loop.add_reader(reader, lambda: read.done() or read.set_result(os.read(reader, 4)))
        await asyncio.to_thread(os.write, writer, b"word")
        async with asyncio.timeout(60):
            word: bytes = await read
        loop.remove_reader(reader)
        os.close(reader)
        os.close(writer)
        return word.decode()

    with asyncio.Runner(loop_factory=punctual.punctual_loop) as runner:
        assert runner.run(main()) == "word"
