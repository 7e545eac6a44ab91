"""Column values: what each type takes and shows."""

import json

import pytest

from connectors.monday.sandbox.schema import SDL
from tests.contract.monday.conftest import named

CHANGE = """mutation($b: ID!, $i: ID!, $c: String!, $v: JSON!) {
    change_column_value(board_id: $b, item_id: $i, column_id: $c, value: $v) { id } }"""
SHOW = """query($i: [ID!], $c: [String!]) { items(ids: $i) { updated_at column_values(ids: $c) {
    id type text value
    ... on StatusValue { index label is_done } ... on DropdownValue { values { id label } }
    ... on PeopleValue { persons_and_teams { id kind } } ... on TagsValue { tag_ids }
    ... on BoardRelationValue { linked_item_ids display_value } ... on DependencyValue { linked_item_ids }
    ... on MirrorValue { display_value } ... on FormulaValue { display_value } ... on SubtasksValue { subitems_ids }
    ... on DateValue { date time } ... on HourValue { hour minute } ... on LocationValue { lat city country_short }
    ... on NumbersValue { number symbol direction } ... on CheckboxValue { checked } ... on WeekValue { start_date }
} } }"""


@pytest.fixture
def item(world, full_board):
    return world.items[full_board.item_ids[0]]


def show(client, item, column_id):
    return client.ask(SHOW, i=[item.id], c=[column_id])["items"][0]["column_values"][0]


def change(client, item, column_id, value):
    client.ask(CHANGE, b=item.board_id, i=item.id, c=column_id, v=json.dumps(value))
    return show(client, item, column_id)


@pytest.mark.parametrize(
    ("column_id", "given", "text", "shown"),
    [
        ("status", {"label": "Stuck"}, "Stuck", {"index": 2, "label": "Stuck", "is_done": False}),
        ("status", {"index": 1}, "Done", {"label": "Done", "is_done": True}),
        ("priority", {"index": 7}, "Low", {"index": 7}),
        ("due", {"date": "2026-12-24", "time": "18:00:00"}, "2026-12-24 18:00", {"time": "18:00:00"}),
        ("span", {"from": "2026-01-01", "to": "2026-01-31"}, "2026-01-01 - 2026-01-31", {}),
        ("week", {"week": {"startDate": "2026-01-05", "endDate": "2026-01-11"}}, "2026-01-05 - 2026-01-11",
         {"start_date": "2026-01-05"}),
        ("hour", {"hour": 0, "minute": 5}, "12:05 AM", {"hour": 0, "minute": 5}),
        ("text", "Zürich", "Zürich", {"value": '"Zürich"'}),
        ("notes", {"text": "a\nb"}, "a\nb", {}),
        ("kilos", "12.50", "12.50", {"number": 12.5, "symbol": "kg", "direction": "right"}),
        ("paid", {"checked": "true"}, "v", {"checked": True}),
        ("score", {"rating": 4}, "4", {}),
        ("site", {"url": "https://x.example", "text": "X"}, "X - https://x.example", {}),
        ("mail", {"email": "a@x.example", "text": "A"}, "A", {}),
        ("phone", {"phone": "+1", "countryShortName": "US"}, "+1", {}),
        ("country", {"countryCode": "US", "countryName": "United States"}, "United States", {}),
        ("place", {"lat": "1.5", "lng": "2", "address": "There"}, "There", {"lat": 1.5}),
        ("clock", {"timezone": "Europe/Paris"}, "Europe/Paris", {}),
        ("colour", {"color": {"hex": "#ff0000"}}, "#ff0000", {}),
        ("process", {"labels": ["natural", "washed"]}, "natural, washed", {}),
        ("process", {"ids": [2]}, "natural", {"values": [{"id": "2", "label": "natural"}]}),
    ],
)  # fmt: skip
def test_what_is_given_is_shown(client, item, *, column_id, given, text, shown):
    found = change(client, item, column_id, given)

    assert text == found["text"]
    assert {**found, **shown} == found


@pytest.mark.parametrize(
    "column_id", ["status", "due", "text", "kilos", "paid", "marks", "person", "supplier", "after"]
)
@pytest.mark.parametrize("nothing", [{}, None])
def test_nothing_clears(client, item, column_id, nothing):
    found = change(client, item, column_id, nothing)

    assert found["value"] is None
    assert not found["text"]
    assert not found.get("linked_item_ids")


@pytest.mark.parametrize(
    ("column_id", "given"),
    [
        ("status", {"label": "No such label"}),
        ("due", {"date": "tomorrow"}),
        ("span", {"from": "2026-02-01", "to": "2026-01-01"}),
        ("week", {"week": {"startDate": "2026-01-05", "endDate": "2026-01-12"}}),
        ("hour", {"hour": 24}),
        ("kilos", "many"),
        ("score", {"rating": 9}),
        ("process", {"ids": [99]}),
        ("marks", {"tag_ids": [1]}),
        ("person", {"personsAndTeams": [{"id": 1, "kind": "person"}]}),
        ("supplier", {"item_ids": [1]}),
        ("formula", "1"),
        ("number", "1"),
        ("made", {"created_at": "2020-01-01"}),
        ("timer", {"running": "true"}),
        ("votes", {"votersIds": [1]}),
        ("papers", {"files": []}),
    ],
)
def test_what_does_not_fit_is_refused(client, item, full_board, column_id, given):
    column = column_id if column_id in full_board.columns else "total"

    errors = client.errors(CHANGE, b=item.board_id, i=item.id, c=column, v=json.dumps(given))

    assert "ColumnValueException" == errors[0]["extensions"]["code"]


def test_what_others_make_up_has_neither_text_nor_value(client, item, world, full_board):
    suppliers = named(world, "Suppliers")
    linked = suppliers.item_ids[1]
    change(client, item, "supplier", {"item_ids": [linked]})
    change(client, item, "kilos", "10")
    change(client, item, "price", "2.5")
    hidden = ("supplier", "standing_of", "total")

    found = {column_id: show(client, item, column_id) for column_id in hidden}

    assert {(None, None)} == {(value["text"], value["value"]) for value in found.values()}
    assert [str(linked)] == found["supplier"]["linked_item_ids"]
    assert world.items[linked].name == found["supplier"]["display_value"]
    assert "Done, 2011-02-15" == found["standing_of"]["display_value"]
    assert "25" == found["total"]["display_value"]
    subtasks = next(column.id for column in full_board.columns.values() if column.type == "subtasks")
    assert [str(found) for found in item.subitem_ids] == show(client, item, subtasks)["subitems_ids"]


def test_labels_are_made_where_that_is_asked_for(client, item):
    query = CHANGE.replace("value: $v)", "value: $v, create_labels_if_missing: true)")
    client.ask(query, b=item.board_id, i=item.id, c="status", v='{"label": "Waiting"}')
    client.ask(query, b=item.board_id, i=item.id, c="process", v='{"labels": ["honey"]}')

    assert "Waiting" == show(client, item, "status")["text"]
    assert "honey" == show(client, item, "process")["text"]


def test_setting_a_value_of_a_column_that_is_not_there_is_refused_and_making_an_item_with_one_is_not(client, item):
    """As recorded: `create_item` drops what it does not know."""
    errors = client.errors(CHANGE, b=item.board_id, i=item.id, c="nonsense", v='"x"')
    made = client.ask(
        'mutation($b: ID!) { create_item(board_id: $b, item_name: "x", column_values: "{\\"nonsense\\": 1}") { id } }',
        b=item.board_id,
    )

    assert "InvalidColumnIdException" == errors[0]["extensions"]["code"]
    assert made["create_item"]["id"]


def test_every_type_of_column_is_on_the_sample_board(world, full_board):
    on_board = {column.type for board in world.boards.values() for column in board.columns.values()}
    types = SDL.read_text().partition("enum ColumnType {")[2].partition("}")[0].split()

    # Old ones, those of other products, and the one that says that there is none.
    assert {"person", "direct_doc", "group", "item_assignees", "unsupported"} == set(types) - on_board


def test_text_can_be_given_plain(client, item):
    query = """mutation($b: ID!, $i: ID!, $c: String!, $v: String) {
        change_simple_column_value(board_id: $b, item_id: $i, column_id: $c, value: $v) { id } }"""
    for column_id, text, shown in [
        ("status", "Done", "Done"), ("status", "2", "Stuck"), ("due", "2026-05-01 09:30:00", "2026-05-01 09:30"),
        ("text", "hello", "hello"), ("mail", "a@b.example Ada", "Ada"), ("paid", "true", "v"), ("text", "", ""),
    ]:  # fmt: skip
        client.ask(query, b=item.board_id, i=item.id, c=column_id, v=text)
        assert shown == show(client, item, column_id)["text"]
