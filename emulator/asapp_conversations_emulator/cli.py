"""The command `emulator`: runs the emulator until it is interrupted."""

from __future__ import annotations

import errno
import os
import signal
import threading
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from functools import partial
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from asapp_conversations import Credentials, InvalidRequestError
from asapp_conversations.toolkit import MAX_BODY_BYTES, check_conversation_id, counted

from .gateway import JITTER_TOLERANCE
from .server import Emulator

WRONG_USAGE = 2
"""The exit status for wrong usage, as Python's argparse has it."""

EXAMPLE = (
    "Example: asapp-conversations emulator --rate 100 --fault 503 --fault reset,stored --share 0.2"
)

FAULT_HELP = (
    "Let requests meet this fault; repeat the option to mix several. A fault is refuse, reset, "
    "silence, delay=SECONDS or a status such as 503. After a status, choose another body with "
    "html, gateway, empty, truncated, cut-off or wrong-charset, and add a header with "
    "retry-after=2, =1.5 or =date:2. Add stored to carry the request out first: reset,stored."
)

# How --help groups the options.
Server = partial(typer.Option, rich_help_panel="Server")
Limit = partial(typer.Option, rich_help_panel="Keys and limits", show_default="no limit")
Content = partial(typer.Option, rich_help_panel="Conversations", metavar="FILE")
Faults = partial(typer.Option, rich_help_panel="Faults")


def emulator(
    port: Annotated[
        int, Server(min=0, max=65535, metavar="N", help="Listen on this port; 0 picks a free one.")
    ] = 8080,
    host: Annotated[
        str,
        Server(
            metavar="ADDRESS",
            help="Listen on this address; only a loopback address keeps other machines out.",
        ),
    ] = "127.0.0.1",
    now: Annotated[
        str | None,
        Server(
            metavar="TIME",
            help="Start the emulator's clock at this time, such as 2026-01-31T23:59:50Z.",
            show_default="the current time",
        ),
    ] = None,
    latency: Annotated[
        float,
        Server(min=0, metavar="SECONDS", help="Take this long to answer each accepted request."),
    ] = 0.0,
    api_id: Annotated[
        str | None,
        Limit(
            metavar="ID",
            help="Accept only this API id, with the secret of --api-secret.",
            show_default="any",
        ),
    ] = None,
    api_secret: Annotated[
        str | None,
        Limit(
            metavar="SECRET",
            help="Accept only this API secret, with the id of --api-id.",
            show_default="any",
        ),
    ] = None,
    rate: Annotated[
        float | None,
        Limit(metavar="N", help="Let N evenly spaced requests a second pass; others get a 429."),
    ] = None,
    tolerance: Annotated[
        float,
        Limit(
            min=0,
            metavar="MS",
            help="Let a request pass that is early by so many milliseconds.",
            show_default=True,
        ),
    ] = 1000 * JITTER_TOLERANCE,
    jitter: Annotated[
        float,
        Limit(
            min=0,
            metavar="MS",
            help="Let requests be late by up to so many milliseconds, at random.",
            show_default="0",
        ),
    ] = 0.0,
    live_traffic: Annotated[
        float,
        Limit(
            min=0,
            metavar="N",
            help="Let N other requests a second, at random times, share the rate.",
            show_default="none",
        ),
    ] = 0.0,
    daily_limit: Annotated[
        int | None,
        Limit(min=0, metavar="N", help="Let N requests pass until 00:00 UTC; others get a 429."),
    ] = None,
    max_body: Annotated[
        int,
        Limit(
            min=1,
            metavar="BYTES",
            help="Accept request bodies up to this size; larger ones get a 413.",
            show_default=True,
        ),
    ] = MAX_BODY_BYTES,
    known_conversations: Annotated[
        Path | None,
        Content(
            help="Accept only the conversation ids in this file, one per line; others get a 404.",
            show_default="every valid id",
        ),
    ] = None,
    store: Annotated[
        Path | None,
        Content(
            help="Keep what is received in this SQLite file, which survives a restart.",
            show_default="in memory",
        ),
    ] = None,
    fault: Annotated[
        list[str] | None, Faults("--fault", metavar="FAULT", help=FAULT_HELP, show_default="none")
    ] = None,
    share: Annotated[
        float,
        Faults(min=0, max=1, metavar="N", help="The share of all requests that meet a fault."),
    ] = 1.0,
    seed: Annotated[
        int,
        Faults(
            metavar="N",
            help="Seed the choice of those requests; the same seed makes the same choice.",
        ),
    ] = 0,
) -> None:
    """Run a local emulator of the API, made from ASAPP's document, until Ctrl-C.

    It sends nothing anywhere. When it starts, it prints the variables that
    point a client at it, and the address of a page that shows what it received.
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
            tolerance=tolerance / 1000,
            jitter=jitter / 1000,
            live_traffic=live_traffic,
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
    typer.echo(
        f"\nThe emulator has stopped. It received {counted(stats['requests'], 'request')} "
        f"and held {counted(stats['messages'], 'message')}."
        + (live_words(stats) if live_traffic else "")
    )


app = typer.Typer(
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_enable=False,
    add_completion=False,
    # With a callback the command has its name, though it is the only one.
    callback=lambda: None,
)
app.command(epilog=EXAMPLE)(emulator)


def greeting(server: Emulator, host: str, *, any_keys: bool, store: Path | None) -> str:
    """The first lines: where it listens, for whom, and how to use it."""
    reach = (
        "Only this machine can reach it."
        if _is_loopback(host)
        else f"It listens on {host}: OTHER MACHINES CAN REACH IT, but not its page or controls."
    )
    keys = "any API keys" if any_keys else "only the API keys that you gave"
    kept = "in memory" if store is None else f"in {store}"
    lines = [
        f"The emulator of ASAPP's Conversations API is running at {server.url}",
        reach,
        f"It accepts {keys} and keeps what it receives {kept}.",
        f"To see what it has received, open {server.url}/_emulator",
        f"To point a client at it, run: export ASAPP_BASE_URL={server.url}"
        + (f" ASAPP_API_ID={server.api_id} ASAPP_API_SECRET={server.api_secret}" * any_keys),
        "Press Ctrl-C to stop it.",
    ]
    return "\n".join(lines)


def live_words(stats: Mapping[str, int]) -> str:
    """What became of the live traffic, in a sentence."""
    live = counted(stats["live"], "live request")
    return f" Of {live} that shared the rate it refused {stats['live_refused']:,}."


def explain(error: OSError, host: str, port: int) -> str:
    """What a person can do about an address that cannot be listened on."""
    if error.errno == errno.EADDRINUSE:
        return f"port {port} is in use; choose another with --port, or let --port 0 pick a free one"
    reason = os.strerror(error.errno) if error.errno and error.errno > 0 else error.strerror
    return f"the emulator cannot listen on {host} port {port}: {reason}"


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
        raise ValueError(f"--now {text!r} is not a time such as 2026-01-31T23:59:50Z") from None


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
    raise typer.Exit(WRONG_USAGE)
