"""An httpx transport over aiohttp, whose connections cost a tenth of the processor time."""

from __future__ import annotations

from collections.abc import AsyncIterator

import aiohttp
import httpx

LONGEST_HEADER = 65_536
"""Bytes of a line or a field in the head of an answer; aiohttp's own limit is 8,190."""


class AiohttpCarrier(httpx.AsyncBaseTransport):
    """Sends each request once, whatever becomes of it.

    The caller bounds the time of a request as a whole; only a connection's is bounded here.
    """

    _session: aiohttp.ClientSession | None = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send, and return the head of the answer.

        Raises:
            httpx.ConnectError, httpx.ConnectTimeout: there was no connection, and nothing was sent.
            httpx.TransportError: no answer came; the request may have been carried out.
        """
        session = self._session = self._session or _open_session()
        assert isinstance(request.stream, httpx.ByteStream)
        headers = [
            (name.decode("latin-1"), it.decode("latin-1")) for name, it in request.headers.raw
        ]
        try:
            answer = await session.request(
                request.method,
                str(request.url),
                headers=headers,
                data=b"".join(request.stream),
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(
                    sock_connect=request.extensions["timeout"]["connect"]
                ),
            )
        except (aiohttp.ClientError, OSError) as error:
            raise _translated(error) from error
        return httpx.Response(answer.status, headers=answer.raw_headers, stream=_Body(answer))

    async def aclose(self) -> None:
        if self._session is not None:
            await self._session.close()


class _Body(httpx.AsyncByteStream):
    """What is left to read of an answer."""

    def __init__(self, answer: aiohttp.ClientResponse) -> None:
        self._answer = answer

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            async for chunk in self._answer.content.iter_any():
                yield chunk
        except (aiohttp.ClientError, OSError) as error:
            raise _translated(error) from error

    async def aclose(self) -> None:
        """Leave the connection to others; one that has more to read is cut."""
        self._answer.close() if not self._answer.content.at_eof() else self._answer.release()


def _open_session() -> aiohttp.ClientSession:
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0, ssl=httpx.create_ssl_context()),
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(),
        auto_decompress=False,
        max_line_size=LONGEST_HEADER,
        max_field_size=LONGEST_HEADER,
    )


def _translated(error: aiohttp.ClientError | OSError) -> httpx.TransportError:
    """The same in httpx's words, which tell whether anything can have been sent."""
    words = str(error)
    match error:
        case aiohttp.ConnectionTimeoutError():
            return httpx.ConnectTimeout(words)
        case aiohttp.ClientConnectorError():
            # Its own words speak of TLS, also where there is none.
            return httpx.ConnectError(str(error.__cause__ or error))
        case aiohttp.ServerDisconnectedError() | aiohttp.ClientResponseError():
            return httpx.RemoteProtocolError(words)
        case _:
            return httpx.ReadError(words)
