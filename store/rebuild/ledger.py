"""Ledger: one account's log, from its tiles and its checkpoint.

What is brought back is what the checkpoint covers, entry by entry under the very root that was signed. So the signer
goes on where it was: it refuses, as ever, whatever does not begin with the checkpoint that lies in the bucket.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from store import tiles
from store.backend import Backend
from store.checkpoint import Checkpoint
from store.database import Connection
from store.errors import Corrupt, NotFound, Unproven
from store.keys import AccountKeys
from store.log_keys import open_key, sealed_name
from store.merkle import leaf, parent, root_of
from store.note import VerifierKey
from store.publish import is_published, published_note
from store.queries import load
from store.record import JsonObject, SnapshotId

_SQL = load("log")
_REBUILD = load("rebuild")
_ROWS_AT_ONCE = 5000
_LENGTH_BYTES = 2


class _Entry(msgspec.Struct):
    kind: str
    time: datetime
    key: str | None = None
    retires: str | None = None


_DECODER = msgspec.json.Decoder(_Entry)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """A log as the bucket holds it, checked against its own checkpoint."""

    note: bytes
    checkpoint: Checkpoint
    entries: Sequence[bytes]

    def of_kind(self, kind: str) -> list[JsonObject]:
        """Return the entries of one kind, in order."""
        decoded: list[JsonObject] = [msgspec.json.decode(entry) for entry in self.entries]
        return [entry for entry in decoded if entry["kind"] == kind]

    async def insert(
        self, connection: Connection, backend: Backend, keys: AccountKeys, snapshot_ids: Mapping[str, SnapshotId]
    ) -> None:
        """Insert all its rows. `snapshot_ids`: whose manifest has which SHA-256, as entries write it."""
        account_id, size = keys.account_id, self.checkpoint.size
        decoded = [_DECODER.decode(entry) for entry in self.entries]
        await connection.execute(
            _REBUILD.insert_log, account_id, self.checkpoint.origin, size, self.checkpoint.root, self.note
        )
        for sealed, entry, retired_at in await asyncio.to_thread(_keys, backend, keys, decoded):
            await connection.execute(_REBUILD.insert_log_key, account_id, entry.key, sealed, entry.time, retired_at)
        ids = [_snapshot_id(entry, snapshot_ids) for entry in self.entries]
        for start in range(0, size, _ROWS_AT_ONCE):
            end = min(start + _ROWS_AT_ONCE, size)
            await connection.execute(
                _REBUILD.insert_log_entries,
                account_id,
                list(range(start, end)),
                [entry.kind for entry in decoded[start:end]],
                ids[start:end],
                self.entries[start:end],
            )
        level, hashes = 0, [leaf(entry) for entry in self.entries]
        while hashes:
            for start in range(0, len(hashes), _ROWS_AT_ONCE):
                some = hashes[start : start + _ROWS_AT_ONCE]
                numbers = list(range(start, start + len(some)))
                await connection.execute(_SQL.insert_hashes, account_id, [level] * len(some), numbers, some)
            level, hashes = level + 1, [parent(*pair) for pair in zip(hashes[::2], hashes[1::2], strict=False)]


def read(backend: Backend, keys: AccountKeys) -> Ledger | None:
    """Read an account's log; None when the bucket holds none.

    Corrupt, naming the object, when it holds one that cannot be gone on with: a tile or the checkpoint is missing or
    damaged, or they do not belong together, or no key of ours signed them. Blocks.
    """
    note = published_note(backend, keys.account_id)
    prefix = tiles.prefix(keys.account_id)
    if note is None:
        if not is_published(backend, keys.account_id):
            return None
        raise Corrupt(f"{prefix}/checkpoint: the bucket does not hold it, and holds tiles of that log")
    try:
        unverified = Checkpoint.read(note)
        entries = [
            entry
            for tile in tiles.grown(0, unverified.size)
            if tile.level == 0
            for entry in _bundle(backend, f"{prefix}/{tiles.bundle_path(tile)}", tile.width)
        ]
        decoded = [_DECODER.decode(entry) for entry in entries]
        vkeys = [entry.key for entry in decoded if entry.key is not None]
        checkpoint = Checkpoint.open(note, [VerifierKey.parse(vkey) for vkey in vkeys])
    except (Unproven, msgspec.MsgspecError) as error:
        raise Corrupt(f"{prefix}/checkpoint: {error}") from None
    if root_of([leaf(entry) for entry in entries]) != checkpoint.root:
        raise Corrupt(f"{prefix}/tile/entries: the entries are not those that the checkpoint was signed over")
    _keys(backend, keys, decoded)
    return Ledger(note=note, checkpoint=checkpoint, entries=entries)


def _bundle(backend: Backend, name: str, width: int) -> list[bytes]:
    try:
        data = backend.get(name)
    except NotFound:
        raise Corrupt(f"{name}: the bucket does not hold it") from None
    entries: list[bytes] = []
    at = 0
    while at < len(data):
        length = int.from_bytes(data[at : at + _LENGTH_BYTES], "big")
        at += _LENGTH_BYTES
        entries.append(data[at : at + length])
        at += length
    if len(entries) != width or at != len(data):
        raise Corrupt(f"{name}: not {width} entries")
    return entries


def _keys(
    backend: Backend, keys: AccountKeys, entries: Sequence[_Entry]
) -> list[tuple[bytes, _Entry, datetime | None]]:
    """Return each key a log ever had: sealed as the bucket holds it, the entry that made it, when it was retired."""
    retired = {entry.retires: entry.time for entry in entries if entry.retires is not None}
    made: dict[str, tuple[bytes, _Entry, datetime | None]] = {}
    for entry in entries:
        if entry.key is None or entry.key in made:
            continue
        name = sealed_name(keys.account_id, VerifierKey.parse(entry.key))
        try:
            sealed = backend.get(name)
            open_key(keys, entry.key, sealed)
        except (Corrupt, NotFound) as error:
            raise Corrupt(f"{name}: {error}") from None
        made[entry.key] = (sealed, entry, retired.get(entry.key))
    return list(made.values())


def _snapshot_id(entry: bytes, snapshot_ids: Mapping[str, SnapshotId]) -> SnapshotId | None:
    decoded: Any = msgspec.json.decode(entry)
    return snapshot_ids.get(decoded["manifest"]) if decoded["kind"] == "snapshot" else None
