"""Execute: a plan's steps, carried out in order, each journalled before and after."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol
from uuid import UUID, uuid5

from connectors.base import KindSpec
from connectors.errors import ConnectorError, Forbidden, Retriable, Unauthorised
from connectors.writing import (
    Action,
    AppWriting,
    Change,
    Creation,
    FileContent,
    Made,
    Writer,
)
from store.errors import Corrupt, NotFound
from store.record import FILE_KIND, ExternalId, JsonObject, Kind, Record
from workers.restoring.compare import flatten, split_fields
from workers.restoring.journal import Journal, Outcome
from workers.restoring.names import GONE_SINCE, Names, names_of
from workers.restoring.plan import Key, Phase, Step
from workers.restoring.references import exchange

TRIES = 4
"""How often one step is tried before the whole restore waits for better times."""


class Source(Protocol):
    """What is held, by key."""

    async def record(self, key: Key) -> Record:
        """Read one. Corrupt or NotFound where it cannot be read."""
        ...

    async def file_of(self, key: Key) -> FileContent | None:
        """Open the file whose parent a record is; None where it has none."""
        ...


Find = Callable[[Creation], Awaitable[Made | None]]
"""Looks in the target for what a creation that was interrupted has made."""


@dataclass(slots=True, kw_only=True)
class Execution:
    """One plan being carried out. `run` is called once; after a crash, another is made from what the journal says."""

    plan_id: UUID
    steps: Sequence[Step]
    names: Names
    """Grows."""
    writing: AppWriting
    specs: Mapping[Kind, KindSpec]
    source: Source
    writers: list[Writer]
    """One for each grant; the first that works is used."""
    journal: Journal
    find: Find
    check: Callable[[], None]
    """Raises where the work must stop: cancelled, paused, another worker's."""
    done: Callable[[Step, Outcome], Awaitable[None]]
    """Told of every step that ended, for the progress shown."""
    ended: dict[int, Outcome] = field(default_factory=dict)
    """How steps ended that ended before; grows."""
    begun: dict[int, datetime] = field(default_factory=dict)
    """When steps began whose end is not known; grows."""
    utc_now: Callable[[], datetime] = lambda: datetime.now(UTC)
    _behind: dict[int, asyncio.Event] = field(default_factory=dict)
    _stopped: Exception | None = None
    """Why no further step begins."""

    async def run(self) -> None:
        """Carry out what is left. Raises Unauthorised when no grant works, Retriable when the app is away.

        Where one lane has to stop, the others end the step they are at: no call is left without its outcome.
        """
        for outcome in self.ended.values():
            self.names.made.update(outcome.names)
        for phase in Phase:
            await self._phase([step for step in self.steps if step.phase is phase])

    async def _phase(self, steps: Sequence[Step]) -> None:
        lanes: defaultdict[str, list[Step]] = defaultdict(list)
        for step in steps:
            self._behind[step.ordinal] = asyncio.Event()
            if step.ordinal in self.ended:
                self._behind[step.ordinal].set()
            lanes[step.lane].append(step)
        places = asyncio.Semaphore(self.writing.lanes)
        tasks = [asyncio.create_task(self._lane(lane, places)) for lane in lanes.values()]
        try:
            await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        if self._stopped is not None:
            raise self._stopped

    async def _lane(self, steps: Sequence[Step], places: asyncio.Semaphore) -> None:
        for step in steps:
            if step.ordinal in self.ended:
                continue
            # What is needed comes first in every lane, so lanes never wait in a circle; nor do they hold a place.
            for need in (*step.needs, *step.waits):
                await self._behind[need].wait()
            async with places:
                outcome = await self._unless_stopped(step)
            if outcome is None:
                return
            self.ended[step.ordinal] = outcome
            self.names.made.update(outcome.names)
            self._behind[step.ordinal].set()
            await self.done(step, outcome)

    async def _unless_stopped(self, step: Step) -> Outcome | None:
        if self._stopped is not None:
            return None
        try:
            self.check()
            return await self._step(step)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is raised when the other lanes have stopped
            self._stop(error)
            return None

    def _stop(self, error: Exception) -> None:
        if self._stopped is None:
            self._stopped = error
        # Lanes that wait for a step that will not be done must not wait.
        for event in self._behind.values():
            event.set()

    async def _step(self, step: Step) -> Outcome:
        if step.action in (Action.SKIP, Action.CANNOT):
            return Outcome()
        failed = next((need for need in step.needs if self.ended[need].failed is not None), None)
        if failed is not None:
            return await self._end(step, Outcome(failed="what it needs could not be restored"))
        if step.kind == FILE_KIND:
            # It came with what it belongs to.
            return await self._end(step, Outcome())
        try:
            record = await self.source.record(step.key)
        except (Corrupt, NotFound) as error:
            return await self._end(step, Outcome(failed=f"it cannot be read from the store: {error}"))
        return await self._end(step, await self._write(step, record))

    async def _end(self, step: Step, outcome: Outcome) -> Outcome:
        await self.journal.end(step, outcome)
        return outcome

    async def _write(self, step: Step, record: Record) -> Outcome:
        rules = self.writing.by_kind[step.kind]
        view, dropped = exchange(
            rules.to_write(record, itself=step.target_id == step.external_id),
            rules.references,
            self.names.lookup(record),
        )
        gone = dict.fromkeys(dropped, GONE_SINCE)
        flat = {**rules.blank, **flatten(view, split_fields(rules, self.specs[step.kind].lost_on_restore))}
        fields = {name: flat[name] for name in step.fields if name in flat}
        key = str(uuid5(self.plan_id, str(step.ordinal)))
        try:
            if step.action is Action.CREATE:
                made = await self._create(step, record, view, fields, key)
            else:
                made = await self._update(step, record, view, fields, key)
        except (Corrupt, NotFound) as error:
            return Outcome(failed=f"its file cannot be read from the store: {error}")
        except (Retriable, Unauthorised):
            raise
        except ConnectorError as error:
            return Outcome(failed=str(error))
        names = names_of(rules, self.specs[step.kind], record, made)
        lost = {name: why for name, why in {**gone, **made.lost}.items() if name not in step.lost}
        return Outcome(made_id=made.external_id, names=names, lost=lost)

    async def _create(self, step: Step, record: Record, view: JsonObject, fields: JsonObject, key: str) -> Made:
        parent = self.names.parent(record.parent)
        creation = Creation(
            kind=step.kind,
            workspace_id=self.names.workspace(record, self.specs[record.kind]),
            parent=parent,
            fields=fields,
            content=view,
            file=await self.source.file_of(step.key),
            first=await self._first_below(step),
            key=key,
        )
        may_be_there = step.ordinal in self.begun
        if not may_be_there:
            await self.journal.begin(step)
            self.begun[step.ordinal] = self.utc_now()

        async def attempt(writer: Writer) -> Made:
            nonlocal may_be_there
            if may_be_there and not self._is_replayed(step) and (found := await self.find(creation)) is not None:
                return found
            may_be_there = True
            return await writer.create(creation)

        return await self._with_grants(attempt)

    async def _first_below(self, step: Step) -> JsonObject | None:
        """View the first of the records that a record is made with, where any is made."""
        kind = self.writing.by_kind[step.kind].made_with
        below = next((found for found in self.steps if found.kind == kind and step.ordinal in found.needs), None)
        if kind is None or below is None:
            return None
        record, rules = await self.source.record(below.key), self.writing.by_kind[kind]
        view, _ = exchange(rules.to_write(record, itself=False), rules.references, self.names.lookup(record))
        return view

    async def _update(self, step: Step, record: Record, view: JsonObject, fields: JsonObject, key: str) -> Made:
        target_id = step.target_id or ExternalId(self.names.made[step.kind, step.external_id])
        change = Change(
            kind=step.kind,
            workspace_id=self.names.workspace(record, self.specs[record.kind]) or record.workspace_id,
            external_id=target_id,
            parent=self.names.parent(record.parent),
            fields=fields,
            content=view,
            unarchive=step.action is Action.UNARCHIVE,
            key=key,
        )
        return await self._with_grants(lambda writer: writer.update(change))

    def _is_replayed(self, step: Step) -> bool:
        """Whether the app itself answers the same creation, sent again, with what it did the first time."""
        return (self.utc_now() - self.begun[step.ordinal]).total_seconds() < self.writing.replay_seconds

    async def _with_grants(self, attempt: Callable[[Writer], Awaitable[Made]]) -> Made:
        """Make the call with the first grant that may."""
        refusal: ConnectorError | None = None
        for writer in list(self.writers):
            try:
                return await self._retrying(writer, attempt)
            except Unauthorised as error:
                refusal = error
                if len(self.writers) > 1 and writer in self.writers:
                    self.writers.remove(writer)
            except Forbidden as error:
                refusal = error
        assert refusal is not None, "there is a writer"
        raise refusal

    async def _retrying(self, writer: Writer, attempt: Callable[[Writer], Awaitable[Made]]) -> Made:
        for number in range(1, TRIES + 1):
            try:
                return await attempt(writer)
            except Retriable:
                # The client has waited as long as it may. What the call has done is found out before it is made again.
                if number == TRIES:
                    raise
                self.check()
        raise AssertionError  # the last one raised
