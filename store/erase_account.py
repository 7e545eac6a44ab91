"""Erase account: makes all that an account stored unreadable for good, takes it away, and leaves its log.

The order is what makes it sound, for the log's own keys are sealed under the account's:

1. Nothing is added any more: from here on every commit and every pack is refused (`store.keeping`).
2. The account's keys are replaced, in Postgres and in the bucket, by fresh ones that seal nothing but the log's keys.
   That is the erasure: nobody can open what was stored before, wherever copies of it lie.
3. Objects are deleted, then rows.
4. The log says so, as its last entry, and is signed and published. It is true by then.
5. The fresh keys are destroyed. What was signed can be checked for ever; nothing can be added.

Each step is idempotent, so that an erasure that was interrupted goes on. What a versioned bucket or a backup of
Postgres still holds is its owner's to delete (README: attack model). What stays in the bucket besides the log are the
lists of packs and the proofs: hashes, times and counts, which the log's entries stand for.
"""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain, islice

from store import account_keys, canonical, catalog, keeping, log_entry, log_keys, prove, statement
from store.backend import Backend
from store.database import Connection, Database
from store.errors import Corrupt, NotFound
from store.keys import AccountKeys, commitment
from store.log import Log, entry_proof
from store.master_keys import MasterKeys, wrapping_id
from store.pack import object_key
from store.queries import load
from store.record import AccountId, OperationId, PackId
from store.repository import Repository
from store.tiles import prefix

_SQL = load("erasure")
_OBJECTS_AT_ONCE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """What an account holds."""

    connections: int
    snapshots: int
    packs: int
    stored_bytes: int


async def count(connection: Connection, account_id: AccountId) -> Counts:
    """Say what an erasure would destroy."""
    row = await connection.fetchrow(_SQL.account_counts, account_id)
    assert row is not None
    return Counts(**row)


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountErasure:
    """The steps, in order. Call each again after any fault."""

    database: Database
    backend: Backend
    masters: MasterKeys
    account_id: AccountId
    operation_id: OperationId
    """The operation whose row stays, as all that Postgres still says of it."""

    async def begin(self) -> Counts:
        """Let nothing be added any more; returns what there is. Held when any hold lies."""
        async with self.database.account(self.account_id) as connection:
            await keeping.taking(connection, self.account_id)
            if await connection.fetchval(_SQL.begin, self.account_id) is None:
                raise NotFound(f"no account {self.account_id}")
            await connection.execute(_SQL.stop_operations, self.account_id, self.operation_id)
            return await count(connection, self.account_id)

    async def turn_keys(self) -> None:
        """Put fresh keys in place of the account's, under which only its log's keys are sealed; nothing once logged.

        Turning them again, after a fault, does no harm: nothing else is sealed under them.
        """
        fresh = AccountKeys.generate(self.account_id)
        async with self.database.account(self.account_id) as connection:
            if await self._logged(connection) is not None:
                return
            keys = await account_keys.load_account_keys(connection, self.masters, self.account_id)
            held = await log_keys.load_keys(connection, keys)
            wrapped = await asyncio.to_thread(self.masters.wrap, self.account_id, fresh.to_plain())
            await connection.execute(_SQL.turn_keys, self.account_id, wrapping_id(wrapped), wrapped)
            # Before the transaction commits: until then Postgres alone opens all, and from then on both open the log.
            for signing in held.signing:
                await log_keys.reseal(connection, self.backend, fresh, signing)
            await asyncio.to_thread(self._replace_object, wrapped)

    async def delete_objects(self) -> None:
        """Delete packs, manifests, statements and the catalog."""
        async with self.database.account(self.account_id) as connection:
            rows = await connection.fetch(_SQL.connection_ids, self.account_id)
        places = [f"manifests/{row['connection_id']}/" for row in rows]
        places += [f"statements/{self.account_id}/", catalog.prefix(self.account_id)]
        await asyncio.to_thread(self._delete_below, places)
        after = 0
        while True:
            async with self.database.account(self.account_id) as connection:
                rows = await connection.fetch(_SQL.pack_ids, self.account_id, after, _OBJECTS_AT_ONCE)
            if not rows:
                return
            await asyncio.to_thread(self.backend.delete, [object_key(PackId(row["pack_id"])) for row in rows])
            after = rows[-1]["pack_no"]

    async def delete_rows(self) -> None:
        """Delete every row of the account's but its log, its keys and this operation."""
        async with self.database.account(self.account_id) as connection:
            await connection.execute(_SQL.erase_rows, self.account_id, self.operation_id)

    async def log(self, counts: Counts, *, reason: str, by: str) -> str:
        """Log it, sign and publish; returns the receipt, which discloses to whoever reads it who did it and why."""
        async with self.database.account(self.account_id) as connection:
            keys = await account_keys.load_account_keys(connection, self.masters, self.account_id)
        log = Log(Repository(self.database, self.backend, keys))
        said = canonical.encode({"account": str(self.account_id), "by": by, "reason": reason, "scope": "account"})
        salt = statement.salt(keys, self.operation_id.bytes)
        async with self.database.account(self.account_id) as connection:
            if await self._logged(connection) is None:
                entry = log_entry.account_erasure(
                    connections=counts.connections,
                    snapshots=counts.snapshots,
                    packs=counts.packs,
                    statement=commitment(salt, said),
                    at=datetime.now(UTC),
                )
                await log.append(connection, entry)
        await log.publish()
        async with self.database.account(self.account_id) as connection:
            number = await self._logged(connection)
            proof = None if number is None else await entry_proof(connection, self.account_id, number)
        if proof is None:
            raise Corrupt(f"no checkpoint covers the erasure of account {self.account_id}")
        return prove.receipt(salt, said, proof).decode()

    async def close(self) -> None:
        """Destroy the keys that signed the log, and forget the account's name."""
        async with self.database.account(self.account_id) as connection:
            if await connection.fetchval(_SQL.close, self.account_id) is None:
                raise Corrupt(f"the log of account {self.account_id} has entries that no checkpoint covers")
            await connection.execute(_SQL.erase_rows, self.account_id, self.operation_id)
            await connection.execute(_SQL.forget_log_keys, self.account_id)
            await account_keys.erase(connection, self.backend, self.account_id)
            await asyncio.to_thread(self._delete_below, [f"{prefix(self.account_id)}/keys/"])
            await connection.execute(_SQL.end, self.account_id)

    async def _logged(self, connection: Connection) -> int | None:
        """The number of the entry that says so, where there is one."""
        rows = await connection.fetch(_SQL.entries, self.account_id)
        found = [row["entry_no"] for row in rows if canonical.decode(row["entry"])["scope"] == "account"]
        return int(found[0]) if found else None

    def _replace_object(self, wrapped: bytes) -> None:
        place = account_keys.object_prefix(self.account_id)
        kept = place + wrapping_id(wrapped)
        self.backend.replace(kept, wrapped)
        self.backend.delete([name for name in self.backend.list(place) if name != kept])

    def _delete_below(self, places: Iterable[str]) -> None:
        names = chain.from_iterable(self.backend.list(place) for place in places)
        while some := list(islice(names, _OBJECTS_AT_ONCE)):
            self.backend.delete(some)
