"""Groups: made, changed, copied and thrown away."""

from typing import Any

from connectors.monday.sandbox.changes import groups
from connectors.monday.sandbox.objects import Group
from connectors.monday.sandbox.resolve.mutations.given import board_of, own_board
from connectors.monday.sandbox.resolve.table import Context, answers


@answers("Mutation", "create_group")
def create_group(
    _: None,
    context: Context,
    *,
    board_id: Any,
    group_name: str,
    group_color: str | None = None,
    relative_to: str | None = None,
    position_relative_method: str | None = None,
    position: str | None = None,  # noqa: ARG001 - out of use
) -> Group:
    """Make a group."""
    return groups.add(
        context.world,
        context.me,
        board_of(context, board_id),
        group_name,
        color=group_color,
        relative_to=relative_to,
        after=position_relative_method != "before_at",
    )


@answers("Mutation", "update_group")
def update_group(
    _: None, context: Context, board_id: Any, group_id: str, group_attribute: str, new_value: str
) -> Group:
    """Change a group."""
    board = board_of(context, board_id)
    return groups.update(
        context.world, context.me, board, groups.find(board, group_id), attribute=group_attribute, text=new_value
    )


@answers("Mutation", "duplicate_group")
def duplicate_group(
    _: None, context: Context, board_id: Any, group_id: str, group_title: str | None = None, **_more: Any
) -> Group:
    """Copy a group."""
    return groups.duplicate(context.world, context.me, board_of(context, board_id), group_id, title=group_title)


@answers("Mutation", "archive_group")
def archive_group(_: None, context: Context, *, board_id: Any, group_id: str) -> Group:
    """Put a group away."""
    return groups.remove(context.world, context.me, own_board(context, board_id), group_id, archive=True)


@answers("Mutation", "delete_group")
def delete_group(_: None, context: Context, *, board_id: Any, group_id: str) -> Group:
    """Throw a group away."""
    return groups.remove(context.world, context.me, own_board(context, board_id), group_id, archive=False)
