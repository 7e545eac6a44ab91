"""A process that writes packs until it kills itself, at a named moment of its nth pack: run by `test_crash.py`."""

import asyncio
import os
import signal
import sys
from pathlib import Path
from typing import Any
from uuid import UUID

from store import pack_writer
from store.backends import folder
from store.database import Database
from store.filling_pack import FillingPack
from store.keys import AccountKeys
from store.record import AccountId, ConnectionId
from store.repository import Repository
from tests.unit.store.sample_store import CARD, LIST, Store, texts

PACK_BYTES = 80_000
SEEDS = 18
_PLACES: dict[str, tuple[Any, str]] = {
    "before the object": (folder.FolderBackend, "put"),
    "object without name": (os, "link"),
    "before the rows": (FillingPack, "insert"),
    "rows without commit": (FillingPack, "insert"),
    "after the rows": (pack_writer.PackWriter, "_store"),
}
_AFTERWARDS = ("rows without commit", "after the rows")
MOMENTS = tuple(_PLACES)


class Count:
    """Dies at the nth call."""

    def __init__(self, nth: int) -> None:
        self.left = nth

    def call(self) -> None:
        self.left -= 1
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)


def arm(moment: str, nth: int) -> None:
    """Put the end of this process into the way of what it does."""
    if moment not in _PLACES:
        return
    count = Count(nth)
    owner, name = _PLACES[moment]
    real = getattr(owner, name)

    def before(*arguments: Any) -> Any:
        count.call()
        return real(*arguments)

    async def after(*arguments: Any) -> Any:
        result = await real(*arguments)
        count.call()
        return result

    setattr(owner, name, after if moment in _AFTERWARDS else before)


async def main(url: str, place: str, account: str, connection: str, keys: str) -> None:
    """Write the same records as any other run; say when each flush is done."""
    pack_writer.PACK_BYTES = PACK_BYTES
    account_keys = AccountKeys.from_plain(AccountId(UUID(account)), bytes.fromhex(keys))
    database = await Database.open(url, connections=4)
    store = Store(database, folder.FolderBackend(Path(place)), account_keys, ConnectionId(UUID(connection)))
    repository = Repository(database, store.backend, account_keys)
    async with repository.writer(store.connection_id) as writer:
        for seed in range(SEEDS):
            await writer.add(CARD, store.named(texts(150, seed)))
            await writer.add(LIST, store.named(texts(20, 1000 + seed)))
            if seed % 5 == 4:
                await writer.flush()
                print(seed, flush=True)  # noqa: T201 - the parent reads it
        await writer.flush()
    await database.close()


if __name__ == "__main__":
    arm(sys.argv[1], int(sys.argv[2]))
    asyncio.run(main(*sys.argv[3:8]))
