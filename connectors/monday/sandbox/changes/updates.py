"""Updates and replies. They leave nothing in a board's history."""

from datetime import datetime

from connectors.monday.sandbox.errors import ApiError, no_item, not_found
from connectors.monday.sandbox.objects import Item, Message, User
from connectors.monday.sandbox.world import World

_DATE = "%d-%m-%Y"


def create(
    world: World,
    user: User,
    item: Item | None,
    body: str,
    *,
    parent: Message | None = None,
    original_creation_date: str | None = None,
) -> Message:
    """Write on an item, or answer what was written."""
    if item is None and parent is None:
        raise no_item(None)
    if original_creation_date is not None:
        try:
            datetime.strptime(original_creation_date, _DATE)  # noqa: DTZ007 - a day has no zone
        except ValueError:
            raise ApiError("InvalidArgumentException", "original_creation_date is not DD-MM-YYYY") from None
    now = world.now()
    board_id = parent.board_id if parent is not None else world.items[item.id].board_id if item is not None else 0
    made = Message(
        id=world.ids.number("update"),
        body=body,
        creator_id=user.id,
        created_at=now,
        updated_at=now,
        edited_at=now,
        item_id=parent.item_id if parent is not None else item.id if item is not None else None,
        board_id=board_id,
        parent_id=parent.id if parent is not None else None,
        original_creation_date=original_creation_date,
        viewer_ids=[user.id],
    )
    world.messages[made.id] = made
    board = world.boards[board_id]
    if parent is not None:
        parent.reply_ids.append(made.id)
        parent.updated_at = now
    elif item is not None:
        world.messages_of[item.id].append(made.id)
        world.board_messages[board_id].append(made.id)
    owner = world.items.get(made.item_id or 0)
    event = "create_subitem_update" if owner is not None and owner.parent_id is not None else "create_update"
    world.tell(event, {"board": board, "user": user, "item": owner, "message": made})
    return made


def find(world: World, message_id: int, user: User) -> Message:
    """Find an update or reply."""
    found = world.messages.get(message_id)
    if found is None or not world.sees(user, world.boards[found.board_id]):
        raise not_found("Update", message_id)
    return found


def edit(world: World, user: User, message: Message, body: str) -> Message:
    """Write something else."""
    message.body = body
    message.updated_at = message.edited_at = world.now()
    owner = world.items.get(message.item_id or 0)
    world.tell(
        "edit_update", {"board": world.boards[message.board_id], "user": user, "item": owner, "message": message}
    )
    return message


def delete(world: World, user: User, message: Message) -> Message:
    """Take a message back, with its replies."""
    for reply_id in message.reply_ids:
        world.messages.pop(reply_id, None)
    world.messages.pop(message.id)
    if message.parent_id is not None:
        world.messages[message.parent_id].reply_ids.remove(message.id)
    elif message.item_id is not None:
        world.messages_of[message.item_id].remove(message.id)
        world.board_messages[message.board_id].remove(message.id)
    owner = world.items.get(message.item_id or 0)
    world.tell(
        "delete_update", {"board": world.boards[message.board_id], "user": user, "item": owner, "message": message}
    )
    return message


def like(world: World, user: User, message: Message, *, reaction: str | None = None) -> Message:
    """React, in one's own name."""
    unlike(world, user, message)
    now = world.now()
    message.likes.append(
        {
            "id": world.ids.number("like"),
            "creator_id": user.id,
            "reaction_type": reaction or "Like",
            "created_at": now,
            "updated_at": now,
        }
    )
    return message


def unlike(world: World, user: User, message: Message) -> Message:  # noqa: ARG001 - the signature of a change
    """Take one's reaction back."""
    message.likes = [each for each in message.likes if each["creator_id"] != user.id]
    return message
