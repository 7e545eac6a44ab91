"""Mutations: what they do, and what they say when they do not."""

import asyncio
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from starlette.applications import Starlette

from api import ids
from store import connected_apps, grants
from store.members import Role
from tests.acceptance.graphql.test_walk import connection_id
from tests.api_fixtures import Client, client_of
from tests.api_world import Holder, World

CREATE = """mutation ($input: ConnectionCreateInput!) { connectionCreate(input: $input) {
    connection { id name scope { included excluded } grants { subject method } } authorizeUrl
    userErrors { field code message } } }"""
AUTHORIZE = """mutation ($input: ConnectionAuthorizeInput!) { connectionAuthorize(input: $input) {
    connection { status grants { subject } } authorizeUrl userErrors { field code } } }"""
START_BACKUP = """mutation ($input: BackupStartInput!) { backupStart(input: $input) {
    operation { id status full } userErrors { field code } } }"""
TOKEN = """mutation ($input: ApiTokenCreateInput!) { apiTokenCreate(input: $input) {
    token apiToken { id scopes expiresAt } userErrors { field code } } }"""


def credentials(token: str) -> dict[str, Any]:
    return {"credentials": [{"name": "key", "value": "k"}, {"name": "token", "value": token}]}


async def create(client: Client, **given: Any) -> dict[str, Any]:
    return (await client.ask(CREATE, {"input": {"app": "desk"} | given}))["connectionCreate"]


async def test_connect_with_credentials(client: Client, acme: Holder, world: World):
    scope = {"included": ["w1"], "excluded": ["w9"]}
    payload = await create(client, name="Second desk", authorization=credentials("good-bob"), scope=scope)

    assert [] == payload["userErrors"]
    assert ("Second desk", scope) == (payload["connection"]["name"], payload["connection"]["scope"])
    assert [{"subject": "bob", "method": "key_token"}] == payload["connection"]["grants"]
    made = connected_apps.ConnectionId(ids.decode(payload["connection"]["id"], ids.Prefix.CONNECTION))
    async with world.database.account(acme.account_id) as connection:
        (kept,) = (await grants.of_connections(connection, acme.account_id, [made]))[made]
    assert {"key": "k", "token": "good-bob"} == kept.credentials(acme.repository.keys)
    assert b"good-bob" not in kept.sealed


async def test_connect_says_what_is_wrong(client: Client):
    def codes(payload: dict[str, Any]) -> list[str]:
        return [error["code"] for error in payload["userErrors"]]

    assert ["UNKNOWN_APP"] == codes(await create(client, app="nothing", authorization=credentials("good-x")))
    assert ["INVALID_NAME"] == codes(await create(client, name=" ", authorization=credentials("good-x")))
    assert ["CREDENTIALS_REFUSED"] == codes(await create(client, authorization=credentials("bad")))
    assert ["APP_UNREACHABLE"] == codes(await create(client, authorization=credentials("down")))
    partly = {"credentials": [{"name": "key", "value": "k"}]}
    assert ["CREDENTIALS_INCOMPLETE"] == codes(await create(client, authorization=partly))
    assert ["METHOD_NOT_OFFERED"] == codes(await create(client, authorization={"oauth2": False}))
    both = {"oauth2": True} | credentials("good-x")
    assert ["BAD_INPUT"] == await client.codes(CREATE, {"input": {"app": "desk", "authorization": both}})


def at(url: str, token: str) -> dict[str, Any]:
    return {"credentials": [{"name": "url", "value": url}, {"name": "token", "value": token}]}


async def test_a_server_of_one_s_own_is_named_by_each_grant_and_is_one(client: Client, acme: Holder, world: World):
    payload = await create(client, authorization=at(" HTTPS://Desk.Example:443/team/ ", "good-bob"))
    made = connected_apps.ConnectionId(ids.decode(payload["connection"]["id"], ids.Prefix.CONNECTION))
    async with world.database.account(acme.account_id) as connection:
        (kept,) = (await grants.of_connections(connection, acme.account_id, [made]))[made]
    assert "https://desk.example/team" == kept.credentials(acme.repository.keys)["url"]

    async def codes(url: str, token: str) -> list[str]:
        given = {"connectionId": payload["connection"]["id"], "authorization": at(url, token)}
        authorized = (await client.ask(AUTHORIZE, {"input": given}))["connectionAuthorize"]
        return [error["code"] for error in authorized["userErrors"]]

    assert ["CREDENTIALS_REFUSED"] == await codes("https://other.example/team", "good-eve")
    assert [] == await codes("https://desk.example/team", "good-eve")
    assert ["CREDENTIALS_REFUSED"] == await codes("https://moved.example/team", "good-bob")


async def test_a_server_that_moved_is_followed_by_the_only_grant(client: Client):
    payload = await create(client, authorization=at("https://desk.example", "good-bob"))
    given = {"connectionId": payload["connection"]["id"], "authorization": at("https://moved.example", "good-bob")}

    assert [] == (await client.ask(AUTHORIZE, {"input": given}))["connectionAuthorize"]["userErrors"]


@pytest.mark.parametrize("url", ["http://desk.example", "http://10.1.2.3", "ftp://desk.example", "https://", "desk"])
async def test_a_server_is_asked_by_https_and_nowhere_private(client: Client, url: str):
    payload = await create(client, authorization=at(url, "good-bob"))

    assert ["CREDENTIALS_REFUSED"] == [error["code"] for error in payload["userErrors"]]
    assert payload["userErrors"][0]["message"].startswith("Address: ")


async def test_refused_credentials_are_not_echoed(client: Client):
    response = await client.post(CREATE, {"input": {"app": "desk", "authorization": credentials("bad-secret-123")}})

    assert "bad-secret-123" not in response.text


async def test_connect_by_oauth(client: Client, world: World):
    payload = await create(client, authorization={"oauth2": True}, name="By OAuth")
    sent = parse_qs(urlsplit(payload["authorizeUrl"]).query)
    assert "scope" not in sent
    assert payload["connection"] is None
    assert ["http://holdfast.test/oauth/callback"] == sent["redirect_uri"]
    back = {"state": sent["state"][0], "code": "right"}
    answer = await client.http.get("/oauth/callback", params=back)
    again = await client.http.get("/oauth/callback", params=back)

    assert (200, 400) == (answer.status_code, again.status_code)
    assert "By OAuth is connected" in answer.text
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    (exchanged,) = world.desk.exchanged
    assert 43 <= len(exchanged["verifier"]) <= 128
    names = (await client.ask("{ connections(first: 9) { nodes { name } } }"))["connections"]["nodes"]
    assert {"name": "By OAuth"} in names


async def test_oauth_callback_gives_nothing_away(client: Client):
    for query in ({}, {"state": "x" * 43, "code": "right"}, {"error": "<script>", "state": "x"}):
        answer = await client.http.get("/oauth/callback", params=query)

        assert 400 == answer.status_code
        assert "<script>" not in answer.text


async def test_oauth_asks_for_leave_to_write_where_that_is_wanted(client: Client):
    payload = await create(client, authorization={"oauth2": True}, forRestores=True)

    assert ["write"] == parse_qs(urlsplit(payload["authorizeUrl"]).query)["scope"]


async def test_oauth_with_a_wrong_code_connects_nothing(client: Client):
    payload = await create(client, authorization={"oauth2": True})
    state = parse_qs(urlsplit(payload["authorizeUrl"]).query)["state"][0]
    answer = await client.http.get("/oauth/callback", params={"state": state, "code": "wrong"})

    assert 502 == answer.status_code
    assert 1 == (await client.ask("{ connections(first: 9) { totalCount } }"))["connections"]["totalCount"]


async def test_oauth_flow_waits_ten_minutes(client: Client, world: World):
    payload = await create(client, authorization={"oauth2": True})
    state = parse_qs(urlsplit(payload["authorizeUrl"]).query)["state"][0]
    async with world.database.system() as connection:
        left = await connection.fetchval("select expires_at - now() from oauth_flows")
        await connection.execute("update oauth_flows set expires_at = now()")
    answer = await client.http.get("/oauth/callback", params={"state": state, "code": "right"})

    assert timedelta(minutes=9) < left <= timedelta(minutes=10)
    assert 400 == answer.status_code


async def test_authorize_adds_a_person_and_mends(client: Client, acme: Holder, world: World):
    assert acme.connected is not None
    async with world.database.account(acme.account_id) as connection:
        await connected_apps.set_status(
            connection,
            acme.account_id,
            acme.connected.connection_id,
            connected_apps.ConnectionStatus.NEEDS_ATTENTION,
            "lost",
        )
    asked = {"connectionId": await connection_id(client), "authorization": credentials("good-bob")}
    payload = (await client.ask(AUTHORIZE, {"input": asked}))["connectionAuthorize"]

    assert [{"subject": "ada"}, {"subject": "bob"}] == payload["connection"]["grants"]
    assert "ACTIVE" == payload["connection"]["status"]


async def test_set_scope(client: Client):
    query = """mutation ($input: ConnectionSetScopeInput!) { connectionSetScope(input: $input) {
        connection { scope { included excluded } } userErrors { code } } }"""
    asked = {"connectionId": await connection_id(client), "scope": {"excluded": ["b", "a", "a"]}}
    payload = (await client.ask(query, {"input": asked}))["connectionSetScope"]
    asked["scope"] = {"included": [str(number) for number in range(10_001)]}
    too_many = await client.post(query, {"input": asked})

    assert {"included": None, "excluded": ["a", "b"]} == payload["connection"]["scope"]
    assert [{"code": "INVALID_SCOPE"}] == too_many.json()["data"]["connectionSetScope"]["userErrors"]


async def start(client: Client, **given: Any) -> dict[str, Any]:
    asked = {"connectionId": await connection_id(client), "idempotencyKey": "k1"} | given
    return (await client.ask(START_BACKUP, {"input": asked}))["backupStart"]


async def test_backup_starts_once_for_one_key(client: Client, world: World):
    first = await start(client, full=True)
    second = await start(client, full=True)
    other = await start(client, full=False)

    assert ("QUEUED", True) == (first["operation"]["status"], first["operation"]["full"])
    assert first == second
    assert [{"field": ["input", "idempotencyKey"], "code": "IDEMPOTENCY_KEY_REUSED"}] == other["userErrors"]
    assert ids.decode(first["operation"]["id"], ids.Prefix.OPERATION) in world.woken


async def test_one_key_sent_twice_at_once_starts_one(client: Client):
    first, second = await asyncio.gather(start(client), start(client))

    assert first == second
    assert [] == first["userErrors"]


async def test_a_verification_starts_once_for_one_key(client: Client, world: World):
    query = """mutation ($input: VerificationStartInput!) { verificationStart(input: $input) {
        operation { id status depth } userErrors { field code } } }"""

    async def verify(**given: Any) -> dict[str, Any]:
        return (await client.ask(query, {"input": {"idempotencyKey": "k1"} | given}))["verificationStart"]

    first = await verify(depth="CONTENT")
    again = await verify(depth="CONTENT")
    other = await verify(depth="PRESENCE")

    assert ("QUEUED", "CONTENT") == (first["operation"]["status"], first["operation"]["depth"])
    assert first == again
    assert [{"field": ["input", "idempotencyKey"], "code": "IDEMPOTENCY_KEY_REUSED"}] == other["userErrors"]
    assert ["INVALID_KEY"] == [error["code"] for error in (await verify(idempotencyKey=""))["userErrors"]]
    assert [ids.decode(first["operation"]["id"], ids.Prefix.OPERATION)] == world.woken


@pytest.mark.parametrize(("role", "refused"), [(Role.AUDITOR, []), (Role.VIEWER, ["FORBIDDEN"])])
async def test_an_auditor_may_verify_and_a_viewer_may_not(app: Starlette, acme: Holder, world: World, role, refused):
    query = """mutation { verificationStart(input: {idempotencyKey: "k"}) { operation { depth } } }"""
    async with client_of(app, await world.token(acme, role=role)) as other:
        assert refused == await other.codes(query)


async def test_second_backup_is_told_of_the_first(client: Client):
    first = await start(client)
    second = await start(client, idempotencyKey="k2")

    assert first["operation"]["id"] == second["operation"]["id"]
    assert ["ALREADY_RUNNING"] == [error["code"] for error in second["userErrors"]]


async def test_key_of_a_backup_that_did_not_start_can_be_used_again(client: Client):
    first = await start(client)
    await start(client, idempotencyKey="k2")
    await cancel(client, first["operation"]["id"])
    third = await start(client, idempotencyKey="k2")

    assert [] == third["userErrors"]
    assert first["operation"]["id"] != third["operation"]["id"]


async def cancel(client: Client, operation_id: str) -> dict[str, Any]:
    query = """mutation ($id: ID!) { operationCancel(input: {id: $id}) {
        operation { status cancelRequested } userErrors { code } } }"""
    return (await client.ask(query, {"id": operation_id}))["operationCancel"]


async def test_cancel(client: Client):
    started = (await start(client))["operation"]["id"]
    payload = await cancel(client, started)
    again = await cancel(client, started)

    assert {"operation": {"status": "CANCELLED", "cancelRequested": True}, "userErrors": []} == payload
    assert [{"code": "ALREADY_FINISHED"}] == again["userErrors"]
    assert [{"code": "INVALID_ID"}] == (await cancel(client, "ope_!"))["userErrors"]


async def test_token_is_made_used_and_revoked(client: Client, app: Starlette):
    asked = {"name": "CI", "scopes": ["record:read", "account:read"], "expiresAt": "2099-01-01T00:00:00Z"}
    made = (await client.ask(TOKEN, {"input": asked}))["apiTokenCreate"]
    async with client_of(app, made["token"]) as other:
        assert ["account:read", "record:read"] == (await other.ask("{ viewer { scopes } }"))["viewer"]["scopes"]
        assert ["FORBIDDEN"] == await other.codes("{ operations(first: 1) { nodes { id } } }")
        revoke = (
            "mutation ($id: ID!) { apiTokenRevoke(input: {id: $id}) { apiToken { revokedAt } userErrors { code } } }"
        )
        payload = (await client.ask(revoke, {"id": made["apiToken"]["id"]}))["apiTokenRevoke"]
        assert payload["apiToken"]["revokedAt"] is not None
        assert 401 == (await other.post("{ viewer { scopes } }")).status_code


async def test_token_cannot_be_given_more_than_is_held(client: Client, app: Starlette, acme: Holder, world: World):
    token = await world.token(acme, role=Role.OPERATOR)
    async with client_of(app, token) as operator:
        wrong = {"name": "", "scopes": ["record:write"], "expiresAt": "2020-01-01T00:00:00Z"}
        codes = [
            error["code"] for error in (await operator.ask(TOKEN, {"input": wrong}))["apiTokenCreate"]["userErrors"]
        ]
        more = {"name": "more", "scopes": ["account:write"]}
        held = (await operator.ask(TOKEN, {"input": more}))["apiTokenCreate"]["userErrors"]

    assert ["INVALID_NAME", "UNKNOWN_SCOPE", "EXPIRED"] == codes
    assert [{"field": ["input", "scopes"], "code": "SCOPE_NOT_HELD"}] == held


async def test_tokens_of_others_are_the_owners_alone(client: Client, app: Starlette, acme: Holder, world: World):
    token = await world.token(acme, role=Role.OPERATOR)
    owners = (await client.ask("{ viewer { token { id } } }"))["viewer"]["token"]["id"]
    revoke = "mutation ($id: ID!) { apiTokenRevoke(input: {id: $id}) { userErrors { code } } }"
    count = "{ account { apiTokens(first: 9) { totalCount } } }"
    async with client_of(app, token) as operator:
        denied = (await operator.ask(revoke, {"id": owners}))["apiTokenRevoke"]["userErrors"]
        seen = (await operator.ask(count))["account"]["apiTokens"]["totalCount"]
        assert {"node": None} == await operator.ask("query ($id: ID!) { node(id: $id) { id } }", {"id": owners})

    assert [{"code": "TOKEN_NOT_FOUND"}] == denied
    assert (1, 2) == (seen, (await client.ask(count))["account"]["apiTokens"]["totalCount"])


async def test_account_update(client: Client):
    query = """mutation ($input: AccountUpdateInput!) { accountUpdate(input: $input) {
        account { name timeZone } userErrors { field code } } }"""
    done = (await client.ask(query, {"input": {"timeZone": "Asia/Tokyo"}}))["accountUpdate"]
    wrong = (await client.ask(query, {"input": {"timeZone": "../etc/passwd", "name": "\u0000"}}))["accountUpdate"]

    assert {"account": {"name": "Acme", "timeZone": "Asia/Tokyo"}, "userErrors": []} == done
    assert [(["input", "name"], "INVALID_NAME"), (["input", "timeZone"], "UNKNOWN_TIME_ZONE")] == [
        (error["field"], error["code"]) for error in wrong["userErrors"]
    ]
