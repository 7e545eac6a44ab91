"""Http: the one HTTP client of all connectors; the only file that speaks httpx."""

import asyncio
import hashlib
import logging
import ssl
import time
from collections import OrderedDict
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, replace
from functools import cache
from itertools import count
from typing import NoReturn
from urllib.parse import urljoin, urlsplit

import httpcore
import httpx

from connectors import retries
from connectors.address import check_url, origin
from connectors.call import Call, Reply
from connectors.dial import CheckedBackend, Resolve, resolve
from connectors.errors import BadReply, ConnectorError, Forbidden, Refused, Retriable, Unauthorised
from connectors.multipart import Multipart
from connectors.pacing import Clock, Pace, Pacer, Sleep, backoff_seconds, retry_after_seconds
from store.errors import StoreError

# Both libraries log URLs with their queries, and httpcore headers too.
for _name in ("httpx", "httpcore"):
    logging.getLogger(_name).setLevel(logging.WARNING)

_TOO_MANY = 429
_PASSING = frozenset({408, 425, 449, 500, 502, 503, 504, 520, 521, 522, 523, 524})
_REDIRECT = frozenset({301, 302, 303, 307, 308})
_MIB = 2**20
_PACERS_KEPT = 10_000
_SLOWEST_UPLOAD = 32 * 1024
"""Bytes a second, below which an upload is given up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpSettings:
    """How patient the client is, how much it takes in, and where it may go."""

    connect_seconds: float = 10.0
    read_seconds: float = 60.0
    """Without a single byte."""
    total_seconds: float = 180.0
    """For an answer to begin, and for its body to end; a download's body has no such limit."""
    attempts: int = 6
    patience_seconds: float = 300.0
    """For all attempts of one call, waits included."""
    max_body_bytes: int = 64 * _MIB
    max_file_bytes: int = 16 * 1024 * _MIB
    connections: int = 32
    allow_private: bool = False
    """Whether private and loopback addresses may be asked, and loopback without TLS: for stand-ins and tests."""
    user_agent: str = "Holdfast"


class _Passing(Exception):  # noqa: N818 - never leaves this file
    """A fault that another attempt may not meet."""

    def __init__(
        self,
        message: str,
        *,
        arrived: bool,
        after_seconds: float | None = None,
        reply: Reply | None = None,
        attempts: int | None = None,
    ) -> None:
        super().__init__(message)
        self.arrived = arrived
        """Whether the app may have carried the request out."""
        self.after_seconds = after_seconds
        self.reply = reply
        """The answer that says so, and stands after so many attempts."""
        self.attempts = attempts


class Http:
    """One pool of connections and the pacers of all grants, for one event loop. Close it at the end.

    Sends no cookies, reads no proxy settings, follows no redirect unasked. What it raises is a ConnectorError that
    names method and path; never a host, query, header or body.
    """

    def __init__(
        self,
        settings: HttpSettings | None = None,
        *,
        resolve: Resolve = resolve,
        clock: Clock = time.monotonic,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self.settings = settings or HttpSettings()
        self._clock = clock
        self._sleep = sleep
        self._pacers: OrderedDict[str, Pacer] = OrderedDict()
        self._transport = _Transport(self.settings, resolve)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._transport.aclose()

    def pacer(self, secret: str, pace: Pace) -> Pacer:
        """Return the pacer of whoever has this credential, the same one at every call."""
        key = hashlib.sha256(secret.encode()).hexdigest()
        if key not in self._pacers:
            self._pacers[key] = Pacer(pace, clock=self._clock, sleep=self._sleep)
        self._pacers.move_to_end(key)
        while len(self._pacers) > _PACERS_KEPT:
            self._pacers.popitem(last=False)
        return self._pacers[key]

    async def request(self, call: Call, *, pacer: Pacer | None = None) -> Reply:
        """Send a call and read the whole answer, of whatever lasting status; no redirect is followed.

        Passing faults (429, 5xx, resets, time-outs) are retried within the settings' bounds where that cannot do
        harm, then raised as Retriable. Raises Refused for what our own rules forbid.
        """
        started = self._clock()
        for attempt in count(1):
            try:
                return await self._once(call, pacer)
            except _Passing as fault:
                stands = fault.attempts is not None and (attempt >= fault.attempts or not call.repeatable)
                if fault.reply is not None and stands:
                    return fault.reply
                await self._wait_or_raise(call, fault, attempt, started)
        raise AssertionError  # count never ends

    @asynccontextmanager
    async def download(
        self, call: Call, *, pacer: Pacer | None = None, size_bytes: int | None = None
    ) -> AsyncIterator[AsyncIterator[bytes]]:
        """Start a download, following as many redirects as the call allows, and give its bytes as they come.

        Faults before the first byte are retried. Afterwards they are raised as Retriable by the iterator: a file cut
        short is never passed off as whole. Never yields more than `size_bytes`, where given.
        """
        response = await self._open_retrying(call, pacer)
        try:
            async with aclosing(self._bytes_of(call, response, size_bytes)) as stream:
                yield stream
        finally:
            await response.aclose()

    async def _open_retrying(self, call: Call, pacer: Pacer | None) -> httpx.Response:
        started = self._clock()
        for attempt in count(1):
            try:
                return await self._open_following(call, pacer)
            except _Passing as fault:
                await self._wait_or_raise(call, fault, attempt, started)
        raise AssertionError  # count never ends

    async def _wait_or_raise(self, call: Call, fault: _Passing, attempt: int, started: float) -> None:
        if fault.arrived and not call.repeatable:
            raise Retriable(f"{call.place} {fault}; it may have been carried out") from None
        wait = fault.after_seconds if fault.after_seconds is not None else backoff_seconds(attempt)
        over = self._clock() - started + wait > self.settings.patience_seconds
        if attempt >= self.settings.attempts or over:
            raise Retriable(f"{call.place} {fault}, {attempt} times", after_seconds=max(wait, 1.0)) from None
        retries.count(str(fault))
        await self._sleep(wait)

    async def _once(self, call: Call, pacer: Pacer | None) -> Reply:
        response = await self._open(call, pacer)
        try:
            body = await self._body_of(call, response)
        finally:
            await response.aclose()
        reply = Reply(place=call.place, status=response.status_code, headers=_headers(response), body=body)
        passing = call.passing(reply) if call.passing is not None else None
        if passing is None:
            return reply
        after = passing.after_seconds
        if passing.is_limit and pacer is not None:
            after = pacer.keep_still(reply.headers, after)
        raise _Passing(
            passing.message,
            arrived=not passing.is_limit,
            after_seconds=after,
            reply=reply,
            attempts=passing.attempts,
        )

    async def _open(self, call: Call, pacer: Pacer | None) -> httpx.Response:
        if pacer is None:
            return await self._send(call, None)
        if (wait := pacer.still_seconds) > self.settings.patience_seconds:
            # Limits of a day are waited for by whoever can do something else meanwhile.
            raise Retriable(f"{call.place} has to wait for the app's limit", after_seconds=wait)
        async with pacer.place(call.costs):
            return await self._send(call, pacer)

    async def _send(self, call: Call, pacer: Pacer | None) -> httpx.Response:
        """Send, and return an answer whose body is not read yet; its status is none that passes."""
        check_url(call.url, allow_private=self.settings.allow_private)
        try:
            async with asyncio.timeout(self._seconds_for(call)):
                response = await self._transport.handle_async_request(self._build(call))
        except (ConnectorError, StoreError):
            # The latter from what is uploaded.
            raise
        except Exception as error:  # noqa: BLE001 - the libraries' errors hold headers and URLs; none may pass
            _translate(call, error)
        headers = _headers(response)
        if pacer is not None:
            pacer.learn(headers, call.costs)
        if response.status_code != _TOO_MANY and (call.passing is not None or response.status_code not in _PASSING):
            return response
        await response.aclose()
        after = retry_after_seconds(headers.get("retry-after"))
        if response.status_code == _TOO_MANY:
            # Refused before it was looked at, so even a call that must not be repeated may be sent again.
            after = pacer.keep_still(headers, after) if pacer is not None else after
            raise _Passing("met the rate limit (429)", arrived=False, after_seconds=after)
        raise _Passing(f"answered {response.status_code}", arrived=True, after_seconds=after)

    def _seconds_for(self, call: Call) -> float:
        uploading = call.upload.size_bytes / _SLOWEST_UPLOAD if call.upload is not None else 0.0
        return self.settings.total_seconds + uploading

    def _build(self, call: Call) -> httpx.Request:
        # A file is wanted as it is stored; an answer may come compressed.
        encoding = "identity" if call.redirects else "gzip, deflate"
        headers = {"user-agent": self.settings.user_agent, "accept-encoding": encoding, **call.headers}
        wait = httpx.Timeout(
            self.settings.read_seconds, connect=self.settings.connect_seconds, pool=self.settings.total_seconds
        )
        upload = Multipart(call.upload, call.form or {}) if call.upload is not None else None
        if upload is not None:
            headers |= {"content-type": upload.content_type, "content-length": str(upload.size_bytes)}
        return httpx.Request(
            call.method,
            call.url,
            params=dict(call.params) or None,
            headers=headers,
            json=call.json,
            data=dict(call.form) if call.form is not None and upload is None else None,
            content=upload.stream() if upload is not None else call.content,
            extensions={"timeout": wait.as_dict()},
        )

    async def _open_following(self, call: Call, pacer: Pacer | None) -> httpx.Response:
        """Send, follow, and return a successful answer. Credentials go to the first origin only."""
        step, limit = call, pacer
        for _ in range(call.redirects + 1):
            response = await self._open(step, limit)
            if response.status_code not in _REDIRECT:
                break
            target = response.headers.get("location")
            await response.aclose()
            if not target:
                raise BadReply(f"{call.place} answered with a redirect to nowhere")
            step, limit = self._redirected(step, target), None
        else:
            raise Refused(f"{call.place} was redirected more than {call.redirects} times")
        if response.is_success:
            return response
        try:
            body = await self._body_of(step, response)
        finally:
            await response.aclose()
        reply = Reply(place=call.place, status=response.status_code, headers={}, body=body)
        error = reply.error() or BadReply(f"{call.place} answered {response.status_code}")
        if isinstance(error, Unauthorised) and step is not call:
            # The storage got no credentials: what it refuses says nothing of the grant.
            raise Forbidden(str(error))
        raise error

    def _redirected(self, call: Call, target: str) -> Call:
        url = urljoin(call.url, target)
        parts = check_url(url, allow_private=self.settings.allow_private)
        headers = call.headers if origin(parts) == origin(urlsplit(call.url)) else {}
        bare = replace(call, json=None, form=None, upload=None, content=None)
        return replace(bare, url=url, headers=headers, params={}, method="GET")

    async def _body_of(self, call: Call, response: httpx.Response) -> bytes:
        limit = call.max_bytes or self.settings.max_body_bytes
        pieces: list[bytes] = []
        size = 0
        try:
            async with asyncio.timeout(self.settings.total_seconds), aclosing(_pieces(call, response)) as stream:
                async for piece in stream:
                    size += len(piece)
                    if size > limit:
                        break
                    pieces.append(piece)
        except TimeoutError:
            raise _Passing("took too long", arrived=True) from None
        if size > limit:
            raise Refused(f"{call.place} answered with more than {limit} bytes")
        return b"".join(pieces)

    async def _bytes_of(
        self, call: Call, response: httpx.Response, size_bytes: int | None
    ) -> AsyncGenerator[bytes, None]:
        limit = self.settings.max_file_bytes if size_bytes is None else size_bytes
        size = 0
        async with aclosing(_pieces(call, response)) as stream:
            try:
                async for piece in stream:
                    size += len(piece)
                    if size > limit:
                        break
                    yield piece
            except _Passing as fault:
                raise Retriable(f"{call.place} {fault} in the middle of a file") from None
        if size > limit:
            raise Refused(f"{call.place} gave more bytes than it declared")
        if size_bytes is not None and size < size_bytes:
            raise Retriable(f"{call.place} gave fewer bytes than it declared")


class _Transport(httpx.AsyncHTTPTransport):
    """httpx's transport over connections that go to checked addresses only."""

    def __init__(self, settings: HttpSettings, resolve: Resolve) -> None:
        super().__init__(verify=_tls(), trust_env=False)
        # The same pool as httpx's own, but for whom it dials.
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=_tls(),
            max_connections=settings.connections,
            max_keepalive_connections=settings.connections,
            keepalive_expiry=30.0,
            network_backend=CheckedBackend(allow_private=settings.allow_private, resolve=resolve),
        )


@cache
def _tls() -> ssl.SSLContext:
    return httpx.create_ssl_context(trust_env=False)


async def _pieces(call: Call, response: httpx.Response) -> AsyncGenerator[bytes, None]:
    try:
        async for piece in response.aiter_bytes():
            yield piece
    except Exception as error:  # noqa: BLE001 - as above
        _translate(call, error)


def _headers(response: httpx.Response) -> Mapping[str, str]:
    return {name.lower(): value for name, value in response.headers.items()}


def _translate(call: Call, error: Exception) -> NoReturn:
    """Raise what a library's error means, without its words, which may quote a header or a URL."""
    match error:
        case httpx.ConnectTimeout() | httpx.PoolTimeout() | httpx.ConnectError():
            raise _Passing("could not connect", arrived=False) from None
        case httpx.TimeoutException() | TimeoutError():
            raise _Passing("took too long", arrived=True) from None
        case httpx.NetworkError() | httpx.RemoteProtocolError():
            raise _Passing("lost the connection", arrived=True) from None
        case httpx.DecodingError():
            raise BadReply(f"{call.place} answered with a body that could not be decompressed") from None
        case _:
            raise Refused(f"{call.place} could not be sent ({type(error).__name__})") from None
