"""Files: uploads, and links, in columns and on updates."""

from collections.abc import Sequence
from typing import Any

from connectors.monday.sandbox.changes import columns, items
from connectors.monday.sandbox.errors import InternalError, not_found
from connectors.monday.sandbox.objects import Asset, Item, Json, Message, User
from connectors.monday.sandbox.stamps import exact_stamp
from connectors.monday.sandbox.world import World

_IMAGES = (".png", ".jpg", ".jpeg", ".gif", ".webp")


def upload(
    world: World, user: User, name: str, content: bytes | None, *, size: int = 0, media_type: str | None = None
) -> Asset:
    """Keep a file that is nowhere yet; without content it is made up, of the given size."""
    made = Asset(
        id=world.ids.number("asset"),
        name=name,
        file_size=size if content is None else len(content),
        content=content,
        media_type=media_type,
        created_at=world.now(),
        creator_id=user.id,
    )
    if name.lower().endswith(_IMAGES):
        made.original_geometry = "64x64"
    world.assets[made.id] = made
    return made


def add_to_column(world: World, user: User, item: Item, column_id: str, asset: Asset) -> Asset:
    """Put an upload into a cell, beside what is there; a column of another type breaks the app."""
    column = world.boards[item.board_id].columns.get(column_id)
    if column is None or column.type != "file":
        raise InternalError
    kept = {
        "name": asset.name,
        "assetId": asset.id,
        "isImage": "true" if asset.original_geometry else "false",
        "fileType": "ASSET",
        "createdAt": exact_stamp(asset.created_at),
        "createdBy": user.id,
    }
    _append(world, user, item, column_id, [kept])
    return asset


def add_to_update(message: Message, asset: Asset) -> Asset:
    """Put an upload below an update or reply."""
    message.asset_ids.append(asset.id)
    return asset


def add_to_gallery(world: World, item: Item, asset: Asset) -> Asset:
    """Put an upload on an item, in no column."""
    item.gallery_ids.append(asset.id)
    world.touch(item)
    return asset


def add(world: World, user: User, item: Item, column_id: str, given: Sequence[Json]) -> Item:
    """Replace what a cell holds by links and by uploads that are there already."""
    columns.find(world.boards[item.board_id], column_id)
    kept: list[Json] = []
    for each in given:
        common = {"name": each["name"], "createdAt": exact_stamp(world.now()), "createdBy": user.id}
        if each["fileType"] == "asset":
            asset = world.assets.get(int(each.get("assetId") or 0))
            if asset is None:
                raise not_found("Asset", each.get("assetId"))
            image = "true" if asset.original_geometry else "false"
            kept.append({**common, "assetId": asset.id, "isImage": image, "fileType": "ASSET"})
        elif each["fileType"] == "doc":
            made = {"fileId": world.ids.uuid(), "fileType": "MONDAY_DOC", "linkToFile": each.get("linkToFile")}
            kept.append({**common, **made, "objectId": int(each.get("objectId") or 0)})
        else:
            made = {"fileId": world.ids.uuid(), "fileType": each["fileType"].upper()}
            kept.append({**common, **made, "linkToFile": each.get("linkToFile")})
    items.keep(world, user, item, column_id, {"files": kept} if kept else None)
    return item


def _append(world: World, user: User, item: Item, column_id: str, kept: list[Any]) -> None:
    held = (item.values.get(column_id) or {}).get("files", [])
    items.keep(world, user, item, column_id, {"files": [*held, *kept]})
