"""Processes beside this one: to measure what a function takes, or to keep the machine busy."""

from __future__ import annotations

import gc
import multiprocessing
import os
import re
import resource
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, cast

from attrs import frozen


@frozen
class Took:
    """What a function took, without the start of its process.

    Attributes:
        result: what it returned.
        wall: seconds.
        cpu: seconds of processor time, of all threads and of all processes that it has ended.
        peak: the most memory that the process has held, in MB.
    """

    result: Any
    wall: float
    cpu: float
    peak: float


def _cpu() -> float:
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + ended.ru_utime + ended.ru_stime


def peak() -> float:
    """The most memory held so far, in MB."""
    # What getrusage tells begins at what the process held that started this one.
    found = re.search(r"VmHWM:\s*(\d+) kB", Path("/proc/self/status").read_text())
    assert found
    return int(found[1]) / 1000


def _run(pipe: Connection, function: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
    gc.collect()
    wall, cpu = time.perf_counter(), _cpu()
    result = function(*arguments)
    wall, cpu = time.perf_counter() - wall, _cpu() - cpu
    pipe.send(Took(result, wall, cpu, peak()))


def apart(function: Callable[..., Any], *arguments: Any) -> Took:
    """Run it in a fresh process, which has imported only what the function's module imports."""
    processes = multiprocessing.get_context("spawn")
    ours, theirs = processes.Pipe()
    process = processes.Process(target=_run, args=(theirs, function, arguments))
    process.start()
    theirs.close()
    took = cast("Took", ours.recv())
    process.join()
    return took


def _work() -> None:
    while True:
        pass


@contextmanager
def others_at_work() -> Iterator[None]:
    """As many busy processes as there are processors."""
    processes = multiprocessing.get_context("spawn")
    workers = [processes.Process(target=_work, daemon=True) for _ in range(os.cpu_count() or 1)]
    for worker in workers:
        worker.start()
    try:
        yield
    finally:
        for worker in workers:
            worker.kill()
            worker.join()
