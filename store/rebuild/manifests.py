"""Manifests: which snapshots of a connection count, and what each says."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from uuid import UUID

import msgspec

from store import log_entry, manifest
from store.backend import Backend
from store.errors import Corrupt, NotFound
from store.keys import AccountKeys
from store.rebuild.found import Found, LossCode
from store.rebuild.kept import Kept
from store.rebuild.ledger import Ledger
from store.record import ChunkId, ConnectionId, JsonObject, NodeId, OperationId, SnapshotId
from store.snapshots import Snapshot

_DIGEST_HEX = 16


class _Connection(msgspec.Struct):
    id: UUID
    app: str
    name: str


class _Root(msgspec.Struct):
    count: int
    root: str


class _Counts(msgspec.Struct):
    added: int
    edited: int
    moved: int
    deleted: int


class _Described(msgspec.Struct):
    id: UUID
    connection: _Connection
    seq: int
    operation: UUID
    parent: str | None
    started_at: datetime
    finished_at: datetime
    tree: str | None
    records: _Root
    objects: _Root
    changes: _Counts
    journal: list[str]
    stored_bytes: int


_DECODER = msgspec.json.Decoder(_Described)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One manifest, as its object is called."""

    name: str
    seq: int
    expired_at: datetime | None
    """When its snapshot was given up, so that only what it changed still counts, for later ones. None: it was not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A manifest that was read."""

    app: str
    connection_name: str
    parent: str | None
    journal: tuple[ChunkId, ...]
    text: bytes
    snapshot: Snapshot
    """Its row, as it was."""


def steps_of(
    backend: Backend,
    keys: AccountKeys,
    connection_id: ConnectionId,
    names: Iterable[str],
    *,
    ledger: Ledger | None,
    kept: Kept,
    found: Found,
) -> list[Step]:
    """Say which manifests of a connection count, in order: those that the log has; without a log, those of one chain.

    Names what the log has and the bucket has not, and what a checkpoint never covered.
    """
    held = {(int(name.rpartition("/")[2].partition("-")[0]), name.rpartition("-")[2]): name for name in names}
    if ledger is None:
        return _chain(backend, keys, held)
    source = log_entry.source(keys, connection_id)
    steps: list[Step] = []
    for entry in ledger.of_kind("snapshot"):
        if entry["source"] != source:
            continue
        seq, digest = entry["seq"], entry["manifest"].removeprefix("sha256:")
        name = held.pop((seq, digest[:_DIGEST_HEX]), None)
        if name is None:
            where = f"manifests/{connection_id}/{seq:010d}-{digest[:_DIGEST_HEX]}"
            found.lost(LossCode.MANIFEST_LOST, where, "the log has it, and the bucket does not hold it")
        else:
            steps.append(Step(name=name, seq=seq, expired_at=kept.when_expired(connection_id, seq)))
    for name in held.values():
        found.lost(LossCode.MANIFEST_UNLOGGED, name, "no checkpoint covers it: the backup was not complete")
    return sorted(steps, key=lambda step: step.seq)


def open_step(backend: Backend, keys: AccountKeys, name: str) -> Opened:
    """Read a manifest; Corrupt, or NotFound, when it cannot be."""
    sealed = backend.get(name)
    manifest_id = sha256(sealed).digest()
    if manifest_id.hex()[:_DIGEST_HEX] != name.rpartition("-")[2]:
        raise Corrupt("its bytes are not those that it is named after")
    text, state = manifest.open_(keys, sealed)
    manifest.decode(text)
    try:
        described = _DECODER.decode(text)
        return Opened(
            app=described.connection.app,
            connection_name=described.connection.name,
            parent=described.parent,
            journal=tuple(ChunkId(_digest(name)) for name in described.journal),
            text=text,
            snapshot=_snapshot(described, manifest_id, state),
        )
    except (msgspec.ValidationError, ValueError) as error:
        raise Corrupt(f"a manifest that lacks something: {error}") from None


def _snapshot(described: _Described, manifest_id: bytes, connector_state: JsonObject) -> Snapshot:
    return Snapshot(
        snapshot_id=SnapshotId(described.id),
        connection_id=ConnectionId(described.connection.id),
        seq=described.seq,
        operation_id=OperationId(described.operation),
        started_at=described.started_at,
        finished_at=described.finished_at,
        tree_root=None if described.tree is None else NodeId(_digest(described.tree)),
        record_count=described.records.count,
        audit_root=_digest(described.records.root),
        objects_root=_digest(described.objects.root),
        object_count=described.objects.count,
        added=described.changes.added,
        edited=described.changes.edited,
        moved=described.changes.moved,
        deleted=described.changes.deleted,
        stored_bytes=described.stored_bytes,
        manifest_id=manifest_id,
        connector_state=connector_state,
    )


def _chain(backend: Backend, keys: AccountKeys, held: Mapping[tuple[int, str], str]) -> list[Step]:
    """Follow each manifest's word on the one before it. An attempt that failed is nobody's parent but the last's."""
    parents: dict[str, str | None] = {}
    for name in held.values():
        try:
            parents[name] = open_step(backend, keys, name).parent
        except (Corrupt, NotFound):
            parents[name] = None
    named: Collection[str] = {
        parent.removeprefix("sha256:")[:_DIGEST_HEX] for parent in parents.values() if parent is not None
    }
    last = max((seq for seq, _ in held), default=0)
    by_seq: dict[int, str] = {}
    for (seq, digest), name in sorted(held.items()):
        if digest in named or seq == last:
            by_seq[seq] = name
    return [Step(name=name, seq=seq, expired_at=None) for seq, name in sorted(by_seq.items())]


def _digest(text: str) -> bytes:
    return bytes.fromhex(text.partition(":")[2])
