"""Cycles: what is put is committed, found again, and told apart from what was there."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from store import canonical, snapshots, versions
from store.audit import audit_root
from store.backends.folder import FolderBackend
from store.compare import compare
from store.cycle import Cycle
from store.errors import Conflict
from store.files import FileMeta, decode_recipe
from store.keys import AccountKeys
from store.record import *
from store.repository import Repository
from store.tree.nodes import PostgresNodes

NOW = datetime(2026, 11, 23, 19, tzinfo=UTC)
CARD = Kind("card")
BOARD = WorkspaceId("board")


def card(number: int, text: str = "as it was", workspace: str = "board") -> Record:
    return Record(
        workspace_id=WorkspaceId(workspace),
        kind=CARD,
        external_id=ExternalId(f"{number:04d}"),
        content={"id": f"{number:04d}", "name": text},
        changed_at=NOW,
        changed_by="mary",
    )


class Store:
    def __init__(self, repository, connection_id):
        self.repository, self.connection_id = repository, connection_id
        self.clock = NOW

    async def snapshot(self, records, complete=(BOARD,), operation_id=None):
        self.clock += timedelta(days=1)
        async with Cycle.open(
            self.repository, self.connection_id, operation_id or OperationId(uuid4()), self.clock
        ) as cycle:
            for at in range(0, len(records), 50):
                await cycle.put(records[at : at + 50])
            for workspace in complete:
                await cycle.complete(workspace, [CARD])
            return await cycle.commit({"n": 1}, self.clock)

    async def contents(self, seq):
        async with self.repository.database.account(self.repository.account_id) as connection:
            found = await versions.list_records(connection, self.connection_id, seq, limit=10_000)
        plain = await self.repository.read_many([v.content_id for v in found]) if found else {}
        return {(v.key.workspace_id, v.key.external_id): canonical.decode(plain[v.content_id])["name"] for v in found}


@pytest.fixture
async def store(database, tmp_path):
    account_id, connection_id = AccountId(uuid4()), ConnectionId(uuid4())
    async with database.account(account_id) as c:
        await c.execute("insert into accounts (account_id, name, time_zone) values ($1, 'a', 'UTC')", account_id)
        await c.execute(
            "insert into connections (connection_id, account_id, app, name) values ($1, $2, 'trello', 't')",
            connection_id,
            account_id,
        )
    return Store(
        Repository(database, FolderBackend(tmp_path / "store"), AccountKeys.generate(account_id)), connection_id
    )


async def test_a_snapshot_holds_what_was_put(store):
    snapshot = await store.snapshot([card(n) for n in range(300)])

    assert {("board", f"{n:04d}"): "as it was" for n in range(300)} == await store.contents(1)
    assert (1, 300, 300, 0, 0, 0) == (
        snapshot.seq,
        snapshot.record_count,
        snapshot.added,
        snapshot.edited,
        snapshot.moved,
        snapshot.deleted,
    )


async def test_added_edited_moved_deleted(store):
    await store.snapshot([card(n) for n in range(100)])
    second = await store.snapshot(
        [card(n) for n in range(3, 100) if n not in (10, 20)]
        + [card(10, "edited"), card(20, workspace="other"), card(500)]
    )

    assert (1, 1, 1, 3) == (second.added, second.edited, second.moved, second.deleted)
    assert "as it was" == (await store.contents(1))["board", "0010"]
    assert "edited" == (await store.contents(2))["board", "0010"]
    assert ("other", "0020") in await store.contents(2)
    assert ("board", "0001") not in await store.contents(2)


async def test_an_incomplete_listing_deletes_nothing(store):
    await store.snapshot([card(n) for n in range(10)])
    second = await store.snapshot([card(1)], complete=())

    assert 0 == second.deleted
    assert 10 == second.record_count


async def test_unchanged_writes_no_pack_and_no_node(store):
    first = await store.snapshot([card(n) for n in range(100)])

    async def rows():
        async with store.repository.database.account(store.repository.account_id) as c:
            return await c.fetchrow("select (select count(*) from packs) as p, (select count(*) from nodes) as n")

    before = await rows()
    second = await store.snapshot([card(n) for n in range(100)])

    assert before == await rows()
    assert (first.tree_root, first.audit_root, first.objects_root) == (
        second.tree_root,
        second.audit_root,
        second.objects_root,
    )
