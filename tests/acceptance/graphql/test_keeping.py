"""Retention, expiry and legal holds over GraphQL."""

from typing import Any
from uuid import UUID

from starlette.applications import Starlette

from api import ids
from store import holds, operations
from store.members import Role
from store.record import OperationId
from tests.acceptance.graphql.test_walk import connection_id
from tests.api_fixtures import Client, client_of
from tests.api_world import Holder, World

RETENTION = """mutation ($input: RetentionSetInput!) { retentionSet(input: $input) {
    retention { days weeks summary } userErrors { field code } } }"""
EXPIRY = """mutation ($input: ExpiryStartInput!) { expiryStart(input: $input) {
    operation { id status snapshots } userErrors { field code } } }"""
PLACE = """mutation ($input: HoldPlaceInput!) { holdPlace(input: $input) {
    hold { id reason placedBy liftedAt connection { id } } userErrors { field code } } }"""
LIFT = """mutation ($input: HoldLiftInput!) { holdLift(input: $input) {
    hold { id liftReason liftedAt } userErrors { field code } } }"""


async def changed(client: Client, mutation: str, **given: Any) -> dict[str, Any]:
    (payload,) = (await client.ask(mutation, {"input": given})).values()
    return payload


def codes(payload: dict[str, Any]) -> list[tuple[str, str]]:
    return [(error["field"][-1], error["code"]) for error in payload["userErrors"]]


async def test_retention_of_account_and_connection(client: Client):
    connection = await connection_id(client)
    asked = """query ($id: ID!) { account { retention { summary } } node(id: $id) { ... on ConnectedApp {
        retention { summary } expiring tried: expiring(retention: {days: 1}) } } }"""

    async def seen() -> dict[str, Any]:
        return await client.ask(asked, {"id": connection})

    everything = await seen()
    assert (None, None, []) == (
        everything["account"]["retention"],
        everything["node"]["retention"],
        everything["node"]["expiring"],
    )
    assert ["1"] == everything["node"]["tried"]

    assert "30 days" == (await changed(client, RETENTION, retention={"days": 30}))["retention"]["summary"]
    assert {"summary": "30 days"} == (await seen())["node"]["retention"]

    own = await changed(client, RETENTION, connectionId=connection, retention={"days": 1, "weeks": 2})
    assert {"days": 1, "weeks": 2, "summary": "1 days, 2 weeks"} == own["retention"]
    assert {"summary": "30 days"} == (await seen())["account"]["retention"]

    assert "30 days" == (await changed(client, RETENTION, connectionId=connection))["retention"]["summary"]
    assert (await changed(client, RETENTION))["retention"] is None


async def test_retention_says_what_is_wrong(client: Client):
    elsewhere = ids.encode(ids.Prefix.CONNECTION, UUID(int=7))

    assert [("retention", "INVALID_RETENTION")] == codes(await changed(client, RETENTION, retention={}))
    assert [("retention", "INVALID_RETENTION")] == codes(await changed(client, RETENTION, retention={"days": -1}))
    assert [("connectionId", "INVALID_ID")] == codes(await changed(client, RETENTION, connectionId="con_x"))
    assert [("connectionId", "CONNECTION_NOT_FOUND")] == codes(
        await changed(client, RETENTION, connectionId=elsewhere, retention={"days": 1})
    )


async def test_expiry_is_started_once(client: Client, acme: Holder, world: World):
    first = await changed(client, EXPIRY, idempotencyKey="k1")
    again = await changed(client, EXPIRY, idempotencyKey="k1")
    operation_id = OperationId(ids.decode(first["operation"]["id"], ids.Prefix.OPERATION))

    assert ("QUEUED", None) == (first["operation"]["status"], first["operation"]["snapshots"])
    assert first["operation"]["id"] == again["operation"]["id"]
    assert [operation_id] == world.woken
    assert [("idempotencyKey", "INVALID_KEY")] == codes(await changed(client, EXPIRY, idempotencyKey=""))
    async with world.database.account(acme.account_id) as connection:
        assert "expiry" == (await operations.get(connection, acme.account_id, operation_id)).kind


async def test_holds_are_placed_listed_and_lifted(client: Client, acme: Holder):
    connection = await connection_id(client)
    placed = (await changed(client, PLACE, connectionId=connection, reason="Doe against Roe"))["hold"]
    whole = (await changed(client, PLACE, reason="An audit"))["hold"]

    member = (await client.ask("{ viewer { member { id } } }"))["viewer"]["member"]["id"]
    assert ({"id": connection}, member) == (placed["connection"], placed["placedBy"])
    assert (None, None) == (whole["connection"], whole["liftedAt"])

    lifted = (await changed(client, LIFT, id=placed["id"], reason="settled"))["hold"]
    assert ("settled", True) == (lifted["liftReason"], lifted["liftedAt"] is not None)
    listed = (await client.ask("{ account { holds { id reason liftedAt } } }"))["account"]["holds"]
    assert [("Doe against Roe", True), ("An audit", False)] == [
        (one["reason"], one["liftedAt"] is not None) for one in listed
    ]
    found = await client.ask("query ($id: ID!) { node(id: $id) { ... on Hold { reason } } }", {"id": whole["id"]})
    assert {"reason": "An audit"} == found["node"]
    kinds = [entry["kind"] for entry in await entries(acme)]
    assert ["hold", "hold", "hold"] == kinds[-3:]


async def entries(holder: Holder) -> list[dict[str, Any]]:
    async with holder.repository.database.account(holder.account_id) as connection:
        query = "select convert_from(entry, 'UTF8')::jsonb as entry from log_entries order by entry_no"
        rows = await connection.fetch(query)
    return [row["entry"] for row in rows]


async def test_holds_say_what_is_wrong(client: Client):
    hold = (await changed(client, PLACE, reason="r"))["hold"]
    await changed(client, LIFT, id=hold["id"], reason="r")
    nobodys = ids.encode(ids.Prefix.HOLD, UUID(int=7))
    elsewhere = ids.encode(ids.Prefix.CONNECTION, UUID(int=7))

    assert [("reason", "INVALID_REASON")] == codes(await changed(client, PLACE, reason=" "))
    assert [("connectionId", "INVALID_ID")] == codes(await changed(client, PLACE, connectionId="x", reason="r"))
    assert [("connectionId", "CONNECTION_NOT_FOUND")] == codes(
        await changed(client, PLACE, connectionId=elsewhere, reason="r")
    )
    assert [("id", "ALREADY_LIFTED")] == codes(await changed(client, LIFT, id=hold["id"], reason="r"))
    assert [("id", "HOLD_NOT_FOUND")] == codes(await changed(client, LIFT, id=nobodys, reason="r"))
    assert [("id", "INVALID_ID")] == codes(await changed(client, LIFT, id="hol_x", reason="r"))
    assert [("reason", "INVALID_REASON")] == codes(await changed(client, LIFT, id=hold["id"], reason=""))


async def test_only_owners_place_holds_and_set_retention(app: Starlette, acme: Holder, world: World):
    token = await world.token(acme, role=Role.OPERATOR)
    async with client_of(app, token) as operator:
        for mutation, given in ((PLACE, {"reason": "r"}), (LIFT, {"id": "x", "reason": "r"}), (RETENTION, {})):
            assert ["FORBIDDEN"] == await operator.codes(mutation, {"input": given})
        assert ["FORBIDDEN"] == await operator.codes(EXPIRY, {"input": {"idempotencyKey": "k"}})
    async with world.database.account(acme.account_id) as connection:
        assert [] == await holds.of_account(connection, acme.repository.keys)
