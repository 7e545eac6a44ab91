"""Cycle: one reading of one connection, from the first record to the committed snapshot."""

import time
from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from store import canonical, snapshots
from store.changes import Changes
from store.commit import Commit, CycleResult
from store.content import Prepared, prepare
from store.erasures import revision_mac
from store.errors import Invalid, Outdated
from store.files import FileMeta, decode_recipe, store_file
from store.living import Living
from store.pack_writer import PackNos, PackWriter
from store.queries import load
from store.record import (
    FILE_KIND,
    ConnectionId,
    ContentId,
    ExternalId,
    JsonObject,
    Kind,
    OperationId,
    Record,
    WorkspaceId,
)
from store.repository import Repository
from store.rows import Rows
from store.snapshots import Snapshot
from store.stage import Stage
from store.tree.nodes import PostgresNodes

_SQL = load("cycle")
_ERASURE = load("erasure")
_SAVE_EVERY_SECONDS = 15.0
_SAVE_EVERY_BYTES = 16 * 1024 * 1024
_NO_CONTENT = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptureWarning:
    """What was not captured, or not surely. Goes into the manifest; ids only, never content."""

    code: str
    where: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Job:
    connection_id: ConnectionId
    operation_id: OperationId
    started_at: datetime


class Cycle:
    """Takes what a connector read; `commit` makes it the connection's next snapshot.

    Every method but `commit` may be called from several tasks at once. Memory is bounded whatever is put: records
    go to blocks and to the stage as they come, and only of a first reading that is small are rows held until then. An
    interrupted cycle is opened again under the same operation and goes on from `cursor`; everything saved before is
    kept and not read again.
    """

    def __init__(
        self, repository: Repository, stage: Stage, writer: PackWriter, *, job: _Job, previous: Snapshot | None
    ) -> None:
        self._repository = repository
        self._stage = stage
        self._writer = writer
        self._job = job
        self.previous = previous
        self.cursor: JsonObject | None = None
        """What the connector said at the last save of an interrupted attempt."""
        self.ledger: list[JsonObject] = []
        """How each workspace was judged; the manifest carries it."""
        self.warnings: list[CaptureWarning] = []
        self._saved_at = time.monotonic()
        self._bytes_since_save = 0
        self._has_erased: bool | None = None
        self.record_count = 0
        """Records put so far in this attempt."""

    @property
    def connection_id(self) -> ConnectionId:
        """What is read."""
        return self._job.connection_id

    @classmethod
    @asynccontextmanager
    async def open(
        cls, repository: Repository, connection_id: ConnectionId, operation_id: OperationId, started_at: datetime
    ) -> AsyncIterator[Self]:
        """Begin, or resume what this operation saved. Leaving without `commit` keeps what was saved."""
        async with repository.database.account(repository.account_id) as connection:
            previous = await snapshots.latest(connection, connection_id)
        stage = Stage(repository.database, repository.account_id, operation_id, is_first=previous is None)
        saved = await stage.restore()
        job = _Job(connection_id=connection_id, operation_id=operation_id, started_at=started_at)
        async with repository.writer(connection_id) as writer:
            cycle = cls(repository, stage, writer, job=job, previous=previous)
            if saved is not None:
                cycle.cursor, noted = saved
                cycle.ledger = noted["entries"]
                cycle.warnings = [CaptureWarning(**warning) for warning in noted["warnings"]]
            try:
                yield cycle
            finally:
                await stage.settle()

    async def put(self, records: Sequence[Record]) -> None:
        """Take records of one kind. One that cannot be stored becomes a warning; what is held of it stays."""
        if not records:
            return
        try:
            prepared = prepare(self._repository.keys, records)
        except Invalid:
            records = await self._without_bad_ones(records)
            if not records:
                return
            prepared = prepare(self._repository.keys, records)
        erased = await self._erased_before(prepared)
        if erased:
            await self._keep_erased(records, prepared, erased)
            return
        needs = await self._writer.add(records[0].kind, prepared.chunks)
        await self._stage.add(_rows(records, prepared, needs))
        self.record_count += len(records)
        self._bytes_since_save += sum(map(len, prepared.canonicals))

    async def put_file(self, meta: FileMeta, stream: AsyncIterator[bytes]) -> None:
        """Take a file: its chunks, and a record of kind `file` that lists them. Raises what `stream` raises."""
        record, chunk_packs, size_bytes = await store_file(self._repository.keys, self._writer, meta, stream)
        await self._stage_file(record, chunk_packs)
        self._bytes_since_save += size_bytes

    async def keep_file(self, meta: FileMeta) -> bool:
        """Keep the bytes that are held of a file, where its revision is still the same; False: they have to be read.

        A file that lies elsewhere by now, or is called otherwise, is put there with the same bytes.
        """
        async with self._repository.database.account(self._repository.account_id) as connection:
            held = await connection.fetchrow(_SQL.held, self._job.connection_id, FILE_KIND, meta.external_id)
        if held is None:
            return False
        if held["erasure_id"] is not None:
            return await self._keep_erased_file(meta, held["content_id"])
        plain = await self._repository.read(held["content_id"])
        recipe = decode_recipe(plain)
        if recipe.revision != meta.revision:
            return False
        before = (held["workspace_id"], held["parent_kind"], held["parent_id"], recipe.name, recipe.media_type)
        if before == (meta.workspace_id, meta.parent.kind, meta.parent.external_id, meta.name, meta.media_type):
            await self.keep(meta.workspace_id, FILE_KIND, [meta.external_id])
            return True
        record = Record(
            workspace_id=meta.workspace_id,
            kind=FILE_KIND,
            external_id=meta.external_id,
            parent=meta.parent,
            content={**canonical.decode(plain), "name": meta.name, "mediaType": meta.media_type},
        )
        await self._stage_file(record, [held["pack_no"], *(held["other_pack_nos"] or ())])
        return True

    async def _keep_erased_file(self, meta: FileMeta, content_id: ContentId) -> bool:
        """Keep a file as erased as it is, where the app still has what was erased."""
        place = (self._job.connection_id, FILE_KIND, meta.external_id, content_id, None)
        async with self._repository.database.account(self._repository.account_id) as connection:
            tombstone = await connection.fetchrow(_ERASURE.tombstone, *place)
        if tombstone is None or tombstone["revision_mac"] != revision_mac(self._repository.keys, meta.revision):
            return False
        await self.keep(meta.workspace_id, FILE_KIND, [meta.external_id])
        return True

    async def _stage_file(self, record: Record, chunk_packs: Iterable[int]) -> None:
        prepared = prepare(self._repository.keys, [record])
        (needs,) = await self._writer.add(FILE_KIND, prepared.chunks)
        others = sorted({*needs[1:], *chunk_packs} - {needs[0]})
        await self._stage.add(_rows([record], prepared, [(needs[0], *others)]))
        self.record_count += 1

    async def held(self, workspace_id: WorkspaceId, kind: Kind) -> Mapping[ExternalId, ExternalId | None]:
        """Return what the last snapshot holds of a kind in a workspace: ids, each with its parent's."""
        root = self.previous.tree_root if self.previous else None
        async with self._repository.database.account(self._repository.account_id) as connection:
            living = Living(PostgresNodes(connection, self._repository.account_id), root)
            return {
                entry.key.external_id: entry.parent.external_id if entry.parent else None
                async for entries in living.entries([(workspace_id, kind)])
                for entry in entries
            }

    async def keep(self, workspace_id: WorkspaceId, kind: Kind, external_ids: Iterable[ExternalId]) -> None:
        """Note that records are still there but were not read again: what is held of them stays as it is."""
        kept = list(external_ids)
        nothing: list[None] = [None] * len(kept)
        rows = Rows(
            workspace_ids=[workspace_id] * len(kept),
            kinds=[kind] * len(kept),
            external_ids=kept,
            parent_kinds=nothing,
            parent_ids=nothing,
            content_ids=[_NO_CONTENT] * len(kept),
            leaf_hashes=[_NO_CONTENT] * len(kept),
            sizes_bytes=[0] * len(kept),
            pack_nos=nothing,
            other_pack_nos=nothing,
            changed_at=nothing,
            changed_by=nothing,
        )
        await self._stage.add(rows)

    async def anew(self, workspace_ids: Collection[WorkspaceId]) -> None:
        """Forget what was put of these workspaces in this cycle: they are read from their beginning again."""
        await self._stage.forget(sorted(workspace_ids))

    async def complete(self, workspace_id: WorkspaceId, kinds: Collection[Kind]) -> None:
        """Note that every living record of these kinds in a workspace was put or kept: what else is held is deleted."""
        await self._stage.complete(workspace_id, sorted(kinds))

    async def complete_below(
        self, workspace_id: WorkspaceId, kind: Kind, external_ids: Sequence[ExternalId], kinds: Collection[Kind]
    ) -> None:
        """Note that every living record of `kinds` below these, at any depth and wherever, was put or kept."""
        await self._stage.subtrees(workspace_id, kind, external_ids, sorted(kinds), gone=False)

    async def deleted(
        self, workspace_id: WorkspaceId, kind: Kind, external_ids: Sequence[ExternalId], below: Collection[Kind]
    ) -> None:
        """Note that these records of a workspace are certainly deleted, and what hangs below them of the kinds `below`.

        One that was put or kept in this cycle lives all the same: it is below something else now. One that is held in
        another workspace has moved there before, and stays.
        """
        await self._stage.subtrees(workspace_id, kind, external_ids, sorted(below), gone=True)

    async def gone(self, workspace_id: WorkspaceId) -> None:
        """Note that a workspace is certainly deleted in the app, with all its records."""
        await self._stage.gone(workspace_id)

    def warn(self, code: str, where: str, message: str) -> None:
        """Note what was not captured, or not surely."""
        self.warnings.append(CaptureWarning(code=code, where=where, message=message))

    def note(self, entry: JsonObject) -> None:
        """Add an entry to the capture ledger, which the manifest carries."""
        self.ledger.append(entry)

    async def save(self, cursor: JsonObject, *, now: bool = False) -> bool:
        """Let everything put so far survive a crash, with the place to go on from; False when it is too soon.

        Saves some seconds or megabytes apart unless told to save `now`, because each one ends a pack. Outdated when
        Postgres lost what was staged before.
        """
        waited = time.monotonic() - self._saved_at
        if not now and waited < _SAVE_EVERY_SECONDS and self._bytes_since_save < _SAVE_EVERY_BYTES:
            return False
        await self._writer.flush()
        await self._stage.save(cursor, {"entries": self.ledger, "warnings": self._warnings()})
        self._saved_at, self._bytes_since_save = time.monotonic(), 0
        return True

    async def compare(self) -> Changes:
        """Find how what was put differs from what is held. Ask again after putting more. Outdated as `save`."""
        await self._stage.flush()
        account_id, operation_id = self._repository.account_id, self._job.operation_id
        changes = Changes(self._repository.database, account_id, operation_id, self.previous, self._stage.remembered)
        if not self._stage.is_empty:
            await changes.find(self._job.connection_id)
        return changes

    async def commit(self, state: JsonObject, finished_at: datetime, changes: Changes | None = None) -> Snapshot:
        """Make the snapshot. One transaction: afterwards it is there whole, or not at all.

        It is complete once a checkpoint covers it: publish the log next. `changes` is what `compare` found, where it
        was asked and nothing was put since. Conflict when another cycle of the connection committed meanwhile; Outdated
        when something this one relied on was swept or lost, and then all that was staged is forgotten. May be repeated
        after Unavailable.
        """
        if changes is None:
            changes = await self.compare()
        result = CycleResult(
            operation_id=self._job.operation_id,
            connection_id=self._job.connection_id,
            started_at=self._job.started_at,
            finished_at=finished_at,
            connector_state=state,
            ledger=self.ledger,
            warnings=self._warnings(),
        )
        commit = Commit(self._repository, self._writer, self.previous, result)
        try:
            snapshot = await commit.run(changes)
        except Outdated:
            await self._stage.clear()
            raise
        await self._stage.clear()
        return snapshot

    async def abandon(self) -> None:
        """Forget what was staged. What was stored already is garbage until it is collected. Idempotent."""
        await self._stage.clear()

    async def _erased_before(self, prepared: Prepared) -> set[int]:
        """Which of these contents were erased: what an app still has must not bring back what was erased here."""
        account_id = self._repository.account_id
        if self._has_erased is None:
            async with self._repository.database.account(account_id) as connection:
                self._has_erased = await connection.fetchval(_ERASURE.has_tombstones, account_id)
        if not self._has_erased:
            return set()
        async with self._repository.database.account(account_id) as connection:
            rows = await connection.fetch(_ERASURE.which_gone, account_id, prepared.content_ids)
        return {row["ordinal"] - 1 for row in rows}

    async def _keep_erased(self, records: Sequence[Record], prepared: Prepared, erased: set[int]) -> None:
        """Stage records without storing the content of those that were erased."""
        chunks = [chunk for at, chunk in enumerate(prepared.chunks) if at not in erased]
        stored = iter(await self._writer.add(records[0].kind, chunks) if chunks else [])
        needs = [() if at in erased else next(stored) for at in range(len(records))]
        await self._stage.add(_rows(records, prepared, needs))
        self.record_count += len(records)

    async def _without_bad_ones(self, records: Sequence[Record]) -> list[Record]:
        good: list[Record] = []
        for record in records:
            try:
                prepare(self._repository.keys, [record])
            except Invalid as error:
                self.warn("BAD_RECORD", f"{record.workspace_id}/{record.kind}/{record.external_id}", str(error))
                await self.keep(record.workspace_id, record.kind, [record.external_id])
            else:
                good.append(record)
        return good

    def _warnings(self) -> list[JsonObject]:
        return [{"code": w.code, "where": w.where, "message": w.message} for w in self.warnings]


def _rows(records: Sequence[Record], prepared: Prepared, needs: Sequence[PackNos]) -> Rows:
    parents = [record.parent for record in records]
    return Rows(
        workspace_ids=[record.workspace_id for record in records],
        kinds=[record.kind for record in records],
        external_ids=[record.external_id for record in records],
        parent_kinds=[None if parent is None else parent.kind for parent in parents],
        parent_ids=[None if parent is None else parent.external_id for parent in parents],
        content_ids=prepared.content_ids,
        leaf_hashes=prepared.leaf_hashes,
        sizes_bytes=list(map(len, prepared.canonicals)),
        pack_nos=[packs[0] if packs else None for packs in needs],
        other_pack_nos=[list(packs[1:]) if len(packs) > 1 else None for packs in needs],
        changed_at=[record.changed_at for record in records],
        changed_by=[record.changed_by for record in records],
    )
