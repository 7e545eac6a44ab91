"""Files: added to a column or an update."""

from typing import Any

from connectors.monday.sandbox.changes import files as uploads
from connectors.monday.sandbox.errors import ApiError, InternalError
from connectors.monday.sandbox.objects import Asset
from connectors.monday.sandbox.resolve.mutations.given import id_of
from connectors.monday.sandbox.resolve.table import Context, answers


@answers("Mutation", "add_file_to_column")
def add_file_to_column(_: None, context: Context, *, file: Any, item_id: Any, column_id: str) -> Asset:
    """Upload into a cell."""
    item = context.world.items.get(id_of(item_id))
    if item is None or item.state == "deleted":
        raise InternalError
    return uploads.add_to_column(context.world, context.me, item, column_id, _upload(context, file))


@answers("Mutation", "add_file_to_update")
def add_file_to_update(_: None, context: Context, *, file: Any, update_id: Any = None) -> Asset:
    """Upload below an update or reply."""
    message = context.world.messages.get(id_of(update_id))
    if message is None:
        raise InternalError
    return uploads.add_to_update(message, _upload(context, file))


def _upload(context: Context, file: Any) -> Asset:
    part = context.uploads.get(str(file))
    if part is None:
        raise ApiError("FileUploadException", "no file was sent", 400)
    return uploads.upload(context.world, context.me, part.name, part.content, media_type=part.media_type)
