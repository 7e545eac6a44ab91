"""Perform: the operation that carries a plan out, reads everything back, and writes down what came of it."""

from datetime import UTC, datetime

from connectors.writing import Writer
from store import log_entry, restores
from store.errors import NotFound, StoreError
from store.log import Log
from store.record import ExternalId, JsonObject
from store.repository import Repository
from store.restores import RestorePlan, StepRow
from workers.faults import PlanStale
from workers.lease import Lease
from workers.restoring.asked import Asked
from workers.restoring.execute import Execution
from workers.restoring.find import Finder
from workers.restoring.gather import Target, gather, grants_that_write, open_target
from workers.restoring.journal import Outcome, PlanJournal
from workers.restoring.names import Names
from workers.restoring.plan import WORKSPACE, Plan, Step, changed
from workers.restoring.planner import plan as make_plan
from workers.restoring.planning import step_of
from workers.restoring.reading import Reading, summary_of
from workers.restoring.source import HeldSource
from workers.runtime import Runtime
from workers.turn import Turn, TurnOver

STALE, FAILED, WRONG = "PLAN_STALE", "NOT_RESTORED", "NOT_EQUAL"
"""Codes of this operation's warnings."""
_BAD = ("wrong", "extra")


async def perform(runtime: Runtime, lease: Lease) -> JsonObject:
    """Carry out the operation's plan from where it stands; returns what it came to."""
    lease.check()
    operation = lease.operation
    async with runtime.database.account(operation.account_id) as connection:
        plan = await restores.carried_out_by(connection, operation.account_id, operation.operation_id)
    if plan is None:
        raise NotFound(f"operation {operation.operation_id} has no plan")
    if plan.finished_at is None:
        repository = await runtime.repository(operation.account_id)
        await Restore(runtime, lease, repository, plan).run()
        await log_restore(runtime, lease, repository, plan)
    return await result_of(runtime, plan)


async def forget(runtime: Runtime, lease: Lease) -> None:
    """Leave everything as it is: what was made stays, and so does the word of what became of what."""


class Restore:
    """One plan's carrying out and reading back, under one lease."""

    def __init__(
        self,
        runtime: Runtime,
        lease: Lease,
        repository: Repository,
        plan: RestorePlan,
        *,
        target: Target | None = None,
    ) -> None:
        """`target` is opened by the plan, unless given."""
        self._target = target
        self._runtime = runtime
        self._lease = lease
        self._repository = repository
        self._plan = plan
        self._asked = Asked.decode(plan.asked)
        self._turn = Turn()
        self._done = 0
        self._warnings: list[JsonObject] = []

    async def run(self) -> None:
        """Check, carry out, read back. Resumes where it stood; all of it may be repeated."""
        plan, database = self._plan, self._runtime.database
        rows = await self._steps()
        target = await self._checked(rows) if plan.checked_at is None else await self._opened()
        writing = await grants_that_write(target)
        execution = await self._execution(target, [target.connector.writer(grant) for grant, _ in writing], rows)
        self._done = len(execution.ended)
        self._warn_of(execution)
        await execution.run()
        async with database.account(plan.account_id) as connection:
            known = await restores.known(connection, plan)
        reading = Reading(
            repository=self._repository,
            target=target,
            plan=plan,
            execution=execution,
            lease=self._lease,
            known=known,
            asked=self._asked,
            makers={identity.subject for _, identity in writing},
        )
        await reading.read_back()
        await self._warn_of_findings()

    async def _steps(self) -> list[StepRow]:
        async with self._runtime.database.account(self._plan.account_id) as connection:
            return await restores.every_step(connection, self._plan.account_id, self._plan.plan_id)

    async def _opened(self) -> Target:
        return self._target or await open_target(self._runtime, self._repository, self._asked)

    async def _checked(self, rows: list[StepRow]) -> Target:
        """See that the target is what it was planned for. Raises PlanStale, naming in warnings what is not."""
        plan, account_id = self._plan, self._plan.account_id
        await self._lease.report({"note": "comparing the app with the plan", "done": 0, "total": len(rows)})
        gathered = await gather(self._runtime, self._lease, self._asked)
        now = make_plan(gathered.situation)
        async with self._runtime.database.account(account_id) as connection:
            names = await restores.planned_names(connection, plan)
        before = Plan(about={}, steps=tuple(map(step_of, rows)), names=names)
        different = changed(before, now)
        if different:
            async with self._runtime.database.account(account_id) as connection:
                await restores.set_stale(connection, account_id, plan.plan_id, different)
            message = "it is not any more what the restore was planned for"
            warnings = [{"code": STALE, "where": f"{kind}/{found}", "message": message} for kind, found in different]
            await self._lease.report({}, advanced=True, warnings=warnings)
            raise PlanStale(f"{len(different)} records are not any more what this was planned for: plan again")
        workspaces = [(WORKSPACE, ExternalId(found)) for found in gathered.live.workspaces]
        await self._lease.confirm()
        async with self._runtime.database.account(account_id) as connection:
            await restores.set_checked(connection, plan, [*gathered.live.records, *workspaces])
        return gathered.target

    async def _execution(self, target: Target, writers: list[Writer], rows: list[StepRow]) -> Execution:
        plan, account_id = self._plan, self._plan.account_id
        async with self._runtime.database.account(account_id) as connection:
            planned = await restores.planned_names(connection, plan)
            made = await restores.made_names(connection, account_id, plan.plan_id)
            known = await restores.known(connection, plan)
        names = Names(planned=planned, made=made)
        return Execution(
            plan_id=plan.plan_id,
            steps=[step_of(row) for row in rows],
            names=names,
            writing=target.writing,
            specs=target.connector.spec.kinds,
            source=HeldSource(self._repository, self._asked),
            writers=writers,
            journal=PlanJournal(self._runtime.database, plan),
            find=Finder(connector=target.connector, grants=target.grants, known=known, names=names),
            check=self._check,
            done=self._tell,
            ended={row.ordinal: _outcome(row) for row in rows if row.ended_at is not None},
            begun={row.ordinal: row.begun_at for row in rows if row.begun_at is not None and row.ended_at is None},
        )

    def _check(self) -> None:
        self._lease.check()
        if self._turn.is_over:
            raise TurnOver

    async def _tell(self, step: Step, outcome: Outcome) -> None:
        self._done += 1
        if outcome.failed is not None:
            self._warn(FAILED, f"{step.kind}/{step.external_id}", outcome.failed)
        note = f"{step.action.value} {step.kind}"
        progress = {"done": self._done, "records": self._done, "note": note}
        # A step that is journalled is not done again: whoever dies once at every step still gets to the end.
        is_word_due = self._turn.is_over or self._lease.attempt > 1
        await self._lease.report(progress, advanced=is_word_due, warnings=self._warnings)

    def _warn(self, code: str, where: str, message: str) -> None:
        self._warnings.append({"code": code, "where": where, "message": message})

    def _warn_of(self, execution: Execution) -> None:
        for step in execution.steps:
            outcome = execution.ended.get(step.ordinal)
            if outcome is not None and outcome.failed is not None:
                self._warn(FAILED, f"{step.kind}/{step.external_id}", outcome.failed)

    async def _warn_of_findings(self) -> None:
        plan = self._plan
        async with self._runtime.database.account(plan.account_id) as connection:
            bad = await restores.findings(connection, plan.account_id, plan.plan_id, results=_BAD)
        for found in bad:
            what = found.reason or f"not as it should be: {', '.join(found.wrong)}"
            self._warn(WRONG, f"{found.kind}/{found.external_id}", what)
        await self._lease.report({"note": "done"}, advanced=True, warnings=self._warnings)


async def log_restore(runtime: Runtime, lease: Lease, repository: Repository, plan: RestorePlan) -> None:
    """Say that it was done, in the account's log and on the plan, in one transaction."""
    at, operation_id = datetime.now(UTC), lease.operation.operation_id
    await lease.confirm()
    async with runtime.database.account(plan.account_id) as connection:
        await restores.set_finished(connection, plan, at)
        entry = log_entry.restore(
            repository.keys, plan.source_connection_id, plan.seq, operation_id=operation_id, at=at
        )
        await Log(repository).append(connection, entry)
    await publish(repository)


async def publish(repository: Repository) -> None:
    """Sign the log. What is left unsigned here, the sweeper signs."""
    try:
        await Log(repository).publish()
    except StoreError:
        return


async def result_of(runtime: Runtime, plan: RestorePlan) -> JsonObject:
    """Add up what became of a plan's records."""
    async with runtime.database.account(plan.account_id) as connection:
        counted = await restores.count_findings(connection, plan.account_id, plan.plan_id)
        made = await restores.made_names(connection, plan.account_id, plan.plan_id)
    # What a workspace became is what people want to open first.
    workspaces = {old: new for (kind, old), new in made.items() if kind == WORKSPACE}
    return {"plan_id": str(plan.plan_id), "seq": plan.seq, "workspaces": workspaces, **summary_of(counted)}


def _outcome(row: StepRow) -> Outcome:
    # Its names were read with those of all other steps.
    made_id = ExternalId(row.made_id) if row.made_id is not None else None
    return Outcome(made_id=made_id, failed=row.failed, lost=row.lost_since)
