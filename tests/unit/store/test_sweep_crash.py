"""A sweep that is killed, at each step, and one among cycles that go on: garbage at most, never a hole."""

import asyncio
import os
import signal
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from store.errors import Outdated
from store.log import Log
from store.retention import Retention
from tests.unit.store import killed_sweep
from tests.unit.store.auditor import ask, bucket, vkey
from tests.unit.store.cycle_store import BOARD, CARD, new_store
from tests.unit.store.keeper import (
    LAST_ONLY,
    cards,
    faults,
    give_up,
    living,
    small_packs,
    stored_packs,
    take_away,
)

__all__ = ["small_packs"]
PROJECT = Path(__file__).parents[3]


@pytest.fixture
async def store(database, tmp_path):
    return await new_store(database, tmp_path)


@pytest.mark.usefixtures("small_packs")
@pytest.mark.parametrize("moment", killed_sweep.MOMENTS)
async def test_a_killed_sweep_leaves_work_never_a_hole(store, database_url, moment):
    await store.snapshot(cards(200, "gone"))
    await store.snapshot(cards(40, "stays"))
    await give_up(store, LAST_ONLY)
    before = await stored_packs(store)
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        killed_sweep.__name__,
        moment,
        database_url,
        str(bucket(store)),
        str(store.repository.account_id),
        store.repository.keys.to_plain().hex(),
        cwd=PROJECT,
        env={**os.environ, "PYTHONPATH": str(PROJECT)},
    )
    assert -signal.SIGKILL == await process.wait()

    assert 40 == len(await store.contents(2))
    assert [] == await faults(store)
    assert 0 == ask("--key", await vkey(store), "bucket", bucket(store))[0]

    await store.snapshot(cards(200, "gone"))
    await take_away(store)

    assert await stored_packs(store) == list(store.repository.backend.list("packs/")) != before
    assert 200 == len(await store.contents(3))
    assert [] == await faults(store)


@pytest.mark.usefixtures("small_packs")
async def test_cycles_and_sweeps_at_once(store):
    """Contents come and go and come back while snapshots expire and packs are swept under the cycles' feet."""
    words = ["red", "green", "blue"]
    done = asyncio.Event()

    async def back_up(number):
        records = cards(60, words[number % 3])
        while True:
            try:
                async with store.cycle() as cycle:
                    for start in range(0, len(records), 20):
                        await cycle.put(records[start : start + 20])
                        await asyncio.sleep(0.01)
                    await cycle.complete(BOARD, [CARD])
                    return await cycle.commit({}, store.clock + timedelta(days=number))
            except Outdated:
                continue

    async def clear():
        while not done.is_set():
            await give_up(store, Retention(days=2))
            await take_away(store)
            # One sweep after the other would leave no cycle its time: each takes away what it has just stored.
            await asyncio.sleep(0.02)

    clearing = asyncio.create_task(clear())
    for number in range(20):
        await back_up(number)
    done.set()
    await clearing
    await Log(store.repository).publish()

    for seq in await living(store):
        assert 60 == len(await store.contents(seq))
    assert [] == await faults(store)
    assert 0 == ask("--key", await vkey(store), "bucket", bucket(store))[0]
