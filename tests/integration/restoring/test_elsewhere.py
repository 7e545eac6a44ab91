"""Restores into another connection, and with the one of several grants that may write."""

from typing import Any

from connectors.trello.sandbox.actions import Actor
from connectors.trello.sandbox.changes import boards, cards
from store import connected_apps, grants
from store.connected_apps import ConnectedApp
from store.operations import OperationStatus
from tests.integration.restoring.conftest import Bench, key
from workers.restoring.plan import Mode


def somebody(bench: Bench) -> dict[str, Any]:
    """Choose a person that is not the owner, and is in the owner's workspaces."""
    owner = bench.sandbox.owner
    board = bench.world.boards.get(bench.board)
    memberships = (bench.world.find_member(found["idMember"], owner) for found in board["memberships"])
    return next(person for person in memberships if person["id"] != owner["id"])


async def give(bench: Bench, connected: ConnectedApp, person: dict[str, Any], *scopes: str) -> None:
    """Give a connection a person's grant."""
    token = bench.sandbox.services.credentials.issue(bench.sandbox.app, person["id"], scopes=frozenset(scopes))
    repository = await bench.runtime.repository(bench.account_id)
    async with bench.runtime.database.account(bench.account_id) as connection:
        await grants.put(
            connection,
            repository.keys,
            account_id=bench.account_id,
            connection_id=connected.connection_id,
            method="key_token",
            subject=person["id"],
            name=person["fullName"],
            credentials={"key": bench.sandbox.key, "token": token.secret},
            expires_at=None,
        )


async def connect(bench: Bench, person: dict[str, Any]) -> ConnectedApp:
    async with bench.runtime.database.account(bench.account_id) as connection:
        made = await connected_apps.create(connection, account_id=bench.account_id, app="trello", name="Elsewhere")
    await give(bench, made, person, "read", "write")
    return made


async def test_a_board_is_copied_into_another_connection(bench: Bench):
    person = somebody(bench)
    target = await connect(bench, person)
    before = {board["id"] for board in bench.world.boards}

    plan, done = await bench.restore(bench.asked(workspaces=(bench.board,), target_connection_id=target.connection_id))

    assert OperationStatus.SUCCEEDED is done.status, done
    assert {} == await bench.bad(plan)
    (new,) = {board["id"] for board in bench.world.boards} - before
    assert person["id"] == bench.world.boards.get(new)["idMemberCreator"]


async def test_what_was_copied_is_known_again(bench: Bench):
    target = await connect(bench, somebody(bench))
    _, first = await bench.restore(bench.asked(workspaces=(bench.board,), target_connection_id=target.connection_id))
    new = first.result["workspaces"][bench.board]
    card = bench.world.cards.of(new)[0]
    with bench.sandbox.editing() as world:
        cards.update(world, Actor(member=bench.sandbox.owner), card, {"name": "Changed meanwhile"})

    asked = bench.asked(mode=Mode.IN_PLACE, workspaces=(bench.board,), target_connection_id=target.connection_id)
    plan, done = await bench.restore(asked)

    assert OperationStatus.SUCCEEDED is done.status, done
    assert {} == await bench.bad(plan)
    assert [("update", "card")] == [(step.action, step.kind) for step in await bench.steps(plan) if step.calls]
    assert "Changed meanwhile" != bench.world.cards.get(card["id"])["name"]


async def test_in_place_a_board_stays_in_the_organization_that_the_grant_does_not_see(bench: Bench):
    target = await connect(bench, somebody(bench))
    board = bench.world.boards.get(bench.board)
    organizations = {board["idOrganization"]} | {found["id"] for found in bench.world.organizations}
    with bench.sandbox.editing() as world:
        boards.update(world, Actor(member=bench.sandbox.owner), board, {"name": "Changed meanwhile"})

    asked = bench.asked(mode=Mode.IN_PLACE, workspaces=(bench.board,), target_connection_id=target.connection_id)
    plan, done = await bench.restore(asked)

    assert OperationStatus.SUCCEEDED is done.status, done
    assert {} == await bench.bad(plan)
    assert [("update", "board", ["name"])] == [
        (step.action, step.kind, list(step.fields)) for step in await bench.steps(plan) if step.calls
    ]
    assert organizations == {found["id"] for found in bench.world.organizations}


async def test_of_several_grants_the_one_that_may_write_does(bench: Bench):
    bench.sandbox.services.credentials.tokens[bench.sandbox.token].scopes = frozenset({"read"})
    person = somebody(bench)
    await give(bench, bench.connected, person, "read", "write")
    card = bench.world.cards.of(bench.board)[0]
    with bench.sandbox.editing() as world:
        cards.delete(world, Actor(member=bench.sandbox.owner), card)

    plan, done = await bench.restore(bench.asked(mode=Mode.IN_PLACE, records=(key("card", card["id"]),)))

    assert OperationStatus.SUCCEEDED is done.status, done
    assert {} == await bench.bad(plan)
