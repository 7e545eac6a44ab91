"""Fields of items."""

from collections.abc import Sequence
from typing import Any

from connectors.monday.sandbox.columns.relations import linked
from connectors.monday.sandbox.objects import Asset, Board, Group, Item, Json, User
from connectors.monday.sandbox.resolve.objects.docs import blocks_of
from connectors.monday.sandbox.resolve.objects.people import people
from connectors.monday.sandbox.resolve.table import Context, answers


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
    return blocks_of(source["doc"], limit, page)


@answers("Item", "linked_items")
def linked_items(source: Item, context: Context, *, link_to_item_column_id: str, linked_board_id: str) -> list[Item]:
    """The items of another board that a column points at."""
    found = linked(context.world, source.values.get(link_to_item_column_id))
    return [item for item in found if item.board_id == int(linked_board_id)]
