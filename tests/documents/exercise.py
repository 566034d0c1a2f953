"""Uses the packages over a changed document as users do; imported in a process of its own."""

from __future__ import annotations

import asyncio
import copy
import csv
import io
import json
import logging
import os
import pickle
import tempfile
from pathlib import Path
from typing import Any
from unittest.mock import patch

import asapp_conversations as sdk
import asapp_conversations_client
import httpx
from asapp_conversations.toolkit import KEY_VARIABLES, MOST_MESSAGES
from asapp_conversations_client.contracts import CONTRACTS
from asapp_conversations_client.facts import BATCH, OPERATIONS
from asapp_conversations_emulator import Emulator
from asapp_conversations_emulator.example_values import example_value
from asapp_conversations_emulator.schemas import Schemas
from asapp_conversations_emulator.server import EMULATOR_KEYS
from asapp_conversations_importer import import_messages
from asapp_conversations_importer.reading.fields import kinds_of, without_null

SCHEMAS = Schemas(CONTRACTS.schemas)
CONVERSATION = example_value(SCHEMAS, BATCH.conversation_schema, "all")
SHORTEST = BATCH.message_schema["properties"]["text"].get("minLength", 0)
COUNT = min(MOST_MESSAGES, 500) + BATCH.min_messages


def records(extent: Any = "all", count: int = COUNT) -> list[dict[str, Any]]:
    """Messages that differ, with all properties of the document; other times run backwards."""
    example = example_value(SCHEMAS, BATCH.message_schema, extent)
    made = []
    for number in range(count):
        record = copy.deepcopy(example)
        record["text"] = f"message {number}".ljust(SHORTEST, ".")
        for path, hour in zip(BATCH.time_paths, (8, *[7] * len(BATCH.time_paths)), strict=False):
            set_time(record, path, number if hour == 8 else count - number, hour)
        made.append(record)
    return made


def set_time(record: dict[str, Any], path: tuple[str, ...], second: int, hour: int) -> None:
    """Set a time where the record has one."""
    *outer, name = path
    for key in outer:
        record = record.get(key) or {}
    if record.get(name) is not None:
        record[name] = f"2024-03-04T{hour:02}:{second // 60:02}:{second % 60:02}Z"


def texts(server: Emulator, conversation: str = CONVERSATION) -> list[str]:
    return [message["text"] for message in server.messages(conversation)]


def expect(found: object, wanted: object) -> None:
    if found != wanted:
        raise AssertionError(f"{str(found)[:200]} is not {str(wanted)[:200]}")


def messages_are_stored_in_order() -> None:
    """Models, mappings and copies of models, in as many requests as the limits demand."""
    made = records()
    mixed = [
        sdk.Message.from_dict(record) if number % 2 else record
        for number, record in enumerate(made)
    ]
    mixed[1] = pickle.loads(pickle.dumps(copy.deepcopy(copy.copy(mixed[1]))))
    with Emulator() as server, server.client(rate=None) as client:
        stored = client.create_messages(CONVERSATION, mixed)
        expect((stored.stored, texts(server)), (COUNT, [record["text"] for record in made]))
        expect(stored.requests, -(-COUNT // MOST_MESSAGES))
        expect(client.create_messages(CONVERSATION, mixed).already_stored, COUNT)


def least_and_null_messages_are_stored() -> None:
    for extent in ("least", "null"):
        made = records(extent, BATCH.min_messages)
        with Emulator() as server, server.client(rate=None) as client:
            models = [sdk.Message.from_dict(record) for record in made]
            expect(client.create_messages(CONVERSATION, models).stored, len(made))


def tasks_store_as_threads_do() -> None:
    async def store(server: Emulator) -> int:
        async with server.async_client(rate=None) as client:
            return (await client.create_messages(CONVERSATION, records())).stored

    with Emulator() as server:
        expect(asyncio.run(store(server)), COUNT)


def errors_are_typed() -> None:
    batch = records(count=BATCH.min_messages)
    with Emulator() as server, server.client(rate=None, retries=0) as client:
        for status in (400, 401, 403, 404, 413, 422, 429, 500, 503):
            server.fail_next(status)
            try:
                client.create_messages(CONVERSATION, batch)
            except sdk.APIStatusError as error:
                expect((error.status_code, error.code), (status, f"{status}-01"))
                expect(bool(error.message) and bool(error.request_id), True)
                expect(len(error.progress.remaining) + len(error.progress.unknown), len(batch))
            else:
                raise AssertionError(f"{status} raises nothing")


def failures_are_sent_again_and_lost_answers_found() -> None:
    class Now(sdk.toolkit.Clock):  # type: ignore[name-defined]
        def sleep(self, seconds: float) -> None:
            del seconds

    batch = records(count=BATCH.min_messages)
    with Emulator() as server, server.client(rate=None, clock=Now()) as client:
        server.fail_next(429)
        expect(client.create_messages(CONVERSATION, batch).retries, 1)
        server.reset()
        server.fail_next("503,stored")
        try:
            stored = client.create_messages(CONVERSATION, batch)
        except sdk.AsappError as error:
            expect((error.outcome_unknown, BATCH.operation.repeatable), (True, False))
        else:
            expect((stored.stored, BATCH.operation.repeatable), (len(batch), True))
        expect(len(texts(server)), len(batch))


def bad_messages_are_named() -> None:
    bad = {**records(count=1)[0], "text": 5}
    try:
        sdk.Client(credentials=EMULATOR_KEYS).create_messages(
            CONVERSATION, [bad] * BATCH.min_messages
        )
    except sdk.InvalidRequestError as error:
        expect(str(error.problems[0]).startswith("messages[0].text"), True)
    else:
        raise AssertionError("nothing is said of a bad message")


def files_are_imported() -> None:
    """In the order of the messages' own times, whatever that of the lines and of other times is."""
    made = records()
    rows = [{BATCH.conversation_parameter: CONVERSATION, **record} for record in reversed(made)]
    lines = "".join(f"{json.dumps(row)}\n" for row in rows)
    table = io.StringIO()
    flat = [{BATCH.conversation_parameter: CONVERSATION, **cells(row)} for row in rows]
    writer = csv.DictWriter(table, flat[0])
    writer.writeheader()
    writer.writerows(flat)
    for name, content in (("messages.jsonl", lines), ("messages.csv", table.getvalue())):
        with (
            tempfile.TemporaryDirectory() as folder,
            Emulator() as server,
            patch.dict(os.environ, server.environment),
        ):
            file = Path(folder, name)
            file.write_text(content, encoding="utf-8")
            report = import_messages(file, rate=None)
            expect((report.stored, report.rejected, dict(report.reasons)), (COUNT, 0, {}))
            expect([*map(cells, server.messages(CONVERSATION))], [*map(cells, made)])


def cells(
    record: dict[str, Any], schema: Any = BATCH.message_schema, above: tuple[str, ...] = ()
) -> dict[str, str]:
    """What a message is in CSV: a text for each innermost property, JSON where it is no text.

    Where a text may stand, or anything, a cell is one, so that nothing else can be told in CSV.
    """
    found: dict[str, str] = {}
    for name, inner in schema["properties"].items():
        value, path = record.get(name), (*above, name)
        inner = without_null(inner)
        if value is None:
            continue
        if "properties" in inner:
            found |= cells(value, inner, path)
        elif isinstance(value, str) or "string" not in (kinds_of(inner) or {"string"}):
            found[".".join(path)] = value if isinstance(value, str) else json.dumps(value)
    return found


def said(call: Any) -> str:
    """What a call raises, in words."""
    try:
        call()
    except Exception as error:  # noqa: BLE001
        return f"{type(error).__name__}: {error}"
    raise AssertionError("nothing is raised")


def mock(*answers: httpx.Response) -> tuple[Any, list[httpx.Request]]:
    """A client that is given these answers, and what it sends."""
    sent: list[httpx.Request] = []
    rest = iter(answers)

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        return next(rest)

    transport = httpx.MockTransport(answer)
    return sdk.Client(credentials=EMULATOR_KEYS, transport=transport, rate=None), sent


def role_removed() -> None:
    expect(
        "knows no sender 'system'" in said(lambda: sdk.system("text", "id", "2024-03-04T08:00Z")),
        True,
    )


def required_turn() -> None:
    made = sdk.agent("text", "id", "2024-03-04T08:00:00Z", turn=3)
    expect(made.to_dict()["turn"], 3)
    expect("turn" in said(lambda: sdk.agent("text", "id", "2024-03-04T08:00:00Z")), True)
    record = records("least", 1)[0]
    del record["turn"]
    client, sent = mock()
    expect("messages[0]: " in said(lambda: client.create_messages(CONVERSATION, [record])), True)
    expect(sent, [])


def sender_field_required() -> None:
    made = sdk.customer("text", "id", "2024-03-04T08:00:00Z", name="Ada")
    expect(made.sender.to_dict()["name"], "Ada")


def optional_class() -> None:
    expect(sdk.agent("text", "id", "2024-03-04T08:00:00Z", class_="x").to_dict()["class"], "x")


def earlier_time_listed_last() -> None:
    expect(BATCH.time_paths[0], ("timestamp",))


def server_sets_the_message_id() -> None:
    expect("id" in BATCH.message_schema["properties"], False)


def answer_with_fields() -> None:
    heard: list[str] = []
    handler = logging.Handler(logging.WARNING)
    handler.emit = lambda record: heard.append(record.getMessage())  # type: ignore[method-assign]
    logging.getLogger("asapp_conversations").addHandler(handler)
    body = b"{}"
    client, sent = mock(
        httpx.Response(200, json={"ids": ["1"], "count": 1}),
        httpx.Response(200, json={"ids": None}),
    )
    expect(client.send_batch(CONVERSATION, body).answer, {"ids": ["1"], "count": 1})
    expect(heard, [])
    expect(client.send_batch(CONVERSATION, body).answer, {"ids": None})
    expect((len(heard), len(sent)), (1, 2))


def key_in_query() -> None:
    client, sent = mock(httpx.Response(200, json={}))
    client.send_batch(CONVERSATION, b"{}")
    (key,) = (key for key in BATCH.operation.keys if key.place == "query")
    expect(sent[0].url.params[key.name], EMULATOR_KEYS.api_id)
    expect(EMULATOR_KEYS.api_id in str(sent[0].headers), False)


def one_more_key() -> None:
    expect(KEY_VARIABLES["tenant_key"], "ASAPP_TENANT_KEY")
    client, sent = mock(httpx.Response(200, json={}))
    client.send_batch(CONVERSATION, b"{}")
    expect(sent[0].headers["x-tenant"], EMULATOR_KEYS.value("tenant_key"))
    pair = sdk.Credentials("id", "secret")
    client = sdk.Client(credentials=pair, transport=client._transport.session.carrier)
    expect("ASAPP_TENANT_KEY" in said(lambda: client.send_batch(CONVERSATION, b"{}")), True)


def several_servers() -> None:
    expect("sandbox" in sdk.Client(credentials=EMULATOR_KEYS, environment="sandbox").base_url, True)
    production = sdk.Client(credentials=EMULATOR_KEYS, environment="production")
    expect("sandbox" in production.base_url, False)


def names_are_taken() -> None:
    expect(len(OPERATIONS), 7)
    expect(len(asapp_conversations_client.models.__all__) >= 12, True)


def named_components() -> None:
    for name in (
        "Message",
        "MessageBatch",
        "Sender",
        "SenderRole",
        "ErrorResponse",
        "ErrorDetails",
    ):
        getattr(asapp_conversations_client.models, name)


def complete_document() -> None:
    named_components()
    expect(len(OPERATIONS), 56)
    expect({len(operation.keys) for operation in OPERATIONS}, {2})


def read_and_written() -> None:
    expect("id" in BATCH.message_schema["properties"], False)
    (lines,) = (each for each in CONTRACTS.operations if each.operation.operation_id == "lines")
    ((schema,),) = (each.values() for each in lines.answers.values())
    expect("id" in SCHEMAS.resolve(schema)["properties"], True)


CHECKS = (
    messages_are_stored_in_order,
    least_and_null_messages_are_stored,
    tasks_store_as_threads_do,
    errors_are_typed,
    failures_are_sent_again_and_lost_answers_found,
    bad_messages_are_named,
    files_are_imported,
)


def problems(change: str) -> list[str]:
    """What goes wrong, by the check that finds it; nothing when all is well."""
    own = globals().get(change)
    found = []
    for check in (*CHECKS, own) if callable(own) else CHECKS:
        try:
            check()
        except Exception as error:  # noqa: BLE001
            found.append(f"{check.__name__}: {type(error).__name__}: {error}")
    return found
