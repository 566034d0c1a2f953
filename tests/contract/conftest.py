"""The two servers that are held against each other: the emulator and Prism."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from asapp_conversations_emulator import Emulator

DOCUMENT = Path(__file__).resolve().parents[2] / "openapi.yaml"
PRISM = os.environ.get("PRISM")


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    with Emulator() as running:
        yield running


@pytest.fixture(scope="session")
def prism_url() -> Iterator[str]:
    """Prism as a mock of the document; `PRISM` is the path of its command."""
    if not PRISM:
        pytest.skip("Prism is not installed: it needs npm; `nox -s contract` installs it")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [PRISM, "mock", str(DOCUMENT), "--host", "127.0.0.1", "--port", str(port)]
    with subprocess.Popen(
        [*command, "--verboseLevel", "silent"], stdout=subprocess.DEVNULL
    ) as process:
        url = f"http://127.0.0.1:{port}"
        try:
            wait_for(url, process)
            yield url
        finally:
            process.terminate()


def wait_for(url: str, process: subprocess.Popen[bytes], seconds: float = 60) -> None:
    """Wait until a server that another process starts answers."""
    until = time.monotonic() + seconds
    while time.monotonic() < until and process.poll() is None:
        try:
            httpx.get(url, trust_env=False)
        except httpx.ConnectError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError(f"Prism did not start (exit status {process.poll()})")
