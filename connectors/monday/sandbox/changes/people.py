"""People, teams, tags, and who is on which board."""

from connectors.monday.sandbox.errors import ApiError, not_found
from connectors.monday.sandbox.objects import Board, Tag, Team, User, View
from connectors.monday.sandbox.world import World

_COLORS = ("#00c875", "#579bfc", "#df2f4a", "#fdab3d", "#9d50dd")


def join(world: World, name: str, email: str, *, kind: str = "member", title: str = "") -> User:
    """Give somebody a seat in the account."""
    made = User(id=world.ids.number("user"), name=name, email=email, kind=kind, title=title, created_at=world.now())
    world.users[made.id] = made
    return made


def create_team(world: World, name: str, user_ids: list[int], *, owner_ids: list[int], guest: bool = False) -> Team:
    """Make a team."""
    made = Team(
        id=world.ids.number("team"),
        name=name,
        owner_ids=owner_ids,
        user_ids=user_ids,
        is_guest=guest,
        created_at=world.now(),
    )
    world.teams[made.id] = made
    return made


def tag(world: World, name: str, *, board: Board | None = None) -> Tag:
    """Make a tag, or find the one of that name; a board that is not public has its own."""
    own = board is not None and board.board_kind != "public"
    held = [world.tags[found] for found in board.tag_ids] if own and board is not None else account_tags(world)
    for found in held:
        if found.name == name:
            return found
    if not name:
        raise ApiError("InvalidArgumentException", "tag_name is empty")
    made = Tag(id=world.ids.number("tag"), name=name, color=_COLORS[len(world.tags) % len(_COLORS)])
    world.tags[made.id] = made
    if own and board is not None:
        board.tag_ids.append(made.id)
    return made


def account_tags(world: World) -> list[Tag]:
    """List the tags that no board has for itself."""
    own = {found for board in world.boards.values() for found in board.tag_ids}
    return [found for found in world.tags.values() if found.id not in own]


def subscribe(world: World, actor: User, board: Board, user_ids: list[int], *, kind: str = "subscriber") -> list[User]:
    """Put people on a board."""
    found = [_user(world, user_id) for user_id in user_ids]
    for each in found:
        shelf = board.owner_ids if kind == "owner" else board.subscriber_ids
        if each.id not in shelf:
            shelf.append(each.id)
            event = "add_owner" if kind == "owner" else "subscribe"
            world.log(board, event, {"user_id": each.id}, actor, entity="board")
    return found


def subscribe_teams(board: Board, teams: list[Team], *, kind: str = "subscriber") -> list[Team]:
    """Put teams on a board."""
    shelf = board.team_owner_ids if kind == "owner" else board.team_subscriber_ids
    shelf.extend(team.id for team in teams if team.id not in shelf)
    return teams


def enter(ids: list[int], *shelves: list[int]) -> None:
    """Put people or teams onto lists, each once."""
    for shelf in shelves:
        shelf.extend(each for each in ids if each not in shelf)


def unsubscribe(world: World, actor: User, board: Board, user_ids: list[int]) -> list[User]:
    """Take people off a board."""
    found = [_user(world, user_id) for user_id in user_ids]
    for each in found:
        if each.id in board.subscriber_ids:
            board.subscriber_ids.remove(each.id)
            world.log(board, "unsubscribe", {"user_id": each.id}, actor, entity="board")
    return found


def add_view(world: World, actor: User, board: Board, name: str, view_type: str, **more: object) -> View:
    """Make a view."""
    made = View(id=world.ids.number("view"), name=name, type=view_type, **more)  # type: ignore[arg-type]
    board.views[made.id] = made
    world.log(board, "board_view_added", {"board_view_id": made.id, "name": name}, actor, entity="board")
    return made


def _user(world: World, user_id: int) -> User:
    found = world.users.get(user_id)
    if found is None:
        raise not_found("User", user_id)
    return found
