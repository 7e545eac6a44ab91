"""Log entry: what happened to an account's backups, one canonical JSON object below a kilobyte.

    {"kind": "genesis", "key": vkey, "origin", "time", "v": 1}
    {"kind": "snapshot", "manifest": "sha256:…", "objects": {"count", "root"}, "parent": "sha256:…" | null,
     "records": {"count", "root"}, "seq", "source": "hmac:…", "statement": "sha256:…", "time", "v": 1}
    {"kind": "expiry", "policy", "seqs": [[first, last], …], "source", "time", "v": 1}
    {"kind": "replacement", "packs", "replaced": "sha256:…", "time", "v": 1}
    {"kind": "restore", "operation", "seq", "source", "time", "v": 1}
    {"kind": "drill", "failed", "operation", "records", "seq", "source", "statement": "sha256:…", "time", "v": 1}
    {"kind": "hold", "document": "sha256:…", "hold", "placed", "source" | null, "statement": "sha256:…", "time", "v": 1}
    {"kind": "erasure", "scope": "account", "connections", "packs", "snapshots", "statement": "sha256:…", …}
    {"kind": "erasure", "scope": "records", "document", "records", "replaced" | null, "statement", "versions", …}
    {"kind": "key_rotation", "key": the new vkey, "retires": vkey | null, "time", "v": 1}

Whoever may read the bucket may read the log, so it names nothing: `source` stands for a connection, and who did a thing
and why is committed to, not told (`store.statement`): `document` is the SHA-256 of the sealed text as it lies in the
bucket, which needs no key to check; `statement` commits to the text, so that it can be disclosed to whoever has no
key. `manifest` and `statement` are the same of a snapshot's manifest. `replaced` is the SHA-256 of a list of packs and
those that stand for them (`store.replace`).
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from hashlib import sha256

from store import canonical
from store.errors import Invalid
from store.keys import AccountKeys
from store.record import ConnectionId, HoldId, JsonObject, OperationId
from store.snapshots import Snapshot
from store.statement import Statement

VERSION = 1
MAX_BYTES = 1024

_SOURCE = b"source\0"
_RUNS_AT_ONCE = 20


def encode(entry: JsonObject) -> bytes:
    """Write an entry; Invalid when it is longer than an entry may be."""
    data = canonical.encode(entry)
    if len(data) > MAX_BYTES:
        raise Invalid(f"a log entry has at most {MAX_BYTES} bytes, not {len(data)}")
    return data


def genesis(vkey: str, origin: str, at: datetime) -> JsonObject:
    """The first entry: whose log it is, and which key signs it. No log without entries is ever signed."""
    return _entry("genesis", at, key=vkey, origin=origin)


def snapshot(keys: AccountKeys, made: Snapshot, *, parent: bytes | None, said: Statement) -> JsonObject:
    """A snapshot was made, whose manifest says `said`."""
    return _entry(
        "snapshot",
        made.finished_at,
        manifest=_sha256(said.document),
        objects={"count": made.object_count, "root": _sha256(made.objects_root)},
        parent=_sha256(parent),
        records={"count": made.record_count, "root": _sha256(made.audit_root)},
        seq=made.seq,
        source=source(keys, made.connection_id),
        statement=_sha256(said.commitment),
    )


def expiries(
    keys: AccountKeys, connection_id: ConnectionId, seqs: Iterable[int], *, policy: str, at: datetime
) -> list[JsonObject]:
    """Snapshots were given up by rule: what nothing else needs may go. As many entries as their runs take."""
    runs, named = _runs(seqs), source(keys, connection_id)
    return [
        _entry("expiry", at, policy=policy, seqs=runs[start : start + _RUNS_AT_ONCE], source=named)
        for start in range(0, len(runs), _RUNS_AT_ONCE)
    ]


def replacement(replaced: bytes, *, packs: int, at: datetime) -> JsonObject:
    """So many packs were written anew without what nothing needs; the list of this SHA-256 says what replaced what."""
    return _entry("replacement", at, packs=packs, replaced=_sha256(replaced))


def restore(
    keys: AccountKeys, connection_id: ConnectionId, seq: int, *, operation_id: OperationId, at: datetime
) -> JsonObject:
    """A snapshot was put back, or part of it."""
    return _entry("restore", at, operation=str(operation_id), seq=seq, source=source(keys, connection_id))


def drill(
    keys: AccountKeys,
    connection_id: ConnectionId,
    seq: int,
    *,
    operation_id: OperationId,
    records: int,
    failed: int,
    statement: bytes,
    at: datetime,
) -> JsonObject:
    """A sample of a snapshot was restored to see that it can be: of so many records, so many did not come back."""
    return _entry(
        "drill",
        at,
        failed=failed,
        operation=str(operation_id),
        records=records,
        seq=seq,
        source=source(keys, connection_id),
        statement=_sha256(sha256(statement).digest()),
    )


def hold(
    keys: AccountKeys,
    connection_id: ConnectionId | None,
    hold_id: HoldId,
    *,
    placed: bool,
    said: Statement,
    at: datetime,
) -> JsonObject:
    """A legal hold was placed or lifted, on one connection or on the whole account."""
    return _entry(
        "hold",
        at,
        document=_sha256(said.document),
        hold=str(hold_id),
        placed=placed,
        source=None if connection_id is None else source(keys, connection_id),
        statement=_sha256(said.commitment),
    )


def account_erasure(*, connections: int, snapshots: int, packs: int, statement: bytes, at: datetime) -> JsonObject:
    """All that the account stored can be read no more: the last entry there is."""
    return _entry(
        "erasure",
        at,
        connections=connections,
        packs=packs,
        scope="account",
        snapshots=snapshots,
        statement=_sha256(statement),
    )


def record_erasure(said: Statement, *, records: int, versions: int, replaced: bytes | None, at: datetime) -> JsonObject:
    """The content of so many versions of so many records can be read no more; proofs of what they were stay true."""
    return _entry(
        "erasure",
        at,
        document=_sha256(said.document),
        records=records,
        replaced=_sha256(replaced),
        scope="records",
        statement=_sha256(said.commitment),
        versions=versions,
    )


def key_rotation(vkey: str, *, retires: str | None, at: datetime) -> JsonObject:
    """Another key signs from here on, beside the older ones or in place of one."""
    return _entry("key_rotation", at, key=vkey, retires=retires)


def source(keys: AccountKeys, connection_id: ConnectionId) -> str:
    """What a connection is called in the log: HMAC-SHA256 under the audit key."""
    return f"hmac:{keys.salt_of(_SOURCE + connection_id.bytes).hex()}"


def _entry(kind: str, at: datetime, **more: object) -> JsonObject:
    moment = at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    return {"kind": kind, "time": moment, "v": VERSION, **more}


def _runs(seqs: Iterable[int]) -> list[list[int]]:
    """Write numbers as runs, first and last: 1, 2, 3, 7 as [[1, 3], [7, 7]]."""
    runs: list[list[int]] = []
    for seq in sorted(seqs):
        if runs and runs[-1][1] == seq - 1:
            runs[-1][1] = seq
        else:
            runs.append([seq, seq])
    return runs


def _sha256(digest: bytes | None) -> str | None:
    return None if digest is None else f"sha256:{digest.hex()}"
