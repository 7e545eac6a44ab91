"""Recorded exchanges with the real API: all valid queries validate, and every answer comes in the recorded shape."""

import re
from pathlib import Path

import httpx
import pytest
from graphql import parse, validate

from connectors.monday.sandbox import Sandbox, generate
from connectors.monday.sandbox.schema import schema
from tests.contract.monday.recorded import Exchange, Translation, sessions, shape

OLD, NEW = "2024-07", "2025-10"
_PART = re.compile(r'name="query"\s+(mutation.*?)\s+--', re.DOTALL)


@pytest.fixture(scope="module")
def recorded(shared: Path) -> list[tuple[str, list[Exchange]]]:
    return list(sessions(shared))


def test_a_recorded_query_validates_unless_it_was_meant_not_to(recorded):
    queries = {exchange.query: exchange for _, exchanges in recorded for exchange in exchanges if exchange.query}
    refused = {query for query in queries if validate(schema(), parse(query))}

    assert len(queries) == 963
    assert len(refused) == 47
    for query in refused:
        # They were refused then, too, unless whoever sent them was not let in at all.
        assert queries[query].status == 401 or "errors" in queries[query].body


def test_every_recorded_exchange_is_answered_in_its_shape(recorded):
    different = []
    with Sandbox(generate()) as sandbox, httpx.Client(timeout=30) as http:
        for name, exchanges in recorded:
            translation = Translation()
            for exchange in exchanges:
                reply = send(sandbox, http, exchange, translation)
                translation.learn(exchange.body, reply.json())
                if (reply.status_code, shape(reply.json())) != (exchange.status, shape(exchange.body)):
                    different.append((name, exchange, reply.json()))

    assert [] == different
    assert 1120 == sum(len(exchanges) for _, exchanges in recorded)


def send(sandbox: Sandbox, http: httpx.Client, exchange: Exchange, translation: Translation) -> httpx.Response:
    is_old = "account_id" in exchange.body or exchange.body.get("errors") == ["Not Authenticated"]
    version = exchange.version or (OLD if is_old else NEW)
    token = "none" if exchange.status == 401 else sandbox.token
    headers = {"authorization": token, "api-version": version}
    if exchange.upload is None:
        query = translation.of(exchange.query or "")
        return http.post(sandbox.api_url, json={"query": query}, headers=headers)
    found = _PART.search(exchange.upload)
    assert found is not None
    data = {"query": translation.of(found[1])}
    # Two were sent with text in place of a file.
    file = ("bear.jpg", b"\xff\xd8\xff" + bytes(200), "image/jpeg") if "filename" in exchange.upload else (None, "text")
    files = {"variables[file]": file}
    return http.post(f"{sandbox.api_url}/file", data=data, files=files, headers=headers)
