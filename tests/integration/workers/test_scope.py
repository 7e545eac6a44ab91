"""Scope against the stand-in: what is new is backed up by itself, unless it, or what it lies in, was left out."""

import pytest

from connectors.trello.sandbox import RateLimits, Sample, Sandbox, generate
from connectors.trello.sandbox.actions import Actor
from connectors.trello.sandbox.changes import boards, lists
from store import connected_apps, workspaces
from tests.integration.workers.test_convergence import back_up
from tests.integration.workers.test_integrity import ledger
from tests.integration.workers.test_kill import bench as _bench

bench = _bench


@pytest.fixture
def trello():
    world = generate(Sample(named_boards=5, cards_each=2, large_file_bytes=1000))
    with Sandbox(world, limits=RateLimits(enforced=False, key_max=100_000, token_max=100_000)) as sandbox:
        yield sandbox


def new_board(trello, organization, name):
    with trello.editing() as world:
        actor = Actor(member=trello.owner)
        made = boards.create(world, actor, name, organization=organization)
        lists.create(world, actor, made, "To do")
    return made["id"]


async def take(bench, *, included=None, excluded=()):
    async with bench.runtime.database.account(bench.account_id) as connection:
        await connected_apps.set_scope(
            connection, bench.account_id, bench.connected.connection_id, included=included, excluded=excluded
        )


async def read(bench):
    return set(await ledger(bench))


async def test_a_new_board_is_backed_up_by_itself(bench, trello):
    await back_up(bench)
    made = new_board(trello, next(iter(trello.world.organizations)), "New")
    await back_up(bench)

    assert made in await read(bench)


async def test_a_new_board_of_a_workspace_that_is_left_out_is_not_and_one_of_another_is(bench, trello):
    inside, outside = list(trello.world.organizations)[:2]
    await take(bench, excluded=[outside["id"]])
    await back_up(bench)
    new, not_wanted = new_board(trello, inside, "New"), new_board(trello, outside, "Not wanted")
    await back_up(bench)
    found = await read(bench)

    assert new in found
    assert not_wanted not in found
    assert outside["id"] not in found
    async with bench.runtime.database.account(bench.account_id) as connection:
        rows = await workspaces.page(connection, bench.account_id, bench.connected.connection_id, limit=100)
    # It is seen all the same, so that somebody can take it in.
    assert {False} == {row.in_scope for row in rows if row.workspace_id in {not_wanted, outside["id"]}}


async def test_a_workspace_that_is_chosen_brings_its_new_boards_and_a_board_that_is_chosen_brings_itself(bench, trello):
    organizations = {board["idOrganization"] for board in trello.world.boards}
    chosen = min(organizations)
    lone = next(board["id"] for board in trello.world.boards if board["idOrganization"] != chosen)
    await take(bench, included=[chosen, lone])
    await back_up(bench)
    new = new_board(trello, trello.world.organizations.get(chosen), "New")
    await back_up(bench)
    found = await read(bench)

    expected = {board["id"] for board in trello.world.boards if board["idOrganization"] == chosen}
    assert expected | {chosen, lone} == found
    assert new in found


async def test_what_is_left_out_later_keeps_what_is_held_and_is_no_deletion(bench, trello):
    first = await back_up(bench)
    left_out = next(board["id"] for board in trello.world.boards)
    await take(bench, excluded=[left_out])
    operation = await back_up(bench)

    assert left_out not in await read(bench)
    assert (0, first.result["records"]) == (operation.result["deleted"], operation.result["records"])
    assert [] == operation.warnings
