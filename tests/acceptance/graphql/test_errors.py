"""Errors: ours are said, faults are masked, and nothing that somebody stored reaches a log."""

import logging

import pytest
from graphql import GraphQLError

from api.errors import ApiError, ErrorCode, presentable
from store.errors import Conflict, Invalid, NotFound, Unavailable
from store.repository import Repository
from tests.acceptance.graphql.test_walk import connection_id
from tests.api_fixtures import Client
from tests.api_world import Holder, World

SECRET = "what somebody wrote"


async def test_fault_shows_no_more_than_a_number(
    client: Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    async def fail(*_: object) -> None:
        raise RuntimeError(SECRET)

    monkeypatch.setattr("api.queries.accounts.get", fail)
    response = await client.post("{ account { name } }")
    (error,) = response.json()["errors"]

    assert {"code": "INTERNAL", "requestId": response.headers["x-request-id"]} == error["extensions"]
    assert SECRET not in response.text
    assert response.headers["x-request-id"] in caplog.text
    assert SECRET not in caplog.text


async def test_corrupt_content_is_a_fault_of_one_field(client: Client, acme: Holder, world: World):
    for pack in world.backend.list("packs/"):
        world.backend.delete([pack])
    query = "query ($c: ID!) { records(connectionId: $c, first: 2) { nodes { kind title version { content } } } }"
    response = await client.post(query, {"c": await connection_id(client)})

    nothing = {"title": None, "version": {"content": None}}
    assert [{"kind": "board"} | nothing, {"kind": "card"} | nothing] == response.json()["data"]["records"]["nodes"]
    assert {"INTERNAL"} == {error["extensions"]["code"] for error in response.json()["errors"]}


async def test_missing_content_leaves_its_page_alone(client: Client, acme: Holder, world: World):
    async with world.database.account(acme.account_id) as connection:
        lost = await connection.fetchval("select content_id from versions where external_id = 'c4'")
        await connection.execute("delete from chunks where chunk_id = $1", lost)
    query = (
        """query ($c: ID!) { records(connectionId: $c, kinds: ["card"], first: 9) { nodes { externalId title } } }"""
    )
    answer = (await client.post(query, {"c": await connection_id(client)})).json()

    assert {"c1": "Write it", "c2": "Move me", "c4": None, "c5": "New"} == {
        node["externalId"]: node["title"] for node in answer["data"]["records"]["nodes"]
    }
    assert ["INTERNAL"] == [error["extensions"]["code"] for error in answer["errors"]]


async def test_no_text_can_break_a_query(client: Client, caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.ERROR)
    query = "query ($c: ID!, $k: [String!]) { records(connectionId: $c, kinds: $k, first: 1) { nodes { id } } }"

    assert ["BAD_INPUT"] == await client.codes(query, {"c": await connection_id(client), "k": ["a\0b"]})
    assert "" == caplog.text


async def test_page_of_titles_reads_the_store_once(client: Client, monkeypatch: pytest.MonkeyPatch):
    calls = []
    read_many = Repository.read_many

    async def counted(self: Repository, chunk_ids: list[bytes]) -> dict[bytes, bytes]:
        calls.append(len(list(chunk_ids)))
        return await read_many(self, chunk_ids)  # type: ignore[arg-type, return-value]

    monkeypatch.setattr(Repository, "read_many", counted)
    query = "query ($c: ID!) { records(connectionId: $c, first: 100) { nodes { title version { content } } } }"
    found = await client.ask(query, {"c": await connection_id(client)})

    assert [8] == calls
    assert 8 == len([node for node in found["records"]["nodes"] if node["title"]])


@pytest.mark.parametrize(
    ("cause", "code"),
    [
        (ApiError(ErrorCode.FORBIDDEN, "no"), "FORBIDDEN"),
        (NotFound(SECRET), "NOT_FOUND"),
        (Conflict(SECRET), "CONFLICT"),
        (Invalid(SECRET), "BAD_INPUT"),
        (Unavailable(SECRET), "INTERNAL"),
        (ValueError(SECRET), "INTERNAL"),
    ],
)
def test_every_cause_has_its_code(cause: Exception, code: str):
    shown = presentable(
        GraphQLError(SECRET if not isinstance(cause, ApiError) else "no", path=["a"], original_error=cause), "r1"
    )

    assert code == (shown.extensions or {})["code"]
    assert SECRET not in shown.message


def test_value_that_cannot_be_written_is_our_fault():
    shown = presentable(GraphQLError(f"Int cannot represent {SECRET}", path=["a"]), "r1")

    assert ("INTERNAL", "r1") == ((shown.extensions or {})["code"], (shown.extensions or {})["requestId"])
    assert SECRET not in shown.message
