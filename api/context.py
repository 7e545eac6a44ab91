"""Context: what one request knows: who asks, what the process offers, what was paid."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import strawberry
from graphql import FieldNode

from api.auth import Scope, Viewer, recognise, require
from api.buckets import Buckets
from api.signing import Signer
from connectors.base import Connector
from store.database import Connection, Database
from store.keys import AccountKeys
from store.record import AccountId, OperationId
from store.repository import Repository
from workers.drive_access import DriveApp

if TYPE_CHECKING:
    from api.loaders import Loaders
    from api.operation_feed import OperationFeed

_SESSIONS_A_REQUEST = 4


def _utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """What the process offers every request."""

    database: Database
    repository: Callable[[AccountId], Awaitable[Repository]]
    """Opens an account's content."""
    connectors: Mapping[str, Connector]
    """By app, in the order they are shown."""
    wake: Callable[[OperationId], Awaitable[None]]
    """Wakes a worker, once the operation's row is committed."""
    feed: "OperationFeed"
    drive: DriveApp | None = None
    """Holdfast as a client of Google Drive."""
    public_url: str
    """Where clients reach the API, without a slash at the end."""
    sends_mail: bool = False
    """Whether there is a mail server to send mail by."""
    allow_private: bool = False
    """Whether webhooks, and requests to servers that people host themselves, may go to private addresses."""
    console: bool = True
    """Whether to serve the query console."""
    buckets: Buckets = field(default_factory=Buckets)
    now: Callable[[], datetime] = _utc_now


@dataclass(slots=True, kw_only=True)
class Charge:
    """What an operation costs: reckoned before it runs, and corrected by what it found."""

    requested: float = 0
    refunded: float = 0
    per_item: dict[int, float] = field(default_factory=dict)
    """For the node of each list field: what one item of it was reckoned at."""
    available: float | None = None
    """What is left in the token's bucket."""

    @property
    def actual(self) -> float:
        """What it cost in the end."""
        return max(self.requested - self.refunded, 1)


@dataclass(slots=True, kw_only=True)
class Context:
    """One request, or one WebSocket."""

    services: Services
    viewer: Viewer | None
    client: str
    """Whose bucket pays when there is no token: the peer's address."""
    headers: dict[str, str] = field(default_factory=dict)
    """To send with the answer."""
    status: int | None = None
    """To answer with, where GraphQL leaves the choice."""
    request_id: str = field(default_factory=lambda: uuid4().hex)
    connection_params: dict[str, Any] | None = None
    """What a WebSocket's client sent when it connected; strawberry sets it."""
    charge: Charge = field(default_factory=Charge)
    _loaders: "Loaders | None" = None
    _repository: Repository | None = None
    _signer: Signer | None = None
    _sessions: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_SESSIONS_A_REQUEST))

    def require(self, scope: Scope) -> Viewer:
        """Return who asks, if this is theirs to ask."""
        return require(self.viewer, scope)

    @property
    def account_id(self) -> AccountId:
        """Whose rows this request sees. Only behind a scope: there is a viewer."""
        assert self.viewer is not None
        return self.viewer.account_id

    @asynccontextmanager
    async def session(self) -> AsyncIterator[Connection]:
        """Open a transaction on the viewer's account. Never one inside another: a few at once is all a request gets."""
        async with self._sessions, self.services.database.account(self.account_id) as connection:
            yield connection

    async def repository(self) -> Repository:
        """Open the viewer's content."""
        if self._repository is None:
            self._repository = await self.services.repository(self.account_id)
        return self._repository

    async def keys(self) -> AccountKeys:
        """Open the viewer's keys."""
        return (await self.repository()).keys

    async def signer(self) -> Signer:
        """Sign for the viewer's account."""
        if self._signer is None:
            self._signer = Signer.of(await self.keys())
        return self._signer

    @property
    def loaders(self) -> "Loaders":
        """Lookups of this request, gathered into batches."""
        if self._loaders is None:
            from api.loaders import Loaders  # noqa: PLC0415 - it needs this module

            self._loaders = Loaders(self)
        return self._loaders

    def forget(self) -> None:
        """Look everything up afresh: for the next event of a subscription."""
        self._loaders = None

    async def fork(self) -> "Context":
        """Give one operation of a stream its own context. A WebSocket's token is asked about each time."""
        viewer = self.viewer
        if viewer is not None and self.connection_params is not None:
            viewer = await recognise(self.services.database, viewer.token_sha256)
        return Context(services=self.services, viewer=viewer, client=self.client, request_id=self.request_id)

    def refund(self, field_nodes: Sequence[FieldNode], items: int) -> None:
        """Give back what was reckoned for items that a list turned out not to have."""
        self.charge.refunded += items * sum(self.charge.per_item.get(id(node), 0) for node in field_nodes)


class Info(strawberry.Info[Context, None]):
    """What a resolver is told."""

    @property
    def field_nodes(self) -> list[FieldNode]:
        """Where the query asks for this field."""
        return self._raw_info.field_nodes
