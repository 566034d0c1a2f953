"""What asapp_conversations.toolkit exports."""

__all__ = [
    "AsyncCredentialsProvider",
    "AsyncGate",
    "Batch",
    "Clock",
    "CredentialsProvider",
    "DAILY_REQUESTS",
    "ERROR_DETAILS",
    "Environment",
    "Exchange",
    "Gate",
    "KEY_VARIABLES",
    "MAX_BODY_BYTES",
    "MOST_MESSAGES",
    "NO_TIME",
    "REQUESTS_PER_SECOND",
    "SERVERS",
    "TaskPacer",
    "USER_AGENT",
    "ask",
    "body_size",
    "check_conversation_id",
    "check_record",
    "choose_credentials",
    "counted",
    "cut_batch",
    "encode_message",
    "encode_record",
    "environment_proxy",
    "format_utc",
    "halved_body_size",
    "make_batch",
    "read_time",
    "resolve_base_url",
    "status_error",
    "to_utc",
]

AsyncCredentialsProvider = collections.abc.Callable[
    [], Credentials | collections.abc.Awaitable[Credentials]
]

class AsyncGate:
    def __init__(self, *args, **kwargs): ...
    async def admit(self, exchange: Exchange) -> None: ...
    def settle(self, exchange: Exchange, outcome: httpx.Response | BaseException) -> None: ...

class Batch:
    def __init__(self, count: int, body: bytes, digest: bytes): ...
    body: bytes
    count: int
    digest: bytes

class Clock:
    def __init__(
        self,
        monotonic: Callable[[], float] = ...,
        time: Callable[[], float] = ...,
        sleep: Callable[[float], None] = ...,
        sleep_async: Callable[[float], Awaitable[None]] = ...,
        random: Callable[[], float] = ...,
    ): ...
    monotonic: Callable[[], float]
    random: Callable[[], float]
    sleep: Callable[[float], None]
    sleep_async: Callable[[float], Awaitable[None]]
    time: Callable[[], float]

CredentialsProvider = collections.abc.Callable[[], Credentials]

DAILY_REQUESTS: dict

ERROR_DETAILS: tuple

Environment = Literal["sandbox", "production"]

class Exchange:
    def __init__(
        self,
        request: httpx.Request,
        operation: Operation | None,
        settings: Settings,
        renewable: bool,
        outcome_unknown: bool = False,
        resends: int = 0,
        pardoned: int = 0,
        request_ids: list[str] = ...,
    ): ...
    @property
    def attempts(self) -> int: ...
    def judge(
        self, outcome: httpx.Response | Exception, keys: Credentials | None = None
    ) -> httpx.Response | float: ...
    operation: Operation | None
    outcome_unknown: bool
    pardoned: int
    renewable: bool
    request: httpx.Request
    request_ids: list[str]
    resends: int
    settings: Settings

class Gate:
    def __init__(self, *args, **kwargs): ...
    def admit(self, exchange: Exchange) -> None: ...
    def settle(self, exchange: Exchange, outcome: httpx.Response | BaseException) -> None: ...

KEY_VARIABLES: dict

MAX_BODY_BYTES: int

MOST_MESSAGES: int

NO_TIME: str

REQUESTS_PER_SECOND: float

SERVERS: dict

class TaskPacer:
    def __init__(self, ceiling: float | None, clock: Clock): ...
    async def admit(self, exchange: Exchange) -> None: ...
    def claim(self) -> float: ...
    def settle(self, exchange: Exchange, outcome: httpx.Response | BaseException) -> None: ...

USER_AGENT: str

async def ask(source: Credentials | AsyncCredentialsProvider) -> Credentials: ...
def body_size(sizes: Iterable[int]) -> int: ...
def check_conversation_id(value: object) -> list[Problem]: ...
def check_record(record: object) -> list[Problem]: ...
def choose_credentials(
    api_id: str | None, api_secret: str | None, credentials: Credentials | ProviderT | None
) -> Credentials | ProviderT: ...
def counted(number: int, noun: str) -> str: ...
def cut_batch(
    contents: Sequence[bytes], start: int = 0, *, max_body_bytes: int, sent: Collection[bytes] = ...
) -> Batch | None: ...
def encode_message(message: Message | Mapping[str, Any]) -> Encoded: ...
def encode_record(record: Mapping[str, Any]) -> Encoded: ...
def environment_proxy(url: httpx.URL) -> str | None: ...
def format_utc(moment: datetime) -> str: ...
def halved_body_size(sizes: Sequence[int]) -> int: ...
def make_batch(contents: Sequence[bytes]) -> Batch: ...
def read_time(text: str) -> tuple[datetime, int]: ...
def resolve_base_url(
    base_url: str | httpx.URL | None = None,
    environment: str | None = None,
    *,
    allow_http: bool = False,
    variables: Mapping[str, str] = ...,
) -> httpx.URL: ...
def status_error(status_code: int) -> type[APIStatusError]: ...
def to_utc(moment: datetime) -> datetime: ...
