"""A board's export, loaded into a stand-in, reads back as it is, field for field."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from connectors.stand_in.content import made_up
from connectors.trello.sandbox import Sandbox, World, generate, load_export
from connectors.trello.sandbox.export import dump_export
from tests.contract.trello.conftest import client_of

Json = dict[str, Any]

REAL = (
    "board-fda-food-recalls-2015.json",
    "board-hermes-2014.json",
    "board-project100-customfields-2021.json",
    "board-tekken-notes-2025-checklists.json",
)
OURS = Path(__file__).parent / "board-export.json"


@pytest.fixture(scope="module", params=["ours", *REAL])
def export(request: pytest.FixtureRequest) -> Json:
    ours = request.param == "ours"
    path = OURS if ours else request.getfixturevalue("shared") / "real" / "trello" / request.param
    found: Json = json.loads(path.read_bytes())
    return found


@pytest.fixture(scope="module")
def loaded(export: Json) -> Iterator[Sandbox]:
    world = World()
    load_export(world, export)
    with Sandbox(world).start() as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def loaded_client(loaded: Sandbox) -> Iterator[httpx.Client]:
    with client_of(loaded) as client:
        yield client


def _paged(client: httpx.Client, path: str, least: str, **params: str) -> list[Json]:
    found: list[Json] = []
    while True:
        bound = {"before": min(found, key=lambda x: x[least])["id"]} if found else {}
        page = client.get(path, params={"limit": 1000, **bound, **params}).json()
        found += page
        if len(page) < 1000:
            return found


def _by_id(found: list[Json]) -> dict[str, Json]:
    return {each["id"]: each for each in found}


def test_board_and_its_parts_read_back_equal(export: Json, loaded_client: httpx.Client) -> None:
    nested = {
        "fields": "all", "lists": "all", "list_fields": "all", "labels": "all", "label_limit": "1000",
        "customFields": "true", "members": "all", "member_fields": "all", "memberships": "all",
        "checklists": "all", "pluginData": "true",
    }  # fmt: skip
    found = loaded_client.get(f"/boards/{export['id']}", params=nested).json()
    lists = {"lists", "labels", "members", "checklists", "customFields", "pluginData", "memberships"}
    apart = {*lists, "cards", "actions"}

    assert {name: value for name, value in export.items() if name not in apart} == {
        name: value for name, value in found.items() if name not in apart
    }
    for name in lists:
        assert _by_id(export.get(name, [])) == _by_id(found[name]), name


def test_cards_read_back_equal(export: Json, loaded_client: httpx.Client) -> None:
    nested = {"filter": "all", "fields": "all"}
    parts = ("attachments", "customFieldItems", "pluginData", "stickers")
    nested |= {part: "true" for part in parts if any(part in card for card in export["cards"])}
    found = _paged(loaded_client, f"/boards/{export['id']}/cards", "id", **nested)

    assert _by_id(export["cards"]) == _by_id(found)


def test_actions_read_back_equal(export: Json, loaded_client: httpx.Client) -> None:
    found = _paged(loaded_client, f"/boards/{export['id']}/actions", "date")

    assert sorted(export["actions"], key=lambda x: (x["date"], x["id"]), reverse=True) == found


def test_uploads_have_made_up_bytes_of_the_recorded_size(export: Json, loaded_client: httpx.Client) -> None:
    uploads = [
        (card["id"], found)
        for card in export["cards"]
        for found in card.get("attachments", ())
        if found["isUpload"] and found["bytes"] < 1_000_000
    ][:3]
    for card_id, found in uploads:
        sent = loaded_client.get(f"/cards/{card_id}/attachments/{found['id']}/download/x")
        got = httpx.get(sent.headers["location"]).content

        assert found["bytes"] == len(got)
        assert b"".join(made_up(found["id"], found["bytes"])) == got


def test_loaded_board_can_be_changed(export: Json) -> None:
    world = World()
    load_export(world, export)
    card = next(each for each in export["cards"] if not each["closed"])
    with Sandbox(world) as sandbox, client_of(sandbox) as client:
        changed = client.put(f"/cards/{card['id']}", json={"name": "Changed", "closed": True})

    assert (200, "Changed") == (changed.status_code, changed.json()["name"])
    assert "updateCard" == world.journals[card["id"]][-1]["type"]


def test_our_export_is_what_the_sample_writes() -> None:
    world = generate("tiny")
    board = next(iter(world.boards))

    assert json.loads(OURS.read_bytes()) == json.loads(json.dumps(dump_export(world, board)))
