"""Fields of workspaces and folders."""

from collections.abc import Sequence

from connectors.monday.sandbox import paging
from connectors.monday.sandbox.objects import Board, Folder, Team, User, Workspace
from connectors.monday.sandbox.resolve.objects.people import people, teams
from connectors.monday.sandbox.resolve.table import Context, answers


@answers("Workspace", "owners_subscribers")
def workspace_owners(source: Workspace, context: Context, *, limit: int = 25, page: int = 1) -> Sequence[User]:
    """Those who run it."""
    return paging.page_of(people(context, source.owner_ids), limit, page)


@answers("Workspace", "users_subscribers")
def workspace_users(source: Workspace, context: Context, *, limit: int = 25, page: int = 1) -> Sequence[User]:
    """Its people."""
    return paging.page_of(people(context, source.user_ids), limit, page)


@answers("Workspace", "teams_subscribers")
def workspace_teams(source: Workspace, context: Context, *, limit: int = 25, page: int = 1) -> Sequence[Team]:
    """Its teams."""
    return paging.page_of(teams(context, source.team_ids), limit, page)


@answers("Workspace", "team_owners_subscribers")
def workspace_team_owners(source: Workspace, context: Context, *, limit: int = 25, page: int = 1) -> Sequence[Team]:
    """Teams that run it."""
    return paging.page_of(teams(context, source.team_owner_ids), limit, page)


@answers("Folder", "workspace")
def folder_workspace(source: Folder, context: Context) -> Workspace:
    """Where it is."""
    return context.world.workspaces[source.workspace_id]


@answers("Folder", "parent")
def folder_parent(source: Folder, context: Context) -> Folder | None:
    """The folder that it is in."""
    return context.world.folders.get(source.parent_id or 0)


@answers("Folder", "sub_folders")
def sub_folders(source: Folder, context: Context) -> list[Folder]:
    """The folders in it."""
    return [each for each in context.world.folders.values() if each.parent_id == source.id]


@answers("Folder", "children")
def folder_children(source: Folder, context: Context) -> list[Board]:
    """The boards in it."""
    return [
        board
        for board in context.world.boards.values()
        if board.board_folder_id == source.id and board.state == "active" and context.world.sees(context.me, board)
    ]
