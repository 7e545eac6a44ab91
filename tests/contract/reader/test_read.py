"""What is read equals what the stand-in holds: every kind, closed things too, however many there are."""

from collections import Counter

import pytest

from connectors.base import Complete, File, Ledger, Workspace
from connectors.trello import kinds
from connectors.trello.kinds import KINDS
from connectors.trello.sandbox import Sample, World, generate
from store.canonical import encode
from tests.contract.connector import Seen, read

NESTED_IN_CARD = {"attachments", "checklists", "customFieldItems", "pluginData", "stickers", "labels"}


@pytest.fixture(scope="module")
def world() -> World:
    return generate(Sample(named_boards=3, cards_each=25, large_file_bytes=50_000))


def kept(kind: str, value: dict, *less: str) -> bytes:
    """What should be held of a thing: everything but what its kind says, and what is held apart."""
    volatile = KINDS[kind].volatile
    content = {name: part for name, part in value.items() if name not in {*volatile, *less}}
    for name in volatile:
        outer, _, inner = name.partition(".")
        if inner and isinstance(content.get(outer), dict):
            content[outer] = {key: part for key, part in content[outer].items() if key != inner}
    return encode(content)


def held(seen: Seen, kind: str) -> dict[str, bytes]:
    return {record.external_id: encode(record.content) for record in seen.records.values() if record.kind == kind}


async def test_boards_lists_labels_and_fields_equal_the_app_s(trello, world):
    seen = await read(trello)

    for kind, shelf in (
        (kinds.LIST, world.lists),
        (kinds.LABEL, world.labels),
        (kinds.CUSTOM_FIELD, world.custom_fields),
    ):
        assert {thing["id"]: kept(kind, thing) for thing in shelf} == held(seen, kind)
    boards = {board["id"]: kept(kinds.BOARD, board, "memberships") for board in world.boards}
    assert boards == held(seen, kinds.BOARD)


async def test_cards_equal_the_app_s(trello, world):
    seen = await read(trello)

    cards = {card["id"]: kept(kinds.CARD, card, *NESTED_IN_CARD) for card in world.cards}
    assert cards == held(seen, kinds.CARD)


async def test_what_is_nested_in_cards_equals_the_app_s(trello, world):
    seen = await read(trello)

    lists = {thing["id"]: kept(kinds.CHECKLIST, thing, "checkItems") for thing in world.checklists}
    items = {item["id"]: encode(item) for thing in world.checklists for item in thing["checkItems"]}
    attachments = {each["id"]: encode(each) for card in world.cards for each in world.attachments.get(card["id"], [])}
    stickers = {each["id"]: encode(each) for card in world.cards for each in world.stickers.get(card["id"], [])}
    values = {
        f"{card['id']}/{item['idCustomField']}": encode(item)
        for card in world.cards
        for item in world.field_items.get(card["id"], [])
    }
    votes = {f"{card['id']}/{member}" for card in world.cards for member in card["idMembersVoted"]}
    assert lists == held(seen, kinds.CHECKLIST)
    assert items == held(seen, kinds.CHECK_ITEM)
    assert attachments == held(seen, kinds.ATTACHMENT)
    assert stickers == held(seen, kinds.STICKER)
    assert values == held(seen, kinds.CUSTOM_FIELD_ITEM)
    assert votes == held(seen, kinds.VOTE).keys()


async def test_history_and_comments_equal_the_app_s(trello, world):
    seen = await read(trello)

    listed = {action["id"] for board in world.boards for action in world.journals.get(board["id"], [])}
    own = {action["id"] for found in world.organizations for action in world.journals.get(found["id"], [])}
    comments = {found for found in listed if world.actions[found]["type"] in kinds.COMMENT_TYPES}
    assert comments == held(seen, kinds.COMMENT).keys()
    assert (listed | own) - comments == held(seen, kinds.ACTION).keys()


async def test_people_and_memberships_equal_the_app_s(trello, world):
    seen = await read(trello)

    memberships = {each["id"] for group in (*world.boards, *world.organizations) for each in group["memberships"]}
    people = {each["idMember"] for group in (*world.boards, *world.organizations) for each in group["memberships"]}
    assert memberships == held(seen, kinds.MEMBERSHIP).keys()
    assert people == held(seen, kinds.MEMBER).keys()
    assert {""} == {key[0] for key in seen.records if key[1] == kinds.MEMBER}


async def test_uploads_are_files_and_links_are_not(trello, world):
    seen = await read(trello)

    uploads = {
        each["id"]: each["bytes"]
        for card in world.cards
        for each in world.attachments.get(card["id"], [])
        if each["isUpload"]
    }
    assert uploads == {file.external_id: file.size_bytes for file in seen.of(File)}


async def test_a_file_s_bytes_are_the_app_s(trello, sandbox, world):
    seen = await read(trello)
    found = {}
    for file in list(seen.files.values())[:5]:
        async with file.open() as stream:
            found[file.external_id] = b"".join([piece async for piece in stream])

    every = {each["id"]: each for card in world.cards for each in world.attachments.get(card["id"], [])}
    assert {key: sandbox.services.storage.content(every[key]) for key in found} == found


async def test_closed_and_archived_things_are_read(trello, world):
    with trello.sandbox.editing():
        board = next(iter(world.boards))
        board["closed"] = True
        next(iter(world.lists))["closed"] = True
    seen = await read(trello)

    for kind in (kinds.BOARD, kinds.LIST, kinds.CARD):
        assert True in {record.content["closed"] for record in seen.records.values() if record.kind == kind}
    assert board["id"] in {item.workspace_id for item in seen.of(Workspace)}
    with trello.sandbox.editing():
        board["closed"] = False


async def test_every_kind_but_people_is_listed_whole(trello):
    seen = await read(trello)

    complete = {item.workspace_id: item.kinds for item in seen.of(Complete)}
    board = next(item for item in seen.of(Workspace) if item.kind == kinds.BOARD)
    assert KINDS.keys() - {kinds.ORGANIZATION, kinds.MEMBER} == complete[board.workspace_id]
    assert [] == seen.warnings


async def test_what_the_app_claims_is_what_is_found(trello):
    seen = await read(trello)

    claimed = sum((Counter(item.claimed) for item in seen.of(Ledger)), Counter())
    assert {kind: count for kind, count in seen.kinds().items() if kind in claimed} == claimed


async def test_parents_are_there(trello):
    seen = await read(trello)

    known = {(kind, external_id) for _, kind, external_id in seen.records}
    parents = {
        (record.parent.kind, record.parent.external_id)
        for record in seen.records.values()
        # History outlives what it is about.
        if record.parent and record.kind != kinds.ACTION
    }
    assert set() == parents - known
