"""The stand-in's limits: what headers and bodies tell, and refusals in the old shape and the new."""

import asyncio

import httpx
import pytest

from connectors.monday.sandbox import RateLimits, Sandbox

HEAVY = "{ boards(limit: 100) { id items_page(limit: 100) { items { id column_values { id } } } } }"


@pytest.fixture
def limits() -> RateLimits:
    return RateLimits(complexity_minute=70_000, minute=20, daily=30, concurrency=3)


@pytest.fixture
def sandbox(world, limits):
    with Sandbox(world, limits=limits) as running:
        yield running


def test_every_answer_tells_what_is_allowed_and_what_is_left(client):
    client.ask("{ me { id } }")
    headers = client.send("{ me { id } }").headers

    assert (
        '"minuteRate";q=20;w=60, "concurrency";q=3;qu="concurrent-requests", '
        '"complexityMinute";q=70000;w=60;qu="content-bytes"' == headers["ratelimit-policy"]
    )
    assert headers["ratelimit"].startswith('"minuteRate";r=18, "concurrency";r=')


def test_a_query_can_ask_what_it_cost(client):
    cost = client.ask(HEAVY.replace("{ boards", "{ complexity { before query after reset_in_x_seconds } boards", 1))

    told = cost["complexity"]
    assert told["before"] - told["query"] == told["after"]
    assert told["query"] > 10_000
    assert 0 < told["reset_in_x_seconds"] <= 61


def test_a_spent_minute_of_complexity_is_refused_in_the_new_shape(client, clock):
    client.ask(HEAVY)
    client.ask(HEAVY)
    refused = client.send(HEAVY)
    clock.advance(61)

    assert refused.status_code == 429
    told = refused.json()["errors"][0]
    assert "Complexity budget exhausted" == told["message"]
    assert "COMPLEXITY_BUDGET_EXHAUSTED" == told["extensions"]["code"]
    assert told["extensions"]["complexity"] > told["extensions"]["complexity_budget_left"]
    assert 70_000 == told["extensions"]["complexity_budget_limit"]
    assert str(told["extensions"]["retry_in_seconds"]) == refused.headers["retry-after"]
    client.ask(HEAVY)


def test_and_in_the_old_shape_with_200(client):
    client.ask(HEAVY)
    client.ask(HEAVY)
    refused = client.send(HEAVY, api_version="2024-07")

    assert refused.status_code == 200
    body = refused.json()
    assert "ComplexityException" == body["error_code"]
    assert 429 == body["status_code"]
    assert body["error_message"].startswith("Complexity budget exhausted, query cost ")
    assert "reset in" in body["error_message"]
    assert [body["error_message"]] == body["errors"]


def test_calls_are_counted_by_the_minute_and_by_the_day(client, clock):
    codes = []
    for _ in range(2):
        for _ in range(21):
            errors = client.send("{ me { id } }").json().get("errors")
            codes.append(errors[0]["extensions"]["code"] if errors else "ok")
        clock.advance(61)

    assert ["ok"] * 20 + ["RATE_LIMIT_EXCEEDED"] == codes[:21]
    assert "DAILY_LIMIT_EXCEEDED" == codes[-1]
    waits = client.errors("{ me { id } }")[0]["extensions"]["retry_in_seconds"]
    clock.advance(waits)
    client.ask("{ me { id } }")


def test_asking_only_for_the_budget_costs_a_tenth(client, clock):
    for _ in range(19):
        client.ask("{ complexity { after } }")
    clock.advance(61)
    for _ in range(2):
        for _ in range(14):
            client.ask("{ me { id } }")
        clock.advance(61)


async def test_calls_at_once_are_counted(sandbox):
    sandbox.fail("delay", seconds=0.2, times=None)
    async with httpx.AsyncClient() as http:
        calls = [
            http.post(sandbox.api_url, json={"query": "{ me { id } }"}, headers={"authorization": sandbox.token})
            for _ in range(5)
        ]
        replies = await asyncio.gather(*calls)

    assert 429 in {reply.status_code for reply in replies}
    refused = next(reply for reply in replies if reply.status_code == 429)
    assert "CONCURRENCY_LIMIT_EXCEEDED" == refused.json()["errors"][0]["extensions"]["code"]


def test_one_query_may_not_cost_more_than_five_million(client):
    query = "{ boards(limit: 500) { items_page(limit: 500) { items { id column_values { id } assets { id } } } } }"

    refused = client.send(query.replace("boards(limit: 500)", "boards(limit: 50000)"))

    assert "maxComplexityExceeded" == refused.json()["errors"][0]["extensions"]["code"]


def test_limits_that_are_not_enforced_refuse_nobody(world):
    with Sandbox(world) as free, httpx.Client() as http:
        for _ in range(30):
            reply = http.post(
                free.api_url, json={"query": "{ me { id } }"}, headers={"authorization": f"Bearer {free.token}"}
            )
            assert "errors" not in reply.json()
