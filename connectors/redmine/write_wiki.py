"""Write wiki: pages, and their versions one on top of the other."""

from urllib.parse import quote

from connectors.errors import Gone, Refused
from connectors.redmine import kinds, split
from connectors.redmine.acting import Actors
from connectors.redmine.bodies import again, made_of, page_parent, place_of
from connectors.redmine.client import RedmineClient
from connectors.redmine.identity import number_in, title_in, titled
from connectors.writing import Change, Creation, Made

_SPARE_NAMES = 20
"""How many titles are tried where the first is taken."""


class WikiWriter:
    """Writes these to one server with one grant."""

    def __init__(self, client: RedmineClient, actors: Actors) -> None:
        self._client = client
        self._actors = actors

    async def make_page(self, creation: Creation) -> Made:
        """Make a page with its first version, under a title that is free."""
        workspace_id, number = place_of(creation)
        first = creation.first
        if first is None:
            raise Refused("a page is made of its first version, which is not among what is restored")
        title = str(creation.content.get("title"))
        for attempt in range(1, _SPARE_NAMES + 1):
            free = title if attempt == 1 else f"{title}_{attempt}"
            if not await self._is_page(number, free):
                break
        else:
            raise Refused(f"{_SPARE_NAMES} pages of this title are there already")
        body = {"text": first.get("text"), "comments": first.get("comments"), **page_parent(creation.content)}
        path = f"/projects/{number}/wiki/{quote(free, safe='')}.json"
        await self._actors.send_as(first.get("author"), "PUT", path, {"wiki_page": body})
        value = await self._client.get(path, "wiki_page")
        return made_of(workspace_id, kinds.WIKI_PAGE, titled(workspace_id, value), value)

    async def make_page_version(self, creation: Creation) -> Made:
        """Write a version on top of the others; the first was written with its page."""
        workspace_id, number = place_of(creation)
        content = creation.content
        path = f"/projects/{number}/wiki/{quote(str(content.get('title')), safe='')}.json"
        value = await self._client.get(path, "wiki_page")
        if value.get("version") != 1 or value.get("text") != content.get("text"):
            body = {"text": content.get("text"), "comments": content.get("comments")}
            await self._actors.send_as(content.get("author"), "PUT", path, {"wiki_page": body})
            value = await self._client.get(path, "wiki_page")
        version_id = split.wiki_version_id(titled(workspace_id, value), value)
        return made_of(workspace_id, kinds.WIKI_VERSION, version_id, value)

    async def change_page(self, change: Change) -> Made:
        """Put a page under another."""
        title = title_in(change.external_id)
        path = f"/projects/{number_in(change.workspace_id)}/wiki/{quote(title, safe='')}.json"
        value = await self._client.get(path, "wiki_page")
        body = {"text": value.get("text"), **page_parent(change.content)}
        await self._actors.send("PUT", path, {"wiki_page": body})
        return await again(self._client, change, path, "wiki_page")

    async def _is_page(self, project: int, title: str) -> bool:
        try:
            await self._client.get(f"/projects/{project}/wiki/{quote(title, safe='')}.json", "wiki_page")
        except Gone:
            return False
        return True
