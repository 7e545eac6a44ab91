"""Workspaces: the units of scope that the grants of a connection have seen. Their names are sealed."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Self
from uuid import UUID

import msgspec

from store import queries
from store.database import Connection
from store.errors import Corrupt
from store.keys import AccountKeys, open_secret, seal_secret
from store.record import AccountId, ConnectionId, JsonObject, Kind, WorkspaceId

_SQL = queries.load("workspaces")


class _Described(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    connection_id: UUID
    workspace_id: str
    kind: str
    parent_workspace_id: str | None
    name: str
    in_scope: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Workspace:
    """One row."""

    account_id: AccountId
    connection_id: ConnectionId
    workspace_id: WorkspaceId
    kind: Kind
    parent_workspace_id: WorkspaceId | None
    sealed_name: bytes = field(repr=False)
    in_scope: bool
    reachable: bool
    first_seen_at: datetime
    last_seen_at: datetime

    @classmethod
    def of(cls, row: Any) -> Self:
        """Read a row."""
        return cls(**row)

    def name(self, keys: AccountKeys) -> str:
        """Open what the app calls it."""
        return open_secret(keys, self.sealed_name, _purpose(self.connection_id, self.workspace_id)).decode()


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What the app says of one."""

    workspace_id: WorkspaceId
    kind: Kind
    name: str
    parent_workspace_id: WorkspaceId | None
    in_scope: bool


async def put(
    connection: Connection,
    keys: AccountKeys,
    *,
    account_id: AccountId,
    connection_id: ConnectionId,
    seen: Iterable[Seen],
) -> None:
    """Keep what was seen of some just now, in one go."""
    rows = [
        (
            account_id,
            connection_id,
            each.workspace_id,
            each.kind,
            each.parent_workspace_id,
            seal_secret(keys, each.name.encode(), _purpose(connection_id, each.workspace_id)),
            each.in_scope,
        )
        for each in seen
    ]
    await connection.executemany(_SQL.put, rows)


async def rename(
    connection: Connection, keys: AccountKeys, connection_id: ConnectionId, workspace_id: WorkspaceId, name: str
) -> None:
    """Call one otherwise, until the app is seen to call it something again."""
    sealed = seal_secret(keys, name.encode(), _purpose(connection_id, workspace_id))
    await connection.execute(_SQL.rename, keys.account_id, connection_id, workspace_id, sealed)


async def set_unreachable(
    connection: Connection, account_id: AccountId, connection_id: ConnectionId, *, not_seen_since: datetime
) -> None:
    """Say that those which a whole listing did not show can no longer be reached."""
    await connection.execute(_SQL.set_unreachable, account_id, connection_id, not_seen_since)


async def some(
    connection: Connection, account_id: AccountId, keys: Iterable[tuple[ConnectionId, WorkspaceId]]
) -> dict[tuple[ConnectionId, WorkspaceId], Workspace]:
    """Read those that this account has."""
    wanted = list(keys)
    rows = await connection.fetch(_SQL.some, account_id, [key[0] for key in wanted], [key[1] for key in wanted])
    return {(row["connection_id"], row["workspace_id"]): Workspace.of(row) for row in rows}


async def page(
    connection: Connection,
    account_id: AccountId,
    connection_id: ConnectionId,
    *,
    in_scope: bool | None = None,
    reachable: bool | None = None,
    beyond: WorkspaceId | None = None,
    backwards: bool = False,
    limit: int,
) -> list[Workspace]:
    """List a connection's workspaces in the order of their ids (`backwards`: against it), beyond the given one."""
    query = _SQL.page_back if backwards else _SQL.page
    rows = await connection.fetch(query, account_id, connection_id, in_scope, beyond, limit, reachable)
    return [Workspace.of(row) for row in rows]


async def count(
    connection: Connection,
    account_id: AccountId,
    connection_id: ConnectionId,
    *,
    in_scope: bool | None = None,
    reachable: bool | None = None,
    limit: int,
) -> int:
    """Count them, up to a limit."""
    return int(await connection.fetchval(_SQL.count, account_id, connection_id, in_scope, limit, reachable))


async def described(connection: Connection, keys: AccountKeys) -> list[JsonObject]:
    """Describe all workspaces of an account for its catalog: names opened, because what they are sealed in changes."""
    found = [Workspace.of(row) for row in await connection.fetch(_SQL.every, keys.account_id)]
    return [
        {
            "connection_id": str(one.connection_id),
            "workspace_id": one.workspace_id,
            "kind": one.kind,
            "parent_workspace_id": one.parent_workspace_id,
            "name": one.name(keys),
            "in_scope": one.in_scope,
        }
        for one in found
    ]


async def restore(connection: Connection, keys: AccountKeys, described: JsonObject) -> None:
    """Keep one as its catalog describes it; Corrupt when it does not."""
    try:
        one = msgspec.convert(described, _Described)
    except msgspec.ValidationError as error:
        raise Corrupt(f"a workspace in the catalog cannot be read: {error}") from None
    seen = Seen(
        workspace_id=WorkspaceId(one.workspace_id),
        kind=Kind(one.kind),
        name=one.name,
        parent_workspace_id=None if one.parent_workspace_id is None else WorkspaceId(one.parent_workspace_id),
        in_scope=one.in_scope,
    )
    connection_id = ConnectionId(one.connection_id)
    await put(connection, keys, account_id=keys.account_id, connection_id=connection_id, seen=[seen])


def _purpose(connection_id: ConnectionId, workspace_id: WorkspaceId) -> str:
    return f"workspace name {connection_id} {workspace_id}"
