"""Publishing tells whoever asked for it of each checkpoint, once, and nobody else."""

import pytest

from store import destinations, events
from store.destinations import Address, Channel
from store.events import EventKind
from store.log import Log
from tests.unit.store.cycle_store import card, new_store
from tests.unit.store.test_log import get


@pytest.fixture
async def store(database, tmp_path):
    return await new_store(database, tmp_path)


async def told(store):
    async with store.transaction() as connection:
        found = await events.page(connection, store.repository.account_id, backwards=True, limit=100)
    return [one.data for one in found if one.kind == EventKind.CHECKPOINT_PUBLISHED]


async def ask_for(store, kinds):
    async with store.transaction() as connection:
        await destinations.create(
            connection,
            store.repository.keys,
            account_id=store.repository.account_id,
            channel=Channel.WEBHOOK,
            address=Address(to="https://example.org/hook", secret="whsec_"),
            kinds=kinds,
        )


async def test_who_asked_for_it_is_told_of_each_checkpoint_once(store):
    await ask_for(store, [EventKind.CHECKPOINT_PUBLISHED])
    await store.snapshot([card(1)])
    await Log(store.repository).publish()
    first = get(store, "checkpoint").decode()
    await store.snapshot([card(2)])
    second = get(store, "checkpoint").decode()
    log = f"holdfast/{store.repository.account_id}"

    assert [
        {"log": log, "size": 2, "checkpoint": first},
        {"log": log, "size": 3, "checkpoint": second},
    ] == await told(store)
    async with store.transaction() as connection:
        assert 2 == await connection.fetchval("select count(*) from deliveries")


@pytest.mark.parametrize("kinds", [None, [EventKind.BACKUP_DRIFT]])
async def test_nobody_else_is_told_and_nothing_is_kept(store, kinds):
    await ask_for(store, kinds)
    await store.snapshot([card(1)])

    assert [] == await told(store)
