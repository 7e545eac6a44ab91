"""Boards, and the workspaces and folders that they are in."""

from typing import Any

import orjson

from connectors.monday.sandbox.changes import columns, groups, items
from connectors.monday.sandbox.errors import no_folder, no_workspace, unauthorized
from connectors.monday.sandbox.objects import Board, Folder, User, Workspace
from connectors.monday.sandbox.world import World

FIRST_GROUP, FIRST_GROUP_COLOR = "topics", "#037f4c"
_OF_SUBITEMS = (
    ("Name", "name", "name"), ("Owner", "people", "person"), ("Status", "status", "status"), ("Date", "date", "date0"),
)  # fmt: skip
"""The columns that subitems have from the beginning."""


def create_workspace(
    world: World, user: User, name: str, *, kind: str = "open", description: str | None = None
) -> Workspace:
    """Make a workspace of one's own."""
    made = Workspace(
        id=world.ids.number("workspace"),
        name=name,
        kind=kind,
        description=description,
        created_at=world.now(),
        owner_ids=[user.id],
        user_ids=[user.id],
    )
    world.workspaces[made.id] = made
    return made


def workspace(world: World, workspace_id: int) -> Workspace:
    """Find a workspace to change."""
    found = world.workspaces.get(workspace_id)
    if found is None or found.state == "deleted":
        raise no_workspace(workspace_id)
    return found


def delete_workspace(world: World, user: User, workspace_id: int) -> Workspace:
    """Throw a workspace away, with its boards."""
    found = workspace(world, workspace_id)
    found.state = "deleted"
    for board in list(world.boards.values()):
        if board.workspace_id == workspace_id and board.state != "deleted" and board.parent_board_id is None:
            delete(world, user, board)
    return found


def create_folder(
    world: World,
    user: User,
    name: str,
    *,
    workspace_id: int | None = None,
    parent_id: int | None = None,
    color: str | None = None,
    custom_icon: str | None = None,
    font_weight: str | None = None,
) -> Folder:
    """Make a folder."""
    home = workspace(world, workspace_id) if workspace_id is not None else default_workspace(world)
    if parent_id is not None and parent_id not in world.folders:
        raise no_folder(parent_id)
    made = Folder(
        id=world.ids.number("folder"),
        name=name,
        color=color,
        custom_icon=custom_icon,
        font_weight=font_weight,
        workspace_id=home.id,
        parent_id=parent_id,
        owner_id=user.id,
        created_at=world.now(),
    )
    world.folders[made.id] = made
    return made


def default_workspace(world: World) -> Workspace:
    """Give the main workspace, which is made with the account."""
    return next(each for each in world.workspaces.values() if each.is_default_workspace)


def create(
    world: World,
    user: User,
    name: str,
    *,
    kind: str = "public",
    workspace_id: int | None = None,
    folder_id: int | None = None,
    description: str | None = None,
    empty: bool = False,
    hierarchy: str = "classic",
    item_terminology: str | None = None,
) -> Board:
    """Make a board, with a group, and an item in it unless it is to be empty."""
    if workspace_id is not None:
        workspace(world, workspace_id)
    if folder_id is not None and folder_id not in world.folders:
        raise no_folder(folder_id)
    now = world.now()
    made = Board(
        id=world.ids.number("pulse"),
        name=name,
        board_kind=kind,
        hierarchy_type=hierarchy,
        description=description,
        workspace_id=workspace_id,
        board_folder_id=folder_id,
        item_terminology=item_terminology,
        creator_id=user.id,
        owner_ids=[user.id],
        subscriber_ids=[user.id],
        created_at=now,
        updated_at=now,
    )
    world.boards[made.id] = made
    groups.add(world, user, made, "Group Title", color=FIRST_GROUP_COLOR, group_id=FIRST_GROUP)
    columns.add(world, user, made, "Name", "name", column_id="name")
    naming = {"board_name": name, "value": {"name": name}, "previous_value": {"name": None}}
    world.log(made, "update_board_name", naming, user, entity="board")
    if workspace_id is not None:
        moving = {"value": {"workspace_id": workspace_id}, "previous_value": {"workspace_id": None}}
        world.log(made, "board_workspace_id_changed", moving, user, entity="board")
    if not empty:
        items.create(world, user, made, "Task 1")
    return made


def subitem_board(world: World, user: User, parent: Board) -> Board:
    """Return where a board's subitems lie: on itself where it has levels, else on its hidden board, made if need be."""
    if parent.hierarchy_type == "multi_level":
        return parent
    if parent.subitem_board_id is not None:
        return world.boards[parent.subitem_board_id]
    return create_subitem_board(world, user, parent)


def create_subitem_board(
    world: World, user: User, parent: Board, *, title: str | None = None, column_id: str | None = None
) -> Board:
    """Make the hidden board of a board's subitems, and the column that shows them."""
    now = world.now()
    made = Board(
        id=world.ids.number("pulse"),
        name=f"Subitems of {parent.name}",
        board_kind=parent.board_kind,
        type="sub_items_board",
        workspace_id=parent.workspace_id,
        creator_id=user.id,
        owner_ids=list(parent.owner_ids),
        created_at=now,
        updated_at=now,
        parent_board_id=parent.id,
    )
    world.boards[made.id] = made
    parent.subitem_board_id = made.id
    groups.add(world, user, made, "Subitems", color="#579bfc", group_id=FIRST_GROUP)
    for its_title, kind, its_id in _OF_SUBITEMS:
        columns.add(world, user, made, its_title, kind, column_id=its_id)
    settings = {
        "allowMultipleItems": True,
        "itemTypeName": "column.subtasks.title",
        "displayType": "BOARD_INLINE",
        "boardIds": [made.id],
    }
    columns.add(world, user, parent, title or "Subitems", "subtasks", column_id=column_id, settings=settings)
    return made


def update(world: World, user: User, board: Board, attribute: str, text: str) -> str:
    """Change a board's name, description or word for items; gives the JSON that the API does."""
    match attribute:
        case "name":
            before, board.name = board.name, text
            data = {"board_name": text, "value": {"name": text}, "previous_value": {"name": before}}
            world.log(board, "update_board_name", data, user, entity="board")
        case "description":
            board.description = text
            world.log(board, "update_board_description", {"value": text}, user, entity="board")
        case _:
            board.item_terminology = text
            world.log(board, "update_board_nickname", {"value": text}, user, entity="board")
    undo = {
        "undo_record_id": world.ids.uuid(),
        "action_type": "modify_project",
        "entity_type": "Board",
        "entity_id": board.id,
        "count": 1,
    }
    return orjson.dumps({"success": True, "undo_data": undo}).decode()


def move(world: World, user: User, board: Board, *, workspace_id: int | None, folder_id: int | None) -> Board:
    """Put a board into another workspace, or into a folder and its workspace."""
    if folder_id is not None:
        if folder_id not in world.folders:
            raise no_folder(folder_id)
        board.board_folder_id, workspace_id = folder_id, world.folders[folder_id].workspace_id
    elif workspace_id is not None:
        board.board_folder_id = None
    if workspace_id is not None:
        data = {"value": {"workspace_id": workspace_id}, "previous_value": {"workspace_id": board.workspace_id}}
        board.workspace_id = workspace(world, workspace_id).id
        world.log(board, "board_workspace_id_changed", data, user, entity="board")
    return board


def archive(world: World, user: User, board: Board) -> Board:
    """Put a board away."""
    board.state = "archived"
    world.log(board, "board_state_changed", {"value": "archived"}, user, entity="board")
    return board


def delete(world: World, user: User, board: Board) -> Board:
    """Throw a board away, with its subitems' board."""
    if user.id not in {*board.owner_ids, board.creator_id} and user.kind != "admin":
        raise unauthorized()
    board.state = "deleted"
    world.deleted_at[board.id] = world.now()
    world.log(board, "board_deleted", {}, user, entity="board")
    if board.subitem_board_id is not None:
        delete(world, user, world.boards[board.subitem_board_id])
    return board


def duplicate(world: World, user: User, board: Board, kind: str, *, name: str | None = None) -> Board:
    """Copy a board: its structure, and its items where asked."""
    made = create(
        world,
        user,
        name or f"Duplicate of {board.name}",
        kind=board.board_kind,
        workspace_id=board.workspace_id,
        folder_id=board.board_folder_id,
        description=board.description,
        empty=True,
    )
    for column in board.columns.values():
        if column.type not in {"name", "subtasks"}:
            settings: Any = orjson.loads(orjson.dumps(column.settings))
            columns.add(world, user, made, column.title, column.type, column_id=column.id, settings=settings)
    for group in board.groups.values():
        if group.id not in made.groups and not group.archived and not group.deleted:
            groups.add(world, user, made, group.title, color=group.color, group_id=group.id)
    if kind != "duplicate_board_with_structure":
        for item in [world.items[found] for found in board.item_ids]:
            if item.state == "active":
                items.copy(world, user, item, board=made, with_updates=kind.endswith("_and_updates"))
    return made
