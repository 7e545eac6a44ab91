"""Webhooks: verified by HEAD, signed, retried, given up, and told what the journal leaves out."""

import base64
import hashlib
import hmac
import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from connectors.trello.sandbox import ManualClock, Sandbox
from connectors.trello.sandbox.actions import Actor
from connectors.trello.sandbox.changes import boards, cards, checklists, files, lists
from connectors.trello.sandbox.stamps import stamp
from tests.contract.trello.conftest import client_of
from tests.contract.trello.listener import Listener
from tests.contract.trello.rich import Rich

Json = dict[str, Any]


def _register(bench: Sandbox, model: Json, url: str) -> httpx.Response:
    with client_of(bench) as client:
        return client.post("/webhooks/", data={"idModel": model["id"], "callbackURL": url, "description": "d"})


def test_registering_asks_the_address_first(bench: Sandbox, rich: Rich) -> None:
    with Listener() as listener, Listener(head_status=404) as absent:
        made = _register(bench, rich.board, f"{listener.url}/hook")
        refused = _register(bench, rich.board, f"{absent.url}/hook")
    nobody = _register(bench, rich.board, f"{listener.url}/hook2")

    assert [("HEAD", "/hook")] == [(heard.method, heard.path) for heard in listener.heard]
    assert {
        "id": made.json()["id"], "description": "d", "idModel": rich.board["id"],
        "callbackURL": f"{listener.url}/hook", "active": True, "consecutiveFailures": 0,
        "firstConsecutiveFailDate": None,
    } == made.json()  # fmt: skip
    assert (400, f"URL ({absent.url}/hook) did not return 200 status code, got 404") == (
        refused.status_code, refused.text
    )  # fmt: skip
    assert 400 == nobody.status_code


def test_second_registration_of_the_same_is_refused(bench: Sandbox, rich: Rich) -> None:
    with Listener() as listener:
        _register(bench, rich.board, listener.url)
        reply = _register(bench, rich.board, listener.url)

    assert (400, "A webhook with that callback, model, and token already exists") == (reply.status_code, reply.text)


def test_delivery_is_signed_and_names_its_cause(bench: Sandbox, rich: Rich) -> None:
    with Listener() as listener:
        url = f"{listener.url}/hook?x=1"
        _register(bench, rich.board, url)
        with client_of(bench) as client:
            client.put(
                f"/cards/{rich.card['id']}", json={"name": "Heard"}, headers={"X-Trello-Client-Identifier": "mine"}
            )
        bench.services.webhooks.flush()
        heard = listener.posts[0]
    expected = hmac.new(bench.app.secret.encode(), heard.body + url.encode(), hashlib.sha1).digest()
    body = json.loads(heard.body)

    assert base64.b64encode(expected).decode() == heard.headers["x-trello-webhook"]
    assert "mine" == heard.headers["x-trello-client-identifier"]
    assert {"model", "action", "webhook"} == body.keys()
    assert ("updateCard", {"name": "Card"}) == (body["action"]["type"], body["action"]["data"]["old"])
    assert rich.board["id"] == body["model"]["id"]


def test_label_is_told_twice_though_listed_nowhere(bench: Sandbox, rich: Rich) -> None:
    with Listener() as listener:
        _register(bench, rich.card, listener.url)
        with client_of(bench) as client:
            client.post(f"/cards/{rich.card['id']}/idLabels", params={"value": rich.spare_label["id"]})
        bench.services.webhooks.flush()
        kinds = [json.loads(heard.body)["action"]["type"] for heard in listener.posts]

    assert ["addLabelToCard", "updateCard"] == kinds


def test_failed_delivery_is_tried_again_after_30_60_and_120_seconds(bench: Sandbox, rich: Rich) -> None:
    clock = bench.world.clock
    assert isinstance(clock, ManualClock)
    began = clock.now()
    with Listener(status=500) as listener:
        hook = _register(bench, rich.board, listener.url).json()
        with bench.editing() as world:
            lists.update(world, Actor(member=rich.me), rich.list, {"name": "x"})
        counts = []
        for seconds in (0, 29, 1, 60, 120, 1000):
            clock.advance(seconds)
            bench.services.webhooks.flush()
            counts.append(len(listener.posts))
        with client_of(bench) as client:
            shown = client.get(f"/webhooks/{hook['id']}").json()

    assert [1, 1, 2, 3, 4, 4] == counts
    assert (4, stamp(began), True) == (
        shown["consecutiveFailures"], shown["firstConsecutiveFailDate"], shown["active"]
    )  # fmt: skip


def test_webhook_that_failed_for_30_days_and_1000_times_is_switched_off(bench: Sandbox, rich: Rich) -> None:
    clock = bench.world.clock
    assert isinstance(clock, ManualClock)
    with Listener() as listener:
        made = _register(bench, rich.board, listener.url).json()
    hook = bench.services.webhooks.get(made["id"], bench.tokens[bench.owner["username"]])
    hook.failures, hook.first_failure = 1000, clock.now()
    clock.advance(30 * 24 * 3600)
    with bench.editing() as world:
        lists.update(world, Actor(member=rich.me), rich.list, {"name": "x"})
    bench.services.webhooks.flush()

    assert (1001, False) == (hook.failures, hook.active)


def test_receiver_that_is_gone_is_forgotten(bench: Sandbox, rich: Rich) -> None:
    with Listener(status=410) as listener:
        hook = _register(bench, rich.board, listener.url).json()
        with bench.editing() as world:
            lists.update(world, Actor(member=rich.me), rich.list, {"name": "x"})
        bench.services.webhooks.flush()
        with client_of(bench) as client:
            reply = client.get(f"/webhooks/{hook['id']}")

    assert 404 == reply.status_code


def test_webhooks_are_listed_changed_and_deleted(bench: Sandbox, rich: Rich) -> None:
    with Listener() as listener, client_of(bench) as client:
        made = _register(bench, rich.board, listener.url).json()

        def listed() -> list[Json]:
            ours = client.get(f"/tokens/{bench.token}/webhooks").json()
            nested = client.get(f"/tokens/{bench.token}", params={"webhooks": "true"}).json()["webhooks"]
            assert ours == nested
            return [found for found in ours if found["id"] == made["id"]]

        changed = client.put(f"/webhooks/{made['id']}", data={"description": "new", "active": "false"}).json()

        assert [{**made, "description": "new", "active": False}] == [changed] == listed()
        assert {"_value": None} == client.delete(f"/webhooks/{made['id']}").json()
        assert [] == listed()


SAMPLES = {
    "AddAttachment": lambda w, a, r: files.upload(w, a, r.card, "x.png", content=b"1", mime_type="image/png"),
    "AddChecklist": lambda w, a, r: checklists.create(w, a, r.card, "Checklist"),
    "AddLabel_Part1": lambda w, a, r: cards.add_label(w, a, r.card, r.spare_label),
    "AddMember": lambda w, a, r: cards.add_member(w, a, r.card, r.me),
    "AddStartDate": lambda w, a, r: cards.update(w, a, r.card, {"start": "2026-10-01T00:00:00.000Z"}),
    "ChangeListName": lambda w, a, r: lists.update(w, a, r.list, {"name": "new"}),
    "ChecklistItemChecked": lambda w, a, r: checklists.update_item(
        w, a, r.checklist, checklists.add_item(w, a, r.checklist, "two"), {"state": "complete"}
    ),
    "DueReminderChange": lambda w, a, r: cards.update(w, a, r.card, {"dueReminder": 5}),
    "MarkDueAsComplete": lambda w, a, r: cards.update(w, a, r.card, {"dueComplete": True}),
    "MoveCardFromListToList": lambda w, a, r: cards.move(w, a, r.card, r.other_list),
    "MoveCardHigher": lambda w, a, r: cards.update(w, a, r.card, {"pos": 1_000_000}),
    "MoveListRight": lambda w, a, r: lists.update(w, a, r.list, {"pos": 1_000_000}),
    "RemoveAttachment": lambda w, a, r: files.delete(w, a, r.card, r.attachment),
    "RemoveChecklist": lambda w, a, r: checklists.delete(w, a, r.checklist),
    "RemoveLabel_Part1": lambda w, a, r: cards.remove_label(w, a, r.card, r.label),
    "RemoveMember": lambda w, a, r: (cards.add_member(w, a, r.card, r.me), cards.remove_member(w, a, r.card, r.me)),
    "RenameBoard": lambda w, a, r: boards.update(w, a, r.board, {"name": "new"}),
    "UpdateCardDescription": lambda w, a, r: cards.update(w, a, r.card, {"desc": "new"}),
    "UpdateCardDueDate": lambda w, a, r: (
        cards.update(w, a, r.card, {"due": "2026-10-01T00:00:00.000Z"}),
        cards.update(w, a, r.card, {"due": "2026-10-02T00:00:00.000Z"}),
    ),
    "UpdateCardTitle": lambda w, a, r: cards.update(w, a, r.card, {"name": "new"}),
    "AddLocation_part2": lambda w, a, r: cards.update(w, a, r.card, {"address": "Quay 3"}),
}


@pytest.mark.parametrize("name", SAMPLES)
def test_delivery_has_the_shape_of_the_sample(shared: Path, bench: Sandbox, rich: Rich, name: str) -> None:
    sample = json.loads(
        (shared / "real" / "trello" / "webhook-samples" / f"WebhookEvents_{name}.json").read_text("utf-8-sig")
    )
    with Listener() as listener:
        _register(bench, rich.board, listener.url)
        with bench.editing() as world:
            SAMPLES[name](world, Actor(member=rich.me), rich)
        bench.services.webhooks.flush()
        kind = sample["action"]["type"]
        bodies = [json.loads(heard.body) for heard in listener.posts]
    found = [body for body in bodies if body["action"]["type"] == kind][-1]

    assert sample["action"].keys() == found["action"].keys()
    assert _shape(sample["action"]["data"]) == _shape(found["action"]["data"])
    assert sample["action"]["display"]["translationKey"] == found["action"]["display"]["translationKey"]
    assert sample["action"]["memberCreator"].keys() == found["action"]["memberCreator"].keys()
    assert sample["model"].keys() <= found["model"].keys()


def _shape(found: Any) -> Any:
    """Which keys there are, however deep; a picture's previews are Trello's alone."""
    if isinstance(found, dict):
        return {name: _shape(value) for name, value in found.items() if not name.startswith("previewUrl")}
    return "value"
