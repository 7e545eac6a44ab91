"""Stickers and Power-Up data: they leave no action, and move no date."""

from typing import Any

from connectors.trello.sandbox.errors import invalid_value
from connectors.trello.sandbox.world import World

Json = dict[str, Any]

IMAGES = (
    "check", "clock", "frown", "heart", "huh", "laugh", "rocketship", "smile", "star", "thumbsdown", "thumbsup",
    "warning", "globe",
)  # fmt: skip

LEAST, MOST = -60, 100
"""How far from a card's corner a sticker may be, in percent."""


def add(world: World, card: Json, image: str, *, top: float, left: float, z_index: int, rotate: float = 0) -> Json:
    """Put a sticker on a card."""
    if image not in IMAGES:
        raise invalid_value("image")
    for name, value in (("top", top), ("left", left)):
        if not LEAST <= value <= MOST:
            raise invalid_value(name)
    base = f"https://d2k1ftgv7pobq7.cloudfront.net/images/stickers/{image}"
    sticker: Json = {
        "id": world.new_id(world.now()),
        "top": top,
        "left": left,
        "zIndex": z_index,
        "rotate": rotate,
        "image": image,
        "imageUrl": f"{base}.png",
        "imageScaled": [
            {"_id": None, "id": None, "scaled": False, "url": url, "bytes": None, "height": side, "width": side}
            for url, side in ((f"{base}.png", 80), (f"{base}@2x.png", 160))
        ],
    }
    world.stickers[card["id"]].append(sticker)
    return sticker


def set_plugin_data(world: World, scope: str, model_id: str, plugin_id: str, value: str) -> Json:
    """Set what a Power-Up keeps on a card or a board, shared with everyone who sees it."""
    held = world.plugin_data[model_id]
    found = next((data for data in held if data["idPlugin"] == plugin_id), None)
    if found is None:
        found = {
            "id": world.new_id(world.now()),
            "idPlugin": plugin_id,
            "scope": scope,
            "idModel": model_id,
            "value": value,
            "access": "shared",
        }
        held.append(found)
    found["value"] = value
    return found
