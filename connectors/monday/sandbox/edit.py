"""Edit: what happens on a board between two snapshots, done in one go and told exactly."""

import random
from dataclasses import dataclass

from connectors.monday.sandbox.changes import columns, files, groups, items, updates
from connectors.monday.sandbox.objects import Board, Item, User
from connectors.monday.sandbox.world import World

ENOUGH = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Edits:
    """The ids of what was changed, each item in one place only."""

    board_id: int
    added: tuple[int, ...]
    edited: tuple[int, ...]
    moved: tuple[int, ...]
    archived: tuple[int, ...]
    deleted: tuple[int, ...]
    talked: tuple[int, ...]
    """The items that got an update; `updates` are the updates."""
    updates: tuple[int, ...]
    uploads: tuple[int, ...]
    renamed_columns: tuple[str, ...]


def edit(world: World, user: User, *, seed: int = 1) -> Edits:
    """Add, edit, move, archive and delete items, write, upload, rename a column: on one board."""
    chance = random.Random(seed)  # noqa: S311 - repeatable, not a secret
    board = _board(world)
    deck = [world.items[found] for found in board.item_ids]
    deck = [item for item in deck if item.state == "active" and item.parent_id is None]
    chance.shuffle(deck)
    edited, moved, archived, deleted, talked = (deck[at : at + 1] for at in range(5))
    text = next(column for column in board.columns.values() if column.type == "text")
    for item in edited:
        items.change(world, user, item, {"name": f"{item.name} (changed)", text.id: "changed"})
    shelves = [group for group in groups.in_order(board) if not group.archived]
    for item in moved:
        items.move(world, user, item, next(group.id for group in shelves if group.id != item.group_id))
    for item in archived:
        items.remove(world, user, item, archive=True)
    for item in deleted:
        items.remove(world, user, item, archive=False)
    said = [updates.create(world, user, item, "<p>Looked at it again.</p>") for item in talked]
    uploads = [files.add_to_update(each, files.upload(world, user, "again.txt", b"again\n" * 30)) for each in said]
    added = [items.create(world, user, board, f"New since last time ({at + 1})") for at in range(2)]
    columns.update(world, user, board, text, title=f"{text.title} (renamed)")
    return Edits(
        board_id=board.id,
        added=_ids(added),
        edited=_ids(edited),
        moved=_ids(moved),
        archived=_ids(archived),
        deleted=_ids(deleted),
        talked=_ids(talked),
        updates=tuple(each.id for each in said),
        uploads=tuple(each.id for each in uploads),
        renamed_columns=(text.id,),
    )


def _board(world: World) -> Board:
    """Find the first board with enough on it."""
    for board in world.boards.values():
        active = [found for found in board.item_ids if world.items[found].state == "active"]
        has_text = any(column.type == "text" for column in board.columns.values())
        if board.state == "active" and board.type == "board" and has_text and len(active) >= ENOUGH:
            return board
    raise ValueError("no board of this world has enough items and a text column")


def _ids(found: list[Item]) -> tuple[int, ...]:
    return tuple(item.id for item in found)
