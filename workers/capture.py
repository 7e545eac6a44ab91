"""Capture: what stands around a backup: opening what it needs, and standing by when a grant is lost."""

from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from connectors.base import Connector, FullReason, ReadJob, Scope, WarningCode
from connectors.errors import Retriable, Unauthorised
from connectors.retries import counting
from store import catalog, connected_apps, manifest, schedules, snapshots, workspaces
from store.connected_apps import ConnectedApp
from store.cycle import Cycle
from store.record import AccountId, JsonObject, WorkspaceId
from store.repository import Repository
from store.snapshots import Snapshot
from store.stage import Stage
from workers import mass
from workers.backup import Backup, run
from workers.faults import NoGrant
from workers.files import unfinished
from workers.grants import check_grants, open_grants
from workers.integrity import drift_of
from workers.lease import Lease
from workers.listen import Listening
from workers.publish import cover
from workers.report import Report
from workers.runtime import Runtime
from workers.schedule import next_full
from workers.turn import Turn


async def perform(runtime: Runtime, lease: Lease) -> JsonObject:
    """Back up the operation's connection; returns what the operation came to, once a checkpoint covers it."""
    operation = lease.operation
    assert operation.connection_id is not None, "a backup is of a connection"
    async with runtime.database.account(operation.account_id) as connection:
        connected = await connected_apps.get(connection, operation.account_id, operation.connection_id)
        snapshot = await snapshots.latest(connection, operation.connection_id)
    # One of this operation's own is what an earlier attempt came to; what may be missing is what follows.
    if snapshot is None or snapshot.operation_id != operation.operation_id:
        lease.check()
        snapshot = await _capture(runtime, lease, connected)
    await _settle(runtime, lease, snapshot)
    repository = await runtime.repository(operation.account_id)
    await catalog.keep(runtime.database, repository.backend, repository.keys)
    await cover(runtime, lease, f"snapshot {snapshot.seq}")
    return await _result(runtime, operation.account_id, snapshot)


async def forget(runtime: Runtime, lease: Lease) -> None:
    """Let go of what an operation staged that will never be committed."""
    operation = lease.operation
    await Stage(runtime.database, operation.account_id, operation.operation_id).clear()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Opened:
    repository: Repository
    connector: Connector
    connected: ConnectedApp
    cycle: Cycle


async def _capture(runtime: Runtime, lease: Lease, connected: ConnectedApp) -> Snapshot:
    operation = lease.operation
    repository = await runtime.repository(operation.account_id)
    connector = runtime.connector(connected.app)
    started_at = operation.started_at or datetime.now(UTC)
    async with Cycle.open(repository, connected.connection_id, operation.operation_id, started_at) as cycle:
        opened = _Opened(repository=repository, connector=connector, connected=connected, cycle=cycle)
        return await _read(runtime, lease, opened)


async def _settle(runtime: Runtime, lease: Lease, snapshot: Snapshot) -> None:
    """Draw from a snapshot what the next cycles and the lists of workspaces go by. Idempotent."""
    connection_id, account_id = snapshot.connection_id, lease.operation.account_id
    async with runtime.database.account(account_id) as connection:
        # The read went through to its end, so it has listed every workspace that there is to see.
        await workspaces.set_unreachable(connection, account_id, connection_id, not_seen_since=snapshot.started_at)
        if _full(snapshot.seq == 1, lease) is not None:
            every_days = runtime.settings.full_every_days
            next_at = next_full(connection_id, snapshot.finished_at, every_days=every_days)
            await schedules.set_next_full(connection, connection_id, next_at)


async def _read(runtime: Runtime, lease: Lease, opened: _Opened) -> Snapshot:
    connector, connected, cycle = opened.connector, opened.connected, opened.cycle
    keys = opened.repository.keys
    grants = await open_grants(runtime.database, keys, connector, connected)
    report = Report(database=runtime.database, keys=keys, connected=connected, cycle=cycle, lease=lease)
    listening = await Listening.begin(
        runtime.database,
        connector,
        connected,
        grants=grants,
        cycle=cycle,
        public_url=runtime.settings.public_url,
    )
    previous = cycle.previous
    request = ReadJob(
        grants=grants,
        scope=Scope(included=connected.included, excluded=connected.excluded),
        state=previous.connector_state if previous is not None else {},
        cursor=cycle.cursor,
        full=_full(previous is None, lease),
        now=datetime.now(UTC),
        is_last_attempt=lease.is_last_attempt,
        dirty=listening.marks.workspace_ids,
        listening=listening.listening,
        unfinished=await _unfinished(runtime, connected, previous),
        held=cycle.held,
    )
    job = Backup(
        connector=connector,
        request=request,
        cycle=cycle,
        lease=lease,
        listening=listening,
        report=report,
        turn=Turn(),
    )
    try:
        with counting(report.retries):
            snapshot = await run(job)
    except Unauthorised as error:
        if not await _check(runtime, opened):
            raise NoGrant("no grant of this connection works any more: authorise again") from error
        # Another grant stands in, or a token that ran out was refreshed: on from the last checkpoint.
        raise Retriable(str(error), after_seconds=0) from error
    if any(warning.code == WarningCode.GRANT_LOST for warning in cycle.warnings):
        await _check(runtime, opened)
    return snapshot


async def _unfinished(runtime: Runtime, connected: ConnectedApp, previous: Snapshot | None) -> frozenset[WorkspaceId]:
    if previous is None:
        return frozenset()
    async with runtime.database.account(connected.account_id) as connection:
        text = await snapshots.manifest(connection, previous.snapshot_id)
    return unfinished(manifest.decode(text or b"")["warnings"])


async def _check(runtime: Runtime, opened: _Opened) -> bool:
    """Find out which grants still work, refreshed first: a token that ran out in a long cycle is not a lost grant."""
    keys = opened.repository.keys
    try:
        fresh = await open_grants(runtime.database, keys, opened.connector, opened.connected)
    except NoGrant:
        return False
    return bool(await check_grants(runtime.database, keys, opened.connector, opened.connected, fresh))


def _full(is_first: bool, lease: Lease) -> FullReason | None:  # noqa: FBT001 - the one thing it turns on
    asked = lease.operation.arguments.get("full")
    if is_first:
        return FullReason.FIRST
    if not asked:
        return None
    return FullReason.SCHEDULED if asked == FullReason.SCHEDULED else FullReason.ASKED


async def _result(runtime: Runtime, account_id: AccountId, snapshot: Snapshot) -> JsonObject:
    async with runtime.database.account(account_id) as connection:
        text = await snapshots.manifest(connection, snapshot.snapshot_id)
        newest = await snapshots.list_snapshots(
            connection, snapshot.connection_id, before_seq=snapshot.seq + 1, limit=mass.HISTORY + 1
        )
    described = manifest.decode(text or b"")
    return {
        "snapshot_id": str(snapshot.snapshot_id),
        "seq": snapshot.seq,
        "records": snapshot.record_count,
        "added": snapshot.added,
        "edited": snapshot.edited,
        "moved": snapshot.moved,
        "deleted": snapshot.deleted,
        "stored_bytes": snapshot.stored_bytes,
        "drift": drift_of(described["ledger"]),
        "mass": [asdict(found) for found in mass.judge([_step(each) for each in reversed(newest)])],
    }


def _step(snapshot: Snapshot) -> mass.Step:
    changed = snapshot.added + snapshot.edited + snapshot.moved
    return mass.Step(
        finished_at=snapshot.finished_at, changed=changed, deleted=snapshot.deleted, records=snapshot.record_count
    )
