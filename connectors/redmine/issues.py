"""Issues: those of one project. A listing of all tells which differ; each of those is then asked for with its history.

The listing (a hundred issues a request) names every issue with all its fields, attachments and relations, so that
whatever moves no `updated_on` is seen all the same: a relation made or removed, an attachment deleted or renamed, a
category, version or custom field that was taken away, a subtask's new parent. What it does not tell is an edited
note, and who watches.

Of a large project only what has a newer `updated_on` is listed, and the rest counted: while the count is what is held,
and what is new, nothing was deleted. Where it is not, and when the project has its turn to be read whole, all of it
is listed.
"""

from collections.abc import AsyncIterator, Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from connectors.base import CompleteBelow, Deleted, Held, Item, Warned, WarningCode
from connectors.errors import BadReply, ConnectorError, Forbidden, Gone
from connectors.redmine import kinds, split
from connectors.redmine.client import RedmineClient
from connectors.redmine.giving import Giver
from connectors.redmine.identity import Unfit, instant, made, number_in, number_of
from connectors.redmine.kinds import ISSUE, OF_ISSUE
from connectors.redmine.listing import Listing, SeenProject
from connectors.redmine.marks import mark
from connectors.redmine.missing import Missing
from connectors.redmine.together import together
from store.record import ExternalId, Kind, ParentRef, WorkspaceId

PASSES = 3
"""How often issues that change while they are read are read, before their project is called unstable."""
SETTLED = timedelta(minutes=1)
"""An `updated_on` has no part of a second, and the server's clock is not ours: what was changed so shortly before it
was read may have been changed again in that same second, and is read again next time."""
LARGE = 2_000
"""From how many issues on a project is large: twenty requests a night are too little to save."""
_OVERLAP = timedelta(minutes=5)
"""How far before the newest known `updated_on` is listed: it is written some time before its change can be seen."""
_AT_ONCE = 24
_WITH = "journals,watchers,attachments,relations"
_GIVEN = {
    "journals": frozenset({kinds.NOTE, kinds.JOURNAL}),
    "watchers": frozenset({kinds.WATCHER}),
    "attachments": kinds.FILES,
}
"""What an answer must hold for the kinds in it to be called complete. Relations are left out where there are none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Listed:
    """An issue in the listing."""

    issue_id: ExternalId
    reader: int
    """Which of the clients sees it."""
    mark: bytes
    updated_on: datetime | None


@dataclass(slots=True, kw_only=True)
class IssueReader:
    """Reads the issues of one project, once. Afterwards it knows what to remember, and how many there are."""

    project: SeenProject
    listing: Listing
    takes: Callable[[SeenProject], bool]
    """Whether a project is in scope: an issue may have moved there."""
    clients: Sequence[RedmineClient]
    giver: Giver
    known: Mapping[int, bytes]
    full: bool
    look: bool
    """Whether to look for what is missing although the listing tells of no change: the last reading was not whole."""
    newest: datetime | None
    """The greatest `updated_on` there is, as far as is known."""
    utc_now: Callable[[], datetime]
    told: bool = False
    """Whether the listing told of any change."""
    settled: bool = True
    """Whether nothing changed any more when it was last looked at."""
    moved: bool = False
    """Whether something changed between the listing and the end."""
    claimed: int | None = None
    _listed: dict[int, _Listed] = field(default_factory=dict)
    _read: set[int] = field(default_factory=set)
    """Those whose marks may be remembered."""
    _kept: bool = False
    _is_whole: bool = True
    """Whether the listing named every issue."""

    @property
    def ids(self) -> Mapping[int, ExternalId]:
        """What the issues are called that have these ids now."""
        return {number: found.issue_id for number, found in self._listed.items()}

    @property
    def marks(self) -> dict[int, bytes]:
        """What to remember of each issue."""
        if self._kept:
            return dict(self.known)
        kept = {number for number, found in self._listed.items() if self.known.get(number) == found.mark}
        return {number: self._listed[number].mark for number in kept | self._read if number in self._listed}

    async def read(self, held: Held) -> AsyncIterator[Item]:
        """Read them."""
        if not await self._list_newer(held):
            async for item in self._census():
                yield item
        changed = [number for number, found in self._listed.items() if self.known.get(number) != found.mark]
        missing = self.known.keys() - self._listed.keys()
        self.told = bool(changed or missing)
        async for item in self._read_these(self._listed if self.full else changed):
            yield item
        async for item in self._read_again():
            yield item
        if self._is_whole and (self.told or self.full or self.look):
            missing_issues = Missing(
                project=self.project, listing=self.listing, takes=self.takes, clients=self.clients, ids=self.ids
            )
            async for item in missing_issues.look(held):
                yield item

    def keep(self) -> None:
        """Read nothing: what is known of them stays as it is."""
        self._kept = True

    async def _list_newer(self, held: Held) -> bool:
        """List what is newer in a large project; False where that does not tell all, and everything must be listed."""
        is_small = len(self.known) <= LARGE or len(self.clients) > 1
        if is_small or self.full or self.look or self.newest is None:
            return False
        for issue_id in await held(self.project.workspace_id, ISSUE):
            number = number_in(issue_id)
            mark = self.known.get(number, b"")
            self._listed[number] = _Listed(issue_id=issue_id, reader=0, mark=mark, updated_on=None)
        client, of = self.clients[0], self._of_project
        async for page, _ in client.issues(**of, updated_on=_since(self.newest - _OVERLAP)):
            for value in page:
                if self._take(value, 0) is not None:
                    return False
        self.claimed = await client.count_issues(project_id=of["project_id"], subproject_id="!*")
        return self.claimed == len(self._listed)

    @property
    def _of_project(self) -> Mapping[str, str]:
        """Ask for the issues of this project, without those of the projects in it, as they are compared."""
        return {
            "project_id": str(self.project.number),
            "subproject_id": "!*",
            "include": "attachments,relations",
        }

    async def _census(self) -> AsyncIterator[Item]:
        """List every issue: again where some came or went meanwhile, so that their number does not add up."""
        for _ in range(PASSES):
            self._listed.clear()
            claimed = None
            for reader, client in enumerate(self.clients):
                async for page, total in client.issues(**self._of_project):
                    claimed = total if claimed is None else claimed
                    for value in page:
                        bad = self._take(value, reader)
                        if bad is not None:
                            yield bad
            if len(self.clients) > 1 or claimed == len(self._listed):
                break
        else:
            self.settled = False
            yield self._unstable()
        self.claimed = claimed if len(self.clients) == 1 else None

    def _take(self, value: Any, reader: int) -> Warned | None:
        try:
            number, listed = number_of(value), _listed(value, reader)
        except Unfit as error:
            self.giver.doubtful, self._is_whole = True, False
            where = f"project/{self.project.workspace_id}/issue"
            return self.giver.fail({ISSUE, *OF_ISSUE}, WarningCode.BAD_RECORD, where, str(error))
        before = self._listed.get(number)
        if before is None or reader <= before.reader:
            self._listed[number] = listed
        return None

    async def _read_again(self) -> AsyncIterator[Item]:
        """Look for what changed since the listing, and read that again, until nothing did."""
        times = [self.newest, *(listed.updated_on for listed in self._listed.values())]
        self.newest = max((at for at in times if at is not None), default=None)
        if self.newest is None or not self._read:
            return
        since = _since(self.newest)
        for _ in range(PASSES):
            again: list[int] = []
            for reader, client in enumerate(self.clients):
                async for page, _ in client.issues(**self._of_project, updated_on=since):
                    again += [found for value in page if (found := self._newer(value, reader)) is not None]
            if not again:
                return
            self.moved = True
            async for item in self._read_these(again):
                yield item
        self.settled = False
        yield self._unstable()

    def _newer(self, value: Any, reader: int) -> int | None:
        """Take in an issue that is not as it was listed, and return its number."""
        try:
            number, listed = number_of(value), _listed(value, reader)
        except Unfit:
            return None
        before = self._listed.get(number)
        if before is not None and (before.mark == listed.mark or before.reader < reader):
            return None
        if before is None and self.claimed is not None:
            self.claimed += 1
        self._listed[number] = listed
        return number

    async def _read_these(self, numbers: Collection[int]) -> AsyncIterator[Item]:
        waiting = iter(sorted(numbers))
        while batch := list(islice(waiting, _AT_ONCE)):
            began = self.utc_now()
            answers = await together(self._show(number) for number in batch)
            parents = await self._parents([answer for answer in answers if isinstance(answer, dict)])
            whole: list[tuple[ExternalId, frozenset[Kind]]] = []
            for number, answer in zip(batch, answers, strict=True):
                if isinstance(answer, ConnectorError):
                    for item in self._not_read(number, answer):
                        yield item
                    continue
                listed = self._listed[number]
                if listed.updated_on is not None and listed.updated_on <= began - SETTLED:
                    self._read.add(number)
                pieces = self._pieces(answer, parents)
                if pieces is None:
                    continue
                bad = [piece for piece in pieces if isinstance(piece, split.Bad)]
                if bad:
                    self._read.discard(number)
                for item in self.giver.give(pieces, self.clients[listed.reader]):
                    yield item
                unsure = {kind for piece in bad for kind in piece.kinds}
                unsure |= {kind for name in _GIVEN if not isinstance(answer.get(name), list) for kind in _GIVEN[name]}
                whole.append((listed.issue_id, OF_ISSUE - unsure))
            for complete in self._complete(whole):
                yield complete

    async def _show(self, number: int) -> dict[str, Any]:
        client = self.clients[self._listed[number].reader]
        found = await client.get(f"/issues/{number}.json", "issue", include=_WITH)
        if found.get("id") != number:
            raise BadReply(f"issue {number} was asked for, and another given")
        return found

    def _not_read(self, number: int, error: ConnectorError) -> Iterator[Item]:
        issue_id = self._listed[number].issue_id
        if isinstance(error, Gone):
            # Deleted since it was listed: in the listing of the next cycle it is missing.
            self._listed.pop(number)
            self.moved = True
            if self.claimed is not None:
                self.claimed -= 1
            yield Deleted(workspace_id=self.project.workspace_id, kind=ISSUE, external_ids=[issue_id], below=OF_ISSUE)
            return
        code = WarningCode.FORBIDDEN if isinstance(error, Forbidden) else WarningCode.BAD_RECORD
        self.giver.doubtful = True
        yield self.giver.fail({ISSUE, *OF_ISSUE}, code, f"issue/{issue_id}", str(error))

    def _pieces(self, value: dict[str, Any], parents: Mapping[int, ExternalId]) -> list[split.Piece] | None:
        """Take an issue apart; None where it is in a project by now that is not to be read."""
        of = value.get("project")
        project = self.listing.find(of.get("id")) if isinstance(of, dict) else None
        if project is None or not self.takes(project):
            return None
        above = value.get("parent")
        parent_id = parents.get(above.get("id", 0)) if isinstance(above, dict) else None
        parent = ParentRef(kind=ISSUE, external_id=parent_id) if parent_id else _below_project(project.workspace_id)
        try:
            return list(split.issue(project.workspace_id, value, parent))
        except Unfit as error:
            where = f"project/{project.workspace_id}/issue"
            return [split.Bad(kinds=frozenset({ISSUE, *OF_ISSUE}), where=where, message=str(error))]

    async def _parents(self, values: Sequence[Mapping[str, Any]]) -> Mapping[int, ExternalId]:
        """Name the issues that these are subtasks of: some are in other projects."""
        above = [value["parent"].get("id") for value in values if isinstance(value.get("parent"), dict)]
        wanted = {number for number in above if isinstance(number, int)}
        found = {number: self._listed[number].issue_id for number in wanted & self._listed.keys()}
        for value in await self.clients[0].these_issues(wanted - found.keys()):
            try:
                found[number_of(value)] = made(value)
            except Unfit:
                continue
        return found

    def _complete(self, whole: Sequence[tuple[ExternalId, frozenset[Kind]]]) -> Iterator[CompleteBelow]:
        if not self.known:
            return  # nothing is held
        for of in dict.fromkeys(which for _, which in whole):
            ids = [issue_id for issue_id, which in whole if which == of]
            yield CompleteBelow(workspace_id=self.project.workspace_id, kind=ISSUE, external_ids=ids, kinds=of)

    def _unstable(self) -> Warned:
        where = f"project/{self.project.workspace_id}"
        message = f"issues changed while they were read, {PASSES} times running"
        return Warned(code=WarningCode.UNSTABLE, where=where, message=message)


def _listed(value: Mapping[str, Any], reader: int) -> _Listed:
    """Take in an issue as it is listed. Raises Unfit where it has no id or no moment of making."""
    attachments, relations = value.get("attachments"), value.get("relations")
    core = {name: part for name, part in value.items() if name not in {"attachments", "relations"}}
    files = [split.without(kinds.ATTACHMENT, part) for part in attachments or () if isinstance(part, dict)]
    return _Listed(
        issue_id=made(value),
        reader=reader,
        mark=mark([split.without(ISSUE, core), files, relations or []]),
        updated_on=instant(value.get("updated_on")),
    )


def _since(at: datetime) -> str:
    return f">={at:%Y-%m-%dT%H:%M:%SZ}"


def _below_project(workspace_id: WorkspaceId) -> ParentRef:
    return ParentRef(kind=kinds.PROJECT, external_id=ExternalId(workspace_id))
