"""Write: one record at a time made or changed in Redmine, each as its kind is."""

from collections.abc import Awaitable, Callable, Mapping

from connectors.errors import BadReply, Gone
from connectors.redmine import kinds
from connectors.redmine.acting import Actors
from connectors.redmine.client import RedmineClient
from connectors.redmine.identity import Unfit, made, number_in
from connectors.redmine.write_issue import IssueWriter
from connectors.redmine.write_project import ProjectWriter
from connectors.redmine.write_wiki import WikiWriter
from connectors.writing import Change, Creation, Made
from store.record import Kind, WorkspaceId


class RedmineWriter:
    """Writes to one server with one grant."""

    def __init__(self, client: RedmineClient) -> None:
        self._client = client
        self._actors = Actors(client)
        project = ProjectWriter(client, self._actors)
        wiki = WikiWriter(client, self._actors)
        issue = IssueWriter(client, self._actors)
        self._create: Mapping[Kind, Callable[[Creation], Awaitable[Made]]] = {
            kinds.PROJECT: project.make_project,
            kinds.MEMBERSHIP: project.make_membership,
            kinds.VERSION: project.make_version,
            kinds.CATEGORY: project.make_category,
            kinds.NEWS: project.make_news,
            kinds.WIKI_PAGE: wiki.make_page,
            kinds.WIKI_VERSION: wiki.make_page_version,
            kinds.ISSUE: issue.make_issue,
            kinds.ATTACHMENT: issue.attach,
            kinds.NOTE: issue.note,
            kinds.TIME_ENTRY: issue.log_time,
            kinds.RELATION: issue.relate,
            kinds.WATCHER: issue.watch,
        }
        self._update: Mapping[Kind, Callable[[Change], Awaitable[Made]]] = {
            kinds.PROJECT: project.change_project,
            kinds.MEMBERSHIP: project.change_membership,
            kinds.VERSION: project.change_version,
            kinds.CATEGORY: project.change_category,
            kinds.NEWS: project.change_news,
            kinds.WIKI_PAGE: wiki.change_page,
            kinds.ISSUE: issue.change_issue,
            kinds.ATTACHMENT: issue.change_attachment,
            kinds.NOTE: issue.change_note,
            kinds.TIME_ENTRY: issue.change_time,
        }

    async def create(self, creation: Creation) -> Made:
        """Make one record."""
        try:
            return await self._create[creation.kind](creation)
        except Unfit as error:
            raise BadReply(f"what was made of kind {creation.kind} cannot be understood: {error}") from None

    async def update(self, change: Change) -> Made:
        """Change one record."""
        try:
            return await self._update[change.kind](change)
        except Unfit as error:
            raise BadReply(f"what was changed of kind {change.kind} cannot be understood: {error}") from None

    async def discard(self, workspace_id: WorkspaceId) -> None:
        """Delete a project that a drill made, and no later one of its number."""
        number = number_in(workspace_id)
        try:
            found = await self._client.get(f"/projects/{number}.json", "project")
            if WorkspaceId(made(found)) == workspace_id:
                await self._actors.send("DELETE", f"/projects/{number}.json")
        except Gone:
            return
