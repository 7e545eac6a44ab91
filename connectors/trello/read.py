"""Read: one cycle over a Trello connection, from the cheapest question to the whole of what changed."""

from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from functools import partial

from connectors.ahead import read_ahead
from connectors.base import (
    Checkpoint,
    Complete,
    FullReason,
    Item,
    Ledger,
    Progress,
    ReadJob,
    State,
    Warned,
    WarningCode,
    Workspace,
)
from connectors.errors import BadReply, ConnectorError, Forbidden, Gone, Refused, Unauthorised
from connectors.trello import kinds
from connectors.trello.board import BoardReader
from connectors.trello.client import TrelloClient
from connectors.trello.listing import Listing, Seen, SeenBoard, SeenOrganization, list_mine, list_unjoined
from connectors.trello.missing import look_for
from connectors.trello.organization import OrganizationReader
from connectors.trello.split import PEOPLE
from connectors.trello.state import Known, ReadState, decode
from store.record import WorkspaceId

_WIDTH = 4
"""How many boards are read at once: five requests each, one after the other, fill Trello's budget of ten a second."""
_DEPTH = 2
_CHECKPOINTS = 100
"""About how many there are in a long cycle: each holds all that is done so far."""

_WHY_FULL = {
    FullReason.FIRST: "first cycle",
    FullReason.SCHEDULED: "scheduled full read",
    FullReason.ASKED: "full read asked for",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Done:
    """The end of one workspace's items, and what to remember of it. Never leaves this file."""

    workspace_id: WorkspaceId
    known: Known | None
    whole: bool


class Reading:
    """One cycle's reading. Made for one job; `items` is used once."""

    def __init__(self, job: ReadJob, clients: Mapping[str, TrelloClient]) -> None:
        self._job = job
        self._clients = clients
        self._before = decode(job.state).workspaces
        resumed = decode(job.cursor)
        self._done: dict[WorkspaceId, Known] = dict(resumed.workspaces)
        """What this cycle has read, before an interruption included."""
        self._kept: dict[WorkspaceId, Known] = {}
        """What it did not have to read, or could not."""
        self._whole = resumed.whole
        self._lost: set[str] = set()
        """Grants that stopped working."""
        self._people: set[str] = set()
        self._listing = Listing()

    async def items(self) -> AsyncGenerator[Item, None]:
        """Read the cycle."""
        async for item in self._list():
            yield item
        for seen in self._listing.in_order():
            yield self._workspace(seen)
        todo: list[tuple[Seen, str]] = []
        for seen in self._listing.in_order():
            if seen.is_taken(self._job.scope) and seen.workspace_id not in self._done:
                unchanged = self._judge(seen, todo)
                if unchanged is not None:
                    yield unchanged
        async for item in self._read(todo):
            yield item
        async for item in self._look_for_missing():
            yield item
        if self._job.full is not None and self._whole:
            yield Complete(workspace_id=PEOPLE, kinds=frozenset({kinds.MEMBER}))
        yield State(state=ReadState(workspaces={**self._kept, **self._done}).encode())

    async def _list(self) -> AsyncIterator[Item]:
        failure: ConnectorError | None = None
        listed = 0
        for grant_id, client in self._clients.items():
            try:
                await list_mine(client, self._listing)
                listed += 1
            except Unauthorised as error:
                failure = error
                yield self._lose(grant_id, error)
            except (Forbidden, Gone, BadReply, Refused) as error:
                failure, self._whole = error, False
                yield Warned(code=WarningCode.BAD_RECORD, where=f"grant/{grant_id}/listing", message=str(error))
        if not listed:
            raise failure or Unauthorised("the connection has no grant")
        async for organization_id, count in list_unjoined(self._working(), self._listing):
            message = f"{count} boards of this workspace are seen by no grant: invite the owner of one to them"
            yield Warned(code=WarningCode.FORBIDDEN, where=f"organization/{organization_id}", message=message)
        for what in self._listing.bad:
            self._whole = False
            message = "something in the listing has no id"
            yield Warned(code=WarningCode.BAD_RECORD, where=f"listing/{what}", message=message)

    def _workspace(self, seen: Seen) -> Workspace:
        # A guest on a board does not see the workspace that it lies in.
        owner = seen.organization_id if isinstance(seen, SeenBoard) else None
        return Workspace(
            workspace_id=seen.workspace_id,
            kind=seen.kind,
            name=seen.name,
            parent_workspace_id=owner if owner is not None and owner in self._listing else None,
            in_scope=seen.is_taken(self._job.scope),
        )

    def _judge(self, seen: Seen, todo: list[tuple[Seen, str]]) -> Ledger | None:
        """Put a workspace on the list of those to read, or say on what evidence it is not."""
        known = self._before.get(seen.workspace_id)
        if self._job.full is not None or known is None:
            todo.append((seen, _WHY_FULL[self._job.full] if self._job.full else "not read before"))
            return None
        why = seen.changed_since(known)
        if why is not None:
            todo.append((seen, why))
            return None
        self._kept[seen.workspace_id] = replace(known, missing=0)
        evidence = "dateLastActivity and listed fields equal" if seen.kind == kinds.BOARD else "listed fields equal"
        return Ledger(workspace_id=seen.workspace_id, read="unchanged", evidence=evidence)

    async def _read(self, todo: Sequence[tuple[Seen, str]]) -> AsyncIterator[Item]:
        # What an interruption left of the workspace it met may be gone since: that one is looked at again next time.
        suspect = todo[0][0].workspace_id if todo and self._job.cursor is not None else None
        every = max(1, len(todo) // _CHECKPOINTS)
        count = 0
        yield _progress(count, todo)
        streams = [partial(self._one, seen, why) for seen, why in todo]
        async with aclosing(read_ahead(streams, width=_WIDTH, depth=_DEPTH)) as items:
            async for item in items:
                if not isinstance(item, _Done):
                    yield item
                    continue
                count += 1
                self._whole = self._whole and item.whole
                if item.known is not None:
                    again = item.known.again or item.workspace_id == suspect
                    self._done[item.workspace_id] = replace(item.known, again=again)
                yield _progress(count, todo)
                if count % every == 0 or count == len(todo):
                    yield Checkpoint(cursor=ReadState(workspaces=self._done, whole=self._whole).encode())

    async def _one(self, seen: Seen, why: str) -> AsyncIterator[Item | _Done]:
        """Read one workspace with the first grant that can."""
        known = self._before.get(seen.workspace_id)
        left = _Done(workspace_id=seen.workspace_id, known=known and replace(known, again=True), whole=False)
        where = f"{seen.kind}/{seen.workspace_id}"
        refusal: ConnectorError | None = None
        for grant_id in seen.in_turn():
            if grant_id in self._lost:
                continue
            reader = self._reader(seen, known, why)
            try:
                async for item in reader.read(self._clients[grant_id]):
                    yield item
            except Unauthorised as error:
                if grant_id not in self._lost:
                    yield self._lose(grant_id, error)
            except (Forbidden, Gone) as error:
                refusal = error
            except (BadReply, Refused) as error:
                yield Warned(code=WarningCode.BAD_RECORD, where=where, message=str(error))
                yield left
                return
            else:
                yield _Done(workspace_id=seen.workspace_id, known=_learnt(seen, reader), whole=not reader.doubtful)
                return
        if self._lost.issuperset(self._clients):
            raise Unauthorised("no grant of the connection works any more")
        code = WarningCode.WORKSPACE_LOST if isinstance(refusal, Gone) else WarningCode.FORBIDDEN
        yield Warned(code=code, where=where, message=str(refusal or "no working grant sees it"))
        yield left

    def _reader(self, seen: Seen, known: Known | None, why: str) -> BoardReader | OrganizationReader:
        since = known.last_action if known is not None and self._job.full is None else None
        if isinstance(seen, SeenOrganization):
            board_ids = frozenset(self._listing.boards) | frozenset(self._before)
            return OrganizationReader(seen=seen, board_ids=board_ids, people=self._people, since=since, evidence=why)
        return BoardReader(
            board_id=seen.workspace_id, people=self._people, since=since, evidence=why, activity=seen.activity
        )

    async def _look_for_missing(self) -> AsyncIterator[Item]:
        missing = {
            workspace_id: known
            for workspace_id, known in self._before.items()
            if workspace_id not in self._listing
            and self._job.scope.takes(workspace_id, *([known.organization_id] if known.organization_id else []))
        }
        sure = not self._lost and not self._listing.bad
        async for workspace_id, known, item in look_for(missing, self._working(), sure=sure):
            self._whole = False
            if known is not None:
                self._kept[workspace_id] = known
            yield item

    def _working(self) -> Mapping[str, TrelloClient]:
        return {grant_id: client for grant_id, client in self._clients.items() if grant_id not in self._lost}

    def _lose(self, grant_id: str, error: Unauthorised) -> Warned:
        self._lost.add(grant_id)
        self._whole = False
        return Warned(code=WarningCode.GRANT_LOST, where=f"grant/{grant_id}", message=str(error))


def _learnt(seen: Seen, reader: BoardReader | OrganizationReader) -> Known:
    again, activity = reader.doubtful, None
    if isinstance(reader, BoardReader):
        again, activity = again or not reader.stable, reader.activity
    return Known(
        kind=seen.kind,
        activity=activity,
        digest=seen.digest,
        last_action=reader.last_action,
        organization_id=seen.organization_id if isinstance(seen, SeenBoard) else None,
        again=again,
    )


def _progress(count: int, todo: Sequence[object]) -> Progress:
    return Progress(done=count, total=len(todo), note=f"{count} of {len(todo)} workspaces read")
