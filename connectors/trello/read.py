"""Read: one cycle over a Trello connection, from the cheapest question to the whole of what changed."""

from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from functools import partial

from connectors.ahead import read_ahead
from connectors.base import (
    Anew,
    Checkpoint,
    Complete,
    FullReason,
    Item,
    Ledger,
    Progress,
    ReadJob,
    Records,
    State,
    Warned,
    WarningCode,
    Workspace,
)
from connectors.below import keep
from connectors.errors import BadReply, ConnectorError, Forbidden, Gone, Refused, Retriable, Unauthorised
from connectors.rotation import due
from connectors.trello import kinds
from connectors.trello.board import BoardReader
from connectors.trello.client import TrelloClient
from connectors.trello.listing import Listing, Seen, SeenBoard, SeenOrganization, list_mine, list_unjoined
from connectors.trello.missing import look_for
from connectors.trello.moved import BELOW, Move
from connectors.trello.organization import OrganizationReader
from connectors.trello.split import PEOPLE
from connectors.trello.state import Known, ReadState, decode
from connectors.unanswered import PutOff, Unanswered
from store.record import WorkspaceId

_WIDTH = 8
"""How many boards are read at once, five requests each, one after the other: with answers that take most of a second
this fills Trello's budget of ten requests a second."""
_DEPTH = 1000
"""How many records of each wait to be stored. While the store is busy, reading goes on."""
_OUTAGE = 2 * _WIDTH
"""How many in a row the app may not answer for before it is taken to be away altogether."""
_CHECKPOINTS = 100
"""About how many there are in a long cycle: each holds all that is done so far."""

ROTATION_DAYS = 7
"""Within how many days every board is read in full, whatever its dates say: labels, check items, votes, stickers and
edited comments move none, and the call that tells of them can get lost."""

_WHY_FULL = {
    FullReason.FIRST: "first cycle",
    FullReason.SCHEDULED: "scheduled full read",
    FullReason.ASKED: "full read asked for",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Task:
    """A workspace to read, and why. Never leaves this file."""

    seen: Seen
    why: str
    full: bool
    """With its whole history."""
    silent: bool = False
    """Nothing told of a change."""


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
        todo: list[_Task] = []
        in_turn = self._in_turn()
        for seen in self._listing.in_order():
            if seen.is_taken(self._job.scope) and seen.workspace_id not in self._done:
                judged = self._judge(seen, in_turn)
                if isinstance(judged, _Task):
                    todo.append(judged)
                else:
                    yield judged
        if todo and self._job.cursor is not None:
            # What an interruption left of the boards it met may be gone since.
            yield Anew(workspace_ids=frozenset(task.seen.workspace_id for task in todo))
        async for item in self._read(todo):
            yield item
        async for item in self._look_for_missing():
            yield item
        if self._job.full is not None and self._whole:
            yield Complete(workspace_id=PEOPLE, kinds=frozenset({kinds.MEMBER}))
        done = {workspace_id: replace(known, moved={}) for workspace_id, known in self._done.items()}
        yield State(state=ReadState(workspaces={**self._kept, **done}).encode())

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

    def _in_turn(self) -> frozenset[WorkspaceId]:
        """Say which workspaces it is the turn of to be read in full."""
        known = {
            seen.workspace_id: self._before[seen.workspace_id].full_at
            for seen in self._listing.in_order()
            if seen.is_taken(self._job.scope) and seen.workspace_id in self._before
        }
        return due(known, self._job.now, days=ROTATION_DAYS)

    def _judge(self, seen: Seen, in_turn: frozenset[WorkspaceId]) -> _Task | Ledger:
        """Say why a workspace has to be read, or on what evidence it need not be."""
        workspace_id, full = seen.workspace_id, self._job.full
        known = self._before.get(workspace_id)
        if known is None:
            return _Task(seen=seen, why=_WHY_FULL[full] if full else "not read before", full=True)
        why = seen.changed_since(known)
        if why is None and workspace_id in self._job.dirty:
            why = "a webhook told of a change"
        if why is None and workspace_id in self._job.unfinished:
            why = "a file in it could not be read last time"
        if full is not None:
            return _Task(seen=seen, why=_WHY_FULL[full], full=True, silent=why is None)
        if workspace_id in in_turn:
            since = f"{known.full_at:%Y-%m-%d}" if known.full_at else "unknown"
            return _Task(seen=seen, why=f"its turn to be read in full: last so {since}", full=True, silent=why is None)
        if why is not None:
            return _Task(seen=seen, why=why, full=False)
        self._kept[workspace_id] = replace(known, missing=0)
        evidence = "dateLastActivity and listed fields equal" if seen.kind == kinds.BOARD else "listed fields equal"
        heard = "its webhook silent" if workspace_id in self._job.listening else "no webhook"
        last = f"last read in full {known.full_at:%Y-%m-%d}" if known.full_at else "never read in full"
        return Ledger(workspace_id=workspace_id, read="unchanged", evidence=f"{evidence}; {heard}; {last}")

    async def _read(self, todo: Sequence[_Task]) -> AsyncIterator[Item]:
        every = max(1, len(todo) // _CHECKPOINTS)
        count, put_off = 0, PutOff(outage=_OUTAGE)
        yield _progress(count, todo)
        streams = [partial(self._one, task) for task in todo]
        async with aclosing(read_ahead(streams, width=_WIDTH, depth=_DEPTH, weigh=_weight)) as items:
            async for item in items:
                if isinstance(item, Unanswered):
                    put_off.add(item)
                    continue
                if not isinstance(item, _Done):
                    yield item
                    continue
                count += 1
                put_off.answered()
                self._whole = self._whole and item.whole
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
            self._whole = False
            yield _progress(len(todo), todo)
        async for kept in self._keep_moved():
            yield kept

    def _checkpoint(self) -> Checkpoint:
        return Checkpoint(cursor=ReadState(workspaces=self._done, whole=self._whole).encode())

    async def _one(self, task: _Task) -> AsyncIterator[Item | _Done | Unanswered]:  # noqa: C901 - many ways to fail
        """Read one workspace with the first grant that can."""
        seen = task.seen
        known = self._before.get(seen.workspace_id)
        left = _Done(workspace_id=seen.workspace_id, known=known and replace(known, again=True), whole=False)
        where = f"{seen.kind}/{seen.workspace_id}"
        refusal: ConnectorError | None = None
        for attempt, grant_id in enumerate(seen.in_turn()):
            if grant_id in self._lost:
                continue
            if attempt:
                yield Anew(workspace_ids=frozenset({seen.workspace_id}))
            reader = self._reader(task, known)
            try:
                async for item in reader.read(self._clients[grant_id]):
                    yield _told(item, task, reader) if isinstance(item, Ledger) else item
            except Unauthorised as error:
                if grant_id not in self._lost:
                    yield self._lose(grant_id, error)
            except (Forbidden, Gone) as error:
                refusal = error
            except (BadReply, Refused) as error:
                yield Warned(code=WarningCode.BAD_RECORD, where=where, message=str(error))
                yield left
                return
            except Retriable as error:
                if known is not None:
                    self._kept[seen.workspace_id] = replace(known, again=True)
                yield Unanswered(workspace_id=seen.workspace_id, where=where, error=error)
                return
            else:
                learnt = self._learnt(task, known, reader)
                yield _Done(workspace_id=seen.workspace_id, known=learnt, whole=not reader.doubtful)
                return
        if self._lost.issuperset(self._clients):
            raise Unauthorised("no grant of the connection works any more")
        code = WarningCode.WORKSPACE_LOST if isinstance(refusal, Gone) else WarningCode.FORBIDDEN
        yield Warned(code=code, where=where, message=str(refusal or "no working grant sees it"))
        yield left

    def _reader(self, task: _Task, known: Known | None) -> BoardReader | OrganizationReader:
        seen, why = task.seen, task.why
        since = known.last_action if known is not None and not task.full else None
        if isinstance(seen, SeenOrganization):
            board_ids = frozenset(self._listing.boards) | frozenset(self._before)
            return OrganizationReader(seen=seen, board_ids=board_ids, people=self._people, since=since, evidence=why)
        return BoardReader(
            board_id=seen.workspace_id,
            people=self._people,
            since=since,
            evidence=why,
            held=self._job.held,
            activity=seen.activity,
        )

    def _learnt(self, task: _Task, known: Known | None, reader: BoardReader | OrganizationReader) -> Known:
        seen, again, activity = task.seen, reader.doubtful, None
        if isinstance(reader, BoardReader):
            again, activity = again or not reader.settled, reader.activity
        full_at = known.full_at if known is not None else None
        return Known(
            kind=seen.kind,
            activity=activity,
            digest=seen.digest,
            last_action=reader.last_action,
            organization_id=seen.organization_id if isinstance(seen, SeenBoard) else None,
            again=again,
            full_at=self._job.now if task.full and not reader.doubtful else full_at,
            moved=reader.moved if isinstance(reader, BoardReader) else {},
        )

    async def _keep_moved(self) -> AsyncIterator[Item]:
        """Keep cards that went to a board which was not read since: it was put off, or had its turn before them."""
        for workspace_id, known in self._done.items():
            waiting = [card_id for card_id, move in known.moved.items() if self._is_to_come(move)]
            if not waiting:
                continue
            message = f"{len(waiting)} cards went to boards that were not read since; they stay here until those are"
            yield Warned(code=WarningCode.UNSTABLE, where=f"{known.kind}/{workspace_id}/card", message=message)
            async for item in keep(workspace_id, kinds.CARD, waiting, BELOW, self._job.held):
                yield item

    def _is_to_come(self, move: Move) -> bool:
        target = self._listing.boards.get(move.board_id)
        if target is None or not target.is_taken(self._job.scope):
            return False
        known, before = self._done.get(move.board_id), self._before.get(move.board_id)
        # One that could not be read is remembered as before. Of one that was, what it gave must not be kept as it was.
        is_read = before is None or known != replace(before, again=True)
        return known is None or not move.is_in(known.last_action, is_read=is_read)

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


def _told(ledger: Ledger, task: _Task, reader: BoardReader | OrganizationReader) -> Ledger:
    # What changed after the listing was made is nothing that the listing missed.
    is_as_listed = not isinstance(reader, BoardReader) or reader.stable
    return replace(ledger, silent=task.silent and is_as_listed)


def _weight(item: Item | _Done | Unanswered) -> int:
    return len(item.records) if isinstance(item, Records) else 1


def _progress(count: int, todo: Sequence[object]) -> Progress:
    return Progress(done=count, total=len(todo), note=f"{count} of {len(todo)} workspaces read")
