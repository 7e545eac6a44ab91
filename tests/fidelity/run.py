"""Run: one case backed up, lost, restored, backed up again; then both backups compared, record by record."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from connectors.writing import WritingConnector
from store import accounts, connected_apps, grants, operations, restores, selection
from store.account_keys import create_account_keys
from store.backend import open_backend
from store.database import Database
from store.master_keys import MasterKeys, generate
from store.operations import Operation, OperationStatus
from store.record import FILE_KIND, ChunkId, ExternalId, Kind, Record, WorkspaceId
from tests.fidelity.case import Case, Standing
from workers import run
from workers.broker import open_broker
from workers.queue import Queue, plan_restore, start_backup, start_restore
from workers.restoring.asked import Asked
from workers.restoring.gather import record_of
from workers.restoring.names import Names
from workers.restoring.plan import WORKSPACE, Key, Mode
from workers.restoring.planning import step_of
from workers.restoring.readback import Back, Finding, Result, by_record, judge, live_files
from workers.runtime import Runtime
from workers.settings import Settings

_MOST = 1_000_000


@dataclass(slots=True)
class Tally:
    """What came back of one kind."""

    held: int = 0
    restored: int = 0
    cannot: int = 0
    equal: int = 0
    lost: int = 0
    wrong: int = 0
    duplicates: int = 0
    reasons: set[tuple[str, str]] = field(default_factory=set)
    """Field and why, of what was lost; an empty field for whole records."""
    problems: list[str] = field(default_factory=list)
    """What is wrong, in ids and names of fields."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of a case."""

    case: Case
    kinds: Mapping[Kind, Tally]
    calls: int


async def run_case(case: Case, database: Database, database_url: str, folder: Path) -> Outcome:
    """Run one, in an account of its own."""
    with case.open() as standing:
        return await _Running(case, standing, database, database_url, folder).run()


class _Running:
    def __init__(self, case: Case, standing: Standing, database: Database, database_url: str, folder: Path) -> None:
        self._case = case
        self._standing = standing
        self._database = database
        settings = Settings.load(
            database_url=database_url,
            store_url=(folder / "objects").as_uri(),
            allow_private_addresses=True,
            **standing.settings,
        )
        masters = MasterKeys.from_text(generate())
        self._runtime = Runtime(settings, database, open_backend(settings.store_address), masters)
        self._queue = Queue(open_broker(None))

    async def run(self) -> Outcome:
        await self._connect()
        first = await self._back_up()
        self._standing.lose()
        asked = Asked(
            source_connection_id=self._connection_id,
            seq=first,
            target_connection_id=self._connection_id,
            mode=Mode.COPY,
            workspaces=tuple(self._standing.workspaces),
        )
        async with self._database.account(self._account_id) as connection:
            queued = await plan_restore(connection, account_id=self._account_id, asked=asked)
        await self._perform(queued)
        async with self._database.account(self._account_id) as connection:
            plan = await restores.made_by(connection, self._account_id, queued.operation_id)
            assert plan is not None, "it was made"
            queued = await start_restore(connection, plan)
        done = await self._perform(queued)
        second = await self._back_up()
        kinds = await self._compare(plan, first, second, done)
        for connector in self._runtime._connectors.values():
            await connector.aclose()
        return Outcome(case=self._case, kinds=kinds, calls=plan.summary["calls"])

    async def _connect(self) -> None:
        standing = self._standing
        async with self._database.system() as connection:
            account = await accounts.create(connection, name=self._case.title[:80])
            runtime = self._runtime
            keys = await create_account_keys(connection, runtime.backend, runtime.masters, account.account_id)
            connected = await connected_apps.create(
                connection, account_id=account.account_id, app=self._case.app, name=self._case.app
            )
            await grants.put(
                connection,
                keys,
                account_id=account.account_id,
                connection_id=connected.connection_id,
                method=standing.method,
                subject=standing.subject,
                name="Owner",
                credentials=dict(standing.credentials),
                expires_at=None,
            )
        self._account_id, self._connection_id = account.account_id, connected.connection_id

    async def _perform(self, operation: Operation) -> Operation:
        """Do it, turn after turn where it is long."""
        done = operation
        while done.status is OperationStatus.QUEUED and done.error_message is None:
            await run.perform(self._runtime, self._queue, operation.operation_id)
            async with self._database.account(self._account_id) as connection:
                done = await operations.get(connection, self._account_id, operation.operation_id)
        assert done.status is OperationStatus.SUCCEEDED, f"{done.kind} {done.status}: {done.error_message}"
        return done

    async def _back_up(self) -> int:
        async with self._database.account(self._account_id) as connection:
            queued = await start_backup(
                connection, account_id=self._account_id, connection_id=self._connection_id, full=True
            )
        return int((await self._perform(queued)).result["seq"])

    async def _records(self, seq: int, workspaces: list[WorkspaceId]) -> dict[Key, Record]:
        repository = await self._runtime.repository(self._account_id)
        async with self._database.account(self._account_id) as connection:
            found = await selection.of_workspaces(connection, self._connection_id, seq, workspaces, _MOST)
        contents = await repository.read_many([version.content_id for version in found])
        made = [record_of(version, contents[ChunkId(version.content_id)]) for version in found]
        return {(record.kind, record.external_id): record for record in made}

    async def _compare(
        self, plan: restores.RestorePlan, first: int, second: int, done: Operation
    ) -> Mapping[Kind, Tally]:
        """Compare by nothing but the two backups and what was made of which name."""
        made = done.result["workspaces"]
        held = await self._records(first, list(self._standing.workspaces))
        there = await self._records(second, [WorkspaceId(new) for new in made.values()])
        async with self._database.account(self._account_id) as connection:
            rows = await restores.every_step(connection, self._account_id, plan.plan_id)
            planned = await restores.planned_names(connection, plan)
            names = Names(planned=planned, made=await restores.made_names(connection, self._account_id, plan.plan_id))
        connector = self._runtime.connector(self._case.app)
        writing: WritingConnector = connector  # type: ignore[assignment]
        files = live_files(there)
        back = Back(
            writing=writing.writing,
            specs=connector.spec.kinds,
            names=names,
            live=there,
            failed={row.ordinal: row.failed for row in rows if row.failed is not None},
            lost={row.ordinal: row.lost_since for row in rows if row.lost_since},
            files=files,
            different_files=_different(held, files, names),
        )
        kinds: defaultdict[Kind, Tally] = defaultdict(Tally)
        for record in held.values():
            kinds[record.kind].held += 1
        for key, steps in by_record(map(step_of, rows)).items():
            _count(kinds[key[0]], judge(steps, held.get(key), back))
        writable = {rules.kind for rules in writing.writing.kinds if rules.can_create}
        known = {(kind, ExternalId(new)) for (kind, _), new in names.made.items() if kind != WORKSPACE}
        for key in there:
            if key[0] in writable and key not in known:
                kinds[key[0]].duplicates += 1
                kinds[key[0]].problems.append(f"{key[0]} {key[1]} was not to be there")
        return kinds


def _different(held: Mapping[Key, Record], files: Mapping[Key, Record], names: Names) -> frozenset[ExternalId]:
    """Name the files whose bytes in the second backup are not those in the first."""
    found: set[ExternalId] = set()
    for key, record in held.items():
        parent = names.parent(record.parent)
        if key[0] == FILE_KIND and parent is not None:
            other = files.get((parent.kind, parent.external_id))
            if other is None or other.content.get("sha256") != record.content.get("sha256"):
                found.add(record.external_id)
    return frozenset(found)


def _count(tally: Tally, found: Finding) -> None:
    if found.result is Result.CANNOT:
        tally.cannot += 1
        tally.reasons.add(("", found.reason or ""))
        return
    tally.restored += found.result is not Result.FAILED
    tally.equal += found.equal
    tally.lost += len(found.lost)
    tally.wrong += len(found.wrong) or found.result in (Result.WRONG, Result.FAILED)
    tally.reasons |= set(found.lost.items())
    if found.result in (Result.WRONG, Result.FAILED):
        what = ", ".join(found.wrong) or found.reason
        tally.problems.append(f"{found.key[0]} {found.key[1]}: {what}")
