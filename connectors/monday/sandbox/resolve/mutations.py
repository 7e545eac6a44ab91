"""Mutations: what can be changed, one resolver for each."""

from collections.abc import Mapping
from typing import Any

from connectors.monday.sandbox.changes import boards, columns, docs, groups, items, people, updates
from connectors.monday.sandbox.changes import files as uploads
from connectors.monday.sandbox.errors import ApiError, InternalError, no_folder, no_item, not_found, unauthorized
from connectors.monday.sandbox.objects import (
    Asset,
    Board,
    Column,
    Doc,
    Folder,
    Group,
    Item,
    Json,
    Message,
    Tag,
    Team,
    User,
    View,
    Workspace,
)
from connectors.monday.sandbox.resolve.table import Context, answers, as_json, numbers


def _id(given: Any) -> int:
    """Read an id; text that is none breaks the app, as seen in its recorded answers."""
    if not str(given).isdigit():
        raise InternalError
    return int(given)


def _optional(given: Any) -> int | None:
    return None if given is None else _id(given)


def _board(context: Context, given: Any) -> Board:
    return context.world.board(_id(given), context.me)


def _sure_board(context: Context, given: Any) -> Board:
    """Find a board; that there is none breaks the app, as seen in its recorded answers."""
    if _id(given) not in context.world.boards:
        raise InternalError
    return _board(context, given)


def _own_board(context: Context, given: Any) -> Board:
    """Find a board; that there is none is told as if it were not allowed."""
    board_id = _id(given)
    found = context.world.boards.get(board_id)
    if found is None or found.state == "deleted" or not context.world.sees(context.me, found):
        raise unauthorized()
    return found


def _item(context: Context, given: Any) -> Item:
    if given is None:
        raise no_item(None)
    return context.world.item(_id(given), context.me)


def _sure_item(context: Context, given: Any) -> Item:
    """Find an item; that there is none breaks the app, as seen in its recorded answers."""
    if _id(given) not in context.world.items:
        raise InternalError
    return _item(context, given)


def _unnumbered(data: Any) -> Any:
    """Leave the numbers out of an error's data, as some mutations do."""
    return {name: None if isinstance(value, int) else value for name, value in data.items()}


def _values(given: Any) -> Mapping[str, Any]:
    found = as_json(given)
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise ApiError("JsonParseException", "column_values is not a JSON object", 400)
    return found


# Workspaces and folders


@answers("Mutation", "create_workspace")
def create_workspace(
    _: None, context: Context, name: str, kind: str, description: str | None = None, **_more: Any
) -> Workspace:
    """Make a workspace."""
    return boards.create_workspace(context.world, context.me, name, kind=kind, description=description)


@answers("Mutation", "update_workspace")
def update_workspace(_: None, context: Context, *, attributes: Json, id: Any = None) -> Workspace:  # noqa: A002
    """Change a workspace."""
    found = boards.workspace(context.world, _id(id))
    for name in ("name", "description", "kind"):
        if attributes.get(name) is not None:
            setattr(found, name, attributes[name])
    return found


@answers("Mutation", "delete_workspace")
def delete_workspace(_: None, context: Context, *, workspace_id: Any) -> Workspace:
    """Throw a workspace away."""
    return boards.delete_workspace(context.world, context.me, _id(workspace_id))


@answers("Mutation", "add_users_to_workspace")
def add_users_to_workspace(
    _: None, context: Context, workspace_id: Any, user_ids: Any, kind: str | None = None
) -> list[User]:
    """Put people into a workspace."""
    found = boards.workspace(context.world, _id(workspace_id))
    added = [user_id for user_id in numbers(user_ids) or () if user_id in context.world.users]
    people.enter(added, found.user_ids, *([found.owner_ids] if kind == "owner" else []))
    return [context.world.users[user_id] for user_id in added]


@answers("Mutation", "add_teams_to_workspace")
def add_teams_to_workspace(
    _: None, context: Context, workspace_id: Any, team_ids: Any, kind: str | None = None
) -> list[Team]:
    """Put teams into a workspace."""
    found = boards.workspace(context.world, _id(workspace_id))
    added = [team_id for team_id in numbers(team_ids) or () if team_id in context.world.teams]
    people.enter(added, found.team_ids, *([found.team_owner_ids] if kind == "owner" else []))
    return [context.world.teams[team_id] for team_id in added]


@answers("Mutation", "create_folder")
def create_folder(
    _: None,
    context: Context,
    *,
    name: str,
    workspace_id: Any = None,
    parent_folder_id: Any = None,
    color: str | None = None,
    custom_icon: str | None = None,
    font_weight: str | None = None,
) -> Folder:
    """Make a folder."""
    return boards.create_folder(
        context.world,
        context.me,
        name,
        workspace_id=_optional(workspace_id),
        parent_id=_optional(parent_folder_id),
        color=color,
        custom_icon=custom_icon,
        font_weight=font_weight,
    )


def _folder(context: Context, given: Any) -> Folder:
    folder_id = int(given) if str(given).isdigit() else 0
    found = context.world.folders.get(folder_id)
    if found is None:
        raise no_folder(folder_id)
    return found


@answers("Mutation", "update_folder")
def update_folder(_: None, context: Context, *, folder_id: Any, **changes: Any) -> Folder:
    """Change a folder."""
    found = _folder(context, folder_id)
    for name in ("name", "color", "custom_icon", "font_weight"):
        if changes.get(name) is not None:
            setattr(found, name, changes[name])
    if changes.get("parent_folder_id") is not None:
        found.parent_id = _id(changes["parent_folder_id"])
    if changes.get("workspace_id") is not None:
        found.workspace_id = _id(changes["workspace_id"])
    return found


@answers("Mutation", "delete_folder")
def delete_folder(_: None, context: Context, *, folder_id: Any) -> Folder:
    """Throw a folder away; its boards stay."""
    found = _folder(context, folder_id)
    del context.world.folders[found.id]
    for board in context.world.boards.values():
        if board.board_folder_id == found.id:
            board.board_folder_id = None
    return found


# Boards


@answers("Mutation", "create_board")
def create_board(
    _: None,
    context: Context,
    *,
    board_name: str,
    board_kind: str,
    workspace_id: Any = None,
    folder_id: Any = None,
    description: str | None = None,
    empty: bool | None = None,
    item_nickname: Json | None = None,
    board_owner_ids: Any = None,
    board_subscriber_ids: Any = None,
    **more: Any,
) -> Board:
    """Make a board."""
    made = boards.create(
        context.world,
        context.me,
        board_name,
        kind=board_kind,
        workspace_id=_optional(workspace_id),
        folder_id=_optional(folder_id),
        description=description,
        empty=bool(empty),
        item_terminology=(item_nickname or {}).get("singular"),
    )
    people.subscribe(context.world, context.me, made, numbers(board_owner_ids) or [], kind="owner")
    people.subscribe(context.world, context.me, made, numbers(board_subscriber_ids) or [])
    for name, kind in (("board_owner_team_ids", "owner"), ("board_subscriber_teams_ids", "subscriber")):
        teams = [context.world.teams[found] for found in numbers(more.get(name)) or () if found in context.world.teams]
        people.subscribe_teams(made, teams, kind=kind)
    return made


@answers("Mutation", "update_board")
def update_board(_: None, context: Context, *, board_id: Any, board_attribute: str, new_value: str) -> str:
    """Change a board."""
    return boards.update(context.world, context.me, _board(context, board_id), board_attribute, new_value)


@answers("Mutation", "update_board_hierarchy")
def update_board_hierarchy(_: None, context: Context, *, board_id: Any, attributes: Json) -> Json:
    """Move a board."""
    moved = boards.move(
        context.world,
        context.me,
        _own_board(context, board_id),
        workspace_id=_optional(attributes.get("workspace_id")),
        folder_id=_optional(attributes.get("folder_id")),
    )
    return {"board": moved, "message": None, "success": True}


@answers("Mutation", "archive_board")
def archive_board(_: None, context: Context, *, board_id: Any) -> Board:
    """Put a board away."""
    return boards.archive(context.world, context.me, _own_board(context, board_id))


@answers("Mutation", "delete_board")
def delete_board(_: None, context: Context, *, board_id: Any) -> Board:
    """Throw a board away."""
    return boards.delete(context.world, context.me, _board(context, board_id))


@answers("Mutation", "duplicate_board")
def duplicate_board(
    _: None, context: Context, board_id: Any, duplicate_type: str, board_name: str | None = None, **_more: Any
) -> Json:
    """Copy a board."""
    source = _board(context, board_id)
    return {
        "board": boards.duplicate(context.world, context.me, source, duplicate_type, name=board_name),
        "is_async": False,
    }


@answers("Mutation", "add_users_to_board")
def add_users_to_board(
    _: None, context: Context, *, board_id: Any, user_ids: Any, kind: str | None = None
) -> list[User]:
    """Put people on a board."""
    board = _board(context, board_id)
    return people.subscribe(context.world, context.me, board, numbers(user_ids) or [], kind=kind or "subscriber")


@answers("Mutation", "add_teams_to_board")
def add_teams_to_board(
    _: None, context: Context, *, board_id: Any, team_ids: Any, kind: str | None = None
) -> list[Team]:
    """Put teams on a board."""
    board, world = _board(context, board_id), context.world
    found = [world.teams[team_id] for team_id in numbers(team_ids) or () if team_id in world.teams]
    return people.subscribe_teams(board, found, kind=kind or "subscriber")


@answers("Mutation", "delete_subscribers_from_board")
def delete_subscribers_from_board(_: None, context: Context, *, board_id: Any, user_ids: Any) -> list[User]:
    """Take people off a board."""
    return people.unsubscribe(context.world, context.me, _board(context, board_id), numbers(user_ids) or [])


# Columns


def _create_column(context: Context, board_id: Any, title: str, column_type: str, **more: Any) -> Column:
    settings = as_json(more.get("defaults"))
    board = _board(context, board_id)
    if more.get("id") is not None:
        columns.check_chosen(more["id"])
    if column_type == "subtasks":
        return _create_subtasks(context, board, title, more.get("id"))
    return columns.add(
        context.world,
        context.me,
        board,
        title,
        column_type,
        column_id=more.get("id"),
        description=more.get("description"),
        settings=settings if isinstance(settings, dict) else None,
        after=more.get("after_column_id"),
        function=_function(more.get("capabilities")),
    )


def _create_subtasks(context: Context, board: Board, title: str, column_id: str | None) -> Column:
    """Make the column of the subitems, and their board; accounts are told that this is not supported yet, too."""
    if not context.world.makes_subtasks:
        raise ApiError("InvalidArgumentException", "Creating a column of type subtasks is not supported yet")
    if board.subitem_board_id is not None or board.hierarchy_type == "multi_level":
        raise ApiError("InvalidArgumentException", "The board has a subitems column")
    boards.create_subitem_board(context.world, context.me, board, title=title, column_id=column_id)
    return next(column for column in board.columns.values() if column.type == "subtasks")


def _function(capabilities: Json | None) -> str | None:
    calculated = (capabilities or {}).get("calculated") or {}
    return calculated.get("function")


@answers("Mutation", "create_column")
def create_column(_: None, context: Context, *, board_id: Any, title: str, column_type: str, **more: Any) -> Column:
    """Make a column; `defaults` are its settings."""
    return _create_column(context, board_id, title, column_type, **more)


@answers("Mutation", "create_status_column")
def create_status_column(_: None, context: Context, *, board_id: Any, title: str, **more: Any) -> Column:
    """Make a status column."""
    return _create_column(context, board_id, title, "status", **more)


@answers("Mutation", "create_dropdown_column")
def create_dropdown_column(_: None, context: Context, *, board_id: Any, title: str, **more: Any) -> Column:
    """Make a dropdown column."""
    return _create_column(context, board_id, title, "dropdown", **more)


@answers("Mutation", "update_column")
def update_column(
    _: None,
    context: Context,
    *,
    board_id: Any,
    id: str,  # noqa: A002
    revision: str,
    column_type: str,  # noqa: ARG001 - the column has one
    title: str | None = None,
    description: str | None = None,
    width: int | None = None,
    settings: Any = None,
    capabilities: Json | None = None,
) -> Column:
    """Change a column that nobody else has changed since."""
    board, given = _board(context, board_id), as_json(settings)
    return columns.update(
        context.world,
        context.me,
        board,
        columns.find(board, id),
        title=title,
        description=description,
        width=width,
        settings=given if isinstance(given, dict) else None,
        revision=revision,
        function=_function(capabilities),
    )


@answers("Mutation", "change_column_title")
def change_column_title(_: None, context: Context, *, board_id: Any, column_id: str, title: str) -> Column:
    """Give a column another title."""
    board = _sure_board(context, board_id)
    return columns.update(context.world, context.me, board, columns.find(board, column_id), title=title)


@answers("Mutation", "change_column_metadata")
def change_column_metadata(
    _: None,
    context: Context,
    *,
    board_id: Any,
    column_id: str,
    column_property: str | None = None,
    value: str | None = None,
) -> Column:
    """Change a column's title or description."""
    board = _sure_board(context, board_id)
    column = columns.find(board, column_id)
    if column_property == "description":
        return columns.update(context.world, context.me, board, column, description=value)
    return columns.update(context.world, context.me, board, column, title=value)


@answers("Mutation", "delete_column")
def delete_column(_: None, context: Context, *, board_id: Any, column_id: str) -> Column:
    """Throw a column away."""
    board = _board(context, board_id)
    return columns.delete(context.world, context.me, board, columns.find(board, column_id))


# Groups


@answers("Mutation", "create_group")
def create_group(
    _: None,
    context: Context,
    *,
    board_id: Any,
    group_name: str,
    group_color: str | None = None,
    relative_to: str | None = None,
    position_relative_method: str | None = None,
    position: str | None = None,  # noqa: ARG001 - out of use
) -> Group:
    """Make a group."""
    return groups.add(
        context.world,
        context.me,
        _board(context, board_id),
        group_name,
        color=group_color,
        relative_to=relative_to,
        after=position_relative_method != "before_at",
    )


@answers("Mutation", "update_group")
def update_group(
    _: None, context: Context, board_id: Any, group_id: str, group_attribute: str, new_value: str
) -> Group:
    """Change a group."""
    board = _board(context, board_id)
    return groups.update(
        context.world, context.me, board, groups.find(board, group_id), attribute=group_attribute, text=new_value
    )


@answers("Mutation", "duplicate_group")
def duplicate_group(
    _: None, context: Context, board_id: Any, group_id: str, group_title: str | None = None, **_more: Any
) -> Group:
    """Copy a group."""
    return groups.duplicate(context.world, context.me, _board(context, board_id), group_id, title=group_title)


@answers("Mutation", "archive_group")
def archive_group(_: None, context: Context, *, board_id: Any, group_id: str) -> Group:
    """Put a group away."""
    return groups.remove(context.world, context.me, _own_board(context, board_id), group_id, archive=True)


@answers("Mutation", "delete_group")
def delete_group(_: None, context: Context, *, board_id: Any, group_id: str) -> Group:
    """Throw a group away."""
    return groups.remove(context.world, context.me, _own_board(context, board_id), group_id, archive=False)


# Items


@answers("Mutation", "create_item")
def create_item(
    _: None,
    context: Context,
    *,
    board_id: Any,
    item_name: str,
    group_id: str | None = None,
    column_values: Any = None,
    create_labels_if_missing: bool | None = None,
    **_more: Any,
) -> Item:
    """Make an item."""
    board = _board(context, board_id)
    values = _untied(board, _values(column_values))
    return items.create(
        context.world,
        context.me,
        board,
        item_name,
        group_id=group_id,
        values=values,
        make_labels=bool(create_labels_if_missing),
    )


def _untied(board: Board, values: Mapping[str, Any]) -> Mapping[str, Any]:
    """Leave relations out of what a new item gets: the app drops them without a word, as people have measured."""
    tying = {column.id for column in board.columns.values() if column.type == "board_relation"}
    return {column_id: value for column_id, value in values.items() if column_id not in tying}


@answers("Mutation", "create_subitem")
def create_subitem(
    _: None,
    context: Context,
    *,
    parent_item_id: Any,
    item_name: str,
    column_values: Any = None,
    create_labels_if_missing: bool | None = None,
) -> Item:
    """Make an item below another."""
    try:
        parent, values = _item(context, parent_item_id), _values(column_values)
    except ApiError as error:
        error.data = _unnumbered(error.data)
        raise
    make = bool(create_labels_if_missing)
    return items.create_subitem(context.world, context.me, parent, item_name, values=values, make_labels=make)


@answers("Mutation", "duplicate_item")
def duplicate_item(
    _: None,
    context: Context,
    *,
    board_id: Any,
    item_id: Any = None,
    with_updates: bool | None = None,
) -> Item:
    """Copy an item."""
    board = _sure_board(context, board_id)
    try:
        source = _item(context, item_id)
    except ApiError as error:
        error.data = _id(item_id)
        raise
    name = f"{source.name} (copy)"
    return items.copy(context.world, context.me, source, board=board, with_updates=bool(with_updates), name=name)


@answers("Mutation", "move_item_to_group")
def move_item_to_group(_: None, context: Context, *, group_id: str, item_id: Any = None) -> Item:
    """Move an item."""
    return items.move(context.world, context.me, _item(context, item_id), group_id)


@answers("Mutation", "archive_item")
def archive_item(_: None, context: Context, *, item_id: Any = None) -> Item:
    """Put an item away."""
    return items.remove(context.world, context.me, _item(context, item_id), archive=True)


@answers("Mutation", "delete_item")
def delete_item(_: None, context: Context, *, item_id: Any = None) -> Item:
    """Throw an item away."""
    return items.remove(context.world, context.me, _item(context, item_id), archive=False)


def _change(context: Context, board_id: Any, item_id: Any, values: Mapping[str, Any], **how: bool) -> Item:
    board = _board(context, board_id)
    item = _item(context, item_id)
    if item.board_id != board.id:
        raise no_item(item.id)
    return items.change(context.world, context.me, item, values, **how)


@answers("Mutation", "change_column_value")
def change_column_value(
    _: None,
    context: Context,
    *,
    board_id: Any,
    column_id: str,
    value: Any,
    item_id: Any = None,
    create_labels_if_missing: bool | None = None,
) -> Item:
    """Set a value given as JSON."""
    values = {column_id: as_json(value)}
    return _change(context, board_id, item_id, values, make_labels=bool(create_labels_if_missing))


@answers("Mutation", "change_simple_column_value")
def change_simple_column_value(
    _: None,
    context: Context,
    *,
    board_id: Any,
    column_id: str,
    item_id: Any = None,
    value: str | None = None,
    create_labels_if_missing: bool | None = None,
) -> Item:
    """Set a value given as text."""
    values = {column_id: value or ""}
    return _change(context, board_id, item_id, values, make_labels=bool(create_labels_if_missing), simple=True)


@answers("Mutation", "change_multiple_column_values")
def change_multiple_column_values(
    _: None,
    context: Context,
    *,
    board_id: Any,
    column_values: Any,
    item_id: Any = None,
    create_labels_if_missing: bool | None = None,
) -> Item:
    """Set several values at once."""
    values = _values(column_values)
    try:
        return _change(context, board_id, item_id, values, make_labels=bool(create_labels_if_missing))
    except ApiError as error:
        error.data = _unnumbered(error.data)
        raise


@answers("Mutation", "update_assets_on_item")
def update_assets_on_item(
    _: None, context: Context, *, board_id: Any, item_id: Any, column_id: str, files: Any
) -> Item:
    """Say what files a cell holds."""
    _board(context, board_id)
    return uploads.add(context.world, context.me, _item(context, item_id), column_id, files)


# Updates


@answers("Mutation", "create_update")
def create_update(
    _: None,
    context: Context,
    *,
    body: str,
    item_id: Any = None,
    parent_id: Any = None,
    original_creation_date: str | None = None,
    **_more: Any,
) -> Message:
    """Write on an item, or answer."""
    world = context.world
    item = _sure_item(context, item_id) if item_id is not None else None
    parent = updates.find(world, _id(parent_id), context.me) if parent_id is not None else None
    return updates.create(world, context.me, item, body, parent=parent, original_creation_date=original_creation_date)


@answers("Mutation", "edit_update")
def edit_update(_: None, context: Context, *, id: Any, body: str) -> Message:  # noqa: A002
    """Write something else."""
    return updates.edit(context.world, context.me, updates.find(context.world, _id(id), context.me), body)


@answers("Mutation", "delete_update")
def delete_update(_: None, context: Context, *, id: Any) -> Message:  # noqa: A002
    """Take an update back."""
    return updates.delete(context.world, context.me, updates.find(context.world, _id(id), context.me))


@answers("Mutation", "clear_item_updates")
def clear_item_updates(_: None, context: Context, *, item_id: Any) -> Item:
    """Take every update of an item back."""
    item = _sure_item(context, item_id)
    for message_id in list(context.world.messages_of[item.id]):
        updates.delete(context.world, context.me, context.world.messages[message_id])
    return item


@answers("Mutation", "like_update")
def like_update(_: None, context: Context, *, update_id: Any, reaction_type: str | None = None) -> Message:
    """React."""
    found = context.world.messages.get(_id(update_id))
    if found is None:
        raise unauthorized()
    return updates.like(context.world, context.me, found, reaction=reaction_type)


@answers("Mutation", "unlike_update")
def unlike_update(_: None, context: Context, *, update_id: Any) -> Message:
    """Take a reaction back."""
    return updates.unlike(context.world, context.me, updates.find(context.world, _id(update_id), context.me))


@answers("Mutation", "pin_to_top")
def pin_to_top(_: None, context: Context, *, id: Any, item_id: Any = None) -> Message:  # noqa: A002
    """Pin an update on its item, or on another."""
    found = updates.find(context.world, _id(id), context.me)
    target = _optional(item_id) or found.item_id
    if target is not None and target not in found.pinned_to:
        found.pinned_to.append(target)
    return found


@answers("Mutation", "unpin_from_top")
def unpin_from_top(_: None, context: Context, *, id: Any, item_id: Any = None) -> Message:  # noqa: A002
    """Take a pin out."""
    found = updates.find(context.world, _id(id), context.me)
    target = _optional(item_id) or found.item_id
    found.pinned_to = [held for held in found.pinned_to if held != target]
    return found


# Files


@answers("Mutation", "add_file_to_column")
def add_file_to_column(_: None, context: Context, *, file: Any, item_id: Any, column_id: str) -> Asset:
    """Upload into a cell."""
    item = context.world.items.get(_id(item_id))
    if item is None or item.state == "deleted":
        raise InternalError
    return uploads.add_to_column(context.world, context.me, item, column_id, _upload(context, file))


@answers("Mutation", "add_file_to_update")
def add_file_to_update(_: None, context: Context, *, file: Any, update_id: Any = None) -> Asset:
    """Upload below an update or reply."""
    message = context.world.messages.get(_id(update_id))
    if message is None:
        raise InternalError
    return uploads.add_to_update(message, _upload(context, file))


def _upload(context: Context, file: Any) -> Asset:
    part = context.uploads.get(str(file))
    if part is None:
        raise ApiError("FileUploadException", "no file was sent", 400)
    return uploads.upload(context.world, context.me, part.name, part.content, media_type=part.media_type)


# Documents


@answers("Mutation", "create_doc")
def create_doc(_: None, context: Context, *, location: Json, **_more: Any) -> Doc:
    """Make a document."""
    if location.get("workspace"):
        where = location["workspace"]
        boards.workspace(context.world, _id(where["workspace_id"]))
        return docs.create(
            context.world,
            context.me,
            where["name"],
            kind=where.get("kind") or "public",
            workspace_id=_id(where["workspace_id"]),
            folder_id=_optional(where.get("folder_id")),
        )
    if location.get("board"):
        item = _item(context, location["board"]["item_id"])
        column_id = location["board"]["column_id"]
        board = context.world.boards[item.board_id]
        columns.find(board, column_id)
        return docs.create(
            context.world, context.me, item.name, workspace_id=board.workspace_id, item=item, column_id=column_id
        )
    raise ApiError("InvalidArgumentException", "location names no place")


@answers("Mutation", "update_doc_name")
def update_doc_name(_: None, context: Context, *, docId: Any, name: str) -> Json:  # noqa: N803 - the schema's word
    """Give a document another name."""
    found = docs.find(context.world, _id(docId))
    found.name, found.updated_at = name, context.world.now()
    return {"success": True, "id": str(found.id)}


@answers("Mutation", "delete_doc")
def delete_doc(_: None, context: Context, *, docId: Any) -> Json:  # noqa: N803 - the schema's word
    """Throw a document away."""
    found = docs.find(context.world, _id(docId))
    del context.world.docs[found.id]
    return {"success": True, "id": str(found.id)}


@answers("Mutation", "create_doc_block")
def create_doc_block(
    _: None,
    context: Context,
    *,
    doc_id: Any,
    type: str,  # noqa: A002 - the schema's word
    content: Any,
    after_block_id: str | None = None,
    parent_block_id: str | None = None,
) -> Any:
    """Add a block."""
    doc, block_type = docs.find(context.world, _id(doc_id)), type
    return docs.add_block(
        context.world,
        context.me,
        doc,
        block_type,
        as_json(content),
        after=after_block_id,
        parent_block_id=parent_block_id,
    )


@answers("Mutation", "update_doc_block")
def update_doc_block(_: None, context: Context, *, block_id: str, content: Any) -> Any:
    """Write something else into a block."""
    return docs.update_block(context.world, block_id, as_json(content))


@answers("Mutation", "delete_doc_block")
def delete_doc_block(_: None, context: Context, *, block_id: str) -> Any:
    """Take a block out."""
    return docs.delete_block(context.world, block_id)


@answers("Mutation", "add_content_to_doc_from_markdown")
def add_content_to_doc_from_markdown(
    _: None,
    context: Context,
    *,
    docId: Any,  # noqa: N803 - the schema's word
    markdown: str,
    afterBlockId: str | None = None,  # noqa: N803 - the schema's word
) -> Json:
    """Add blocks."""
    doc = docs.find(context.world, _id(docId))
    made = docs.add_markdown(context.world, context.me, doc, markdown, after=afterBlockId)
    return {"success": True, "block_ids": [block.id for block in made]}


@answers("Mutation", "set_item_description_content")
def set_item_description_content(_: None, context: Context, *, item_id: Any, markdown: str) -> Json:
    """Describe an item."""
    item, world = _item(context, item_id), context.world
    doc = world.docs.get(item.doc_id or 0) or docs.create(world, context.me, item.name, item=item)
    doc.blocks.clear()
    made = docs.add_markdown(world, context.me, doc, markdown)
    world.touch(item)
    return {"success": True, "block_ids": [block.id for block in made]}


# Tags, teams, views, webhooks


@answers("Mutation", "create_or_get_tag")
def create_or_get_tag(_: None, context: Context, *, tag_name: str | None = None, board_id: Any = None) -> Tag:
    """Make or find a tag."""
    board = _board(context, board_id) if board_id is not None else None
    return people.tag(context.world, tag_name or "", board=board)


@answers("Mutation", "create_team")
def create_team(_: None, context: Context, *, input: Json, options: Json | None = None) -> Team:  # noqa: A002
    """Make a team."""
    ids = numbers(input.get("subscriber_ids")) or []
    if not ids and not (options or {}).get("allow_empty_team"):
        raise ApiError("InvalidArgumentException", "a team needs people")
    return people.create_team(context.world, input["name"], ids, owner_ids=[], guest=bool(input.get("is_guest_team")))


@answers("Mutation", "create_view")
def create_view(
    _: None,
    context: Context,
    *,
    board_id: Any,
    type: str,  # noqa: A002 - the schema's word
    name: str | None = None,
    **more: Any,
) -> View:
    """Make a view."""
    given = {key: more[key] for key in ("filter", "sort", "tags") if more.get(key) is not None}
    for key in ("filter_user_id", "filter_team_id"):
        given[key] = _optional(more.get(key))
    settings = as_json(more.get("settings")) or {}
    kind = {"TABLE": "TableBoardView", "FORM": "FormBoardView", "APP": "AppBoardView"}.get(type, "DashboardBoardView")
    board = _board(context, board_id)
    return people.add_view(context.world, context.me, board, name or "Main table", kind, settings=settings, **given)


@answers("Mutation", "create_webhook")
def create_webhook(_: None, context: Context, *, board_id: Any, url: str, event: str, config: Any = None) -> Any:
    """Ask to be told."""
    board = _board(context, board_id)
    return context.webhooks.create(
        board.id, url=url, event=event, config=as_json(config), user=context.me, signs=context.signs
    )


@answers("Mutation", "delete_webhook")
def delete_webhook(_: None, context: Context, *, id: Any) -> Any:  # noqa: A002
    """Be told no more."""
    found = context.webhooks.delete(_id(id))
    if found is None:
        raise not_found("Webhook", _id(id))
    return found
