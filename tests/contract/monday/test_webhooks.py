"""Webhooks of the stand-in: a challenge first, then events, signed for apps only."""

import base64
import hashlib
import hmac
import json

import pytest

from connectors.monday.sandbox.changes import items, updates
from tests.contract.monday.conftest import named
from tests.contract.monday.listener import Listener

CREATE = """mutation($b: ID!, $u: String!, $e: WebhookEventType!) {
    create_webhook(board_id: $b, url: $u, event: $e) { id board_id event config } }"""


@pytest.fixture
def listener():
    with Listener() as running:
        yield running


@pytest.fixture
def board(world):
    return named(world, "Suppliers")


def flush(client):
    client.sandbox.services.webhooks.flush()


def listen(client, board, listener, *events):
    return [client.ask(CREATE, b=board.id, u=listener.url, e=event)["create_webhook"] for event in events]


def test_an_address_that_does_not_give_the_challenge_back_is_refused(client, board, listener):
    listener.echoes = False

    refused = client.errors(CREATE, b=board.id, u=listener.url, e="create_item")
    nobody = client.errors(CREATE, b=board.id, u="http://127.0.0.1:1/", e="create_item")
    long = client.errors(CREATE, b=board.id, u="https://example.com/" + "x" * 250, e="create_item")

    assert {"WebhookUrlVerificationException"} == {x[0]["extensions"]["code"] for x in (refused, nobody)}
    assert long
    assert [] == client.ask("query($b: ID!) { webhooks(board_id: $b) { id } }", b=board.id)["webhooks"]


def test_events_come_in_the_documented_form(client, board, world, listener):
    made = listen(client, board, listener, "create_item", "change_column_value", "item_deleted", "create_update")
    owner = client.sandbox.owner
    with client.sandbox.editing():
        item = items.create(world, owner, board, "new")
        items.change(world, owner, item, {"standing": {"index": 1}})
        updates.create(world, owner, item, "<p>hello</p>")
        items.remove(world, owner, item, archive=False)
    flush(client)

    events = [body["event"] for _, body in listener.heard]
    assert ["create_pulse", "update_column_value", "create_update", "delete_pulse"] == [x["type"] for x in events]
    assert {board.id} == {event["boardId"] for event in events}
    assert {item.id} == {event["pulseId"] for event in events}
    assert ("standing", "status") == (events[1]["columnId"], events[1]["columnType"])
    assert 1 == events[1]["value"]["index"]
    assert made[0]["id"] == str(events[0]["subscriptionId"])
    assert len({event["triggerUuid"] for event in events}) == 4
    assert all("authorization" not in headers for headers, _ in listener.heard)


def test_an_app_s_webhooks_are_signed(client, board, world, listener):
    token = client.sandbox.services.credentials.issue(client.sandbox.owner, is_app=True)
    client.token = token.secret
    listen(client, board, listener, "create_item")
    with client.sandbox.editing():
        items.create(world, client.sandbox.owner, board, "new")
    flush(client)

    head, body, signature = listener.heard[0][0]["authorization"].split(".")
    expected = hmac.new(client.sandbox.app.signing_secret.encode(), f"{head}.{body}".encode(), hashlib.sha256).digest()
    claims = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    assert base64.urlsafe_b64encode(expected).rstrip(b"=").decode() == signature
    assert listener.url == claims["aud"]
    assert 300 == claims["exp"] - claims["iat"]


def test_what_is_not_received_is_sent_again_for_half_an_hour(client, board, world, listener, clock):
    listen(client, board, listener, "create_item")
    listener.status = 500
    with client.sandbox.editing():
        items.create(world, client.sandbox.owner, board, "new")
    for _ in range(40):
        flush(client)
        clock.advance(60)

    assert 31 == len(listener.heard)


def test_events_of_subitems_are_heard_at_the_board_above(client, world, full_board, listener):
    listen(client, full_board, listener, "create_subitem", "create_item")
    with client.sandbox.editing():
        items.create_subitem(world, client.sandbox.owner, world.items[full_board.item_ids[0]], "step")
    flush(client)

    (event,) = [body["event"] for _, body in listener.heard]
    assert str(full_board.item_ids[0]) == event["parentItemId"]
    assert str(full_board.id) == event["parentItemBoardId"]


def test_who_does_not_want_to_hear_any_more_does_not(client, board, world, listener):
    (made,) = listen(client, board, listener, "create_item")
    client.ask("mutation($i: ID!) { delete_webhook(id: $i) { id } }", i=made["id"])
    with client.sandbox.editing():
        items.create(world, client.sandbox.owner, board, "new")
    flush(client)

    assert [] == listener.heard
