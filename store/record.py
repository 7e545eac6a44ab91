"""Record: one thing in a cloud app, and the ids everything else is named by."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, NewType
from uuid import UUID

import msgspec

AccountId = NewType("AccountId", UUID)
ConnectionId = NewType("ConnectionId", UUID)
OperationId = NewType("OperationId", UUID)
SnapshotId = NewType("SnapshotId", UUID)
GrantId = NewType("GrantId", UUID)
MemberId = NewType("MemberId", UUID)
TokenId = NewType("TokenId", UUID)
HoldId = NewType("HoldId", UUID)
ErasureId = NewType("ErasureId", UUID)

Kind = NewType("Kind", str)
"""A record type of an app, lower snake case: `card`, `check_item`."""
ExternalId = NewType("ExternalId", str)
"""The app's own id of a record, unique within (connection, kind) for all time."""
WorkspaceId = NewType("WorkspaceId", str)
"""The app's own id of a unit of scope; `""` holds what belongs to the connection as a whole (people, for instance)."""

ContentId = NewType("ContentId", bytes)
"""BLAKE3, keyed with the account's hash key, of a record's canonical bytes: 32 bytes. Also the id of its one chunk."""
ChunkId = NewType("ChunkId", bytes)
PackId = NewType("PackId", bytes)
"""SHA-256 of a pack's whole ciphertext: 32 bytes."""
NodeId = NewType("NodeId", bytes)
"""BLAKE3, keyed with the account's hash key, of a tree node's bytes: 32 bytes."""

JsonObject = dict[str, Any]

FILE_KIND = Kind("file")
"""The kind, in every app, of a file's recipe: the record that says which chunks make the file up, in order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordKey:
    """Where a record stands in a snapshot's tree. Sorted by the bytes of `encode()`."""

    workspace_id: WorkspaceId
    kind: Kind
    external_id: ExternalId

    def encode(self) -> bytes:
        """`workspace NUL kind NUL external id`, UTF-8; no part may hold NUL."""
        return f"{self.workspace_id}\0{self.kind}\0{self.external_id}".encode()


class ParentRef(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A record's parent, by kind and id, within the same connection."""

    kind: Kind
    external_id: ExternalId


class Record(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One state of one thing, as the app gave it.

    A struct, as its parent is, because one is made for every record of every cycle: a frozen dataclass takes ten times
    as long. `msgspec.structs.replace` makes altered copies. Outside the garbage collector: neither can be in a cycle.

    `content` is the app's own JSON with the kind's volatile fields already left out, decoded by
    `store.canonical.decode`. `changed_at` and `changed_by` (the app's member id) are the app's word on who changed
    it last, where it says so; they are index columns, not part of the content.
    """

    workspace_id: WorkspaceId
    kind: Kind
    external_id: ExternalId
    content: JsonObject
    parent: ParentRef | None = None
    changed_at: datetime | None = None
    changed_by: str | None = None

    @property
    def key(self) -> RecordKey:
        """Its place in the tree."""
        return RecordKey(workspace_id=self.workspace_id, kind=self.kind, external_id=self.external_id)
