"""Listings of the stand-in: cursors that live for an hour, states that listings leave out, pages by number."""

import base64
from datetime import timedelta

import pytest

from connectors.monday.sandbox import Sample, generate
from connectors.monday.sandbox.changes import boards, items
from tests.contract.monday.conftest import named

FIRST = "query($b: [ID!], $n: Int!) { boards(ids: $b) { items_page(limit: $n) { cursor items { id } } } }"
NEXT = "query($c: String!, $n: Int!) { next_items_page(cursor: $c, limit: $n) { cursor items { id } } }"


@pytest.fixture
def world(clock):
    return generate(Sample(plain_boards=1, plain_items=23), clock=clock)


@pytest.fixture
def board(world):
    return next(board for board in world.boards.values() if board.name == "Archive box 0001")


def first(client, board, limit=10):
    return client.ask(FIRST, b=[board.id], n=limit)["boards"][0]["items_page"]


def test_pages_give_every_item_once(client, board):
    page = first(client, board)
    found = [item["id"] for item in page["items"]]
    while page["cursor"] is not None:
        page = client.ask(NEXT, c=page["cursor"], n=10)["next_items_page"]
        found += [item["id"] for item in page["items"]]

    assert [str(item_id) for item_id in board.item_ids] == found


def test_a_cursor_has_the_recorded_form(client, board, world):
    cursor = first(client, board)["cursor"]

    text = base64.b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
    version, board_id, token, total, offset, account = text.split(",")
    assert ("1", str(board.id), "23", "10", f"|{world.account_id}") == (version, board_id, total, offset, account)
    assert len(token) == 21


def test_a_cursor_dies_an_hour_after_the_first_page_not_the_last(client, board, clock):
    page = first(client, board, limit=5)
    clock.advance(40 * 60)
    page = client.ask(NEXT, c=page["cursor"], n=5)["next_items_page"]
    clock.advance(21 * 60)

    errors = client.errors(NEXT, c=page["cursor"], n=5)

    assert "CursorException" == errors[0]["extensions"]["code"]
    assert errors[0]["message"].startswith("CursorExpiredError")


def test_a_cursor_that_is_none_is_refused(client):
    assert "CursorException" == client.errors(NEXT, c="nonsense", n=5)[0]["extensions"]["code"]


@pytest.mark.parametrize("limit", [0, 501])
def test_a_page_of_items_has_a_limit(client, board, limit):
    assert client.errors(FIRST, b=[board.id], n=limit)


def test_what_goes_while_paging_is_left_out(client, board, world):
    page = first(client, board)
    with client.sandbox.editing():
        gone = world.items[board.item_ids[12]]
        items.remove(world, client.sandbox.owner, gone, archive=True)

    later = client.ask(NEXT, c=page["cursor"], n=10)["next_items_page"]

    assert len(later["items"]) == 9
    assert str(gone.id) not in {item["id"] for item in later["items"]}


def test_listings_leave_out_what_is_archived_or_deleted_and_ids_find_it_with_its_state(client, board, world, clock):
    one, other = (world.items[item_id] for item_id in board.item_ids[:2])
    with client.sandbox.editing():
        items.remove(world, client.sandbox.owner, one, archive=True)
        items.remove(world, client.sandbox.owner, other, archive=False)
    by_id = "query($i: [ID!], $x: Boolean) { items(ids: $i, limit: 100, exclude_nonactive: $x) { id state } }"
    ids = [one.id, other.id, board.item_ids[2], 123]

    listed = {item["id"] for item in first(client, board, limit=500)["items"]}
    found = {item["id"]: item["state"] for item in client.ask(by_id, i=ids)["items"]}
    active = client.ask(by_id, i=ids, x=True)["items"]
    clock.advance(31 * 24 * 3600)
    purged = {item["id"] for item in client.ask(by_id, i=ids)["items"]}

    assert {str(one.id), str(other.id)}.isdisjoint(listed)
    assert {str(one.id): "archived", str(other.id): "deleted", str(board.item_ids[2]): "active"} == found
    assert [str(board.item_ids[2])] == [item["id"] for item in active]
    assert str(other.id) not in purged
    assert str(one.id) in purged


def test_more_than_a_hundred_ids_are_refused(client):
    query = "query($i: [ID!]) { items(ids: $i, limit: 100) { id } }"

    assert client.errors(query, i=list(range(1000, 1101)))


def test_boards_with_levels_are_listed_only_where_asked_for(client):
    plain = client.ask("{ boards(limit: 100) { id hierarchy_type } }")["boards"]
    both = client.ask("{ boards(limit: 100, hierarchy_types: [classic, multi_level]) { id hierarchy_type } }")["boards"]

    assert {"classic"} == {board["hierarchy_type"] for board in plain}
    assert {"classic", "multi_level"} == {board["hierarchy_type"] for board in both}


def test_pages_by_number_end_with_an_empty_one(client):
    query = "query($p: Int!) { boards(limit: 3, page: $p, state: all) { id } }"
    pages = [client.ask(query, p=page)["boards"] for page in range(1, 6)]

    found = [board["id"] for page in pages for board in page]
    assert len(found) == len(set(found))
    assert [] == pages[-1]


def test_the_items_of_a_deleted_board_break_the_request(client, world):
    gone = named(world, "Archive box 0001")
    with client.sandbox.editing():
        boards.delete(world, client.sandbox.owner, gone)

    reply = client.send(FIRST.replace("ids: $b", "ids: $b, state: all"), {"b": [gone.id], "n": 5})

    assert reply.status_code == 200
    assert {"status_code": 500, "error_code": "INTERNAL_SERVER_ERROR", "service": "monolith"} == (
        reply.json()["errors"][0]["extensions"]
    )


def test_items_are_found_by_when_they_changed_the_oldest_first(client, board, world, clock):
    clock.advance(60)
    changed = [world.items[item_id] for item_id in board.item_ids[3:5]]
    with client.sandbox.editing():
        for item in changed:
            items.rename(world, client.sandbox.owner, item, "changed")
            clock.advance(5)
    since = clock.now().replace(second=0).isoformat().replace("+00:00", "Z")
    query = """query($b: [ID!], $q: ItemsQuery) { boards(ids: $b) { items_page(limit: 100, query_params: $q) {
        items { id updated_at } } } }"""
    rule = {
        "column_id": "__last_updated__",
        "compare_value": ["EXACT", since],
        "compare_attribute": "UPDATED_AT",
        "operator": "greater_than_or_equals",
    }
    order = [{"column_id": "__last_updated__", "direction": "asc"}]

    found = client.ask(query, b=[board.id], q={"rules": [rule], "order_by": order})["boards"][0]["items_page"]["items"]

    assert [str(item.id) for item in changed] == [item["id"] for item in found]


def test_changes_show_in_listings_only_after_a_while(client, board, world, clock):
    with client.sandbox.editing():
        world.lag = timedelta(seconds=20)
        made = items.create(world, client.sandbox.owner, board, "new")
    query = "query($b: [ID!]) { boards(ids: $b) { activity_logs(limit: 1) { event data } } }"

    before = {item["id"] for item in first(client, board, limit=500)["items"]}
    by_id = client.ask("query($i: [ID!]) { items(ids: $i) { id } }", i=[made.id])["items"]
    logged = client.ask(query, b=[board.id])["boards"][0]["activity_logs"][0]
    clock.advance(21)
    after = {item["id"] for item in first(client, board, limit=500)["items"]}
    logged_later = client.ask(query, b=[board.id])["boards"][0]["activity_logs"][0]

    assert str(made.id) not in before
    assert [str(made.id)] == [item["id"] for item in by_id]
    assert str(made.id) in after
    assert str(made.id) not in logged["data"]
    assert str(made.id) in logged_later["data"]
