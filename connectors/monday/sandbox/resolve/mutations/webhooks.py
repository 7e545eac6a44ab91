"""Webhooks: made and deleted."""

from typing import Any

from connectors.monday.sandbox.errors import not_found
from connectors.monday.sandbox.resolve.mutations.given import board_of, id_of
from connectors.monday.sandbox.resolve.table import Context, answers, as_json


@answers("Mutation", "create_webhook")
def create_webhook(_: None, context: Context, *, board_id: Any, url: str, event: str, config: Any = None) -> Any:
    """Ask to be told."""
    board = board_of(context, board_id)
    return context.webhooks.create(
        board.id, url=url, event=event, config=as_json(config), user=context.me, signs=context.signs
    )


@answers("Mutation", "delete_webhook")
def delete_webhook(_: None, context: Context, *, id: Any) -> Any:  # noqa: A002
    """Be told no more."""
    found = context.webhooks.delete(id_of(id))
    if found is None:
        raise not_found("Webhook", id_of(id))
    return found
