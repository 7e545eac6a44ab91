"""Backup: one cycle of one connection, from the cloud app into a snapshot."""

from dataclasses import dataclass
from datetime import UTC, datetime

from connectors.base import (
    Anew,
    Checkpoint,
    Complete,
    CompleteBelow,
    Connector,
    Deleted,
    File,
    Kept,
    Ledger,
    Progress,
    ReadJob,
    Records,
    State,
    Vanished,
    Warned,
    Workspace,
)
from store.cycle import Cycle
from store.snapshots import Snapshot
from workers.files import Files
from workers.integrity import judge
from workers.lease import Lease
from workers.listen import Listening
from workers.report import Report
from workers.turn import Turn, TurnOver


@dataclass(frozen=True, slots=True, kw_only=True)
class Backup:
    """What a cycle works with."""

    connector: Connector
    request: ReadJob
    cycle: Cycle
    lease: Lease
    listening: Listening
    report: Report
    turn: Turn


async def run(job: Backup) -> Snapshot:  # noqa: C901, PLR0912 - one case for each item is the point
    """Read one connection into one snapshot; resume from the last cursor."""
    cycle, report = job.cycle, job.report
    state = job.request.state
    async with Files(cycle=cycle, report=report) as files:
        async for item in job.connector.read(job.request):
            job.lease.check()
            if not isinstance(item, Workspace):
                await report.keep_seen()
            await job.listening.meet(item)
            match item:
                case Workspace():
                    report.seen(item)
                case Records(records=records):
                    await cycle.put(records)
                    await report.count(records=len(records))
                case Kept(workspace_id=workspace_id, kind=kind, external_ids=external_ids):
                    await cycle.keep(workspace_id, kind, external_ids)
                case File():
                    await files.add(item)
                case Anew(workspace_ids=workspace_ids):
                    # No download may land after what it belongs to was forgotten.
                    await files.settle()
                    await cycle.anew(workspace_ids)
                case Complete(workspace_id=workspace_id, kinds=kinds):
                    await cycle.complete(workspace_id, kinds)
                case CompleteBelow():
                    await cycle.complete_below(item.workspace_id, item.kind, item.external_ids, item.kinds)
                case Deleted():
                    await cycle.deleted(item.workspace_id, item.kind, item.external_ids, item.below)
                case Vanished(workspace_id=workspace_id):
                    await cycle.gone(workspace_id)
                case Warned(code=code, where=where, message=message):
                    await report.warned(code, where, message)
                case Ledger():
                    cycle.note(report.entry(item))
                case Progress():
                    await report.stands(item)
                case Checkpoint(cursor=cursor):
                    # A checkpoint speaks for all that came before it, so no file may still be on its way.
                    await files.settle()
                    is_over = job.turn.is_over
                    await report.saved(is_saved=await cycle.save(cursor, now=is_over))
                    if is_over:
                        raise TurnOver
                case State(state=new_state):
                    state = new_state
        await files.settle()
    changes = await judge(cycle, report)
    await report.saved(is_saved=False)
    await job.lease.confirm()
    snapshot = await cycle.commit(state, datetime.now(UTC), changes)
    await job.listening.settle(cycle.ledger)
    return snapshot
