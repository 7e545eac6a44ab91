"""Rules: how each kind of monday.com's is put back (`connectors.writing`).

What requests take: https://developer.monday.com/api-reference/reference, of API version 2026-10.
"""

import re
from collections.abc import Collection, Iterable, Mapping

from connectors.monday import kinds, values, views
from connectors.monday.pace import MondayPace
from connectors.monday.values import field_of
from connectors.pacing import Budget
from connectors.writing import Action, AppWriting, KindWriting, Name, Reference
from store.record import JsonObject, Kind, Record

PULSE = Kind("pulse_name")
"""An item or a subitem: relations and links do not tell which."""
BOARD_NAME = Kind("board_name")
"""A board, or the hidden one of its subitems, which the column that shows them knows."""
COLUMN_NAME = Kind("column_name")
"""A column of items or of subitems, by the id of its record."""
DOC_OBJECT = Kind("doc_object")
"""The id by which cells know a document."""

_TO_PULSE = re.compile(r"monday\.com/boards/\d+/pulses/(\d+)")
_TO_BOARD = re.compile(r"monday\.com/boards/(\d+)")
_IN_FORMULA = re.compile(r"\{([^{}]+)\}")
_IN_SPACE = frozenset({"owners_subscribers", "users_subscribers", "teams_subscribers", "team_owners_subscribers"})
_NOT_MADE = frozenset({"integration", "unsupported", "direct_doc", "item_assignees"})
_MADE_TWO_WAYS = frozenset({"layout", "table"})

_AT_ONCE = frozenset(field_of(name) for name in values.WRITABLE if name not in values.RELATIONS)
_LATER = frozenset(field_of(name) for name in values.RELATIONS)
_EVERY_TYPE = (*values.WRITABLE, *kinds.LOST_VALUES)


def _links(*paths: str) -> tuple[Reference, ...]:
    """Say that there may be links to items and boards in these texts."""
    return tuple(
        Reference(path=path, kind=kind, pattern=pattern)
        for path in paths
        for kind, pattern in ((PULSE, _TO_PULSE), (BOARD_NAME, _TO_BOARD))
    )


def _of_columns() -> tuple[Reference, ...]:
    """Name the columns that an item has something in, those that can be made first."""
    brought = [Reference(path=f"{field_of(name)}.~", kind=COLUMN_NAME, brings=True) for name in values.WRITABLE]
    others = [*map(field_of, kinds.LOST_VALUES), "file_values", "changed_at"]
    return (*brought, *(Reference(path=f"{name}.~", kind=COLUMN_NAME) for name in others))


_IN_VALUES = (
    *_of_columns(),
    Reference(path="people_values.*[].person", kind=kinds.USER),
    Reference(path="people_values.*[].team", kind=kinds.TEAM),
    Reference(path="person_values.*.personId", kind=kinds.USER),
    Reference(path="team_values.*.team_id", kind=kinds.TEAM),
    Reference(path="tags_values.*.tag_ids[]", kind=kinds.TAG, brings=True),
    Reference(path="board_relation_values.*.item_ids[]", kind=PULSE),
    Reference(path="dependency_values.*.item_ids[]", kind=PULSE),
    Reference(path="file_values.*[].asset", kind=kinds.ASSET),
    Reference(path="file_values.*[].doc", kind=DOC_OBJECT),
    *_links("link_values.*.url", "long_text_values.*.text"),
)

_IN_SETTINGS = (
    Reference(path="settings.boardIds[]", kind=BOARD_NAME),
    Reference(path="settings.relation_column.~", kind=COLUMN_NAME),
    Reference(path="settings.displayed_linked_columns[].board_id", kind=BOARD_NAME, entire=True),
    Reference(path="settings.displayed_linked_columns[].column_ids[]", kind=COLUMN_NAME),
    Reference(path="settings.formula", kind=COLUMN_NAME, pattern=_IN_FORMULA),
)


def _is_archived(view: JsonObject) -> bool:
    return view.get("archived") is True


def _by_own_id(kind: Kind, record: Record) -> Iterable[Name]:
    return [Name(kind=kind, value=record.external_id)]


def _column_names(record: Record) -> Iterable[Name]:
    """Know a column by its id, and by the one that shows subitems the board of those."""
    yield Name(kind=COLUMN_NAME, value=record.external_id)
    settings = record.content.get("settings")
    boards = settings.get("boardIds") if isinstance(settings, dict) else None
    if record.content.get("type") == "subtasks" and isinstance(boards, list) and boards:
        hidden = str(boards[0])
        if hidden != views.board_of(record):
            yield Name(kind=BOARD_NAME, value=hidden, key="subitems")


def _doc_names(record: Record) -> Iterable[Name]:
    found = record.content.get("object_id")
    return [Name(kind=DOC_OBJECT, value=str(found))] if found else []


def _board_cannot(held: Record, live: Record | None, me: str) -> str | None:
    del me
    if live is not None:
        return None
    if held.content.get("type") == "custom_object":
        return "what another app keeps in a board of its own is made by that app"
    if held.content.get("hierarchy_type") == "multi_level":
        return "no request makes a board of more than two levels: make an empty one in the app, and restore into it"
    return None


def _column_cannot(held: Record, live: Record | None, me: str) -> str | None:
    del me
    if live is not None:
        return None
    if held.content.get("archived") is True:
        return "no request archives a column, and one that is shown was not there"
    column_type = str(held.content.get("type"))
    return f"columns of the type {column_type} are made by the app or by others" if column_type in _NOT_MADE else None


def _asset_cannot(held: Record, live: Record | None, me: str) -> str | None:
    del me
    parent = held.parent
    is_loose = parent is not None and parent.kind in {kinds.ITEM, kinds.SUBITEM} and not held.content.get("column")
    return (
        "a request puts a file into a column or onto an update, and this one is in neither"
        if (live is None and is_loose)
        else None
    )


def _message_cannot(held: Record, live: Record | None, me: str) -> str | None:
    is_other = live is not None and str(live.content.get("creator_id")) != me
    if is_other and live is not None and held.content.get("body") != live.content.get("body"):
        return "only its author can change a message"
    return None


def _block_loses(held: Record, me: str) -> Mapping[str, str]:
    del me
    is_made = views.doc_block(held)["type"] in _MADE_TWO_WAYS
    return {"content": "the app makes the cells itself, and names them anew"} if is_made else {}


def _twice(action: Action, fields: Collection[str]) -> int:
    """Count a question and the change that its answer is needed for."""
    del action, fields
    return 2


def _one_each(action: Action, fields: Collection[str]) -> int:
    """Count one call for what the thing itself is, and one for each list of people in it."""
    people = len(_IN_SPACE & set(fields))
    return people + (action is Action.CREATE or people < len(fields))


def _board_calls(action: Action, fields: Collection[str]) -> int:
    """Count the call that marks the group that a new board comes with; a change takes one for each field."""
    return 2 if action is Action.CREATE else max(1, len(fields))


_KINDS = (
    KindWriting(kind=kinds.USER, can_create=False, alike=("email",)),
    KindWriting(kind=kinds.TEAM, can_create=False, alike=("name",)),
    # One of a board that is not public is that board's; made without it, it would be everybody's.
    KindWriting(kind=kinds.TAG, created_with=frozenset({"name"}), alike=("name",), view=views.tag),
    KindWriting(
        kind=kinds.WORKSPACE,
        created_with=frozenset({"name", "kind", "description"}),
        updated_with=frozenset({"name", "kind", "description", *_IN_SPACE}),
        blank={name: [] for name in _IN_SPACE},
        references=(
            Reference(path="owners_subscribers[]", kind=kinds.USER),
            Reference(path="users_subscribers[]", kind=kinds.USER),
            Reference(path="teams_subscribers[]", kind=kinds.TEAM),
            Reference(path="team_owners_subscribers[]", kind=kinds.TEAM),
        ),
        view=views.workspace,
        sort=views.number,
        grows=_IN_SPACE,
        calls=_one_each,
    ),
    KindWriting(
        kind=kinds.FOLDER,
        created_with=frozenset({"name", "color", "custom_icon", "font_weight", "parent_folder", "workspace"}),
        updated_with=frozenset({"name", "color", "custom_icon", "font_weight", "parent_folder", "workspace"}),
        references=(
            Reference(path="parent_folder", kind=kinds.FOLDER),
            Reference(path="workspace", kind=kinds.WORKSPACE),
        ),
        view=views.folder,
        sort=views.number,
    ),
    KindWriting(
        kind=kinds.BOARD,
        created_with=frozenset(
            {
                "name", "description", "board_kind", "item_terminology", "workspace_id", "board_folder_id",
                "owners", "subscribers", "team_owners", "team_subscribers",
            }
        ),
        updated_with=frozenset(
            {
                "name", "description", "item_terminology", "workspace_id", "board_folder_id", "archived",
                "owners", "subscribers", "team_owners", "team_subscribers",
            }
        ),
        late=frozenset({"archived"}),
        blank={"archived": False, "owners": [], "subscribers": [], "team_owners": [], "team_subscribers": []},
        references=(
            # A board that is made in another place first could be seen there.
            Reference(path="workspace_id", kind=kinds.WORKSPACE, first=True),
            Reference(path="board_folder_id", kind=kinds.FOLDER, first=True),
            Reference(path="owners[]", kind=kinds.USER),
            Reference(path="subscribers[]", kind=kinds.USER),
            Reference(path="team_owners[]", kind=kinds.TEAM),
            Reference(path="team_subscribers[]", kind=kinds.TEAM),
        ),
        names=lambda record: _by_own_id(BOARD_NAME, record),
        parent_required=False,
        view=views.board,
        sort=views.number,
        grows=frozenset({"owners", "subscribers", "team_owners", "team_subscribers"}),
        is_archived=_is_archived,
        archive_field="archived",
        archive_blocks=True,
        unarchives=False,
        cannot=_board_cannot,
        calls=_board_calls,
    ),
    *(
        KindWriting(
            kind=kind,
            created_with=frozenset({"id", "title", "type", "description", "settings", "function", "subitem_columns"}),
            updated_with=frozenset({"title", "description", "settings", "function", "width"}),
            blank={"settings": {}, "description": ""},
            references=_IN_SETTINGS,
            names=_column_names,
            alike=("title", "type"),
            view=views.column,
            sort=views.place,
            cannot=_column_cannot,
            calls=_twice,
        )
        for kind in (kinds.COLUMN, kinds.SUBITEM_COLUMN)
    ),
    KindWriting(
        kind=kinds.GROUP,
        created_with=frozenset({"title", "color"}),
        updated_with=frozenset({"title", "color", "archived"}),
        late=frozenset({"archived"}),
        blank={"archived": False},
        alike=("title",),
        view=views.group,
        sort=views.last_place,
        is_archived=_is_archived,
        archive_field="archived",
        archive_blocks=True,
        unarchives=False,
        calls=_twice,
    ),
    KindWriting(
        kind=kinds.ITEM,
        created_with=_AT_ONCE | {"name", "group"},
        updated_with=_AT_ONCE | _LATER | {"name", "group", "archived", "file_values"},
        late=frozenset({"archived"}),
        blank={"archived": False, "file_values": {}},
        references=(Reference(path="group", kind=kinds.GROUP, required=True), *_IN_VALUES),
        names=lambda record: _by_own_id(PULSE, record),
        view=views.item,
        sort=views.number,
        is_archived=_is_archived,
        archive_field="archived",
        unarchives=False,
    ),
    KindWriting(
        kind=kinds.SUBITEM,
        created_with=_AT_ONCE | {"name"},
        updated_with=_AT_ONCE | _LATER | {"name", "archived", "file_values"},
        late=frozenset({"archived"}),
        blank={"archived": False, "file_values": {}},
        references=_IN_VALUES,
        names=lambda record: _by_own_id(PULSE, record),
        view=views.item,
        sort=views.number,
        is_archived=_is_archived,
        archive_field="archived",
        unarchives=False,
    ),
    KindWriting(
        kind=kinds.UPDATE,
        created_with=frozenset({"body", "original_creation_date"}),
        updated_with=frozenset({"body", "pinned"}),
        blank={"pinned": False},
        references=_links("body"),
        view=views.update,
        written=views.signed,
        sort=views.time,
        cannot=_message_cannot,
    ),
    KindWriting(
        kind=kinds.REPLY,
        created_with=frozenset({"body", "original_creation_date"}),
        updated_with=frozenset({"body"}),
        references=_links("body"),
        view=views.update,
        written=views.signed,
        sort=views.time,
        cannot=_message_cannot,
    ),
    KindWriting(
        kind=kinds.ASSET,
        created_with=frozenset({"name", "column"}),
        references=(Reference(path="column", kind=COLUMN_NAME, brings=True),),
        view=views.asset,
        sort=views.number,
        cannot=_asset_cannot,
    ),
    KindWriting(
        kind=kinds.DOC,
        created_with=frozenset({"name", "doc_kind", "workspace_id", "folder"}),
        updated_with=frozenset({"name"}),
        references=(
            Reference(path="workspace_id", kind=kinds.WORKSPACE),
            Reference(path="folder", kind=kinds.FOLDER),
        ),
        names=_doc_names,
        view=views.doc,
        sort=views.number,
    ),
    KindWriting(
        kind=kinds.DOC_BLOCK,
        created_with=frozenset({"type", "content", "parent_block_id"}),
        updated_with=frozenset({"content"}),
        references=(
            Reference(path="parent_block_id", kind=kinds.DOC_BLOCK, required=True),
            Reference(path="doc_id", kind=kinds.DOC),
        ),
        view=views.doc_block,
        sort=views.place,
        loses=_block_loses,
        calls=_twice,
    ),
)  # fmt: skip


def _may_write(scopes: Collection[str]) -> bool:
    """Read it from OAuth's scopes; a personal token has none, and all rights of its owner."""
    return "boards:write" in scopes


WRITING = AppWriting(
    kinds=_KINDS,
    budgets=(*MondayPace.initial, Budget(name="daily", limit=10_000, interval_seconds=86_400.0)),
    call_seconds=0.4,
    lanes=4,
    replay_seconds=1_800.0,
    settle_seconds=60.0,
    may_write=_may_write,
    scratch=kinds.BOARD,
)
