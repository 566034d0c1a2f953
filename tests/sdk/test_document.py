"""What is read from the document, this one and later ones."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from asapp_conversations import ConflictError
from asapp_conversations.exchange import Exchange, Resend
from asapp_conversations.retry import RetryPolicy
from asapp_conversations.toolkit import Clock, Document, MessageBatchRules, message_batch_rules


def changed(**operation: Any) -> Document:
    """A document with one more operation, and references instead of inline schemas."""
    base = json.loads(json.dumps(message_batch_rules().operation.document.content))
    (path_item,) = base["paths"].values()
    body = path_item["post"]["requestBody"]["content"]["application/json"]
    base["components"]["schemas"] = {"A~/Batch": body["schema"]}
    body["schema"] = {"$ref": "#/components/schemas/A~0~1Batch"}
    base["paths"]["/things/{thingId}"] = {
        "parameters": [
            {"name": "verbose", "in": "query", "schema": {}},
            {"name": "thingId", "in": "path", "schema": {}},
        ],
        "get": {"responses": {}, **operation},
    }
    return Document(base)


JSON = {"application/json": {"schema": {"type": "array"}}}
ARRAY = {"content": JSON}


def test_a_later_document_is_read_without_code() -> None:
    """References, new operations and new statuses of a later document are understood."""
    document = changed(responses={"2XX": ARRAY, "201": ARRAY, "404": {}})
    rules = MessageBatchRules.of(document)
    assert rules.max_messages == message_batch_rules().max_messages
    thing = document.match("GET", "/things/a%2Fb")
    assert thing is not None
    assert thing.repeatable
    assert thing.success_media_types(201) == thing.success_media_types(204) == tuple(JSON)
    assert thing.success_media_types(404) is None
    assert thing.bodiless_success is None
    assert document.match("POST", "/things/a/b") is None
    assert [name for name, _ in thing.path_parameters()] == ["thingId"]
    assert thing.path(thingId="a/b") == "/things/a%2Fb"
    with pytest.raises(LookupError, match="no operation 'x'"):
        document.operation("x")


def test_operation_without_json_body_says_so() -> None:
    """Asking for the body of an operation that takes no JSON is a LookupError."""
    thing = changed(requestBody={"content": {"text/plain": {}}}).match("GET", "/things/1")
    assert thing is not None
    with pytest.raises(LookupError, match="no JSON body"):
        thing.body_schema()


def test_conflict_without_a_bodiless_success_is_an_error() -> None:
    """Where a success must say more than that it is one, a 409 to a resend stays an error."""
    operation = changed(responses={"201": ARRAY, "409": {}}).match("GET", "/things/1")
    request = httpx.Request("GET", "http://localhost/things/1")
    exchange = Exchange(request, operation, RetryPolicy(3, 60.0, None), Clock(), renewable=False)
    assert isinstance(exchange.judge(httpx.ReadTimeout("slow")), Resend)
    with pytest.raises(ConflictError) as caught:
        exchange.judge(httpx.Response(409, request=request))
    assert caught.value.outcome_unknown
