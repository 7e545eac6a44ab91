"""The copy in Google Drive over GraphQL: connected by a person, looked at, changed, synced and let go of."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from starlette.applications import Starlette

from api.app import create_app
from api.context import Services
from connectors.google_drive.sandbox import Sandbox
from store import drive
from store.drive import DriveStatus
from tests.acceptance.graphql.test_walk import connection_id
from tests.api_fixtures import Client, client_of
from tests.api_world import Holder, World
from tests.integration.workers.drive_bench import drive_app

CONNECT = """mutation ($input: DriveConnectInput!) { driveConnect(input: $input) {
    authorizeUrl userErrors { field code message } } }"""
UPDATE = """mutation ($input: DriveUpdateInput!) { driveUpdate(input: $input) {
    drive { repairs afterBackup onlyConnections { id } } userErrors { field code } } }"""
SYNC = """mutation ($input: DriveSyncStartInput!) { driveSyncStart(input: $input) {
    operation { __typename id status repair made } userErrors { field code } } }"""
DISCONNECT = """mutation ($input: DriveDisconnectInput!) { driveDisconnect(input: $input) {
    disconnectedId userErrors { code } } }"""
LOOK = """{ account { drive { __typename id email status statusReason repairs afterBackup fileCount folderUrl
    onlyConnections { id } copies { syncedAt } sync { id } } } }"""


@pytest.fixture
def google() -> Any:
    with Sandbox(redirect_uris=("http://holdfast.test/oauth/callback",)) as sandbox:
        yield sandbox


@pytest.fixture
async def services(services: Services, google: Sandbox) -> AsyncIterator[Services]:
    app = drive_app(google, [])
    yield replace(services, drive=app)
    await app.http.aclose()


async def connect(client: Client, google: Sandbox, **given: Any) -> httpx.Response:
    """Go the way that a person's browser goes."""
    payload = (await client.ask(CONNECT, {"input": given}))["driveConnect"]
    assert [] == payload["userErrors"]
    async with httpx.AsyncClient() as browser:
        back = (await browser.get(payload["authorizeUrl"])).headers["location"]
    parts = urlsplit(back)
    return await client.http.get(f"{parts.path}?{parts.query}")


async def look(client: Client) -> dict[str, Any] | None:
    return (await client.ask(LOOK))["account"]["drive"]


async def test_a_person_connects_their_drive(client: Client, google: Sandbox):
    before = await look(client)
    page = await connect(client, google, repairs=True, afterBackup=False)
    found = await look(client)

    assert before is None
    assert (200, True) == (page.status_code, "The Google Drive of ada@example.com is connected." in page.text)
    assert found | {"id": ""} == {
        "__typename": "DriveDestination",
        "id": "",
        "email": google.owner.email,
        "status": "WORKING",
        "statusReason": None,
        "repairs": True,
        "afterBackup": False,
        "fileCount": 0,
        "folderUrl": None,
        "onlyConnections": None,
        "copies": [],
        "sync": None,
    }
    node = await client.ask("query ($id: ID!) { node(id: $id) { __typename id } }", {"id": found["id"]})
    assert {"__typename": "DriveDestination", "id": found["id"]} == node["node"]


async def test_credentials_are_kept_sealed(client: Client, google: Sandbox, acme: Holder, world: World):
    await connect(client, google)
    async with world.database.account(acme.account_id) as connection:
        row = await drive.get(connection, acme.account_id)
    opened = row.credentials(acme.repository.keys)

    assert opened["refresh_token"].startswith("1//")
    for secret in (opened["refresh_token"], opened["access_token"], google.owner.email):
        assert secret.encode() not in row.sealed + row.sealed_name
        assert secret not in repr(row)


async def test_connecting_again_mends_and_keeps_what_was_copied(
    client: Client, google: Sandbox, acme: Holder, world: World
):
    await connect(client, google)
    first = await look(client)
    async with world.database.account(acme.account_id) as connection:
        row = await drive.get(connection, acme.account_id)
        await drive.set_status(connection, row, DriveStatus.LOST, "revoked")
    await connect(client, google)
    again = await look(client)
    google.owner = google.world.person("bob@example.com")
    google.oauth.consent = google.owner.email
    await connect(client, google)
    other = await look(client)

    assert (first["id"], "WORKING") == (again["id"], again["status"])
    assert ("bob@example.com", False) == (other["email"], other["id"] == first["id"])


@pytest.mark.parametrize("how", ["refuses", "unticks", "is away"])
async def test_what_does_not_work_keeps_nothing(client: Client, google: Sandbox, how: str):
    if how == "refuses":
        google.oauth.consent = None
    elif how == "unticks":
        google.oauth.unticked = frozenset({"https://www.googleapis.com/auth/drive.file"})
    else:
        google.fail("reason", r"POST /token", times=None, status=503)
    page = await connect(client, google)

    assert page.status_code in {400, 502}
    assert "Not connected" in page.text
    assert ("was not ticked" in page.text) is (how == "unticks")
    assert await look(client) is None


async def test_a_holdfast_that_is_not_set_up_says_so(services: Services, acme: Holder):
    app: Starlette = create_app(replace(services, drive=None))
    async with app.router.lifespan_context(app), client_of(app, acme.token) as client:
        payload = (await client.ask(CONNECT, {"input": {}}))["driveConnect"]

    assert ["NOT_SET_UP"] == [error["code"] for error in payload["userErrors"]]


async def test_how_it_is_kept_can_be_changed(client: Client, google: Sandbox):
    wanted = await connection_id(client)
    none = (await client.ask(UPDATE, {"input": {"repairs": True}}))["driveUpdate"]
    await connect(client, google, onlyConnections=[wanted])
    first = (await client.ask(UPDATE, {"input": {"repairs": True}}))["driveUpdate"]
    second = (await client.ask(UPDATE, {"input": {"afterBackup": False, "allConnections": True}}))["driveUpdate"]
    wrong = (await client.ask(UPDATE, {"input": {"onlyConnections": ["nothing"]}}))["driveUpdate"]

    assert ["NOT_CONNECTED"] == [error["code"] for error in none["userErrors"]]
    assert {"repairs": True, "afterBackup": True, "onlyConnections": [{"id": wanted}]} == first["drive"]
    assert {"repairs": True, "afterBackup": False, "onlyConnections": None} == second["drive"]
    assert [(["input", "onlyConnections"], "CONNECTION_NOT_FOUND")] == [
        (error["field"], error["code"]) for error in wrong["userErrors"]
    ]


async def test_a_sync_is_started_once_for_each_key(client: Client, google: Sandbox, world: World):
    async def start(key: str, **more: Any) -> dict[str, Any]:
        return (await client.ask(SYNC, {"input": {"idempotencyKey": key} | more}))["driveSyncStart"]

    def codes(payload: dict[str, Any]) -> list[str]:
        return [error["code"] for error in payload["userErrors"]]

    assert ["NOT_CONNECTED"] == codes(await start("one"))
    await connect(client, google)
    first, again = await start("one", repair=True), await start("one", repair=True)
    reused, other, bad = await start("one"), await start("two"), await start("")

    assert ("DriveSyncOperation", "QUEUED", True) == (
        first["operation"]["__typename"],
        first["operation"]["status"],
        first["operation"]["repair"],
    )
    assert first["operation"]["id"] == again["operation"]["id"] == other["operation"]["id"]
    assert (["IDEMPOTENCY_KEY_REUSED"], ["ALREADY_RUNNING"], ["INVALID_KEY"]) == (
        codes(reused),
        codes(other),
        codes(bad),
    )
    assert {"id": first["operation"]["id"]} == (await look(client))["sync"]
    assert 1 == len(set(world.woken))


async def test_disconnecting_forgets_and_leaves_the_files(client: Client, google: Sandbox):
    await connect(client, google)
    google.hand.folder("theirs")
    found = await look(client)
    wrong = (await client.ask(DISCONNECT, {"input": {"id": "dri_nothing"}}))["driveDisconnect"]
    done = (await client.ask(DISCONNECT, {"input": {"id": found["id"]}}))["driveDisconnect"]

    assert ["NOT_CONNECTED"] == [error["code"] for error in wrong["userErrors"]]
    assert (found["id"], []) == (done["disconnectedId"], done["userErrors"])
    assert await look(client) is None
    assert ["theirs"] == list(google.hand.paths())
    assert not google.oauth._refreshes


async def test_one_account_s_drive_is_nobody_else_s(client: Client, google: Sandbox, app: Starlette, world: World):
    await connect(client, google)
    found = await look(client)
    other = await world.account("Other")
    async with client_of(app, other.token) as stranger:
        assert await look(stranger) is None
        node = await stranger.ask("query ($id: ID!) { node(id: $id) { id } }", {"id": found["id"]})
        payload = (await stranger.ask(DISCONNECT, {"input": {"id": found["id"]}}))["driveDisconnect"]

    assert node["node"] is None
    assert ["NOT_CONNECTED"] == [error["code"] for error in payload["userErrors"]]
    assert found["id"] == (await look(client))["id"]
