"""Views: what of a record is compared and written, and what cannot be."""

from datetime import UTC, datetime

import pytest
from graphql import GraphQLEnumType

from connectors.base import KindSpec
from connectors.monday import kinds, values, views
from connectors.monday.rules import WRITING
from connectors.monday.sandbox.schema import schema
from store.record import ExternalId, Kind, Record, WorkspaceId
from workers.restoring.compare import flatten, split_fields


def record(kind: Kind, external_id: str = "7", **content) -> Record:
    return Record(workspace_id=WorkspaceId("1"), kind=kind, external_id=ExternalId(external_id), content=content)


def item(**columns) -> Record:
    return record(kinds.ITEM, name="Bag", state="active", board={"id": "1"}, group={"id": "g"}, column_values=columns)


def test_every_column_type_is_written_or_said_to_be_lost():
    types = schema().type_map["ColumnType"]
    assert isinstance(types, GraphQLEnumType)

    assert set(types.values) - {"name", "file"} == set(values.WRITABLE) | set(kinds.LOST_VALUES)
    assert not set(values.WRITABLE) & set(kinds.LOST_VALUES)
    for kind in (kinds.ITEM, kinds.SUBITEM):
        lost = kinds.KINDS[kind].lost_on_restore
        assert {values.field_of(name): why for name, why in kinds.LOST_VALUES.items()}.items() <= lost.items()
        assert not {values.field_of(name) for name in values.WRITABLE} & lost.keys()


def test_what_a_request_says_of_each_type_is_what_was_kept_less_what_the_app_adds():
    stamp = {"changed_at": "2026-03-01T08:00:00.000Z"}
    given = {
        "text": {"type": "text", "text": "12", "value": 12},
        "long": {"type": "long_text", "text": "a\nb", "value": {"text": "a\nb", **stamp}},
        "kilos": {"type": "numbers", "text": "60", "value": "60"},
        "due": {"type": "date", "text": "", "value": {"date": "2026-03-01", "time": "", **stamp}},
        "hour": {"type": "hour", "text": "", "value": {"hour": 0, "minute": 15, **stamp}},
        "stage": {"type": "status", "text": "Done", "index": 0, "label": "Done", "update_id": "9", "value": stamp},
        "sort": {"type": "dropdown", "text": "a, b", "values": [{"id": 1, "label": "a"}, {"id": 4, "label": "b"}]},
        "who": {
            "type": "people",
            "text": "",
            "value": {"personsAndTeams": [{"id": 5, "kind": "person"}, {"id": 5, "kind": "team"}], **stamp},
        },
        "next": {"type": "board_relation", "text": None, "value": None, "linked_item_ids": ["8", "9"]},
        "paid": {"type": "checkbox", "text": "v", "value": {"checked": True, **stamp}},
        "where": {"type": "location", "text": "", "value": {"lat": "1", "lng": "2", "city": {"long_name": "B"}}},
        "sum": {"type": "formula", "text": None, "value": None, "display_value": "3"},
        "new": {"type": "a_type_of_next_year", "text": "x", "value": "x"},
    }

    view = views.item(item(**given))

    assert {"1/text": "12"} == view["text_values"]
    assert {"1/long": {"text": "a\nb"}} == view["long_text_values"]
    assert {"1/kilos": "60"} == view["numbers_values"]
    assert {"1/due": {"date": "2026-03-01"}} == view["date_values"]
    assert {"1/hour": {"hour": 0, "minute": 15}} == view["hour_values"]
    assert {"1/stage": {"index": 0}} == view["status_values"]
    assert {"1/sort": {"labels": ["a", "b"]}} == view["dropdown_values"]
    assert {"1/who": [{"person": 5}, {"team": 5}]} == view["people_values"]
    assert {"1/next": {"item_ids": [8, 9]}} == view["board_relation_values"]
    assert {"1/paid": {"checked": "true"}} == view["checkbox_values"]
    assert {"1/where": {"lat": "1", "lng": "2"}} == view["location_values"]
    assert {"1/where": {"city": {"long_name": "B"}}} == view["location_details"]
    assert {"1/stage": {"update": "9"}} == view["status_details"]
    assert {"1/sum": given["sum"]} == view["formula_values"]
    assert {"1/new": given["new"]} == view["unsupported_values"]
    assert ("1/g", False, {}) == (view["group"], view["archived"], view["file_values"])
    assert stamp["changed_at"] == view["changed_at"]["1/due"]


def test_people_go_back_as_requests_want_them_and_whoever_is_gone_is_left_out():
    given = [{"person": 5}, {"team": 6}, {"person": None}]

    found = values.as_input("people", given)

    assert {"personsAndTeams": [{"id": 5, "kind": "person"}, {"id": 6, "kind": "team"}]} == found
    assert "12" == values.as_input("text", "12")


def test_a_cell_of_uploads_comes_with_them_and_one_with_links_is_written_whole():
    upload = {"__typename": "FileAssetValue", "asset_id": "3", "name": "a.png"}
    link = {"__typename": "FileLinkValue", "file_id": "f", "name": "List", "url": "https://example.com", "kind": "link"}
    gone = {"__typename": "FileAssetInvalidValue", "asset_id": "4"}

    view = views.item(item(a={"type": "file", "files": [upload, gone]}, b={"type": "file", "files": [upload, link]}))

    written = {"link": "https://example.com", "kind": "link", "name": "List"}
    assert {"1/b": [{"asset": "3"}, written]} == view["file_values"]


def test_a_mirror_names_columns_by_their_boards_whichever_way_it_is_told():
    new = {"relation_column": {"r": True}, "displayed_linked_columns": [{"board_id": "2", "column_ids": ["x", "y"]}]}
    old = {**new, "displayed_linked_columns": {"2": ["x", "y"]}}

    views_of = [
        views.column(record(kinds.COLUMN, "1/m", id="m", type="mirror", settings=given)) for given in (new, old)
    ]

    named = {
        "relation_column": {"1/r": True},
        "displayed_linked_columns": [{"board_id": "2", "column_ids": ["2/x", "2/y"]}],
    }
    assert [named, named] == [view["settings"] for view in views_of]
    assert new == views.bare_settings("mirror", named)


def test_a_formula_names_its_columns_and_goes_back_without_the_board():
    settings = {"formula": "ROUND({kilos}*{price},2)"}

    view = views.column(record(kinds.COLUMN, "1/t", id="t", type="formula", settings=settings))

    assert {"formula": "ROUND({1/kilos}*{1/price},2)"} == view["settings"]
    assert settings == views.bare_settings("formula", view["settings"])


def test_labels_are_compared_without_the_numbers_that_the_app_gives():
    one = {"id": 4, "label": "Low", "color": "bright_blue", "index": 7, "is_done": False, "is_deactivated": True}
    two = {"id": 1, "label": "High", "color": "stuck_red", "index": 0, "is_done": True, "description": "now"}

    view = views.column(record(kinds.COLUMN, "1/s", id="s", type="status", settings={"labels": [one, two]}))

    high = {"label": "High", "color": "stuck_red", "index": 0, "description": "now", "is_done": True}
    assert {"labels": [high, {"label": "Low", "color": "bright_blue", "index": 7}]} == view["settings"]
    assert {"deactivated": ["Low"]} == view["other_settings"]


def test_the_other_side_of_a_relation_is_not_asked_for():
    settings = {"boardIds": [2], "allowCreateReflectionColumn": True}

    view = views.column(record(kinds.COLUMN, "1/r", id="r", type="board_relation", settings=settings))

    assert ({"boardIds": [2]}, {"allowCreateReflectionColumn": True}) == (view["settings"], view["other_settings"])


@pytest.mark.parametrize("told", ["04-03-2026", "2026-03-04", "2026-03-04T10:00:00Z"])
def test_the_day_of_an_update_is_compared_however_it_is_told(told):
    view = views.update(record(kinds.UPDATE, body="<p>a</p>", original_creation_date=told, pinned_to_top=[]))

    assert "04-03-2026" == view["original_creation_date"]


def test_who_wrote_stands_in_front_and_cannot_be_mistaken_for_markup():
    creator = {"id": "5", "name": "<Ada> & Co"}
    held = record(kinds.UPDATE, body="<p>a</p>", creator=creator, created_at="2026-03-04T10:07:00Z", pinned_to_top=[])

    view = views.signed(held)

    head = "<p><strong>&lt;Ada&gt; &amp; Co</strong>, 2026-03-04 10:07 UTC:</p>"
    assert (f"{head}<p>a</p>", "04-03-2026") == (view["body"], view["original_creation_date"])
    assert "<p><strong>Somebody</strong>:</p>" == views.signed(record(kinds.REPLY, creator=None))["body"]


@pytest.mark.parametrize("rules", WRITING.kinds, ids=lambda rules: rules.kind)
def test_a_view_of_nothing_much_is_a_view(rules):
    """Content of older versions may lack any field."""
    view = rules.view(record(rules.kind))

    assert isinstance(view, dict)
    assert flatten(view, split_fields(rules, _spec(rules.kind).lost_on_restore)) is not None
    assert rules.sort(record(rules.kind)) == rules.sort(record(rules.kind))


def _spec(kind: Kind) -> KindSpec:
    return kinds.KINDS[kind]


def test_things_are_made_in_the_order_in_which_they_were():
    early = record(kinds.UPDATE, "12", created_at=datetime(2026, 1, 1, tzinfo=UTC).isoformat())
    late = record(kinds.UPDATE, "9", created_at=datetime(2026, 2, 1, tzinfo=UTC).isoformat())
    top, bottom = record(kinds.GROUP, "1/a", position="100.5"), record(kinds.GROUP, "1/b", position="200")

    assert [early, late] == sorted([late, early], key=views.time)
    assert [late, early] == sorted([early, late], key=views.number)
    assert [bottom, top] == sorted([top, bottom], key=views.last_place)
    assert [top, bottom] == sorted([bottom, top], key=views.place)
