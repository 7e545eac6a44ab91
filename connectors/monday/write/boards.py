"""Boards: workspaces, folders, boards and tags made and changed."""

from collections.abc import Mapping
from typing import Any

from connectors.errors import Refused
from connectors.monday import kinds
from connectors.monday.client import MondayClient
from connectors.monday.split import space_id
from connectors.monday.write import documents
from connectors.monday.write.keys import further
from connectors.writing import Change, Creation, Made
from store.record import ExternalId, WorkspaceId

FIRST_GROUP = "(being restored)"
"""What the group is called that a new board comes with, until there is one of the backup."""
_PEOPLE = {
    "owners": (documents.ADD_USERS, "owner"),
    "subscribers": (documents.ADD_USERS, "subscriber"),
    "team_owners": (documents.ADD_TEAMS, "owner"),
    "team_subscribers": (documents.ADD_TEAMS, "subscriber"),
}
_IN_SPACE = {
    # Whoever runs a workspace is also in it, and is told last, so that nothing takes that back.
    "users_subscribers": (documents.ADD_USERS_TO_WORKSPACE, "subscriber", "owners_subscribers"),
    "teams_subscribers": (documents.ADD_TEAMS_TO_WORKSPACE, "subscriber", "team_owners_subscribers"),
    "owners_subscribers": (documents.ADD_USERS_TO_WORKSPACE, "owner", None),
    "team_owners_subscribers": (documents.ADD_TEAMS_TO_WORKSPACE, "owner", None),
}
_ATTRIBUTES = {"name": "name", "description": "description", "item_terminology": "item_nickname"}


class Boards:
    """Writes with one grant."""

    def __init__(self, client: MondayClient) -> None:
        self._client = client

    async def create_tag(self, new: Creation) -> Made:
        """Make a tag: of a board that is not public for that board alone."""
        board_id = new.parent.external_id if new.parent is not None and new.parent.kind == kinds.BOARD else None
        made = await self._client.tell(
            documents.CREATE_TAG, key=new.key, name=new.fields.get("name") or "", board=board_id
        )
        return _made(new, made)

    async def create_workspace(self, new: Creation) -> Made:
        """Make a workspace."""
        fields = new.fields
        made = await self._client.tell(
            documents.CREATE_WORKSPACE,
            key=new.key,
            name=fields.get("name") or "",
            kind=fields.get("kind") or "open",
            description=fields.get("description"),
        )
        return Made(workspace_id=space_id(made["id"]), external_id=ExternalId(made["id"]), content=made)

    async def update_workspace(self, change: Change) -> Made:
        """Change a workspace, and let in whoever was in it."""
        attributes = {
            name: value for name, value in change.fields.items() if value is not None and name not in _IN_SPACE
        }
        if attributes:
            await self._client.tell(
                documents.UPDATE_WORKSPACE, key=change.key, id=change.external_id, attributes=attributes
            )
        for name, (document, kind, more) in _IN_SPACE.items():
            above = (change.content.get(more) or ()) if more else ()
            ids = [found for found in change.fields.get(name) or () if found not in above]
            if ids:
                await self._client.tell(
                    document, key=further(change.key, name), id=change.external_id, ids=ids, kind=kind
                )
        return _changed(change)

    async def create_folder(self, new: Creation) -> Made:
        """Make a folder."""
        made = await self._client.tell(documents.CREATE_FOLDER, key=new.key, **_folder(new.fields))
        return _made(new, made)

    async def update_folder(self, change: Change) -> Made:
        """Change a folder."""
        await self._client.tell(
            documents.UPDATE_FOLDER, key=change.key, id=change.external_id, **_folder(change.fields)
        )
        return _changed(change)

    async def create_board(self, new: Creation) -> Made:
        """Make a board without items, and mark the group that it comes with as not the backup's."""
        fields = new.fields
        nickname = fields.get("item_terminology")
        made = await self._client.tell(
            documents.CREATE_BOARD,
            key=new.key,
            name=fields.get("name") or "",
            kind=fields.get("board_kind") or "public",
            description=fields.get("description"),
            workspace=fields.get("workspace_id"),
            folder=fields.get("board_folder_id"),
            owners=fields.get("owners"),
            subscribers=fields.get("subscribers"),
            team_owners=fields.get("team_owners"),
            team_subscribers=fields.get("team_subscribers"),
            nickname={"singular": nickname} if nickname else None,
        )
        for group in made.get("groups") or ():
            await self._client.tell(
                documents.UPDATE_GROUP,
                key=further(new.key, f"mark {group['id']}"),
                board=made["id"],
                id=group["id"],
                attribute="title",
                value=FIRST_GROUP,
            )
        return Made(workspace_id=WorkspaceId(made["id"]), external_id=ExternalId(made["id"]), content=made)

    async def update_board(self, change: Change) -> Made:
        """Change a board, one attribute after the other."""
        if change.unarchive:
            raise Refused("no request takes a board out of the archive: do so in the app")
        board_id, fields = change.external_id, change.fields
        for name, attribute in _ATTRIBUTES.items():
            if name in fields:
                await self._client.tell(
                    documents.UPDATE_BOARD,
                    key=further(change.key, name),
                    id=board_id,
                    attribute=attribute,
                    value=fields[name] or "",
                )
        for name, (document, kind) in _PEOPLE.items():
            if fields.get(name):
                await self._client.tell(
                    document, key=further(change.key, name), id=board_id, ids=fields[name], kind=kind
                )
        await self._move(change)
        if fields.get("archived"):
            await self._client.tell(documents.ARCHIVE_BOARD, key=further(change.key, "archive"), id=board_id)
        return _changed(change)

    async def discard(self, workspace_id: WorkspaceId, key: str) -> None:
        """Throw a board away."""
        await self._client.tell(documents.DELETE_BOARD, key=key, id=workspace_id)

    async def _move(self, change: Change) -> None:
        """Put a board where it was: a folder has its workspace."""
        places = {"board_folder_id": "folder_id", "workspace_id": "workspace_id"}
        if not places.keys() & change.fields.keys():
            return
        wanted = {to: change.content.get(name) for name, to in places.items() if change.content.get(name) is not None}
        if "folder_id" in wanted:
            wanted.pop("workspace_id", None)
        if wanted:
            await self._client.tell(
                documents.MOVE_BOARD, key=further(change.key, "move"), id=change.external_id, attributes=wanted
            )


def _folder(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "name": fields.get("name"),
        "color": fields.get("color"),
        "icon": fields.get("custom_icon"),
        "weight": fields.get("font_weight"),
        "workspace": fields.get("workspace"),
        "parent": fields.get("parent_folder"),
    }


def _made(new: Creation, made: Mapping[str, Any]) -> Made:
    return Made(
        workspace_id=new.workspace_id or WorkspaceId(""), external_id=ExternalId(made["id"]), content=dict(made)
    )


def _changed(change: Change) -> Made:
    return Made(workspace_id=change.workspace_id, external_id=change.external_id, content=change.content)
