"""Split: any JSON gives records or words, never an exception; nothing is lost on the way."""

from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.trello import kinds, split
from connectors.trello.kinds import KINDS
from connectors.trello.split import Bad, Upload
from store.record import ExternalId, ParentRef, Record, WorkspaceId

BOARD = WorkspaceId("b")
PARENT = ParentRef(kind=kinds.BOARD, external_id=ExternalId("b"))

ids = st.text("0123456789abcdef", min_size=1, max_size=4)
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
names = st.sampled_from(
    [
        *("id", "name", "idList", "attachments", "checklists", "customFieldItems", "stickers", "pluginData"),
        *("idMembersVoted", "labels", "idLabels", "badges", "idChecklists", "type", "data", "date", "isUpload"),
        *("bytes", "checkItems", "idCustomField", "url", "fileName", "dateLastActivity", "card", "board"),
    ]
)
odd = st.dictionaries(
    names, st.one_of(anything, ids, st.lists(st.dictionaries(names, anything, max_size=4), max_size=3))
)


@settings(max_examples=300, deadline=None)
@given(odd | anything)
def test_any_card_gives_pieces(value):
    for piece in split.card(BOARD, value):
        assert isinstance(piece, Record | Upload | Bad)
        if isinstance(piece, Record):
            assert piece.external_id
            assert "\0" not in piece.external_id


@settings(max_examples=200, deadline=None)
@given(st.lists(odd | anything, max_size=4) | anything)
def test_any_history_gives_pieces(values):
    for piece in split.actions(BOARD, PARENT, values):
        assert isinstance(piece, Record | Bad)


@settings(max_examples=200, deadline=None)
@given(odd)
def test_any_board_and_workspace_give_pieces(value):
    whole = {**value, "id": "b"}

    for piece in (*split.board(whole), *split.organization(whole), *split.members(value.get("members"))):
        assert isinstance(piece, Record | Bad)


@given(odd)
def test_what_is_not_named_volatile_is_kept(value):
    for kind, spec in KINDS.items():
        content = split.without(kind, value)

        gone = value.keys() - content.keys()
        assert gone <= {name for name in spec.volatile if "." not in name}


def test_leaving_a_nested_field_out_leaves_the_given_value_alone():
    card = {"badges": {"votes": 1, "subscribed": True}}
    content = split.without(kinds.CARD, card)

    assert ({"badges": {"votes": 1}}, {"badges": {"votes": 1, "subscribed": True}}) == (content, card)


def test_labels_are_left_out_only_where_they_are_copies():
    label = {"id": "l", "name": "Red"}
    cards = [
        {"id": "1", "labels": [label], "idLabels": ["l"]},
        {"id": "2", "labels": [label], "idLabels": []},
        {"id": "3", "labels": [{"color": "green", "name": "Client"}]},
        {"id": "4", "labels": []},
    ]
    held = [next(iter(split.card(BOARD, card))).content for card in cards]

    assert [False, True, True, True] == ["labels" in content for content in held]


def test_a_checklist_that_is_named_and_not_given_is_missed():
    pieces = list(split.card(BOARD, {"id": "c", "idChecklists": ["x"], "checklists": []}))

    assert [frozenset({kinds.CHECKLIST, kinds.CHECK_ITEM})] == [
        piece.kinds for piece in pieces if isinstance(piece, Bad)
    ]


def test_a_link_is_no_upload():
    card = {
        "id": "c",
        "attachments": [{"id": "a", "isUpload": False, "url": "https://x.example"}, {"id": "u", "isUpload": True}],
    }

    assert ["u"] == [piece.attachment_id for piece in split.card(BOARD, card) if isinstance(piece, Upload)]


def test_a_card_that_is_none_fails_every_kind_inside_it():
    (bad,) = split.card(BOARD, {"name": "no id"})

    assert split.OF_CARD | {kinds.CARD} == bad.kinds
