"""Limits: what one operation may ask for, and one token in a while."""

import pytest

from api import ids
from api.buckets import BUCKET_POINTS, POINTS_A_SECOND, Buckets
from api.context import Services
from api.http import MODERN
from tests.acceptance.graphql.test_walk import connection_id
from tests.api_fixtures import Client

DEEP = """query ($c: ID!) { records(connectionId: $c, first: 1) { nodes { parent { parent { parent { parent { parent
    { parent { parent { parent { parent { parent { id } } } } } } } } } } } } }"""


async def test_cost_is_reported_and_corrected_by_what_was_found(client: Client):
    query = "query ($n: Int!) { connections(first: $n) { nodes { name snapshots(first: $n) { nodes { sequence } } } } }"
    cost = (await client.post(query, {"n": 20})).json()["extensions"]["cost"]

    # 1 list, 20 connections, each with a list of 20 snapshots: there is one connection with two.
    assert 1 + 20 * (1 + 1 + 20) == cost["requested"]
    assert 1 + 1 * (1 + 1 + 2) == cost["actual"]
    assert BUCKET_POINTS - cost["actual"] <= cost["available"]


@pytest.mark.parametrize(
    "query",
    [
        "{ connections(first: 100) { nodes { snapshots(first: 100) { nodes { id } } } } }",
        "query ($n: Int = 100) { connections(first: $n) { nodes { snapshots(first: $n) { nodes { id } } } } }",
        "{ connections(last: 100) { edges { node { snapshots(last: 100) { nodes { id } } } } } }",
        (
            "{ connections(first: 100) { nodes { ...F } } } fragment F on ConnectedApp"
            " { snapshots(first: 100) { nodes { id } } }"
        ),
    ],
)
async def test_dear_operations_are_refused_before_they_run(client: Client, query: str):
    response = await client.post(query, headers={"accept": MODERN})

    assert 400 == response.status_code
    assert "COST_EXCEEDED" == response.json()["errors"][0]["extensions"]["code"]


async def test_depth_is_limited(client: Client):
    assert ["COST_EXCEEDED"] == await client.codes(DEEP, {"c": await connection_id(client)})


async def test_depth_counts_through_fragments(client: Client):
    chain = " ".join(f"fragment F{at} on Record {{ parent {{ ...F{at + 1} }} }}" for at in range(12))
    query = f"query ($c: ID!) {{ records(connectionId: $c, first: 1) {{ nodes {{ ...F0 }} }} }} {chain} "

    assert ["COST_EXCEEDED"] == await client.codes(
        query + "fragment F12 on Record { id }", {"c": await connection_id(client)}
    )


async def test_aliases_are_limited(client: Client):
    query = "{" + " ".join(f"a{at}: __typename" for at in range(31)) + "}"

    assert ["COST_EXCEEDED"] == await client.codes(query)


async def test_tokens_are_limited(client: Client):
    assert ["BAD_INPUT"] == await client.codes("{" + "__typename " * 2001 + "}")


async def test_nested_fragments_are_reckoned_once_each(client: Client):
    # Spread twice each, thirty deep: a billion selections, were each spread walked.
    chain = " ".join(f"fragment F{at} on Query {{ ...F{at + 1} ...F{at + 1} }}" for at in range(30))

    assert {"__typename": "Query"} == await client.ask(f"{{ ...F0 }} {chain} fragment F30 on Query {{ __typename }}")


@pytest.mark.parametrize("first", [0, -1, 101])
async def test_page_sizes_are_bounded(client: Client, first: int):
    assert ["BAD_INPUT"] == await client.codes(f"{{ connections(first: {first}) {{ nodes {{ id }} }} }}")


@pytest.mark.parametrize(
    "arguments", ["", "first: 1, last: 1", 'first: 1, before: "x"', 'last: 1, after: "x"', 'first: 1, after: "x"']
)
async def test_pages_ask_for_one_end_and_its_own_cursors(client: Client, arguments: str):
    field = f"connections({arguments})" if arguments else "connections"

    assert ["BAD_INPUT"] == await client.codes(f"{{ {field} {{ nodes {{ id }} }} }}")


async def test_empty_bucket_is_told_with_when_to_come_again(services: Services, client: Client):
    query = "{ connections(first: 100) { nodes { id snapshots(first: 20) { nodes { id } } } } }"
    viewer = (await client.ask("{ viewer { token { id } } }"))["viewer"]["token"]["id"]
    payer = str(ids.decode(viewer, ids.Prefix.TOKEN))
    services.buckets.take(payer, BUCKET_POINTS - 100)
    response = await client.post(query)

    assert 429 == response.status_code
    assert 1 <= int(response.headers["retry-after"])
    assert "RATE_LIMITED" == response.json()["errors"][0]["extensions"]["code"]


def test_bucket_fills_at_a_steady_rate():
    now = [0.0]
    buckets = Buckets(lambda: now[0])

    assert 0 == buckets.take("a", BUCKET_POINTS)
    assert 100 / POINTS_A_SECOND == buckets.take("a", 100)
    now[0] += 1
    assert 0 == buckets.take("a", POINTS_A_SECOND)
    assert 0 == buckets.take("b", 1)


async def test_introspection_is_served(client: Client):
    from graphql import get_introspection_query

    found = await client.ask(get_introspection_query())

    assert "Query" == found["__schema"]["queryType"]["name"]
