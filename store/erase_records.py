"""Erase records: takes the content of chosen records out of everything that is stored.

Every pack that holds such content, and every pack whose blocks were compressed with a block of one that does, is
written anew without it; the new ones stand for the old from one transaction on, in which the log says so. Nothing is
left of it then in any object that anybody needs, and the old objects are deleted once that is published.
"""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from typing import Any, NamedTuple

from store import erasures, keeping, log_entry, statement, workspaces
from store.database import Connection
from store.errors import Conflict
from store.files import decode_recipe
from store.grow import JOURNAL_KIND
from store.keys import commitment, leaf_salt
from store.log import Log
from store.pack_writer import FILE_BYTES
from store.queries import load
from store.record import FILE_KIND, ChunkId, ContentId, ErasureId, ExternalId, JsonObject, Kind, RecordKey, WorkspaceId
from store.replace import replace
from store.repository import Repository
from store.rewrite import Replaced, Staying, rewrite

_SQL = load("erasure")
_KEEPING = load("keeping")
_CONTENTS_AT_ONCE = 500
NAME = "(erased)"
"""What a workspace is called that was erased as a record."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Erased:
    """What an erasure came to."""

    records: int
    versions: int
    kept_chunks: int
    """Of erased records, that others share, and that therefore stay."""
    packs: int
    """Written anew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordErasure:
    """One erasure, whose targets are chosen. Call `run` again after any fault."""

    repository: Repository
    erasure_id: ErasureId
    request: erasures.Request

    async def run(self) -> Erased:
        """Do it; returns what it came to. Publish the log next, then sweep.

        Held when any hold lies on the account or a connection of it. Conflict when something was stored meanwhile that
        would have to be erased, too, or that needs what was to go: choose the targets again, and repeat.
        """
        await self.prepare()
        going = await self._going()
        written = await self._rewrite(going.chunks)
        async with self._transaction() as connection:
            await keeping.taking(connection, self.repository.account_id)
            await self._check(connection, written, going)
            extent = await erasures.extent(connection, self.erasure_id)
            listed = await replace(connection, self.repository, written) if written else None
            await self._bury(connection, written, going)
            said = await self._state(connection)
            entry = log_entry.record_erasure(
                said, records=extent.records, versions=extent.versions, replaced=listed, at=datetime.now(UTC)
            )
            await Log(self.repository).append(connection, entry)
        return Erased(records=extent.records, versions=extent.versions, kept_chunks=len(going.kept), packs=len(written))

    async def prepare(self) -> None:
        """Make a tombstone for each content at each place: the commitment of its leaf, and a file's revision."""
        async with self._transaction() as connection:
            rows = await connection.fetch(_SQL.targets_in_order, self.erasure_id)
        for start in range(0, len(rows), _CONTENTS_AT_ONCE):
            some = rows[start : start + _CONTENTS_AT_ONCE]
            contents = await self.repository.read_many({ContentId(row["content_id"]) for row in some})
            made = [self._tombstone(row, contents[ChunkId(row["content_id"])]) for row in some]
            async with self._transaction() as connection:
                await connection.execute(
                    _SQL.prepare_tombstones, self.repository.account_id, self.erasure_id, *zip(*made, strict=True)
                )

    def _tombstone(self, row: Any, content: bytes) -> tuple[object, ...]:
        key = RecordKey(
            workspace_id=WorkspaceId(row["workspace_id"]),
            kind=Kind(row["kind"]),
            external_id=ExternalId(row["external_id"]),
        )
        keys, content_id = self.repository.keys, ContentId(row["content_id"])
        is_file = key.kind == FILE_KIND
        return (
            row["connection_id"],
            key.workspace_id,
            key.kind,
            key.external_id,
            content_id,
            commitment(leaf_salt(keys, key.encode(), content_id), content),
            erasures.revision_mac(keys, decode_recipe(content).revision) if is_file else None,
        )

    async def _going(self) -> "_Going":
        async with self._transaction() as connection:
            contents, files = await self._look(connection)
        targets = [content_id for content_id, is_target in files if is_target]
        if not targets:
            return _Going(contents, files, frozenset(map(ChunkId, contents)), frozenset())
        of_targets = await self._chunks_of(targets)
        kept = of_targets & await self._chunks_of([name for name, _ in files if name not in contents])
        return _Going(contents, files, frozenset(map(ChunkId, contents)) | (of_targets - kept), kept)

    async def _look(self, connection: Connection) -> tuple[frozenset[ContentId], frozenset[tuple[ContentId, bool]]]:
        """Which contents of records go, and all files there are, with whether they are to be erased."""
        account_id = self.repository.account_id
        rows = await connection.fetch(_SQL.contents_to_go, account_id, self.erasure_id)
        files = await connection.fetch(_SQL.file_contents, account_id, self.erasure_id, FILE_KIND)
        return (
            frozenset(ContentId(row["content_id"]) for row in rows),
            frozenset((ContentId(row["content_id"]), bool(row["is_target"])) for row in files),
        )

    async def _chunks_of(self, recipes: Sequence[ContentId]) -> frozenset[ChunkId]:
        found: set[ChunkId] = set()
        for start in range(0, len(recipes), _CONTENTS_AT_ONCE):
            contents = await self.repository.read_many(recipes[start : start + _CONTENTS_AT_ONCE])
            for content in contents.values():
                found.update(chunk_id for chunk_id, _ in decode_recipe(content).chunks)
        return frozenset(found)

    async def _rewrite(self, gone: frozenset[ChunkId]) -> list[Replaced]:
        """Write every pack anew that holds a chunk which goes, or that leans on one which does."""
        account_id = self.repository.account_id
        async with self._transaction() as connection:
            packs = [row["pack_no"] for row in await connection.fetch(_SQL.packs_of, account_id, list(gone))]
            rows = await connection.fetch(_SQL.staying_chunks, account_id, packs, list(gone), JOURNAL_KIND, FILE_BYTES)
        staying: dict[int, list[Staying]] = {pack_no: [] for pack_no in packs}
        for pack_no, chunks in groupby(rows, key=lambda row: row["pack_no"]):
            staying[pack_no] = [
                Staying(ChunkId(row["chunk_id"]), Kind(row["kind"]), row["chunk_size"]) for row in chunks
            ]
        return await rewrite(self.repository, staying)

    async def _check(self, connection: Connection, written: Sequence[Replaced], going: "_Going") -> None:
        account_id, olds = self.repository.account_id, [one.old_pack_no for one in written]
        await connection.fetch(_KEEPING.lock_packs, account_id, olds)
        packs = {row["pack_no"] for row in await connection.fetch(_SQL.packs_of, account_id, list(going.chunks))}
        asked = (*self.request.columns(), self.request.with_children)
        if (
            packs != set(olds)
            or await self._look(connection) != (going.contents, going.files)
            or await connection.fetchval(_SQL.unprepared, self.erasure_id)
            or await connection.fetchval(_SQL.untargeted, account_id, self.erasure_id, *asked)
        ):
            raise Conflict("something was stored meanwhile that would have to be erased, too, or needs what was to go")

    async def _bury(self, connection: Connection, written: Sequence[Replaced], going: "_Going") -> None:
        """Let every row say that the content is gone."""
        account_id, keys = self.repository.account_id, self.repository.keys
        olds, news = [one.old_pack_no for one in written], [one.new_pack_no for one in written]
        await connection.execute(_SQL.translate_staged, account_id, olds, news, list(going.contents))
        await connection.execute(_SQL.erase_versions, self.erasure_id)
        for row in await connection.fetch(_SQL.erased_workspaces, self.erasure_id):
            await workspaces.rename(connection, keys, row["connection_id"], row["workspace_id"], NAME)
        await erasures.done(connection, keys, self.erasure_id, self.request)

    async def _state(self, connection: Connection) -> statement.Statement:
        """Keep who did it and why in the bucket, with every tombstone: the rest can be made again from that."""
        rows = await connection.fetch(_SQL.tombstones_of, self.erasure_id)
        said: JsonObject = {
            "erasure": str(self.erasure_id),
            "by": self.request.by,
            "reason": self.request.reason,
            "tombstones": [
                {
                    "connection": str(row["connection_id"]),
                    "workspace": row["workspace_id"],
                    "kind": row["kind"],
                    "id": row["external_id"],
                    "content": row["content_id"].hex(),
                    "commitment": row["commitment"].hex(),
                    "revision": None if row["revision_mac"] is None else row["revision_mac"].hex(),
                }
                for row in rows
            ],
        }
        return await statement.keep(self.repository.backend, self.repository.keys, said)

    def _transaction(self) -> AbstractAsyncContextManager[Connection]:
        return self.repository.database.account(self.repository.account_id)


class _Going(NamedTuple):
    """What an erasure takes away, as it was looked at."""

    contents: frozenset[ContentId]
    """Of records."""
    files: frozenset[tuple[ContentId, bool]]
    """All files there are, and whether they are to be erased."""
    chunks: frozenset[ChunkId]
    """All that goes: the contents, and what only erased files are made of."""
    kept: frozenset[ChunkId]
    """Of erased files, that others share."""
