"""Account keys at rest: wrapped by the master key, in Postgres and in the bucket.

Both places hold the same: Postgres for daily use, the bucket so that it and the master key are enough to rebuild. The
object's name ends in the id of the master key that wrapped it, so a rotation writes a new object before it lets go of
the old one, and whatever interrupts it, each place can be opened.
"""

import asyncio

from store.backend import Backend
from store.database import Connection, Database
from store.errors import Conflict, Corrupt, KeyMissing
from store.keys import AccountKeys
from store.master_keys import MasterKeys, wrapping_id
from store.queries import load
from store.record import AccountId

_queries = load("keys")


def object_prefix(account_id: AccountId) -> str:
    """Return where an account's wrapped keys lie in the bucket."""
    return f"accounts/{account_id}/keys/"


async def create_account_keys(
    connection: Connection, backend: Backend, masters: MasterKeys, account_id: AccountId
) -> AccountKeys:
    """Make, wrap and keep the keys of a new account. Conflict when it has keys: they are never replaced.

    The bucket first: a crash before the transaction commits leaves an object that nothing was sealed under. A second
    attempt finds that object and takes its keys over.
    """
    if await connection.fetchrow(_queries.wrapped_keys, account_id):
        raise Conflict(f"account {account_id} has keys already")
    keys, wrapped = await asyncio.to_thread(_keep, backend, masters, AccountKeys.generate(account_id))
    if await connection.fetchrow(_queries.insert_wrapped_keys, account_id, wrapping_id(wrapped), wrapped) is None:
        raise Conflict(f"account {account_id} has just been given keys")
    return keys


async def load_account_keys(connection: Connection, masters: MasterKeys, account_id: AccountId) -> AccountKeys:
    """Unwrap an account's keys. KeyMissing when it has none (it was erased) or their master key is not in the ring."""
    row = await connection.fetchrow(_queries.wrapped_keys, account_id)
    if row is None:
        raise KeyMissing(f"account {account_id} has no keys: it was never made, or was erased")
    return AccountKeys.from_plain(account_id, await asyncio.to_thread(masters.unwrap, account_id, row["wrapped"]))


async def rotate(database: Database, backend: Backend, masters: MasterKeys) -> list[AccountId]:
    """Wrap every account's keys anew under the current master key; returns those that changed.

    Idempotent and resumable: an account already wrapped so is skipped, each account is a transaction of its own, and
    the old object goes only when the new one and the row are in place.
    """
    async with database.system() as connection:
        waiting = [
            AccountId(row["account_id"])
            for row in await connection.fetch(_queries.wrapped_otherwise, masters.current_id)
        ]
    for account_id in waiting:
        async with database.account(account_id) as connection:
            # Locked, so that an account erased meanwhile does not come back.
            row = await connection.fetchrow(_queries.wrapped_keys_locked, account_id)
            if row is not None:
                wrapped = await asyncio.to_thread(_rewrap, backend, masters, account_id, row["wrapped"])
                await connection.execute(_queries.update_wrapped_keys, account_id, wrapping_id(wrapped), wrapped)
    async with database.system() as connection:
        everyone = [
            AccountId(row["account_id"]) for row in await connection.fetch(_queries.wrapped_now, masters.current_id)
        ]
    for account_id in everyone:
        await asyncio.to_thread(_forget_older, backend, masters, account_id)
    return waiting


async def erase(connection: Connection, backend: Backend, account_id: AccountId) -> None:
    """Destroy an account's keys in both places: nothing it stored can be opened again. Idempotent.

    The row goes when the caller's transaction commits. What a versioned bucket still holds is the bucket's owner's to
    delete (README: attack model).
    """
    await connection.execute(_queries.delete_wrapped_keys, account_id)  # first: it waits for a rotation under way
    await asyncio.to_thread(lambda: backend.delete(list(backend.list(object_prefix(account_id)))))


def _keep(backend: Backend, masters: MasterKeys, keys: AccountKeys) -> tuple[AccountKeys, bytes]:
    """Put the wrapped keys into the bucket; where an object is there already, it counts."""
    wrapped = masters.wrap(keys.account_id, keys.to_plain())
    name = object_prefix(keys.account_id) + wrapping_id(wrapped)
    if backend.put(name, wrapped):
        return keys, wrapped
    wrapped = backend.get(name)
    return AccountKeys.from_plain(keys.account_id, masters.unwrap(keys.account_id, wrapped)), wrapped


def _rewrap(backend: Backend, masters: MasterKeys, account_id: AccountId, wrapped: bytes) -> bytes:
    keys = AccountKeys.from_plain(account_id, masters.unwrap(account_id, wrapped))
    kept, rewrapped = _keep(backend, masters, keys)
    if kept != keys:
        raise Corrupt(f"the bucket and Postgres hold different keys of account {account_id}; neither was changed")
    return rewrapped


def find_wrapped_keys(backend: Backend, masters: MasterKeys, account_id: AccountId) -> tuple[AccountKeys, str, bytes]:
    """Unwrap an account's keys from the bucket alone; also which master key wrapped them, and as they lie there.

    KeyMissing when there are none, or no master key in the ring wrapped any; Corrupt when they are damaged. Blocks.
    """
    fault: Corrupt | KeyMissing = KeyMissing(f"the bucket holds no keys of account {account_id}")
    for name in backend.list(object_prefix(account_id)):
        try:
            wrapped = backend.get(name)
            keys = AccountKeys.from_plain(account_id, masters.unwrap(account_id, wrapped))
            return keys, wrapping_id(wrapped), wrapped
        except (Corrupt, KeyMissing) as error:
            fault = error
    raise fault


def _forget_older(backend: Backend, masters: MasterKeys, account_id: AccountId) -> None:
    prefix = object_prefix(account_id)
    older = [name for name in backend.list(prefix) if name != prefix + masters.current_id]
    if older:
        backend.delete(older)
