"""Faults over HTTP: what a client gets when something goes wrong."""

import time

import httpx
import orjson
import pytest

from connectors.trello.sandbox import Sandbox
from tests.contract.trello.rich import Rich


def _cards(rich: Rich) -> str:
    return f"/boards/{rich.board['id']}/cards"


def test_status_is_answered_as_often_as_told(bench: Sandbox, client: httpx.Client, rich: Rich) -> None:
    bench.fail("status", f"GET {_cards(rich)}", status=503, body="Service Unavailable", times=2)
    codes = [client.get(_cards(rich)).status_code for _ in range(3)]

    assert [503, 503, 200] == codes


def test_status_may_bring_headers(bench: Sandbox, client: httpx.Client, rich: Rich) -> None:
    body = '{"error":"API_TOKEN_LIMIT_EXCEEDED","message":"Rate limit exceeded"}'
    headers = {"x-rate-limit-api-token-remaining": "0"}
    bench.fail("status", _cards(rich), status=429, body=body, headers=headers)
    reply = client.get(_cards(rich))

    assert (429, "0", body) == (reply.status_code, reply.headers["x-rate-limit-api-token-remaining"], reply.text)


def test_reset_is_a_reset(bench: Sandbox, client: httpx.Client, rich: Rich) -> None:
    bench.fail("reset", _cards(rich))

    with pytest.raises(httpx.TransportError):
        client.get(_cards(rich))
    assert 200 == client.get(_cards(rich)).status_code


def test_half_a_body_ends_early(bench: Sandbox, client: httpx.Client, rich: Rich) -> None:
    bench.fail("half", _cards(rich))

    with pytest.raises(httpx.RemoteProtocolError):
        client.get(_cards(rich))
    assert 200 == client.get(_cards(rich)).status_code


@pytest.mark.parametrize("kind", ["invalid_json", "undecodable"])
def test_body_that_cannot_be_decoded(bench: Sandbox, client: httpx.Client, rich: Rich, kind: str) -> None:
    bench.fail(kind, _cards(rich), record_id=rich.card["id"])
    reply = client.get(_cards(rich))

    assert (200, len(reply.content)) == (reply.status_code, int(reply.headers["content-length"]))
    with pytest.raises(orjson.JSONDecodeError):
        orjson.loads(reply.content)


def test_fault_finds_the_query(bench: Sandbox, client: httpx.Client, rich: Rich) -> None:
    bench.fail("invalid_json", rf"{_cards(rich)}\?.*limit=1000", times=None)
    whole = client.get(_cards(rich), params={"limit": 1000})
    smaller = client.get(_cards(rich), params={"limit": 1})
    bench.faults.clear()

    assert whole.content != smaller.content
    assert 1 == len(smaller.json())


def test_poisoned_record_is_the_only_one(bench: Sandbox, client: httpx.Client, rich: Rich) -> None:
    bench.fail("poison", _cards(rich), record_id=rich.card["id"])
    found = {card["id"]: card for card in client.get(_cards(rich)).json()}

    assert {"not": "a string"} == found[rich.card["id"]]["name"]
    assert "Plain" == found[rich.plain_card["id"]]["name"]


def test_expired_token(bench: Sandbox, client: httpx.Client, rich: Rich) -> None:
    bench.fail("expired_token", _cards(rich))
    reply = client.get(_cards(rich))

    assert (401, "invalid token") == (reply.status_code, reply.text)


def test_slow_answer_comes_all_the_same(bench: Sandbox, client: httpx.Client, rich: Rich) -> None:
    bench.fail("slow", _cards(rich), seconds=0.05)
    before = time.monotonic()
    reply = client.get(_cards(rich))

    assert 200 == reply.status_code
    assert time.monotonic() - before >= 0.05
