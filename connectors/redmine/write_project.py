"""Write project: projects, and what is set up in them: members, versions, categories, news."""

from typing import Any
from urllib.parse import quote

from connectors.errors import BadReply, Forbidden, Gone
from connectors.redmine import kinds, split
from connectors.redmine.acting import Actors
from connectors.redmine.bodies import (
    again,
    category_body,
    field_of,
    id_of,
    made_of,
    news_body,
    place_of,
    project_body,
    role_ids,
    to_change,
    version_body,
)
from connectors.redmine.client import RedmineClient
from connectors.redmine.identity import made, number_in, numbered
from connectors.redmine.listing import INCLUDED
from connectors.writing import Change, Creation, Made
from store.record import ExternalId, WorkspaceId

_SPARE_NAMES = 20
"""How many identifiers are tried where the first is taken."""


class ProjectWriter:
    """Writes these to one server with one grant."""

    def __init__(self, client: RedmineClient, actors: Actors) -> None:
        self._client = client
        self._actors = actors

    async def make_project(self, creation: Creation) -> Made:
        """Make a project, under an identifier that is free."""
        content = creation.content
        body = {**project_body(content), "parent_id": id_of(content.get("parent"))}
        wanted = str(content.get("identifier") or "project")[:90]
        for attempt in range(1, _SPARE_NAMES + 1):
            body["identifier"] = wanted if attempt == 1 else f"{wanted}-{attempt}"
            if await self._is_free(body["identifier"]):
                break
        answer = await self._actors.send("POST", "/projects.json", {"project": body})
        return await self._project(made(answer.get("project") or {}))

    async def _is_free(self, identifier: str) -> bool:
        """Whether no project is called that, seen or not."""
        try:
            await self._client.get(f"/projects/{quote(identifier, safe='')}.json", "project")
        except Gone:
            return True
        except Forbidden:
            return False
        return False

    async def change_project(self, change: Change) -> Made:
        """Change a project: its fields, then whether it is closed."""
        number = number_in(change.external_id)
        content, fields = change.content, change.fields
        if change.unarchive:
            await self._actors.send("PUT", f"/projects/{number}/reopen.json")
        body = {name: part for name, part in project_body(content).items() if field_of(name) in fields}
        if "parent" in fields:
            body["parent_id"] = id_of(content.get("parent")) or ""
        if "default_version" in fields:
            body["default_version_id"] = id_of(content.get("default_version")) or ""
        if "default_assignee" in fields:
            body["default_assigned_to_id"] = id_of(content.get("default_assignee")) or ""
        if body:
            await self._actors.send("PUT", f"/projects/{number}.json", {"project": body})
        if "closed" in fields:
            verb = "close" if fields["closed"] else "reopen"
            await self._actors.send("PUT", f"/projects/{number}/{verb}.json")
        return await self._project(change.external_id)

    async def _project(self, external_id: ExternalId) -> Made:
        value = await self._client.get(f"/projects/{number_in(external_id)}.json", "project", include=INCLUDED)
        return made_of(WorkspaceId(made(value)), kinds.PROJECT, made(value), value)

    async def make_membership(self, creation: Creation) -> Made:
        """Make it, or give the roles to one that came with a group or from the project above."""
        workspace_id, number = place_of(creation)
        principal = creation.content.get("user") or creation.content.get("group")
        roles = role_ids(creation.content)
        there = await self._membership_of(number, principal)
        if there is None and not roles:
            raise BadReply("this membership comes with a group or the project above, and does not do so any more")
        if there is None:
            body = {"user_id": id_of(principal), "role_ids": roles}
            await self._actors.send("POST", f"/projects/{number}/memberships.json", {"membership": body})
        elif roles:
            await self._actors.send("PUT", f"/memberships/{there['id']}.json", {"membership": {"role_ids": roles}})
        found = await self._membership_of(number, principal)
        if found is None:
            raise BadReply("the membership that was made is not listed")
        return made_of(workspace_id, kinds.MEMBERSHIP, split.membership_id(workspace_id)(found), found)

    async def change_membership(self, change: Change) -> Made:
        """Give a member other roles."""
        number = number_in(change.workspace_id)
        principal = {"id": int(change.external_id.rpartition("/")[2])}
        found = await self._membership_of(number, principal)
        if found is None:
            raise Gone("the membership is not there any more")
        body = {"role_ids": role_ids(change.content)}
        await self._actors.send("PUT", f"/memberships/{found['id']}.json", {"membership": body})
        return made_of(change.workspace_id, kinds.MEMBERSHIP, change.external_id, {**found, **change.content})

    async def _membership_of(self, project: int, principal: Any) -> dict[str, Any] | None:
        for value in await self._client.listing(f"/projects/{project}/memberships.json", "memberships"):
            of = value.get("user") or value.get("group") if isinstance(value, dict) else None
            if id_of(of) == id_of(principal):
                return dict(value)
        return None

    async def make_version(self, creation: Creation) -> Made:
        """Make a version; it is closed when all is assigned to it."""
        workspace_id, number = place_of(creation)
        body = version_body(creation.content)
        answer = await self._actors.send("POST", f"/projects/{number}/versions.json", {"version": body})
        value = answer.get("version") or {}
        return made_of(workspace_id, kinds.VERSION, made(value), value)

    async def change_version(self, change: Change) -> Made:
        """Change a version."""
        path = f"/versions/{number_in(change.external_id)}.json"
        body = to_change(version_body(change.content), change)
        if "status" in change.fields:
            body["status"] = change.content.get("status")
        await self._actors.send("PUT", path, {"version": body})
        return await again(self._client, change, path, "version")

    async def make_category(self, creation: Creation) -> Made:
        """Make a category."""
        workspace_id, number = place_of(creation)
        body = category_body(creation.content)
        answer = await self._actors.send("POST", f"/projects/{number}/issue_categories.json", {"issue_category": body})
        value = answer.get("issue_category") or {}
        return made_of(workspace_id, kinds.CATEGORY, numbered(value), value)

    async def change_category(self, change: Change) -> Made:
        """Change a category."""
        path = f"/issue_categories/{number_in(change.external_id)}.json"
        await self._actors.send("PUT", path, {"issue_category": to_change(category_body(change.content), change)})
        return await again(self._client, change, path, "issue_category")

    async def make_news(self, creation: Creation) -> Made:
        """Make it; the answer is empty, so that it is looked for: it has the greatest id of its title."""
        workspace_id, number = place_of(creation)
        path = f"/projects/{number}/news.json"
        body = news_body(creation.content)
        await self._actors.send_as(creation.content.get("author"), "POST", path, {"news": body})
        listed = await self._client.listing(path, "news")
        same = [value for value in listed if isinstance(value, dict) and value.get("title") == body["title"]]
        if not same:
            raise BadReply("the news that was made is not listed")
        value = max(same, key=lambda found: found["id"])
        return made_of(workspace_id, kinds.NEWS, made(value), value)

    async def change_news(self, change: Change) -> Made:
        """Change a piece of news."""
        path = f"/news/{number_in(change.external_id)}.json"
        await self._actors.send("PUT", path, {"news": to_change(news_body(change.content), change)})
        return await again(self._client, change, path, "news")
