"""Kept: what the log says was given up, held or erased, and which packs stand for others: what a rebuild goes by."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from store import canonical, erasures, holds, log_entry, replace, statement
from store.backend import Backend
from store.database import Connection
from store.errors import Corrupt, NotFound
from store.keys import AccountKeys
from store.merkle import leaf
from store.queries import load
from store.rebuild.found import Found, LossCode
from store.rebuild.ledger import Ledger
from store.record import ConnectionId, ContentId, ErasureId, HoldId, JsonObject, PackId, RecordKey

_SQL = load("rebuild")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tombstone:
    """What stands for erased content."""

    content_id: ContentId
    commitment: bytes
    revision_mac: bytes | None
    erasure_id: ErasureId

    def leaf_hash(self, key: RecordKey) -> bytes:
        """The audit leaf, made of the commitment alone."""
        return leaf(self.commitment + key.encode())


Place = tuple[ConnectionId, RecordKey]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """One account's. Empty where there is no log."""

    keys: AccountKeys
    entries: Sequence[JsonObject] = ()
    expired_at: Mapping[tuple[str, int], datetime] = field(default_factory=dict)
    """By source and number."""
    tombstones: Mapping[Place, Sequence[Tombstone]] = field(default_factory=dict)
    erasures: Sequence[tuple[JsonObject, datetime]] = ()
    """What was stated, and when."""
    holds: Sequence[tuple[JsonObject, datetime]] = ()
    lists: Mapping[str, Mapping[PackId, PackId | None]] = field(default_factory=dict)
    """Of packs that stand for others, by the SHA-256 that entries name."""

    def when_expired(self, connection_id: ConnectionId, seq: int) -> datetime | None:
        """Say when a snapshot was given up; None when it is kept."""
        return self.expired_at.get((log_entry.source(self.keys, connection_id), seq))

    def tombstone(self, connection_id: ConnectionId, key: RecordKey, beginning: bytes) -> Tombstone | None:
        """Find what stands for a record's content, by the beginning of that one's id: all that a journal tells."""
        made = self.tombstones.get((connection_id, key), ())
        return next((one for one in made if one.content_id.startswith(beginning)), None)

    def stand_for(self, connection_id: ConnectionId, signed: Iterable[PackId]) -> dict[PackId, PackId | None]:
        """Say for which of the packs that a connection's newest snapshot was signed with another stands now."""
        source = log_entry.source(self.keys, connection_id)
        newest = max(
            (at for at, entry in enumerate(self.entries) if _is_snapshot_of(entry, source)), default=len(self.entries)
        )
        now: dict[PackId, PackId | None] = {pack_id: pack_id for pack_id in signed}
        for entry in self.entries[newest:]:
            if (stands := self.lists.get(entry.get("replaced") or "")) is not None:
                now = {signed: stands.get(pack, pack) if pack else None for signed, pack in now.items()}
        return {signed: pack for signed, pack in now.items() if signed != pack}

    async def insert_tombstones(self, connection: Connection, connection_id: ConnectionId) -> None:
        """Insert a connection's tombstones, and the erasures that they are of."""
        account_id = self.keys.account_id
        for said, at in self.erasures:
            asked = erasures.Request(
                records=(), with_children=False, mentioning=None, reason=said["reason"], by=said["by"]
            )
            sealed = erasures.sealed_request(self.keys, asked)
            await connection.execute(_SQL.insert_erasure, UUID(said["erasure"]), account_id, sealed, at)
        rows = [
            (
                account_id,
                connection_id,
                key.workspace_id,
                key.kind,
                key.external_id,
                found.content_id,
                found.commitment,
                found.revision_mac,
                found.erasure_id,
            )
            for (its_connection, key), made in self.tombstones.items()
            if its_connection == connection_id
            for found in made
        ]
        await connection.executemany(_SQL.insert_tombstone, rows)

    async def insert_holds(self, connection: Connection) -> None:
        """Insert the legal holds, as they stand."""
        for said, at in self.holds:
            connection_id = None if said["connection"] is None else ConnectionId(UUID(said["connection"]))
            hold_id = HoldId(UUID(said["hold"]))
            word = holds.Word(reason=said["reason"], by=said["by"], at=at)
            if said["placed"]:
                await holds.put(connection, self.keys, hold_id, connection_id, word)
            else:
                await holds.put_lifted(connection, self.keys, hold_id, word)


def read_kept(backend: Backend, keys: AccountKeys, ledger: Ledger | None, found: Found) -> Kept:
    """Read what the log's entries name; what of it cannot be had is named as lost. Blocks."""
    if ledger is None:
        return Kept(keys=keys)
    entries: list[JsonObject] = [canonical.decode(entry) for entry in ledger.entries]
    source_expired = {
        (entry["source"], seq): _time(entry)
        for entry in entries
        if entry["kind"] == "expiry"
        for first, last in entry["seqs"]
        for seq in range(first, last + 1)
    }
    said = [
        (_stated(backend, keys, entry, found), _time(entry))
        for entry in entries
        if entry["kind"] in ("hold", "erasure") and entry.get("document") is not None
    ]
    stated = [(one, at) for one, at in said if one is not None]
    erased = [(one, at) for one, at in stated if "erasure" in one]
    return Kept(
        keys=keys,
        entries=entries,
        expired_at=source_expired,
        tombstones=_tombstones([one for one, _ in erased]),
        erasures=erased,
        holds=[(one, at) for one, at in stated if "hold" in one],
        lists=_lists(backend, keys, entries, found),
    )


def _stated(backend: Backend, keys: AccountKeys, entry: JsonObject, found: Found) -> JsonObject | None:
    document = bytes.fromhex(entry["document"].removeprefix("sha256:"))
    try:
        said: Any = canonical.decode(statement.read_now(backend, keys, document))
    except (Corrupt, NotFound) as error:
        found.lost(LossCode.STATEMENT_LOST, statement.object_name(keys.account_id, document), error)
        return None
    return dict(said)


def _tombstones(erased: Iterable[JsonObject]) -> dict[Place, list[Tombstone]]:
    tombstones: dict[Place, list[Tombstone]] = {}
    for one in erased:
        for said in one["tombstones"]:
            key = RecordKey(workspace_id=said["workspace"], kind=said["kind"], external_id=said["id"])
            made = Tombstone(
                content_id=ContentId(bytes.fromhex(said["content"])),
                commitment=bytes.fromhex(said["commitment"]),
                revision_mac=None if said["revision"] is None else bytes.fromhex(said["revision"]),
                erasure_id=ErasureId(UUID(one["erasure"])),
            )
            tombstones.setdefault((ConnectionId(UUID(said["connection"])), key), []).append(made)
    return tombstones


def _lists(
    backend: Backend, keys: AccountKeys, entries: Iterable[JsonObject], found: Found
) -> dict[str, Mapping[PackId, PackId | None]]:
    lists: dict[str, Mapping[PackId, PackId | None]] = {}
    for entry in entries:
        named = entry.get("replaced")
        if named is None:
            continue
        try:
            lists[named] = replace.read(backend, keys.account_id, bytes.fromhex(named.removeprefix("sha256:")))
        except (Corrupt, NotFound) as error:
            found.lost(LossCode.PACKS_DIFFER, f"objects/{keys.account_id}", error)
    return lists


def _is_snapshot_of(entry: JsonObject, source: str) -> bool:
    return bool(entry["kind"] == "snapshot" and entry["source"] == source)


def _time(entry: JsonObject) -> datetime:
    return datetime.fromisoformat(entry["time"])
