"""Fields of boards, items, people and what they are in."""

from collections.abc import Sequence
from typing import Any

import orjson

from connectors.monday.sandbox import paging, rules
from connectors.monday.sandbox.changes import groups
from connectors.monday.sandbox.columns.relations import linked
from connectors.monday.sandbox.errors import InternalError
from connectors.monday.sandbox.objects import (
    Asset,
    Board,
    Column,
    Doc,
    Folder,
    Group,
    Item,
    Json,
    Team,
    User,
    View,
    Workspace,
)
from connectors.monday.sandbox.resolve.table import RESOLVERS, Context, answers, numbers, when
from connectors.monday.sandbox.stamps import parse_stamp, stamp

for _type, _names in {
    "User": ("created_at",),
    "Workspace": ("created_at",),
    "Folder": ("created_at",),
    "Board": ("created_at", "updated_at"),
    "Item": ("created_at", "updated_at"),
    "Asset": ("created_at",),
    "Document": ("created_at", "updated_at"),
    "DocumentBlock": ("created_at", "updated_at"),
    "Team": ("created_at",),
}.items():
    for _name in _names:
        RESOLVERS[_type, _name] = when(_name)

ALL_LEVELS = "allItems"


def people(context: Context, ids: Sequence[int]) -> list[User]:
    """Give those of these people who are still there."""
    return [context.world.users[found] for found in ids if found in context.world.users]


def teams(context: Context, ids: Sequence[int]) -> list[Team]:
    """Give those of these teams that are still there."""
    return [context.world.teams[found] for found in ids if found in context.world.teams]


# People


@answers("User", "account")
def user_account(_: User, context: Context) -> Any:
    """The one account."""
    return account(context)


@answers("User", "account_id")
def user_account_id(_: User, context: Context) -> int:
    """Its id."""
    return context.world.account_id


@answers("User", "url")
def user_url(source: User, context: Context) -> str:
    """Where the profile is."""
    return f"https://{context.world.slug}.monday.com/users/{source.id}"


@answers("User", "teams")
def user_teams(source: User, context: Context, *, ids: Any = None) -> list[Team]:
    """The teams that have this person."""
    wanted = numbers(ids)
    found = [team for team in context.world.teams.values() if source.id in team.user_ids]
    return [team for team in found if wanted is None or team.id in wanted]


@answers("Team", "owners")
def team_owners(source: Team, context: Context, *, ids: Any = None) -> list[User]:
    """Those who run it."""
    wanted = numbers(ids)
    return [each for each in people(context, source.owner_ids) if wanted is None or each.id in wanted]


@answers("Team", "users")
def team_users(source: Team, context: Context, *, limit: int | None = None, page: int = 1, **_: Any) -> Sequence[User]:
    """Its people."""
    found = people(context, source.user_ids)
    return found if limit is None else paging.page_of(found, limit, page)


def account(context: Context) -> Json:
    """Give the account."""
    world = context.world
    return {
        "id": world.account_id,
        "name": world.account_name,
        "slug": world.slug,
        "tier": "pro",
        "country_code": "DE",
        "created_at": stamp(world.created_at),
        "active_members_count": len(world.users),
        "first_day_of_the_week": "monday",
        "is_during_trial": False,
        "is_trial_expired": False,
        "logo": None,
        "show_timeline_weekends": True,
        "sign_up_product_kind": "project_management",
        "plan": {"max_users": 20, "period": "yearly", "tier": "pro", "version": 18},
        "products": [{"id": 1_203_344, "kind": "core", "tier": "pro", "default_workspace_id": None}],
    }


# Workspaces and folders


@answers("Workspace", "owners_subscribers")
def workspace_owners(source: Workspace, context: Context, *, limit: int = 25, page: int = 1) -> Sequence[User]:
    """Those who run it."""
    return paging.page_of(people(context, source.owner_ids), limit, page)


@answers("Workspace", "users_subscribers")
def workspace_users(source: Workspace, context: Context, *, limit: int = 25, page: int = 1) -> Sequence[User]:
    """Its people."""
    return paging.page_of(people(context, source.user_ids), limit, page)


@answers("Workspace", "teams_subscribers")
def workspace_teams(source: Workspace, context: Context, *, limit: int = 25, page: int = 1) -> Sequence[Team]:
    """Its teams."""
    return paging.page_of(teams(context, source.team_ids), limit, page)


@answers("Workspace", "team_owners_subscribers")
def workspace_team_owners(source: Workspace, context: Context, *, limit: int = 25, page: int = 1) -> Sequence[Team]:
    """Teams that run it."""
    return paging.page_of(teams(context, source.team_owner_ids), limit, page)


@answers("Folder", "workspace")
def folder_workspace(source: Folder, context: Context) -> Workspace:
    """Where it is."""
    return context.world.workspaces[source.workspace_id]


@answers("Folder", "parent")
def folder_parent(source: Folder, context: Context) -> Folder | None:
    """The folder that it is in."""
    return context.world.folders.get(source.parent_id or 0)


@answers("Folder", "sub_folders")
def sub_folders(source: Folder, context: Context) -> list[Folder]:
    """The folders in it."""
    return [each for each in context.world.folders.values() if each.parent_id == source.id]


@answers("Folder", "children")
def folder_children(source: Folder, context: Context) -> list[Board]:
    """The boards in it."""
    return [
        board
        for board in context.world.boards.values()
        if board.board_folder_id == source.id and board.state == "active" and context.world.sees(context.me, board)
    ]


# Boards


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


# Columns and views


@answers("Column", "settings_str")
def settings_str(source: Column, _: Context) -> str:
    """Its settings as text."""
    return orjson.dumps(source.settings).decode()


@answers("Column", "capabilities")
def column_capabilities(source: Column, _: Context) -> Json:
    """What else it does."""
    adds_up = {"function": source.function, "calculated_type": source.type}
    return {"calculated": adds_up if source.function else None, "visibility": None}


@answers("BoardView", "settings_str", "view_specific_data_str")
def view_settings_str(source: View, _: Context) -> str:
    """Its settings as text."""
    return orjson.dumps(source.settings).decode()


# Items


@answers("Item", "board")
def item_board(source: Item, context: Context) -> Board:
    """Its board."""
    return context.world.boards[source.board_id]


@answers("Item", "group")
def item_group(source: Item, context: Context) -> Group:
    """Its group."""
    return context.world.boards[source.board_id].groups[source.group_id]


@answers("Item", "creator")
def item_creator(source: Item, context: Context) -> User | None:
    """Who made it."""
    return context.world.users.get(source.creator_id)


@answers("Item", "parent_item")
def parent_item(source: Item, context: Context) -> Item | None:
    """The item that it lies below."""
    return context.world.items.get(source.parent_id or 0)


@answers("Item", "subitems")
def subitems(source: Item, context: Context) -> list[Item]:
    """The items below it."""
    found = [context.world.items[item_id] for item_id in source.subitem_ids]
    return [item for item in found if item.state == "active" and context.world.is_shown(item.created_at)]


@answers("Item", "subscribers")
def item_subscribers(source: Item, context: Context) -> list[User]:
    """Who follows it."""
    return people(context, source.subscriber_ids)


@answers("Item", "email")
def item_email(source: Item, context: Context) -> str:
    """Where mail becomes an update."""
    return f"{source.board_id}-{source.id}@{context.world.slug}.eu1.monday.com"


@answers("Item", "url")
def item_url(source: Item, context: Context) -> str:
    """Where it is."""
    return context.world.serial(source)


@answers("Item", "relative_link")
def item_relative_link(source: Item, _: Context) -> str:
    """Where it is within the site."""
    return f"/boards/{source.board_id}/pulses/{source.id}"


@answers("Item", "assets")
def item_assets(
    source: Item, context: Context, assets_source: str | None = None, column_ids: Any = None
) -> list[Asset]:
    """Its uploads: in columns, in none, or both."""
    in_columns = [
        kept["assetId"]
        for column_id, value in source.values.items()
        if column_ids is None or column_id in column_ids
        for kept in (value.get("files", ()) if isinstance(value, dict) else ())
        if kept["fileType"] == "ASSET"
    ]
    gallery = _gallery(source, context) if column_ids is None else []
    ids = {"columns": in_columns, "gallery": gallery}.get(assets_source or "all", [*in_columns, *gallery])
    return [context.world.assets[found] for found in dict.fromkeys(ids) if found in context.world.assets]


def _gallery(item: Item, context: Context) -> list[int]:
    """Give the uploads in no column: on the item itself, its updates and their replies."""
    world = context.world
    said = [world.messages[found] for found in world.messages_of[item.id]]
    said += [world.messages[found] for message in said for found in message.reply_ids]
    return [*item.gallery_ids, *(found for message in said for found in message.asset_ids)]


@answers("Item", "description")
def item_description(source: Item, context: Context) -> Json | None:
    """The document that describes it."""
    doc = context.world.docs.get(source.doc_id or 0)
    return None if doc is None else {"id": doc.id, "doc": doc}


@answers("ItemDescription", "blocks")
def description_blocks(source: Json, _: Context, *, limit: int = 25, page: int = 1) -> Sequence[Any]:
    """Its blocks."""
    return _blocks(source["doc"], limit, page)


@answers("Item", "linked_items")
def linked_items(source: Item, context: Context, *, link_to_item_column_id: str, linked_board_id: str) -> list[Item]:
    """The items of another board that a column points at."""
    found = linked(context.world, source.values.get(link_to_item_column_id))
    return [item for item in found if item.board_id == int(linked_board_id)]


# Uploads and documents


@answers("Asset", "public_url")
def public_url(source: Asset, context: Context) -> str:
    """Where anybody finds it, for an hour."""
    return context.storage.sign(source)


@answers("Asset", "url")
def asset_url(source: Asset, context: Context) -> str:
    """Where people of the account find it."""
    world = context.world
    return f"https://{world.slug}.monday.com/protected_static/{world.account_id}/resources/{source.id}/{source.name}"


@answers("Asset", "url_thumbnail")
def asset_thumbnail(source: Asset, context: Context) -> str | None:
    """A small picture."""
    return f"{asset_url(source, context)}?thumb=1" if source.original_geometry else None


@answers("Asset", "uploaded_by")
@answers("Document", "created_by")
@answers("DocumentBlock", "created_by")
def made_by(source: Any, context: Context) -> User | None:
    """Who made it."""
    return context.world.users.get(source.creator_id)


@answers("Document", "blocks")
def blocks(source: Doc, _: Context, *, limit: int = 25, page: int = 1) -> Sequence[Any]:
    """Its blocks, in order."""
    return _blocks(source, limit, page)


def _blocks(doc: Doc, limit: int, page: int) -> Sequence[Any]:
    return paging.page_of(sorted(doc.blocks.values(), key=lambda block: block.position), limit, page, most=100)


@answers("Document", "url")
def doc_url(source: Doc, context: Context) -> str:
    """Where it is."""
    return f"https://{context.world.slug}.monday.com/docs/{source.object_id}"


@answers("Document", "relative_url")
def doc_relative_url(source: Doc, _: Context) -> str:
    """Where it is within the site."""
    return f"/docs/{source.object_id}"


@answers("Document", "workspace")
def doc_workspace(source: Doc, context: Context) -> Workspace | None:
    """Where it is kept."""
    return context.world.workspaces.get(source.workspace_id or 0)


@answers("DocumentBlock", "content")
def block_content(source: Any, _: Context) -> str:
    """What it holds, as text."""
    return orjson.dumps(source.content).decode()


@answers("DocumentBlock", "doc_id")
def block_doc_id(source: Any, context: Context) -> int | None:
    """The document that it is in."""
    return next((doc.id for doc in context.world.docs.values() if source.id in doc.blocks), None)
