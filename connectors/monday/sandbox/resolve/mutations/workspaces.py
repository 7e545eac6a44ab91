"""Workspaces: made, changed, thrown away, and who is in them."""

from typing import Any

from connectors.monday.sandbox.changes import boards, people
from connectors.monday.sandbox.objects import Json, Team, User, Workspace
from connectors.monday.sandbox.resolve.mutations.given import id_of
from connectors.monday.sandbox.resolve.table import Context, answers, numbers


@answers("Mutation", "create_workspace")
def create_workspace(
    _: None, context: Context, name: str, kind: str, description: str | None = None, **_more: Any
) -> Workspace:
    """Make a workspace."""
    return boards.create_workspace(context.world, context.me, name, kind=kind, description=description)


@answers("Mutation", "update_workspace")
def update_workspace(_: None, context: Context, *, attributes: Json, id: Any = None) -> Workspace:  # noqa: A002
    """Change a workspace."""
    found = boards.workspace(context.world, id_of(id))
    for name in ("name", "description", "kind"):
        if attributes.get(name) is not None:
            setattr(found, name, attributes[name])
    return found


@answers("Mutation", "delete_workspace")
def delete_workspace(_: None, context: Context, *, workspace_id: Any) -> Workspace:
    """Throw a workspace away."""
    return boards.delete_workspace(context.world, context.me, id_of(workspace_id))


@answers("Mutation", "add_users_to_workspace")
def add_users_to_workspace(
    _: None, context: Context, workspace_id: Any, user_ids: Any, kind: str | None = None
) -> list[User]:
    """Put people into a workspace."""
    found = boards.workspace(context.world, id_of(workspace_id))
    added = [user_id for user_id in numbers(user_ids) or () if user_id in context.world.users]
    people.enter(added, found.user_ids, *([found.owner_ids] if kind == "owner" else []))
    return [context.world.users[user_id] for user_id in added]


@answers("Mutation", "add_teams_to_workspace")
def add_teams_to_workspace(
    _: None, context: Context, workspace_id: Any, team_ids: Any, kind: str | None = None
) -> list[Team]:
    """Put teams into a workspace."""
    found = boards.workspace(context.world, id_of(workspace_id))
    added = [team_id for team_id in numbers(team_ids) or () if team_id in context.world.teams]
    people.enter(added, found.team_ids, *([found.team_owner_ids] if kind == "owner" else []))
    return [context.world.teams[team_id] for team_id in added]
