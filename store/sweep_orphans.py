"""Sweep orphans: deletes packs in the bucket that no row tells of: what writers left that died at a bad moment."""

import asyncio
from collections.abc import Iterable
from itertools import islice

from store import keeping
from store.backend import Backend
from store.errors import Corrupt, NotFound
from store.keys import AccountKeys
from store.pack import HEADER_BYTES, TRAILER, PackCipher, object_key, parse_header, parse_trailer
from store.queries import load
from store.record import PackId
from store.repository import Repository

_SQL = load("keeping")
_PACKS_AT_ONCE = 1000


async def sweep_orphans(repository: Repository) -> int:
    """Delete the account's; returns how many. Held when a hold forbids it.

    A pack that no account's rows name is this account's when its keys open it. The caller knows that nobody is writing
    to the account, and that the log was published: which is refused where Postgres is an older copy than the bucket.
    """
    found = 0
    names = repository.backend.list("packs/")
    while some := await asyncio.to_thread(lambda: list(islice(names, _PACKS_AT_ONCE))):
        packs = [PackId(bytes.fromhex(name.rpartition("/")[2])) for name in some]
        async with repository.database.system() as connection:
            known = {row["pack_id"] for row in await connection.fetch(_SQL.known_packs, packs)}
        unknown = [pack_id for pack_id in packs if pack_id not in known]
        mine = await asyncio.to_thread(_opened, repository.backend, repository.keys, unknown)
        if mine:
            async with repository.database.account(repository.account_id) as connection:
                await keeping.still_taking(connection, repository.account_id)
                await asyncio.to_thread(repository.backend.delete, [object_key(pack_id) for pack_id in mine])
            found += len(mine)
    return found


def _opened(backend: Backend, keys: AccountKeys, pack_ids: Iterable[PackId]) -> list[PackId]:
    return [pack_id for pack_id in pack_ids if _opens(backend, keys, object_key(pack_id))]


def _opens(backend: Backend, keys: AccountKeys, name: str) -> bool:
    try:
        size = backend.size(name) or 0
        salt = parse_header(backend.get_range(name, 0, HEADER_BYTES))
        trailer = backend.get_range(name, max(size - TRAILER.size, 0), TRAILER.size)
        offset, length = parse_trailer(trailer, size)
        PackCipher(keys, salt).open_footer(backend.get_range(name, offset, length))
    except (Corrupt, NotFound):
        return False
    return True
