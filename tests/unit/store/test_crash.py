import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest

from store.database import Database
from tests.unit.store import killed_writer
from tests.unit.store.sample_store import CARD, LIST, Store, new_store, texts

PROJECT = Path(__file__).parents[3]


@pytest.fixture
async def store(database: Database, tmp_path: Path) -> Store:
    return await new_store(database, tmp_path / "store")


async def start(store: Store, url: str, moment: str, nth: int) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        killed_writer.__name__,
        moment,
        str(nth),
        url,
        str(store.backend.folder),
        str(store.keys.account_id),
        str(store.connection_id),
        store.keys.to_plain().hex(),
        cwd=PROJECT,
        env={**os.environ, "PYTHONPATH": str(PROJECT)},
        stdout=asyncio.subprocess.PIPE,
    )


async def check(store: Store, flushed: list[int]) -> None:
    """All that is indexed opens, and all that a flush vouched for is indexed; the same work then ends well."""
    await store.check()
    for seed in range(max(flushed, default=-1) + 1):
        named = store.named(texts(150, seed) + texts(20, 1000 + seed))
        assert dict(named) == await store.reopened().read_many(name for name, _ in named)
    async with store.reopened().writer(store.connection_id) as writer:
        for seed in range(killed_writer.SEEDS):
            await writer.add(CARD, store.named(texts(150, seed)))
            await writer.add(LIST, store.named(texts(20, 1000 + seed)))
        await writer.flush()
    (row,) = await store.rows("select count(distinct chunk_id) as held from chunks")
    assert killed_writer.SEEDS * 170 == row["held"]
    await store.check()


@pytest.mark.parametrize("nth", [1, 4])
@pytest.mark.parametrize("moment", killed_writer.MOMENTS)
async def test_crash_leaves_garbage_never_a_hole(store: Store, database_url: str, moment: str, nth: int) -> None:
    killed = await start(store, database_url, moment, nth)
    said, _ = await killed.communicate()

    assert -signal.SIGKILL == killed.returncode
    await check(store, [int(line) for line in said.split()])


@pytest.mark.parametrize("flushes", [1, 3])
async def test_crash_from_outside_leaves_garbage_never_a_hole(store: Store, database_url: str, flushes: int) -> None:
    killed = await start(store, database_url, "never", 0)
    assert killed.stdout is not None
    said = [await killed.stdout.readline() for _ in range(flushes)]
    killed.kill()
    rest, _ = await killed.communicate()

    assert -signal.SIGKILL == killed.returncode
    await check(store, [int(line) for line in [*said, *rest.split()]])


async def test_two_processes_at_once_leave_garbage_never_a_hole(store: Store, database_url: str) -> None:
    writers = [await start(store, database_url, "never", 0), await start(store, database_url, "after the rows", 2)]
    (said, _), _ = await asyncio.gather(*(writer.communicate() for writer in writers))

    # The second dies, unless the first was so far ahead that it had nothing left to store.
    assert 0 == writers[0].returncode
    await check(store, [int(line) for line in said.split()])
