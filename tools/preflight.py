"""Tries a generated package before it takes the place of the old one.

Run as a script it does so in a process of its own: `preflight.py FOLDER ROOT`, where FOLDER holds
the new package and ROOT the SDK and the emulator. It prints what fails, as JSON by operation.
"""

from __future__ import annotations

import inspect
import json
import logging
import pkgutil
import re
import subprocess
import sys
import types
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from datetime import date, datetime, timedelta
from enum import Enum
from functools import partial
from importlib import import_module
from io import BytesIO
from pathlib import Path
from typing import Any, Union, get_args, get_origin, get_type_hints
from uuid import UUID

from failure import EVERYTHING, RegenerationError

OF_TEXT: dict[Any, Callable[[str], Any]] = {
    datetime: datetime.fromisoformat,
    date: date.fromisoformat,
    UUID: UUID,
}
"""What a generated function takes for a text of a format, and how it is made."""


def check_package(folder: Path, root: Path) -> dict[str, str]:
    """What fails of the package in a folder, by operation, as its method and path.

    Raises:
        RegenerationError: nothing can be tried with it at all.
    """
    command = [sys.executable, "-W", "ignore", str(Path(__file__)), str(folder), str(root)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    try:
        failures: dict[str, str] = json.loads(done.stdout)
    except ValueError:
        words = done.stderr.strip().splitlines()[-1:] or ["no word"]
        raise RegenerationError(f"{EVERYTHING} cannot be used: {words[0]}") from None
    return failures


def try_package(folder: Path, root: Path) -> dict[str, str]:
    """As `check_package`, in this process, which has imported no package of this project yet."""
    sys.path[:0] = [str(folder), f"{root}/overlay", f"{root}/emulator"]
    failures: dict[str, str] = {}
    try:
        trial = _Trial()
    except Exception as error:  # noqa: BLE001
        failures[EVERYTHING] = f"{type(error).__name__}: {error}"
    else:
        # An operation that the emulator cannot serve lets it serve none.
        for checks in (trial.rules, trial.checks):
            for title, check in checks():
                try:
                    check()
                except Exception as error:  # noqa: BLE001
                    failures.setdefault(title, f"{type(error).__name__}: {error}")
            if failures:
                break
    return failures


class _Trial:
    """Calls each operation of the installed client as a user would."""

    def __init__(self) -> None:
        import asapp_conversations as sdk
        from asapp_conversations_client.contracts import CONTRACTS
        from asapp_conversations_emulator import Emulator
        from asapp_conversations_emulator.example_values import example_value
        from asapp_conversations_emulator.schemas import Schemas

        self.sdk, self.contracts = sdk, CONTRACTS.operations
        self.emulator = Emulator
        self.schemas = Schemas(CONTRACTS.schemas)
        self.example = example_value
        self.said: list[str] = []
        handler = logging.Handler(logging.WARNING)
        handler.emit = lambda record: self.said.append(record.getMessage())  # type: ignore[method-assign]
        logging.getLogger("asapp_conversations").addHandler(handler)
        self.modules = dict(self._modules())

    def rules(self) -> Iterator[tuple[str, Callable[[], None]]]:
        """What the emulator makes of each operation."""
        from asapp_conversations_emulator.rules import OperationRules

        for contract in self.contracts:
            operation = contract.operation
            make = partial(OperationRules, contract, self.schemas)
            yield f"{operation.method} {operation.path}", make

    def checks(self) -> Iterator[tuple[str, Callable[[], None]]]:
        """What is tried, and the operation that it is about."""
        with self.emulator() as server, server.client(rate=None, retries=0) as client:
            for contract in self.contracts:
                operation = contract.operation
                title = f"{operation.method} {operation.path}"
                yield title, partial(self.call_emulator, contract, server, client)
                yield title, partial(self.call_with_each_answer, contract)
        yield self._batch_title(), self.create_messages

    def _batch_title(self) -> str:
        from asapp_conversations_client.facts import BATCH

        return f"{BATCH.operation.method} {BATCH.operation.path}"

    def create_messages(self) -> None:
        """Send one more message than a batch may have, with every property."""
        from asapp_conversations.toolkit import MOST_MESSAGES
        from asapp_conversations_client.facts import BATCH

        # An empty part of a path would be another path.
        conversation = self.example(self.schemas, BATCH.conversation_schema, "all")
        message = self.example(self.schemas, BATCH.message_schema, "all")
        count = min(MOST_MESSAGES, 1000) + BATCH.min_messages
        first = datetime(2021, 11, 23, 12, 13, 14, 555000)
        times = (first + timedelta(seconds=number) for number in range(count))
        model, *rest = [
            {**message, "timestamp": f"{time.isoformat(timespec='milliseconds')}Z"}
            for time in times
        ]
        with self.emulator() as server:
            stored = server.client(rate=None, retries=0).create_messages(
                conversation, [self.sdk.Message.from_dict(model), *rest]
            )
            held = server.messages(conversation)
        if stored.stored != count or len(held) != count:
            raise RuntimeError(f"of {count} messages {len(held)} were stored")

    def call_emulator(self, contract: Any, server: Any, client: Any) -> None:
        """Call an operation with every property, with null where it may be, and with the least."""
        for extent in ("least", "all", "null"):
            server.reset()
            self._call(contract, client, extent)

    def call_with_each_answer(self, contract: Any) -> None:
        """Let each documented status be answered, and see what a user gets."""
        import httpx

        for status, bodies in contract.answers.items():
            number = int(status.replace("X", "0")) if status != "default" else 500
            for extent in ("least", "all", "null"):
                media_type, content = "", b""
                for media_type, schema in sorted(bodies.items(), key=_not_json)[:1]:
                    is_json = "json" in media_type
                    value = self.example(self.schemas, schema, extent) if is_json else None
                    content = json.dumps(value).encode() if is_json else b"some"
                headers = {"content-type": media_type} if media_type else {}
                answer = (number, headers, content)

                def send(request: Any, answer: Any = answer) -> Any:
                    return httpx.Response(answer[0], headers=answer[1], content=answer[2])

                transport = httpx.MockTransport(send)
                client = self.sdk.Client(
                    credentials=self._credentials(), transport=transport, retries=0, rate=None
                )
                try:
                    self._call(contract, client, "least")
                except self.sdk.AsappError as error:
                    if number < 300 or getattr(error, "status_code", number) != number:
                        raise
                else:
                    if number >= 300:
                        raise RuntimeError(f"an answer {number} raises nothing")

    def _credentials(self) -> Any:
        from asapp_conversations_emulator.server import EMULATOR_KEYS

        return EMULATOR_KEYS

    def _call(self, contract: Any, client: Any, extent: str) -> None:
        module = self.modules[_signature(contract.operation.method, contract.operation.path)]
        self.said.clear()
        answer = module.sync_detailed(
            client=client, **self._arguments(contract, module.sync_detailed, extent)
        )
        if self.said:
            raise RuntimeError(self.said[0])
        if answer.parsed is None and hasattr(module, "sync") and answer.content:
            raise RuntimeError(f"an answer {int(answer.status_code)} cannot be read")

    def _arguments(self, contract: Any, function: Any, extent: str) -> dict[str, Any]:
        """Values for the parameters of a generated function, which have the document's order."""
        hints = get_type_hints(function)
        names = [name for name in inspect.signature(function).parameters if name != "client"]
        in_path = re.findall(r"\{([^}]+)\}", contract.operation.path)
        by_place = {"path": in_path, "query": [], "header": [], "cookie": []}
        by_name = {(each.place, each.name): each for each in contract.parameters}
        for each in contract.parameters:
            if each.place != "path":
                by_place[each.place].append(each.name)
        ordered = [by_name[place, name] for place, its in by_place.items() for name in its]
        arguments: dict[str, Any] = {}
        if contract.bodies and "body" in names:
            names.remove("body")
            media_type, schema = min(contract.bodies.items(), key=_not_json)
            value = self.example(self.schemas, schema, extent)
            arguments["body"] = _as(hints["body"], value, media_type)
        for name, parameter in zip(names, ordered, strict=True):
            if parameter.required or extent != "least":
                # An empty part of a path would be another path.
                of_value = "all" if parameter.place == "path" else extent
                value = self.example(self.schemas, parameter.schema, of_value)
                arguments[name] = _as(hints[name], value, "")
        return arguments

    def _modules(self) -> Iterator[tuple[str, Any]]:
        """Each generated module that sends an operation, by what it sends."""
        from asapp_conversations_client import api

        for found in pkgutil.walk_packages(api.__path__, f"{api.__name__}."):
            if not found.ispkg:
                module = import_module(found.name)
                source = inspect.getsource(module)
                method = re.search(r'"method": "(\w+)"', source)
                url = re.search(r'"url": "([^"]*)"', source)
                if method and url:
                    yield _signature(method[1], url[1]), module


def _signature(method: str, path: str) -> str:
    """An operation whatever its parameters are called."""
    return f"{method.upper()} {re.sub(r'{[^}]*}', '{}', path)}"


def _not_json(body: tuple[str, Any]) -> bool:
    """Sorts the media types of JSON ahead of others, as the client does."""
    return "json" not in body[0]


def _as(hint: Any, value: Any, media_type: str) -> Any:
    """A JSON value as what a generated function takes for it."""
    kinds = [*get_args(hint)] if get_origin(hint) in (Union, types.UnionType) else [hint]
    kinds = [kind for kind in kinds if getattr(kind, "__name__", "") != "Unset"]
    if value is None and type(None) in kinds:
        return None
    for kind in kinds:
        if get_origin(kind) is list and isinstance(value, list):
            return [_as(get_args(kind)[0], each, "") for each in value]
        if not isinstance(kind, type):
            continue
        if kind.__name__ == "File":
            return kind(payload=BytesIO(b"some"), file_name="some")
        if issubclass(kind, Enum):
            texts = (value, json.dumps(value))
            return next((each for each in kind if each.value in texts), value)
        if hasattr(kind, "from_dict") and isinstance(value, Mapping):
            return _model(kind, value, media_type)
        if isinstance(value, str) and kind in OF_TEXT:
            with suppress(ValueError):
                return OF_TEXT[kind](value)
    return json.dumps(value) if kinds == [str] and not isinstance(value, str) else value


def _model(kind: Any, value: Mapping[str, Any], media_type: str) -> Any:
    """A model; where it is sent in parts, each text of bytes is a file."""
    if media_type != "multipart/form-data":
        return kind.from_dict(value)
    files = {name for name, hint in kind.__annotations__.items() if "File" in str(hint)}
    return kind.from_dict({name: b"" if name in files else it for name, it in value.items()})


if __name__ == "__main__":
    print(json.dumps(try_package(*map(Path, sys.argv[1:]))))
