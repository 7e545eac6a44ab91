"""Fields of updates and replies."""

from collections.abc import Iterable, Sequence
from typing import Any

from connectors.monday.sandbox import paging
from connectors.monday.sandbox.errors import ApiError
from connectors.monday.sandbox.objects import Asset, Board, Item, Json, Message, User
from connectors.monday.sandbox.resolve.table import RESOLVERS, Context, Resolver, answers, numbers
from connectors.monday.sandbox.stamps import exact_stamp, parse_stamp
from connectors.monday.sandbox.text import plain

_TYPES = ("Update", "Reply")
_MOST = 100


def newest(context: Context, found: Iterable[Message]) -> list[Message]:
    """Sort what one may see and listings show by now, the newest first."""
    world = context.world
    seen = [
        each
        for each in found
        if world.is_shown(each.created_at) and world.sees(context.me, world.boards[each.board_id])
    ]
    return sorted(seen, key=lambda each: each.id, reverse=True)


@answers("Board", "updates")
def board_updates(
    source: Board,
    context: Context,
    *,
    limit: int = 25,
    page: int = 1,
    ids: Any = None,
    board_updates_only: bool | None = None,
    from_date: str | None = None,
    to_date: str | None = None,
) -> Sequence[Message]:
    """Updates on a board's items, the newest first."""
    wanted, world = numbers(ids), context.world
    found = newest(context, (world.messages[each] for each in world.board_messages[source.id]))
    found = [
        each
        for each in found
        if (wanted is None or each.id in wanted)
        and not (board_updates_only and each.item_id is not None)
        and (from_date is None or each.created_at >= parse_stamp(from_date))
        and (to_date is None or each.created_at <= parse_stamp(to_date))
        and (each.item_id is None or world.items[each.item_id].state != "deleted")
    ]
    return paging.page_of(found, limit, page, most=_MOST)


@answers("Item", "updates")
def item_updates(
    source: Item, context: Context, *, limit: int = 25, page: int = 1, ids: Any = None
) -> Sequence[Message]:
    """Updates on an item, the newest first."""
    wanted, world = numbers(ids), context.world
    found = newest(context, (world.messages[each] for each in world.messages_of[source.id]))
    return paging.page_of([x for x in found if wanted is None or x.id in wanted], limit, page, most=_MOST)


@answers("Board", "updates_page")
@answers("Item", "updates_page")
def updates_page(source: Board | Item, context: Context, *, limit: int = 25, cursor: str | None = None) -> Json:
    """Updates, by a cursor: the id of the last one given."""
    world = context.world
    ids = world.messages_of[source.id] if isinstance(source, Item) else world.board_messages[source.id]
    found = newest(context, (world.messages[each] for each in ids))
    if cursor is not None:
        if not cursor.isdigit():
            raise ApiError("CursorException", "CursorError: The cursor provided for pagination is invalid")
        found = [each for each in found if each.id < int(cursor)]
    page = paging.page_of(found, limit, 1, most=_MOST)
    return {"updates": page, "cursor": str(page[-1].id) if len(found) > len(page) else None}


def _time(name: str) -> Resolver:
    def resolve(source: Message, _: Context) -> str:
        return exact_stamp(getattr(source, name))

    return resolve


def text_body(source: Message, _: Context) -> str:
    """The words without their marks."""
    return plain(source.body)


def creator(source: Message, context: Context) -> User | None:
    """Who wrote it."""
    return context.world.users.get(source.creator_id)


def likes(source: Message, context: Context) -> list[Json]:
    """Who reacted how."""
    return [
        {
            **each,
            "creator": context.world.users.get(each["creator_id"]),
            "created_at": exact_stamp(each["created_at"]),
            "updated_at": exact_stamp(each["updated_at"]),
        }
        for each in source.likes
    ]


def pinned_to_top(source: Message, _: Context) -> list[Json]:
    """Where it is pinned."""
    return [{"item_id": found} for found in source.pinned_to]


def viewers(source: Message, context: Context, limit: int = 100, page: int = 1) -> Sequence[Json]:
    """Who saw it."""
    found = [{"user_id": x, "medium": "web", "user": context.world.users.get(x)} for x in source.viewer_ids]
    return paging.page_of(found, limit, page)


def assets(source: Message, context: Context) -> list[Asset]:
    """Its uploads."""
    return [context.world.assets[found] for found in source.asset_ids if found in context.world.assets]


for _type in _TYPES:
    for _name in ("created_at", "updated_at", "edited_at"):
        RESOLVERS[_type, _name] = _time(_name)
    for _function in (text_body, creator, likes, pinned_to_top, viewers, assets):
        RESOLVERS[_type, _function.__name__] = _function


@answers("Reply", "kind")
def reply_kind(_: Message, _context: Context) -> str:
    """Every reply is one."""
    return "reply"


@answers("Update", "item")
def update_item(source: Message, context: Context) -> Item | None:
    """The item that it is on."""
    return context.world.items.get(source.item_id or 0)


@answers("Update", "replies")
def replies(source: Message, context: Context) -> list[Message]:
    """The answers to it, the oldest first."""
    found = [context.world.messages[each] for each in source.reply_ids]
    return [each for each in found if context.world.is_shown(each.created_at)]
