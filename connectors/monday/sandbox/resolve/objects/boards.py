"""Fields of boards and groups, and the items that they list."""

from collections.abc import Sequence
from typing import Any

from connectors.monday.sandbox import paging, rules
from connectors.monday.sandbox.changes import groups
from connectors.monday.sandbox.errors import InternalError
from connectors.monday.sandbox.objects import Board, Column, Folder, Group, Item, Json, Team, User, View, Workspace
from connectors.monday.sandbox.resolve.objects.people import people, teams
from connectors.monday.sandbox.resolve.table import Context, answers, numbers
from connectors.monday.sandbox.stamps import parse_stamp

ALL_LEVELS = "allItems"


@answers("Board", "columns")
def board_columns(
    source: Board, _: Context, ids: Any = None, types: Any = None, capabilities: Any = None
) -> list[Column]:
    """Its columns, in order."""
    return [
        column
        for column in source.columns.values()
        if (ids is None or column.id in ids) and (types is None or column.type in types) and capabilities is None
    ]


@answers("Board", "groups")
def board_groups(source: Board, _: Context, *, ids: Any = None) -> list[Group]:
    """Its groups, in order; archived ones too."""
    return [group for group in groups.in_order(source) if ids is None or group.id in ids]


@answers("Board", "top_group")
def top_group(source: Board, _: Context) -> Group:
    """The first group."""
    return groups.in_order(source)[0]


@answers("Board", "views")
def board_views(source: Board, _: Context, *, ids: Any = None, type: str | None = None) -> list[View]:  # noqa: A002
    """Its views."""
    wanted = numbers(ids)
    return [
        view
        for view in source.views.values()
        if (wanted is None or view.id in wanted) and (type is None or view.type == type)
    ]


@answers("Board", "creator", "owner")
def board_creator(source: Board, context: Context) -> User:
    """Who made it."""
    return context.world.users[source.creator_id]


@answers("Board", "owners")
def board_owners(source: Board, context: Context) -> list[User]:
    """Who runs it."""
    return people(context, source.owner_ids)


@answers("Board", "subscribers")
def board_subscribers(source: Board, context: Context) -> list[User]:
    """Who follows it."""
    return people(context, source.subscriber_ids)


@answers("Board", "team_owners")
def board_team_owners(source: Board, context: Context, *, limit: int = 25, page: int = 1) -> Sequence[Team]:
    """Teams that run it."""
    return paging.page_of(teams(context, source.team_owner_ids), limit, page)


@answers("Board", "team_subscribers")
def board_team_subscribers(source: Board, context: Context, *, limit: int = 25, page: int = 1) -> Sequence[Team]:
    """Teams that follow it."""
    return paging.page_of(teams(context, source.team_subscriber_ids), limit, page)


@answers("Board", "tags")
def board_tags(source: Board, context: Context) -> list[Any]:
    """Its own tags."""
    return [context.world.tags[found] for found in source.tag_ids]


@answers("Board", "workspace")
def board_workspace(source: Board, context: Context) -> Workspace | None:
    """Where it is; the main workspace is said by nothing."""
    return context.world.workspaces.get(source.workspace_id or 0)


@answers("Board", "folder")
def board_folder(source: Board, context: Context) -> Folder | None:
    """The folder that it is in."""
    return context.world.folders.get(source.board_folder_id or 0)


@answers("Board", "url")
def board_url(source: Board, context: Context) -> str:
    """Where it is."""
    return f"https://{context.world.slug}.monday.com/boards/{source.id}"


@answers("Board", "access_level")
def board_access_level(source: Board, context: Context) -> str:
    """What the one who asks may do."""
    return "edit" if context.me.kind in {"admin", "member"} or context.me.id in source.owner_ids else "view"


@answers("Board", "items_count")
def items_count(source: Board, context: Context) -> int:
    """How many items are there, the archived ones left out."""
    return len(listed(context, source))


@answers("Board", "items_page")
def board_items_page(
    source: Board,
    context: Context,
    *,
    limit: int = 25,
    cursor: str | None = None,
    query_params: Json | None = None,
    hierarchy_scope_config: str | None = None,
) -> Json:
    """The first items, or those after a cursor."""
    if source.state == "deleted":
        # Seen in production by others: the items of a deleted board break the request.
        raise InternalError
    if cursor is not None:
        return _page(context.cursors.next(cursor, limit))
    items = listed(context, source, levels=hierarchy_scope_config == ALL_LEVELS)
    return _page(context.cursors.first(source.id, rules.select(context.world, source, items, query_params), limit))


@answers("Board", "activity_logs")
def activity_logs(
    source: Board,
    context: Context,
    *,
    limit: int = 25,
    page: int = 1,
    to: str | None = None,
    user_ids: Any = None,
    item_ids: Any = None,
    column_ids: Any = None,
    group_ids: Any = None,
    **more: Any,
) -> Sequence[Any]:
    """Its history, the newest first, as far back as it is kept."""
    world = context.world
    oldest = world.clock.now() - world.retention
    since = max(parse_stamp(more["from"]), oldest) if more.get("from") else oldest
    until = parse_stamp(to) if to else None
    wanted_users, wanted_items = numbers(user_ids), numbers(item_ids)
    found = [
        entry
        for entry in reversed(world.activities[source.id])
        if since <= entry.when
        and (until is None or entry.when <= until)
        and world.is_shown(entry.when)
        and (wanted_users is None or entry.user_id in wanted_users)
        and (wanted_items is None or any(f'"pulse_id":{each},' in f"{entry.data}," for each in wanted_items))
        and (column_ids is None or any(f'"column_id":"{each}"' in entry.data for each in column_ids))
        and (group_ids is None or any(f'"group_id":"{each}"' in entry.data for each in group_ids))
    ]
    return paging.page_of(found, limit, page, most=10_000)


@answers("Group", "items_page")
def group_items_page(
    source: Group,
    context: Context,
    *,
    limit: int = 25,
    cursor: str | None = None,
    query_params: Json | None = None,
    hierarchy_scope_config: str | None = None,  # noqa: ARG001 - groups have one level
) -> Json:
    """The first items of a group, or those after a cursor."""
    if cursor is not None:
        return _page(context.cursors.next(cursor, limit))
    board = next(each for each in context.world.boards.values() if each.groups.get(source.id) is source)
    items = [item for item in listed(context, board) if item.group_id == source.id]
    return _page(context.cursors.first(board.id, rules.select(context.world, board, items, query_params), limit))


def listed(context: Context, board: Board, *, levels: bool = False) -> list[Item]:
    """Give the items that listings show: active ones, of the first level unless told otherwise."""
    world = context.world
    found = (world.items[item_id] for item_id in board.item_ids)
    top = board.hierarchy_type == "multi_level" and not levels
    return [
        item
        for item in found
        if item.state == "active" and world.is_shown(item.created_at) and not (top and item.parent_id is not None)
    ]


def _page(found: tuple[str | None, list[Item]]) -> Json:
    return {"cursor": found[0], "items": found[1]}
