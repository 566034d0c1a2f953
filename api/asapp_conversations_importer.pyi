"""What asapp_conversations_importer exports."""

__all__ = [
    "Failure",
    "Files",
    "ImportArguments",
    "ImportOptions",
    "ImportPlan",
    "ImportReport",
    "Interruption",
    "LedgerError",
    "PacedBy",
    "Phase",
    "Query",
    "ReadArguments",
    "ReadOptions",
    "Reason",
    "Records",
    "Sample",
    "Snapshot",
    "SourceError",
    "Standing",
    "StoppedBy",
    "Table",
    "Waiting",
    "forget_rejects",
    "import_messages",
    "import_messages_async",
    "plan_import",
    "prepare_import",
    "read_standing",
    "rejects_of",
    "write_rejects",
]

class Failure:
    def __init__(self, conversation_id: str, reason: str): ...
    conversation_id: str
    reason: str

class Files:
    def __init__(self, paths: tuple[str, ...]): ...
    paths: tuple[str, ...]

class ImportArguments(dict):
    allow_http: bool
    ambiguous: Ambiguous | None
    api_id: str | None
    api_secret: str | None
    base_url: str | None
    clock: Clock | None
    columns: Mapping[str, str]
    concurrency: int
    confirm: Callable[[ImportReport], bool] | None
    credentials: Credentials | AsyncCredentialsProvider | None
    daily_limit: int | None
    delimiter: str | None
    encoding: str | None
    environment: Environment | None
    first: int | None
    headers: Mapping[str, str] | None
    interruption: Interruption
    isolate: bool
    ledger: str | PathLike[str] | None
    max_answer_bytes: int
    max_body: int
    max_wait: float
    memory_limit: int
    null: OneOrMore
    on_progress: Callable[[ImportReport], None]
    one_line_rows: bool
    proxy: str | httpx.URL | httpx.Proxy | None
    rate: float | None
    rejects: str | PathLike[str] | None
    retries: int
    time_formats: OneOrMore
    timeout: float
    timezone: str | tzinfo
    transport: httpx.AsyncBaseTransport | None
    values: Mapping[str, Mapping[str, str]]
    wait: bool

class ImportOptions:
    def __init__(
        self,
        *,
        ledger: Path | None,
        rejects: Path | None,
        read: ReadOptions = ...,
        concurrency: int = 100,
        daily_limit: int | None = None,
        wait: bool = False,
        isolate: bool = True,
        first: int | None = None,
        max_body: int = 10485760,
        memory_limit: int = 1000000000,
        confirm: Callable[[ImportReport], bool] | None = None,
        on_progress: Callable[[ImportReport], None] = ...,
        interruption: Interruption = ...,
    ): ...
    concurrency: int
    confirm: Callable[[ImportReport], bool] | None
    daily_limit: int | None
    first: int | None
    interruption: Interruption
    isolate: bool
    ledger: Path | None
    max_body: int
    memory_limit: int
    on_progress: Callable[[ImportReport], None]
    read: ReadOptions
    rejects: Path | None
    wait: bool

class ImportPlan:
    def __init__(
        self,
        conversations: int,
        messages: int,
        rejected: int,
        skipped: int,
        to_send: int,
        waiting: int,
        requests: int,
        body_bytes: int,
        largest_body: int,
        duplicates: int,
        odd_times: Mapping[str, int],
        reasons: Mapping[str, Reason],
        ledger: str | None,
    ): ...
    body_bytes: int
    conversations: int
    duplicates: int
    largest_body: int
    ledger: str | None
    messages: int
    odd_times: Mapping[str, int]
    reasons: Mapping[str, Reason]
    rejected: int
    requests: int
    skipped: int
    def to_dict(self) -> dict[str, Any]: ...
    to_send: int
    waiting: int

class ImportReport:
    def __init__(
        self,
        phase: Phase = ...,
        base_url: str = "",
        records: int = 0,
        conversations: int = 0,
        messages: int = 0,
        stored: int = 0,
        already_stored: int = 0,
        skipped: int = 0,
        rejected: int = 0,
        in_doubt: int = 0,
        unsent: int = 0,
        requests: int = 0,
        retries: int = 0,
        pace: float | None = None,
        paced_by: PacedBy | None = None,
        elapsed_s: float = 0.0,
        stopped_by: StoppedBy | None = None,
        resume_at: str | None = None,
        detail: str | None = None,
        requests_today: int = 0,
        daily_limit: int | None = None,
        least_requests: int | None = None,
        odd_times: Mapping[str, int] = ...,
        reasons: Mapping[str, int] = ...,
        answers: Mapping[str, int] = ...,
        failures: Sequence[Failure] = ...,
        ledger: str | None = None,
        rejects: str | None = None,
        warnings: Sequence[str] = ...,
        samples: Sequence[Sample] = ...,
    ): ...
    already_stored: int
    answers: Mapping[str, int]
    base_url: str
    conversations: int
    daily_limit: int | None
    detail: str | None
    elapsed_s: float
    @property
    def exit_status(self) -> int: ...
    failures: Sequence[Failure]
    in_doubt: int
    least_requests: int | None
    ledger: str | None
    messages: int
    odd_times: Mapping[str, int]
    pace: float | None
    paced_by: PacedBy | None
    phase: Phase
    reasons: Mapping[str, int]
    records: int
    @property
    def refused(self) -> int: ...
    rejected: int
    rejects: str | None
    requests: int
    requests_today: int
    resume_at: str | None
    retries: int
    samples: Sequence[Sample]
    @property
    def settled(self) -> int: ...
    skipped: int
    stopped_by: StoppedBy | None
    stored: int
    def to_dict(self) -> dict[str, Any]: ...
    @property
    def trial_passed(self) -> bool | None: ...
    unsent: int
    warnings: Sequence[str]

class Interruption:
    def __init__(self): ...
    def listen(self, listener: Callable[[StoppedBy], object]) -> None: ...
    def request(self, by: StoppedBy = ...) -> None: ...

class LedgerError(AsappError): ...

class PacedBy(StrEnum):
    CEILING = "ceiling"
    CONCURRENCY = "concurrency"
    FAILURES = "failures"
    LIMIT = "limit"
    REFUSALS = "refusals"

class Phase(StrEnum):
    ENDED = "ended"
    PAUSED = "paused"
    READING = "reading"
    SENDING = "sending"

class Query:
    def __init__(self, sql: str): ...
    sql: str

class ReadArguments(dict):
    ambiguous: Ambiguous | None
    columns: Mapping[str, str]
    delimiter: str | None
    encoding: str | None
    null: OneOrMore
    one_line_rows: bool
    time_formats: OneOrMore
    timezone: str | tzinfo
    values: Mapping[str, Mapping[str, str]]

class ReadOptions:
    def __init__(
        self,
        columns: Mapping[str, str] = ...,
        values: Mapping[str, Mapping[str, str]] = ...,
        null: OneOrMore = ...,
        timezone: str | tzinfo = ...,
        time_formats: OneOrMore = ...,
        ambiguous: Ambiguous | None = None,
        delimiter: str | None = None,
        encoding: str | None = None,
        one_line_rows: bool = False,
        max_body_bytes: int = 10485760,
    ): ...
    ambiguous: Ambiguous | None
    columns: Mapping[str, str]
    delimiter: str | None
    encoding: str | None
    max_body_bytes: int
    null: tuple[str, ...]
    one_line_rows: bool
    time_formats: tuple[str, ...]
    timezone: tzinfo
    values: Mapping[str, Mapping[str, str]]

class Reason:
    def __init__(self, count: int = 0, examples: list[str] = ...): ...
    count: int
    examples: list[str]

class Records:
    def __init__(self, data: Iterable[Mapping[str, Any]]): ...
    data: Iterable[Mapping[str, Any]]

class Sample:
    def __init__(self, at: float, messages: int, answers: Mapping[str, int]): ...
    answers: Mapping[str, int]
    at: float
    messages: int

class Snapshot:
    def __init__(self, paths: OneOrMore): ...
    paths: tuple[str, ...]

class SourceError(InvalidRequestError):
    def __init__(self, message: str, problems: Iterable[Problem] = ...): ...

class Standing:
    def __init__(
        self,
        ledger: str,
        base_url: str,
        api_id: str,
        running: bool,
        conversations: Mapping[str, int],
        stored: int,
        rejected: int,
        in_doubt: int,
        invalid: int,
        kept: int,
        waiting: Sequence[Waiting],
        reasons: Mapping[str, int],
        requests: Mapping[str, int],
        started: str | None = None,
        ended: str | None = None,
        stopped_by: str | None = None,
        resume_at: str | None = None,
        unsent: int = 0,
        daily_limit: int | None = None,
    ): ...
    api_id: str
    base_url: str
    conversations: Mapping[str, int]
    daily_limit: int | None
    ended: str | None
    in_doubt: int
    invalid: int
    kept: int
    ledger: str
    reasons: Mapping[str, int]
    rejected: int
    requests: Mapping[str, int]
    resume_at: str | None
    running: bool
    started: str | None
    stopped_by: str | None
    stored: int
    def to_dict(self) -> dict[str, Any]: ...
    unsent: int
    waiting: Sequence[Waiting]

class StoppedBy(StrEnum):
    CREDENTIALS = "credentials"
    DAILY_LIMIT = "daily_limit"
    DECLINED = "declined"
    INTERRUPT = "interrupt"
    LEDGER = "ledger"
    RATE_LIMIT = "rate_limit"
    REFUSALS = "refusals"
    SERVICE = "service"
    TERMINATION = "termination"
    TRIAL = "trial"
    UNEXPECTED_ANSWER = "unexpected_answer"

class Table:
    def __init__(self, data: Any): ...
    data: Any

class Waiting:
    def __init__(self, conversation_id: str, status: str, reason: str | None): ...
    conversation_id: str
    reason: str | None
    status: str

def forget_rejects(path: Path) -> int: ...
def import_messages(
    source: SourceLike,
    *,
    allow_http: bool = ...,
    ambiguous: Ambiguous | None = ...,
    api_id: str | None = ...,
    api_secret: str | None = ...,
    base_url: str | None = ...,
    clock: Clock | None = ...,
    columns: Mapping[str, str] = ...,
    concurrency: int = ...,
    confirm: Callable[[ImportReport], bool] | None = ...,
    credentials: Credentials | AsyncCredentialsProvider | None = ...,
    daily_limit: int | None = ...,
    delimiter: str | None = ...,
    encoding: str | None = ...,
    environment: Environment | None = ...,
    first: int | None = ...,
    headers: Mapping[str, str] | None = ...,
    interruption: Interruption = ...,
    isolate: bool = ...,
    ledger: str | PathLike[str] | None = ...,
    max_answer_bytes: int = ...,
    max_body: int = ...,
    max_wait: float = ...,
    memory_limit: int = ...,
    null: OneOrMore = ...,
    on_progress: Callable[[ImportReport], None] = ...,
    one_line_rows: bool = ...,
    proxy: str | httpx.URL | httpx.Proxy | None = ...,
    rate: float | None = ...,
    rejects: str | PathLike[str] | None = ...,
    retries: int = ...,
    time_formats: OneOrMore = ...,
    timeout: float = ...,
    timezone: str | tzinfo = ...,
    transport: httpx.AsyncBaseTransport | None = ...,
    values: Mapping[str, Mapping[str, str]] = ...,
    wait: bool = ...,
) -> ImportReport: ...
async def import_messages_async(
    source: SourceLike,
    *,
    allow_http: bool = ...,
    ambiguous: Ambiguous | None = ...,
    api_id: str | None = ...,
    api_secret: str | None = ...,
    base_url: str | None = ...,
    clock: Clock | None = ...,
    columns: Mapping[str, str] = ...,
    concurrency: int = ...,
    confirm: Callable[[ImportReport], bool] | None = ...,
    credentials: Credentials | AsyncCredentialsProvider | None = ...,
    daily_limit: int | None = ...,
    delimiter: str | None = ...,
    encoding: str | None = ...,
    environment: Environment | None = ...,
    first: int | None = ...,
    headers: Mapping[str, str] | None = ...,
    interruption: Interruption = ...,
    isolate: bool = ...,
    ledger: str | PathLike[str] | None = ...,
    max_answer_bytes: int = ...,
    max_body: int = ...,
    max_wait: float = ...,
    memory_limit: int = ...,
    null: OneOrMore = ...,
    on_progress: Callable[[ImportReport], None] = ...,
    one_line_rows: bool = ...,
    proxy: str | httpx.URL | httpx.Proxy | None = ...,
    rate: float | None = ...,
    rejects: str | PathLike[str] | None = ...,
    retries: int = ...,
    time_formats: OneOrMore = ...,
    timeout: float = ...,
    timezone: str | tzinfo = ...,
    transport: httpx.AsyncBaseTransport | None = ...,
    values: Mapping[str, Mapping[str, str]] = ...,
    wait: bool = ...,
) -> ImportReport: ...
def plan_import(
    source: SourceLike,
    *,
    allow_http: bool = ...,
    ambiguous: Ambiguous | None = ...,
    api_id: str | None = ...,
    api_secret: str | None = ...,
    base_url: str | None = ...,
    clock: Clock | None = ...,
    columns: Mapping[str, str] = ...,
    concurrency: int = ...,
    confirm: Callable[[ImportReport], bool] | None = ...,
    credentials: Credentials | AsyncCredentialsProvider | None = ...,
    daily_limit: int | None = ...,
    delimiter: str | None = ...,
    encoding: str | None = ...,
    environment: Environment | None = ...,
    first: int | None = ...,
    headers: Mapping[str, str] | None = ...,
    interruption: Interruption = ...,
    isolate: bool = ...,
    ledger: str | PathLike[str] | None = ...,
    max_answer_bytes: int = ...,
    max_body: int = ...,
    max_wait: float = ...,
    memory_limit: int = ...,
    null: OneOrMore = ...,
    on_progress: Callable[[ImportReport], None] = ...,
    one_line_rows: bool = ...,
    proxy: str | httpx.URL | httpx.Proxy | None = ...,
    rate: float | None = ...,
    rejects: str | PathLike[str] | None = ...,
    retries: int = ...,
    time_formats: OneOrMore = ...,
    timeout: float = ...,
    timezone: str | tzinfo = ...,
    transport: httpx.AsyncBaseTransport | None = ...,
    values: Mapping[str, Mapping[str, str]] = ...,
    wait: bool = ...,
) -> ImportPlan: ...
def prepare_import(
    source: SourceLike,
    to: str | os.PathLike[str],
    *,
    allow_http: bool = ...,
    ambiguous: Ambiguous | None = ...,
    api_id: str | None = ...,
    api_secret: str | None = ...,
    base_url: str | None = ...,
    clock: Clock | None = ...,
    columns: Mapping[str, str] = ...,
    concurrency: int = ...,
    confirm: Callable[[ImportReport], bool] | None = ...,
    credentials: Credentials | AsyncCredentialsProvider | None = ...,
    daily_limit: int | None = ...,
    delimiter: str | None = ...,
    encoding: str | None = ...,
    environment: Environment | None = ...,
    first: int | None = ...,
    headers: Mapping[str, str] | None = ...,
    interruption: Interruption = ...,
    isolate: bool = ...,
    ledger: str | PathLike[str] | None = ...,
    max_answer_bytes: int = ...,
    max_body: int = ...,
    max_wait: float = ...,
    memory_limit: int = ...,
    null: OneOrMore = ...,
    on_progress: Callable[[ImportReport], None] = ...,
    one_line_rows: bool = ...,
    proxy: str | httpx.URL | httpx.Proxy | None = ...,
    rate: float | None = ...,
    rejects: str | PathLike[str] | None = ...,
    retries: int = ...,
    time_formats: OneOrMore = ...,
    timeout: float = ...,
    timezone: str | tzinfo = ...,
    transport: httpx.AsyncBaseTransport | None = ...,
    values: Mapping[str, Mapping[str, str]] = ...,
    wait: bool = ...,
) -> ImportPlan: ...
def read_standing(path: Path) -> Standing: ...
def rejects_of(path: Path) -> Iterator[dict[str, Any]]: ...
def write_rejects(
    path: Path, rejects: Iterable[dict[str, Any]], known: str | None
) -> str | None: ...
