"""Log keys: what signs an account's log. A key of its own, sealed under the account's keys, which the master key wraps.

The bucket holds a copy (`logs/<account>/keys/<key ID>`), so that it and the master key are enough to go on signing.
Erasing the account's keys ends its log: what was signed can be checked for ever, and nothing can be added.
"""

import asyncio
from typing import NamedTuple

from store import crypto
from store.backend import Backend
from store.database import Connection
from store.errors import Corrupt, NotFound
from store.keys import AccountKeys, open_secret, seal_secret
from store.note import SigningKey, VerifierKey
from store.queries import load
from store.record import AccountId
from store.tiles import prefix

_SQL = load("log")
_PURPOSE = "log key "


class LogKeys(NamedTuple):
    """The keys of a log: all it ever had, for reading; those that sign now, the oldest first."""

    verifiers: tuple[VerifierKey, ...]
    signing: tuple[SigningKey, ...]


async def make(connection: Connection, backend: Backend, keys: AccountKeys, origin: str) -> SigningKey:
    """Make another key for a log. The bucket first: a crash leaves an object that nothing was signed with."""
    key = SigningKey(name=origin, seed=crypto.random_bytes(crypto.KEY_BYTES))
    vkey = str(key.verifier)
    sealed = seal_secret(keys, key.seed, _PURPOSE + vkey)
    await asyncio.to_thread(backend.put, sealed_name(keys.account_id, key.verifier), sealed)
    await connection.execute(_SQL.insert_key, keys.account_id, vkey, sealed)
    return key


async def reseal(connection: Connection, backend: Backend, keys: AccountKeys, key: SigningKey) -> None:
    """Seal a log's key under other account keys, in both places."""
    vkey = str(key.verifier)
    sealed = seal_secret(keys, key.seed, _PURPOSE + vkey)
    name = f"{prefix(keys.account_id)}/keys/{key.verifier.key_id.hex()}"
    await asyncio.to_thread(backend.replace, name, sealed)
    await connection.execute(_SQL.seal_key, keys.account_id, vkey, sealed)


async def load_keys(connection: Connection, keys: AccountKeys) -> LogKeys:
    """Open the keys of an account's log."""
    rows = await connection.fetch(_SQL.keys, keys.account_id)
    verifiers = [VerifierKey.parse(row["vkey"]) for row in rows]
    signing = [open_key(keys, row["vkey"], row["sealed"]) for row in rows if row["retired_at"] is None]
    return LogKeys(tuple(verifiers), tuple(signing))


def open_key(keys: AccountKeys, vkey: str, sealed: bytes) -> SigningKey:
    """Open a key as it lies in Postgres and in the bucket; Corrupt when it is not the one that this vkey verifies."""
    key = SigningKey(name=VerifierKey.parse(vkey).name, seed=open_secret(keys, sealed, _PURPOSE + vkey))
    if str(key.verifier) != vkey:
        raise Corrupt("a signing key that another key verifies")
    return key


def sealed_name(account_id: AccountId, key: VerifierKey) -> str:
    """Say where a key lies in the bucket."""
    return f"{prefix(account_id)}/keys/{key.key_id.hex()}"


async def retire(connection: Connection, keys: AccountKeys, vkey: str) -> None:
    """Let a key sign no more; NotFound when it does not."""
    if await connection.fetchval(_SQL.retire_key, keys.account_id, vkey) is None:
        raise NotFound(f"the log of account {keys.account_id} does not sign with {vkey}")
