"""What asapp_conversations_client.api.conversations.create_batch_messages exports."""

__all__ = ["asyncio", "asyncio_detailed", "sync", "sync_detailed"]

async def asyncio(
    conversation_id: str, *, client: AuthenticatedClient | Client, body: MessageBatch
) -> ErrorResponse | MessageBatchResponse | None: ...
async def asyncio_detailed(
    conversation_id: str, *, client: AuthenticatedClient | Client, body: MessageBatch
) -> Response[ErrorResponse | MessageBatchResponse]: ...
def sync(
    conversation_id: str, *, client: AuthenticatedClient | Client, body: MessageBatch
) -> ErrorResponse | MessageBatchResponse | None: ...
def sync_detailed(
    conversation_id: str, *, client: AuthenticatedClient | Client, body: MessageBatch
) -> Response[ErrorResponse | MessageBatchResponse]: ...
