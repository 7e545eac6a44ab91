"""Connections: the authorised cloud apps of an account, and what of each is backed up.

Here a row is called `ConnectedApp`, because `Connection` is what Python calls a session with Postgres.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Self
from uuid import UUID, uuid4

from store import queries
from store.accounts import valid_name
from store.database import Connection
from store.errors import Invalid, NotFound
from store.record import AccountId, ConnectionId, JsonObject, WorkspaceId

_SQL = queries.load("connected_apps")
SCOPE_LENGTH = 10_000
"""How many workspaces a scope may name."""


class ConnectionStatus(StrEnum):
    """Whether it is backed up."""

    ACTIVE = "active"
    NEEDS_ATTENTION = "needs_attention"
    PAUSED = "paused"


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectedApp:
    """One row."""

    connection_id: ConnectionId
    account_id: AccountId
    app: str
    name: str
    status: ConnectionStatus
    status_reason: str | None
    included: frozenset[WorkspaceId] | None
    """Only these workspaces are backed up; None: all that can be reached."""
    excluded: frozenset[WorkspaceId]
    """Never these, nor what lies in them."""
    created_at: datetime

    @classmethod
    def of(cls, row: Any) -> Self:
        """Read a row."""
        scope: JsonObject = row["scope"]
        included = scope.get("included")
        return cls(
            connection_id=row["connection_id"],
            account_id=row["account_id"],
            app=row["app"],
            name=row["name"],
            status=ConnectionStatus(row["status"]),
            status_reason=row["status_reason"],
            included=None if included is None else frozenset(included),
            excluded=frozenset(scope.get("excluded", ())),
            created_at=row["created_at"],
        )


def scope_document(included: Iterable[str] | None, excluded: Iterable[str]) -> JsonObject:
    """Write a scope as the column holds it; Invalid when it names too many workspaces."""
    document: JsonObject = {"excluded": sorted(set(excluded))}
    if included is not None:
        document["included"] = sorted(set(included))
    if sum(len(ids) for ids in document.values()) > SCOPE_LENGTH:
        raise Invalid(f"a scope names at most {SCOPE_LENGTH} workspaces")
    return document


async def create(
    connection: Connection,
    *,
    account_id: AccountId,
    app: str,
    name: str,
    included: Iterable[str] | None = None,
    excluded: Iterable[str] = (),
    connection_id: ConnectionId | None = None,
) -> ConnectedApp:
    """Add a connection, without a grant; Invalid for an empty name."""
    row = await connection.fetchrow(
        _SQL.create,
        connection_id or ConnectionId(uuid4()),
        account_id,
        app,
        valid_name(name),
        scope_document(included, excluded),
    )
    return ConnectedApp.of(row)


async def get(connection: Connection, account_id: AccountId, connection_id: ConnectionId) -> ConnectedApp:
    """Read one; NotFound when this account has none of that id."""
    return _found(await connection.fetchrow(_SQL.get, account_id, connection_id), connection_id)


async def some(
    connection: Connection, account_id: AccountId, connection_ids: Iterable[ConnectionId]
) -> dict[ConnectionId, ConnectedApp]:
    """Read those of the ids that this account has."""
    rows = await connection.fetch(_SQL.some, account_id, list(connection_ids))
    return {row["connection_id"]: ConnectedApp.of(row) for row in rows}


async def every(connection: Connection, account_id: AccountId) -> list[ConnectedApp]:
    """List an account's connections, oldest first."""
    return [ConnectedApp.of(row) for row in await connection.fetch(_SQL.every, account_id)]


async def page(
    connection: Connection,
    account_id: AccountId,
    *,
    app: str | None = None,
    beyond: tuple[datetime, UUID] | None = None,
    backwards: bool = False,
    limit: int,
) -> list[ConnectedApp]:
    """List connections, oldest first (`backwards`: newest first), beyond the given `(created_at, connection_id)`."""
    created_at, connection_id = beyond or (None, None)
    query = _SQL.page_back if backwards else _SQL.page
    rows = await connection.fetch(query, account_id, app, created_at, connection_id, limit)
    return [ConnectedApp.of(row) for row in rows]


async def count(connection: Connection, account_id: AccountId, *, app: str | None = None, limit: int) -> int:
    """Count them, up to a limit."""
    return int(await connection.fetchval(_SQL.count, account_id, app, limit))


async def set_scope(
    connection: Connection,
    account_id: AccountId,
    connection_id: ConnectionId,
    *,
    included: Iterable[str] | None,
    excluded: Iterable[str],
) -> ConnectedApp:
    """Replace what is backed up, from the next cycle on; NotFound when this account has none of that id."""
    row = await connection.fetchrow(_SQL.set_scope, account_id, connection_id, scope_document(included, excluded))
    return _found(row, connection_id)


async def set_name(
    connection: Connection, account_id: AccountId, connection_id: ConnectionId, name: str
) -> ConnectedApp:
    """Call it something else; Invalid for an empty name, NotFound when this account has none of that id."""
    row = await connection.fetchrow(_SQL.set_name, account_id, connection_id, valid_name(name))
    return _found(row, connection_id)


async def set_status(
    connection: Connection,
    account_id: AccountId,
    connection_id: ConnectionId,
    status: ConnectionStatus,
    reason: str | None = None,
) -> ConnectedApp:
    """Say whether it is backed up, and why not; NotFound when this account has none of that id."""
    return _found(await connection.fetchrow(_SQL.set_status, account_id, connection_id, status, reason), connection_id)


def _found(row: Any, connection_id: ConnectionId) -> ConnectedApp:
    if row is None:
        raise NotFound(f"no connection {connection_id}")
    return ConnectedApp.of(row)
