# Generated from openapi.yaml and generator-config.yml: do not edit; run `nox -s generate`.
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import httpx

from ...client import AuthenticatedClient, Client
from ...models.bad_request_response import BadRequestResponse
from ...models.conflict_response import ConflictResponse
from ...models.error_response import ErrorResponse
from ...models.forbidden_response import ForbiddenResponse
from ...models.message_batch import MessageBatch
from ...models.message_batch_response import MessageBatchResponse
from ...models.not_found_response import NotFoundResponse
from ...models.payload_too_large_response import PayloadTooLargeResponse
from ...models.service_unavailable_response import ServiceUnavailableResponse
from ...models.too_many_requests_response import TooManyRequestsResponse
from ...models.unauthorized_response import UnauthorizedResponse
from ...models.unprocessable_entity_response import UnprocessableEntityResponse
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
) -> (
    BadRequestResponse
    | ConflictResponse
    | ErrorResponse
    | ForbiddenResponse
    | MessageBatchResponse
    | NotFoundResponse
    | PayloadTooLargeResponse
    | ServiceUnavailableResponse
    | TooManyRequestsResponse
    | UnauthorizedResponse
    | UnprocessableEntityResponse
):
    if response.status_code == 200:
        response_200 = MessageBatchResponse.from_dict(response.json())

        return response_200

    if response.status_code == 400:
        response_400 = BadRequestResponse.from_dict(response.json())

        return response_400

    if response.status_code == 401:
        response_401 = UnauthorizedResponse.from_dict(response.json())

        return response_401

    if response.status_code == 403:
        response_403 = ForbiddenResponse.from_dict(response.json())

        return response_403

    if response.status_code == 404:
        response_404 = NotFoundResponse.from_dict(response.json())

        return response_404

    if response.status_code == 409:
        response_409 = ConflictResponse.from_dict(response.json())

        return response_409

    if response.status_code == 413:
        response_413 = PayloadTooLargeResponse.from_dict(response.json())

        return response_413

    if response.status_code == 422:
        response_422 = UnprocessableEntityResponse.from_dict(response.json())

        return response_422

    if response.status_code == 429:
        response_429 = TooManyRequestsResponse.from_dict(response.json())

        return response_429

    if response.status_code == 503:
        response_503 = ServiceUnavailableResponse.from_dict(response.json())

        return response_503

    response_default = ErrorResponse.from_dict(response.json())

    return response_default


def _build_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Response[
    BadRequestResponse
    | ConflictResponse
    | ErrorResponse
    | ForbiddenResponse
    | MessageBatchResponse
    | NotFoundResponse
    | PayloadTooLargeResponse
    | ServiceUnavailableResponse
    | TooManyRequestsResponse
    | UnauthorizedResponse
    | UnprocessableEntityResponse
]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    conversation_id: str,
    *,
    client: AuthenticatedClient | Client,
    body: MessageBatch,
) -> Response[
    BadRequestResponse
    | ConflictResponse
    | ErrorResponse
    | ForbiddenResponse
    | MessageBatchResponse
    | NotFoundResponse
    | PayloadTooLargeResponse
    | ServiceUnavailableResponse
    | TooManyRequestsResponse
    | UnauthorizedResponse
    | UnprocessableEntityResponse
]:
    """Create multiple messages

     This creates multiple message objects at once, adding them to an existing conversation.

    Use this endpoint when you need to add several messages at once, such as when importing historical
    conversation data.

    Args:
        conversation_id (str):
        body (MessageBatch): A batch of messages for conversation Example: {'messages': [{'text':
            'Hello, I would like to upgrade my internet plan to GOLD.', 'sender': {'role': 'customer',
            'externalId': 'customer-xyz'}, 'timestamp': '2021-11-23T12:13:14.555Z'}, {'text': 'Let me
            help you with that', 'sender': {'role': 'agent', 'externalId': 'agent-111'}, 'timestamp':
            '2021-11-23T12:13:16.666Z'}]}.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[BadRequestResponse | ConflictResponse | ErrorResponse | ForbiddenResponse | MessageBatchResponse | NotFoundResponse | PayloadTooLargeResponse | ServiceUnavailableResponse | TooManyRequestsResponse | UnauthorizedResponse | UnprocessableEntityResponse]
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
) -> (
    BadRequestResponse
    | ConflictResponse
    | ErrorResponse
    | ForbiddenResponse
    | MessageBatchResponse
    | NotFoundResponse
    | PayloadTooLargeResponse
    | ServiceUnavailableResponse
    | TooManyRequestsResponse
    | UnauthorizedResponse
    | UnprocessableEntityResponse
    | None
):
    """Create multiple messages

     This creates multiple message objects at once, adding them to an existing conversation.

    Use this endpoint when you need to add several messages at once, such as when importing historical
    conversation data.

    Args:
        conversation_id (str):
        body (MessageBatch): A batch of messages for conversation Example: {'messages': [{'text':
            'Hello, I would like to upgrade my internet plan to GOLD.', 'sender': {'role': 'customer',
            'externalId': 'customer-xyz'}, 'timestamp': '2021-11-23T12:13:14.555Z'}, {'text': 'Let me
            help you with that', 'sender': {'role': 'agent', 'externalId': 'agent-111'}, 'timestamp':
            '2021-11-23T12:13:16.666Z'}]}.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        BadRequestResponse | ConflictResponse | ErrorResponse | ForbiddenResponse | MessageBatchResponse | NotFoundResponse | PayloadTooLargeResponse | ServiceUnavailableResponse | TooManyRequestsResponse | UnauthorizedResponse | UnprocessableEntityResponse
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
) -> Response[
    BadRequestResponse
    | ConflictResponse
    | ErrorResponse
    | ForbiddenResponse
    | MessageBatchResponse
    | NotFoundResponse
    | PayloadTooLargeResponse
    | ServiceUnavailableResponse
    | TooManyRequestsResponse
    | UnauthorizedResponse
    | UnprocessableEntityResponse
]:
    """Create multiple messages

     This creates multiple message objects at once, adding them to an existing conversation.

    Use this endpoint when you need to add several messages at once, such as when importing historical
    conversation data.

    Args:
        conversation_id (str):
        body (MessageBatch): A batch of messages for conversation Example: {'messages': [{'text':
            'Hello, I would like to upgrade my internet plan to GOLD.', 'sender': {'role': 'customer',
            'externalId': 'customer-xyz'}, 'timestamp': '2021-11-23T12:13:14.555Z'}, {'text': 'Let me
            help you with that', 'sender': {'role': 'agent', 'externalId': 'agent-111'}, 'timestamp':
            '2021-11-23T12:13:16.666Z'}]}.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[BadRequestResponse | ConflictResponse | ErrorResponse | ForbiddenResponse | MessageBatchResponse | NotFoundResponse | PayloadTooLargeResponse | ServiceUnavailableResponse | TooManyRequestsResponse | UnauthorizedResponse | UnprocessableEntityResponse]
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
) -> (
    BadRequestResponse
    | ConflictResponse
    | ErrorResponse
    | ForbiddenResponse
    | MessageBatchResponse
    | NotFoundResponse
    | PayloadTooLargeResponse
    | ServiceUnavailableResponse
    | TooManyRequestsResponse
    | UnauthorizedResponse
    | UnprocessableEntityResponse
    | None
):
    """Create multiple messages

     This creates multiple message objects at once, adding them to an existing conversation.

    Use this endpoint when you need to add several messages at once, such as when importing historical
    conversation data.

    Args:
        conversation_id (str):
        body (MessageBatch): A batch of messages for conversation Example: {'messages': [{'text':
            'Hello, I would like to upgrade my internet plan to GOLD.', 'sender': {'role': 'customer',
            'externalId': 'customer-xyz'}, 'timestamp': '2021-11-23T12:13:14.555Z'}, {'text': 'Let me
            help you with that', 'sender': {'role': 'agent', 'externalId': 'agent-111'}, 'timestamp':
            '2021-11-23T12:13:16.666Z'}]}.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        BadRequestResponse | ConflictResponse | ErrorResponse | ForbiddenResponse | MessageBatchResponse | NotFoundResponse | PayloadTooLargeResponse | ServiceUnavailableResponse | TooManyRequestsResponse | UnauthorizedResponse | UnprocessableEntityResponse
    """

    return (
        await asyncio_detailed(
            conversation_id=conversation_id,
            client=client,
            body=body,
        )
    ).parsed
