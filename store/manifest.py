"""Manifest: what a snapshot is, in one canonical JSON document that everything else can be checked against.

    {"v": 1, "id", "account", "connection": {"id", "app", "name"}, "seq", "operation", "parent": "sha256:…" | null,
     "started_at", "finished_at", "tree": "blake3:…" | null,
     "records": {"count", "root": "sha256:…"}, "objects": {"count", "root": "sha256:…"},
     "changes": {"added", "edited", "moved", "deleted"},
     "journal": ["blake3:…", …], "stored_bytes", "ledger": [...], "warnings": [...], "tool": "holdfast <version>"}

`parent` is the SHA-256 of the parent's manifest as it lies sealed in the bucket. `records.root` is the audit root,
RFC 6962 over the leaf hashes in key order; `objects.root` is RFC 6962 over the ids of every pack the snapshot needs,
sorted (`store.objects`). `journal` names the chunks that hold what this snapshot changed (`store.journal`).

What lies in the bucket, at `manifests/<connection>/<seq, ten digits>-<first 16 hex of its SHA-256>`, is a sealed secret
(purpose `manifest`) of a codec byte and a body as of a block (`store.block`), which expands to the manifest, a line
feed, and the connector's state in canonical JSON: where the next cycle starts from. The state is beside the manifest,
not in it, because a manifest may be disclosed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import msgspec

from store import canonical
from store.block import compress, expand
from store.errors import Corrupt, Invalid
from store.keys import AccountKeys, open_secret, seal_secret
from store.record import AccountId, ChunkId, ConnectionId, JsonObject, NodeId, OperationId, SnapshotId

VERSION = 1
PURPOSE = "manifest"
"""What a manifest is sealed for (`store.keys.seal_secret`)."""
_BETWEEN = b"\n"  # canonical JSON has none


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """See the module."""

    snapshot_id: SnapshotId
    account_id: AccountId
    connection_id: ConnectionId
    app: str
    connection_name: str
    """Both so that a lost Postgres can be made again from the bucket."""
    seq: int
    operation_id: OperationId
    parent: bytes | None
    started_at: datetime
    finished_at: datetime
    tree_root: NodeId | None
    record_count: int
    audit_root: bytes
    object_count: int
    objects_root: bytes
    added: int
    edited: int
    moved: int
    deleted: int
    journal: Sequence[ChunkId]
    stored_bytes: int
    """New bytes in packs."""
    ledger: Sequence[JsonObject]
    warnings: Sequence[JsonObject]


def tool_version() -> str:
    """Name the program that writes, for manifests: `holdfast 0.1.0`."""
    try:
        return f"holdfast {version('holdfast')}"
    except PackageNotFoundError:  # run from a checkout that was never installed
        return "holdfast from source"


def encode(manifest: Manifest) -> bytes:
    """Encode as canonical JSON."""
    return canonical.encode(
        {
            "v": VERSION,
            "id": str(manifest.snapshot_id),
            "account": str(manifest.account_id),
            "connection": {
                "id": str(manifest.connection_id),
                "app": manifest.app,
                "name": manifest.connection_name,
            },
            "seq": manifest.seq,
            "operation": str(manifest.operation_id),
            "parent": _digest("sha256", manifest.parent),
            "started_at": manifest.started_at.isoformat(),
            "finished_at": manifest.finished_at.isoformat(),
            "tree": _digest("blake3", manifest.tree_root),
            "records": {"count": manifest.record_count, "root": _digest("sha256", manifest.audit_root)},
            "objects": {"count": manifest.object_count, "root": _digest("sha256", manifest.objects_root)},
            "changes": {
                "added": manifest.added,
                "edited": manifest.edited,
                "moved": manifest.moved,
                "deleted": manifest.deleted,
            },
            "journal": [_digest("blake3", chunk_id) for chunk_id in manifest.journal],
            "stored_bytes": manifest.stored_bytes,
            "ledger": list(manifest.ledger),
            "warnings": list(manifest.warnings),
            "tool": tool_version(),
        }
    )


def decode(data: bytes) -> JsonObject:
    """Read a manifest's JSON; Corrupt when it is not one of this version."""
    try:
        found: Any = msgspec.json.decode(data)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise Corrupt(f"a manifest of {len(data)} bytes is not JSON") from error
    if not isinstance(found, dict) or found.get("v") != VERSION:
        raise Corrupt(f"a manifest of {len(data)} bytes is not of version {VERSION}")
    return found


def seal(keys: AccountKeys, text: bytes, connector_state: JsonObject) -> bytes:
    """Seal a manifest's text, and the connector's state with it, as they lie in the bucket."""
    codec, body = compress(text + _BETWEEN + canonical.encode(connector_state))
    return seal_secret(keys, bytes((codec,)) + body, PURPOSE)


def open_(keys: AccountKeys, sealed: bytes) -> tuple[bytes, JsonObject]:
    """Open what `seal` returned: the manifest's text and the connector's state; Corrupt when it is anything else."""
    payload = open_secret(keys, sealed, PURPOSE)
    if not payload:
        raise Corrupt("a sealed manifest without a codec")
    text, between, state = expand(payload[0], payload[1:]).partition(_BETWEEN)
    try:
        found: Any = canonical.decode(state)
    except Invalid as error:
        raise Corrupt(f"a connector's state cannot be read: {error}") from None
    if not between or not isinstance(found, dict):
        raise Corrupt("a sealed manifest without a connector's state")
    return text, found


def object_name(connection_id: ConnectionId, seq: int, sealed: bytes) -> str:
    """Say where a sealed manifest lies in the bucket."""
    return f"manifests/{name_of(connection_id, seq, sha256(sealed).digest())}"


def name_of(connection_id: ConnectionId, seq: int, manifest_id: bytes) -> str:
    """Name a manifest by the SHA-256 of its sealed bytes: what its objects' names end in."""
    return f"{connection_id}/{seq:010d}-{manifest_id.hex()[:16]}"


def _digest(algorithm: str, value: bytes | None) -> str | None:
    return None if value is None else f"{algorithm}:{value.hex()}"
