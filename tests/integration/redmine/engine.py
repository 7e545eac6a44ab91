"""An engine on a database of its own: backs a Redmine up as a worker does, and reads back every snapshot."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from connectors.base import Connector
from connectors.redmine.spec import API_KEY
from store import accounts, manifest, operations, restores, snapshots, versions
from store.account_keys import create_account_keys
from store.backend import open_backend
from store.connected_apps import ConnectedApp
from store.database import Database
from store.master_keys import MasterKeys, generate
from store.operations import Operation, OperationStatus
from store.record import FILE_KIND, AccountId, JsonObject, WorkspaceId
from store.restores import RestorePlan
from tests.integration.redmine.server import RealRedmine
from tests.integration.workers.connecting import connect
from workers import run
from workers.broker import open_broker
from workers.queue import Queue, plan_restore, start_backup, start_restore
from workers.restoring.asked import Asked
from workers.restoring.plan import Mode
from workers.runtime import Runtime
from workers.settings import Settings

Key = tuple[str, str, str]
"""Workspace, kind, external id."""
Held = tuple[JsonObject, tuple[str, str] | None]
"""Content, and the parent's kind and id."""


@dataclass(slots=True, kw_only=True)
class Engine:
    """What a worker has."""

    runtime: Runtime
    queue: Queue
    account_id: AccountId
    connected: ConnectedApp

    async def back_up(self, *, full: bool = False) -> Operation:
        """Run one cycle; the operation, which succeeded."""
        async with self.runtime.database.account(self.account_id) as connection:
            started = await start_backup(
                connection, account_id=self.account_id, connection_id=self.connected.connection_id, full=full
            )
        await run.perform(self.runtime, self.queue, started.operation_id)
        async with self.runtime.database.account(self.account_id) as connection:
            operation = await operations.get(connection, self.account_id, started.operation_id)
        assert OperationStatus.SUCCEEDED is operation.status, operation
        return operation

    async def restore(self, asked: Asked) -> tuple[RestorePlan, Operation]:
        """Plan a restore and carry it out."""
        async with self.runtime.database.account(self.account_id) as connection:
            queued = await plan_restore(connection, account_id=self.account_id, asked=asked)
        await run.perform(self.runtime, self.queue, queued.operation_id)
        async with self.runtime.database.account(self.account_id) as connection:
            plan = await restores.made_by(connection, self.account_id, queued.operation_id)
            started = await start_restore(connection, plan)
        await run.perform(self.runtime, self.queue, started.operation_id)
        async with self.runtime.database.account(self.account_id) as connection:
            done = await operations.get(connection, self.account_id, started.operation_id)
        assert OperationStatus.SUCCEEDED is done.status, done
        return plan, done

    def asked(self, workspace_id: WorkspaceId, seq: int) -> Asked:
        """Ask for a workspace as it was, beside what is there."""
        connection_id = self.connected.connection_id
        return Asked(
            source_connection_id=connection_id,
            target_connection_id=connection_id,
            mode=Mode.COPY,
            seq=seq,
            workspaces=(workspace_id,),
        )

    async def bad(self, plan: RestorePlan) -> Mapping[tuple[str, str], Any]:
        """What of a restore did not come out as it was said."""
        async with self.runtime.database.account(self.account_id) as connection:
            rows = await restores.findings(
                connection, self.account_id, plan.plan_id, results=("failed", "wrong", "extra"), limit=1_000
            )
        return {(row.kind, row.external_id): row.wrong or row.reason for row in rows}

    async def lost(self, plan: RestorePlan) -> Mapping[tuple[str, str], set[str]]:
        """Which fields of which records a restore has lost."""
        async with self.runtime.database.account(self.account_id) as connection:
            rows = await restores.findings(
                connection, self.account_id, plan.plan_id, results=("lost",), limit=1_000_000
            )
        return {(row.kind, row.external_id): set(row.lost) for row in rows}

    async def ledger(self) -> Mapping[str, JsonObject]:
        """How each workspace was judged in the newest snapshot."""
        async with self.runtime.database.account(self.account_id) as connection:
            latest = await snapshots.latest(connection, self.connected.connection_id)
            assert latest is not None
            text = await snapshots.manifest(connection, latest.snapshot_id)
        return {entry["workspace_id"]: entry for entry in manifest.decode(text or b"")["ledger"]}

    async def records(self, seq: int) -> Mapping[Key, Held]:
        """Every record as of a snapshot. Of a file, its recipe."""
        async with self.runtime.database.account(self.account_id) as connection:
            rows = await versions.list_records(connection, self.connected.connection_id, seq, limit=1_000_000)
        repository = await self.runtime.repository(self.account_id)
        contents = await repository.read_many({row.content_id for row in rows})
        return {
            (row.key.workspace_id, row.key.kind, row.key.external_id): (
                _content(row.key.kind, orjson.loads(contents[row.content_id])),
                (row.parent.kind, row.parent.external_id) if row.parent else None,
            )
            for row in rows
        }


def _content(kind: str, content: JsonObject) -> JsonObject:
    return {name: content[name] for name in ("name", "bytes", "sha256")} if kind == FILE_KIND else content


@asynccontextmanager
async def running(
    database: Database, database_url: str, folder: Path, real: RealRedmine, connector: Connector
) -> AsyncIterator[Engine]:
    """Run one, connected to the server as its administrator."""
    settings = Settings.load(database_url=database_url, store_url=(folder / "objects").as_uri())
    masters = MasterKeys.from_text(generate())
    runtime = Runtime(
        settings,
        database,
        open_backend(settings.store_address),
        masters,
        make=lambda app, _: {"redmine": connector}[app],
    )
    async with runtime.database.system() as connection:
        account = await accounts.create(connection, name="Acme")
        await create_account_keys(connection, runtime.backend, masters, account.account_id)
    credentials = {"url": real.url, "key": real.key}
    connected, _ = await connect(runtime, account.account_id, app="redmine", method=API_KEY, credentials=credentials)
    broker = open_broker(None)
    yield Engine(runtime=runtime, queue=Queue(broker), account_id=account.account_id, connected=connected)
    broker.close()
