"""Restore: what was planned, step by step, how it is carried out, and what came of every record."""

from datetime import datetime
from enum import Enum
from typing import Annotated, Self

import strawberry

from api import ids, restores
from api.arguments import After, ForwardFirst
from api.auth import Scope, Scoped
from api.context import Info
from api.ids import RecordRef
from api.page import Connection
from api.scalars import BigInt
from api.types.operation import Operation, operation_fields
from connectors.writing import Action
from store import operations as stored_operations
from store import restores as stored
from store.record import ConnectionId, JsonObject, Kind
from store.restores import FindingRow, StepRow
from store.restores import RestorePlan as PlanRow
from workers.restoring.into import Into
from workers.restoring.plan import Mode
from workers.restoring.readback import Result


@strawberry.enum(description="What a restore does with what is there.")
class RestoreMode(Enum):
    """`workers.restoring.plan.Mode`, described."""

    COPY = strawberry.enum_value(Mode.COPY, description="Makes everything anew beside it. Nothing is overwritten.")
    IN_PLACE = strawberry.enum_value(
        Mode.IN_PLACE,
        description="Makes what is gone, and changes what differs back to what it was. Nothing is deleted.",
    )


@strawberry.enum(description="What one step of a restore does.")
class RestoreAction(Enum):
    """`connectors.writing.Action`, described."""

    CREATE = strawberry.enum_value(Action.CREATE, description="Makes a record.")
    UPDATE = strawberry.enum_value(Action.UPDATE, description="Changes fields of a record.")
    UNARCHIVE = strawberry.enum_value(
        Action.UNARCHIVE, description="Takes a record out of the archive, and changes what else differs."
    )
    SKIP = strawberry.enum_value(Action.SKIP, description="Nothing: it is there, and as it should be.")
    CANNOT = strawberry.enum_value(Action.CANNOT, description="Nothing: it cannot be restored; `reason` says why.")


@strawberry.enum(description="What became of one record, found by reading it back.")
class RestoreResult(Enum):
    """`workers.restoring.readback.Result`, and what was not to be there."""

    EQUAL = strawberry.enum_value(Result.EQUAL, description="It is as it is in the backup.")
    LOST = strawberry.enum_value(
        Result.LOST, description="It is there; some fields did not come back, as had been said before."
    )
    WRONG = strawberry.enum_value(Result.WRONG, description="A field differs that should not, or it is not there.")
    FAILED = strawberry.enum_value(Result.FAILED, description="The app did not take it; `reason` says what it said.")
    CANNOT = strawberry.enum_value(Result.CANNOT, description="It had been said that it cannot be restored.")
    EXTRA = strawberry.enum_value(
        "extra", description="It is in the target, was not there before, and was not to be made."
    )


@strawberry.type(description="A field that does not come back.")
class RestoreLoss:
    """One entry of `lost`."""

    field: str = strawberry.field(description="The field, dotted where it lies in another.")
    reason: str = strawberry.field(description="Why.")


@strawberry.type(description="How many records a plan does one thing with.")
class RestoreCount:
    """One entry of the summary."""

    kind: str = strawberry.field(description="The kind.")
    action: RestoreAction = strawberry.field(description="What is done.")
    records: int = strawberry.field(description="With how many.")


@strawberry.type(description="A record that the app has changed since a restore was planned.")
class RestoreChange:
    """One entry of `stale`."""

    kind: str = strawberry.field(description="Its kind.")
    external_id: str = strawberry.field(description="The app's own id of it.")


@strawberry.type(description="One step of a restore, and how far it came.")
class RestoreStep:
    """A row of `restore_steps`. Ids and names of fields; never content."""

    ordinal: int = strawberry.field(description="0, 1, 2 …: its place in the plan.")
    action: RestoreAction = strawberry.field(description="What it does.")
    record_id: strawberry.ID = strawberry.field(description="The record in the backup.")
    kind: str = strawberry.field(description="Its kind.")
    external_id: str = strawberry.field(description="The app's own id of it.")
    target_id: str | None = strawberry.field(
        description="The app's id of the record that is changed or stays; null for one to be made."
    )
    fields: list[str] = strawberry.field(description="The fields that are written.")
    lost: list[RestoreLoss] = strawberry.field(description="The fields that do not come back.")
    reason: str | None = strawberry.field(description="Why it cannot be restored.")
    calls: int = strawberry.field(description="How many calls it costs.")
    needs: list[int] = strawberry.field(description="The steps without which it cannot be done.")
    brought: bool = strawberry.field(description="Whether it was not asked for, but is needed by what was.")
    ended_at: datetime | None = strawberry.field(description="When it was done, or failed.")
    made_id: str | None = strawberry.field(description="The app's id of what it made or changed.")
    failed: str | None = strawberry.field(description="Why it failed.")

    @classmethod
    def of(cls, row: StepRow, source: ConnectionId) -> Self:
        """Show a step."""
        return cls(
            ordinal=row.ordinal,
            action=RestoreAction(Action(row.action)),
            record_id=_record_id(source, row.kind, row.external_id),
            kind=row.kind,
            external_id=row.external_id,
            target_id=row.target_id,
            fields=row.fields,
            lost=_losses(row.lost),
            reason=row.reason,
            calls=row.calls,
            needs=row.needs,
            brought=row.brought,
            ended_at=row.ended_at,
            made_id=row.made_id,
            failed=row.failed,
        )


@strawberry.type(description="What became of one record.")
class RestoreFinding:
    """A row of `restore_findings`."""

    record_id: strawberry.ID = strawberry.field(description="The record in the backup.")
    kind: str = strawberry.field(description="Its kind.")
    external_id: str = strawberry.field(description="The app's own id of it.")
    target_id: str | None = strawberry.field(description="The app's id of what it is now.")
    result: RestoreResult = strawberry.field(description="What became of it.")
    equal: int = strawberry.field(description="How many of its fields are equal.")
    lost: list[RestoreLoss] = strawberry.field(description="Those that did not come back.")
    wrong: list[str] = strawberry.field(description="Those that differ and should not.")
    reason: str | None = strawberry.field(description="Why it is not there.")

    @classmethod
    def of(cls, row: FindingRow, source: ConnectionId) -> Self:
        """Show a finding."""
        return cls(
            record_id=_record_id(source, row.kind, row.external_id),
            kind=row.kind,
            external_id=row.external_id,
            target_id=row.target_id,
            result=RestoreResult("extra" if row.result == "extra" else Result(row.result)),
            equal=row.equal,
            lost=_losses(row.lost),
            wrong=row.wrong,
            reason=row.reason,
        )


OfActions = Annotated[list[RestoreAction] | None, strawberry.argument(description="Only steps that do one of these.")]
OfResults = Annotated[list[RestoreResult] | None, strawberry.argument(description="Only records of these results.")]


@strawberry.type(description="A restore as it was planned: every step, and the digest by which it is started.")
class RestorePlan:
    """A row of `restore_plans`."""

    row: strawberry.Private[PlanRow]
    digest: str = strawberry.field(description="SHA-256 of the plan. `restoreStart` takes it: what was read is done.")
    mode: RestoreMode = strawberry.field(description="What is done with what is there.")
    sequence: BigInt = strawberry.field(description="The snapshot that is restored from.")
    made_at: datetime = strawberry.field(description="When it was planned.")
    records: int = strawberry.field(description="How many records it is of.")
    calls: int = strawberry.field(description="How many calls to the app it costs.")
    seconds: float = strawberry.field(description="About how long those take, by what the app allows.")
    counts: list[RestoreCount] = strawberry.field(description="What is done with how many records of each kind.")
    stale: list[RestoreChange] | None = strawberry.field(
        description="What had changed in the app when it was started; such a plan is never carried out."
    )

    @classmethod
    def of(cls, row: PlanRow) -> Self:
        """Show a plan."""
        kinds: dict[str, dict[str, int]] = row.summary["kinds"]
        return cls(
            row=row,
            digest=row.digest.hex(),
            mode=RestoreMode(Mode(row.asked["mode"])),
            sequence=BigInt(row.seq),
            made_at=row.made_at,
            records=row.summary["records"],
            calls=row.summary["calls"],
            seconds=row.summary["seconds"],
            counts=[
                RestoreCount(kind=kind, action=RestoreAction(Action(action)), records=count)
                for kind, counted in kinds.items()
                for action, count in sorted(counted.items())
            ],
            stale=changes_of(row.stale),
        )

    @strawberry.field(description="Its steps, in order.", extensions=[Scoped(Scope.OPERATION_READ)])
    async def steps(
        self, info: Info, *, first: ForwardFirst, after: After = None, actions: OfActions = None
    ) -> Connection[RestoreStep]:
        """One page."""
        wanted = [str(action.value) for action in actions] if actions is not None else None
        source = self.row.source_connection_id
        return await restores.list_steps(
            info, self.row, lambda row: RestoreStep.of(row, source), first=first, after=after, actions=wanted
        )


@strawberry.type(description="The making of a restore's plan. It writes nothing to the app.")
class RestorePlanOperation(Operation):
    """An operation of the kind `restore_plan`."""

    @strawberry.field(description="The plan; null until it succeeds.")
    async def plan(self, info: Info) -> RestorePlan | None:
        """The one it made."""
        async with info.context.session() as connection:
            row = await stored.made_by(connection, info.context.account_id, self.row.operation_id)
        return RestorePlan.of(row) if row else None


@strawberry.type(description="What came of a restore, added up.")
class RestoreReport:
    """From the operation's result."""

    equal: int = strawberry.field(description="How many records are as they are in the backup.")
    lost: int = strawberry.field(description="How many lack nothing but what had been said before not to come back.")
    wrong: int = strawberry.field(description="How many differ in what they should not.")
    failed: int = strawberry.field(description="How many the app did not take.")
    cannot: int = strawberry.field(description="How many it had been said of that they cannot be restored.")
    extra: int = strawberry.field(description="How many are there that were not to be made.")
    equal_fields: int = strawberry.field(description="How many fields are equal.")
    lost_fields: int = strawberry.field(description="How many did not come back.")
    wrong_fields: int = strawberry.field(description="How many differ and should not.")
    json_url: str = strawberry.field(description="Where to download it, record by record, as JSON. Works ten minutes.")
    csv_url: str = strawberry.field(description="The same as CSV.")


@strawberry.type(description="A workspace, and what it became.")
class RestoredWorkspace:
    """One entry of the result's `workspaces`."""

    external_id: str = strawberry.field(description="The app's id of the workspace in the backup.")
    target_id: str = strawberry.field(description="The app's id of the one that was made of it.")


@strawberry.type(description="The carrying out of a restore's plan.")
class RestoreOperation(Operation):
    """An operation of the kind `restore`."""

    paused: bool = strawberry.field(description="Whether somebody asked it to wait.")

    @strawberry.field(description="The plan that it carries out.")
    async def plan(self, info: Info) -> RestorePlan | None:
        """By its own id."""
        row = await self._plan(info)
        return RestorePlan.of(row) if row else None

    @strawberry.field(description="What came of it; null until it was read back.")
    async def report(self, info: Info) -> RestoreReport | None:
        """Added up, with addresses to download it."""
        result = self.row.result
        if result is None or "results" not in result:
            return None
        return _report(result, await restores.report_urls(info, self.row.operation_id))

    @strawberry.field(description="The workspaces that were made anew; null until it was read back.")
    def workspaces(self) -> list[RestoredWorkspace] | None:
        """What people want to open first."""
        if self.row.result is None:
            return None
        made: dict[str, str] = self.row.result.get("workspaces", {})
        return [RestoredWorkspace(external_id=old, target_id=new) for old, new in sorted(made.items())]

    @strawberry.field(description="What became of each record; null until it was read back.")
    async def findings(
        self, info: Info, *, first: ForwardFirst, after: After = None, results: OfResults = None
    ) -> Connection[RestoreFinding] | None:
        """One page."""
        plan = await self._plan(info)
        if plan is None or self.row.result is None:
            return None
        wanted = [str(result.value) for result in results] if results is not None else None
        source = plan.source_connection_id
        return await restores.list_findings(
            info, plan, lambda row: RestoreFinding.of(row, source), first=first, after=after, results=wanted
        )

    async def _plan(self, info: Info) -> PlanRow | None:
        async with info.context.session() as connection:
            return await stored.carried_out_by(connection, info.context.account_id, self.row.operation_id)


@strawberry.enum(description="Where a drill restores to.")
class DrillInto(Enum):
    """`workers.restoring.into.Into`, described."""

    MEMORY = strawberry.enum_value(Into.MEMORY, description="Into memory: nothing is written to the app.")
    SCRATCH = strawberry.enum_value(
        Into.SCRATCH, description="Into a private workspace of the app, made for it and deleted afterwards."
    )


@strawberry.type(description="A drill: a sample restored to see that it can be, and thrown away.")
class DrillOperation(Operation):
    """An operation of the kind `drill`."""

    into: DrillInto = strawberry.field(
        description="Where it restores to; `MEMORY` too where the app can give no scratch workspace."
    )
    statement: str | None = strawberry.field(
        description=(
            "What came of it, signed with the keys of the account's log (a C2SP signed note); null until it succeeds."
        )
    )

    @strawberry.field(description="What came of it, added up; null until it succeeds.")
    async def report(self, info: Info) -> RestoreReport | None:
        """With addresses to download it."""
        if self.row.result is None:
            return None
        return _report(self.row.result, await restores.report_urls(info, self.row.operation_id))


def drill_of(row: stored_operations.Operation) -> DrillOperation:
    """Show a drill."""
    result = row.result or {}
    into = result.get("into", row.arguments.get("into", Into.MEMORY))
    return DrillOperation(into=DrillInto(Into(str(into))), statement=result.get("statement"), **operation_fields(row))


def plan_operation_of(row: stored_operations.Operation) -> RestorePlanOperation:
    """Show the making of a plan."""
    return RestorePlanOperation(**operation_fields(row))


def restore_of(row: stored_operations.Operation) -> RestoreOperation:
    """Show a restore."""
    return RestoreOperation(paused=row.paused, **operation_fields(row))


def changes_of(stale: list[list[str]] | None) -> list[RestoreChange] | None:
    """Show what had changed."""
    if stale is None:
        return None
    return [RestoreChange(kind=kind, external_id=external_id) for kind, external_id in stale]


def _report(result: JsonObject, urls: tuple[str, str]) -> RestoreReport:
    counted, fields = result["results"], result["fields"]
    records = {each.value: counted.get(each.value, 0) for each in Result}
    return RestoreReport(
        **records,
        extra=counted.get("extra", 0),
        equal_fields=fields["equal"],
        lost_fields=fields["lost"],
        wrong_fields=fields["wrong"],
        json_url=urls[0],
        csv_url=urls[1],
    )


def _losses(lost: dict[str, str]) -> list[RestoreLoss]:
    return [RestoreLoss(field=name, reason=why) for name, why in sorted(lost.items())]


def _record_id(source: ConnectionId, kind: Kind, external_id: str) -> strawberry.ID:
    ref = RecordRef(connection_id=source, kind=kind, external_id=external_id)  # type: ignore[arg-type]
    return strawberry.ID(ids.encode_record(ref))
