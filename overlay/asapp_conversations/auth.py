"""Where the API keys come from, and where they may go."""

from __future__ import annotations

import inspect
import os
import threading
from collections.abc import Awaitable, Callable, Mapping
from ipaddress import ip_address
from typing import NoReturn, TypeVar

import anyio
import httpx
from attrs import field, frozen

from .errors import InvalidRequestError
from .spec import load_document

ENVIRONMENT = {"api_id": "ASAPP_API_ID", "api_secret": "ASAPP_API_SECRET"}
"""The variable that each part of the credentials is read from."""


@frozen(init=False)
class Credentials:
    """A pair of ASAPP API keys. The secret is in no repr, and the pair refuses to be pickled."""

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


def choose_source(
    api_id: str | None, api_secret: str | None, credentials: Credentials | ProviderT | None
) -> Credentials | ProviderT | InvalidRequestError:
    """Where the keys come from, or what is wrong, without the frames that held the secret."""
    if credentials is not None:
        if api_id is not None or api_secret is not None:
            return InvalidRequestError("give either credentials or api_id and api_secret, not both")
        return credentials
    try:
        return find_credentials(api_id, api_secret)
    except InvalidRequestError as error:
        return error.with_traceback(None)


def find_credentials(
    api_id: str | None, api_secret: str | None, environment: Mapping[str, str] = os.environ
) -> Credentials:
    """The credentials given, completed from the environment; names what is missing."""
    given = {"api_id": api_id, "api_secret": api_secret}
    found = {
        name: value if value is not None else environment.get(ENVIRONMENT[name])
        for name, value in given.items()
    }
    missing = [name for name, value in found.items() if not value]
    if missing:
        variables = " and ".join(ENVIRONMENT[name] for name in missing)
        raise InvalidRequestError(
            f"no {' and no '.join(missing)}: give {' and '.join(missing)} to the client "
            f"or set {variables}"
        )
    return Credentials(str(found["api_id"]), str(found["api_secret"]))


class ThreadCredentials:
    """The credentials in force, shared by the threads of a client."""

    def __init__(self, source: Credentials | CredentialsProvider) -> None:
        self.renewable = callable(source)
        self._ask: CredentialsProvider = source if callable(source) else lambda: source
        self._current: Credentials | None = None
        self._gate = threading.Lock()

    def get(self, refused: Credentials | None = None) -> Credentials:
        """The credentials in force; asks the provider if there are none but the refused ones."""
        with self._gate:
            if self._current is None or self._current is refused:
                self._current = _credentials_or_raise(_checked(self._ask()))
            return self._current


class TaskCredentials:
    """The credentials in force, shared by the tasks of a client."""

    def __init__(self, source: Credentials | AsyncCredentialsProvider) -> None:
        self.renewable = callable(source)
        self._ask: AsyncCredentialsProvider = source if callable(source) else lambda: source
        self._current: Credentials | None = None
        self._gate = anyio.Lock()

    async def get(self, refused: Credentials | None = None) -> Credentials:
        """The credentials in force; asks the provider if there are none but the refused ones."""
        async with self._gate:
            if self._current is None or self._current is refused:
                self._current = _credentials_or_raise(await self._fetch())
            return self._current

    async def _fetch(self) -> Credentials | InvalidRequestError:
        answer = self._ask()
        return _checked(await answer if inspect.isawaitable(answer) else answer)


def parse_base_url(base_url: str | httpx.URL) -> httpx.URL:
    """The base URL without a slash at its end."""
    try:
        url = httpx.URL(base_url)
    except (httpx.InvalidURL, TypeError):
        raise InvalidRequestError("base_url (or ASAPP_BASE_URL) is not a URL") from None
    if url.scheme not in {"https", "http"} or not url.host:
        raise InvalidRequestError(
            "base_url (or ASAPP_BASE_URL) must begin with https:// and name a host"
        )
    if url.userinfo or url.query or url.fragment:
        raise InvalidRequestError(
            "base_url (or ASAPP_BASE_URL) must have no user, query or fragment"
        )
    return url.copy_with(raw_path=url.raw_path.rstrip(b"/") or b"/")


def check_encrypted(url: httpx.URL, *, allow_http: bool) -> None:
    """Refuse a base URL that would carry the keys unencrypted over a network."""
    if url.scheme == "http" and not (allow_http or _is_loopback(url.host)):
        raise InvalidRequestError(
            f"base_url would send the keys to {url.host} unencrypted: use https://, "
            "or allow it with allow_http=True"
        )


def origin(url: httpx.URL) -> tuple[str, str, int | None]:
    """Scheme, host and port (RFC 6454, section 4)."""
    return url.scheme, url.host, url.port or {"https": 443, "http": 80}.get(url.scheme)


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


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


def _checked(answer: object) -> Credentials | InvalidRequestError:
    """A provider's answer, or what is wrong; raised elsewhere, for the answer may be a secret."""
    if isinstance(answer, Credentials):
        return answer
    return InvalidRequestError(
        f"the credentials provider must return Credentials, not {type(answer).__name__}"
    )


def _credentials_or_raise(found: Credentials | InvalidRequestError) -> Credentials:
    if isinstance(found, InvalidRequestError):
        raise found
    return found
