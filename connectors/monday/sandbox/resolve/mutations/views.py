"""Views: made of a board."""

from typing import Any

from connectors.monday.sandbox.changes import people
from connectors.monday.sandbox.objects import View
from connectors.monday.sandbox.resolve.mutations.given import board_of, optional_id
from connectors.monday.sandbox.resolve.table import Context, answers, as_json


@answers("Mutation", "create_view")
def create_view(
    _: None,
    context: Context,
    *,
    board_id: Any,
    type: str,  # noqa: A002 - the schema's word
    name: str | None = None,
    **more: Any,
) -> View:
    """Make a view."""
    given = {key: more[key] for key in ("filter", "sort", "tags") if more.get(key) is not None}
    for key in ("filter_user_id", "filter_team_id"):
        given[key] = optional_id(more.get(key))
    settings = as_json(more.get("settings")) or {}
    kind = {"TABLE": "TableBoardView", "FORM": "FormBoardView", "APP": "AppBoardView"}.get(type, "DashboardBoardView")
    board = board_of(context, board_id)
    return people.add_view(context.world, context.me, board, name or "Main table", kind, settings=settings, **given)
