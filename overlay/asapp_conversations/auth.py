"""Where the API keys come from."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable
from functools import cached_property
from typing import NoReturn, TypeVar

from asapp_conversations_client.facts import KEY_HEADERS
from attrs import field, frozen

from .errors import InvalidRequestError
from .steps import maybe_await

KEY_VARIABLES = {"api_id": "ASAPP_API_ID", "api_secret": "ASAPP_API_SECRET"}
"""The environment variable that each part of the credentials is read from."""


@frozen(init=False)
class Credentials:
    """A pair of ASAPP API keys. The secret is in no repr, and the pair refuses to be pickled.

    Raises:
        InvalidRequestError: a key is empty, or cannot stand in a header.
    """

    api_id: str
    api_secret: str = field(repr=False)

    def __init__(self, api_id: str, api_secret: str) -> None:
        problem = _key_problem("api_id", api_id) or _key_problem("api_secret", api_secret)
        self.__attrs_init__(api_id, api_secret)  # pyright: ignore[reportAttributeAccessIssue]
        del api_secret  # no frame that an error passes through holds it
        if problem:
            raise InvalidRequestError(problem)

    def __reduce__(self) -> NoReturn:
        raise TypeError("Credentials are not pickled; read them again where they are needed")

    def headers(self) -> dict[str, str]:
        """The keys under the header names of the document's security schemes."""
        return {
            header: getattr(self, scheme.lower().replace("-", "_"))
            for scheme, header in KEY_HEADERS.items()
        }

    @cached_property
    def raw_headers(self) -> list[tuple[bytes, bytes]]:
        """The same as they stand in a request, the names in lower case."""
        return [(name.lower().encode(), key.encode()) for name, key in self.headers().items()]

    def stand_in(self, text: str) -> bool:
        """Whether one of the keys is part of a text."""
        return self.api_id in text or self.api_secret in text


CredentialsProvider = Callable[[], Credentials]
AsyncCredentialsProvider = Callable[[], Credentials | Awaitable[Credentials]]
ProviderT = TypeVar("ProviderT", CredentialsProvider, AsyncCredentialsProvider)


def choose_credentials(
    api_id: str | None, api_secret: str | None, credentials: Credentials | ProviderT | None
) -> Credentials | ProviderT:
    """The credentials or their provider as given, else the keys, completed from the environment."""
    try:
        if credentials is None:
            api_id = os.environ.get(KEY_VARIABLES["api_id"]) if api_id is None else api_id
            if api_secret is None:
                api_secret = os.environ.get(KEY_VARIABLES["api_secret"])
            missing = ["api_id"] * (not api_id) + ["api_secret"] * (not api_secret)
            if missing:
                raise InvalidRequestError(
                    f"no {' and no '.join(missing)}: give {' and '.join(missing)} to the client "
                    f"or set {' and '.join(KEY_VARIABLES[name] for name in missing)}"
                )
            return Credentials(api_id or "", api_secret or "")
        if api_id is not None or api_secret is not None:
            raise InvalidRequestError("give either credentials or api_id and api_secret, not both")
        if isinstance(credentials, Credentials) or callable(credentials):
            return credentials
        raise InvalidRequestError("credentials must be Credentials or a callable")
    finally:
        del api_secret, credentials  # no frame that an error passes through holds a key


async def ask(source: Credentials | AsyncCredentialsProvider) -> Credentials:
    """The credentials, or what their provider returns, now or later."""
    answer = await maybe_await(source() if callable(source) else source)
    if isinstance(answer, Credentials):
        return answer
    kind = type(answer).__name__
    del answer  # it may be a secret
    raise InvalidRequestError(f"the credentials provider must return Credentials, not {kind}")


def _key_problem(name: str, value: object) -> str | None:
    """What is wrong with a key, which is not quoted."""
    if not isinstance(value, str):
        return f"{name} must be a string"
    if not value.strip():
        return f"{name} is empty"
    if value != value.strip():
        return f"{name} begins or ends with a space or a line break: strip it"
    if not value.isascii() or not value.isprintable():
        return f"{name} must consist of printable ASCII characters"
    return None
