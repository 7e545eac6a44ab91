"""Planning: the operation that makes a restore's plan and keeps it. It writes nothing to the app."""

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from connectors.writing import Action, AppWriting
from store import restores
from store.record import JsonObject, Kind
from store.restores import PlanId, RestorePlan, StepRow
from workers.lease import Lease
from workers.restoring.asked import Asked
from workers.restoring.gather import gather
from workers.restoring.plan import Key, Phase, Plan, Step, duration_seconds
from workers.restoring.planner import plan
from workers.runtime import Runtime


async def perform(runtime: Runtime, lease: Lease) -> JsonObject:
    """Make the plan that was asked for. Idempotent: made again, it replaces the one before."""
    operation = lease.operation
    lease.check()
    asked = Asked.decode(operation.arguments)
    gathered = await gather(runtime, lease, asked)
    made = plan(gathered.situation)
    row = RestorePlan(
        plan_id=PlanId(uuid4()),
        account_id=operation.account_id,
        operation_id=operation.operation_id,
        source_connection_id=asked.source_connection_id,
        seq=asked.seq,
        target_connection_id=asked.target_connection_id,
        asked=asked.encode(),
        digest=bytes.fromhex(made.digest),
        summary=summary_of(made, gathered.target.writing),
        made_at=datetime.now(UTC),
        restore_operation_id=None,
        checked_at=None,
        stale=None,
        finished_at=None,
    )
    await lease.confirm()
    async with runtime.database.account(operation.account_id) as connection:
        await restores.keep_plan(connection, row, map(row_of, made.steps), made.names)
    return {"plan_id": str(row.plan_id), "digest": made.digest, **row.summary}


async def forget(runtime: Runtime, lease: Lease) -> None:
    """Nothing is left behind: a plan is kept whole or not at all."""


def summary_of(made: Plan, writing: AppWriting) -> JsonObject:
    """Count what a plan does."""
    first: dict[Key, Action] = {}
    for step in made.steps:
        first.setdefault(step.key, step.action)
    kinds: dict[Kind, Counter[str]] = {}
    for (kind, _), action in first.items():
        kinds.setdefault(kind, Counter())[action.value] += 1
    return {
        "records": len(first),
        "actions": dict(Counter(action.value for action in first.values())),
        "kinds": {kind: dict(counted) for kind, counted in sorted(kinds.items())},
        "calls": made.calls,
        "seconds": round(duration_seconds(made.steps, writing), 1),
    }


def row_of(step: Step) -> StepRow:
    """Write a step as its row."""
    return StepRow(
        ordinal=step.ordinal,
        phase=int(step.phase),
        lane=step.lane,
        action=step.action.value,
        kind=step.kind,
        workspace_id=step.workspace_id,
        external_id=step.external_id,
        target_id=step.target_id,
        fields=list(step.fields),
        lost=dict(step.lost),
        reason=step.reason,
        calls=step.calls,
        needs=list(step.needs),
        waits=list(step.waits),
        seen=step.seen,
        brought=step.brought,
        lost_since={},
    )


def step_of(row: StepRow) -> Step:
    """Read a step from its row."""
    given: Mapping[str, Any] = {
        name: getattr(row, name) for name in Step.__dataclass_fields__ if name not in ("phase", "action")
    }
    lists = {name: tuple(given[name]) for name in ("fields", "needs", "waits")}
    return Step(**{**given, **lists, "phase": Phase(row.phase), "action": Action(row.action)})
