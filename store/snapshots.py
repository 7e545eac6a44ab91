"""Snapshots: the state of a whole connection at the end of each cycle, as rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import asyncpg

from store.database import Connection
from store.queries import load
from store.record import AccountId, ConnectionId, JsonObject, NodeId, OperationId, SnapshotId

_SQL = load("snapshots")


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """One row of `snapshots`, without the manifest's bytes (`manifest` fetches them)."""

    snapshot_id: SnapshotId
    connection_id: ConnectionId
    seq: int
    operation_id: OperationId
    started_at: datetime
    finished_at: datetime
    """The moment it speaks for."""
    tree_root: NodeId | None
    record_count: int
    audit_root: bytes
    objects_root: bytes
    object_count: int
    added: int
    edited: int
    moved: int
    deleted: int
    stored_bytes: int
    """New bytes in packs."""
    manifest_id: bytes
    """SHA-256 of the sealed manifest as it lies in the bucket."""
    connector_state: JsonObject


_COLUMNS = tuple(Snapshot.__dataclass_fields__)


def snapshot_of(row: asyncpg.Record) -> Snapshot:
    """Make a Snapshot of a row that has its columns."""
    return Snapshot(**{name: row[name] for name in _COLUMNS})


async def latest(connection: Connection, connection_id: ConnectionId) -> Snapshot | None:
    """Return the newest snapshot of a connection."""
    row = await connection.fetchrow(_SQL.latest, connection_id)
    return snapshot_of(row) if row else None


async def by_id(connection: Connection, snapshot_id: SnapshotId) -> Snapshot | None:
    """Return one snapshot."""
    row = await connection.fetchrow(_SQL.by_id, snapshot_id)
    return snapshot_of(row) if row else None


async def by_ids(connection: Connection, snapshot_ids: Sequence[SnapshotId]) -> dict[SnapshotId, Snapshot]:
    """Return those of these snapshots that there are."""
    rows = await connection.fetch(_SQL.by_ids, list(snapshot_ids))
    return {row["snapshot_id"]: snapshot_of(row) for row in rows}


async def by_seqs(connection: Connection, connection_id: ConnectionId, seqs: Sequence[int]) -> dict[int, Snapshot]:
    """Return those of a connection's snapshots with these numbers that there are."""
    rows = await connection.fetch(_SQL.by_seqs, connection_id, list(seqs))
    return {row["seq"]: snapshot_of(row) for row in rows}


async def before(connection: Connection, connection_id: ConnectionId, seq: int) -> Snapshot | None:
    """Return the snapshot before number `seq`: the newest that is kept of those with a lesser one."""
    found = await list_snapshots(connection, connection_id, before_seq=seq, limit=1)
    return found[0] if found else None


async def befores(
    connection: Connection, places: Sequence[tuple[ConnectionId, int]]
) -> dict[tuple[ConnectionId, int], Snapshot]:
    """Return, for each connection and number, what `before` would."""
    rows = await connection.fetch(_SQL.befores, [key for key, _ in places], [seq for _, seq in places])
    return {(row["connection_id"], row["asked_seq"]): snapshot_of(row) for row in rows}


async def parent_id(connection: Connection, connection_id: ConnectionId, seq: int) -> bytes | None:
    """Return the manifest id of the snapshot that number `seq` followed, whether that is kept or has expired."""
    found: bytes | None = await connection.fetchval(_SQL.parent_id, connection_id, seq)
    return found


async def as_of_time(connection: Connection, connection_id: ConnectionId, moment: datetime) -> Snapshot | None:
    """Return the newest snapshot that speaks for a time no later than `moment`."""
    row = await connection.fetchrow(_SQL.as_of_time, connection_id, moment)
    return snapshot_of(row) if row else None


async def list_snapshots(
    connection: Connection, connection_id: ConnectionId, *, before_seq: int | None = None, limit: int = 100
) -> list[Snapshot]:
    """List newest first, from below `before_seq` on."""
    rows = await connection.fetch(_SQL.newest_first, connection_id, before_seq, limit)
    return [snapshot_of(row) for row in rows]


async def list_snapshots_forward(
    connection: Connection, connection_id: ConnectionId, *, after_seq: int = 0, limit: int = 100
) -> list[Snapshot]:
    """List oldest first, from above `after_seq` on."""
    rows = await connection.fetch(_SQL.oldest_first, connection_id, after_seq, limit)
    return [snapshot_of(row) for row in rows]


async def manifest(connection: Connection, snapshot_id: SnapshotId) -> bytes | None:
    """Return a snapshot's manifest: canonical JSON (`store.manifest`)."""
    found: bytes | None = await connection.fetchval(_SQL.manifest, snapshot_id)
    return found


async def insert(connection: Connection, account_id: AccountId, snapshot: Snapshot, manifest_text: bytes) -> None:
    """Keep a new snapshot. Conflict is Postgres' own unique violation on (connection, seq)."""
    values = (getattr(snapshot, name) for name in _COLUMNS)
    await connection.execute(_SQL.insert, account_id, manifest_text, *values)
