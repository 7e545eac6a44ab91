"""Snapshots: manifest, row and tree of one, each held against the others."""

import asyncio
from hashlib import sha256
from typing import Any

from store import manifest
from store.audit import audit_tree
from store.backend import Backend
from store.checks.fault import Depth, Fault, FaultCode
from store.checks.nodes import CheckedNodes
from store.database import Connection
from store.errors import Corrupt, NotFound
from store.objects import packs_of, root
from store.queries import load
from store.record import PackId
from store.replace import signed_with
from store.repository import Repository
from store.snapshots import Snapshot

_SQL = load("cycle")


def manifest_name(snapshot: Snapshot) -> str:
    """Say where a snapshot's sealed manifest lies in the bucket."""
    return f"manifests/{snapshot.connection_id}/{snapshot.seq:010d}-{snapshot.manifest_id.hex()[:16]}"


def where_of(snapshot: Snapshot) -> str:
    """Name a snapshot in a fault."""
    return f"snapshot/{snapshot.connection_id}/{snapshot.seq}"


async def check_manifest(
    repository: Repository, snapshot: Snapshot, text: bytes, parent_id: bytes | None, depth: Depth
) -> list[Fault]:
    """Check a snapshot's manifest in the bucket, and its row against it. `text` is the row's copy of it.

    `parent_id`: of the manifest of the snapshot that it followed, which may have expired since.
    """
    name = manifest_name(snapshot)
    try:
        if depth is Depth.PRESENCE and await asyncio.to_thread(repository.backend.size, name) is not None:
            return []
        sealed = await asyncio.to_thread(repository.backend.get, name)
    except NotFound:
        return [Fault(code=FaultCode.MANIFEST_MISSING, where=name, message="the bucket does not hold it")]
    return _check_sealed(repository, snapshot, text, parent_id, sealed)


def _check_sealed(
    repository: Repository, snapshot: Snapshot, text: bytes, parent_id: bytes | None, sealed: bytes
) -> list[Fault]:
    name = manifest_name(snapshot)
    if sha256(sealed).digest() != snapshot.manifest_id:
        message = "its bytes are not those that the snapshot names"
        return [Fault(code=FaultCode.MANIFEST_ALTERED, where=name, message=message)]
    try:
        plain, _ = manifest.open_(repository.keys, sealed)
        described = manifest.decode(plain)
    except Corrupt as error:
        return [Fault(code=FaultCode.MANIFEST_ALTERED, where=name, message=str(error))]
    if plain != text:
        message = "Postgres holds another manifest of this snapshot"
        return [Fault(code=FaultCode.MANIFEST_DIFFERS, where=name, message=message)]
    said = _said(described)
    wrong = [column for column, value in _held(snapshot, parent_id).items() if said[column] != value]
    if wrong:
        message = f"its row and its manifest differ in {', '.join(wrong)}"
        return [Fault(code=FaultCode.SNAPSHOT_WRONG, where=where_of(snapshot), message=message)]
    return []


async def check_tree(nodes: CheckedNodes, snapshot: Snapshot) -> list[Fault]:
    """Read a snapshot's whole tree, name every node again, and make the audit root anew."""
    try:
        tree = await audit_tree(nodes, snapshot.tree_root)
    except Corrupt as error:
        return [Fault(code=FaultCode.NODE_WRONG, where=where_of(snapshot), message=str(error))]
    if (tree.root(), tree.count) != (snapshot.audit_root, snapshot.record_count):
        message = f"its tree has {tree.count} records under another audit root, and {snapshot.record_count} are named"
        return [Fault(code=FaultCode.AUDIT_ROOT_WRONG, where=where_of(snapshot), message=message)]
    return []


async def check_needs(connection: Connection, latest: Snapshot) -> list[Fault]:
    """Make the objects root of a connection's newest snapshot anew from the packs that Postgres counts for it."""
    rows = await connection.fetch(_SQL.needed_packs, latest.connection_id)
    packs = await signed_with(connection, latest.connection_id, [PackId(row["pack_id"]) for row in rows])
    if (root(packs), len(packs)) == (latest.objects_root, latest.object_count):
        return []
    message = (
        f"Postgres counts {len(packs)} packs that it needs, under another root, and {latest.object_count} are named"
    )
    return [Fault(code=FaultCode.OBJECTS_ROOT_WRONG, where=where_of(latest), message=message)]


async def check_lists(backend: Backend, latest: Snapshot) -> list[Fault]:
    """Follow the lists of packs in the bucket to what a connection's newest snapshot needs."""
    if latest.object_count == 0:
        return []
    try:
        await packs_of(backend, latest)
    except Corrupt as error:
        where = f"objects/{latest.connection_id}/"
        return [Fault(code=FaultCode.OBJECTS_LIST_WRONG, where=where, message=str(error))]
    return []


def _held(snapshot: Snapshot, parent_id: bytes | None) -> dict[str, Any]:
    return {
        "parent": _text("sha256", parent_id),
        "connection_id": str(snapshot.connection_id),
        "seq": snapshot.seq,
        "operation_id": str(snapshot.operation_id),
        "started_at": snapshot.started_at.isoformat(),
        "finished_at": snapshot.finished_at.isoformat(),
        "tree_root": _text("blake3", snapshot.tree_root),
        "record_count": snapshot.record_count,
        "audit_root": _text("sha256", snapshot.audit_root),
        "object_count": snapshot.object_count,
        "objects_root": _text("sha256", snapshot.objects_root),
        **{name: getattr(snapshot, name) for name in ("added", "edited", "moved", "deleted")},
    }


def _said(described: dict[str, Any]) -> dict[str, Any]:
    return {
        "connection_id": described["connection"]["id"],
        "seq": described["seq"],
        "operation_id": described["operation"],
        "parent": described["parent"],
        "started_at": described["started_at"],
        "finished_at": described["finished_at"],
        "tree_root": described["tree"],
        "record_count": described["records"]["count"],
        "audit_root": described["records"]["root"],
        "object_count": described["objects"]["count"],
        "objects_root": described["objects"]["root"],
        **described["changes"],
    }


def _text(algorithm: str, value: bytes | None) -> str | None:
    return None if value is None else f"{algorithm}:{value.hex()}"
