"""Log entry: what happened to an account's backups, one canonical JSON object below a kilobyte.

    {"kind": "genesis", "key": vkey, "origin", "time", "v": 1}
    {"kind": "snapshot", "manifest": "sha256:…", "objects": {"count", "root"}, "parent": "sha256:…" | null,
     "records": {"count", "root"}, "seq", "source": "hmac:…", "statement": "sha256:…", "time", "v": 1}
    {"kind": "expiry", "policy", "seq", "source", "time", "v": 1}
    {"kind": "restore", "operation", "seq", "source", "time", "v": 1}
    {"kind": "hold", "placed": true | false, "reason": "sha256:…", "source" | null, "time", "v": 1}
    {"kind": "erasure", "records", "scope": "account" | "subject", "source" | null, "subject": "hmac:…" | null, …}
    {"kind": "key_rotation", "key": the new vkey, "retires": vkey | null, "time", "v": 1}

Whoever may read the bucket may read the log, so it names nothing: `source` stands for a connection, and a statement or
a reason is committed to, not told. `manifest` is the SHA-256 of the sealed manifest as it lies in the bucket, which
needs no key to check; `statement` commits to its text, so that one manifest can be disclosed to whoever has no key.
"""

from datetime import UTC, datetime

from store import canonical
from store.errors import Invalid
from store.keys import AccountKeys, commitment
from store.record import ConnectionId, JsonObject, OperationId
from store.snapshots import Snapshot

VERSION = 1
MAX_BYTES = 1024

_SOURCE = b"source\0"
_SUBJECT = b"subject\0"
_STATEMENT = b"statement\0"
_REASON = b"reason\0"


def encode(entry: JsonObject) -> bytes:
    """Write an entry; Invalid when it is longer than an entry may be."""
    data = canonical.encode(entry)
    if len(data) > MAX_BYTES:
        raise Invalid(f"a log entry has at most {MAX_BYTES} bytes, not {len(data)}")
    return data


def genesis(vkey: str, origin: str, at: datetime) -> JsonObject:
    """The first entry: whose log it is, and which key signs it. No log without entries is ever signed."""
    return _entry("genesis", at, key=vkey, origin=origin)


def snapshot(keys: AccountKeys, made: Snapshot, *, parent: bytes | None, manifest_text: bytes) -> JsonObject:
    """A snapshot was made."""
    return _entry(
        "snapshot",
        made.finished_at,
        manifest=_sha256(made.manifest_id),
        objects={"count": made.object_count, "root": _sha256(made.objects_root)},
        parent=_sha256(parent),
        records={"count": made.record_count, "root": _sha256(made.audit_root)},
        seq=made.seq,
        source=source(keys, made.connection_id),
        statement=_sha256(commitment(statement_salt(keys, made.manifest_id), manifest_text)),
    )


def expiry(keys: AccountKeys, connection_id: ConnectionId, seq: int, *, policy: str, at: datetime) -> JsonObject:
    """A snapshot was given up by rule: its manifest and the packs nothing else needs may go."""
    return _entry("expiry", at, policy=policy, seq=seq, source=source(keys, connection_id))


def restore(
    keys: AccountKeys, connection_id: ConnectionId, seq: int, *, operation_id: OperationId, at: datetime
) -> JsonObject:
    """A snapshot was put back, or part of it."""
    return _entry("restore", at, operation=str(operation_id), seq=seq, source=source(keys, connection_id))


def hold(
    keys: AccountKeys, connection_id: ConnectionId | None, *, placed: bool, reason: str, at: datetime
) -> JsonObject:
    """A legal hold was placed or lifted, on one connection or on the whole account."""
    blinded = commitment(keys.salt_of(_REASON + at.isoformat().encode()), reason.encode())
    return _entry(
        "hold",
        at,
        placed=placed,
        reason=_sha256(blinded),
        source=None if connection_id is None else source(keys, connection_id),
    )


def erasure(
    keys: AccountKeys, connection_id: ConnectionId | None, *, subject: str | None, records: int, at: datetime
) -> JsonObject:
    """An account's content was erased, or what it held of one person (`subject`, blinded)."""
    return _entry(
        "erasure",
        at,
        records=records,
        scope="account" if subject is None else "subject",
        source=None if connection_id is None else source(keys, connection_id),
        subject=None if subject is None else f"hmac:{keys.salt_of(_SUBJECT + subject.encode()).hex()}",
    )


def key_rotation(vkey: str, *, retires: str | None, at: datetime) -> JsonObject:
    """Another key signs from here on, beside the older ones or in place of one."""
    return _entry("key_rotation", at, key=vkey, retires=retires)


def source(keys: AccountKeys, connection_id: ConnectionId) -> str:
    """What a connection is called in the log: HMAC-SHA256 under the audit key."""
    return f"hmac:{keys.salt_of(_SOURCE + connection_id.bytes).hex()}"


def statement_salt(keys: AccountKeys, manifest_id: bytes) -> bytes:
    """Return the salt that discloses one manifest's text."""
    return keys.salt_of(_STATEMENT + manifest_id)


def _entry(kind: str, at: datetime, **more: object) -> JsonObject:
    moment = at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    return {"kind": kind, "time": moment, "v": VERSION, **more}


def _sha256(digest: bytes | None) -> str | None:
    return None if digest is None else f"sha256:{digest.hex()}"
