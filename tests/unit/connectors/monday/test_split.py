"""Split: what comes of monday.com's answers, good and bad."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.monday import kinds, split
from connectors.monday.split import Bad, Upload
from store.canonical import encode
from store.record import ParentRef, Record, WorkspaceId

BOARD = WorkspaceId("100")
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda x: st.lists(x) | st.dictionaries(st.text(), x),
    max_leaves=8,
)


def item(**more):
    return {
        "id": "1",
        "name": "One",
        "group": {"id": "topics"},
        "parent_item": None,
        "subscribers": [],
        "column_values": [],
        "assets": [],
        "gallery": [],
        **more,
    }


def one(pieces):
    (found,) = pieces
    return found


def test_values_are_opened_and_empty_ones_left_out():
    values = [
        {"id": "a", "type": "status", "text": "Done", "value": '{"index":1}', "label": "Done"},
        {"id": "b", "type": "text", "text": "", "value": None},
        {"id": "c", "type": "board_relation", "text": None, "value": None, "linked_item_ids": [], "display_value": ""},
        {"id": "d", "type": "board_relation", "text": None, "value": None, "linked_item_ids": ["7"]},
        {"id": "e", "type": "auto_number", "text": "5", "value": None},
        {"id": "f", "type": "text", "text": "[not JSON", "value": "[not JSON"},
    ]
    found = one(split.items(BOARD, "100", [item(column_values=values)]))

    kept = found.content["column_values"]
    assert {"a", "d", "e", "f"} == kept.keys()
    assert {"type": "status", "text": "Done", "value": {"index": 1}, "label": "Done"} == kept["a"]
    assert "[not JSON" == kept["f"]["value"]


def test_json_that_comes_as_text_or_as_it_is_gives_one_content():
    for given_settings in ('{"labels":[]}', {"labels": []}):
        column = {"id": "status", "title": "S", "type": "status", "settings": given_settings, "revision": "3"}
        found = one(split.columns(BOARD, kinds.COLUMN, "100", [column]))
        assert {"labels": []} == found.content["settings"]
        assert "100/status" == found.external_id
        assert "revision" not in found.content


@pytest.mark.parametrize(
    ("above", "kind", "parent"),
    [
        (None, kinds.ITEM, ParentRef(kind=kinds.GROUP, external_id="100/topics")),
        ({"id": "9", "parent_item": None}, kinds.SUBITEM, ParentRef(kind=kinds.ITEM, external_id="9")),
        ({"id": "9", "parent_item": {"id": "8"}}, kinds.SUBITEM, ParentRef(kind=kinds.SUBITEM, external_id="9")),
    ],
)
def test_what_an_item_lies_in(above, kind, parent):
    found = one(split.items(BOARD, "100", [item(parent_item=above)]))

    assert (kind, parent) == (found.kind, found.parent)


def test_an_upload_is_a_record_and_a_file():
    asset = {
        "id": "5",
        "name": "a.png",
        "file_size": 12,
        "created_at": "2026-01-01T00:00:00Z",
        "uploaded_by": {"id": "3"},
    }
    record, upload = split.assets(BOARD, ParentRef(kind=kinds.ITEM, external_id="1"), [asset])

    assert ("5", "3") == (record.external_id, record.changed_by)
    assert (
        Upload(workspace_id=BOARD, asset_id="5", name="a.png", size_bytes=12, revision="5:12:2026-01-01T00:00:00Z")
        == upload
    )


def test_the_order_that_people_are_given_in_says_nothing():
    one_way, other = (
        one(split.items(BOARD, "100", [item(subscribers=people)]))
        for people in ([{"id": "1"}, {"id": "2"}], [{"id": "2"}, {"id": "1"}])
    )

    assert one_way == other


def test_a_log_s_time_counts_ten_millionths_of_a_second():
    entry = {
        "id": "x",
        "event": "create_pulse",
        "data": '{"pulse_id":1}',
        "created_at": "17612345678901234",
        "user_id": "3",
    }
    found = one(split.activities(BOARD, [entry]))

    assert datetime(2025, 10, 23, 15, 49, 27, 890123, UTC) == found.changed_at
    assert {"pulse_id": 1} == found.content["data"]


def test_units_of_scope_and_boards_cannot_meet():
    assert "workspace-7" == split.space_id("7")
    assert "7" == split.bare_id(split.space_id("7")) == split.bare_id(WorkspaceId("7"))
    assert split.is_space(split.space_id("7"))
    assert not split.is_space(WorkspaceId("7"))


_NAMES = ("name", "column_values", "parent_item", "group", "assets", "subscribers", "body", "replies")
_ALMOST = st.fixed_dictionaries({"id": st.text(min_size=1)}, optional=dict.fromkeys(_NAMES, _JSON))


@given(st.lists(_JSON | _ALMOST))
def test_any_answer_gives_records_or_says_what_is_bad(values):
    ref = ParentRef(kind=kinds.BOARD, external_id="100")
    pieces = [
        *split.items(BOARD, "100", values),
        *split.updates(BOARD, {}, values),
        *split.activities(BOARD, values),
        *split.assets(BOARD, ref, values),
        *split.blocks(BOARD, ref, values),
        *split.each(BOARD, kinds.VIEW, values, ref),
        *split.columns(BOARD, kinds.COLUMN, "100", values),
    ]

    for piece in pieces:
        assert isinstance(piece, Record | Upload | Bad)
        if isinstance(piece, Record):
            assert piece.external_id
            assert "\0" not in piece.external_id
            encode(piece.content)


def test_columns_keep_their_place_and_the_one_of_the_subitems_tells_theirs():
    settings = {"boardIds": [200]}
    columns = [
        {"id": "name", "type": "name", "title": "Name"},
        {"id": "subitems", "type": "subtasks", "title": "Steps", "settings": settings},
    ]
    value = {"id": "100", "name": "B", "columns": columns, "groups": [], "views": [], "tags": []}
    hidden = {
        "id": "200",
        "columns": [{"id": "name", "type": "name"}, {"id": "person", "type": "people"}, {"no": "id"}],
    }

    found = [x for x in split.board(value, frozenset(), hidden) if isinstance(x, Record) and x.kind == kinds.COLUMN]

    assert [("100/name", 0), ("100/subitems", 1)] == [(x.external_id, x.content["position"]) for x in found]
    assert {"name": "name", "person": "people"} == found[1].content["subitem_columns"]
    assert "subitem_columns" not in found[0].content


def test_a_group_that_was_deleted_is_no_record_though_it_is_listed():
    groups = [{"id": "a", "title": "A", "deleted": False}, {"id": "b", "title": "B", "deleted": True}]
    value = {"id": "100", "name": "B", "columns": [], "groups": groups, "views": [], "tags": []}

    found = [x.external_id for x in split.board(value, frozenset()) if isinstance(x, Record) and x.kind == kinds.GROUP]

    assert ["100/a"] == found


def test_an_upload_tells_which_column_it_is_in():
    asset = {"id": "9", "name": "a.png", "file_size": 3, "created_at": "2026-01-01T00:00:00Z"}
    files = [{"__typename": "FileAssetValue", "asset_id": "9"}, {"__typename": "FileLinkValue", "url": "x"}, "odd"]
    values = [
        {"id": "papers", "type": "file", "text": "x", "value": None, "files": files},
        {"id": "more", "type": "file", "text": "x", "value": None, "files": files},
    ]

    found = list(split.items(BOARD, "200", [item(column_values=values, assets=[asset])]))
    loose = one(
        x for x in split.assets(BOARD, ParentRef(kind=kinds.UPDATE, external_id="5"), [asset]) if isinstance(x, Record)
    )

    assert ["200/papers"] == [x.content["column"] for x in found if isinstance(x, Record) and x.kind == kinds.ASSET]
    assert loose.content["column"] is None
