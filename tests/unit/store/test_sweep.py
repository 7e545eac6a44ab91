"""What nothing needs is taken away, and nothing else, whatever cycles do meanwhile."""

import pytest

from store import operations
from store.content import prepare
from store.errors import Corrupt, NotFound, Outdated
from store.repository import Repository
from store.sweep import sweep
from store.sweep_nodes import sweep_nodes
from tests.unit.store.cycle_store import BOARD, CARD, new_store
from tests.unit.store.keeper import AT_ONCE, LAST_ONLY, cards, faults, give_up, small_packs, stored_packs, take_away

__all__ = ["small_packs"]


@pytest.fixture
async def store(database, tmp_path):
    return await new_store(database, tmp_path)


@pytest.mark.usefixtures("small_packs")
async def test_what_only_they_needed_is_deleted(store):
    gone, stays = cards(200, "gone"), cards(10, "stays")
    await store.snapshot(gone)
    nodes = (await store.row_counts())[1]
    await store.snapshot(stays)
    await give_up(store, LAST_ONLY)
    held = set(store.repository.backend.list("packs/"))

    swept = await take_away(store)

    left = set(store.repository.backend.list("packs/"))
    assert swept.packs == len(held - left) > 5
    assert swept.stored_bytes > 200 * 500
    assert nodes > (await store.row_counts())[1]
    lost = prepare(store.repository.keys, gone).content_ids
    found = [one for one in lost if await is_held(store, one)]
    assert len(found) < 40  # those that share a pack with the journal
    assert 10 == len(await store.contents(2))


async def is_held(store, content_id):
    try:
        await Repository(store.repository.database, store.repository.backend, store.repository.keys).read(content_id)
    except NotFound:
        return False
    return True


@pytest.mark.usefixtures("small_packs")
async def test_young_packs_are_left_alone(store):
    await store.snapshot(cards(200, "gone"))
    await store.snapshot([])
    await give_up(store, LAST_ONLY)
    before = await stored_packs(store)

    assert 0 == (await sweep(store.repository)).packs
    assert before == await stored_packs(store)


@pytest.mark.usefixtures("small_packs")
async def test_what_a_running_cycle_has_saved_is_left_alone(store):
    await store.snapshot(cards(10, "first"))
    operation_id = await queued_backup(store)
    async with store.cycle(operation_id) as cycle:
        await cycle.put(cards(200, "second"))
        await cycle.save({}, now=True)
        await take_away(store)
        await cycle.complete(BOARD, [CARD])
        await cycle.commit({}, store.clock)

    assert 200 == len(await store.contents(2))
    assert [] == await faults(store)


async def queued_backup(store):
    async with store.transaction() as connection:
        row = await operations.create(
            connection,
            account_id=store.repository.account_id,
            kind=operations.OperationKind.BACKUP,
            connection_id=store.connection_id,
            arguments={},
            created_by=None,
        )
    return row.operation_id


@pytest.mark.usefixtures("small_packs")
async def test_a_swept_chunk_is_never_relied_on(store):
    """What a cycle found stored and was swept before its commit: the commit refuses, and the cycle reads again."""
    await store.snapshot(cards(200, "back again"))
    await store.snapshot(cards(1, "other"))
    async with store.cycle() as cycle:
        await cycle.put(cards(200, "back again"))
        await give_up(store, LAST_ONLY)
        await take_away(store)
        await cycle.complete(BOARD, [CARD])
        with pytest.raises(Outdated):
            await cycle.commit({}, store.clock)
    await store.snapshot(cards(200, "back again"))

    assert 200 == len(await store.contents(3))
    assert [] == await faults(store)


@pytest.mark.usefixtures("small_packs")
async def test_a_cycle_that_commits_first_keeps_what_it_relies_on(store):
    await store.snapshot(cards(200, "back again"))
    await store.snapshot(cards(1, "other"))
    async with store.cycle() as cycle:
        await cycle.put(cards(200, "back again"))
        await give_up(store, LAST_ONLY)
        await cycle.complete(BOARD, [CARD])
        await cycle.commit({}, store.clock)
    await take_away(store)

    assert 200 == len(await store.contents(3))
    assert [] == await faults(store)


@pytest.mark.usefixtures("small_packs")
async def test_what_a_killed_sweep_left_the_next_one_finishes(store, monkeypatch):
    await store.snapshot(cards(200, "gone"))
    await store.snapshot(cards(1, "stays"))
    await give_up(store, LAST_ONLY)
    delete = type(store.repository.backend).delete

    def killed(backend, keys):
        delete(backend, list(keys)[:2])
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(type(store.repository.backend), "delete", killed)
        with pytest.raises(KeyboardInterrupt):
            await sweep(store.repository, young=AT_ONCE)
    assert [] == await faults(store)
    await take_away(store)

    assert await stored_packs(store) == list(store.repository.backend.list("packs/"))
    assert [] == await faults(store)


async def test_nodes_are_left_alone_when_a_tree_cannot_be_read(store):
    await store.snapshot(cards(200, "a"))
    async with store.transaction() as connection:
        await connection.execute("delete from nodes where level = 1")
    before = await store.row_counts()
    with pytest.raises(Corrupt):
        await sweep_nodes(store.repository)

    assert before == await store.row_counts()
