"""A process that sweeps until it kills itself, at a named moment: run by `test_sweep_crash.py`."""

import asyncio
import os
import signal
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg

from store import sweep
from store.backends import folder
from store.database import Database
from store.keys import AccountKeys
from store.record import AccountId
from store.repository import Repository

MOMENTS = ("rows gone without commit", "before any object", "some objects gone", "all objects gone", "rows forgotten")
AT_ONCE = 3


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def arm(moment: str) -> None:
    """Put the end of this process into the way of what it does."""
    delete, execute = folder.FolderBackend.delete, asyncpg.Connection.execute

    def deleting(backend: Any, keys: list[str]) -> None:
        if moment == "before any object":
            die()
        delete(backend, keys[:1] if moment == "some objects gone" else keys)
        die()

    async def executing(connection: Any, query: str, *arguments: Any, **more: Any) -> Any:
        found = await execute(connection, query, *arguments, **more)
        if (moment == "rows gone without commit" and query.startswith("update packs set swept_at")) or (
            moment == "rows forgotten" and query.startswith("delete from packs")
        ):
            die()
        return found

    asyncpg.Connection.execute = executing  # type: ignore[method-assign]
    if moment in ("before any object", "some objects gone", "all objects gone"):
        folder.FolderBackend.delete = deleting  # type: ignore[method-assign,assignment]


async def main(url: str, place: str, account: str, keys: str) -> None:
    sweep._PACKS_AT_ONCE = AT_ONCE
    account_keys = AccountKeys.from_plain(AccountId(UUID(account)), bytes.fromhex(keys))
    database = await Database.open(url, connections=2)
    repository = Repository(database, folder.FolderBackend(Path(place)), account_keys)
    await sweep.sweep(repository, young=timedelta(0))
    await database.close()


if __name__ == "__main__":
    arm(sys.argv[1])
    asyncio.run(main(*sys.argv[2:6]))
