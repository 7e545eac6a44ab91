"""Wiki: the pages of one project, with every version of each."""

from collections import defaultdict
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from connectors.base import CompleteBelow, Deleted, Held, Item, WarningCode
from connectors.errors import BadReply, ConnectorError, Forbidden, Gone
from connectors.redmine import kinds, split
from connectors.redmine.client import RedmineClient
from connectors.redmine.giving import Giver
from connectors.redmine.identity import Unfit, title_in, titled
from connectors.redmine.listing import SeenProject
from connectors.redmine.marks import digest
from connectors.redmine.together import together
from store.record import ExternalId, ParentRef

_VERSIONS_AT_ONCE = 24
_OF_WIKI = frozenset({kinds.WIKI_PAGE, kinds.WIKI_VERSION, *kinds.FILES})
_OF_PAGE = _OF_WIKI - {kinds.WIKI_PAGE}
"""What goes with a page. The pages below it become pages of the top."""


@dataclass(slots=True, kw_only=True)
class WikiReader:
    """Reads one project's wiki, once. Afterwards it knows what to remember."""

    project: SeenProject
    client: RedmineClient
    giver: Giver
    known: Mapping[str, str]
    full: bool
    look: bool
    told: bool = False
    digests: dict[str, str] = field(default_factory=dict)
    """Title → digest of what the index said."""
    _pages: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    _is_listed: bool = True
    _is_whole: bool = True

    async def read(self, held: Held) -> AsyncIterator[Item]:
        """Read what the index says has changed: it names each page with its newest version."""
        async for item in self._index():
            yield item
        if not self._is_listed:
            return
        self.digests = {title: digest(value) for title, value in self._pages.items()}
        changed = [title for title, found in self.digests.items() if self.known.get(title) != found]
        self.told = bool(changed or self.known.keys() - self.digests.keys())
        versions = await self._held_versions(held) if changed or self.full else {}
        for title in list(self._pages) if self.full else changed:
            async for item in self._page(title, versions):
                yield item
        if self._is_whole and (self.told or self.full or self.look):
            ids, workspace_id = {self._name(value) for value in self._pages.values()}, self.project.workspace_id
            lost = [found for found in await held(workspace_id, kinds.WIKI_PAGE) if found not in ids]
            if lost:
                yield Deleted(workspace_id=workspace_id, kind=kinds.WIKI_PAGE, external_ids=lost, below=_OF_PAGE)

    async def _index(self) -> AsyncIterator[Item]:
        where = f"project/{self.project.workspace_id}/wiki"
        modules = self.project.modules
        is_on = modules is None or "wiki" in modules
        try:
            if not is_on:
                raise Forbidden("the module wiki is switched off; what is held of it stays")  # noqa: TRY301
            index = await self.client.whole(f"/projects/{self.project.number}/wiki/index.json", "wiki_pages")
        except (BadReply, Forbidden, Gone) as error:
            self._is_listed, self.digests = False, dict(self.known)
            self.giver.failed.update(_OF_WIKI)
            # A wiki that was never begun does not exist.
            if self.known or (is_on and not isinstance(error, Gone)):
                yield self.giver.fail((), WarningCode.FORBIDDEN, where, str(error))
            return
        for value in index:
            try:
                self._pages[title_in(self._name(value))] = value
            except (Unfit, TypeError, AttributeError):
                self.giver.doubtful, self._is_whole = True, False
                yield self.giver.fail(_OF_WIKI, WarningCode.BAD_RECORD, where, "a wiki page has no title or no date")

    async def _held_versions(self, held: Held) -> Mapping[str, list[ExternalId]]:
        """Group the versions that are held by their page."""
        found: defaultdict[str, list[ExternalId]] = defaultdict(list)
        for version_id in await held(self.project.workspace_id, kinds.WIKI_VERSION):
            found[version_id.rpartition("/")[0]].append(version_id)
        return found

    async def _page(self, title: str, held: Mapping[str, list[ExternalId]]) -> AsyncIterator[Item]:
        workspace_id = self.project.workspace_id
        path = f"/projects/{self.project.number}/wiki/{quote(title, safe='')}"
        try:
            page = await self.client.get(f"{path}.json", "wiki_page", include="attachments")
            page_id = self._name(page)
            newest = split.wiki_version_id(page_id, page)
            pieces = list(split.wiki_page(workspace_id, page, self._parent(page)))
        except (BadReply, Forbidden, Gone, Unfit) as error:
            self.digests.pop(title)
            self.giver.doubtful = True
            where = f"project/{workspace_id}/wiki/{title}"
            yield self.giver.fail(_OF_WIKI, WarningCode.BAD_RECORD, where, str(error))
            return
        pieces += split.wiki_version(workspace_id, page_id, page)
        mine = {_number(found): found for found in held.get(page_id, ())}
        older = [number for number in range(1, page["version"]) if self.full or number not in mine]
        given = {newest}
        for start in range(0, len(older), _VERSIONS_AT_ONCE):
            batch = older[start : start + _VERSIONS_AT_ONCE]
            answers = await together(self.client.get(f"{path}/{number}.json", "wiki_page") for number in batch)
            for number, answer in zip(batch, answers, strict=True):
                if isinstance(answer, Gone):
                    continue  # that version was deleted
                if isinstance(answer, ConnectorError):
                    self.digests.pop(title, None)
                    self.giver.doubtful = True
                    where = f"project/{workspace_id}/wiki/{title}/{number}"
                    yield self.giver.fail({kinds.WIKI_VERSION}, WarningCode.FORBIDDEN, where, str(answer))
                    continue
                pieces += split.wiki_version(workspace_id, page_id, answer)
            for item in self.giver.give(pieces, self.client):
                yield item
            pieces = []
        for item in self.giver.give(pieces, self.client):
            yield item
        # The newest version may have been deleted, and its number given to another.
        over = [found for number, found in mine.items() if number >= page["version"] and found not in given]
        if over:
            yield Deleted(workspace_id=workspace_id, kind=kinds.WIKI_VERSION, external_ids=over)
        yield CompleteBelow(workspace_id=workspace_id, kind=kinds.WIKI_PAGE, external_ids=[page_id], kinds=kinds.FILES)

    def _name(self, page: Mapping[str, Any]) -> ExternalId:
        return titled(self.project.workspace_id, page)

    def _parent(self, page: Mapping[str, Any]) -> ParentRef:
        above = page.get("parent")
        title = above.get("title") if isinstance(above, dict) else None
        if isinstance(title, str) and title in self._pages:
            return ParentRef(kind=kinds.WIKI_PAGE, external_id=self._name(self._pages[title]))
        return ParentRef(kind=kinds.PROJECT, external_id=ExternalId(self.project.workspace_id))


def _number(version_id: ExternalId) -> int:
    text = version_id.rpartition("/")[2].partition("@")[0]
    return int(text) if text.isdecimal() else 0
