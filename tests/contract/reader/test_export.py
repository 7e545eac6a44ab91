"""Real boards, loaded into the stand-in from Trello's own exports, are read equal to what was exported."""

import json
from pathlib import Path
from typing import Any

import pytest

from connectors.base import File
from connectors.trello import kinds
from connectors.trello.kinds import KINDS, PROFILE
from connectors.trello.sandbox import Sandbox, World, generate, load_export
from store.canonical import encode
from tests.contract.connector import Seen, read
from tests.contract.reader.conftest import connected

NESTED = ("attachments", "customFieldItems", "pluginData", "stickers", "checklists")
KEPT_APART = (
    "memberships",
    "actions",
    "cards",
    "labels",
    "lists",
    "members",
    "checklists",
    "customFields",
    "pluginData",
)


@pytest.fixture(
    params=["fda-food-recalls-2015", "hermes-2014", "project100-customfields-2021", "tekken-notes-2025-checklists"]
)
def path(request, shared: Path) -> Path:
    return shared / "real" / "trello" / f"board-{request.param}.json"


async def test_an_exported_board_reads_back_equal(path):
    export = json.loads(path.read_bytes())
    world = generate("tiny")
    seen = await read_of(world, path, export)
    board_id = export["id"]

    assert {board_id: less(kinds.BOARD, export, *KEPT_APART)} == held(seen, kinds.BOARD, board_id)
    for kind, name in (
        (kinds.LIST, "lists"),
        (kinds.LABEL, "labels"),
        (kinds.CUSTOM_FIELD, "customFields"),
        (kinds.MEMBERSHIP, "memberships"),
    ):
        assert {each["id"]: less(kind, each) for each in export.get(name, [])} == held(seen, kind, board_id)
    cards = {card["id"]: less(kinds.CARD, card, *NESTED, *copied(card)) for card in export["cards"]}
    assert cards == held(seen, kinds.CARD, board_id)
    checklists = export["checklists"]
    assert {each["id"]: less(kinds.CHECKLIST, each, "checkItems") for each in checklists} == held(
        seen, kinds.CHECKLIST, board_id
    )
    items = {item["id"]: item for each in checklists for item in each["checkItems"]}
    assert {key: less(kinds.CHECK_ITEM, item) for key, item in items.items()} == held(seen, kinds.CHECK_ITEM, board_id)
    for kind, name in (
        (kinds.ATTACHMENT, "attachments"),
        (kinds.STICKER, "stickers"),
        (kinds.PLUGIN_DATA, "pluginData"),
    ):
        nested = {each["id"]: less(kind, each) for card in export["cards"] for each in card.get(name, [])}
        assert nested == held(seen, kind, board_id)
    values = {
        f"{card['id']}/{item['idCustomField']}": less(kinds.CUSTOM_FIELD_ITEM, item)
        for card in export["cards"]
        for item in card.get("customFieldItems", [])
    }
    assert values == held(seen, kinds.CUSTOM_FIELD_ITEM, board_id)
    votes = {f"{card['id']}/{member}" for card in export["cards"] for member in card["idMembersVoted"]}
    assert votes == held(seen, kinds.VOTE, board_id).keys()


async def test_the_history_of_an_exported_board_reads_back_equal(path):
    export = json.loads(path.read_bytes())
    seen = await read_of(generate("tiny"), path, export)

    found = {**held(seen, kinds.ACTION, export["id"]), **held(seen, kinds.COMMENT, export["id"])}
    # The request asks for reactions, which an export does not hold.
    actions = {action["id"]: less(kinds.ACTION, action) for action in export["actions"]}
    assert actions == {
        key: {name: part for name, part in each.items() if name != "reactions"} for key, each in found.items()
    }


async def test_the_people_of_an_exported_board_read_back_equal(path):
    export = json.loads(path.read_bytes())
    seen = await read_of(generate("tiny"), path, export)

    profile = PROFILE.split(",")
    people = {each["id"]: {name: each[name] for name in profile if name in each} for each in export["members"]}
    assert people == {key: each for key, each in held(seen, kinds.MEMBER, "").items() if key in people}


async def test_uploads_of_an_exported_board_are_files(path):
    export = json.loads(path.read_bytes())
    seen = await read_of(generate("tiny"), path, export)

    uploads = {each["id"] for card in export["cards"] for each in card["attachments"] if each["isUpload"]}
    assert uploads == {file.external_id for file in seen.of(File) if file.workspace_id == export["id"]}
    assert [] == seen.warnings


async def read_of(world: World, path: Path, export: dict[str, Any]) -> Seen:
    board = load_export(world, path)
    member = world.members.get(export["memberships"][0]["idMember"])
    with Sandbox(world) as sandbox:
        trello = connected(sandbox)
        try:
            seen = await read(trello, grants=[trello.grant(member["username"])])
        finally:
            await trello.connector.aclose()
    assert board["id"] in {key[0] for key in seen.records}
    return seen


def held(seen: Seen, kind: str, workspace_id: str) -> dict[str, Any]:
    return {
        record.external_id: json.loads(encode(record.content))
        for record in seen.records.values()
        if (record.kind, record.workspace_id) == (kind, workspace_id)
    }


def less(kind: str, value: dict[str, Any], *names: str) -> dict[str, Any]:
    """Return what should be held: all but what the kind leaves out, and why."""
    content = {name: part for name, part in value.items() if name not in {*names, *KINDS[kind].volatile}}
    for name in KINDS[kind].volatile:
        outer, _, inner = name.partition(".")
        if inner and isinstance(content.get(outer), dict):
            content[outer] = {key: part for key, part in content[outer].items() if key != inner}
    return json.loads(encode(content))


def copied(card: dict[str, Any]) -> tuple[str, ...]:
    """Labels inside a card are copies where it names their ids; boards of 2014 had nothing else."""
    return ("labels",) if "idLabels" in card else ()
