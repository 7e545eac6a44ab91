"""Drill: a sample restored to see that it can be: into a scratch workspace of the app, or into memory.

The operation chooses one workspace, restores it, compares it like any restore, throws the scratch workspace away, and
keeps what came of it as a statement signed with the keys of the account's log.
"""

import random
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import cast
from uuid import uuid4

from connectors.errors import ConnectorError, Gone
from connectors.writing import WritingConnector
from store import canonical, connected_apps, log_entry, log_keys, note, restores, selection, snapshots
from store.connected_apps import ConnectedApp
from store.log import Log
from store.record import ExternalId, JsonObject, Kind, WorkspaceId
from store.repository import Repository
from store.restores import PlanId, RestorePlan
from store.snapshots import Snapshot
from workers.faults import NotRestorable
from workers.lease import Lease
from workers.restoring.asked import Asked
from workers.restoring.gather import Target, gather, open_target
from workers.restoring.into import Into
from workers.restoring.memory import GRANT, Memory
from workers.restoring.perform import Restore, publish, result_of
from workers.restoring.plan import WORKSPACE, Mode
from workers.restoring.planner import plan as make_plan
from workers.restoring.planning import row_of, summary_of
from workers.runtime import Runtime

MOST_RECORDS = 2000
"""How large a sample may be."""
FIRST_LINE = "holdfast drill v1"
"""Of a statement: no checkpoint begins with it, so that none can be taken for the other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sample:
    connected: ConnectedApp
    snapshot: Snapshot
    workspace_id: WorkspaceId
    kind: Kind
    records: int


async def perform(runtime: Runtime, lease: Lease) -> JsonObject:
    """Hold a drill; returns its signed statement, and what it says."""
    lease.check()
    return await _Drill(runtime, lease, await runtime.repository(lease.operation.account_id)).run()


async def forget(runtime: Runtime, lease: Lease) -> None:
    """Throw away what a drill made that will not be ended."""
    drill = _Drill(runtime, lease, await runtime.repository(lease.operation.account_id))
    plan = await drill.plan()
    if plan is not None:
        await drill.clear_up(plan)


class _Drill:
    def __init__(self, runtime: Runtime, lease: Lease, repository: Repository) -> None:
        self._runtime = runtime
        self._lease = lease
        self._repository = repository
        self._operation = lease.operation
        self._account_id = repository.account_id
        self._into = Into(lease.operation.arguments.get("into", Into.MEMORY))

    async def run(self) -> JsonObject:
        """Plan or go on, carry out, clear up, state."""
        plan, target = await self.plan(), None
        if plan is not None and "statement" in plan.summary:
            return await self._result(plan)
        if plan is None or self._is_in_memory(plan):
            # What was in memory died with its worker: it begins anew.
            plan, target = await self._begin()
        if plan.finished_at is None:
            await Restore(self._runtime, self._lease, self._repository, plan, target=target).run()
        await self._lease.confirm()
        result = await result_of(self._runtime, plan)
        await self.clear_up(plan)
        return await self._result(await self._state(plan, result))

    async def plan(self) -> RestorePlan | None:
        """Return the plan that an earlier attempt has made."""
        async with self._runtime.database.account(self._account_id) as connection:
            return await restores.carried_out_by(connection, self._account_id, self._operation.operation_id)

    async def clear_up(self, plan: RestorePlan) -> None:
        """Delete the workspaces that were made. Those that are gone already are as well."""
        async with self._runtime.database.account(self._account_id) as connection:
            made = await restores.made_names(connection, self._account_id, plan.plan_id)
        workspaces = [WorkspaceId(new) for (kind, _), new in made.items() if kind == WORKSPACE]
        if workspaces and not self._is_in_memory(plan):
            target = await open_target(self._runtime, self._repository, Asked.decode(plan.asked))
            for workspace_id in workspaces:
                await _discard(target, workspace_id)
        async with self._runtime.database.account(self._account_id) as connection:
            await restores.forget_restored(connection, plan)

    def _is_in_memory(self, plan: RestorePlan) -> bool:
        return plan.summary.get("into") == Into.MEMORY

    async def _begin(self) -> tuple[RestorePlan, Target]:
        sample, target, into = await self._choose()
        writing = target.writing
        name = f"Holdfast drill {datetime.now(UTC):%Y-%m-%d %H:%M}"
        disguise = {writing.scratch_field: name, **writing.scratch_with} if into is Into.SCRATCH else {}
        asked = Asked(
            source_connection_id=sample.connected.connection_id,
            seq=sample.snapshot.seq,
            target_connection_id=sample.connected.connection_id,
            mode=Mode.COPY,
            workspaces=(sample.workspace_id,),
            without=writing.scratch_without if into is Into.SCRATCH else frozenset(),
            disguised={sample.workspace_id: disguise},
        )
        gathered = await gather(self._runtime, self._lease, asked, target=target)
        made = make_plan(gathered.situation)
        plan = RestorePlan(
            plan_id=PlanId(uuid4()),
            account_id=self._account_id,
            operation_id=self._operation.operation_id,
            source_connection_id=asked.source_connection_id,
            seq=asked.seq,
            target_connection_id=asked.target_connection_id,
            asked=asked.encode(),
            digest=bytes.fromhex(made.digest),
            summary={**summary_of(made, writing), "into": into.value, "workspace_kind": sample.kind},
            made_at=datetime.now(UTC),
            restore_operation_id=self._operation.operation_id,
            checked_at=datetime.now(UTC),
            stale=None,
            finished_at=None,
        )
        known = [*gathered.live.records, *((WORKSPACE, ExternalId(found)) for found in gathered.live.workspaces)]
        await self._lease.confirm()
        async with self._runtime.database.account(self._account_id) as connection:
            await restores.keep_plan(connection, plan, map(row_of, made.steps), made.names)
            await restores.start(connection, self._account_id, plan.plan_id, self._operation.operation_id)
            await restores.set_checked(connection, plan, known)
        return plan, target

    async def _choose(self) -> tuple[_Sample, Target, Into]:
        """Choose a workspace, by lot among those that are not too large, and where it goes."""
        connection_id = self._operation.connection_id
        assert connection_id is not None, "a drill is of a connection"
        async with self._runtime.database.account(self._account_id) as connection:
            connected = await connected_apps.get(connection, self._account_id, connection_id)
            snapshot = await snapshots.latest(connection, connection_id)
            if snapshot is None:
                raise NotRestorable("there is no snapshot to drill with yet")
            connector = self._runtime.connector(connected.app)
            if not hasattr(connector, "writing"):
                raise NotRestorable(f"{connected.app} has no rules to restore by yet")
            writer = cast("WritingConnector", connector)
            roots = [kind for kind, spec in connector.spec.kinds.items() if spec.is_workspace and spec.restorable]
            scratch = writer.writing.scratch
            kinds = [scratch] if self._into is Into.SCRATCH and scratch is not None else roots
            found = await selection.workspace_sizes(connection, connection_id, snapshot.seq, kinds)
        fitting = [size for size in found if size[2] <= MOST_RECORDS]
        if not found:
            raise NotRestorable("the snapshot has no workspace to drill with")
        lot = random.Random(self._operation.operation_id.int)  # noqa: S311 - to choose, not to hide
        workspace_id, kind, records = lot.choice(fitting) if fitting else min(found, key=lambda size: size[2])
        sample = _Sample(connected=connected, snapshot=snapshot, workspace_id=workspace_id, kind=kind, records=records)
        if self._into is Into.SCRATCH and scratch is not None and fitting:
            asked = Asked(
                source_connection_id=connection_id, seq=snapshot.seq, target_connection_id=connection_id, mode=Mode.COPY
            )
            return sample, await open_target(self._runtime, self._repository, asked), Into.SCRATCH
        memory = Memory.like(connector.spec, writer.writing)
        return sample, Target(connected=connected, connector=memory, grants=[GRANT]), Into.MEMORY

    async def _result(self, plan: RestorePlan) -> JsonObject:
        result = await result_of(self._runtime, plan)
        # The scratch workspace is gone: where it was is of no use to anybody.
        return {**result, "workspaces": {}, "into": plan.summary["into"], "statement": plan.summary["statement"]}

    async def _state(self, plan: RestorePlan, result: JsonObject) -> RestorePlan:
        """Sign what came of it, and say so in the log, in one transaction."""
        at, operation = datetime.now(UTC), self._operation
        results = result["results"]
        said = {
            "v": 1,
            "operation": str(operation.operation_id),
            "connection": str(plan.source_connection_id),
            "snapshot": plan.seq,
            "into": plan.summary["into"],
            "records": results,
            "fields": result["fields"],
            "started": (operation.started_at or operation.created_at).astimezone(UTC).isoformat(timespec="seconds"),
            "finished": at.isoformat(timespec="seconds"),
        }
        text = f"{FIRST_LINE}\n{canonical.encode(said).decode()}\n"
        keys = self._repository.keys
        async with self._runtime.database.account(self._account_id) as connection:
            held = await log_keys.load_keys(connection, keys)
            signed = note.sign(text, held.signing)
            summary = {**plan.summary, "statement": signed.decode()}
            await restores.set_finished(connection, plan, at, summary=summary)
            entry = log_entry.drill(
                keys,
                plan.source_connection_id,
                plan.seq,
                operation_id=operation.operation_id,
                records=sum(results.values()),
                failed=sum(results.get(name, 0) for name in ("failed", "wrong", "extra")),
                statement=signed,
                at=at,
            )
            await Log(self._repository).append(connection, entry)
        await publish(self._repository)
        return replace(plan, summary=summary, finished_at=at)


async def _discard(target: Target, workspace_id: WorkspaceId) -> None:
    """Delete a scratch workspace with the first grant that may."""
    refusal: ConnectorError | None = None
    for grant in target.grants:
        try:
            await target.connector.writer(grant).discard(workspace_id)
        except Gone:
            return
        except ConnectorError as error:
            refusal = error
        else:
            return
    assert refusal is not None, "there is a grant"
    raise refusal
