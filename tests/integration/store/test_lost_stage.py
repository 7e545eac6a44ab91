"""What a running cycle has read is not logged: a crash of Postgres that it does not notice must cost no record."""

import asyncio
import os
import shutil
import signal
import tempfile
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

import pytest

from store.database import Database
from store.embedded_postgres import EmbeddedPostgres
from store.errors import Outdated, Unavailable
from store.record import OperationId
from tests.unit.store.cycle_store import BOARD, CARD, card, new_store

pytestmark = pytest.mark.timeout(120)


@pytest.fixture
def folder():
    # Reachable by `nobody`, unlike `tmp_path`.
    made = Path(tempfile.mkdtemp(prefix="holdfast-test-"))
    made.chmod(0o711)
    yield made
    shutil.rmtree(made, ignore_errors=True)


@pytest.fixture
async def durable(folder):
    # It has to come back from a crash with all that it said it has.
    with EmbeddedPostgres(folder / "postgres") as postgres:
        opened = await Database.open(postgres.url())
        await opened.migrate()
        yield opened
        await opened.close()


async def crash(store) -> None:
    """Kill one of Postgres's processes, which makes it end all others and recover; return when it has."""
    async with store.transaction() as connection:
        pid = await connection.fetchval("select pg_backend_pid()")
    os.kill(pid, signal.SIGKILL)
    staged = True
    while staged:
        await asyncio.sleep(0.1)
        with suppress(Unavailable):
            async with store.transaction() as connection:
                staged = await connection.fetchval("select exists (select from staged)")


async def test_a_crash_of_postgres_that_a_cycle_did_not_notice_deletes_nothing(durable, tmp_path):
    store = await new_store(durable, tmp_path)
    await store.snapshot([card(1), card(2), card(3)])
    operation_id = OperationId(uuid4())
    async with store.cycle(operation_id) as struck:
        await struck.put([card(1), card(2)])
        await struck.save({"at": "second page"}, now=True)
        await crash(store)
        await struck.put([card(3)])
        await struck.complete(BOARD, [CARD])
        with pytest.raises(Outdated):
            await struck.commit({}, store.clock)
    async with store.cycle(operation_id) as again:
        assert again.cursor is None

        await again.put([card(1), card(2), card(3)])
        await again.complete(BOARD, [CARD])
        snapshot = await again.commit({}, store.clock)

    assert (3, 0) == (snapshot.record_count, snapshot.deleted)
