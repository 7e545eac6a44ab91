"""Missing: issues that are held and not listed any more. Each is asked for: deleted, moved, or only hidden."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from connectors.base import Deleted, Held, Item, Warned, WarningCode
from connectors.errors import BadReply, Forbidden, Gone
from connectors.redmine.client import RedmineClient
from connectors.redmine.identity import made, number_in
from connectors.redmine.kinds import ISSUE, OF_ISSUE
from connectors.redmine.listing import Listing, SeenProject
from store.record import ExternalId


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """Looks for those of one project, after all of it was listed."""

    project: SeenProject
    listing: Listing
    takes: Callable[[SeenProject], bool]
    clients: Sequence[RedmineClient]
    ids: Mapping[int, ExternalId]
    """What is listed."""

    async def look(self, held: Held) -> AsyncIterator[Item]:
        """Say what became of each that is held and not listed."""
        workspace_id = self.project.workspace_id
        listed = set(self.ids.values())
        missing = [issue_id for issue_id in await held(workspace_id, ISSUE) if issue_id not in listed]
        # Where its number is another issue's now, there is nothing to ask.
        gone = [issue_id for issue_id in missing if number_in(issue_id) in self.ids]
        doubtful = {number_in(issue_id): issue_id for issue_id in missing if number_in(issue_id) not in self.ids}
        alive = await self._alive(doubtful)
        for issue_number, issue_id in doubtful.items():
            if issue_id in alive:
                of = alive[issue_id].get("project")
                project = self.listing.find(of.get("id")) if isinstance(of, dict) else None
                if project is None or not self.takes(project):
                    gone.append(issue_id)  # it went where nothing is backed up
            elif self.clients[0].is_admin or await self._is_gone(issue_number, issue_id):
                gone.append(issue_id)
            else:
                message = "it is not listed any more, and the app does not say that it is deleted; what is held stays"
                yield Warned(code=WarningCode.FORBIDDEN, where=f"issue/{issue_id}", message=message)
        if gone:
            yield Deleted(workspace_id=workspace_id, kind=ISSUE, external_ids=gone, below=OF_ISSUE)

    async def _alive(self, doubtful: Mapping[int, ExternalId]) -> Mapping[ExternalId, Any]:
        """Ask for all of them at once; an issue that moved is found elsewhere."""
        found: dict[ExternalId, Any] = {}
        for client in self.clients:
            for value in await client.these_issues(doubtful):
                found[made(value)] = value
        return found

    async def _is_gone(self, number: int, issue_id: ExternalId) -> bool:
        """Ask for an issue by its number: 404 where it does not exist, 403 where it may not be seen."""
        for client in self.clients:
            try:
                found = await client.get(f"/issues/{number}.json", "issue")
            except Gone:
                continue
            except (Forbidden, BadReply):
                return False
            return made(found) != issue_id
        return True
