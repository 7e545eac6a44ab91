"""Read: one cycle over a monday.com connection, from the cheapest question to the whole of what changed."""

from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping, Sequence
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
    State,
    Warned,
    WarningCode,
    Workspace,
)
from connectors.below import keep
from connectors.errors import BadReply, ConnectorError, Forbidden, Gone, Refused, Retriable, Unauthorised
from connectors.gather import gather
from connectors.monday import kinds, queries, split
from connectors.monday.answer import CursorLost
from connectors.monday.board import BoardReader
from connectors.monday.board_pass import BELOW_ITEM
from connectors.monday.client import MondayClient
from connectors.monday.listing import Listing, Seen, SeenBoard, SeenSpace, digest, list_all
from connectors.monday.missing import look_for
from connectors.monday.space import SpaceReader, blocks_of
from connectors.monday.split import PEOPLE, Bad
from connectors.monday.state import Known, ReadState, decode
from connectors.rotation import due
from connectors.unanswered import PutOff, Unanswered
from store.record import ExternalId, WorkspaceId

_WIDTH = 4
"""How many boards are read at once."""
_DEPTH = 2
_OUTAGE = 2 * _WIDTH
"""How many in a row may go unanswered before the app is taken to be away."""
_CHECKPOINTS = 100
"""About how many there are in a long cycle: each holds all that is done so far."""

ROTATION_DAYS = 7
"""Within how many days every board is read in full, whatever was said of it: edits of updates and replies, reactions,
results of formulas that change by themselves and renamed labels may move nothing that is asked first."""

_SUPPORTED = frozenset({"current", "release_candidate"})
_WHY_FULL = {
    FullReason.FIRST: "first cycle",
    FullReason.SCHEDULED: "scheduled full read",
    FullReason.ASKED: "full read asked for",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Task:
    """A board or workspace to read, and why. Never leaves this file."""

    seen: Seen
    why: str
    full: bool
    silent: bool = False
    """Nothing told of a change."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Done:
    """The end of one's items, and what to remember of it. Never leaves this file."""

    workspace_id: WorkspaceId
    known: Known | None
    whole: bool


class Reading:
    """One cycle's reading. Made for one job; `items` is used once."""

    def __init__(self, job: ReadJob, clients: Mapping[str, MondayClient]) -> None:
        self._job = job
        self._clients = clients
        before = decode(job.state)
        self._before = before.workspaces
        self._people_before = before.people
        self._grants_before = before.grants
        resumed = decode(job.cursor)
        self._done: dict[WorkspaceId, Known] = dict(resumed.workspaces)
        """What this cycle has read, before an interruption included."""
        self._people_done = resumed.people
        self._kept: dict[WorkspaceId, Known] = {}
        """What it did not have to read, or could not."""
        self._whole = resumed.whole
        self._lost: set[str] = set()
        """Grants that stopped working."""
        self._listing = Listing()

    @property
    def _sure(self) -> bool:
        """Whether everybody who saw things before has listed them again: else what is missing may be out of sight."""
        return not self._lost and not self._listing.bad and self._grants_before <= self._clients.keys()

    async def items(self) -> AsyncGenerator[Item, None]:
        """Read the cycle."""
        async for item in self._list():
            yield item
        for item in self._version():
            yield item
        for seen in self._listing.in_order():
            yield self._workspace(seen)
        async for item in self._people():
            yield item
        todo: list[_Task] = []
        for judged in self._judged():
            if isinstance(judged, _Task):
                todo.append(judged)
            else:
                yield judged
        if todo and self._job.cursor is not None:
            # What an interruption left of those it met may be gone since.
            yield Anew(workspace_ids=frozenset(task.seen.workspace_id for task in todo))
        async for item in self._read(todo):
            yield item
        async for item in self._look_for_missing():
            yield item
        done = {workspace_id: known.closed() for workspace_id, known in self._done.items()}
        yield State(state=self._state({**self._kept, **done}).encode())

    def _state(self, workspaces: Mapping[WorkspaceId, Known]) -> ReadState:
        grants = frozenset(self._clients) if self._sure else self._grants_before | frozenset(self._clients)
        return ReadState(workspaces=workspaces, people=self._people_done, grants=grants, whole=self._whole)

    async def _list(self) -> AsyncIterator[Item]:
        failure: ConnectorError | None = None
        listed = 0
        for grant_id, client in self._clients.items():
            try:
                await list_all(client, self._listing)
                listed += 1
            except Unauthorised as error:
                failure = error
                yield self._lose(grant_id, error)
            except (Forbidden, Gone, BadReply, Refused) as error:
                failure, self._whole = error, False
                self._listing.bad.append("page")
                yield Warned(code=WarningCode.BAD_RECORD, where=f"grant/{grant_id}/listing", message=str(error))
        if not listed:
            raise failure or Unauthorised("the connection has no grant")
        for what in sorted(set(self._listing.bad) - {"page"}):
            self._whole = False
            message = "something in the listing has no id, or is no list"
            yield Warned(code=WarningCode.BAD_RECORD, where=f"listing/{what}", message=message)
        for where in self._listing.unseen:
            yield Warned(code=WarningCode.FORBIDDEN, where=where, message="the app does not say who that is")

    def _version(self) -> Iterator[Item]:
        """Warn while there is time, when the version that is asked for is on its way out."""
        if self._listing.version is None:
            return
        value, kind = self._listing.version
        if value != queries.VERSION or kind not in _SUPPORTED:
            message = f"version {queries.VERSION} of the app's API was asked for, and {value} answers, which is {kind}"
            yield Warned(code=WarningCode.API_VERSION, where="version", message=message)

    def _workspace(self, seen: Seen) -> Workspace:
        return Workspace(
            workspace_id=seen.workspace_id,
            kind=seen.kind,
            name=seen.name,
            parent_workspace_id=seen.space_id if isinstance(seen, SeenBoard) else None,
            in_scope=seen.is_taken(self._job.scope),
        )

    async def _people(self) -> AsyncIterator[Item]:
        """Give what belongs to the connection as a whole, where any of it differs."""
        found = [*self._listing.people.items(), (kinds.DOC, self._listing.loose_docs)]
        told = digest([{key: split.without(kind, value) for key, value in values.items()} for kind, values in found])
        if told in {self._people_done, self._people_before} and self._job.full is None:
            self._people_done = told
            return
        if told == self._people_done:
            return
        for kind, values in self._listing.people.items():
            for item in gather(split.each(PEOPLE, kind, list(values.values())), self._bad):
                yield item
        for doc_id, value in self._listing.loose_docs.items():
            for item in gather(split.doc(PEOPLE, value), self._bad):
                yield item
            client = self._clients.get(self._listing.loose_readers[doc_id])
            if client is not None:
                async for item in blocks_of(PEOPLE, client, [doc_id], lambda x: gather(x, self._bad), lambda: None):
                    yield item
        if self._sure:
            yield Complete(workspace_id=PEOPLE, kinds=frozenset({*self._listing.people, kinds.DOC, kinds.DOC_BLOCK}))
        self._people_done = told

    def _bad(self, piece: Bad) -> Iterator[Item]:
        self._whole = False
        yield Warned(code=WarningCode.BAD_RECORD, where=piece.where, message=piece.message)

    def _judged(self) -> Iterator[_Task | Ledger]:
        """Say of everything in scope why it has to be read, or on what evidence it need not be."""
        in_turn = self._in_turn()
        taken = [
            seen
            for seen in self._listing.in_order()
            if seen.is_taken(self._job.scope) and seen.workspace_id not in self._done
        ]
        judged = {seen.workspace_id: self._judge(seen, in_turn) for seen in taken}
        changed = {found for found, task in judged.items() if isinstance(task, _Task) and not task.silent}
        for seen in taken:
            task = judged[seen.workspace_id]
            if isinstance(task, Ledger) and (shown := self._shows(seen.workspace_id, changed)):
                self._kept.pop(seen.workspace_id, None)
                yield _Task(seen=seen, why=f"it mirrors board {shown}, which changed", full=True)
            else:
                yield task

    def _shows(self, workspace_id: WorkspaceId, changed: set[WorkspaceId]) -> WorkspaceId | None:
        """Return a changed board whose values this one shows, itself or through others: they move none of its own."""
        waiting, seen = [workspace_id], {workspace_id}
        while waiting:
            known = self._before.get(waiting.pop())
            for found in known.mirrors if known is not None else ():
                shown = WorkspaceId(found)
                if shown in changed:
                    return shown
                if shown not in seen:
                    seen.add(shown)
                    waiting.append(shown)
        return None

    def _in_turn(self) -> frozenset[WorkspaceId]:
        """Say which it is the turn of to be read in full."""
        known = {
            seen.workspace_id: self._before[seen.workspace_id].full_at
            for seen in self._listing.in_order()
            if seen.is_taken(self._job.scope) and seen.workspace_id in self._before
        }
        return due(known, self._job.now, days=ROTATION_DAYS)

    def _judge(self, seen: Seen, in_turn: frozenset[WorkspaceId]) -> _Task | Ledger:
        workspace_id, full = seen.workspace_id, self._job.full
        known = self._before.get(workspace_id)
        if known is None:
            return _Task(seen=seen, why=_WHY_FULL[full] if full else "not read before", full=True)
        why = seen.changed_since(known)
        is_called = workspace_id in self._job.dirty
        if why is None and is_called:
            why = "a webhook told of a change"
        if why is None and workspace_id in self._job.unfinished:
            why, is_called = "a file in it could not be read last time", True
        if full is not None:
            return _Task(seen=seen, why=_WHY_FULL[full], full=True, silent=why is None)
        if workspace_id in in_turn:
            since = f"{known.full_at:%Y-%m-%d}" if known.full_at else "unknown"
            return _Task(seen=seen, why=f"its turn to be read in full: last so {since}", full=True, silent=why is None)
        if why is not None:
            # What a call tells of may be an edited update, which only a full reading finds for sure.
            return _Task(seen=seen, why=why, full=is_called)
        self._kept[workspace_id] = replace(known, missing=0)
        heard = "its webhooks silent" if workspace_id in self._job.listening else "no webhook"
        last = f"last read in full {known.full_at:%Y-%m-%d}" if known.full_at else "never read in full"
        what = "newest log entry, update and item equal" if seen.kind == kinds.BOARD else "folders and documents equal"
        return Ledger(
            workspace_id=workspace_id, read="unchanged", evidence=f"listed fields equal, {what}; {heard}; {last}"
        )

    async def _read(self, todo: Sequence[_Task]) -> AsyncIterator[Item]:
        every = max(1, len(todo) // _CHECKPOINTS)
        count, put_off = 0, PutOff(outage=_OUTAGE)
        yield _progress(count, todo)
        streams = [partial(self._one, task) for task in todo]
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
                self._whole = self._whole and item.whole
                if item.known is not None:
                    self._done[item.workspace_id] = item.known
                yield _progress(count, todo)
                if count % every == 0 or count == len(todo):
                    yield Checkpoint(cursor=self._state(self._done).encode())
        if put_off.found:
            yield Checkpoint(cursor=self._state(self._done).encode())
            is_last = self._job.is_last_attempt
            for left in put_off.leave(is_last_attempt=is_last, is_anything_read=bool(self._done)):
                yield left
            self._whole = False
            yield _progress(len(todo), todo)
        async for kept in self._keep_moved():
            yield kept

    async def _one(self, task: _Task) -> AsyncIterator[Item | _Done | Unanswered]:  # noqa: C901 - many ways to fail
        """Read one board or workspace with the first grant that can."""
        seen = task.seen
        known = self._before.get(seen.workspace_id)
        left = _Done(workspace_id=seen.workspace_id, known=known and replace(known, again=True), whole=False)
        where = f"{seen.kind}/{split.bare_id(seen.workspace_id)}"
        refusal: ConnectorError | None = None
        for attempt, grant_id in enumerate(seen.in_turn()):
            if grant_id in self._lost:
                continue
            if attempt:
                yield Anew(workspace_ids=frozenset({seen.workspace_id}))
            reader = self._reader(task, known)
            try:
                async for item in reader.read(self._clients[grant_id]):
                    yield replace(item, silent=task.silent and reader.stable) if isinstance(item, Ledger) else item
            except Unauthorised as error:
                if grant_id not in self._lost:
                    yield self._lose(grant_id, error)
            except (Forbidden, Gone) as error:
                refusal = error
            except (BadReply, Refused, CursorLost) as error:
                yield Anew(workspace_ids=frozenset({seen.workspace_id}))
                yield Warned(code=WarningCode.BAD_RECORD, where=where, message=str(error))
                yield left
                return
            except Retriable as error:
                if known is not None:
                    self._kept[seen.workspace_id] = replace(known, again=True)
                yield Unanswered(workspace_id=seen.workspace_id, where=where, error=error)
                return
            else:
                yield self._learnt(reader, known)
                return
        if self._lost.issuperset(self._clients):
            raise Unauthorised("no grant of the connection works any more")
        code = WarningCode.WORKSPACE_LOST if isinstance(refusal, Gone) else WarningCode.FORBIDDEN
        yield Warned(code=code, where=where, message=str(refusal or "no working grant sees it"))
        yield left

    def _learnt(self, reader: BoardReader | SpaceReader, known: Known | None) -> _Done:
        assert reader.learnt is not None, "a reader that ends has learnt"
        full_at = known.full_at if known is not None else None
        if (reader.full or known is None) and not reader.doubtful:
            full_at = self._job.now
        learnt = replace(reader.learnt, full_at=full_at)
        return _Done(workspace_id=reader.seen.workspace_id, known=learnt, whole=not reader.doubtful)

    def _reader(self, task: _Task, known: Known | None) -> BoardReader | SpaceReader:
        if isinstance(task.seen, SeenSpace):
            return SpaceReader(
                seen=task.seen,
                known=known,
                full=task.full,
                evidence=task.why,
                held=self._job.held,
                clients=self._clients,
                sure=self._sure,
            )
        return BoardReader(
            seen=task.seen,
            known=known,
            full=task.full,
            evidence=task.why,
            held=self._job.held,
            account_tags=self._listing.account_tags,
            now=self._job.now,
        )

    async def _keep_moved(self) -> AsyncIterator[Item]:
        """Keep items that went to a board which has not been read since."""
        for workspace_id, known in self._done.items():
            waiting = [
                ExternalId(found) for found, board in known.moved.items() if self._is_to_come(found, WorkspaceId(board))
            ]
            if not waiting:
                continue
            message = (
                f"{len(waiting)} items went to boards that have not been read since; they stay here until they are"
            )
            yield Warned(code=WarningCode.UNSTABLE, where=f"{known.kind}/{workspace_id}/item", message=message)
            async for item in keep(workspace_id, kinds.ITEM, waiting, BELOW_ITEM, self._job.held):
                yield item

    def _is_to_come(self, item_id: str, board_id: WorkspaceId) -> bool:
        target, known = self._listing.boards.get(board_id), self._done.get(board_id)
        if target is None or not target.is_taken(self._job.scope):
            return False
        before = self._before.get(board_id)
        if known is None or before is None:  # what is new on a board that is new itself is not remembered: too much
            return known is None
        # One that could not be read is remembered as before. Of one that was, what it gave must not be kept as it was.
        return known.read_at == before.read_at or item_id not in known.arrived

    async def _look_for_missing(self) -> AsyncIterator[Item]:
        missing = {
            workspace_id: known
            for workspace_id, known in self._before.items()
            if workspace_id not in self._listing
            and self._job.scope.takes(workspace_id, *([known.space_id] if known.space_id else []))
        }
        working = {grant_id: client for grant_id, client in self._clients.items() if grant_id not in self._lost}
        async for workspace_id, known, item in look_for(missing, working):
            self._whole = False
            if known is not None:
                self._kept[workspace_id] = known
            yield item

    def _lose(self, grant_id: str, error: Unauthorised) -> Warned:
        self._lost.add(grant_id)
        self._whole = False
        return Warned(code=WarningCode.GRANT_LOST, where=f"grant/{grant_id}", message=str(error))


def _progress(count: int, todo: Sequence[object]) -> Progress:
    return Progress(done=count, total=len(todo), note=f"{count} of {len(todo)} boards and workspaces read")
