"""GraphQL over HTTP: what the audits do not look at."""

import asyncio
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from api.http import MODERN
from api.limits import BODY_BYTES
from tests.api_fixtures import Client, client_of
from tests.api_world import Holder, World

ADMIT = {"accept": MODERN}


async def raw(client: Client, method: str, **options: Any) -> httpx.Response:
    headers = {"authorization": f"Bearer {client.token}"} | options.pop("headers", {})
    return await client.http.request(method, "/graphql", headers=headers, **options)


async def test_several_operations_without_a_name_run_none(client: Client):
    response = await client.post("query A { __typename } query B { __typename }", headers=ADMIT)

    assert 400 == response.status_code
    assert "data" not in response.json()


async def test_bad_variable_is_a_request_error(client: Client):
    response = await client.post(
        "query ($n: Int!) { connections(first: $n) { nodes { id } } }", {"n": "many"}, headers=ADMIT
    )

    assert 400 == response.status_code
    assert "data" not in response.json()
    assert ["BAD_INPUT"] == [error["extensions"]["code"] for error in response.json()["errors"]]


async def test_mutation_over_get_is_not_allowed(client: Client):
    query = 'mutation { accountUpdate(input: {name: "x"}) { userErrors { message } } }'
    response = await raw(client, "GET", params={"query": query})

    assert (405, "POST") == (response.status_code, response.headers["allow"])
    assert "application/json" == response.headers["content-type"].split(";")[0]


async def test_unknown_operation_name_is_answered_as_json(client: Client):
    response = await raw(client, "POST", json={"query": "query A { __typename }", "operationName": "B"})

    assert 400 == response.status_code
    assert "BAD_INPUT" == response.json()["errors"][0]["extensions"]["code"]


async def test_other_methods_are_not_allowed(client: Client):
    response = await raw(client, "PUT", json={"query": "{ __typename }"})

    assert (405, "GET, POST") == (response.status_code, response.headers["allow"])


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/x-www-form-urlencoded", "application/json; charset=latin-1", None]
)
async def test_bodies_that_a_form_could_send_are_refused(client: Client, content_type: str | None):
    headers = {"content-type": content_type} if content_type else {}
    response = await raw(client, "POST", content=b'{"query": "{ __typename }"}', headers=headers)

    assert 415 == response.status_code


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        (f"application/json;q=0.5, {MODERN}", MODERN),
        (f"{MODERN};q=0.1, application/json;q=0.9", "application/json"),
        (f"{MODERN};q=0, */*", "application/json"),
        ("*/*", "application/json"),
    ],
)
async def test_media_type_follows_quality(client: Client, accept: str, expected: str):
    response = await client.post("{ __typename }", headers={"accept": accept})

    assert expected == response.headers["content-type"].split(";")[0]


async def test_what_cannot_be_written_is_not_acceptable(client: Client):
    assert 406 == (await client.post("{ __typename }", headers={"accept": "image/png"})).status_code


@pytest.mark.parametrize("body", [b"[]", b'[{"query": "{ __typename }"}]', b'"x"', b"{", b'{"query": 1}', b"{}"])
async def test_bodies_that_are_no_request_are_refused(client: Client, body: bytes):
    response = await raw(client, "POST", content=body, headers={"content-type": "application/json"})

    assert 400 == response.status_code
    assert response.json()["errors"]


async def test_large_bodies_are_refused(client: Client):
    response = await client.post("{ __typename }", {"padding": "x" * BODY_BYTES})

    assert 413 == response.status_code


async def test_bad_token_is_refused_at_once(app: Starlette, acme: Holder):
    async with client_of(app, acme.token[:-1] + "?") as client:
        response = await client.post("{ __typename }")

    assert (401, "UNAUTHENTICATED") == (response.status_code, response.json()["errors"][0]["extensions"]["code"])
    assert response.headers["www-authenticate"].startswith("Bearer")


async def test_without_a_token_the_schema_can_be_read_and_nothing_else(app: Starlette, acme: Holder):
    async with client_of(app, "") as client:
        assert {"__schema": {"queryType": {"name": "Query"}}} == await client.ask("{ __schema { queryType { name } } }")
        assert ["UNAUTHENTICATED"] == await client.codes("{ viewer { scopes } }")
        assert ["UNAUTHENTICATED"] == await client.codes('{ node(id: "acc_x") { id } }')


async def test_partial_answers_keep_their_data(client: Client):
    response = await client.post(
        '{ connection(id: "con_x") { id } records(connectionId: "x", first: 1) { nodes { id } } }', headers=ADMIT
    )

    assert 200 == response.status_code
    assert {"data": None} == {"data": response.json()["data"]}
    assert "NOT_FOUND" == response.json()["errors"][0]["extensions"]["code"]


async def test_browser_is_sent_to_the_console(client: Client):
    response = await client.http.get("/graphql", headers={"accept": "text/html,application/xhtml+xml,*/*;q=0.8"})

    assert (303, "/graphiql/") == (response.status_code, response.headers["location"])


async def test_health_and_readiness(client: Client, world: World):
    assert 200 == (await client.http.get("/health")).status_code
    assert 200 == (await client.http.get("/ready")).status_code
    await world.database.close()
    assert 503 == (await client.http.get("/ready")).status_code


async def test_slow_operations_are_ended(client: Client, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("api.schema.EXECUTION_SECONDS", 0.05)
    monkeypatch.setattr("api.queries.accounts.get", lambda *_: asyncio.sleep(30))

    assert ["COST_EXCEEDED"] == await client.codes("{ account { name } }")
