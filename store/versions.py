"""Versions: every state of every record, found by index. Derived from the trees."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import asyncpg

from store.database import Connection
from store.errors import Corrupt
from store.living import Living
from store.queries import load
from store.record import ConnectionId, ContentId, ExternalId, Kind, ParentRef, RecordKey, WorkspaceId

_SQL = load("versions")


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """One state of one record, in every snapshot from `from_seq` up to, not including, `to_seq`."""

    key: RecordKey
    from_seq: int
    to_seq: int | None
    """None: the newest snapshot still has it."""
    change: str
    """How this state came about: `added`, `edited`, `moved`."""
    parent: ParentRef | None
    content_id: ContentId
    size_bytes: int
    changed_at: datetime | None
    changed_by: str | None
    erased: bool = False
    """Whether its content was erased: it cannot be read."""


def version_of(row: asyncpg.Record) -> Version:
    """Make a Version of a row that has its columns."""
    parent = None
    if row["parent_kind"] is not None:
        parent = ParentRef(kind=Kind(row["parent_kind"]), external_id=ExternalId(row["parent_id"]))
    return Version(
        key=RecordKey(
            workspace_id=WorkspaceId(row["workspace_id"]),
            kind=Kind(row["kind"]),
            external_id=ExternalId(row["external_id"]),
        ),
        from_seq=row["from_seq"],
        to_seq=row["to_seq"],
        change=row["change"],
        parent=parent,
        content_id=ContentId(row["content_id"]),
        size_bytes=row["size_bytes"],
        changed_at=row["changed_at"],
        changed_by=row["changed_by"],
        erased=row["erasure_id"] is not None,
    )


async def history(
    connection: Connection,
    connection_id: ConnectionId,
    kind: Kind,
    external_id: ExternalId,
    *,
    before_seq: int | None = None,
    limit: int = 1000,
) -> list[Version]:
    """List a record's versions, newest first, from below `before_seq` on.

    Where a version's `to_seq` is not the next one's `from_seq`, the record was deleted in between.
    """
    rows = await connection.fetch(_SQL.history, connection_id, kind, external_id, before_seq, limit)
    return [version_of(row) for row in rows]


async def as_of(
    connection: Connection, connection_id: ConnectionId, kind: Kind, external_id: ExternalId, seq: int
) -> Version | None:
    """Return a record as snapshot `seq` has it."""
    row = await connection.fetchrow(_SQL.as_of, connection_id, kind, external_id, seq)
    return version_of(row) if row else None


async def as_of_many(
    connection: Connection, connection_id: ConnectionId, records: Sequence[tuple[Kind, ExternalId]], seq: int
) -> dict[tuple[Kind, ExternalId], Version]:
    """Return those of these records that snapshot `seq` has."""
    kinds, external_ids = [kind for kind, _ in records], [external_id for _, external_id in records]
    rows = await connection.fetch(_SQL.as_of_many, connection_id, kinds, external_ids, seq)
    return {(Kind(row["kind"]), ExternalId(row["external_id"])): version_of(row) for row in rows}


async def list_records(
    connection: Connection,
    connection_id: ConnectionId,
    seq: int,
    *,
    workspace_id: WorkspaceId | None = None,
    kinds: Sequence[Kind] | None = None,
    parent: ParentRef | None = None,
    roots: bool = False,
    deleted: bool = False,
    after: tuple[WorkspaceId, Kind, ExternalId] | None = None,
    limit: int = 100,
) -> list[Version]:
    """List records as snapshot `seq` has them, by (workspace, kind, id), from behind `after` on.

    `roots` asks for those without a parent. `deleted` asks instead for the last version of each record that was
    there before `seq` and is not there any more. NotFound where that snapshot is not kept; Corrupt as `of_keys`.
    """
    if not (deleted or parent or roots):
        living = await Living.of(connection, connection_id, seq)
        place = after and RecordKey(workspace_id=after[0], kind=after[1], external_id=after[2])
        workspace_ids = None if workspace_id is None else [workspace_id]
        keys = await living.page(workspace_ids=workspace_ids, kinds=kinds, after=place, limit=limit)
        return await of_keys(connection, connection_id, keys, seq)
    rows = await connection.fetch(
        _SQL.deleted_records if deleted else _SQL.records_below,
        connection_id,
        seq,
        workspace_id,
        None if kinds is None else list(kinds),
        parent.kind if parent else None,
        parent.external_id if parent else None,
        roots,
        *(after or (None, None, None)),
        limit,
    )
    return [version_of(row) for row in rows]


async def of_keys(
    connection: Connection, connection_id: ConnectionId, keys: Sequence[RecordKey], seq: int
) -> list[Version]:
    """Return the versions of records that the tree of snapshot `seq` has, in the order asked for.

    NotFound where that snapshot is not kept any more. Corrupt where the index of versions lacks one, naming it: it is
    derived, and a rebuild makes it again.
    """
    asked = [(key.kind, key.external_id) for key in keys]
    found = await as_of_many(connection, connection_id, asked, seq)
    for kind, external_id in asked:
        if (kind, external_id) not in found:
            await Living.of(connection, connection_id, seq)
            raise Corrupt(
                f"record {kind}/{external_id} of connection {connection_id} is in the tree of snapshot {seq},"
                " and not in the index of versions"
            )
    return [found[place] for place in asked]


async def count_records(
    connection: Connection,
    connection_id: ConnectionId,
    seq: int,
    *,
    workspace_id: WorkspaceId | None = None,
    kinds: Sequence[Kind] | None = None,
    parent: ParentRef | None = None,
    roots: bool = False,
    cap: int = 10_000,
) -> int:
    """Count what `list_records` would list of the living, at most `cap + 1`. NotFound as there."""
    if not (parent or roots) and (kinds is None or workspace_id is not None):
        living = await Living.of(connection, connection_id, seq)
        scopes = (
            None if workspace_id is None else [(workspace_id, kind) for kind in ([None] if kinds is None else kinds)]
        )
        return min(await living.count(scopes), cap + 1)
    found: int = await connection.fetchval(
        _SQL.count_living,
        connection_id,
        seq,
        workspace_id,
        None if kinds is None else list(kinds),
        parent.kind if parent else None,
        parent.external_id if parent else None,
        roots,
        cap + 1,
    )
    return found
