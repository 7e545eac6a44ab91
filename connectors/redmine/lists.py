"""Lists: what one project has besides issues and wiki: versions, categories, members, time, news, files."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from connectors.base import CompleteBelow, Deleted, Held, Item, WarningCode
from connectors.errors import BadReply, ConnectorError, Forbidden, Gone
from connectors.redmine import kinds, split
from connectors.redmine.client import RedmineClient
from connectors.redmine.giving import Giver
from connectors.redmine.identity import Unfit, made, number_in, number_of, numbered
from connectors.redmine.listing import SeenProject
from connectors.redmine.marks import digest, mark, pack, unpack
from connectors.redmine.split import Named
from connectors.redmine.together import together
from store.record import ExternalId, Kind, ParentRef

_NEWS_AT_ONCE = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class _List:
    """One of a project's lists."""

    kind: Kind
    path: str
    name: str
    module: str | None
    """The module without which it cannot be asked for."""
    is_paged: bool = False
    below: frozenset[Kind] = frozenset()
    """What goes with a thing that is deleted."""


_VERSIONS = _List(
    kind=kinds.VERSION,
    path="/projects/{number}/versions.json",
    name="versions",
    module="issue_tracking",
    below=kinds.FILES,
)
_CATEGORIES = _List(
    kind=kinds.CATEGORY,
    path="/projects/{number}/issue_categories.json",
    name="issue_categories",
    module="issue_tracking",
)
_MEMBERSHIPS = _List(
    kind=kinds.MEMBERSHIP, path="/projects/{number}/memberships.json", name="memberships", module=None, is_paged=True
)
_TIME = _List(
    kind=kinds.TIME_ENTRY, path="/time_entries.json", name="time_entries", module="time_tracking", is_paged=True
)
_NEWS = _List(
    kind=kinds.NEWS,
    path="/projects/{number}/news.json",
    name="news",
    module="news",
    is_paged=True,
    below=frozenset({kinds.NEWS_COMMENT, *kinds.FILES}),
)
LISTS = (_VERSIONS, _CATEGORIES, _MEMBERSHIPS, _TIME, _NEWS)


@dataclass(slots=True, kw_only=True)
class ListReader:
    """Reads the lists of one project, once. Afterwards it knows what to remember."""

    project: SeenProject
    client: RedmineClient
    giver: Giver
    known: Mapping[Kind, str]
    known_files: str
    full: bool
    look: bool
    """Whether to look for what is missing although the lists tell of no change: the last reading was not whole."""
    issue_ids: Mapping[int, ExternalId]
    told: bool = False
    marks: dict[Kind, str] = field(default_factory=dict)
    files: str = ""
    claimed: dict[Kind, int] = field(default_factory=dict)
    _versions: dict[int, ExternalId] = field(default_factory=dict)

    async def read(self, held: Held) -> AsyncIterator[Item]:
        """Read them all."""
        for of in LISTS:
            async for item in self._list(of, held):
                yield item
        if kinds.VERSION in self.giver.failed:
            held_ids = await held(self.project.workspace_id, kinds.VERSION)
            self._versions = {number_in(found): found for found in held_ids} | self._versions
        async for item in self._files():
            yield item

    async def _list(self, of: _List, held: Held) -> AsyncIterator[Item]:
        found = await self._ask(of.path, of.name, of.module, is_paged=of.is_paged)
        if isinstance(found, ConnectorError):
            async for item in self._not_listed(of, found):
                yield item
            return
        before, named = unpack(self.known.get(of.kind, "")), self._named(of)
        values, ids, marks = list[Any](), set[ExternalId](), dict[int, bytes]()
        own = self._own(found)
        for value in own:
            try:
                number, external_id = number_of(value), named(value)
            except Unfit as error:
                self.giver.doubtful = True
                where = self._where(of.name)
                yield self.giver.fail({of.kind, *of.below}, WarningCode.BAD_RECORD, where, str(error))
                continue
            values.append(value)
            ids.add(external_id)
            marks[number] = mark(split.without(of.kind, value))
            if of is _VERSIONS:
                self._versions[number] = external_id
        changed = [value for value in values if _differs(value, before, marks)]
        differs = bool(changed or before.keys() - marks.keys())
        self.told = self.told or differs
        async for item in self._give(of, named, values if self.full else changed, marks):
            yield item
        if (differs or self.full or self.look) and len(ids) == len(own):
            workspace_id = self.project.workspace_id
            gone = [found for found in await held(workspace_id, of.kind) if found not in ids]
            if gone:
                yield Deleted(workspace_id=workspace_id, kind=of.kind, external_ids=gone, below=of.below)
        self.marks[of.kind] = pack(marks)
        self.claimed[of.kind] = len(own)

    async def _give(
        self, of: _List, named: Named, values: Sequence[Any], marks: dict[int, bytes]
    ) -> AsyncIterator[Item]:
        if of is _NEWS:
            async for item in self._news(values, marks):
                yield item
            return
        pieces = (piece for value in values for piece in self._split(of, named, value))
        for item in self.giver.give(pieces, self.client):
            yield item

    async def _not_listed(self, of: _List, error: ConnectorError) -> AsyncIterator[Item]:
        """Say why a list could not be had; what is held of it stays."""
        known = self.known.get(of.kind, "")
        self.marks[of.kind] = known
        self.giver.failed.update({of.kind, *of.below})
        if of is _CATEGORIES and not known and isinstance(error, Forbidden) and _is_on(self.project, of.module):
            async for item in self._category_names():
                yield item
        elif known or _is_on(self.project, of.module):
            yield self.giver.fail((), WarningCode.FORBIDDEN, self._where(of.name), str(error))

    async def _category_names(self) -> AsyncIterator[Item]:
        """Give what the project itself says of its categories: a closed one lists them to nobody."""
        path = f"/projects/{self.project.number}.json"
        found = (await self.client.get(path, "project", include="issue_categories")).get("issue_categories")
        of = {"project": {"id": self.project.number}}
        values = [{**value, **of} if isinstance(value, dict) else value for value in found or ()]
        async for item in self._give(_CATEGORIES, numbered, values, {}):
            yield item
        message = "only the names of categories are told: the project is closed, or the key may not manage them"
        yield self.giver.fail((), WarningCode.FORBIDDEN, self._where(_CATEGORIES.name), message)

    async def _news(self, values: Sequence[Any], marks: dict[int, bytes]) -> AsyncIterator[Item]:
        """Ask for each piece of news: the list gives neither comments nor attachments."""
        for start in range(0, len(values), _NEWS_AT_ONCE):
            batch = [value["id"] for value in values[start : start + _NEWS_AT_ONCE] if _has_id(value)]
            answers = await together(
                self.client.get(f"/news/{number}.json", "news", include="comments,attachments") for number in batch
            )
            whole: list[ExternalId] = []
            for number, answer in zip(batch, answers, strict=True):
                try:
                    if isinstance(answer, ConnectorError):
                        raise answer
                    pieces = list(split.news(self.project.workspace_id, answer))
                    whole.append(made(answer))
                except (BadReply, Forbidden, Gone, Unfit) as error:
                    marks.pop(number, None)
                    self.giver.doubtful = True
                    where = f"{self._where('news')}/{number}"
                    yield self.giver.fail({kinds.NEWS, *_NEWS.below}, WarningCode.BAD_RECORD, where, str(error))
                    continue
                for item in self.giver.give(pieces, self.client):
                    yield item
            if whole:
                yield CompleteBelow(
                    workspace_id=self.project.workspace_id, kind=kinds.NEWS, external_ids=whole, kinds=_NEWS.below
                )

    async def _files(self) -> AsyncIterator[Item]:
        """Read the project's own files and those of its versions: all of them, where any differs."""
        workspace_id = self.project.workspace_id
        found = await self._ask("/projects/{number}/files.json", "files", "files", is_paged=False)
        if isinstance(found, ConnectorError):
            self.files = self.known_files
            if self.known_files or _is_on(self.project, "files"):
                yield self.giver.fail(kinds.FILES, WarningCode.FORBIDDEN, self._where("files"), str(found))
            else:
                self.giver.failed.update(kinds.FILES)
            return
        self.files = digest([split.without(kinds.ATTACHMENT, value) for value in found if isinstance(value, dict)])
        if self.files != self.known_files:
            self.told = True
        elif not self.full:
            return
        pieces = list(split.project_files(workspace_id, found, self._versions))
        for item in self.giver.give(pieces, self.client):
            yield item
        if not any(isinstance(piece, split.Bad) for piece in pieces):
            owners = {kinds.PROJECT: [ExternalId(workspace_id)], kinds.VERSION: list(self._versions.values())}
            for kind, ids in owners.items():
                if ids:
                    yield CompleteBelow(workspace_id=workspace_id, kind=kind, external_ids=ids, kinds=kinds.FILES)

    async def _ask(self, path: str, name: str, module: str | None, *, is_paged: bool) -> list[Any] | ConnectorError:
        if not _is_on(self.project, module):
            return Forbidden(f"the module {module} is switched off; what is held of it stays")
        number = str(self.project.number)
        params = {"project_id": number, "subproject_id": "!*"} if path == _TIME.path else {}
        ask = self.client.listing if is_paged else self.client.whole
        try:
            return await ask(path.format(number=number), name, **params)
        except (BadReply, Forbidden, Gone) as error:
            self.giver.doubtful = self.giver.doubtful or isinstance(error, BadReply)
            return error

    def _own(self, values: Sequence[Any]) -> list[Any]:
        """Leave out what other projects share with this one."""
        return [value for value in values if _project_of(value) in {None, self.project.number}]

    def _named(self, of: _List) -> Named:
        if of is _MEMBERSHIPS:
            return split.membership_id(self.project.workspace_id)
        return numbered if of is _CATEGORIES else made

    def _split(self, of: _List, named: Named, value: Any) -> Sequence[split.Piece]:
        workspace_id = self.project.workspace_id
        parent = ParentRef(kind=kinds.PROJECT, external_id=ExternalId(workspace_id))
        on = value.get("issue") if of is _TIME and isinstance(value, dict) else None
        issue_id = self.issue_ids.get(on.get("id", 0)) if isinstance(on, dict) else None
        if issue_id is not None:
            parent = ParentRef(kind=kinds.ISSUE, external_id=issue_id)
        return list(split.listed(workspace_id, of.kind, named, value, parent))

    def _where(self, what: str) -> str:
        return f"project/{self.project.workspace_id}/{what}"


def _differs(value: Any, before: Mapping[int, bytes], marks: Mapping[int, bytes]) -> bool:
    return not _has_id(value) or value["id"] not in marks or before.get(value["id"]) != marks[value["id"]]


def _has_id(value: Any) -> bool:
    return isinstance(value, dict) and isinstance(value.get("id"), int)


def _project_of(value: Any) -> Any:
    of = value.get("project") if isinstance(value, dict) else None
    return of.get("id") if isinstance(of, dict) else None


def _is_on(project: SeenProject, module: str | None) -> bool:
    return module is None or project.modules is None or module in project.modules
