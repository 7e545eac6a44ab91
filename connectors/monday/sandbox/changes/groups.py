"""Groups of boards."""

from http import HTTPStatus

from connectors.monday.sandbox.changes import items
from connectors.monday.sandbox.errors import ApiError, no_group, unauthorized
from connectors.monday.sandbox.objects import Board, Group, User
from connectors.monday.sandbox.world import World

_STEP = 16_384.0
COLORS = ("#579bfc", "#a25ddc", "#00c875", "#fdab3d", "#df2f4a", "#037f4c", "#ffcb00")


def add(
    world: World,
    user: User,
    board: Board,
    title: str,
    *,
    color: str | None = None,
    group_id: str | None = None,
    relative_to: str | None = None,
    after: bool = True,
) -> Group:
    """Make a group: on top, or beside another one."""
    groups = in_order(board)
    positions = [group.position for group in groups]
    position = positions[0] - _STEP if positions else 4 * _STEP
    if relative_to is not None:
        found = board.groups.get(relative_to)
        if found is None:
            raise no_group(relative_to, board.id)
        at = groups.index(found)
        beside = at + 1 if after else at - 1
        other = positions[beside] if 0 <= beside < len(groups) else found.position + (_STEP if after else -_STEP) * 2
        position = (found.position + other) / 2
    made = Group(
        id=group_id or world.ids.group(),
        title=title,
        color=color or COLORS[len(board.groups) % len(COLORS)],
        position=position,
    )
    board.groups[made.id] = made
    data = {"group_id": made.id, "group_title": title, "group_color": made.color}
    world.log(board, "create_group", data, user, entity="board")
    return made


def in_order(board: Board) -> list[Group]:
    """List the groups as the board shows them."""
    return sorted((group for group in board.groups.values() if not group.deleted), key=lambda group: group.position)


def find(board: Board, group_id: str) -> Group:
    """Find a group to put items into."""
    found = board.groups.get(group_id)
    if found is None or found.deleted or found.archived:
        raise no_group(group_id, board.id)
    return found


def update(world: World, user: User, board: Board, group: Group, *, attribute: str, text: str) -> Group:
    """Change a group's title, colour or place."""
    if attribute == "title":
        data = {"group_id": group.id, "previous_value": group.title, "value": text}
        group.title = text
        world.log(board, "update_group_name", data, user, entity="board")
    elif attribute == "color":
        group.color = text
        world.log(board, "update_group_color", {"group_id": group.id, "value": text}, user, entity="board")
    else:
        group.position = float(text)
        world.log(board, "move_group", {"group_id": group.id}, user, entity="board")
    return group


def remove(world: World, user: User, board: Board, group_id: str, *, archive: bool) -> Group:
    """Put a group away or throw it away, with its items; a board keeps one group at least."""
    group = board.groups.get(group_id)
    if group is None or group.deleted or group.archived:
        raise unauthorized()
    if sum(not (each.deleted or each.archived) for each in board.groups.values()) == 1:
        raise ApiError("DeleteLastGroupException", "Can't delete the last group", HTTPStatus.CONFLICT)
    group.archived, group.deleted = archive, not archive
    for item in [world.items[found] for found in board.item_ids]:
        if item.group_id == group_id and item.state == "active":
            items.remove(world, user, item, archive=archive, as_part_of_group=True)
    world.log(board, "archive_group" if archive else "delete_group", {"group_id": group_id}, user, entity="board")
    return group


def duplicate(world: World, user: User, board: Board, group_id: str, *, title: str | None = None) -> Group:
    """Copy a group with its items."""
    group = find(board, group_id)
    made = add(world, user, board, title or f"Duplicate of {group.title}", color=group.color, relative_to=group_id)
    for item in [world.items[found] for found in board.item_ids]:
        if item.group_id == group_id and item.state == "active":
            items.copy(world, user, item, board=board, group_id=made.id)
    return made
