"""Labels: definitions on a board. Listed nowhere: only webhooks hear of them, and no date moves."""

from typing import Any

from connectors.trello.sandbox.actions import Actor, about_board, record
from connectors.trello.sandbox.errors import ApiError, invalid_value
from connectors.trello.sandbox.shapes import LABEL_COLOURS
from connectors.trello.sandbox.world import World

Json = dict[str, Any]

MAX_LABELS = 1000


def create(world: World, actor: Actor, board: Json, name: str, color: str | None, *, silent: bool = False) -> Json:
    """Make a label on a board; `color` None is a label without one."""
    if color is not None and color not in LABEL_COLOURS:
        raise invalid_value("color")
    if world.labels.count(board["id"]) >= MAX_LABELS:
        raise ApiError(403, "LABEL_LIMIT_EXCEEDED")
    when = world.now()
    label = world.labels.add(
        {"id": world.new_id(when), "idBoard": board["id"], "name": name, "color": color, "uses": 0}
    )
    if not silent:
        _tell(world, actor, "createLabel", label)
    return label


def update(world: World, actor: Actor, label: Json, changes: Json) -> None:
    """Rename or recolour a label: every card that carries it changes, and no card's date shows it."""
    if changes.get("color") is not None and changes["color"] not in LABEL_COLOURS:
        raise invalid_value("color")
    for name, value in changes.items():
        old = label[name]
        if old != value:
            label[name] = value
            _tell(world, actor, "updateLabel", label, old={name: old})


def delete(world: World, actor: Actor, label: Json) -> None:
    """Delete a label, off every card too."""
    board = world.boards.get(label["idBoard"])
    world.labels.remove(label["id"])
    for card in world.cards.of(board["id"]):
        if label["id"] in card.get("idLabels", ()):
            card["idLabels"].remove(label["id"])
            card["labels"] = [found for found in card["labels"] if found["id"] != label["id"]]
    _tell(world, actor, "deleteLabel", label)


def _tell(world: World, actor: Actor, kind: str, label: Json, **more: Json) -> None:
    board = world.boards.get(label["idBoard"])
    named = {"id": label["id"], "name": label["name"], "color": label["color"]}
    data = {**more, "label": named, "board": about_board(board)}
    record(world, actor, kind, data, when=world.now(), concerns=[board["id"]])
