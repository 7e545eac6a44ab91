"""Bucket: a rebuild from its beginning, over all accounts that the bucket holds."""

import asyncio
import re
from collections.abc import Callable, Mapping, Sequence
from itertools import groupby
from uuid import UUID

from store import objects
from store.account_keys import find_wrapped_keys
from store.backend import Backend
from store.database import Database
from store.errors import Conflict, Corrupt, KeyMissing, NotFound
from store.keys import AccountKeys
from store.master_keys import MasterKeys
from store.queries import load
from store.rebuild.account import AccountRebuild
from store.rebuild.footers import Keyring, index_packs
from store.rebuild.found import Found, LossCode
from store.rebuild.manifests import open_step
from store.record import AccountId, ConnectionId, PackId

_SQL = load("rebuild")
_UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_KEYS = re.compile(rf"accounts/({_UUID})/keys/[0-9a-f]+\Z")
_MANIFEST = re.compile(rf"manifests/({_UUID})/\d{{10}}-[0-9a-f]{{16}}\Z")

Wrapped = tuple[str, bytes]
"""Which master key wrapped an account's keys, and they themselves."""
Manifests = dict[ConnectionId, list[str]]


async def rebuild(
    database: Database,
    backend: Backend,
    masters: MasterKeys,
    *,
    resume: bool = False,
    tell: Callable[[str], None] = lambda _: None,
) -> Found:
    """Make a migrated Postgres again from the bucket and the master keys; return what was made, and what is lost.

    Conflict when it holds accounts already, unless told to `resume`: then those that are whole stay as they are, and
    one that an interrupted rebuild left half is made anew. NotFound when the bucket holds no account.

    What is lost is named and left out, and the rest is made: a snapshot that is not as it was signed says so.
    """
    found = Found(tell=tell)
    keyring, wrapped = await _accounts(backend, masters, found)
    if not keyring and not found.loss_count:
        raise NotFound(f"{backend.url} holds no account")
    is_complete = not found.loss_count
    async with database.system() as connection:
        if await connection.fetchval(_SQL.has_accounts):
            if not resume:
                raise Conflict("this Postgres holds accounts already: a rebuild wants an empty one")
            for account_id in list(keyring):
                if await connection.fetchval(_SQL.is_whole, account_id):
                    del keyring[account_id]
                    is_complete = False
                else:
                    await connection.execute(_SQL.drop_account, account_id)
        await connection.execute(_SQL.begin)
    try:
        await _Making(database, backend, keyring, is_complete=is_complete, found=found).run(wrapped)
    finally:
        async with database.system() as connection:
            await connection.execute(_SQL.end)
    return found


class _Making:
    def __init__(
        self,
        database: Database,
        backend: Backend,
        keyring: Mapping[AccountId, AccountKeys],
        *,
        is_complete: bool,
        found: Found,
    ) -> None:
        self._database = database
        self._backend = backend
        self._keyring = keyring
        self._is_complete = is_complete
        self._found = found

    async def run(self, wrapped: Mapping[AccountId, Wrapped]) -> None:
        manifests = await asyncio.to_thread(self._manifests)
        makers = {
            account_id: AccountRebuild(self._database, self._backend, keys, self._found)
            for account_id, keys in self._keyring.items()
        }
        for account_id, maker in makers.items():
            await maker.begin(wrapped[account_id])
        owners = await asyncio.to_thread(_owners, self._backend, manifests)
        keyring = Keyring(self._keyring, owners, is_complete=self._is_complete)
        await index_packs(self._database, self._backend, keyring, self._found)
        async with self._database.system() as connection:
            await connection.execute(_SQL.index)
        for account_id, maker in makers.items():
            await maker.replay(manifests.get(account_id, {}))

    def _manifests(self) -> dict[AccountId, Manifests]:
        """List every connection's manifests below the account whose keys open one of them."""
        manifests: dict[AccountId, Manifests] = {}
        matched = (_MANIFEST.match(name) for name in self._backend.list("manifests/"))
        for connection_id, group in groupby(
            (one for one in matched if one), key=lambda one: ConnectionId(UUID(one[1]))
        ):
            names = [one[0] for one in group]
            ours = (account_id for account_id, keys in self._keyring.items() if _opens_one(self._backend, keys, names))
            owner = next(ours, None)
            if owner is not None:
                manifests.setdefault(owner, {})[connection_id] = names
            elif self._is_complete:
                where = f"manifests/{connection_id}"
                self._found.lost(LossCode.MANIFEST_LOST, where, "none of them opens with any account's keys")
        return manifests


async def _accounts(
    backend: Backend, masters: MasterKeys, found: Found
) -> tuple[dict[AccountId, AccountKeys], dict[AccountId, Wrapped]]:
    keyring: dict[AccountId, AccountKeys] = {}
    wrapped: dict[AccountId, Wrapped] = {}
    for account_id in await asyncio.to_thread(_account_ids, backend):
        try:
            keys, master_key_id, sealed = await asyncio.to_thread(find_wrapped_keys, backend, masters, account_id)
        except (Corrupt, KeyMissing) as error:
            found.lost(LossCode.KEYS_UNUSABLE, f"accounts/{account_id}/keys", error)
        else:
            keyring[account_id], wrapped[account_id] = keys, (master_key_id, sealed)
    return keyring, wrapped


def _account_ids(backend: Backend) -> list[AccountId]:
    matched = (_KEYS.match(name) for name in backend.list("accounts/"))
    return list(dict.fromkeys(AccountId(UUID(one[1])) for one in matched if one))


def _opens_one(backend: Backend, keys: AccountKeys, names: Sequence[str]) -> bool:
    # The newest first: the likeliest to be whole, and one will do.
    for name in reversed(names):
        try:
            open_step(backend, keys, name)
        except (Corrupt, NotFound):
            continue
        return True
    return False


def _owners(backend: Backend, manifests: Mapping[AccountId, Manifests]) -> dict[PackId, AccountId]:
    """Say whose packs are, as far as the lists of packs tell. With one account there is nothing to tell."""
    if len(manifests) < 2:  # noqa: PLR2004
        return {}
    return {
        pack_id: account_id
        for account_id, connections in manifests.items()
        for connection_id in connections
        for pack_id in objects.ever_listed(backend, connection_id)
    }
