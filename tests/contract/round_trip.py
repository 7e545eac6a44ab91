"""A restore from what was read to what is there, without Postgres: what the contract of writers is tested by."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from typing import Protocol
from uuid import UUID

from connectors.base import Grant
from connectors.writing import FileContent, Writer, WritingConnector
from store.canonical import encode
from store.record import FILE_KIND, ExternalId, Kind, Record, WorkspaceId
from workers.restoring.execute import Execution
from workers.restoring.find import Finder
from workers.restoring.journal import Outcome
from workers.restoring.live import Live, read_live
from workers.restoring.names import Names
from workers.restoring.plan import WORKSPACE, Key, Mode, Plan, Step
from workers.restoring.planner import plan
from workers.restoring.readback import Back, Finding, Result, by_record, extra, judge, live_files
from workers.restoring.situation import Situation


class WritingCase(Protocol):
    """One connector before one stand-in that holds a small world of every kind."""

    connector: WritingConnector
    grants: Sequence[Grant]
    to_copy: WorkspaceId
    """A workspace whose grant may write: with those beside it, it has some of every kind."""
    beside: Sequence[WorkspaceId]
    """Workspaces that are lost and copied together with it."""

    def lose(self, workspace_id: WorkspaceId) -> None:
        """Delete a workspace in the app, with all in it."""

    def edit(self) -> None:
        """Change things in `to_copy`: edit, add, archive and delete."""


def copied(case: WritingCase) -> tuple[WorkspaceId, ...]:
    """Name the workspaces that are lost and copied."""
    return (case.to_copy, *case.beside)


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What was read, the bytes of its files included."""

    live: Live
    files: Mapping[ExternalId, bytes]

    @property
    def records(self) -> Mapping[Key, Record]:
        return self.live.records

    def within(self, *workspace_ids: WorkspaceId) -> frozenset[Key]:
        return frozenset(key for key, record in self.records.items() if record.workspace_id in workspace_ids)

    def contents(self, *workspace_ids: WorkspaceId) -> Mapping[Key, bytes]:
        found = self.within(*workspace_ids)
        return {
            key: encode([record.content, str(record.parent)]) for key, record in self.records.items() if key in found
        }

    async def record(self, key: Key) -> Record:
        return self.records[key]

    async def file_of(self, key: Key) -> FileContent | None:
        for record in self.records.values():
            if record.kind == FILE_KIND and record.parent and (record.parent.kind, record.parent.external_id) == key:
                return self._content(record)
        return None

    def _content(self, record: Record) -> FileContent:
        data = self.files[record.external_id]

        async def stream():
            for start in range(0, len(data), 10_000):
                yield data[start : start + 10_000]

        content = record.content
        return FileContent(name=content["name"], media_type=content["mediaType"], size_bytes=len(data), open=stream)


@dataclass(slots=True)
class MemoryJournal:
    """Keeps what it is told, as the one in Postgres does."""

    begun: dict[int, datetime] = field(default_factory=dict)
    ended: dict[int, Outcome] = field(default_factory=dict)

    async def begin(self, step: Step) -> None:
        self.begun[step.ordinal] = datetime.now(UTC)

    async def end(self, step: Step, outcome: Outcome) -> None:
        self.ended[step.ordinal] = outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """What came of it."""

    plan: Plan
    findings: Mapping[Key, Finding]
    extra: tuple[Key, ...]
    names: Names
    live: Live

    def of(self, *results: Result) -> dict[Key, Finding]:
        return {key: found for key, found in self.findings.items() if found.result in results}


async def hold(case: WritingCase, *workspace_ids: WorkspaceId) -> Held:
    """Read these workspaces, or all, as a backup would."""
    wanted = workspace_ids or (await read_live(case.connector, case.grants, (), datetime.now(UTC))).workspaces.keys()
    live = await read_live(case.connector, case.grants, wanted, datetime.now(UTC))
    files = {}
    for external_id, file in live.files.items():
        async with file.open() as stream:
            files[external_id] = b"".join([piece async for piece in stream])
    return Held(live=live, files=files)


async def situation_of(
    case: WritingCase,
    held: Held,
    selected: frozenset[Key],
    mode: Mode,
    *,
    into: Mapping[Key, Key] | None = None,
    restored: Mapping[tuple[Kind, str], Sequence[str]] | None = None,
) -> Situation:
    """Read the target and put together what a plan is made from."""
    live = (await hold(case)).live
    return Situation(
        writing=case.connector.writing,
        specs=case.connector.spec.kinds,
        mode=mode,
        held=held.records,
        selected=selected,
        live=live.records,
        read=live.read,
        workspaces=frozenset(live.workspaces),
        into=into or {},
        restored=restored or {},
        chosen={},
        same_ids=True,
        is_elsewhere=False,
        me=(await case.connector.identify(case.grants[0])).subject,
        fingerprint=lambda value: sha256(encode(value)).hexdigest(),
        about={"mode": mode.value},
    )


async def carry_out(
    case: WritingCase,
    held: Held,
    situation: Situation,
    *,
    journal: MemoryJournal | None = None,
    wrap: Callable[[Writer], Writer] = lambda writer: writer,
) -> Restored:
    """Plan, carry out, and read back. A `wrap` that raises leaves the journal as a crash would."""
    made_plan = plan(situation)
    journal = journal or MemoryJournal()
    workspaces = {(WORKSPACE, record.workspace_id) for record in situation.live.values()}
    known = {*situation.live, *workspaces}
    made = {named: new for outcome in journal.ended.values() for named, new in outcome.names.items()}
    names = Names(planned=made_plan.names, made=made)
    connector, writing = case.connector, case.connector.writing

    async def done(step: Step, outcome: Outcome) -> None:
        return None

    execution = Execution(
        plan_id=UUID(int=1),
        steps=made_plan.steps,
        names=names,
        writing=writing,
        specs=situation.specs,
        source=held,
        writers=[wrap(connector.writer(grant)) for grant in case.grants],
        journal=journal,
        find=Finder(connector=connector, grants=case.grants, known=known, names=names),
        check=lambda: None,
        done=done,
        ended=dict(journal.ended),
        begun=dict(journal.begun),
    )
    await execution.run()
    after = await hold(case)
    different = {
        external_id
        for external_id, data in held.files.items()
        if (parent := names.parent(held.records[FILE_KIND, external_id].parent))
        and (file := live_files(after.records).get((parent.kind, parent.external_id)))
        and after.files[file.external_id] != data
    }
    outcomes = execution.ended
    back = Back(
        writing=writing,
        specs=situation.specs,
        names=names,
        live=after.records,
        failed={ordinal: outcome.failed for ordinal, outcome in outcomes.items() if outcome.failed is not None},
        lost={ordinal: outcome.lost for ordinal, outcome in outcomes.items()},
        files=live_files(after.records),
        different_files=different,
    )
    findings = {key: judge(steps, held.records.get(key), back) for key, steps in by_record(made_plan.steps).items()}
    return Restored(plan=made_plan, findings=findings, extra=extra(back, known), names=names, live=after.live)
