"""What a running cycle has read is not logged: a crash of Postgres that it does not notice must cost no record."""

import asyncio
import os
import shutil
import signal
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest

from store.backends.folder import FolderBackend
from store.cycle import Cycle
from store.database import Database
from store.embedded_postgres import EmbeddedPostgres
from store.errors import Outdated, Unavailable
from store.keys import AccountKeys
from store.record import AccountId, ConnectionId, ExternalId, Kind, OperationId, Record, WorkspaceId
from store.repository import Repository

pytestmark = pytest.mark.timeout(120)
BOARD, CARD = WorkspaceId("board"), Kind("card")
NOW = datetime(2026, 11, 23, 19, tzinfo=UTC)


def card(number: int) -> Record:
    return Record(workspace_id=BOARD, kind=CARD, external_id=ExternalId(f"{number:04d}"), content={"id": number})


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


async def crash(database: Database, account_id: AccountId) -> None:
    """Kill one of Postgres's processes, which makes it end all others and recover; return when it is back."""
    async with database.account(account_id) as connection:
        pid = await connection.fetchval("select pg_backend_pid()")
    os.kill(pid, signal.SIGKILL)
    for _ in range(200):
        await asyncio.sleep(0.1)
        try:
            async with database.account(account_id) as connection:
                await connection.fetchval("select 1")
        except Unavailable:
            continue
        return
    pytest.fail("Postgres did not come back")


async def test_a_crash_of_postgres_that_a_cycle_did_not_notice_deletes_nothing(durable, tmp_path):
    database, account_id, connection_id = durable, AccountId(uuid4()), ConnectionId(uuid4())
    async with database.account(account_id) as connection:
        await connection.execute(
            "insert into accounts (account_id, name, time_zone) values ($1, 'a', 'UTC')", account_id
        )
        await connection.execute(
            "insert into connections (connection_id, account_id, app, name) values ($1, $2, 'trello', 't')",
            connection_id,
            account_id,
        )
    repository = Repository(database, FolderBackend(tmp_path), AccountKeys.generate(account_id))

    def cycle(operation_id):
        return Cycle.open(repository, connection_id, operation_id, NOW)

    async with cycle(OperationId(uuid4())) as first:
        await first.put([card(1), card(2), card(3)])
        await first.commit({}, NOW)
    operation_id = OperationId(uuid4())
    async with cycle(operation_id) as struck:
        await struck.put([card(1), card(2)])
        await struck.save({"at": "second page"}, now=True)
        await crash(database, account_id)
        await struck.put([card(3)])
        await struck.complete(BOARD, [CARD])
        with pytest.raises(Outdated):
            await struck.commit({}, NOW)
    async with cycle(operation_id) as again:
        assert again.cursor is None

        await again.put([card(1), card(2), card(3)])
        await again.complete(BOARD, [CARD])
        snapshot = await again.commit({}, NOW)

    assert (3, 0) == (snapshot.record_count, snapshot.deleted)
