"""Replay: one connection's snapshots, made again from what each changed.

A journal names contents by the beginnings of their ids. Each is found, opened and named whole, which gives its leaf in
the audit tree; the tree then has to have the root that the manifest was signed with. What expired has no snapshot, and
its journal counts for the next one that was kept.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import uuid4

from store import objects, snapshots
from store.changes import Changes
from store.database import Connection
from store.errors import Corrupt, NotFound
from store.files import decode_recipe
from store.grow import grow_tree, leaves_of_columns
from store.journal import decode_segment
from store.keys import leaf_hash
from store.pack import object_key
from store.queries import load
from store.rebuild.contents import Content, find_contents, find_places, keep_chunks
from store.rebuild.found import Found, LossCode
from store.rebuild.manifests import Opened, Step, open_step
from store.record import (
    FILE_KIND,
    ChunkId,
    ConnectionId,
    ContentId,
    ExternalId,
    Kind,
    OperationId,
    RecordKey,
    SnapshotId,
    WorkspaceId,
)
from store.repository import Repository
from store.snapshots import Snapshot
from store.tree.node import Leaves
from store.tree.nodes import PostgresNodes

_CYCLE = load("cycle")
_SQL = load("rebuild")
_ROWS_AT_ONCE = 1000
_BYTES_AT_ONCE = 16 * 1024 * 1024

_ENTRY_COLUMNS = (
    "operation_id",
    "seq",
    "workspace_id",
    "kind",
    "external_id",
    "parent_kind",
    "parent_id",
    "content_prefix",
    "size_bytes",
    "changed_at",
    "changed_by",
)
_STAGED_COLUMNS = (
    "operation_id",
    "workspace_id",
    "kind",
    "external_id",
    "parent_kind",
    "parent_id",
    "content_id",
    "leaf_hash",
    "size_bytes",
    "pack_no",
    "other_pack_nos",
    "changed_at",
    "changed_by",
    "change",
)

Row = Any
"""A row of the query `last_entries`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """What became of a connection's manifests."""

    snapshot_ids: dict[str, SnapshotId]
    """Of every manifest read, by its SHA-256 as the log writes it."""
    latest: Snapshot | None


class Replay:
    """One connection's. Memory: some thousand entries and some megabytes of content, whatever the connection's size."""

    def __init__(self, repository: Repository, connection_id: ConnectionId, found: Found) -> None:
        self._repository = repository
        self._connection_id = connection_id
        self._found = found

    async def run(self, steps: Sequence[Step]) -> Replayed:
        """Make the snapshots again, oldest first, each in a transaction of its own."""
        snapshot_ids: dict[str, SnapshotId] = {}
        previous: Snapshot | None = None
        pending: list[Opened] = []
        for step in steps:
            try:
                opened = await asyncio.to_thread(open_step, self._repository.backend, self._repository.keys, step.name)
            except (Corrupt, NotFound) as error:
                self._found.lost(LossCode.MANIFEST_LOST, step.name, error)
                continue
            snapshot_ids[f"sha256:{opened.snapshot.manifest_id.hex()}"] = opened.snapshot.snapshot_id
            pending.append(opened)
            if step.is_expired:
                continue
            previous = await self._snapshot(pending, previous)
            pending = []
            self._found.snapshots += 1
            self._found.tell(f"{opened.connection_name}: snapshot {previous.seq} of {steps[-1].seq}")
        if previous is not None:
            await self._finish(previous)
        return Replayed(snapshot_ids=snapshot_ids, latest=previous)

    async def _snapshot(self, pending: Sequence[Opened], previous: Snapshot | None) -> Snapshot:
        """Make the last of these again, with what it and those before it changed since `previous`."""
        operation_id = OperationId(uuid4())
        account_id, described = self._repository.account_id, pending[-1].snapshot
        async with self._repository.database.account(account_id) as connection:
            journal_packs: list[int] = []
            for opened in pending:
                journal_packs += await self._read_journal(connection, operation_id, opened)
            await self._stage(connection, operation_id, described.seq)
            await connection.execute(_SQL.hold_against, operation_id, self._connection_id)
            await connection.execute(_SQL.drop_unchanged, operation_id, self._connection_id)
            await connection.execute(_SQL.drop_never_held, operation_id)
            changes = Changes(self._repository.database, account_id, operation_id)
            await changes.count(connection)
            snapshot = await self._grow(connection, changes, described, previous)
            await connection.execute(_CYCLE.end_versions, operation_id, self._connection_id, snapshot.seq)
            await connection.execute(_CYCLE.begin_versions, operation_id, account_id, self._connection_id, snapshot.seq)
            await connection.execute(
                _CYCLE.count_pack_uses, operation_id, account_id, self._connection_id, journal_packs
            )
            await connection.execute(_CYCLE.drop_unused_packs, self._connection_id)
            await snapshots.insert(connection, account_id, snapshot, pending[-1].text)
            await connection.execute(_CYCLE.clear_changes, operation_id)
            await connection.execute(_SQL.clear_entries, operation_id)
        return snapshot

    async def _read_journal(self, connection: Connection, operation_id: OperationId, opened: Opened) -> list[int]:
        """Note what one manifest's journal says; return the packs that it lies in, as often as a commit counts them."""
        seq = opened.snapshot.seq
        packs: list[int] = []
        for chunk_id in opened.journal:
            (segment,) = await find_contents(connection, self._repository, [(chunk_id, None)])
            try:
                if not isinstance(segment, Content):
                    raise segment
                entries = decode_segment(segment.plain)
            except Corrupt as error:
                where = f"journal/{self._connection_id}/{seq}/{chunk_id.hex()}"
                self._found.lost(LossCode.JOURNAL_LOST, where, error)
                continue
            packs += segment.packs
            rows = [
                (
                    operation_id,
                    seq,
                    entry.workspace_id,
                    entry.kind,
                    entry.external_id,
                    entry.parent_kind,
                    entry.parent_id,
                    entry.content_prefix,
                    entry.size_bytes,
                    entry.changed_at,
                    entry.changed_by,
                )
                for entry in entries
            ]
            await connection.copy_records_to_table("rebuild_entries", records=rows, columns=_ENTRY_COLUMNS)
        await keep_chunks(connection, self._repository, opened.journal)
        return packs

    async def _stage(self, connection: Connection, operation_id: OperationId, seq: int) -> None:
        """Turn entries into staged changes, as a commit has them."""
        cursor = await connection.cursor(_SQL.last_entries, operation_id)
        while rows := await cursor.fetch(_ROWS_AT_ONCE):
            for part in _parts(rows):
                staged = await self._staged(connection, operation_id, part, seq)
                await connection.copy_records_to_table("staged_changes", records=staged, columns=_STAGED_COLUMNS)

    async def _staged(
        self, connection: Connection, operation_id: OperationId, rows: Sequence[Row], seq: int
    ) -> list[tuple[object, ...]]:
        living = [row for row in rows if row["content_prefix"]]
        wanted = [(row["content_prefix"], row["size_bytes"]) for row in living]
        contents = await find_contents(connection, self._repository, wanted)
        staged = [_gone(operation_id, row) for row in rows if not row["content_prefix"]]
        told: list[ChunkId] = []
        for row, content in zip(living, contents, strict=True):
            if isinstance(content, Content):
                chunks, others = await self._file_chunks(connection, row, content, seq)
                told += [content.chunk_id, *chunks]
                staged.append(self._living(operation_id, row, content, others))
            else:
                self._found.lost(LossCode.RECORD_LOST, _where(row, seq), content)
                staged.append(_gone(operation_id, row))
        await keep_chunks(connection, self._repository, told)
        return staged

    async def _file_chunks(
        self, connection: Connection, row: Row, content: Content, seq: int
    ) -> tuple[list[ChunkId], set[int]]:
        """Return the chunks of a file, and the packs that they need; nothing for what is no file."""
        if row["kind"] != FILE_KIND:
            return [], set()
        try:
            chunks = [chunk_id for chunk_id, _ in decode_recipe(content.plain).chunks]
        except Corrupt as error:
            self._found.lost(LossCode.FILE_LOST, _where(row, seq), error)
            return [], set()
        packs = await find_places(connection, self._repository, chunks)
        if packs is None:
            self._found.lost(LossCode.FILE_LOST, _where(row, seq), "some of its bytes are in no pack")
        return chunks, packs or set()

    def _living(self, operation_id: OperationId, row: Row, content: Content, others: set[int]) -> tuple[object, ...]:
        pack_no, *more = content.packs
        leaf = leaf_hash(self._repository.keys, _key(row).encode(), ContentId(content.chunk_id), content.plain)
        return (
            operation_id,
            row["workspace_id"],
            row["kind"],
            row["external_id"],
            row["parent_kind"],
            row["parent_id"],
            content.chunk_id,
            leaf,
            row["size_bytes"],
            pack_no,
            sorted({*more, *others} - {pack_no}) or None,
            row["changed_at"],
            row["changed_by"],
            "added",
        )

    async def _grow(
        self, connection: Connection, changes: Changes, described: Snapshot, previous: Snapshot | None
    ) -> Snapshot:
        async def batches() -> AsyncIterator[Leaves]:
            async for columns in changes.in_key_order(connection):
                yield leaves_of_columns(columns)

        nodes = PostgresNodes(connection, self._repository.account_id)
        root = previous.tree_root if previous else None
        if changes.counts:
            root, _ = await grow_tree(nodes, self._repository.keys.hash_key, previous, changes.places, batches())
        if root != described.tree_root:
            where = f"snapshot/{self._connection_id}/{described.seq}"
            self._found.lost(LossCode.TREE_DIFFERS, where, "its tree has another root than it was signed with")
        return replace(described, tree_root=root)

    async def _finish(self, latest: Snapshot) -> None:
        """Bring back what the next cycle goes by: dictionaries, and the packs that are needed."""
        account_id, backend = self._repository.account_id, self._repository.backend
        where = f"objects/{self._connection_id}"
        async with self._repository.database.account(account_id) as connection:
            await connection.execute(_SQL.dictionaries, account_id, self._connection_id)
            needed = {row["pack_id"] for row in await connection.fetch(_CYCLE.needed_packs, self._connection_id)}
            try:
                listed = set(await objects.packs_of(backend, latest)) if latest.object_count else set()
            except (Corrupt, NotFound) as error:
                self._found.lost(LossCode.PACKS_DIFFER, where, error)
                return
            await connection.execute(_SQL.pin_packs, account_id, self._connection_id, list(listed - needed))
            held = {row["pack_id"] for row in await connection.fetch(_CYCLE.needed_packs, self._connection_id)}
        for pack_id in sorted(listed - held):
            self._found.lost(LossCode.PACK_LOST, object_key(pack_id), "the newest snapshot needs it")
        if held - listed:
            self._found.lost(LossCode.PACKS_DIFFER, where, f"{len(held - listed)} packs more than it was signed with")


def _parts(rows: Sequence[Row]) -> Iterator[list[Row]]:
    """Part rows so that the contents of each part fit into memory."""
    part: list[Row] = []
    size_bytes = 0
    for row in rows:
        part.append(row)
        size_bytes += row["size_bytes"] or 0
        if size_bytes >= _BYTES_AT_ONCE:
            yield part
            part, size_bytes = [], 0
    if part:
        yield part


def _gone(operation_id: OperationId, row: Row) -> tuple[object, ...]:
    key = (row["workspace_id"], row["kind"], row["external_id"])
    return (operation_id, *key, None, None, None, None, None, None, None, None, None, "deleted")


def _key(row: Row) -> RecordKey:
    return RecordKey(
        workspace_id=WorkspaceId(row["workspace_id"]),
        kind=Kind(row["kind"]),
        external_id=ExternalId(row["external_id"]),
    )


def _where(row: Row, seq: int) -> str:
    return f"record/{row['workspace_id']}/{row['kind']}/{row['external_id']} in snapshot {seq}"
