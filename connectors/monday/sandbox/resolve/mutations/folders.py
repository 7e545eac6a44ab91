"""Folders: made, changed, moved and thrown away."""

from typing import Any

from connectors.monday.sandbox.changes import boards
from connectors.monday.sandbox.errors import no_folder
from connectors.monday.sandbox.objects import Folder
from connectors.monday.sandbox.resolve.mutations.given import id_of, optional_id
from connectors.monday.sandbox.resolve.table import Context, answers


@answers("Mutation", "create_folder")
def create_folder(
    _: None,
    context: Context,
    *,
    name: str,
    workspace_id: Any = None,
    parent_folder_id: Any = None,
    color: str | None = None,
    custom_icon: str | None = None,
    font_weight: str | None = None,
) -> Folder:
    """Make a folder."""
    return boards.create_folder(
        context.world,
        context.me,
        name,
        workspace_id=optional_id(workspace_id),
        parent_id=optional_id(parent_folder_id),
        color=color,
        custom_icon=custom_icon,
        font_weight=font_weight,
    )


def _folder(context: Context, given: Any) -> Folder:
    folder_id = int(given) if str(given).isdigit() else 0
    found = context.world.folders.get(folder_id)
    if found is None:
        raise no_folder(folder_id)
    return found


@answers("Mutation", "update_folder")
def update_folder(_: None, context: Context, *, folder_id: Any, **changes: Any) -> Folder:
    """Change a folder."""
    found = _folder(context, folder_id)
    for name in ("name", "color", "custom_icon", "font_weight"):
        if changes.get(name) is not None:
            setattr(found, name, changes[name])
    if changes.get("parent_folder_id") is not None:
        found.parent_id = id_of(changes["parent_folder_id"])
    if changes.get("workspace_id") is not None:
        found.workspace_id = id_of(changes["workspace_id"])
    return found


@answers("Mutation", "delete_folder")
def delete_folder(_: None, context: Context, *, folder_id: Any) -> Folder:
    """Throw a folder away; its boards stay."""
    found = _folder(context, folder_id)
    del context.world.folders[found.id]
    for board in context.world.boards.values():
        if board.board_folder_id == found.id:
            board.board_folder_id = None
    return found
