"""Boards: made, changed, copied, thrown away, and who is subscribed."""

from typing import Any

from connectors.monday.sandbox.changes import boards, people
from connectors.monday.sandbox.objects import Board, Json, Team, User
from connectors.monday.sandbox.resolve.mutations.given import board_of, optional_id, own_board
from connectors.monday.sandbox.resolve.table import Context, answers, numbers


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
        workspace_id=optional_id(workspace_id),
        folder_id=optional_id(folder_id),
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
    return boards.update(context.world, context.me, board_of(context, board_id), board_attribute, new_value)


@answers("Mutation", "update_board_hierarchy")
def update_board_hierarchy(_: None, context: Context, *, board_id: Any, attributes: Json) -> Json:
    """Move a board."""
    moved = boards.move(
        context.world,
        context.me,
        own_board(context, board_id),
        workspace_id=optional_id(attributes.get("workspace_id")),
        folder_id=optional_id(attributes.get("folder_id")),
    )
    return {"board": moved, "message": None, "success": True}


@answers("Mutation", "archive_board")
def archive_board(_: None, context: Context, *, board_id: Any) -> Board:
    """Put a board away."""
    return boards.archive(context.world, context.me, own_board(context, board_id))


@answers("Mutation", "delete_board")
def delete_board(_: None, context: Context, *, board_id: Any) -> Board:
    """Throw a board away."""
    return boards.delete(context.world, context.me, board_of(context, board_id))


@answers("Mutation", "duplicate_board")
def duplicate_board(
    _: None, context: Context, board_id: Any, duplicate_type: str, board_name: str | None = None, **_more: Any
) -> Json:
    """Copy a board."""
    source = board_of(context, board_id)
    return {
        "board": boards.duplicate(context.world, context.me, source, duplicate_type, name=board_name),
        "is_async": False,
    }


@answers("Mutation", "add_users_to_board")
def add_users_to_board(
    _: None, context: Context, *, board_id: Any, user_ids: Any, kind: str | None = None
) -> list[User]:
    """Put people on a board."""
    board = board_of(context, board_id)
    return people.subscribe(context.world, context.me, board, numbers(user_ids) or [], kind=kind or "subscriber")


@answers("Mutation", "add_teams_to_board")
def add_teams_to_board(
    _: None, context: Context, *, board_id: Any, team_ids: Any, kind: str | None = None
) -> list[Team]:
    """Put teams on a board."""
    board, world = board_of(context, board_id), context.world
    found = [world.teams[team_id] for team_id in numbers(team_ids) or () if team_id in world.teams]
    return people.subscribe_teams(board, found, kind=kind or "subscriber")


@answers("Mutation", "delete_subscribers_from_board")
def delete_subscribers_from_board(_: None, context: Context, *, board_id: Any, user_ids: Any) -> list[User]:
    """Take people off a board."""
    return people.unsubscribe(context.world, context.me, board_of(context, board_id), numbers(user_ids) or [])
