"""Snapshot: the state of a whole connection at the end of one cycle."""

from datetime import datetime
from typing import Annotated, Any, Self

import orjson
import strawberry

from api import ids, lists
from api.arguments import After, Deleted, ForwardFirst, InWorkspace, Kinds, OfParent, RecordsAsked, Roots, Slice
from api.auth import Scope, Scoped
from api.context import Info
from api.page import Connection
from api.scalars import JSON, BigInt, Digest, blake3, sha256
from api.types.node import Node
from api.types.operation import CaptureWarning
from api.types.record import Record
from store import log, prove, snapshots
from store.record import ExternalId, JsonObject, Kind, RecordKey, WorkspaceId


@strawberry.type(description="How many records of one kind the app said there are.")
class ClaimedCount:
    """One entry of a ledger's `claimed`."""

    kind: str = strawberry.field(description="The kind.")
    count: int = strawberry.field(description="How many.")


@strawberry.type(description="How one workspace was judged in a cycle.")
class LedgerEntry:
    """One entry of the manifest's ledger."""

    workspace: str | None = strawberry.field(description="The app's id of the workspace.")
    read: str | None = strawberry.field(
        description="`full`: all of it was read; `changed`: what changed; `unchanged`: nothing had to be."
    )
    evidence: str | None = strawberry.field(description="What that rests on.")
    pages: int = strawberry.field(description="How many pages were fetched.")
    claimed: list[ClaimedCount] = strawberry.field(description="What the app says there is, where it says.")

    @classmethod
    def of(cls, entry: JsonObject) -> Self:
        """Read one."""
        return cls(
            workspace=entry.get("workspace_id"),
            read=entry.get("read"),
            evidence=entry.get("evidence"),
            pages=entry.get("pages", 0),
            claimed=[ClaimedCount(kind=kind, count=count) for kind, count in sorted(entry.get("claimed", {}).items())],
        )


@strawberry.type(description="The state of a whole connection at the end of one cycle. It never changes.")
class Snapshot(Node):
    """A row of `snapshots`."""

    row: strawberry.Private[snapshots.Snapshot]
    sequence: BigInt = strawberry.field(description="1, 2, 3 … within the connection.")
    started_at: datetime = strawberry.field(description="When its cycle began.")
    finished_at: datetime = strawberry.field(description="The moment it speaks for.")
    record_count: BigInt = strawberry.field(description="How many records it has.")
    added: BigInt = strawberry.field(description="How many of them the one before did not have.")
    edited: BigInt = strawberry.field(description="How many changed in content or parent.")
    moved: BigInt = strawberry.field(description="How many went to another workspace.")
    deleted: BigInt = strawberry.field(description="How many the one before had and this one has not.")
    stored_bytes: BigInt = strawberry.field(description="How many bytes it added to the store.")
    object_count: BigInt = strawberry.field(description="How many objects of the store it needs.")
    tree_root: Digest | None = strawberry.field(
        description="The root of its tree: equal for equal states. Null when there are no records."
    )
    audit_root: Digest = strawberry.field(
        description="The RFC 6962 tree over its records, blinded: the root that proofs of single records lead to."
    )
    objects_root: Digest = strawberry.field(description="The RFC 6962 tree over the ids of every object it needs.")
    manifest_digest: Digest = strawberry.field(description="Of the manifest as it lies, sealed, in the store.")

    @classmethod
    def of(cls, row: snapshots.Snapshot) -> Self:
        """Show a snapshot."""
        return cls(
            id=strawberry.ID(ids.encode(ids.Prefix.SNAPSHOT, row.snapshot_id)),
            row=row,
            sequence=BigInt(row.seq),
            started_at=row.started_at,
            finished_at=row.finished_at,
            record_count=BigInt(row.record_count),
            added=BigInt(row.added),
            edited=BigInt(row.edited),
            moved=BigInt(row.moved),
            deleted=BigInt(row.deleted),
            stored_bytes=BigInt(row.stored_bytes),
            object_count=BigInt(row.object_count),
            tree_root=blake3(row.tree_root) if row.tree_root else None,
            audit_root=sha256(row.audit_root),
            objects_root=sha256(row.objects_root),
            manifest_digest=sha256(row.manifest_id),
        )

    @strawberry.field(description="The whole manifest, as it was sealed: what everything above can be checked against.")
    async def manifest(self, info: Info) -> JSON | None:
        """Canonical bytes, as they are."""
        return JSON(await info.context.loaders.manifest.load(self.row.snapshot_id))

    @strawberry.field(
        description=(
            "Proof that it is in the account's log: a C2SP tlog-proof, with the entry in it. Null until a checkpoint "
            "covers it; only then is the backup complete."
        )
    )
    async def proof(self, info: Info) -> str | None:
        """Under the newest checkpoint."""
        async with info.context.session() as connection:
            found = await log.snapshot_proof(connection, info.context.account_id, self.row.snapshot_id)
        return found.encode().decode() if found else None

    @strawberry.field(description="Proof, for whoever has no key, that the manifest is the one that was logged.")
    async def manifest_proof(self, info: Info) -> str:
        """Discloses the manifest's text."""
        return (await prove.prove_statement(await info.context.repository(), self.row)).decode()

    @strawberry.field(
        description=(
            "Proof that no record was at a place. It tells the keys of the two records on both sides of that place, "
            "and nothing of their content."
        ),
        extensions=[Scoped(Scope.RECORD_READ)],
    )
    async def absence_proof(
        self,
        info: Info,
        *,
        workspace_id: Annotated[str, strawberry.argument(description="The app's id of the workspace; may be empty.")],
        kind: Annotated[str, strawberry.argument(description="A kind of the app, by name.")],
        external_id: Annotated[str, strawberry.argument(description="The app's own id of the record.")],
    ) -> str:
        """CONFLICT where the record is there."""
        key = RecordKey(workspace_id=WorkspaceId(workspace_id), kind=Kind(kind), external_id=ExternalId(external_id))
        return (await prove.prove_absence(await info.context.repository(), self.row, key)).decode()

    @strawberry.field(description="How each workspace was judged.")
    async def ledger(self, info: Info) -> list[LedgerEntry]:
        """From the manifest."""
        return [LedgerEntry.of(entry) for entry in (await self._manifest(info)).get("ledger", [])]

    @strawberry.field(description="Everything that was not captured, or not surely.")
    async def warnings(self, info: Info) -> list[CaptureWarning]:
        """From the manifest."""
        return [CaptureWarning.of(warning) for warning in (await self._manifest(info)).get("warnings", [])]

    async def _manifest(self, info: Info) -> dict[str, Any]:
        decoded: dict[str, Any] = orjson.loads(await info.context.loaders.manifest.load(self.row.snapshot_id))
        return decoded

    @strawberry.field(description="The snapshot before, of those that are kept; null for the first.")
    async def previous(self, info: Info) -> Annotated["Snapshot", strawberry.lazy("api.types.snapshot")] | None:
        """Gathered with other lookups of the same request."""
        row = await info.context.loaders.snapshot_before.load((self.row.connection_id, self.row.seq))
        return Snapshot.of(row) if row else None

    @strawberry.field(description="Its connection.", extensions=[Scoped(Scope.CONNECTION_READ)])
    async def connection(self, info: Info) -> Annotated["ConnectedApp", strawberry.lazy("api.types.connection")] | None:  # type: ignore[name-defined]  # noqa: F821
        """Gathered with other lookups of the same request."""
        from api.types.connection import ConnectedApp  # noqa: PLC0415 - it needs this module

        row = await info.context.loaders.connection.load(self.row.connection_id)
        return ConnectedApp.of(row) if row else None

    @strawberry.field(description="Its records, by workspace, kind and id.", extensions=[Scoped(Scope.RECORD_READ)])
    async def records(
        self,
        info: Info,
        *,
        first: ForwardFirst,
        after: After = None,
        workspace_id: InWorkspace = None,
        parent_id: OfParent = None,
        roots: Roots = False,
        kinds: Kinds = None,
        deleted: Deleted = False,
    ) -> Connection[Record]:
        """One page."""
        asked = RecordsAsked(
            snapshot_id=self.id,
            workspace_id=workspace_id,
            parent_id=parent_id,
            roots=roots,
            kinds=kinds,
            deleted=deleted,
        )
        return await lists.list_records(info, self.row.connection_id, Slice(first=first, after=after), asked, Record.of)
