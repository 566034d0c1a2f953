"""What asapp_conversations_emulator exports."""

__all__ = ["Behaviour", "Emulator", "Fault", "Request"]

class Behaviour(dict):
    daily_limit: int | None
    faults: Iterable[str | int | Fault]
    jitter: float
    known_conversations: Iterable[str] | None
    latency: float
    live_traffic: float
    max_body: int
    rate: float | None
    seed: int
    share: float
    tolerance: float

class Emulator:
    def __init__(
        self,
        port: int = 0,
        *,
        host: str = "127.0.0.1",
        credentials: Credentials | None = ...,
        store: Path | str | None = None,
        contracts: Contracts = ...,
        daily_limit: int | None = ...,
        faults: Iterable[str | int | Fault] = ...,
        jitter: float = ...,
        known_conversations: Iterable[str] | None = ...,
        latency: float = ...,
        live_traffic: float = ...,
        max_body: int = ...,
        rate: float | None = ...,
        seed: int = ...,
        share: float = ...,
        tolerance: float = ...,
    ): ...
    def __enter__(self) -> Self: ...
    def __exit__(self, *_: object) -> None: ...
    @property
    def api_id(self) -> str: ...
    @property
    def api_secret(self) -> str: ...
    def async_client(self, **options: Any) -> AsyncClient: ...
    def client(self, **options: Any) -> Client: ...
    def conversations(self) -> dict[str, int]: ...
    @property
    def environment(self) -> dict[str, str]: ...
    def fail_next(
        self, fault: str | int | Fault, count: int = 1, conversation_id: str | None = None
    ) -> None: ...
    def messages(self, conversation_id: str) -> list[Any]: ...
    @property
    def requests(self) -> list[Request]: ...
    def reset(self) -> None: ...
    def set_time(self, moment: datetime) -> None: ...
    def start(self) -> None: ...
    def stats(self) -> dict[str, Any]: ...
    def stop(self) -> None: ...
    @property
    def url(self) -> str: ...

class Fault:
    def __init__(
        self,
        kind: str,
        stored: bool = False,
        status: int = 503,
        body: str = "json",
        retry_after: str | None = None,
        seconds=0.0,
    ): ...
    def __str__(self) -> str: ...
    body: str
    kind: str
    @classmethod
    def parse(cls, text: str | int | Fault) -> Fault: ...
    retry_after: str | None
    def retry_after_header(self, now: float) -> str | None: ...
    seconds: float
    status: int
    stored: bool

class Request:
    def __init__(
        self,
        number: int,
        at: float,
        method: str,
        path: str,
        conversation_id: str | None,
        outcome: str,
        status: int | None,
        stored: int,
        fault: str | None,
        request_id: str | None,
        seconds: float,
    ): ...
    at: float
    conversation_id: str | None
    fault: str | None
    method: str
    number: int
    outcome: str
    path: str
    request_id: str | None
    seconds: float
    status: int | None
    stored: int
