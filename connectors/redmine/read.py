"""Read: one cycle over a Redmine connection, from the listing of projects to the whole of what changed."""

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from connectors.ahead import read_ahead
from connectors.base import (
    Anew,
    Checkpoint,
    FullReason,
    Item,
    Progress,
    ReadJob,
    Records,
    State,
    Vanished,
    Warned,
    WarningCode,
    Workspace,
)
from connectors.errors import BadReply, ConnectorError, Forbidden, Gone, Refused, Retriable, Unauthorised
from connectors.redmine.client import RedmineClient
from connectors.redmine.heard import HEARD, Heard
from connectors.redmine.identity import Unfit, made, number_in
from connectors.redmine.kinds import PROJECT
from connectors.redmine.listing import Listing, SeenProject, list_projects
from connectors.redmine.project import ProjectReader
from connectors.redmine.server import ServerReader
from connectors.redmine.state import Known, ReadState, decode
from connectors.rotation import due
from connectors.unanswered import PutOff, Unanswered
from store.record import WorkspaceId

_WIDTH = 2
"""How many projects are read at once: between them they use the four requests that a server is asked at a time."""
_DEPTH = 2
_OUTAGE = 2 * _WIDTH
"""How many in a row may go unanswered before the app is taken to be away."""
_CHECKPOINTS = 100
"""About how many there are in a long cycle: each holds all that is done so far."""

ROTATION_DAYS = 7
"""Within how many days every project is read whole: edited notes, watchers and comments on news are listed nowhere."""

_WHY_FULL = {
    FullReason.FIRST: "first cycle",
    FullReason.SCHEDULED: "scheduled full read",
    FullReason.ASKED: "full read asked for",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Done:
    """The end of one project's items, and what to remember of it. Never leaves this file."""

    workspace_id: WorkspaceId
    known: Known | None


class Reading:
    """One cycle's reading. Made for one job; `items` is used once."""

    def __init__(self, job: ReadJob, clients: Mapping[str, RedmineClient], utc_now: Callable[[], datetime]) -> None:
        self._job = job
        self._clients = dict(clients)
        self._utc_now = utc_now
        self._before = decode(job.state)
        resumed = decode(job.cursor)
        self._done: dict[WorkspaceId, Known] = dict(resumed.projects)
        """What this cycle has read, before an interruption included."""
        self._server = resumed.server
        self._kept: dict[WorkspaceId, Known] = {}
        """What it could not read."""
        self._lost: set[str] = set()
        """Grants that stopped working."""
        self._listing = Listing()
        self._heard = Heard()
        self._is_whole = True
        """Whether every grant listed its projects."""

    async def items(self) -> AsyncGenerator[Item, None]:
        """Read the cycle."""
        async for item in self._list():
            yield item
        projects = list(self._listing.in_order())
        for seen in projects:
            yield self._workspace(seen)
        if self._server is None:
            async for item in self._read_server():
                yield item
        todo = [seen for seen in projects if self._takes(seen) and seen.workspace_id not in self._done]
        if todo and self._job.cursor is not None:
            # What an interruption left of the projects it met may be gone since.
            yield Anew(workspace_ids=frozenset(seen.workspace_id for seen in todo))
        async for item in self._read(todo):
            yield item
        for kind in HEARD:
            if records := tuple(self._heard.records(kind)):
                yield Records(records=records)
        async for item in self._look_for_missing():
            yield item
        yield State(state=ReadState(projects={**self._kept, **self._done}, server=self._server).encode())

    async def _list(self) -> AsyncIterator[Item]:
        failure: ConnectorError | None = None
        listed = 0
        for grant_id, client in list(self._clients.items()):
            try:
                me = await client.get("/users/current.json", "user")
                self._clients[grant_id] = client.of(me, self._heard)
            except Unauthorised as error:
                failure = error
                yield self._lose(grant_id, error)
            except (Forbidden, Gone, BadReply, Refused) as error:
                failure, self._is_whole = error, False
                yield Warned(code=WarningCode.BAD_RECORD, where=f"grant/{grant_id}/listing", message=str(error))
                self._lost.add(grant_id)
        # Administrators first: they see everything, and what they see is what is compared.
        for client in sorted(self._working(), key=lambda found: not found.is_admin):
            try:
                await list_projects(client, self._listing)
                listed += 1
            except Unauthorised as error:
                failure = error
                yield self._lose(client.grant.grant_id, error)
            except (Forbidden, Gone, BadReply, Refused) as error:
                failure, self._is_whole = error, False
                where = f"grant/{client.grant.grant_id}/listing"
                yield Warned(code=WarningCode.BAD_RECORD, where=where, message=str(error))
        if not listed:
            raise failure or Unauthorised("the connection has no grant")
        if self._listing.bad:
            self._is_whole = False
            message = f"{self._listing.bad} projects in the listing have no id or no created_on"
            yield Warned(code=WarningCode.BAD_RECORD, where="listing/project", message=message)

    def _workspace(self, seen: SeenProject) -> Workspace:
        return Workspace(
            workspace_id=seen.workspace_id,
            kind=PROJECT,
            name=seen.name,
            parent_workspace_id=self._listing.parent_of(seen),
            in_scope=self._takes(seen),
        )

    def _takes(self, seen: SeenProject) -> bool:
        return self._listing.is_taken(seen, self._job.scope)

    async def _read_server(self) -> AsyncIterator[Item]:
        known, full = self._before.server or {}, self._job.full is not None
        client = min(self._working(), key=lambda found: not found.is_admin)
        reader = ServerReader(client=client, known=known, full=full)
        async for item in reader.read():
            yield item
        self._server = reader.digests

    def _whole_in_turn(self, todo: Sequence[SeenProject]) -> Mapping[WorkspaceId, str]:
        """Say which projects are read whole, and why."""
        full = self._job.full
        if full is not None:
            return {seen.workspace_id: _WHY_FULL[full] for seen in todo}
        known = {
            seen.workspace_id: self._before.projects[seen.workspace_id].full_at
            for seen in todo
            if seen.workspace_id in self._before.projects
        }
        in_turn = due(known, self._job.now, days=ROTATION_DAYS)
        unfinished = self._job.unfinished & known.keys()
        return {
            **dict.fromkeys(unfinished, "a file in it could not be read last time"),
            **{each: f"its turn to be read whole: last so {_day(known[each])}" for each in in_turn},
            **{seen.workspace_id: "not read before" for seen in todo if seen.workspace_id not in known},
        }

    async def _read(self, todo: Sequence[SeenProject]) -> AsyncIterator[Item]:
        every = max(1, len(todo) // _CHECKPOINTS)
        why = self._whole_in_turn(todo)
        count, put_off = 0, PutOff(outage=_OUTAGE)
        yield _progress(count, todo)
        streams = [partial(self._one, seen, why.get(seen.workspace_id, "")) for seen in todo]
        async with aclosing(read_ahead(streams, width=_WIDTH, depth=_DEPTH)) as items:
            async for item in items:
                if isinstance(item, Unanswered):
                    put_off.add(item)
                    continue
                if not isinstance(item, _Done):
                    yield item
                    continue
                count += 1
                put_off.answered()
                if item.known is not None:
                    self._done[item.workspace_id] = item.known
                yield _progress(count, todo)
                if count % every == 0 or count == len(todo):
                    yield self._checkpoint()
        if put_off.found:
            yield self._checkpoint()
            is_last = self._job.is_last_attempt
            for left in put_off.leave(is_last_attempt=is_last, is_anything_read=bool(self._done)):
                yield left
            yield _progress(len(todo), todo)

    def _checkpoint(self) -> Checkpoint:
        return Checkpoint(cursor=ReadState(projects=self._done, server=self._server or {}).encode())

    async def _one(self, seen: SeenProject, why: str) -> AsyncIterator[Item | _Done | Unanswered]:  # noqa: C901 - ways
        """Read one project with the first grant that can."""
        known = self._before.projects.get(seen.workspace_id)
        left = _Done(workspace_id=seen.workspace_id, known=known and replace(known, again=True))
        where = f"project/{seen.workspace_id}"
        refusal: ConnectorError | None = None
        for attempt in range(len(seen.readers)):
            clients = self._readers(seen)[attempt:]
            if not clients:
                break
            if attempt:
                yield Anew(workspace_ids=frozenset({seen.workspace_id}))
            reader = ProjectReader(
                project=seen,
                listing=self._listing,
                takes=self._takes,
                known=known,
                why=why,
                utc_now=self._utc_now,
                now=self._job.now,
            )
            try:
                async for item in reader.read(clients, self._job.held):
                    yield item
            except Unauthorised as error:
                async for item in self._find_lost(clients, error):
                    yield item
            except (Forbidden, Gone) as error:
                refusal = error
            except (BadReply, Refused, Unfit) as error:
                yield Warned(code=WarningCode.BAD_RECORD, where=where, message=str(error))
                yield left
                return
            except Retriable as error:
                if known is not None:
                    self._kept[seen.workspace_id] = replace(known, again=True)
                yield Unanswered(workspace_id=seen.workspace_id, where=where, error=error)
                return
            else:
                yield _Done(workspace_id=seen.workspace_id, known=reader.learnt)
                return
        if self._lost.issuperset(self._clients):
            raise Unauthorised("no grant of the connection works any more")
        code = WarningCode.WORKSPACE_LOST if isinstance(refusal, Gone) else WarningCode.FORBIDDEN
        yield Warned(code=code, where=where, message=str(refusal or "no working grant sees it"))
        yield left

    def _readers(self, seen: SeenProject) -> list[RedmineClient]:
        """Return whom to read a project with: an administrator alone, or everybody who sees it."""
        found = [self._clients[grant_id] for grant_id in seen.readers if grant_id not in self._lost]
        return [client for client in found if client.is_admin][:1] or found

    async def _find_lost(self, clients: Sequence[RedmineClient], error: Unauthorised) -> AsyncIterator[Item]:
        """Find out which of these grants it was that stopped working."""
        for client in clients:
            if client.grant.grant_id in self._lost:
                continue
            try:
                await client.get("/users/current.json", "user")
            except Unauthorised:
                yield self._lose(client.grant.grant_id, error)

    async def _look_for_missing(self) -> AsyncIterator[Item]:
        """Ask for projects that are held and not listed: of what does not exist Redmine says 404, of the rest 403."""
        for workspace_id, known in self._before.projects.items():
            above = [known.parent_id] if known.parent_id else []
            if workspace_id in self._listing.projects or not self._job.scope.takes(workspace_id, *above):
                continue
            told = await self._told(workspace_id)
            if told is None:
                evidence = "every grant works, and was told that it does not exist (404)"
                yield Vanished(workspace_id=workspace_id, evidence=evidence)
                continue
            self._kept[workspace_id] = known
            yield Warned(code=WarningCode.WORKSPACE_LOST, where=f"project/{workspace_id}", message=told)

    async def _told(self, workspace_id: WorkspaceId) -> str | None:
        """Return what any grant was told other than that it does not exist; None where all were told just that."""
        if self._lost or not self._is_whole:
            return "not listed any more, and not every grant could be asked"
        for client in self._working():
            try:
                found = await client.get(f"/projects/{number_in(workspace_id)}.json", "project")
                if WorkspaceId(made(found)) == workspace_id:
                    return "not listed any more, and still there"
            except Gone:
                continue
            except Forbidden:
                return "not listed any more: archived, or closed to every grant"
            except (Unauthorised, BadReply, Refused, Unfit) as error:
                return str(error)
        return None

    def _working(self) -> list[RedmineClient]:
        return [client for grant_id, client in self._clients.items() if grant_id not in self._lost]

    def _lose(self, grant_id: str, error: Unauthorised) -> Warned:
        self._lost.add(grant_id)
        return Warned(code=WarningCode.GRANT_LOST, where=f"grant/{grant_id}", message=str(error))


def _day(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d}" if at else "never"


def _progress(count: int, todo: Sequence[object]) -> Progress:
    return Progress(done=count, total=len(todo), note=f"{count} of {len(todo)} projects read")
