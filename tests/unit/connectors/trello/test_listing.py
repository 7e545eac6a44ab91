"""Listing and state: what cheaply tells of change, and what is remembered of it."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from connectors.base import Scope
from connectors.trello.board import overlapping
from connectors.trello.kinds import BOARD, ORGANIZATION
from connectors.trello.listing import Listing
from connectors.trello.state import Known, ReadState, decode
from store.record import WorkspaceId

RAW = {
    "id": "b1",
    "name": "Board",
    "idOrganization": "o1",
    "dateLastActivity": "2026-01-01T00:00:00.000Z",
    "dateLastView": "2026-01-01T00:00:00.000Z",
    "memberships": [],
    "closed": False,
}


def listed(**changes):
    listing = Listing()
    listing.add_board({**RAW, **changes}, "g1")
    return listing.boards[WorkspaceId("b1")]


def known(seen) -> Known:
    return Known(kind=BOARD, activity=seen.activity, digest=seen.digest)


def test_an_equal_listing_is_unchanged():
    assert listed().changed_since(known(listed())) is None


def test_a_view_is_no_change():
    assert listed(dateLastView="2026-02-02T00:00:00.000Z", subscribed=True).changed_since(known(listed())) is None


def test_what_a_listing_tells_of_change():
    before = known(listed())
    told = [
        listed(dateLastActivity="2026-01-02T00:00:00.000Z"),
        listed(name="Renamed"),
        listed(closed=True),
        listed(idOrganization="o2"),
        listed(memberships=[{"id": "m"}]),
        listed(ixUpdate="74"),
        listed(dateLastActivity=None),
    ]

    assert all(seen.changed_since(before) for seen in told)
    assert listed().changed_since(replace(before, again=True))


def test_grants_are_gathered_and_take_turns():
    listing = Listing()
    for number in range(50):
        for reader in ("g1", "g2"):
            listing.add_board({**RAW, "id": f"b{number}"}, reader)

    first = [seen.in_turn()[0] for seen in listing.boards.values()]
    assert {"g1", "g2"} == set(first)
    assert all({"g1", "g2"} == set(seen.in_turn()) for seen in listing.boards.values())


def test_boards_that_a_workspace_names_and_nobody_lists():
    listing = Listing()
    listing.add_board(RAW, "g1")
    listing.add_organization({"id": "o1", "idBoards": ["b1", "b2"]}, "g1")

    assert {"b2"} == listing.unseen(listing.organizations[WorkspaceId("o1")])


def test_a_board_is_in_scope_with_its_workspace():
    scopes = [
        Scope(),
        Scope(included=frozenset({WorkspaceId("o1")})),
        Scope(included=frozenset({WorkspaceId("b2")})),
        Scope(excluded=frozenset({WorkspaceId("o1")})),
    ]

    assert [True, True, False, False] == [listed().is_taken(scope) for scope in scopes]


def test_things_without_an_id_are_named():
    listing = Listing()
    for odd in (None, 5, {}, {"id": 5}, {"id": ""}, {"id": "a\0b"}, []):
        listing.add_board(odd, "g1")
        listing.add_organization(odd, "g1")

    assert ["board", "organization"] * 7 == listing.bad


@given(
    st.dictionaries(
        st.text(min_size=1, max_size=5),
        st.builds(
            Known,
            kind=st.sampled_from([BOARD, ORGANIZATION]),
            activity=st.none() | st.text(min_size=1, max_size=5),
            digest=st.text(max_size=5),
            last_action=st.none() | st.text(min_size=1, max_size=5),
            organization_id=st.none() | st.text(min_size=1, max_size=5),
            again=st.booleans(),
            missing=st.integers(0, 9),
        ),
        max_size=4,
    ),
    st.booleans(),
)
def test_state_comes_back_as_it_was(workspaces, whole):
    state = ReadState(workspaces=workspaces, whole=whole)

    assert state == decode(state.encode())


@given(
    st.recursive(
        st.none() | st.integers() | st.text(max_size=4),
        lambda inner: (
            st.lists(inner, max_size=2)
            | st.dictionaries(
                st.sampled_from(["version", "workspaces", "kind", "missing", "again", "x"]), inner, max_size=4
            )
        ),
    )
)
def test_any_state_is_read_or_forgotten(value):
    found = value if isinstance(value, dict) else {}

    assert isinstance(decode(found), ReadState)
    assert isinstance(decode({**found, "version": 1, "workspaces": {"a": value}}), ReadState)


def test_history_is_asked_for_from_a_little_earlier():
    assert "5f60efd8" + "0" * 16 == overlapping("5f60f104" + "ab" * 8)
    assert "not an id" == overlapping("not an id")
    assert "00000000" + "0" * 16 == overlapping("00000001" + "0" * 16)
