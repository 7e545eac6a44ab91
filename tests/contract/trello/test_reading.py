"""Reading: filters, fields, nested resources, pages and batches over HTTP."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from connectors.trello.sandbox import Sandbox, generate
from connectors.trello.sandbox.actions import Actor
from connectors.trello.sandbox.changes import labels
from connectors.trello.sandbox.sample import Sample
from tests.contract.trello.conftest import client_of
from tests.contract.trello.rich import Rich

Json = dict[str, Any]


@pytest.fixture(scope="module")
def large() -> Iterator[Sandbox]:
    """One board with 2,500 cards, one with a journal of more than 1,200 actions."""
    with Sandbox(generate(Sample(named_boards=1, plain_boards=1, plain_cards=2500, busy_actions=1200))) as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def reader(large: Sandbox) -> Iterator[httpx.Client]:
    with client_of(large) as client:
        yield client


def _boards(large: Sandbox) -> tuple[str, str]:
    busy, wide = large.world.boards.by_id
    return busy, wide


def test_no_page_of_cards_is_longer_than_1000(large: Sandbox, reader: httpx.Client) -> None:
    _, wide = _boards(large)
    path = f"/boards/{wide}/cards"
    found: dict[str, Json] = {}
    sizes = []
    while not sizes or sizes[-1] == 1000:
        bound = {"before": min(found)} if found else {}
        page = reader.get(path, params={"filter": "all", "fields": "id", "limit": 1000, **bound}).json()
        found |= {card["id"]: card for card in page}
        sizes.append(len(page))

    assert [1000, 1000, 500] == sizes
    assert {card["id"] for card in large.world.cards.of(wide)} == found.keys()
    assert 1000 == len(reader.get(path, params={"fields": "id"}).json())
    assert 1000 == len(reader.get(f"/boards/{wide}", params={"cards": "all", "card_fields": "id"}).json()["cards"])


def test_no_page_of_actions_is_longer_than_1000(large: Sandbox, reader: httpx.Client) -> None:
    busy, _ = _boards(large)
    path = f"/boards/{busy}/actions"
    first = reader.get(path, params={"limit": 1000}).json()
    second = reader.get(path, params={"limit": 1000, "before": first[-1]["id"]}).json()

    assert 1000 == len(first)
    assert large.world.journals[busy][::-1] == first + second
    assert 50 == len(reader.get(path).json())


@pytest.mark.parametrize("limit", [1001, "x"])
def test_longer_pages_are_refused(large: Sandbox, reader: httpx.Client, limit: object) -> None:
    for path in ("actions", "cards", "labels"):
        reply = reader.get(f"/boards/{_boards(large)[0]}/{path}", params={"limit": limit})

        assert (400, "invalid value for limit") == (reply.status_code, reply.text)


def test_cards_of_a_large_board_do_not_come_with_actions(large: Sandbox, reader: httpx.Client) -> None:
    reply = reader.get(f"/boards/{_boards(large)[1]}/cards", params={"filter": "all", "actions": "all"})

    assert (403, "API_TOO_MANY_CARDS_REQUESTED") == (reply.status_code, reply.json()["error"])


def test_labels_come_fifty_at_a_time_unless_asked(bench: Sandbox, client: httpx.Client, rich: Rich) -> None:
    with bench.editing() as world:
        for at in range(60):
            labels.create(world, Actor(member=rich.me), rich.board, f"label {at}", None)
    path = f"/boards/{rich.board['id']}"

    assert 50 == len(client.get(f"{path}/labels").json())
    assert 66 == len(client.get(f"{path}/labels", params={"limit": 1000}).json())
    assert 50 == len(client.get(path, params={"labels": "all"}).json()["labels"])
    assert 66 == len(client.get(path, params={"labels": "all", "label_limit": 1000}).json()["labels"])


def test_filters_of_cards(client: httpx.Client, rich: Rich) -> None:
    path = f"/boards/{rich.board['id']}/cards"
    client.put(f"/cards/{rich.plain_card['id']}", json={"closed": True})
    moved = client.post("/cards", json={"idList": rich.other_list["id"], "name": "in an archived list"}).json()
    client.put(f"/lists/{rich.other_list['id']}/closed", params={"value": "true"})

    def ids(**params: str) -> set[str]:
        return {card["id"] for card in client.get(path, params=params).json()}

    every = {rich.card["id"], rich.plain_card["id"], moved["id"]}
    assert every == ids(filter="all")
    assert {rich.card["id"], moved["id"]} == ids(filter="open")
    assert {rich.card["id"]} == ids() == ids(filter="visible")
    assert {rich.plain_card["id"]} == ids(filter="closed")
    assert every == {card["id"] for card in client.get(f"{path}/all").json()}


def test_fields_are_picked_and_unknown_ones_refused(client: httpx.Client, rich: Rich) -> None:
    path = f"/cards/{rich.card['id']}"
    picked = client.get(path, params={"fields": "name,pos"}).json()
    refused = client.get(path, params={"fields": "name,colour"})

    assert {"id", "name", "pos"} == picked.keys()
    assert (400, "invalid value for fields") == (refused.status_code, refused.text)
    assert {"_value": rich.card["name"]} == client.get(f"{path}/name").json()


def test_nested_resources_of_a_card(client: httpx.Client, rich: Rich) -> None:
    nested = ("attachments", "checklists", "customFieldItems", "members", "membersVoted", "stickers", "pluginData")
    found = client.get(f"/cards/{rich.card['id']}", params=dict.fromkeys(nested, "true")).json()

    assert dict.fromkeys(nested, 1) == {name: len(found[name]) for name in nested}
    assert [rich.item["id"]] == [item["id"] for item in found["checklists"][0]["checkItems"]]


def test_account_is_listed_in_one_request(bench: Sandbox, client: httpx.Client, rich: Rich) -> None:
    found = client.get("/members/me", params={
        "fields": "id,username,idBoards,idOrganizations", "boards": "all", "board_fields": "all",
        "organizations": "all", "organization_fields": "all",
    }).json()  # fmt: skip

    assert {board["id"] for board in bench.world.boards_of(bench.owner)} == {x["id"] for x in found["boards"]}
    assert set(rich.me["idOrganizations"]) == {x["id"] for x in found["organizations"]}
    assert all({"dateLastActivity", "memberships", "closed"} <= x.keys() for x in found["boards"])


def test_actions_are_filtered_by_type_and_by_field(client: httpx.Client, rich: Rich) -> None:
    client.put(f"/cards/{rich.card['id']}", json={"name": "renamed"})
    client.put(f"/cards/{rich.card['id']}", json={"idList": rich.other_list["id"]})
    path = f"/boards/{rich.board['id']}/actions"

    def types(kinds: str) -> list[str]:
        return [action["type"] for action in client.get(path, params={"filter": kinds}).json()]

    assert ["updateCard", "updateCard"] == types("updateCard")
    assert ["updateCard"] == types("updateCard:idList")
    assert ["commentCard"] == types("commentCard,copyCommentCard")


def test_unlisted_action_answers_by_its_id(bench: Sandbox, client: httpx.Client, rich: Rich) -> None:
    client.delete(f"/cards/{rich.card['id']}/idLabels/{rich.label['id']}")
    found = next(x for x in reversed(bench.world.actions.values()) if x["type"] == "removeLabelFromCard")
    reply = client.get(f"/actions/{found['id']}").json()

    assert ("removeLabelFromCard", "action_remove_label_from_card") == (
        reply["type"], reply["display"]["translationKey"]
    )  # fmt: skip
    assert found["id"] not in {x["id"] for x in client.get(f"/cards/{rich.card['id']}/actions?filter=all").json()}


def test_batch_answers_in_order(client: httpx.Client, rich: Rich) -> None:
    urls = [
        f"/cards/{rich.card['id']}?fields=id%2Cname", f"/boards/{'0' * 24}", "/boards/bad", "/nothing",
        f"/cards/{rich.card['id']}/membersVoted",
    ]  # fmt: skip
    found = client.get("/batch", params={"urls": ",".join(urls)}).json()

    assert {"200": {"id": rich.card["id"], "name": "Card"}} == found[0]
    assert [404, 400, 404] == [each["statusCode"] for each in found[1:4]]
    assert "The requested resource was not found." == found[1]["message"]
    assert [rich.me["id"]] == [each["id"] for each in found[4]["200"]]


def test_batch_takes_ten_at_most(client: httpx.Client) -> None:
    reply = client.get("/batch", params={"urls": ",".join(["/members/me"] * 11)})

    assert 400 == reply.status_code


def test_requests_are_kept_with_their_headers(sandbox: Sandbox) -> None:
    with client_of(sandbox) as mine:
        mine.get("/members/me", params={"fields": "id,username"})
    seen = sandbox.services.requests[-1]

    assert ("GET", "/members/me", "fields=id,username", "/members/{member}") == (
        seen.method, seen.path, seen.query, seen.route
    )  # fmt: skip
    assert sandbox.token in seen.headers["authorization"]
    assert {"GET /members/{member}": 1} == sandbox.services.counts()
