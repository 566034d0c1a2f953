"""The command `emulator`: a local stand-in for the API, until it is interrupted."""

from __future__ import annotations

import errno
import os
import signal
import threading
from contextlib import suppress
from datetime import datetime
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from asapp_conversations import Credentials, InvalidRequestError
from asapp_conversations.toolkit import MAX_BODY_BYTES, check_conversation_id

from .server import Emulator

FAULT_HELP = (
    "What befalls requests; repeat it. refuse, reset, silence, delay=SECONDS, or a status such as "
    "503 with one of html, empty, truncated, cut-off, wrong-charset, gateway and with "
    "retry-after=2, =1.5 or =date:2. Add stored to store first: reset,stored."
)


def emulator(
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one.")] = 8080,
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    rate: Annotated[
        float | None, typer.Option(metavar="N", help="Spike arrest: requests a second, evenly.")
    ] = None,
    daily_limit: Annotated[
        int | None, typer.Option(min=0, metavar="N", help="Requests until 00:00 UTC.")
    ] = None,
    max_body: Annotated[
        int, typer.Option(min=1, metavar="BYTES", help="The largest request body.")
    ] = MAX_BODY_BYTES,
    known_conversations: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The ids that exist, one a line.")
    ] = None,
    latency: Annotated[
        float, typer.Option(min=0, metavar="SECONDS", help="Of each accepted request.")
    ] = 0.0,
    store: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Keeps what it holds; SQLite.")
    ] = None,
    fault: Annotated[
        list[str] | None, typer.Option("--fault", metavar="FAULT", help=FAULT_HELP)
    ] = None,
    share: Annotated[
        float, typer.Option(min=0, max=1, help="Of all requests that meet a fault.")
    ] = 1.0,
    seed: Annotated[int, typer.Option(help="Of the draw; the same in every run.")] = 0,
    now: Annotated[
        str | None, typer.Option(metavar="TIME", help="Set its clock: 2026-01-31T23:59:50Z.")
    ] = None,
    api_id: Annotated[
        str | None, typer.Option(help="With --api-secret, the only keys it takes.")
    ] = None,
    api_secret: Annotated[str | None, typer.Option(help="Any keys are taken without it.")] = None,
) -> None:
    """Run a local stand-in for the API, made from its document, until Ctrl-C.

    It listens on this machine alone unless --host says otherwise.
    """
    # A service manager ends it in the same way as Ctrl-C.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        server = Emulator(
            port,
            host=host,
            credentials=_read_keys(api_id, api_secret),
            store=store,
            rate=rate,
            daily_limit=daily_limit,
            max_body=max_body,
            known_conversations=_read_ids(known_conversations) if known_conversations else None,
            latency=latency,
            faults=fault or (),
            share=share,
            seed=seed,
        )
        if now is not None:
            server.set_time(_read_time(now))
        with suppress(KeyboardInterrupt), server:
            typer.echo(greeting(server, host, any_keys=api_id is None, store=store))
            threading.Event().wait()
    except ValueError as error:
        fail(str(error))
    except OSError as error:
        fail(explain(error, host, port))
    stats = server.stats()
    typer.echo(f"\nIt held {stats['messages']:,} messages and had {stats['requests']:,} requests.")


def run(arguments: list[str]) -> None:
    """Run the command; the first argument is its name."""
    app = typer.Typer(pretty_exceptions_enable=False, add_completion=False)
    app.command()(emulator)
    app(args=arguments[1:], prog_name="asapp-conversations emulator")


def greeting(server: Emulator, host: str, *, any_keys: bool, store: Path | None) -> str:
    """The first lines: where it listens, for whom, and how to use it."""
    reach = (
        "It listens on loopback: this machine alone can reach it."
        if _is_loopback(host)
        else f"It listens on {host}: OTHER MACHINES CAN REACH IT, but not its page and orders."
    )
    keys = "Any keys are taken" if any_keys else "Only the keys that were given are taken"
    kept = "kept in memory" if store is None else f"kept in {store}"
    lines = [
        f"An emulator for ASAPP's Conversations API is at {server.url}",
        reach,
        f"{keys}; what it is sent is {kept}.",
        f"Look at it: {server.url}/_emulator",
        f"Use it: export ASAPP_BASE_URL={server.url}"
        + (f" ASAPP_API_ID={server.api_id} ASAPP_API_SECRET={server.api_secret}" * any_keys),
        "Ctrl-C ends it.",
    ]
    return "\n".join(lines)


def explain(error: OSError, host: str, port: int) -> str:
    """What a person can do about an address that cannot be listened on."""
    if error.errno == errno.EADDRINUSE:
        return f"port {port} is taken: name another with --port, or --port 0 for a free one"
    reason = os.strerror(error.errno) if error.errno and error.errno > 0 else error.strerror
    return f"cannot listen on {host} port {port}: {reason}"


def _read_keys(api_id: str | None, api_secret: str | None) -> Credentials | None:
    if (api_id is None) != (api_secret is None):
        raise InvalidRequestError("give both --api-id and --api-secret, or neither")
    if api_id is None or api_secret is None:
        return None
    return Credentials(api_id, api_secret)


def _read_time(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"--now {text!r} is no time such as 2026-01-31T23:59:50Z") from None


def _read_ids(path: Path) -> list[str]:
    try:
        lines = path.read_text("utf-8").splitlines()
    except OSError as error:
        fail(f"{path}: {error.strerror}")
    ids = []
    for number, line in enumerate(map(str.strip, lines), 1):
        problems = check_conversation_id(line) if line else []
        if problems:
            raise ValueError(f"{path}, line {number}: {problems[0]}")
        if line:
            ids.append(line)
    return ids


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def fail(message: str) -> NoReturn:
    """End with the exit status for wrong usage."""
    typer.echo(f"Error: {message}", err=True)
    raise typer.Exit(2)
