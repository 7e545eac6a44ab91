"""Tags: made where there is none of the name."""

from typing import Any

from connectors.monday.sandbox.changes import people
from connectors.monday.sandbox.objects import Tag
from connectors.monday.sandbox.resolve.mutations.given import board_of
from connectors.monday.sandbox.resolve.table import Context, answers


@answers("Mutation", "create_or_get_tag")
def create_or_get_tag(_: None, context: Context, *, tag_name: str | None = None, board_id: Any = None) -> Tag:
    """Make or find a tag."""
    board = board_of(context, board_id) if board_id is not None else None
    return people.tag(context.world, tag_name or "", board=board)
