"""Where the API keys come from."""

from __future__ import annotations

import inspect
import os
import threading
from collections.abc import Awaitable, Callable, Mapping
from typing import NoReturn, TypeVar

import anyio
from attrs import field, frozen

from .errors import InvalidRequestError
from .spec import load_document

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
            for scheme, header in load_document().key_headers.items()
        }


CredentialsProvider = Callable[[], Credentials]
AsyncCredentialsProvider = Callable[[], Credentials | Awaitable[Credentials]]
ProviderT = TypeVar("ProviderT", CredentialsProvider, AsyncCredentialsProvider)


def choose_credentials(
    api_id: str | None,
    api_secret: str | None,
    credentials: Credentials | ProviderT | None,
    environment: Mapping[str, str] = os.environ,
) -> Credentials | ProviderT:
    """The credentials or their provider as given, else the keys, completed from the environment."""
    try:
        if credentials is None:
            return _find_credentials(api_id, api_secret, environment)
        if api_id is not None or api_secret is not None:
            raise InvalidRequestError("give either credentials or api_id and api_secret, not both")
        return credentials
    finally:
        del api_secret  # no frame that an error passes through holds it


def _find_credentials(
    api_id: str | None, api_secret: str | None, environment: Mapping[str, str]
) -> Credentials:
    try:
        if api_id is None:
            api_id = environment.get(KEY_VARIABLES["api_id"])
        if api_secret is None:
            api_secret = environment.get(KEY_VARIABLES["api_secret"])
        missing = ["api_id"] * (not api_id) + ["api_secret"] * (not api_secret)
        if missing:
            raise InvalidRequestError(
                f"no {' and no '.join(missing)}: give {' and '.join(missing)} to the client "
                f"or set {' and '.join(KEY_VARIABLES[name] for name in missing)}"
            )
        return Credentials(str(api_id), str(api_secret))
    finally:
        del api_secret


class ThreadCredentials:
    """The credentials in force, shared by the threads of a client."""

    def __init__(self, source: Credentials | CredentialsProvider) -> None:
        self.renewable = callable(source)
        self._ask: CredentialsProvider = source if callable(source) else lambda: source
        self._current: Credentials | None = None
        self._turn = threading.Lock()

    def get(self, refused: Credentials | None = None) -> Credentials:
        """The credentials in force; asks the provider if there are none but the refused ones."""
        with self._turn:
            if self._current is None or self._current is refused:
                self._current = _checked(self._ask())
            return self._current


class TaskCredentials:
    """The credentials in force, shared by the tasks of a client."""

    def __init__(self, source: Credentials | AsyncCredentialsProvider) -> None:
        self.renewable = callable(source)
        self._ask: AsyncCredentialsProvider = source if callable(source) else lambda: source
        self._current: Credentials | None = None
        self._turn = anyio.Lock()

    async def get(self, refused: Credentials | None = None) -> Credentials:
        """The credentials in force; asks the provider if there are none but the refused ones."""
        async with self._turn:
            if self._current is None or self._current is refused:
                self._current = _checked(await self._fetch())
            return self._current

    async def _fetch(self) -> object:
        answer = self._ask()
        return await answer if inspect.isawaitable(answer) else answer


def _checked(answer: object) -> Credentials:
    kind = type(answer).__name__
    try:
        if isinstance(answer, Credentials):
            return answer
    finally:
        del answer  # it may be a secret, and no frame that an error passes through holds one
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
