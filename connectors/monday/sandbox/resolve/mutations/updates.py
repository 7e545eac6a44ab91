"""Updates: written, edited, liked, pinned and deleted."""

from typing import Any

from connectors.monday.sandbox.changes import updates
from connectors.monday.sandbox.errors import unauthorized
from connectors.monday.sandbox.objects import Item, Message
from connectors.monday.sandbox.resolve.mutations.given import id_of, optional_id, sure_item
from connectors.monday.sandbox.resolve.table import Context, answers


@answers("Mutation", "create_update")
def create_update(
    _: None,
    context: Context,
    *,
    body: str,
    item_id: Any = None,
    parent_id: Any = None,
    original_creation_date: str | None = None,
    **_more: Any,
) -> Message:
    """Write on an item, or answer."""
    world = context.world
    item = sure_item(context, item_id) if item_id is not None else None
    parent = updates.find(world, id_of(parent_id), context.me) if parent_id is not None else None
    return updates.create(world, context.me, item, body, parent=parent, original_creation_date=original_creation_date)


@answers("Mutation", "edit_update")
def edit_update(_: None, context: Context, *, id: Any, body: str) -> Message:  # noqa: A002
    """Write something else."""
    return updates.edit(context.world, context.me, updates.find(context.world, id_of(id), context.me), body)


@answers("Mutation", "delete_update")
def delete_update(_: None, context: Context, *, id: Any) -> Message:  # noqa: A002
    """Take an update back."""
    return updates.delete(context.world, context.me, updates.find(context.world, id_of(id), context.me))


@answers("Mutation", "clear_item_updates")
def clear_item_updates(_: None, context: Context, *, item_id: Any) -> Item:
    """Take every update of an item back."""
    item = sure_item(context, item_id)
    for message_id in list(context.world.messages_of[item.id]):
        updates.delete(context.world, context.me, context.world.messages[message_id])
    return item


@answers("Mutation", "like_update")
def like_update(_: None, context: Context, *, update_id: Any, reaction_type: str | None = None) -> Message:
    """React."""
    found = context.world.messages.get(id_of(update_id))
    if found is None:
        raise unauthorized()
    return updates.like(context.world, context.me, found, reaction=reaction_type)


@answers("Mutation", "unlike_update")
def unlike_update(_: None, context: Context, *, update_id: Any) -> Message:
    """Take a reaction back."""
    return updates.unlike(context.world, context.me, updates.find(context.world, id_of(update_id), context.me))


@answers("Mutation", "pin_to_top")
def pin_to_top(_: None, context: Context, *, id: Any, item_id: Any = None) -> Message:  # noqa: A002
    """Pin an update on its item, or on another."""
    found = updates.find(context.world, id_of(id), context.me)
    target = optional_id(item_id) or found.item_id
    if target is not None and target not in found.pinned_to:
        found.pinned_to.append(target)
    return found


@answers("Mutation", "unpin_from_top")
def unpin_from_top(_: None, context: Context, *, id: Any, item_id: Any = None) -> Message:  # noqa: A002
    """Take a pin out."""
    found = updates.find(context.world, id_of(id), context.me)
    target = optional_id(item_id) or found.item_id
    found.pinned_to = [held for held in found.pinned_to if held != target]
    return found
