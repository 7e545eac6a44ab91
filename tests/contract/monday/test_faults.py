"""Faults that the stand-in can have, and its control surface."""

import json

import httpx
import pytest

ME = "{ me { id } }"


def test_a_status_strikes_as_often_as_asked_for(client):
    client.sandbox.fail("status", "me", status=503, times=2)

    assert [503, 503, 200] == [client.send(ME).status_code for _ in range(3)]


def test_only_what_matches_is_struck_after_what_is_skipped(client):
    client.sandbox.fail("status", "account", status=500, skip=1)

    assert 200 == client.send(ME).status_code
    assert [200, 500] == [client.send("{ account { id } }").status_code for _ in range(2)]


@pytest.mark.parametrize("kind", ["reset", "half"])
def test_the_connection_breaks(client, kind):
    client.sandbox.fail(kind)

    with pytest.raises(httpx.TransportError):
        client.send(ME)
    client.ask(ME)


@pytest.mark.parametrize("kind", ["invalid_json", "not_json"])
def test_an_answer_is_no_json(client, kind):
    client.sandbox.fail(kind)

    with pytest.raises(json.JSONDecodeError):
        client.send(ME).json()


def test_lists_are_something_else(client):
    client.sandbox.fail("wrong_types")

    assert "wrong" == client.send("{ boards { id } }").json()["data"]["boards"]


def test_one_record_is_poisoned(client, full_board):
    poisoned = str(full_board.item_ids[0])
    client.sandbox.fail("poison", record_id=poisoned)
    query = "query($b: [ID!]) { boards(ids: $b) { items_page(limit: 100) { items { id name column_values { id } } } } }"

    items = client.send(query, {"b": [full_board.id]}).json()["data"]["boards"][0]["items_page"]["items"]

    assert [poisoned] == [item["id"] for item in items if not isinstance(item["name"], str)]


@pytest.mark.parametrize(("version", "status"), [("2026-10", 200), ("2024-07", 500)])
def test_the_app_breaks_as_it_says_itself(client, version, status):
    client.sandbox.fail("internal")

    reply = client.send(ME, api_version=version)

    assert status == reply.status_code
    assert "INTERNAL_SERVER_ERROR" in reply.text


def test_a_refusal_can_come_with_200(client):
    client.sandbox.fail("limit", code="API_TEMPORARILY_BLOCKED", status=200)

    reply = client.send(ME)

    assert 200 == reply.status_code
    assert "API_TEMPORARILY_BLOCKED" == reply.json()["errors"][0]["extensions"]["code"]


def test_a_fault_that_is_none_is_refused(client):
    with pytest.raises(ValueError, match="there is no fault 'nonsense'"):
        client.sandbox.fail("nonsense")


def test_it_can_be_driven_from_another_process(client):
    base = f"{client.sandbox.url}/sandbox"
    http = client.http

    assert client.sandbox.token == http.get(base).json()["token"]
    edits = http.post(f"{base}/edit").json()
    assert all(edits[name] for name in ("added", "edited", "moved", "archived", "deleted", "talked", "uploads"))
    assert 400 == http.post(f"{base}/faults", json={"kind": "nonsense"}).status_code
    assert http.post(f"{base}/faults", json={"kind": "status"}).json()["waiting"]
    assert [] == http.delete(f"{base}/faults").json()["waiting"]
    client.ask(ME)
    told = http.delete(f"{base}/requests").json()
    assert ["me"] == told["operations"]
    assert told["complexity"] > 0
    assert http.post(f"{base}/clock", json={"seconds": 60}).json()["now"].startswith("2026-11-26T08:01")
    assert {"sent": 0} == http.post(f"{base}/webhooks/flush").json()


def test_a_variable_that_is_missing_or_does_not_fit_is_told_as_graphql_does(client):
    query = "query Groups($ids: [ID!]!) { boards(ids: $ids) { id } }"

    for variables in ({}, {"ids": [None]}, {"ids": {"not": "a list"}}):
        errors = client.errors(query, **variables)
        assert "$ids" in errors[0]["message"]
