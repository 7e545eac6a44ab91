"""Dial: connections opened only to addresses that were checked, so that a name cannot change its mind in between."""

import asyncio
import socket
import typing
from collections.abc import Awaitable, Callable, Iterable

import httpcore

from connectors.address import check_all

Resolve = Callable[[str, int], Awaitable[list[str]]]
SocketOption = (
    tuple[int, int, int] | tuple[int, int, bytes | bytearray] | tuple[int, int, None, int]
)  # httpcore's own type


async def resolve(host: str, port: int) -> list[str]:
    """Ask the system's resolver for every address of a name."""
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise httpcore.ConnectError("the host name could not be resolved") from None
    return [str(address[0]) for *_, address in found]


class CheckedBackend(httpcore.AsyncNetworkBackend):
    """httpcore's own network, with one step before it: resolve, check all addresses, connect to one of those.

    The check and the connection use the same answer of the resolver, so rebinding the name gains nothing; TLS still
    verifies the name. Proxies and Unix sockets are not spoken to.
    """

    def __init__(self, *, allow_private: bool, resolve: Resolve = resolve) -> None:
        self._allow_private = allow_private
        self._resolve = resolve
        self._network = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's interface
        local_address: str | None = None,
        socket_options: Iterable[SocketOption] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connect to the first address that answers. Raises Refused where any address is not allowed."""
        checked = check_all(await self._resolve(host, port), allow_private=self._allow_private)
        failure: Exception = httpcore.ConnectError("no address answered")
        for address in checked:
            try:
                return await self._network.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure

    async def connect_unix_socket(
        self,
        path: str,  # noqa: ARG002
        timeout: float | None = None,  # noqa: ARG002, ASYNC109
        socket_options: Iterable[SocketOption] | None = None,  # noqa: ARG002
    ) -> typing.NoReturn:
        """Refuse: no app is reached by a path of this machine."""
        raise httpcore.ConnectError("Unix sockets are not spoken to")

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await self._network.sleep(seconds)
