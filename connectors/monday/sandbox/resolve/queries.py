"""Queries: what can be asked at the root."""

from collections.abc import Sequence
from typing import Any

from connectors.monday.sandbox import paging, rules
from connectors.monday.sandbox.changes import people
from connectors.monday.sandbox.errors import no_board
from connectors.monday.sandbox.objects import Asset, Board, Doc, Folder, Item, Json, Message, Tag, Team, User, Workspace
from connectors.monday.sandbox.resolve import messages
from connectors.monday.sandbox.resolve.objects.boards import listed
from connectors.monday.sandbox.resolve.objects.people import account as the_account
from connectors.monday.sandbox.resolve.table import Context, answers, numbers
from connectors.monday.sandbox.stamps import parse_stamp
from connectors.monday.sandbox.versions import VERSIONS, shown

MOST_ITEMS_BY_ID = 100


@answers("Query", "account")
def account(_: None, context: Context) -> Json:
    """The account of the token."""
    return the_account(context)


@answers("Query", "me")
def me(_: None, context: Context) -> User:
    """Who asks."""
    return context.me


@answers("Query", "users")
def users(
    _: None,
    context: Context,
    *,
    ids: Any = None,
    limit: int = 200,
    page: int = 1,
    emails: Any = None,
    name: str | None = None,
    non_active: bool | None = None,
    status: Any = None,
    kind: str | None = None,
    newest_first: bool | None = None,
    visibility: str | None = None,  # noqa: ARG001
) -> Sequence[User]:
    """People: the active ones, unless the others are asked for."""
    wanted = numbers(ids)
    found = [
        user
        for user in context.world.users.values()
        if (wanted is None or user.id in wanted)
        and (emails is None or user.email in emails)
        and (name is None or name.lower() in user.name.lower())
        and (user.status in status if status is not None else (user.status == "INACTIVE") == bool(non_active))
        and (kind in {None, "all"} or (kind == "guests") == (user.kind == "guest"))
    ]
    found.sort(key=lambda user: user.id, reverse=bool(newest_first))
    return paging.page_of(found, limit, page)


@answers("Query", "teams")
def teams(_: None, context: Context, *, ids: Any = None) -> list[Team]:
    """Teams."""
    wanted = numbers(ids)
    return [team for team in context.world.teams.values() if wanted is None or team.id in wanted]


@answers("Query", "workspaces")
def workspaces(
    _: None,
    context: Context,
    *,
    ids: Any = None,
    limit: int = 25,
    page: int = 1,
    state: str | None = "active",
    kind: str | None = None,
    order_by: str | None = None,
    membership_kind: str | None = "all",
) -> Sequence[Workspace]:
    """Workspaces that one may see, the newest first."""
    wanted, own = numbers(ids), context.me.id
    found = [
        each
        for each in context.world.workspaces.values()
        if (wanted is None or each.id in wanted)
        and state in {"all", None, each.state}
        and kind in {None, each.kind}
        and (each.kind == "open" or own in {*each.owner_ids, *each.user_ids})
        and (membership_kind != "member" or own in {*each.owner_ids, *each.user_ids})
        and context.me.kind != "guest"
    ]
    found.sort(key=lambda each: each.created_at, reverse=True)
    del order_by  # the only order there is
    return paging.page_of(found, limit, page, most=100)


@answers("Query", "folders")
def folders(
    _: None, context: Context, ids: Any = None, limit: int = 25, page: int = 1, workspace_ids: Any = None
) -> Sequence[Folder]:
    """Folders."""
    wanted, within = numbers(ids), numbers(workspace_ids)
    open_to_me = {each.id for each in workspaces(None, context, limit=100, state="all")}
    found = [
        folder
        for folder in context.world.folders.values()
        if (wanted is None or folder.id in wanted)
        and (within is None or folder.workspace_id in within)
        and folder.workspace_id in open_to_me
    ]
    return paging.page_of(found, limit, page, most=100)


@answers("Query", "boards")
def boards(
    _: None,
    context: Context,
    *,
    ids: Any = None,
    limit: int = 25,
    page: int = 1,
    state: str | None = "active",
    board_kind: str | None = None,
    workspace_ids: Any = None,
    order_by: str | None = None,
    hierarchy_types: Any = None,
    latest: bool | None = None,  # noqa: ARG001
) -> Sequence[Board]:
    """Boards that one may see; those with levels only where asked for, or by id."""
    world = context.world
    wanted = numbers(ids)
    within = None if workspace_ids is None else {None if found is None else int(found) for found in workspace_ids}
    kinds = hierarchy_types or (["classic"] if wanted is None else ["classic", "multi_level"])
    found = [
        board
        for board in world.boards.values()
        if (wanted is None or board.id in wanted)
        and state in {"all", None, board.state}
        and board_kind in {None, board.board_kind}
        and (within is None or board.workspace_id in within)
        and board.hierarchy_type in kinds
        and world.is_shown(board.created_at)
        and not world.is_purged(board.id)
        and world.sees(context.me, board)
    ]
    newest = (lambda board: board.updated_at) if order_by == "used_at" else (lambda board: board.created_at)
    found.sort(key=newest, reverse=True)
    return paging.page_of(found, limit, page)


@answers("Query", "items")
def items(
    _: None,
    context: Context,
    *,
    ids: Any = None,
    limit: int = 25,
    page: int = 1,
    exclude_nonactive: bool | None = None,
    newest_first: bool | None = None,
) -> Sequence[Item]:
    """Items by id, archived and deleted ones too until they are purged; what is not there is left out."""
    world = context.world
    wanted = numbers(ids)
    if wanted is not None and len(wanted) > MOST_ITEMS_BY_ID:
        paging.page_of([], len(wanted), 1, most=MOST_ITEMS_BY_ID)
    shelf = (
        [world.items[found] for found in wanted if found in world.items] if wanted is not None else world.items.values()
    )
    found = [
        item
        for item in shelf
        if not world.is_purged(item.id)
        and not (exclude_nonactive and item.state != "active")
        and world.sees(context.me, world.boards[item.board_id])
    ]
    found.sort(key=lambda item: item.id, reverse=bool(newest_first))
    return paging.page_of(found, limit, page, most=MOST_ITEMS_BY_ID)


@answers("Query", "next_items_page")
def next_items_page(_: None, context: Context, *, cursor: str, limit: int = 25) -> Json:
    """Go on with a listing."""
    return _next(context, cursor, limit)


def _next(context: Context, cursor: str, limit: int) -> Json:
    after, found = context.cursors.next(cursor, limit)
    return {"cursor": after, "items": found}


@answers("Query", "items_page_by_column_values")
def items_page_by_column_values(
    _: None,
    context: Context,
    *,
    board_id: str,
    limit: int = 25,
    cursor: str | None = None,
    columns: Any = None,
    hierarchy_scope_config: str | None = None,  # noqa: ARG001 - a filter of one level
) -> Json:
    """Items that have one of some texts in each of some columns."""
    if cursor is not None:
        return _next(context, cursor, limit)
    # Never in the deleted state, and always one that may be seen.
    wanted = numbers([board_id]) or [0]
    board = context.world.boards.get(wanted[0])
    if board is None or board.state == "deleted" or not context.world.sees(context.me, board):
        raise no_board(wanted[0])
    found = rules.by_column_values(context.world, board, listed(context, board), columns or [])
    after, first = context.cursors.first(board.id, found, limit)
    return {"cursor": after, "items": first}


@answers("Query", "updates")
def updates(
    _: None,
    context: Context,
    *,
    limit: int = 25,
    page: int = 1,
    ids: Any = None,
    from_date: str | None = None,
    to_date: str | None = None,
) -> Sequence[Message]:
    """Updates, the newest first, by when they were made."""
    wanted = numbers(ids)
    found = [
        each
        for each in messages.newest(context, context.world.messages.values())
        if each.parent_id is None
        and (wanted is None or each.id in wanted)
        and (from_date is None or each.created_at >= parse_stamp(from_date))
        and (to_date is None or each.created_at <= parse_stamp(to_date))
    ]
    return paging.page_of(found, limit, page, most=100)


@answers("Query", "replies")
def replies(
    _: None,
    context: Context,
    *,
    board_ids: Any,
    limit: int = 25,
    page: int = 1,
    created_at_from: str | None = None,
    created_at_to: str | None = None,
) -> Sequence[Message]:
    """Replies on some boards, the newest first."""
    wanted = numbers(board_ids) or []
    found = [
        each
        for each in messages.newest(context, context.world.messages.values())
        if each.parent_id is not None
        and each.board_id in wanted
        and (created_at_from is None or each.created_at >= parse_stamp(created_at_from))
        and (created_at_to is None or each.created_at <= parse_stamp(created_at_to))
    ]
    return paging.page_of(found, limit, page, most=100)


@answers("Query", "assets")
def assets(_: None, context: Context, *, ids: Any) -> list[Asset]:
    """Uploads by id."""
    return [context.world.assets[found] for found in numbers(ids) or () if found in context.world.assets]


@answers("Query", "docs")
def docs(
    _: None,
    context: Context,
    *,
    ids: Any = None,
    limit: int = 25,
    page: int = 1,
    object_ids: Any = None,
    workspace_ids: Any = None,
    order_by: str | None = None,
) -> Sequence[Doc]:
    """Documents, the newest first; descriptions of items only by id."""
    wanted, objects_wanted, within = numbers(ids), numbers(object_ids), numbers(workspace_ids)
    found = [
        doc
        for doc in context.world.docs.values()
        if (wanted is None or doc.id in wanted)
        and (objects_wanted is None or doc.object_id in objects_wanted)
        and (within is None or doc.workspace_id in within)
        and (doc.item_id is None or wanted is not None)
        and (doc.doc_kind == "public" or doc.creator_id == context.me.id)
    ]
    used = order_by == "used_at"
    found.sort(key=lambda doc: doc.updated_at if used else doc.created_at, reverse=True)
    return paging.page_of(found, limit, page, most=100)


@answers("Query", "tags")
def tags(_: None, context: Context, *, ids: Any = None) -> list[Tag]:
    """The account's tags."""
    wanted = numbers(ids)
    return [tag for tag in people.account_tags(context.world) if wanted is None or tag.id in wanted]


@answers("Query", "webhooks")
def webhooks(
    _: None,
    context: Context,
    *,
    board_id: str,
    app_webhooks_only: bool | None = None,  # noqa: ARG001 - the stand-in has one app
) -> list[Any]:
    """Who hears of a board."""
    board = context.world.board((numbers([board_id]) or [0])[0], context.me)
    return context.webhooks.of(board.id)


@answers("Query", "complexity")
@answers("Mutation", "complexity")
def complexity(_: None, context: Context) -> Json:
    """What this request cost."""
    return context.budget.told()


@answers("Query", "version")
def version(_: None, context: Context) -> Json:
    """The version that answers."""
    return shown(context.version)


@answers("Query", "versions")
def versions(_: None, _context: Context) -> list[Json]:
    """Every version."""
    return [shown(value) for value in VERSIONS]
