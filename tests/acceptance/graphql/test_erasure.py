"""Erasure over GraphQL: it says what it would do, does it once, and refuses where it must."""

from dataclasses import replace
from typing import Any

from starlette.applications import Starlette

from api import ids
from store import holds, operations
from store.members import Role
from store.record import OperationId
from tests.acceptance.graphql.test_keeping import changed, codes
from tests.acceptance.graphql.test_walk import connection_id
from tests.api_fixtures import Client, client_of
from tests.api_world import Holder, World

ERASE = """mutation ($input: AccountEraseInput!) { accountErase(input: $input) {
    contents { connections snapshots packs } operation { id status scope receipt } userErrors { field code } } }"""


async def erase(client: Client, **given: Any) -> dict[str, Any]:
    return await changed(client, ERASE, **{"name": "Acme", "reason": "they left", "idempotencyKey": "k"} | given)


async def test_a_dry_run_says_what_would_go_and_starts_nothing(client: Client, world: World):
    payload = await erase(client, dryRun=True)

    assert (1, "2") == (payload["contents"]["connections"], payload["contents"]["snapshots"])
    assert payload["operation"] is None
    assert [] == world.woken


async def test_it_is_started_once(client: Client, acme: Holder, world: World):
    first, again = await erase(client), await erase(client)
    operation_id = OperationId(ids.decode(first["operation"]["id"], ids.Prefix.OPERATION))

    assert first["operation"] == again["operation"]
    assert ("QUEUED", "ACCOUNT", None) == tuple(first["operation"][name] for name in ("status", "scope", "receipt"))
    assert {operation_id} == set(world.woken)
    async with world.database.account(acme.account_id) as connection:
        row = await operations.get(connection, acme.account_id, operation_id)
    assert {"scope": "account", "reason": "they left", "by": str(acme.owner.member_id)} == row.arguments


async def test_it_says_what_is_wrong(client: Client, acme: Holder):
    assert [("name", "WRONG_NAME")] == codes(await erase(client, name="acme"))
    assert [("reason", "INVALID_REASON")] == codes(await erase(client, reason=" "))
    assert [("idempotencyKey", "INVALID_KEY")] == codes(await erase(client, idempotencyKey=""))
    await erase(client)
    assert [("idempotencyKey", "IDEMPOTENCY_KEY_REUSED")] == codes(await erase(client, reason="another"))
    await holds.place(acme.repository, None, reason="r", by="m")
    for dry_run in (True, False):
        payload = await erase(client, dryRun=dry_run, idempotencyKey="other")
        assert ["HELD"] == [error["code"] for error in payload["userErrors"]]


async def test_only_owners_erase(app: Starlette, acme: Holder, world: World):
    async with client_of(app, await world.token(acme, role=Role.OPERATOR)) as operator:
        given = {"name": "Acme", "reason": "r", "idempotencyKey": "k"}
        assert ["FORBIDDEN"] == await operator.codes(ERASE, {"input": given})


RECORDS = """mutation ($input: RecordsEraseInput!) { recordsErase(input: $input) {
    operation { id status scope dryRun records versions firstRecords } userErrors { field code } } }"""


async def erase_records(client: Client, **given: Any) -> dict[str, Any]:
    return await changed(client, RECORDS, **{"reason": "she asked", "idempotencyKey": "k"} | given)


async def a_record(client: Client) -> str:
    query = "query ($id: ID!) { node(id: $id) { ... on ConnectedApp { records(first: 1) { nodes { id } } } } }"
    return (await client.ask(query, {"id": await connection_id(client)}))["node"]["records"]["nodes"][0]["id"]


async def test_an_erasure_of_records_is_started_once(client: Client, acme: Holder, world: World):
    given = {"records": [await a_record(client)], "mentioning": "jane@example.com", "dryRun": True}
    first, again = await erase_records(client, **given), await erase_records(client, **given)

    assert first["operation"] == again["operation"]
    assert ("RECORDS", True, None, []) == tuple(
        first["operation"][name] for name in ("scope", "dryRun", "records", "firstRecords")
    )
    assert 1 == len(set(world.woken))
    async with world.database.account(acme.account_id) as connection:
        (row,) = await connection.fetch("select arguments from operations where kind = 'erasure'")
    assert "jane" not in str(row["arguments"])


async def test_an_erasure_of_records_says_what_is_wrong(client: Client, acme: Holder):
    record = await a_record(client)
    nobodys = ids.encode_record(replace(ids.decode_record(record), external_id="nobody"))

    assert ["INVALID_REQUEST"] == [one["code"] for one in (await erase_records(client))["userErrors"]]
    assert [("records", "INVALID_ID")] == codes(await erase_records(client, records=["rec_x"]))
    assert [("records", "RECORD_NOT_FOUND")] == codes(await erase_records(client, records=[nobodys]))
    assert ["INVALID_REQUEST"] == [
        one["code"] for one in (await erase_records(client, records=[record], reason=" "))["userErrors"]
    ]
    assert [("idempotencyKey", "INVALID_KEY")] == codes(
        await erase_records(client, records=[record], idempotencyKey="")
    )
    await erase_records(client, records=[record])
    assert [("idempotencyKey", "IDEMPOTENCY_KEY_REUSED")] == codes(await erase_records(client, mentioning="x"))
    await holds.place(acme.repository, None, reason="r", by="m")
    payload = await erase_records(client, records=[record], idempotencyKey="other")
    assert ["HELD"] == [one["code"] for one in payload["userErrors"]]


async def test_what_is_erased_is_shown_as_that(client: Client, acme: Holder, world: World):
    record = await a_record(client)
    async with world.database.account(acme.account_id) as connection:
        await connection.execute("update versions set erasure_id = gen_random_uuid()")
    query = """query ($id: ID!) { node(id: $id) { ... on Record { title version { erased content title file { name }
        changes { path } } versions(first: 9) { nodes { erased changes { path } } } } } }"""
    found = (await client.ask(query, {"id": record}))["node"]

    assert found["title"] is None
    assert {"erased": True, "content": None, "title": None, "file": None, "changes": []} == found["version"]
