"""A client library that is not ours reads and writes the stand-in: py-trello, with its address turned to loopback."""

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from io import BytesIO
from typing import Any

import pytest
import requests
import trello

from connectors.trello.sandbox import Sandbox


class Turned:
    """`requests`, for which Trello is on this machine."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._session = requests.Session()

    def request(self, method: str, url: str, **more: Any) -> requests.Response:
        for live in ("https://api.trello.com", "https://trello.com"):
            url = url.replace(live, self._url)
        return self._session.request(method, url, **more)

    def post(self, url: str, **more: Any) -> requests.Response:
        return self.request("POST", url, **more)

    def close(self) -> None:
        self._session.close()


@pytest.fixture(params=["query", "signed"])
def pytrello(request: pytest.FixtureRequest, bench: Sandbox) -> Iterator[trello.TrelloClient]:
    """The library with key and token in the query, and with signed requests (OAuth 1.0a)."""
    service = Turned(bench.url)
    if request.param == "query":
        yield trello.TrelloClient(api_key=bench.key, api_secret=bench.token, http_service=service)
    else:
        yield trello.TrelloClient(
            api_key=bench.key, api_secret=bench.app.secret, token=bench.token, http_service=service
        )
    service.close()


@pytest.fixture
def board(pytrello: trello.TrelloClient) -> trello.Board:
    return pytrello.list_boards()[0]


def test_boards_lists_and_cards_are_listed(bench: Sandbox, board: trello.Board) -> None:
    board_id = next(iter(bench.world.boards.by_id))
    cards = {found["name"] for found in bench.world.cards.of(board_id)}

    assert board_id == board.id
    assert [x["name"] for x in bench.world.lists.of(board_id)] == [x.name for x in board.all_lists()]
    assert cards == {card.name for card in board.all_cards()}


def test_workspaces_are_listed(bench: Sandbox, pytrello: trello.TrelloClient) -> None:
    expected = [found["name"] for found in bench.world.organizations]

    assert expected == [found.name for found in pytrello.list_organizations()]
    assert bench.owner["id"] == pytrello.get_member("me").id


def test_card_is_added_moved_changed_and_archived(bench: Sandbox, board: trello.Board) -> None:
    first, second = board.open_lists()[:2]
    card = first.add_card("From py-trello", desc="Hello", due="2026-10-01T12:00:00.000Z", labels=board.get_labels()[:1])
    card.change_list(second.id)
    card.set_name("Renamed")
    card.set_due(datetime(2026, 11, 1, tzinfo=UTC))
    card.assign(bench.owner["id"])
    card.set_pos("top")
    card.set_closed(True)
    held = bench.world.cards.get(card.id)

    assert ("Renamed", "Hello", second.id, True, [bench.owner["id"]]) == (
        held["name"], held["desc"], held["idList"], held["closed"], held["idMembers"]
    )  # fmt: skip
    assert len(held["idLabels"]) == 1
    assert held["due"][:10] == "2026-11-01"


def test_comments_and_checklists_are_written(
    bench: Sandbox, pytrello: trello.TrelloClient, board: trello.Board
) -> None:
    card = board.open_lists()[0].add_card("With parts")
    comment = card.comment("First!")
    card.update_comment(comment["id"], "Second thoughts")
    checklist = card.add_checklist("Steps", ["one", "two"], [False, True])
    checklist.set_checklist_item("one", True)
    checklist.rename("Stages")
    read = pytrello.get_card(card.id).fetch_checklists()

    assert [found["data"]["text"] for found in card.fetch_comments(force=True)] == ["Second thoughts"]
    assert [(x["name"], x["checked"]) for x in read[0].items] == [("one", True), ("two", True)]
    assert [found.name for found in read] == ["Stages"]
    assert bench.world.checklists.get(checklist.id)["checkItems"][0]["state"] == "complete"


def test_custom_fields_are_read_and_set(bench: Sandbox, board: trello.Board) -> None:
    definitions = {found.name: found for found in board.get_custom_field_definitions()}
    card = board.open_lists()[0].add_card("With fields")
    card.set_custom_field("Brandt", definitions["Supplier"])
    card.set_custom_field("A", definitions["Grade"])
    values = bench.world.field_items[card.id]

    assert {"Supplier", "Cost", "Delivered", "Paid", "Grade"} == set(definitions)
    assert values[0]["value"] == {"text": "Brandt"}
    options = bench.world.custom_fields.get(definitions["Grade"].id)["options"]
    assert options[0]["id"] == values[1]["idValue"]


def test_files_and_links_are_attached_and_removed(bench: Sandbox, board: trello.Board) -> None:
    card = board.open_lists()[0].add_card("With files")
    content = bytes(range(256)) * 5
    made = card.attach(name="all bytes.bin", mimeType="application/octet-stream", file=BytesIO(content))
    card.attach(name="a link", url="https://example.com/x")
    uploaded, linked = card.get_attachments()
    card.remove_attachment(linked.id)

    assert (uploaded.is_upload, linked.is_upload) == (True, False)
    assert content == bench.services.storage.content(bench.world.attachments[card.id][0])
    assert [made["id"]] == [found["id"] for found in bench.world.attachments[card.id]]


def test_actions_are_read(board: trello.Board) -> None:
    card = board.open_lists()[0].add_card("With history")
    card.change_list(board.open_lists()[1].id)
    card.fetch_actions(action_filter="updateCard:idList,createCard")

    assert [action["type"] for action in card.actions] == ["updateCard", "createCard"]


def test_deleted_card_is_gone(pytrello: trello.TrelloClient, board: trello.Board) -> None:
    card = board.open_lists()[0].add_card("Short life")
    card.delete()

    with pytest.raises(trello.ResourceUnavailable, match=r"The requested resource was not found\."):
        pytrello.get_card(card.id)


def test_wrong_token_is_refused(bench: Sandbox) -> None:
    service = Turned(bench.url)
    client = trello.TrelloClient(api_key=bench.key, api_secret="ATTA" + "0" * 64, http_service=service)

    with closing(service), pytest.raises(trello.Unauthorized, match="invalid token"):
        client.list_boards()
