# Generated from openapi.yaml and generator-config.yml: do not edit; run `nox -s generate`.
from typing import Any
from urllib.parse import quote

import httpx

from ...client import AuthenticatedClient, Client
from ...models.error_response import ErrorResponse
from ...models.message_batch import MessageBatch
from ...models.message_batch_response import MessageBatchResponse
from ...reading import read_answer, read_status
from ...types import Response


def _get_kwargs(
    conversation_id: str,
    *,
    body: MessageBatch,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/conversation/v1/conversations/{conversation_id}/messages/batch".format(
            conversation_id=quote(str(conversation_id), safe=""),
        ),
    }

    _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> ErrorResponse | MessageBatchResponse:
    if response.status_code == 200:
        response_200 = MessageBatchResponse.from_dict(response.json())

        return response_200

    if response.status_code == 400:
        response_400 = ErrorResponse.from_dict(response.json())

        return response_400

    if response.status_code == 401:
        response_401 = ErrorResponse.from_dict(response.json())

        return response_401

    if response.status_code == 403:
        response_403 = ErrorResponse.from_dict(response.json())

        return response_403

    if response.status_code == 404:
        response_404 = ErrorResponse.from_dict(response.json())

        return response_404

    if response.status_code == 409:
        response_409 = ErrorResponse.from_dict(response.json())

        return response_409

    if response.status_code == 413:
        response_413 = ErrorResponse.from_dict(response.json())

        return response_413

    if response.status_code == 422:
        response_422 = ErrorResponse.from_dict(response.json())

        return response_422

    if response.status_code == 429:
        response_429 = ErrorResponse.from_dict(response.json())

        return response_429

    if response.status_code == 503:
        response_503 = ErrorResponse.from_dict(response.json())

        return response_503

    response_default = ErrorResponse.from_dict(response.json())

    return response_default


def _build_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Response[ErrorResponse | MessageBatchResponse]:
    return Response(
        status_code=read_status(response),
        content=response.content,
        headers=response.headers,
        parsed=read_answer(_parse_response, client, response),
    )


def sync_detailed(
    conversation_id: str,
    *,
    client: AuthenticatedClient | Client,
    body: MessageBatch,
) -> Response[ErrorResponse | MessageBatchResponse]:
    """Create multiple messages

     This creates multiple message objects at once, adding them to an existing conversation.

    Use this endpoint when you need to add several messages at once, such as when importing historical
    conversation data.

    Args:
        conversation_id (str): The identifier for a conversation.
        body (MessageBatch): A batch of messages for conversation Example: {'messages': [{'text':
            'Hello, I would like to upgrade my internet plan to GOLD.', 'sender': {'role': 'customer',
            'externalId': 'customer-xyz'}, 'timestamp': '2021-11-23T12:13:14.555Z'}, {'text': 'Let me
            help you with that', 'sender': {'role': 'agent', 'externalId': 'agent-111'}, 'timestamp':
            '2021-11-23T12:13:16.666Z'}]}.

    Raises:
        asapp_conversations.AsappError: the request failed or was refused; each class says how.

    Returns:
        Response[ErrorResponse | MessageBatchResponse]
    """

    kwargs = _get_kwargs(
        conversation_id=conversation_id,
        body=body,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    conversation_id: str,
    *,
    client: AuthenticatedClient | Client,
    body: MessageBatch,
) -> ErrorResponse | MessageBatchResponse | None:
    """Create multiple messages

     This creates multiple message objects at once, adding them to an existing conversation.

    Use this endpoint when you need to add several messages at once, such as when importing historical
    conversation data.

    Args:
        conversation_id (str): The identifier for a conversation.
        body (MessageBatch): A batch of messages for conversation Example: {'messages': [{'text':
            'Hello, I would like to upgrade my internet plan to GOLD.', 'sender': {'role': 'customer',
            'externalId': 'customer-xyz'}, 'timestamp': '2021-11-23T12:13:14.555Z'}, {'text': 'Let me
            help you with that', 'sender': {'role': 'agent', 'externalId': 'agent-111'}, 'timestamp':
            '2021-11-23T12:13:16.666Z'}]}.

    Raises:
        asapp_conversations.AsappError: the request failed or was refused; each class says how.

    Returns:
        ErrorResponse | MessageBatchResponse
    """

    return sync_detailed(
        conversation_id=conversation_id,
        client=client,
        body=body,
    ).parsed


async def asyncio_detailed(
    conversation_id: str,
    *,
    client: AuthenticatedClient | Client,
    body: MessageBatch,
) -> Response[ErrorResponse | MessageBatchResponse]:
    """Create multiple messages

     This creates multiple message objects at once, adding them to an existing conversation.

    Use this endpoint when you need to add several messages at once, such as when importing historical
    conversation data.

    Args:
        conversation_id (str): The identifier for a conversation.
        body (MessageBatch): A batch of messages for conversation Example: {'messages': [{'text':
            'Hello, I would like to upgrade my internet plan to GOLD.', 'sender': {'role': 'customer',
            'externalId': 'customer-xyz'}, 'timestamp': '2021-11-23T12:13:14.555Z'}, {'text': 'Let me
            help you with that', 'sender': {'role': 'agent', 'externalId': 'agent-111'}, 'timestamp':
            '2021-11-23T12:13:16.666Z'}]}.

    Raises:
        asapp_conversations.AsappError: the request failed or was refused; each class says how.

    Returns:
        Response[ErrorResponse | MessageBatchResponse]
    """

    kwargs = _get_kwargs(
        conversation_id=conversation_id,
        body=body,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    conversation_id: str,
    *,
    client: AuthenticatedClient | Client,
    body: MessageBatch,
) -> ErrorResponse | MessageBatchResponse | None:
    """Create multiple messages

     This creates multiple message objects at once, adding them to an existing conversation.

    Use this endpoint when you need to add several messages at once, such as when importing historical
    conversation data.

    Args:
        conversation_id (str): The identifier for a conversation.
        body (MessageBatch): A batch of messages for conversation Example: {'messages': [{'text':
            'Hello, I would like to upgrade my internet plan to GOLD.', 'sender': {'role': 'customer',
            'externalId': 'customer-xyz'}, 'timestamp': '2021-11-23T12:13:14.555Z'}, {'text': 'Let me
            help you with that', 'sender': {'role': 'agent', 'externalId': 'agent-111'}, 'timestamp':
            '2021-11-23T12:13:16.666Z'}]}.

    Raises:
        asapp_conversations.AsappError: the request failed or was refused; each class says how.

    Returns:
        ErrorResponse | MessageBatchResponse
    """

    return (
        await asyncio_detailed(
            conversation_id=conversation_id,
            client=client,
            body=body,
        )
    ).parsed
