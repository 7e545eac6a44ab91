"""Entries: what journals say, as the staged changes that a commit is made of.

A journal names contents by the beginnings of their ids. Each is found, opened and named whole, which gives its leaf in
the audit tree. A version that was erased keeps the leaf that its tombstone gives. One whose content is lost is staged
as gone: what was before it is not true any more, either.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from store.database import Connection
from store.errors import Corrupt
from store.files import decode_recipe
from store.journal import decode_segment
from store.keys import leaf_hash
from store.queries import load
from store.rebuild.contents import Content, find_contents, find_places, keep_chunks
from store.rebuild.found import Found, LossCode
from store.rebuild.kept import Kept, Tombstone
from store.rebuild.manifests import Opened
from store.record import FILE_KIND, ChunkId, ContentId, ExternalId, Kind, OperationId, RecordKey, WorkspaceId
from store.repository import Repository
from store.snapshots import Snapshot

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


class Entries:
    """Those of one connection, over the connection of one transaction and under one operation's id."""

    def __init__(
        self, connection: Connection, repository: Repository, operation_id: OperationId, kept: Kept, found: Found
    ) -> None:
        self._connection = connection
        self._repository = repository
        self._operation_id = operation_id
        self._kept = kept
        self._found = found

    async def read(self, opened: Opened) -> list[int]:
        """Note what one manifest's journal says; return the packs that it lies in, as often as a commit counts them."""
        seq = opened.snapshot.seq
        packs: list[int] = []
        for chunk_id in opened.journal:
            (segment,) = await find_contents(self._connection, self._repository, [(chunk_id, None)])
            try:
                if not isinstance(segment, Content):
                    raise segment
                entries = decode_segment(segment.plain)
            except Corrupt as error:
                where = f"journal/{opened.snapshot.connection_id}/{seq}/{chunk_id.hex()}"
                self._found.lost(LossCode.JOURNAL_LOST, where, error)
                continue
            packs += segment.packs
            rows = [
                (
                    self._operation_id,
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
            await self._connection.copy_records_to_table("rebuild_entries", records=rows, columns=_ENTRY_COLUMNS)
        await keep_chunks(self._connection, self._repository, opened.journal)
        return packs

    async def stage(self, described: Snapshot) -> None:
        """Turn entries into staged changes, as the commit of this snapshot had them."""
        cursor = await self._connection.cursor(_SQL.last_entries, self._operation_id)
        while rows := await cursor.fetch(_ROWS_AT_ONCE):
            for part in _parts(rows):
                staged = await self._staged(part, described)
                await self._connection.copy_records_to_table("staged_changes", records=staged, columns=_STAGED_COLUMNS)

    async def _staged(self, rows: Sequence[Row], described: Snapshot) -> list[tuple[object, ...]]:
        connection_id, seq = described.connection_id, described.seq
        living = [row for row in rows if row["content_prefix"]]
        wanted = [(row["content_prefix"], row["size_bytes"]) for row in living]
        contents = await find_contents(self._connection, self._repository, wanted)
        staged = [_gone(self._operation_id, row) for row in rows if not row["content_prefix"]]
        told: list[ChunkId] = []
        for row, content in zip(living, contents, strict=True):
            if isinstance(content, Content):
                chunks, others = await self._file_chunks(row, content, seq)
                told += [content.chunk_id, *chunks]
                staged.append(self._living(row, content, others))
            elif tombstone := self._kept.tombstone(connection_id, _key(row), row["content_prefix"]):
                staged.append(_erased(self._operation_id, row, tombstone))
            else:
                self._found.lost(LossCode.RECORD_LOST, _where(row, seq), content)
                staged.append(_gone(self._operation_id, row))
        await keep_chunks(self._connection, self._repository, told)
        return staged

    async def _file_chunks(self, row: Row, content: Content, seq: int) -> tuple[list[ChunkId], set[int]]:
        """Return the chunks of a file, and the packs that they need; nothing for what is no file."""
        if row["kind"] != FILE_KIND:
            return [], set()
        try:
            chunks = [chunk_id for chunk_id, _ in decode_recipe(content.plain).chunks]
        except Corrupt as error:
            self._found.lost(LossCode.FILE_LOST, _where(row, seq), error)
            return [], set()
        packs = await find_places(self._connection, self._repository, chunks)
        if packs is None:
            self._found.lost(LossCode.FILE_LOST, _where(row, seq), "some of its bytes are in no pack")
        return chunks, packs or set()

    def _living(self, row: Row, content: Content, others: set[int]) -> tuple[object, ...]:
        pack_no, *more = content.packs
        leaf = leaf_hash(self._repository.keys, _key(row).encode(), ContentId(content.chunk_id), content.plain)
        return (
            self._operation_id,
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


def _erased(operation_id: OperationId, row: Row, tombstone: Tombstone) -> tuple[object, ...]:
    return (
        operation_id,
        row["workspace_id"],
        row["kind"],
        row["external_id"],
        row["parent_kind"],
        row["parent_id"],
        tombstone.content_id,
        tombstone.leaf_hash(_key(row)),
        row["size_bytes"],
        None,
        None,
        row["changed_at"],
        row["changed_by"],
        "added",
    )


def _key(row: Row) -> RecordKey:
    return RecordKey(
        workspace_id=WorkspaceId(row["workspace_id"]),
        kind=Kind(row["kind"]),
        external_id=ExternalId(row["external_id"]),
    )


def _where(row: Row, seq: int) -> str:
    return f"record/{row['workspace_id']}/{row['kind']}/{row['external_id']} in snapshot {seq}"
