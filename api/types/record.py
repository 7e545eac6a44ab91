"""Record: one thing in an app, with every state that was ever seen of it."""

from datetime import datetime
from enum import Enum
from typing import Annotated, Self

import strawberry

from api import ids, lists
from api.arguments import After, Before, Deleted, First, ForwardFirst, Kinds, Last, RecordsAsked, Slice
from api.auth import Scope, Scoped
from api.content import field_changes, file_of, title_of
from api.context import Info
from api.ids import RecordRef, VersionRef
from api.page import Connection
from api.scalars import JSON, BigInt, Digest
from api.types.node import Node
from store import prove
from store.errors import NotFound
from store.record import FILE_KIND, ConnectionId, ParentRef
from store.versions import Version as StoredVersion


@strawberry.enum(description="How a version came about.")
class VersionChange(Enum):
    """The `change` column, described."""

    ADDED = strawberry.enum_value("added", description="The record was not there before, or was deleted and came back.")
    EDITED = strawberry.enum_value("edited", description="Its content or its parent changed.")
    MOVED = strawberry.enum_value(
        "moved", description="It went to another workspace; its content may have changed too."
    )


@strawberry.enum(description="What happened to one place in a record's content.")
class FieldChangeKind(Enum):
    """`store.differences.Change`, described."""

    ADDED = strawberry.enum_value("added", description="There was nothing at this place.")
    REMOVED = strawberry.enum_value("removed", description="There is nothing at this place any more.")
    CHANGED = strawberry.enum_value("changed", description="The value is another one.")


@strawberry.type(description="One place where two states of a record differ.")
class FieldChange:
    """A `store.differences.Difference`."""

    path: str = strawberry.field(
        description=(
            "A JSON Pointer (RFC 6901): into the new content or, for what was removed, the old. "
            "Empty: the content as a whole."
        )
    )
    kind: FieldChangeKind = strawberry.field(description="What happened there.")
    old_value: JSON | None = strawberry.field(description="What was there; null when nothing was.")
    new_value: JSON | None = strawberry.field(description="What is there; null when nothing is.")


@strawberry.type(description="A file that belongs to a record.")
class File:
    """A file's recipe, for people."""

    name: str = strawberry.field(description="Its name in the app.")
    media_type: str | None = strawberry.field(description="Its media type, where the app says.")
    size_bytes: BigInt = strawberry.field(description="How long it is.")
    sha256: Digest = strawberry.field(description="The SHA-256 of its bytes.")
    download_url: str = strawberry.field(
        description=(
            "Where to get it, for ten minutes and without a token: hand it on with care. Ranges and HEAD are served."
        )
    )
    download_url_expires_at: datetime = strawberry.field(description="When that address stops working.")


@strawberry.type(description="One state of a record, from one snapshot up to, not including, another.")
class Version(Node):
    """A `store.versions.Version`."""

    ref: strawberry.Private[RecordRef]
    row: strawberry.Private[StoredVersion]
    change: VersionChange = strawberry.field(description="How it came about.")
    changed_at: datetime | None = strawberry.field(description="When it changed, in the app's word; null: it says not.")
    changed_by: str | None = strawberry.field(description="The app's id of who changed it; null: it says not.")
    size_bytes: BigInt = strawberry.field(description="The length of its canonical content.")
    erased: bool = strawberry.field(
        description="Whether its content was erased: then there is no title, content, change or file of it any more."
    )

    @classmethod
    def of(cls, ref: RecordRef, row: StoredVersion) -> Self:
        """Show a version."""
        return cls(
            id=strawberry.ID(ids.encode_version(VersionRef(record=ref, from_seq=row.from_seq))),
            ref=ref,
            row=row,
            change=VersionChange(row.change),
            changed_at=row.changed_at,
            changed_by=row.changed_by,
            size_bytes=BigInt(row.size_bytes),
            erased=row.erased,
        )

    @strawberry.field(description="The record, seen in this state.")
    def record(self) -> Annotated["Record", strawberry.lazy("api.types.record")]:
        """As the first snapshot that has this version."""
        return Record.of(self.ref.connection_id, self.row.from_seq, self.row)

    @strawberry.field(description="What names it to people in this state; null where its kind has no name.")
    async def title(self, info: Info) -> str | None:
        """From its content."""
        return await title_of(info, self.ref, self.row)

    @strawberry.field(
        description=(
            "The content, as the app gave it, less what changes without meaning anything. "
            "Null where it was erased and, with an error, when the store cannot give it."
        )
    )
    async def content(self, info: Info) -> JSON | None:
        """Canonical bytes, as they are."""
        if self.erased:
            return None
        return JSON(await info.context.loaders.content.load(self.row.content_id))

    @strawberry.field(
        description=(
            "Where its content differs from the version before; empty for the first one. "
            "When more than 500 places differ, whole top-level fields are given instead. "
            "Null, with an error, only when the store cannot give a content."
        )
    )
    async def changes(self, info: Info) -> list[FieldChange] | None:
        """Both contents are read."""
        before = await info.context.loaders.version_before.load((self.ref, self.row.from_seq))
        if before is None:
            return []
        return await changes_between(info, before, self.row)

    @strawberry.field(description="The version before; null for the first.")
    async def previous(self, info: Info) -> Annotated["Version", strawberry.lazy("api.types.record")] | None:
        """Gathered with other lookups of the same request."""
        before = await info.context.loaders.version_before.load((self.ref, self.row.from_seq))
        return Version.of(self.ref, before) if before else None

    @strawberry.field(description="The first snapshot that has this version.", extensions=[Scoped(Scope.SNAPSHOT_READ)])
    async def snapshot(self, info: Info) -> Annotated["Snapshot", strawberry.lazy("api.types.snapshot")] | None:  # type: ignore[name-defined]  # noqa: F821
        """Gathered with other lookups of the same request."""
        return await _snapshot(info, self.ref, self.row.from_seq)

    @strawberry.field(
        description="The first snapshot that no longer has it; null: the newest one still does.",
        extensions=[Scoped(Scope.SNAPSHOT_READ)],
    )
    async def ended_in(self, info: Info) -> Annotated["Snapshot", strawberry.lazy("api.types.snapshot")] | None:  # type: ignore[name-defined]  # noqa: F821
        """Gathered with other lookups of the same request."""
        return None if self.row.to_seq is None else await _snapshot(info, self.ref, self.row.to_seq)

    @strawberry.field(description="Whether it ended because the record was deleted.")
    async def deleted(self, info: Info) -> bool:
        """Whether nothing follows where it ends."""
        if self.row.to_seq is None:
            return False
        return await info.context.loaders.version.load((self.ref, self.row.to_seq)) is None

    @strawberry.field(description="The file, where the record is one.")
    async def file(self, info: Info) -> File | None:
        """From its recipe."""
        if self.row.key.kind != FILE_KIND or self.erased:
            return None
        found = await file_of(info, self.ref, self.row)
        return File(
            name=found.name,
            media_type=found.media_type,
            size_bytes=BigInt(found.size_bytes),
            sha256=Digest(f"sha256:{found.sha256}"),
            download_url=found.download_url,
            download_url_expires_at=found.expires_at,
        )


@strawberry.type(
    description=(
        "One thing in an app: a card, a comment, a file. It is shown as a snapshot has it, the newest unless another "
        "was asked for; a deleted one in its last state. Its id stays the same whichever state is shown."
    )
)
class Record(Node):
    """A record's reference, and the version to show."""

    ref: strawberry.Private[RecordRef]
    seq: strawberry.Private[int]
    row: strawberry.Private[StoredVersion]
    kind: str = strawberry.field(description="What it is: a kind of its app, by name.")
    external_id: str = strawberry.field(description="The app's own id of it.")
    deleted: bool = strawberry.field(description="Whether it is gone from the snapshot that it is seen through.")

    @classmethod
    def of(cls, connection_id: ConnectionId, seq: int, row: StoredVersion) -> Self:
        """Show a record as seen through snapshot `seq`."""
        ref = RecordRef(connection_id=connection_id, kind=row.key.kind, external_id=row.key.external_id)
        return cls(
            id=strawberry.ID(ids.encode_record(ref)),
            ref=ref,
            seq=seq,
            row=row,
            kind=row.key.kind,
            external_id=row.key.external_id,
            deleted=row.to_seq is not None and row.to_seq <= seq,
        )

    @strawberry.field(
        description=(
            "Proof that it is in the snapshot that it is seen through, in this state: its content, its salt and its "
            "path to the audit root, with the snapshot's own proof. Discloses this record whole and nothing else. Null "
            "where it is deleted, or no checkpoint covers the snapshot yet."
        )
    )
    async def proof(self, info: Info) -> str | None:
        """For `verify disclosure`."""
        snapshot = await info.context.loaders.snapshot_by_seq.load((self.ref.connection_id, self.seq))
        if snapshot is None or self.deleted:
            return None
        try:
            return (await prove.prove_record(await info.context.repository(), snapshot, self.row.key)).decode()
        except NotFound:
            return None

    @strawberry.field(description="What names it to people; null where its kind has no name.")
    async def title(self, info: Info) -> str | None:
        """From its content; a page of records reads the store once."""
        return await title_of(info, self.ref, self.row)

    @strawberry.field(description="The state that is shown.")
    def version(self) -> Version:
        """At hand."""
        return Version.of(self.ref, self.row)

    @strawberry.field(description="Every state ever seen of it, newest first.")
    async def versions(
        self, info: Info, *, first: First = None, after: After = None, last: Last = None, before: Before = None
    ) -> Connection[Version]:
        """One page."""
        asked = Slice(first=first, after=after, last=last, before=before)
        return await lists.list_versions(info, self.ref, asked, lambda row: Version.of(self.ref, row))

    @strawberry.field(description="What it belongs to, seen through the same snapshot; null at the top.")
    async def parent(self, info: Info) -> Annotated["Record", strawberry.lazy("api.types.record")] | None:
        """A deleted record's parent is shown as it last was, if it was deleted too."""
        if self.row.parent is None:
            return None
        ref = _of_parent(self.ref, self.row.parent)
        row = await info.context.loaders.version.load((ref, self.seq))
        row = row or await info.context.loaders.version_before.load((ref, self.seq + 1))
        return Record.of(ref.connection_id, self.seq, row) if row else None

    @strawberry.field(description="What belongs to it, seen through the same snapshot, by workspace, kind and id.")
    async def children(
        self,
        info: Info,
        *,
        first: ForwardFirst,
        after: After = None,
        kinds: Kinds = None,
        deleted: Deleted = False,
    ) -> Annotated[Connection[Annotated["Record", strawberry.lazy("api.types.record")]], "page"]:
        """One page."""
        asked = RecordsAsked(parent_id=self.id, kinds=kinds, deleted=deleted)
        window = Slice(first=first, after=after)
        return await lists.list_records(info, self.ref.connection_id, window, asked, Record.of, seq=self.seq)

    @strawberry.field(description="The workspace it lies in.", extensions=[Scoped(Scope.CONNECTION_READ)])
    async def workspace(self, info: Info) -> Annotated["Workspace", strawberry.lazy("api.types.connection")] | None:  # type: ignore[name-defined]  # noqa: F821
        """Gathered with other lookups of the same request."""
        from api.types.connection import Workspace  # noqa: PLC0415 - it needs this module

        row = await info.context.loaders.workspace.load((self.ref.connection_id, self.row.key.workspace_id))
        return Workspace.of(row, await info.context.keys()) if row else None

    @strawberry.field(description="Its connection.", extensions=[Scoped(Scope.CONNECTION_READ)])
    async def connection(self, info: Info) -> Annotated["ConnectedApp", strawberry.lazy("api.types.connection")] | None:  # type: ignore[name-defined]  # noqa: F821
        """Gathered with other lookups of the same request."""
        from api.types.connection import ConnectedApp  # noqa: PLC0415 - it needs this module

        row = await info.context.loaders.connection.load(self.ref.connection_id)
        return ConnectedApp.of(row) if row else None


async def changes_between(info: Info, before: StoredVersion, after: StoredVersion) -> list[FieldChange]:
    """Show where two states of a record differ."""
    return [
        FieldChange(
            path=found.pointer,
            kind=FieldChangeKind(found.change.value),
            old_value=None if found.old is None else JSON(found.old),
            new_value=None if found.new is None else JSON(found.new),
        )
        for found in await field_changes(info, before, after)
    ]


async def _snapshot(info: Info, ref: RecordRef, seq: int):  # type: ignore[no-untyped-def]  # noqa: ANN202
    from api.types.snapshot import Snapshot  # noqa: PLC0415 - it needs this module

    row = await info.context.loaders.snapshot_by_seq.load((ref.connection_id, seq))
    return Snapshot.of(row) if row else None


def _of_parent(ref: RecordRef, parent: ParentRef) -> RecordRef:
    return RecordRef(connection_id=ref.connection_id, kind=parent.kind, external_id=parent.external_id)
