"""What asapp_conversations exports."""

__all__ = [
    "APIConnectionError",
    "APIStatusError",
    "APITimeoutError",
    "AsappError",
    "AsyncClient",
    "AuthenticationError",
    "BadRequestError",
    "Client",
    "ConflictError",
    "Credentials",
    "InternalServerError",
    "InvalidRequestError",
    "Message",
    "NotFoundError",
    "PayloadTooLargeError",
    "PermissionDeniedError",
    "Problem",
    "Progress",
    "RateLimitError",
    "Receipt",
    "RequestFailedError",
    "Sender",
    "SenderRole",
    "ServiceUnavailableError",
    "Stored",
    "UnprocessableEntityError",
    "__spec_sha256__",
    "__spec_version__",
    "__version__",
    "agent",
    "customer",
    "system",
]

class APIConnectionError(RequestFailedError): ...

class APIStatusError(RequestFailedError):
    def __init__(self, request: str, status_code: int, **answer: Any): ...
    advice: ClassVar[str]
    body: object
    code: str | None
    defect: str | None
    message: str | None
    message_quotes_request: bool
    path: str | None
    request_id: str | None
    retry_after: float | None

class APITimeoutError(APIConnectionError): ...

class AsappError(Exception):
    def __str__(self) -> str: ...
    outcome_unknown: bool
    progress: Progress | None
    to_go_on: ClassVar

class AsyncClient:
    def __init__(
        self,
        api_id: str | None = None,
        api_secret: str | None = None,
        *,
        credentials: Credentials | ProviderT | None = None,
        environment: Environment | None = None,
        base_url: str | httpx.URL | None = None,
        timeout: float | httpx.Timeout = 30.0,
        retries: int = 3,
        max_wait: float = 60.0,
        total_timeout: float | None = 120.0,
        rate: float | None = 100.0,
        gate: GateT | None = None,
        headers: Mapping[str, str] | None = None,
        max_answer_bytes: int = 67108864,
        proxy: Proxy | None = None,
        transport: TransportT | None = None,
        allow_http: bool = False,
        clock: Clock | None = None,
    ): ...
    async def __aenter__(self) -> Self: ...
    async def __aexit__(self, *args: object, **kwargs: Any) -> None: ...
    def __enter__(self) -> Self: ...
    def __exit__(self, *args: object, **kwargs: typing.Any) -> None: ...
    async def aclose(self) -> None: ...
    @property
    def base_url(self) -> str: ...
    async def create_messages(
        self: AnyClient,
        conversation_id: str,
        messages: Iterable[AnyMessage] | AsyncIterable[AnyMessage] | Progress,
        *,
        conflict_is_stored: bool = True,
        max_body_bytes: int = 10485760,
    ) -> Stored: ...
    def get_async_httpx_client(self) -> httpx.AsyncClient: ...
    def get_httpx_client(*_: object) -> NoReturn: ...
    raise_on_unexpected_status: bool
    async def send_batch(
        self: AnyClient, conversation_id: str, body: bytes, *, in_doubt: bool = False
    ) -> Receipt: ...
    def set_async_httpx_client(*_: object) -> NoReturn: ...
    def set_httpx_client(*_: object) -> NoReturn: ...
    def with_cookies(*_: object) -> NoReturn: ...
    def with_headers(*_: object) -> NoReturn: ...
    def with_options(
        self,
        *,
        timeout: float | httpx.Timeout = ...,
        retries: int = ...,
        headers: Mapping[str, str] | None = None,
        rate: float | None = ...,
    ) -> Self: ...
    def with_timeout(*_: object) -> NoReturn: ...

class AuthenticationError(APIStatusError):
    def __init__(self, request: str, status_code: int, **answer: Any): ...

class BadRequestError(APIStatusError):
    def __init__(self, request: str, status_code: int, **answer: Any): ...

class Client:
    def __init__(
        self,
        api_id: str | None = None,
        api_secret: str | None = None,
        *,
        credentials: Credentials | ProviderT | None = None,
        environment: Environment | None = None,
        base_url: str | httpx.URL | None = None,
        timeout: float | httpx.Timeout = 30.0,
        retries: int = 3,
        max_wait: float = 60.0,
        total_timeout: float | None = 120.0,
        rate: float | None = 100.0,
        gate: GateT | None = None,
        headers: Mapping[str, str] | None = None,
        max_answer_bytes: int = 67108864,
        proxy: Proxy | None = None,
        transport: TransportT | None = None,
        allow_http: bool = False,
        clock: Clock | None = None,
    ): ...
    async def __aenter__(self) -> Self: ...
    async def __aexit__(self, *args: object, **kwargs: typing.Any) -> None: ...
    def __enter__(self) -> Self: ...
    def __exit__(self, *args: object, **kwargs: Any) -> None: ...
    @property
    def base_url(self) -> str: ...
    def close(self) -> None: ...
    def create_messages(
        self: AnyClient,
        conversation_id: str,
        messages: Iterable[AnyMessage] | AsyncIterable[AnyMessage] | Progress,
        *,
        conflict_is_stored: bool = True,
        max_body_bytes: int = 10485760,
    ) -> Stored: ...
    def get_async_httpx_client(*_: object) -> NoReturn: ...
    def get_httpx_client(self) -> httpx.Client: ...
    raise_on_unexpected_status: bool
    def send_batch(
        self: AnyClient, conversation_id: str, body: bytes, *, in_doubt: bool = False
    ) -> Receipt: ...
    def set_async_httpx_client(*_: object) -> NoReturn: ...
    def set_httpx_client(*_: object) -> NoReturn: ...
    def with_cookies(*_: object) -> NoReturn: ...
    def with_headers(*_: object) -> NoReturn: ...
    def with_options(
        self,
        *,
        timeout: float | httpx.Timeout = ...,
        retries: int = ...,
        headers: Mapping[str, str] | None = None,
        rate: float | None = ...,
    ) -> Self: ...
    def with_timeout(*_: object) -> NoReturn: ...

class ConflictError(APIStatusError):
    def __init__(self, request: str, status_code: int, **answer: Any): ...

class Credentials:
    def __init__(self, api_id: str, api_secret: str, **others: str): ...
    api_id: str
    api_secret: str
    def demand_all(self, operation: Operation) -> None: ...
    def headers(self, operation: Operation = ...) -> dict[str, str]: ...
    others: Mapping[str, str]
    def sign(self, operation: Operation, request: httpx.Request) -> tuple[httpx.URL, Headers]: ...
    def stand_in(self, text: str) -> bool: ...
    def value(self, name: str) -> str: ...

class InternalServerError(APIStatusError):
    def __init__(self, request: str, status_code: int, **answer: Any): ...

class InvalidRequestError(AsappError, ValueError):
    def __init__(self, message: str, problems: Iterable[Problem] = ...): ...

from asapp_conversations_client.models import Message

class NotFoundError(APIStatusError):
    def __init__(self, request: str, status_code: int, **answer: Any): ...

class PayloadTooLargeError(APIStatusError):
    def __init__(self, request: str, status_code: int, **answer: Any): ...

class PermissionDeniedError(APIStatusError):
    def __init__(self, request: str, status_code: int, **answer: Any): ...

class Problem:
    def __init__(self, path: str, reason: str): ...
    def __str__(self) -> str: ...
    path: str
    reason: str
    def under(self, parent: str) -> Problem: ...

class Progress(Stored):
    def __init__(
        self,
        stored: int = 0,
        already_stored: int = 0,
        requests: int = 0,
        retries: int = 0,
        request_ids: tuple[str, ...] = ...,
        *,
        unknown: Sequence[AnyMessage] = ...,
        remaining: Sequence[AnyMessage] = ...,
        sent: frozenset[bytes] = ...,
    ): ...
    def __str__(self) -> str: ...
    remaining: Sequence[AnyMessage]
    sent: frozenset[bytes]
    unknown: Sequence[AnyMessage]
    def with_remaining(self, messages: Iterable[AnyMessage]) -> Self: ...

class RateLimitError(APIStatusError):
    def __init__(self, request: str, status_code: int, **answer: Any): ...

class Receipt:
    def __init__(
        self,
        request_ids: tuple[str, ...] = ...,
        confirmed_by_conflict: bool = False,
        answer: Any = None,
    ): ...
    answer: Any
    @property
    def attempts(self) -> int: ...
    confirmed_by_conflict: bool
    request_ids: tuple[str, ...]

class RequestFailedError(AsappError):
    attempts: int
    request_ids: tuple[str, ...]

from asapp_conversations_client.models import Sender

from asapp_conversations_client.models import SenderRole

class ServiceUnavailableError(InternalServerError):
    def __init__(self, request: str, status_code: int, **answer: Any): ...

class Stored:
    def __init__(
        self,
        stored: int = 0,
        already_stored: int = 0,
        requests: int = 0,
        retries: int = 0,
        request_ids: tuple[str, ...] = ...,
    ): ...
    already_stored: int
    request_ids: tuple[str, ...]
    requests: int
    retries: int
    stored: int

class UnprocessableEntityError(APIStatusError):
    def __init__(self, request: str, status_code: int, **answer: Any): ...

__spec_sha256__: str

__spec_version__: str

__version__: str

def agent(text: str, external_id: str, timestamp: datetime | str, **fields: Any) -> Message: ...
def customer(text: str, external_id: str, timestamp: datetime | str, **fields: Any) -> Message: ...
def system(text: str, external_id: str, timestamp: datetime | str, **fields: Any) -> Message: ...
