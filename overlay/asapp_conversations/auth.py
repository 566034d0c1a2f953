"""Where the API keys come from."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Mapping
from typing import Final, NoReturn, TypeVar

import httpx
from asapp_conversations_client.facts import BATCH, OPERATIONS, Key, Operation
from attrs import field, frozen

from .errors import InvalidRequestError
from .steps import maybe_await

PAIR: Final = ("api_id", "api_secret")

NEEDED: Final = frozenset(key.credential for each in OPERATIONS for key in each.keys)
"""What the document's operations ask for, be it the pair or keys besides."""

KEY_VARIABLES: Final = {
    name: f"ASAPP_{name.upper()}" for name in (*PAIR, *sorted(NEEDED.difference(PAIR)))
}
"""The environment variable that each part of the credentials is read from."""

Headers = list[tuple[bytes, bytes]]


@frozen(init=False)
class Credentials:
    """A pair of ASAPP API keys. The secret is in no repr, and the pair refuses to be pickled.

    Args:
        api_id: the API id.
        api_secret: the API secret.
        others: what else the document asks for, by the name of its security scheme in lower case
            with underscores; today it asks for nothing else.

    Raises:
        InvalidRequestError: a key is empty, or cannot stand in a header.
    """

    api_id: str
    api_secret: str = field(repr=False)
    others: Mapping[str, str] = field(repr=False)
    _encoded: dict[tuple[Key, ...], Headers] = field(factory=dict, init=False, repr=False, eq=False)
    """What `headers` says by the keys that it is about, as it stands in a request."""

    def __init__(self, api_id: str, api_secret: str, **others: str) -> None:
        found = (_key_problem(*pair) for pair in _all(api_id, api_secret, others).items())
        problem = next(filter(None, found), None)
        unknown = ", ".join(sorted(others.keys() - NEEDED))
        self.__attrs_init__(api_id, api_secret, others)  # pyright: ignore[reportAttributeAccessIssue]
        del api_secret, others, found  # no frame that an error passes through holds them
        if unknown:
            raise TypeError(f"the document asks for no key that is called {unknown}")
        if problem:
            raise InvalidRequestError(problem)

    def __reduce__(self) -> NoReturn:
        raise TypeError("Credentials are not pickled; read them again where they are needed")

    def demand_all(self, operation: Operation) -> None:
        """Raise `InvalidRequestError` for a key that the operation needs and that is not here."""
        missing = [each.credential for each in operation.keys if not self.value(each.credential)]
        if missing:
            raise InvalidRequestError(
                f"nothing was sent, for the document asks for {' and '.join(missing)} here: give "
                f"Credentials(…, {missing[0]}=…) or set {KEY_VARIABLES[missing[0]]}"
            )

    def headers(self, operation: Operation = BATCH.operation) -> dict[str, str]:
        """The keys that an operation is sent in headers, by the names of these."""
        keys = [key for key in operation.keys if key.place != "query"]
        cookies = [
            f"{key.name}={self.value(key.credential)}" for key in keys if key.place == "cookie"
        ]
        return {
            **{
                key.name: key.prefix + self.value(key.credential)
                for key in keys
                if key.place == "header"
            },
            **({"Cookie": "; ".join(cookies)} if cookies else {}),
        }

    def sign(self, operation: Operation, request: httpx.Request) -> tuple[httpx.URL, Headers]:
        """The URL and the headers of a request with the keys that the operation needs."""
        url, headers = request.url, request.headers.raw
        if operation.keys not in self._encoded:
            pairs = self.headers(operation).items()
            self._encoded[operation.keys] = [(name.encode(), it.encode()) for name, it in pairs]
        added = self._encoded[operation.keys]
        names = {name.lower() for name, _ in added}
        others = [each for each in headers if each[0].lower() not in names]
        if b"cookie" in names and (told := request.headers.get("Cookie")):
            before = {b"Cookie": told.encode() + b"; "}
            added = [(name, before.get(name, b"") + value) for name, value in added]
        for key in operation.keys:
            if key.place == "query":
                url = url.copy_set_param(key.name, self.value(key.credential))
        return url, [*others, *added]

    def stand_in(self, text: str) -> bool:
        """Whether one of the keys is part of a text."""
        return any(it in text for it in (self.api_id, self.api_secret, *self.others.values()))

    def value(self, name: str) -> str:
        """The key of that name, be it one of the pair or of the others; empty where there is none."""
        return getattr(self, name) if name in PAIR else self.others.get(name, "")


def _all(api_id: str, api_secret: str, others: Mapping[str, str]) -> dict[str, str]:
    return {**dict(zip(PAIR, (api_id, api_secret), strict=True)), **others}


CredentialsProvider = Callable[[], Credentials]
"""A callable that returns the keys whenever it is asked."""

AsyncCredentialsProvider = Callable[[], Credentials | Awaitable[Credentials]]
"""A callable that returns the keys, or promises them, whenever it is asked."""
ProviderT = TypeVar("ProviderT", CredentialsProvider, AsyncCredentialsProvider)


def choose_credentials(
    api_id: str | None, api_secret: str | None, credentials: Credentials | ProviderT | None
) -> Credentials | ProviderT:
    """The credentials or their provider as given, else the keys, completed from the environment;
    `InvalidRequestError` if a key is missing or both are given."""
    try:
        if credentials is None:
            api_id = os.environ.get(KEY_VARIABLES["api_id"]) if api_id is None else api_id
            if api_secret is None:
                api_secret = os.environ.get(KEY_VARIABLES["api_secret"])
            if not NEEDED.intersection(PAIR):
                # They go nowhere.
                api_id, api_secret = api_id or "none", api_secret or "none"
            missing = ["api_id"] * (not api_id) + ["api_secret"] * (not api_secret)
            if missing:
                raise InvalidRequestError(
                    f"no {' and no '.join(missing)}: give {' and '.join(missing)} to the client "
                    f"or set {' and '.join(KEY_VARIABLES[name] for name in missing)}"
                )
            others = {
                name: os.environ[KEY_VARIABLES[name]]
                for name in NEEDED.difference(PAIR)
                if os.environ.get(KEY_VARIABLES[name])
            }
            return Credentials(api_id or "", api_secret or "", **others)
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
