"""Drive layout: the app's own tree, with nothing in it twice and nothing nowhere."""

import hashlib
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from store.drive_links import Role
from store.record import ConnectionId
from workers import drive_layout
from workers.drive_layout import WHOLE, Layout, Place
from workers.drive_tree import Node, key_of

CONNECTION = ConnectionId(UUID(int=1))


def fingerprint(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()[:16]


APP = Node(key=key_of(fingerprint, Role.APP, "x"), role=Role.APP, name="Trello", parent=None)


def shelves(places: dict, kinds: dict, titles: dict | None = None):
    layout = Layout(fingerprint=fingerprint, connection_id=CONNECTION, titles=titles or {"card": "Card"})
    listed = {
        workspace_id: Place(workspace_id=workspace_id, parent_id=parent, name=name)
        for workspace_id, (parent, name) in places.items()
    }
    return layout.shelves(APP, listed, kinds)


def paths(found) -> list[str]:
    named = {APP.key: "Trello"}
    listed = []
    for shelf in found:
        for node in shelf.nodes:
            if node is not APP:
                named[node.key] = f"{named[node.parent]}/{node.name}"
                listed.append(named[node.key])
    return listed


def test_folders_mirror_the_app_s_tree():
    places = {"org": (None, "Org"), "b1": ("org", "One"), "b2": (None, "Two"), "empty": (None, "Empty")}
    kinds = {"": {"member": 1}, "b1": {"card": 2, "file": 1}, "b2": {"list": 1}}

    found = paths(shelves(places, kinds))

    assert [
        "Trello/Member",
        "Trello/Org",
        "Trello/Org/One",
        "Trello/Org/One/Card",
        "Trello/Org/One/File",
        "Trello/Org/One/Files",
        "Trello/Org/One/records.jsonl",
        "Trello/Two",
        "Trello/Two/List",
        "Trello/Two/records.jsonl",
        "Trello/records.jsonl",
    ] == sorted(found)


def test_boards_give_way_to_what_is_always_there():
    places = {"b1": (None, "records.jsonl"), "b2": (None, "Card"), "b3": (None, "card")}
    kinds = {"": {"card": 1}, "b1": {"card": 1}, "b2": {"card": 1}, "b3": {"card": 1}}
    names = {path.removeprefix("Trello/") for path in paths(shelves(places, kinds)) if path.count("/") == 1}

    assert {"records.jsonl", "Card"} < names
    assert 5 == len(names)


def test_what_one_sheet_does_not_hold_goes_on_in_another(monkeypatch):
    monkeypatch.setattr(drive_layout, "MOST_ROWS", 10)
    found = shelves({"b": (None, "B")}, {"b": {"card": 21}})

    assert ["Card", "Card 2", "Card 3"] == [sheet.node.name for sheet in found[1].sheets]


def test_a_workspace_that_nobody_named_is_called_by_its_id():
    assert "Trello/b/Card" in paths(shelves({}, {"b": {"card": 1}}))


IDS = st.sampled_from(["a", "b", "c", "d"])


@given(
    st.dictionaries(IDS, st.tuples(st.none() | IDS, st.sampled_from(["x", "X", "Files", ""]))),
    st.dictionaries(IDS | st.just(""), st.just({"card": 1, "file": 2}), max_size=5),
)
def test_every_record_has_a_folder_whatever_lies_in_what(places, kinds):
    found = shelves(places, kinds)
    keys = [node.key for shelf in found for node in shelf.nodes]

    assert len(keys) == len(set(keys))
    if not _has_loop(places):
        assert {WHOLE} | set(kinds) <= {shelf.workspace_id for shelf in found}
    assert len(paths(found)) == len({path.casefold() for path in paths(found)})


def _has_loop(places: dict) -> bool:
    for start in places:
        step, seen = start, set()
        while step in places:
            if step in seen:
                return True
            seen.add(step)
            step = places[step][0]
    return False
