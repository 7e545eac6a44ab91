"""Scope and grants over GraphQL: what is reached and what is not, who widens it, and letting go."""

from typing import Any

from api import ids
from store import connected_apps, grants, hooks, workspaces
from store.connected_apps import ConnectionStatus
from store.grants import GrantStatus
from store.record import WorkspaceId
from tests.acceptance.graphql.test_mutations import AUTHORIZE, credentials
from tests.acceptance.graphql.test_walk import connection_id
from tests.api_fixtures import Client
from tests.api_world import Holder, World

COVERAGE = """query ($c: ID!) { connection(id: $c) { status statusReason grants { id subject status } coverage {
    inScope reachable gapCount gaps { kind where message whatToDo workspaceId grantId } }
    workspaces(first: 9, reachable: false) { totalCount nodes { externalId reachable } } } }"""
UPDATE = """mutation ($input: ConnectionUpdateInput!) { connectionUpdate(input: $input) {
    connection { name status statusReason } userErrors { field code } } }"""
REMOVE = """mutation ($id: ID!) { grantRemove(input: {id: $id}) {
    connection { status statusReason grants { subject } } userErrors { field code } } }"""


async def look(client: Client) -> dict[str, Any]:
    return (await client.ask(COVERAGE, {"c": await connection_id(client)}))["connection"]


async def update(client: Client, **given: Any) -> dict[str, Any]:
    asked = {"connectionId": await connection_id(client)} | given
    return (await client.ask(UPDATE, {"input": asked}))["connectionUpdate"]


async def lose(world: World, acme: Holder, subject: str = "ada") -> None:
    async with world.database.account(acme.account_id) as connection:
        grant_id = grants.grant_id_of(acme.connected.connection_id, subject)
        await grants.set_status(connection, acme.account_id, grant_id, GrantStatus.LOST, "the app said 401")
        await connected_apps.set_status(
            connection, acme.account_id, acme.connected.connection_id, ConnectionStatus.NEEDS_ATTENTION, "lost"
        )


async def test_what_no_grant_reaches_is_listed_with_what_to_do(client: Client, world: World, acme: Holder):
    await lose(world, acme)
    async with world.database.account(acme.account_id) as connection:
        await connection.execute("update workspaces set reachable = false where workspace_id = 'w1'")
    seen = await look(client)
    gaps = {gap["kind"]: gap for gap in seen["coverage"]["gaps"]}

    assert (1, 0, 3) == tuple(seen["coverage"][name] for name in ("inScope", "reachable", "gapCount"))
    # The third is what the newest snapshot of the sample warned of.
    assert {"GRANT_LOST", "OUT_OF_SIGHT", "FORBIDDEN"} == gaps.keys()
    assert seen["grants"][0]["id"] == gaps["GRANT_LOST"]["grantId"]
    assert "the app said 401" == gaps["GRANT_LOST"]["message"]
    assert "board/w1" == gaps["OUT_OF_SIGHT"]["where"]
    assert ids.decode_workspace(gaps["OUT_OF_SIGHT"]["workspaceId"]).workspace_id == "w1"
    assert all("connectionAuthorize" in gap["whatToDo"] for gap in gaps.values())
    assert [{"externalId": "w1", "reachable": False}] == seen["workspaces"]["nodes"]


async def test_another_person_widens_it_and_who_lost_a_grant_can_be_let_go(client: Client, world: World, acme: Holder):
    await lose(world, acme)
    asked = {"connectionId": await connection_id(client), "authorization": credentials("good-bob")}
    await client.ask(AUTHORIZE, {"input": asked})
    ada, bob = (await look(client))["grants"]
    removed = (await client.ask(REMOVE, {"id": ada["id"]}))["grantRemove"]
    again = (await client.ask(REMOVE, {"id": ada["id"]}))["grantRemove"]
    async with world.database.account(acme.account_id) as connection:
        left = await connection.fetchval("select count(*) from grants")

    assert ("LOST", "WORKING") == (ada["status"], bob["status"])
    assert {"status": "ACTIVE", "statusReason": None, "grants": [{"subject": "bob"}]} == removed["connection"]
    assert [{"field": ["input", "id"], "code": "GRANT_NOT_FOUND"}] == again["userErrors"]
    assert 1 == left


async def test_a_connection_without_a_grant_needs_attention(client: Client):
    (ada,) = (await look(client))["grants"]
    removed = (await client.ask(REMOVE, {"id": ada["id"]}))["grantRemove"]["connection"]

    assert ("NEEDS_ATTENTION", "it has no grant: somebody has to authorise", []) == (
        removed["status"],
        removed["statusReason"],
        removed["grants"],
    )


async def test_a_connection_is_named_anew_paused_and_gone_on_with(client: Client, world: World, acme: Holder):
    assert {"name": "Ours", "status": "ACTIVE", "statusReason": None} == (await update(client, name=" Ours "))[
        "connection"
    ]
    assert "PAUSED" == (await update(client, isPaused=True))["connection"]["status"]
    assert "PAUSED" == (await update(client, name="Theirs"))["connection"]["status"]
    assert "ACTIVE" == (await update(client, isPaused=False))["connection"]["status"]
    await lose(world, acme)
    await update(client, isPaused=True)
    back = (await update(client, isPaused=False))["connection"]

    assert "NEEDS_ATTENTION" == back["status"]
    assert "ada" in back["statusReason"]
    assert ["INVALID_NAME"] == [error["code"] for error in (await update(client, name=" "))["userErrors"]]


async def test_a_workspace_tells_whether_the_app_calls_about_it(client: Client, world: World, acme: Holder):
    query = """query ($c: ID!) { workspaces(connectionId: $c, first: 9) { nodes {
        externalId webhook { status statusReason listeningSince heardAt } } } }"""
    path = hooks.new_path()
    async with world.database.account(acme.account_id) as connection:
        hook = await hooks.ask(
            connection,
            account_id=acme.account_id,
            connection_id=acme.connected.connection_id,
            workspace_id=WorkspaceId("w1"),
            grant_id=grants.grant_id_of(acme.connected.connection_id, "ada"),
            base_url="https://holdfast.test/hooks/desk/",
            path=path,
        )
        await hooks.set_listening(connection, acme.account_id, hook.hook_id, ["x"])
        await hooks.hear(connection, hook, "1", [])
    answer = await client.post(query, {"c": await connection_id(client)})
    first, second = answer.json()["data"]["workspaces"]["nodes"]

    assert ("LISTENING", None) == (first["webhook"]["status"], first["webhook"]["statusReason"])
    assert first["webhook"]["listeningSince"] is not None
    assert first["webhook"]["heardAt"] is not None
    assert second["webhook"] is None
    assert path not in answer.text


async def test_workspaces_are_filtered_by_reach_and_scope(client: Client, world: World, acme: Holder):
    async with world.database.account(acme.account_id) as connection:
        assert 2 == await workspaces.count(
            connection, acme.account_id, acme.connected.connection_id, reachable=True, limit=9
        )
    query = "query ($c: ID!) { workspaces(connectionId: $c, first: 9, inScope: true, reachable: true) { totalCount } }"

    assert 1 == (await client.ask(query, {"c": await connection_id(client)}))["workspaces"]["totalCount"]
