"""Prove: what an outsider can check about a snapshot, disclosing that and nothing else. `store.verify` checks it.

Each proof is one canonical JSON document with the snapshot's `.tlog-proof` in it, so that one file and the log's
verification key are enough:

    {"format": "holdfast record proof v1", "key": {"workspace", "kind", "id"}, "salt", "content", "index", "path", …}
    {"format": "holdfast absence proof v1", "key", "before": leaf | null, "after": leaf | null, …}
    {"format": "holdfast statement proof v1", "salt", "manifest", …}
    {"format": "holdfast pack proof v1", "pack", "index", "path", …}
    {"format": "holdfast receipt proof v1", "salt", "statement", "entry": the .tlog-proof of a hold or an erasure}

A leaf is {"key", "commitment", "index", "path"}: where a record stands, and nothing of its content. A record is
disclosed whole: to prove single fields, each would need a salt and a leaf of its own, stored for every record.
"""

from base64 import b64encode
from collections.abc import AsyncIterator, Sequence
from typing import Any

from store import canonical, log, objects, snapshots, statement, tombstones
from store.audit import audit_paths
from store.checkpoint import TlogProof
from store.database import Connection
from store.entry import decode_entry
from store.errors import Conflict, Erased, NotFound
from store.keys import commitment, leaf_salt
from store.merkle import leaf
from store.proof import inclusion
from store.record import ConnectionId, JsonObject, PackId, RecordKey
from store.repository import Repository
from store.snapshots import Snapshot
from store.tree.node import Entry
from store.tree.nodes import PostgresNodes
from store.tree.read import counts_before, entries, entries_at

_RECORDS_AT_ONCE = 500


async def prove_record(repository: Repository, snapshot: Snapshot, key: RecordKey) -> bytes:
    """Disclose a record whole, and prove that it is in the snapshot. NotFound where it is not, Erased where it was."""
    async with repository.database.account(repository.account_id) as connection:
        proof = await _snapshot_proof(connection, repository, snapshot)
        nodes = PostgresNodes(connection, repository.account_id)
        (index,) = await counts_before(nodes, snapshot.tree_root, [key.encode()])
        found = await entries_at(nodes, snapshot.tree_root, [index])
        if not found or found[0][0] != key.encode():
            raise NotFound(f"snapshot {snapshot.seq} of {snapshot.connection_id} has no such record")
        (path,) = await audit_paths(nodes, snapshot.tree_root, snapshot.record_count, [index])
    entry = decode_entry(*found[0])
    if await tombstones.find(repository, snapshot.connection_id, entry) is not None:
        raise Erased(f"record {key.workspace_id}/{key.kind}/{key.external_id} was erased")
    content = await repository.read(entry.content_id)
    return canonical.encode(
        {
            "format": "holdfast record proof v1",
            "key": _key(key),
            "salt": leaf_salt(repository.keys, key.encode(), entry.content_id).hex(),
            "content": content.decode(),
            "index": index,
            "path": _texts(path),
            "snapshot": proof,
        }
    )


async def prove_absence(repository: Repository, snapshot: Snapshot, key: RecordKey) -> bytes:
    """Prove that no record stands at a key, by the leaves on both sides of it. Conflict where one does.

    Discloses the keys of those two records, nothing of their content. It says nothing of other workspaces; and that
    leaves are in order throughout only `verify records` shows, to whom all records may be disclosed.
    """
    async with repository.database.account(repository.account_id) as connection:
        proof = await _snapshot_proof(connection, repository, snapshot)
        nodes = PostgresNodes(connection, repository.account_id)
        (after,) = await counts_before(nodes, snapshot.tree_root, [key.encode()])
        around = [index for index in (after - 1, after) if 0 <= index < snapshot.record_count]
        found = dict(zip(around, await entries_at(nodes, snapshot.tree_root, around), strict=True))
        if after in found and found[after][0] == key.encode():
            raise Conflict(f"snapshot {snapshot.seq} of {snapshot.connection_id} has that record")
        paths = dict(
            zip(around, await audit_paths(nodes, snapshot.tree_root, snapshot.record_count, around), strict=True)
        )
    leaves = {
        index: await _leaf(repository, snapshot.connection_id, found[index], index, paths[index]) for index in around
    }
    return canonical.encode(
        {
            "format": "holdfast absence proof v1",
            "key": _key(key),
            "before": leaves.get(after - 1),
            "after": leaves.get(after),
            "snapshot": proof,
        }
    )


async def prove_statement(repository: Repository, snapshot: Snapshot) -> bytes:
    """Disclose a snapshot's manifest (what was captured, what was not, and why), and prove that it is the one."""
    async with repository.database.account(repository.account_id) as connection:
        proof = await _snapshot_proof(connection, repository, snapshot)
        text = await snapshots.manifest(connection, snapshot.snapshot_id)
    assert text is not None
    return canonical.encode(
        {
            "format": "holdfast statement proof v1",
            "salt": statement.salt(repository.keys, snapshot.manifest_id).hex(),
            "manifest": text.decode(),
            "snapshot": proof,
        }
    )


async def prove_receipt(repository: Repository, number: int) -> bytes | None:
    """Disclose who did what the entry of a hold or an erasure says, and why.

    None where an entry has no such statement, and before a checkpoint covers it. NotFound when there is no such entry.
    """
    async with repository.database.account(repository.account_id) as connection:
        proof = await log.entry_proof(connection, repository.account_id, number)
    if proof is None or proof.extra is None:
        return None
    entry = canonical.decode(proof.extra)
    if "document" not in entry:
        return None
    document = bytes.fromhex(entry["document"].removeprefix("sha256:"))
    text = await statement.read(repository.backend, repository.keys, document)
    return receipt(statement.salt(repository.keys, document), text, proof)


def receipt(salt: bytes, statement_text: bytes, proof: TlogProof) -> bytes:
    """Disclose who did what an entry says, and why, and prove that the entry is in the log."""
    return canonical.encode(
        {
            "format": "holdfast receipt proof v1",
            "salt": salt.hex(),
            "statement": statement_text.decode(),
            "entry": proof.encode().decode(),
        }
    )


async def prove_pack(repository: Repository, snapshot: Snapshot, pack_id: PackId) -> bytes:
    """Prove that a snapshot needs a pack, so that the object can be checked against it. NotFound where it does not."""
    async with repository.database.account(repository.account_id) as connection:
        proof = await _snapshot_proof(connection, repository, snapshot)
    packs = await objects.packs_of(repository.backend, snapshot)
    if pack_id not in packs:
        raise NotFound(f"snapshot {snapshot.seq} of {snapshot.connection_id} does not need pack {pack_id.hex()}")
    index = packs.index(pack_id)
    return canonical.encode(
        {
            "format": "holdfast pack proof v1",
            "pack": pack_id.hex(),
            "index": index,
            "path": _texts(inclusion([leaf(one) for one in packs], index)),
            "snapshot": proof,
        }
    )


async def disclose_records(repository: Repository, snapshot: Snapshot) -> AsyncIterator[bytes]:
    """Disclose every record of a snapshot with its salt, a line of canonical JSON each, in key order, in batches.

    Of a record whose content was erased, a line has its commitment instead: its place is shown, and no content.
    """
    waiting: list[Entry] = []
    async with repository.database.account(repository.account_id) as connection:
        nodes = PostgresNodes(connection, repository.account_id)
        async for batch in entries(nodes, snapshot.tree_root):
            waiting += batch
            if len(waiting) >= _RECORDS_AT_ONCE:
                yield await _disclosed(repository, snapshot.connection_id, waiting)
                waiting = []
    yield await _disclosed(repository, snapshot.connection_id, waiting)


async def prove_growth(repository: Repository, old_size: int, new_size: int) -> bytes:
    """Prove that the log's first `new_size` entries begin with its first `old_size`: `old <size>`, a hash a line."""
    async with repository.database.account(repository.account_id) as connection:
        path = await log.consistency_proof(connection, repository.account_id, old_size, new_size)
    return "\n".join([f"old {old_size}", *_texts(path), ""]).encode()


async def _snapshot_proof(connection: Connection, repository: Repository, snapshot: Snapshot) -> str:
    proof = await log.snapshot_proof(connection, repository.account_id, snapshot.snapshot_id)
    if proof is None:
        raise NotFound(f"no checkpoint covers snapshot {snapshot.seq} of {snapshot.connection_id} yet")
    return proof.encode().decode()


async def _disclosed(repository: Repository, connection_id: ConnectionId, held: Sequence[Entry]) -> bytes:
    found = [decode_entry(*entry) for entry in held]
    contents = await repository.read_kept([entry.content_id for entry in found])
    lines = [
        canonical.encode(
            {
                "key": _key(entry.key),
                "salt": leaf_salt(repository.keys, entry.key.encode(), entry.content_id).hex(),
                "content": contents[entry.content_id].decode(),
            }
            if entry.content_id in contents
            else {
                "key": _key(entry.key),
                "commitment": (await tombstones.commitment_of(repository, connection_id, entry)).hex(),
            }
        )
        for entry in found
    ]
    return b"".join([line + b"\n" for line in lines])


async def _leaf(
    repository: Repository, connection_id: ConnectionId, held: Entry, index: int, path: Sequence[bytes]
) -> dict[str, Any]:
    entry = decode_entry(*held)
    try:
        content = await repository.read(entry.content_id)
    except Erased:
        blinded = await tombstones.commitment_of(repository, connection_id, entry)
    else:
        blinded = commitment(leaf_salt(repository.keys, held[0], entry.content_id), content)
    return {"key": _key(entry.key), "commitment": blinded.hex(), "index": index, "path": _texts(path)}


def _key(key: RecordKey) -> JsonObject:
    return {"workspace": key.workspace_id, "kind": key.kind, "id": key.external_id}


def _texts(hashes: Sequence[bytes]) -> list[str]:
    return [b64encode(one).decode() for one in hashes]
