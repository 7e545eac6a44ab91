"""The stand-in answers recorded requests as the real API did: status, headers, error texts and the keys of bodies."""

from pathlib import Path
from typing import Any

import httpx

from connectors.trello.sandbox import Sandbox
from connectors.trello.sandbox.shapes import COLOURS
from tests.contract.trello.listener import Listener
from tests.contract.trello.models import known_fields
from tests.contract.trello.recorded import Pair, pairs, replay_of
from tests.contract.trello.rich import Rich

NOT_SERVED = {
    ("GET", "/notifications/{id}"): "notifications are their reader's own and are not backed up; the list is empty",
}

RARE_HEADERS = {
    "x-trello-actual-fastget-path": "how the live API answered inside; on 11 of 203",
    "x-rate-limit-db-query-time-interval-ms": "a second budget, on 5 of 203, whose meter cannot be imitated",
    "x-rate-limit-db-query-time-max": "as above",
    "x-rate-limit-db-query-time-remaining": "as above",
    "x-rate-limit-action-interval-ms": "a budget for comments, on 1 of 203",
    "x-rate-limit-action-max": "as above",
    "x-rate-limit-action-remaining": "as above",
}

GONE = {
    "id": "of check item states: recorded as `[object Object]`, a fault of 2020; not in exports since",
    "type": "of check items: always null, and not in exports since 2021",
    "creationMethod": "of check items: always null, and not in exports since 2021",
    "idUploadedBackground": "of a cover that is one of Trello's own pictures, with more keys than a plain cover",
    "scaled": "of such a cover",
    "edgeColor": "of such a cover",
    "sharedSourceUrl": "of such a cover",
    "_id": "a second name for `id` in previews",
}
"""What the live API gave in some recordings, of 2020 mostly, and the stand-in does not."""

NEWER = {
    "CustomField": {"name", "pos", "options", "isSuggestedField", "limits"},
    "Checklist": {"creationMethod"},
    "Member": {"siftDecision"},
    "labelnames": {f"{colour}_{shade}" for colour in COLOURS for shade in ("dark", "light")},
}
"""What exports since 2021 have, and neither the older recordings nor the models."""

MODELS = {
    "boards": "Board", "cards": "Card", "lists": "TrelloList", "labels": "Label", "checklists": "Checklist",
    "customfields": "CustomField", "actions": "Action", "members": "Member", "organizations": "Organization",
    "webhooks": "Webhook", "tokens": "Token", "attachments": "Attachment", "comments": "Action",
    "checkitems": "CheckItem", "checkitem": "CheckItem", "idmembers": "Member", "membersvoted": "Member",
    "board": "Board", "card": "Card", "list": "TrelloList", "checkitemstates": "CheckItemState",
    "item": "customFieldItemValue", "customfielditems": "CustomFieldItems", "options": "CustomFieldOption",
}  # fmt: skip


def _replayed(shared: Path, bench: Sandbox, client: httpx.Client) -> list[tuple[Pair, httpx.Response]]:
    """Ask every recorded request again, each about a rich board of its own."""
    found = []
    with Listener() as listener:
        for pair in pairs(shared):
            if pair.match is None:
                continue
            with bench.editing() as world:
                rich = Rich.build(world, bench.owner)
            url = f"{listener.url}/{pair.number}"
            hook = client.post("/webhooks", data={"idModel": rich.board["id"], "callbackURL": f"{url}/other"}).json()
            extra = {"callbackURL": url, "name": f"name{pair.number}", "webhook": hook["id"]}
            asked = replay_of(pair, rich, bench.token, extra)
            reply = client.request(
                asked.method, asked.path, params=asked.query, content=asked.content, headers=asked.headers
            )
            found.append((pair, reply))
    return found


def test_every_recorded_request_has_a_route_but_for_the_named_ones(shared: Path) -> None:
    without = {(pair.method, pair.route) for pair in pairs(shared) if pair.match is None}

    assert set(NOT_SERVED) == without


def test_replies_are_as_recorded(shared: Path, bench: Sandbox, client: httpx.Client) -> None:
    replayed = _replayed(shared, bench, client)
    wrong = {
        f"{pair.method} {pair.route} ({pair.status}): {problem}"
        for pair, reply in replayed
        for problem in _differences(shared, pair, reply)
    }

    assert set() == wrong
    assert len(replayed) == 202


def _differences(shared: Path, pair: Pair, reply: httpx.Response) -> list[str]:
    if pair.status != reply.status_code:
        return [f"status {reply.status_code} {reply.text[:100]}"]
    wrong = [f"no header {name}" for name in pair.headers if name not in reply.headers and name not in RARE_HEADERS]
    wrong += [
        f"{name}: {reply.headers[name]}"
        for name in ("content-type", "access-control-expose-headers", "x-rate-limit-api-key-max",
                     "x-rate-limit-api-token-max", "x-rate-limit-api-key-interval-ms")
        if reply.headers[name] != pair.headers[name]
    ]  # fmt: skip
    if pair.status != 200:
        return wrong + ([f"text {reply.text}"] if reply.text != pair.body else [])
    found = reply.json()
    if type(found) is not type(pair.body):
        return [*wrong, f"{type(found).__name__} instead of {type(pair.body).__name__}"]
    return wrong + _keys(_first(pair.body), _first(found), _newer(shared, pair), "")


def _first(found: Any) -> Any:
    return found[0] if isinstance(found, list) and found else found


def _newer(shared: Path, pair: Pair) -> set[str]:
    """The fields that the model knows today: a reply may have them though the recording, from 2020, has not."""
    parts = [part.strip("{}") for part in pair.route.lower().split("/")]
    models = [MODELS[part] for part in parts if part in MODELS]
    known = set().union(*(known_fields(shared, model) for model in models)) if models else set()
    return known.union(*(fields for name, fields in NEWER.items() if name in models or name in parts))


def _keys(recorded: Any, found: Any, newer: set[str], where: str) -> list[str]:
    if not isinstance(recorded, dict) or not isinstance(found, dict):
        return []
    wrong = [f"lacks {where}{name}" for name in recorded if name not in found and name not in GONE]
    if not where:
        wrong += [f"has {name}" for name in found if name not in recorded and name not in newer]
    for name in ("badges", "prefs", "memberCreator", "display"):
        wrong += _keys(recorded.get(name), found.get(name), newer, f"{where}{name}.")
    for name in ("checkItems", "labels", "memberships", "permissions"):
        wrong += _keys(_first(recorded.get(name)), _first(found.get(name)), newer, f"{where}{name}.")
    return wrong
