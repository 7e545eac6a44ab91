"""A worker's runtime on a fresh database and a folder, before Trello's stand-in, with a first backup made."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from connectors.trello.sandbox import RateLimits, Sample, Sandbox, World, generate
from connectors.trello.sandbox.changes import boards
from store import accounts, connected_apps, grants, operations, restores, snapshots
from store.account_keys import create_account_keys
from store.backend import open_backend
from store.connected_apps import ConnectedApp
from store.database import Database
from store.master_keys import MasterKeys
from store.master_keys import generate as generate_key
from store.operations import Operation, OperationStatus
from store.record import AccountId, ExternalId, Kind, WorkspaceId
from store.restores import FindingRow, RestorePlan, StepRow
from workers import run
from workers.broker import open_broker
from workers.queue import Queue, plan_restore, start_backup, start_restore
from workers.restoring.asked import Asked
from workers.restoring.plan import Mode
from workers.runtime import Runtime
from workers.settings import Settings

GENEROUS = RateLimits(enforced=False, key_max=1_000_000, token_max=1_000_000, member_max=1_000_000)


@dataclass
class Bench:
    """What the tests of restores drive."""

    runtime: Runtime
    queue: Queue
    account_id: AccountId
    connected: ConnectedApp
    sandbox: Sandbox
    master_key: str

    async def perform(self, operation: Operation) -> Operation:
        await run.perform(self.runtime, self.queue, operation.operation_id)
        return await self.read(operation)

    async def read(self, operation: Operation) -> Operation:
        async with self.runtime.database.account(self.account_id) as connection:
            return await operations.get(connection, self.account_id, operation.operation_id)

    async def back_up(self) -> int:
        """Make a snapshot; its number."""
        async with self.runtime.database.account(self.account_id) as connection:
            queued = await start_backup(
                connection, account_id=self.account_id, connection_id=self.connected.connection_id, full=True
            )
        done = await self.perform(queued)
        assert OperationStatus.SUCCEEDED is done.status, done
        return done.result["seq"]

    def asked(self, *, mode: Mode = Mode.COPY, seq: int = 1, **more: Any) -> Asked:
        connection_id = self.connected.connection_id
        given = {"source_connection_id": connection_id, "target_connection_id": connection_id, **more}
        return Asked(mode=mode, seq=seq, **given)

    async def plan(self, asked: Asked) -> RestorePlan:
        """Plan a restore."""
        async with self.runtime.database.account(self.account_id) as connection:
            queued = await plan_restore(connection, account_id=self.account_id, asked=asked)
        done = await self.perform(queued)
        assert OperationStatus.SUCCEEDED is done.status, done.error_message
        async with self.runtime.database.account(self.account_id) as connection:
            return await restores.made_by(connection, self.account_id, done.operation_id)

    async def start(self, plan: RestorePlan) -> Operation:
        async with self.runtime.database.account(self.account_id) as connection:
            return await start_restore(connection, plan)

    async def restore(self, asked: Asked) -> tuple[RestorePlan, Operation]:
        """Plan a restore and carry it out."""
        plan = await self.plan(asked)
        return plan, await self.perform(await self.start(plan))

    async def steps(self, plan: RestorePlan) -> list[StepRow]:
        async with self.runtime.database.account(self.account_id) as connection:
            return await restores.every_step(connection, self.account_id, plan.plan_id)

    async def findings(self, plan: RestorePlan, *results: str) -> list[FindingRow]:
        async with self.runtime.database.account(self.account_id) as connection:
            return await restores.findings(
                connection, self.account_id, plan.plan_id, results=results or None, limit=100_000
            )

    async def bad(self, plan: RestorePlan) -> dict:
        """What did not come out as it was said."""
        found = await self.findings(plan, "failed", "wrong", "extra")
        return {(row.kind, row.external_id): row.wrong or row.reason for row in found}

    async def hasten(self) -> None:
        """Let no wait and no lease stand in the way."""
        async with self.runtime.database.system() as connection:
            await connection.execute(
                "update operations set run_after = now(), lease_until = now() - interval '1 second'"
            )

    async def latest(self) -> int:
        async with self.runtime.database.account(self.account_id) as connection:
            found = await snapshots.latest(connection, self.connected.connection_id)
        return found.seq

    @property
    def world(self) -> World:
        return self.sandbox.world

    @property
    def board(self) -> WorkspaceId:
        return WorkspaceId(next(iter(self.world.boards))["id"])

    def lose(self, board_id: str) -> None:
        with self.sandbox.editing() as world:
            boards.delete(world, world.boards.get(board_id))

    def calls(self) -> list[str]:
        """The writes since this was last asked."""
        found = [f"{seen.method} {seen.path}" for seen in self.sandbox.services.requests if seen.method != "GET"]
        self.sandbox.services.requests.clear()
        return found


def key(kind: str, external_id: str) -> tuple[Kind, ExternalId]:
    return Kind(kind), ExternalId(external_id)


@pytest.fixture
def world() -> World:
    return generate(Sample(named_boards=1, cards_each=10, large_file_bytes=50_000, plain_boards=2, plain_cards=2))


@pytest.fixture
def sandbox(world: World) -> Iterator[Sandbox]:
    with Sandbox(world, limits=GENEROUS) as running:
        yield running


@pytest.fixture
async def bench(database: Database, database_url: str, tmp_path: Path, sandbox: Sandbox) -> AsyncIterator[Bench]:
    made = await open_bench(database, database_url, tmp_path, sandbox)
    await made.back_up()
    made.calls()
    yield made
    await close_bench(made)


async def open_bench(database: Database, database_url: str, folder: Path, sandbox: Sandbox) -> Bench:
    """Connect an account to a stand-in."""
    master_key = generate_key()
    settings = Settings.load(
        database_url=database_url,
        store_url=(folder / "objects").as_uri(),
        master_key=master_key,
        trello_url=sandbox.url,
        allow_private_addresses=True,
    )
    runtime = Runtime(settings, database, open_backend(settings.store_address), MasterKeys.from_text(master_key))
    async with database.system() as connection:
        account = await accounts.create(connection, name="Acme")
        keys = await create_account_keys(connection, runtime.backend, runtime.masters, account.account_id)
        connected = await connected_apps.create(connection, account_id=account.account_id, app="trello", name="Trello")
        await grants.put(
            connection,
            keys,
            account_id=account.account_id,
            connection_id=connected.connection_id,
            method="key_token",
            subject=sandbox.owner["id"],
            name="Owner",
            credentials={"key": sandbox.key, "token": sandbox.token},
            expires_at=None,
        )
    return Bench(
        runtime=runtime,
        queue=Queue(open_broker(None)),
        account_id=account.account_id,
        connected=connected,
        sandbox=sandbox,
        master_key=master_key,
    )


async def close_bench(bench: Bench) -> None:
    for connector in bench.runtime._connectors.values():
        await connector.aclose()
