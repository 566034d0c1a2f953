"""What asapp_conversations_client.types exports."""

__all__ = ["File", "FileTypes", "RequestFiles", "Response", "UNSET", "Unset"]

class File:
    def __init__(
        self, payload: typing.BinaryIO, file_name: str | None = None, mime_type: str | None = None
    ): ...
    file_name: str | None
    mime_type: str | None
    payload: typing.BinaryIO
    def to_tuple(
        self,
    ) -> (
        tuple[str | None, typing.Union[typing.IO[bytes], bytes, str], str | None]
        | tuple[
            str | None,
            typing.Union[typing.IO[bytes], bytes, str],
            str | None,
            collections.abc.Mapping[str, str],
        ]
    ): ...

FileTypes = (
    tuple[str | None, typing.Union[typing.IO[bytes], bytes, str], str | None]
    | tuple[
        str | None,
        typing.Union[typing.IO[bytes], bytes, str],
        str | None,
        collections.abc.Mapping[str, str],
    ]
)

RequestFiles = list[
    tuple[
        str,
        tuple[str | None, typing.Union[typing.IO[bytes], bytes, str], str | None]
        | tuple[
            str | None,
            typing.Union[typing.IO[bytes], bytes, str],
            str | None,
            collections.abc.Mapping[str, str],
        ],
    ]
]

class Response:
    def __init__(
        self,
        status_code: http.HTTPStatus | int,
        content: bytes,
        headers: collections.abc.MutableMapping[str, str],
        parsed: Optional[T],
    ): ...
    content: bytes
    headers: collections.abc.MutableMapping[str, str]
    parsed: Optional[T]
    status_code: http.HTTPStatus | int

UNSET: Unset

class Unset:
    def __init__(self): ...
    def __bool__(self) -> Literal[False]: ...
