"""People and workspaces: members, organizations, and who belongs to what."""

from typing import Any

from connectors.trello.sandbox import shapes
from connectors.trello.sandbox.actions import Actor, about_board, record
from connectors.trello.sandbox.errors import ApiError, invalid_value, not_found
from connectors.trello.sandbox.world import World

Json = dict[str, Any]

ROLES = ("admin", "normal", "observer")


def create_member(world: World, username: str, full_name: str) -> Json:
    """Add a person to Trello."""
    return world.members.add(shapes.member(world.new_id(world.now()), username, full_name))


def create_organization(world: World, actor: Actor, name: str, display_name: str, **extra: Any) -> Json:
    """Make a workspace whose admin is the actor."""
    when = world.now()
    found = world.organizations.add(shapes.organization(world.new_id(when), name, display_name))
    found.update(extra, idMemberCreator=actor.member["id"])
    add_to_organization(world, found, actor.member, "admin")
    data = {"organization": {"id": found["id"], "name": display_name}}
    record(world, actor, "createOrganization", data, when=when, concerns=[found["id"]])
    return found


def add_to_organization(world: World, organization: Json, member: Json, role: str) -> None:
    """Make a person a member of a workspace, or change their role in it."""
    join(world, organization, member, role)
    if organization["id"] not in member["idOrganizations"]:
        member["idOrganizations"].append(organization["id"])
    organization["membersCount"] = organization["billableMemberCount"] = len(organization["memberships"])


def remove_from_organization(organization: Json, member: Json) -> None:
    """Take a person out of a workspace."""
    kept = [found for found in organization["memberships"] if found["idMember"] != member["id"]]
    if len(kept) == len(organization["memberships"]):
        raise not_found()
    organization["memberships"] = kept
    organization["membersCount"] = organization["billableMemberCount"] = len(kept)
    member["idOrganizations"].remove(organization["id"])


def remove_organization(world: World, organization: Json) -> None:
    """Delete a workspace; its boards stay, without one."""
    world.organizations.remove(organization["id"])
    for board in world.boards.of(organization["id"]):
        world.boards.move(board, None)
    for member in world.members:
        if organization["id"] in member["idOrganizations"]:
            member["idOrganizations"].remove(organization["id"])


def set_board_member(world: World, actor: Actor, board: Json, member: Json, role: str) -> None:
    """Add a person to a board, or change their role on it."""
    if role not in ROLES:
        raise invalid_value("type")
    when = world.now()
    known = any(found["idMember"] == member["id"] for found in board["memberships"])
    join(world, board, member, role)
    if board["id"] not in member["idBoards"]:
        member["idBoards"].append(board["id"])
    data: Json = {"idMember": member["id"], "board": about_board(board)}
    kind = {"admin": "makeAdminOfBoard", "normal": "makeNormalMemberOfBoard", "observer": "makeObserverOfBoard"}[role]
    if not known:
        kind, data = "addMemberToBoard", {
            "idMemberAdded": member["id"], "memberType": role, "board": about_board(board)
        }  # fmt: skip
    record(world, actor, kind, data, when=when, concerns=[board["id"]], member=member)
    world.touch(when, board=board)


def remove_board_member(world: World, actor: Actor, board: Json, member: Json) -> None:
    """Take a person off a board. Listed nowhere; webhooks hear of it."""
    if not any(found["idMember"] == member["id"] for found in board["memberships"]):
        raise not_found()
    admins = [found for found in board["memberships"] if found["memberType"] == "admin"]
    if len(admins) == 1 and admins[0]["idMember"] == member["id"]:
        raise ApiError(400, "Must have at least one admin")
    when = world.now()
    board["memberships"] = [found for found in board["memberships"] if found["idMember"] != member["id"]]
    member["idBoards"].remove(board["id"])
    data = {"idMember": member["id"], "board": about_board(board)}
    record(world, actor, "removeMemberFromBoard", data, when=when, concerns=[board["id"]], member=member)


def join(world: World, group: Json, member: Json, role: str) -> None:
    """Make a person a member of a board or workspace, or change their role, without an action."""
    for found in group["memberships"]:
        if found["idMember"] == member["id"]:
            found["memberType"] = role
            return
    group["memberships"].append(
        {
            "id": world.new_id(),
            "idMember": member["id"],
            "memberType": role,
            "unconfirmed": False,
            "deactivated": False,
        }
    )
