"""Log: what happened to an account's backups, append-only, under a head that is signed.

An entry is sequenced by the transaction that makes it true, so that neither is there without the other. Afterwards the
head over all entries is signed, kept in Postgres, and only then shown to anybody (`store.publish`).
"""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime

from store import log_entry, log_keys
from store.checkpoint import Checkpoint, TlogProof
from store.database import Connection, Database
from store.errors import Conflict, Corrupt, KeyMissing, NotFound, Unproven
from store.log_tree import LogTree
from store.merkle import leaf
from store.proof import verify_consistency
from store.publish import is_published, publish, published_note
from store.queries import load
from store.record import AccountId, JsonObject, SnapshotId
from store.repository import Repository

_SQL = load("log")


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """Where a log stands. Entries from `signed_size` on are sequenced, but no checkpoint covers them yet."""

    origin: str
    size: int
    signed_size: int
    signed_root: bytes | None
    checkpoint: bytes | None
    """The note over the first `signed_size` entries."""
    published_size: int


class Log:
    """One account's log."""

    def __init__(self, repository: Repository) -> None:
        self._database = repository.database
        self._backend = repository.backend
        self._keys = repository.keys
        self._account_id = repository.account_id

    async def append(self, connection: Connection, entry: JsonObject, *, snapshot_id: SnapshotId | None = None) -> int:
        """Append an entry within the caller's transaction; return its number. A log's first is its genesis.

        Until the transaction ends, nobody else appends to this log: do it last.
        """
        data = log_entry.encode(entry)
        number = await connection.fetchval(_SQL.next_entry_no, self._account_id)
        if number is None:
            await self._begin(connection)
            number = await connection.fetchval(_SQL.next_entry_no, self._account_id)
        if number is None:
            raise KeyMissing(f"the log of account {self._account_id} is closed: the account was erased")
        await self._insert(connection, number, entry["kind"], data, snapshot_id)
        return int(number)

    async def publish(self) -> Checkpoint | None:
        """Sign what is sequenced, then write it to the bucket; returns the head, None for a log without entries.

        Idempotent; may be repeated after any fault, and by many at once.
        """
        await self.sign()
        return await publish(self._database, self._backend, self._account_id)

    async def sign(self) -> None:
        """Sign the head over all entries, if no checkpoint covers it yet, and keep the checkpoint.

        Refuses (Corrupt) a head that does not begin with the last one signed, or with the one in the bucket: a
        Postgres put back from an older copy would otherwise make the log say two things.
        """
        seen = await asyncio.to_thread(published_note, self._backend, self._account_id)
        async with self._database.account(self._account_id) as connection:
            row = await connection.fetchrow(_SQL.head_locked, self._account_id)
            if row is None:
                return
            held = await log_keys.load_keys(connection, self._keys)
            tree = LogTree(connection, self._account_id)
            new = Checkpoint(origin=row["origin"], size=row["size"], root=await tree.root(row["size"]))
            for old in (row["checkpoint"], seen):
                if old is not None:
                    await _must_begin_with(tree, new, old, held)
            if row["signed_size"] == new.size:
                return
            signed = new.sign(held.signing)
            if not await connection.fetchval(
                _SQL.keep_checkpoint, self._account_id, row["signed_size"], new.size, new.root, signed
            ):
                raise Conflict(f"the log of account {self._account_id} was signed by somebody else meanwhile")

    async def rotate(self) -> str:
        """Make another key, logged first; from the next checkpoint on both sign. Returns its vkey."""
        async with self._database.account(self._account_id) as connection:
            found = await self._found(connection)
            key = await log_keys.make(connection, self._backend, self._keys, found.origin)
            vkey = str(key.verifier)
            await self.append(connection, log_entry.key_rotation(vkey, retires=None, at=datetime.now(UTC)))
        return vkey

    async def retire(self, vkey: str) -> None:
        """Let a key sign no more, which the log says too. Conflict when it is the only one."""
        async with self._database.account(self._account_id) as connection:
            held = await log_keys.load_keys(connection, self._keys)
            if len(held.signing) == 1:
                raise Conflict("the only key of a log cannot be retired: rotate first")
            await log_keys.retire(connection, self._keys, vkey)
            newest = str(held.signing[-1].verifier)
            await self.append(connection, log_entry.key_rotation(newest, retires=vkey, at=datetime.now(UTC)))

    async def _begin(self, connection: Connection) -> None:
        origin = f"holdfast/{self._account_id}"
        if await connection.fetchval(_SQL.begin, self._account_id, origin) is None:
            return  # somebody else's transaction was first, and has ended
        if await asyncio.to_thread(is_published, self._backend, self._account_id):
            raise Corrupt(
                f"the bucket holds a log of account {self._account_id}, and this Postgres none: a second one is never "
                "begun; `holdfast rebuild` makes a lost Postgres again"
            )
        key = await log_keys.make(connection, self._backend, self._keys, origin)
        first = log_entry.genesis(str(key.verifier), origin, datetime.now(UTC))
        number = await connection.fetchval(_SQL.next_entry_no, self._account_id)
        await self._insert(connection, number, first["kind"], log_entry.encode(first), None)

    async def _insert(
        self, connection: Connection, number: int, kind: str, data: bytes, snapshot_id: SnapshotId | None
    ) -> None:
        await connection.execute(_SQL.insert_entry, self._account_id, number, kind, snapshot_id, data)
        await LogTree(connection, self._account_id).add(number, leaf(data))

    async def _found(self, connection: Connection) -> Head:
        found = await head(connection, self._account_id)
        if found is None:
            raise NotFound(f"account {self._account_id} has no log yet")
        return found


async def head(connection: Connection, account_id: AccountId) -> Head | None:
    """Say where an account's log stands; None before its first entry."""
    row = await connection.fetchrow(_SQL.head, account_id)
    return None if row is None else Head(**row)


async def vkeys(connection: Connection, account_id: AccountId) -> list[str]:
    """List the verification keys a log ever had, the oldest first: what an auditor is given."""
    return [row["vkey"] for row in await connection.fetch(_SQL.keys, account_id)]


async def snapshot_proof(connection: Connection, account_id: AccountId, snapshot_id: SnapshotId) -> TlogProof | None:
    """Prove that a snapshot is in the log, with its entry in it; None while no checkpoint covers it."""
    number = await connection.fetchval(_SQL.entry_of_snapshot, account_id, snapshot_id)
    return None if number is None else await entry_proof(connection, account_id, number)


async def entry_proof(connection: Connection, account_id: AccountId, number: int) -> TlogProof | None:
    """Prove that an entry is in the log, with the entry in it; None while no checkpoint covers it.

    NotFound when the log has no such entry.
    """
    found = await head(connection, account_id)
    entry: bytes | None = await connection.fetchval(_SQL.entry, account_id, number)
    if found is None or entry is None:
        raise NotFound(f"the log of account {account_id} has no entry {number}")
    if found.checkpoint is None or number >= found.signed_size:
        return None
    path = await LogTree(connection, account_id).inclusion(number, found.signed_size)
    return TlogProof(index=number, path=tuple(path), checkpoint=found.checkpoint, extra=entry)


async def consistency_proof(connection: Connection, account_id: AccountId, old: int, new: int) -> list[bytes]:
    """Prove that the log of `new` entries begins with that of `old`; NotFound where there are not as many."""
    found = await head(connection, account_id)
    if found is None or not 0 < old <= new <= found.size:
        raise NotFound(f"the log of account {account_id} never had {old} and then {new} entries")
    return await LogTree(connection, account_id).consistency(old, new)


async def unpublished(database: Database) -> list[AccountId]:
    """List the accounts whose log has entries that no checkpoint in the bucket covers: for the sweeper."""
    async with database.system() as connection:
        return [AccountId(row["account_id"]) for row in await connection.fetch(_SQL.unpublished)]


async def _must_begin_with(tree: LogTree, new: Checkpoint, signed: bytes, held: log_keys.LogKeys) -> None:
    try:
        old = Checkpoint.open(signed, held.verifiers)
        path = await tree.consistency(old.size, new.size) if old.size <= new.size else []
        verify_consistency(old.size, old.root, new.size, new.root, path)
    except Unproven as error:
        raise Corrupt(f"{new.origin} must not be signed at {new.size} entries: {error}") from error
