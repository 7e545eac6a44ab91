"""Selection: the versions that a restore or an export is of, and what they lie in, as of one snapshot."""

from collections.abc import Sequence

import asyncpg

from store.database import Connection
from store.living import Living
from store.queries import load
from store.record import FILE_KIND, ConnectionId, ExternalId, Kind, WorkspaceId
from store.versions import Version, of_keys, version_of

_SQL = load("restores")

Keys = Sequence[tuple[Kind, ExternalId]]


async def subtrees(
    connection: Connection, connection_id: ConnectionId, seq: int, roots: Keys, limit: int
) -> list[Version]:
    """Return these records and all that lies in them, by (workspace, kind, id)."""
    rows = await connection.fetch(_SQL.subtree, connection_id, seq, *_columns(roots), limit)
    return _versions(rows)


async def of_workspaces(
    connection: Connection,
    connection_id: ConnectionId,
    seq: int,
    workspace_ids: Sequence[WorkspaceId],
    limit: int,
    *,
    kinds: Sequence[Kind] | None = None,
) -> list[Version]:
    """Return all records of these workspaces, or those of some kinds, by (workspace, kind, id)."""
    living = await Living.of(connection, connection_id, seq)
    keys = await living.page(workspace_ids=workspace_ids, kinds=kinds, limit=limit)
    return await of_keys(connection, connection_id, keys, seq)


async def deleted_since(
    connection: Connection,
    connection_id: ConnectionId,
    seq: int,
    workspace_ids: Sequence[WorkspaceId] | None,
    limit: int,
) -> list[Version]:
    """Return what snapshot `seq` has and the newest one has not, in these workspaces or in all."""
    wanted = list(workspace_ids) if workspace_ids is not None else None
    return _versions(await connection.fetch(_SQL.deleted_since, connection_id, seq, wanted, limit))


async def some(connection: Connection, connection_id: ConnectionId, seq: int, records: Keys) -> list[Version]:
    """Return those of these records that a snapshot has."""
    return _versions(await connection.fetch(_SQL.some_records, connection_id, seq, *_columns(records)))


async def file_of(
    connection: Connection, connection_id: ConnectionId, seq: int, kind: Kind, external_id: ExternalId
) -> Version | None:
    """Return the file that belongs to a record, as a snapshot has it."""
    row = await connection.fetchrow(_SQL.file_of, connection_id, seq, FILE_KIND, kind, external_id)
    return version_of(row) if row else None


async def workspace_sizes(
    connection: Connection, connection_id: ConnectionId, seq: int, kinds: Sequence[Kind]
) -> list[tuple[WorkspaceId, Kind, int]]:
    """List the workspaces of these kinds that a snapshot has, with how many records each holds."""
    rows = await connection.fetch(_SQL.own_records, connection_id, seq, list(kinds))
    living = await Living.of(connection, connection_id, seq)
    counts = await living.count_by_kind([WorkspaceId(row["workspace_id"]) for row in rows])
    return [(row["workspace_id"], row["kind"], sum(counts.get(row["workspace_id"], {}).values())) for row in rows]


async def above(connection: Connection, connection_id: ConnectionId, seq: int, records: Keys) -> list[Version]:
    """Return what these records lie in, and what that lies in, up to the top."""
    return _versions(await connection.fetch(_SQL.above, connection_id, seq, *_columns(records)))


async def places_now(connection: Connection, connection_id: ConnectionId, records: Keys) -> list[WorkspaceId]:
    """Return the workspaces in which the newest snapshot has these records."""
    rows = await connection.fetch(_SQL.places_now, connection_id, *_columns(records))
    return [WorkspaceId(row["workspace_id"]) for row in rows]


def _columns(keys: Keys) -> tuple[list[str], list[str]]:
    return [kind for kind, _ in keys], [external_id for _, external_id in keys]


def _versions(rows: Sequence[asyncpg.Record]) -> list[Version]:
    return [version_of(row) for row in rows]
