"""`holdfast restore`: plan what to put back, show it, and carry it out."""

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import typer

from api.cli.backup import describe, see_through
from api.cli.exits import CommandError, Exit
from api.cli.look import Look
from api.cli.options import AccountName, AsOf, ConnectionName, JsonFlag
from api.cli.output import add_rows, emit_json, err, out, table
from api.cli.session import Session, in_session
from api.reports import as_csv, as_json
from store import operations, restores
from store.connected_apps import ConnectedApp
from store.operations import Operation, OperationStatus
from store.record import ExternalId, JsonObject, OperationId
from store.restores import RestorePlan, StepRow
from workers.queue import plan_restore, start_restore
from workers.restoring.asked import Asked
from workers.restoring.plan import Mode, encode_step
from workers.restoring.planning import step_of

_SHOWN = 40
"""How many steps are shown to people; programs get all."""

Records = Annotated[
    list[str] | None,
    typer.Argument(help="Records to restore, with all in them: kind:id, as `holdfast records` shows them."),
]
Workspaces = Annotated[
    list[str] | None, typer.Option("--workspace", "-w", help="A whole workspace, by name or id; may be repeated.")
]
Deleted = Annotated[
    bool, typer.Option("--deleted-since", help="Everything that the snapshot has and the newest one has not.")
]
FailedOf = Annotated[
    str | None, typer.Option("--failed-of", help="What this restore failed to bring back: an operation's id.")
]
InPlace = Annotated[
    bool,
    typer.Option("--in-place", help="Change what differs back, and make what is gone; without, all is made anew."),
]
Into = Annotated[str | None, typer.Option("--into", help="Another workspace to restore into, by name or id.")]
IntoConnection = Annotated[
    str | None, typer.Option("--into-connection", help="Another connection of the same app to restore into.")
]
PlanOnly = Annotated[bool, typer.Option("--plan", help="Only say what would be done, and the plan's digest.")]
Start = Annotated[str | None, typer.Option("--start", help="Carry out the plan of this digest.")]
Resume = Annotated[str | None, typer.Option("--resume", help="Go on with a restore that was stopped or paused.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before anything is written.")]
Report = Annotated[
    Path | None, typer.Option("--report", help="Write what became of each record here: a .json or .csv file.")
]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wish:
    """What the command line says."""

    records: list[str]
    workspaces: list[str]
    deleted: bool
    failed_of: str | None
    in_place: bool
    into: str | None
    into_connection: str | None
    as_of: str | None


def restore(
    records: Records = None,
    *,
    connection: ConnectionName = None,
    workspace: Workspaces = None,
    deleted_since: Deleted = False,
    failed_of: FailedOf = None,
    as_of: AsOf = None,
    in_place: InPlace = False,
    into: Into = None,
    into_connection: IntoConnection = None,
    plan: PlanOnly = False,
    start: Start = None,
    resume: Resume = None,
    yes: Yes = False,
    report: Report = None,
    account: AccountName = None,
    json: JsonFlag = False,
) -> None:
    """Put records back. Exit code 0: all is as it was, but for what was said before; 10: not all; 8: it failed."""
    wish = _Wish(
        records=records or [],
        workspaces=workspace or [],
        deleted=deleted_since,
        failed_of=failed_of,
        in_place=in_place,
        into=into,
        into_connection=into_connection,
        as_of=as_of,
    )
    if report is not None and report.suffix not in {".json", ".csv"}:
        raise CommandError("a report is a .json or a .csv file", Exit.USAGE)

    async def work(session: Session) -> Operation | None:
        if resume is not None:
            return await _resumed(session, resume, quiet=json)
        made = await _by_digest(session, start) if start is not None else None
        if made is None:
            made = await _planned(session, await session.connection(connection), wish, quiet=json)
            _tell_plan(made, await _steps(session, made), json=json and plan, quiet=json and not plan)
            if plan:
                return None
            _ask(made, is_asked=not yes and not json)
        return await _carried_out(session, made, quiet=json)

    try:
        operation = in_session(work, account=account)
        if operation is None:
            return
        if report is not None:
            in_session(lambda session: _write(session, operation, report), account=account)
    except KeyboardInterrupt:
        raise CommandError("stopped; `holdfast restore --resume OPERATION` goes on", Exit.CANCELLED) from None
    if json:
        emit_json(describe(operation))
    else:
        _tell(operation)
    raise typer.Exit(exit_code(operation))


def exit_code(operation: Operation) -> Exit:
    """What a script should make of a restore's end."""
    if operation.status is OperationStatus.SUCCEEDED:
        return Exit.WARNINGS if operation.warning_count else Exit.OK
    if operation.error_code == "PLAN_STALE":
        return Exit.CONFLICT
    return Exit.CANCELLED if operation.status is OperationStatus.CANCELLED else Exit.FAILED


def _ask(plan: RestorePlan, *, is_asked: bool) -> None:
    if is_asked and not typer.confirm("Carry this out?", err=True):
        raise CommandError(f"nothing was written; `--start {plan.digest.hex()}` would", Exit.CANCELLED)


async def _planned(session: Session, connected: ConnectedApp, wish: _Wish, *, quiet: bool) -> RestorePlan:
    asked = await _asked(session, connected, wish)
    async with session.runtime.database.account(session.account_id) as connection:
        queued = await plan_restore(connection, account_id=session.account_id, asked=asked)
    done = await see_through(session, queued, title="Planning", quiet=quiet)
    if done.status is not OperationStatus.SUCCEEDED:
        raise CommandError(f"there is no plan: {done.error_message or 'it was cancelled'}", Exit.FAILED)
    async with session.runtime.database.account(session.account_id) as connection:
        made = await restores.made_by(connection, session.account_id, done.operation_id)
    assert made is not None, "it was made"
    return made


async def _asked(session: Session, connected: ConnectedApp, wish: _Wish) -> Asked:
    given = (bool(wish.records) or wish.failed_of is not None, wish.deleted or bool(wish.workspaces))
    if sum(given) != 1:
        message = "say what to restore: records, --workspace, --deleted-since or --failed-of"
        raise CommandError(message, Exit.USAGE)
    look = Look(session=session, connected=connected)
    target = await session.connection(wish.into_connection) if wish.into_connection is not None else connected
    failed_of = await _plan_of(session, wish.failed_of) if wish.failed_of is not None else None
    seq = failed_of.seq if failed_of is not None else (await session.snapshot(connected, wish.as_of)).seq
    found = [await look.as_of(selector, seq) for selector in wish.records]
    into = None
    if wish.into is not None:
        there = Look(session=session, connected=target)
        workspace_id = await there.workspace(wish.into)
        kinds = {found.workspace_id: found.kind for found in await there.workspaces()}
        into = (kinds[workspace_id], ExternalId(workspace_id))
    return Asked(
        source_connection_id=connected.connection_id,
        seq=seq,
        target_connection_id=failed_of.target_connection_id if failed_of is not None else target.connection_id,
        mode=Mode.IN_PLACE if wish.in_place else Mode.COPY,
        records=tuple((version.key.kind, version.key.external_id) for version in found),
        workspaces=tuple([await look.workspace(named) for named in wish.workspaces]),
        deleted=wish.deleted,
        failed_of=failed_of.restore_operation_id if failed_of is not None else None,
        into=into,
    )


async def _plan_of(session: Session, text: str) -> RestorePlan:
    async with session.runtime.database.account(session.account_id) as connection:
        plan = await restores.carried_out_by(connection, session.account_id, _operation_id(text))
    if plan is None:
        raise CommandError(f"operation {text} is no restore", Exit.NOT_FOUND)
    return plan


async def _by_digest(session: Session, text: str) -> RestorePlan:
    try:
        digest = bytes.fromhex(text)
    except ValueError:
        raise CommandError(f"{text!r} is no digest", Exit.USAGE) from None
    async with session.runtime.database.account(session.account_id) as connection:
        plan = await restores.by_digest(connection, session.account_id, digest)
    if plan is None:
        raise CommandError("there is no plan of this digest", Exit.NOT_FOUND)
    if plan.restore_operation_id is not None:
        raise CommandError(f"this plan was started before: operation {plan.restore_operation_id}", Exit.CONFLICT)
    return plan


async def _carried_out(session: Session, plan: RestorePlan, *, quiet: bool) -> Operation:
    async with session.runtime.database.account(session.account_id) as connection:
        queued = await start_restore(connection, plan)
    err.print(f"[dim]operation {queued.operation_id}")
    return await see_through(session, queued, title="Restoring", quiet=quiet)


async def _resumed(session: Session, text: str, *, quiet: bool) -> Operation:
    plan = await _plan_of(session, text)
    operation_id = plan.restore_operation_id
    assert operation_id is not None, "it was found by it"
    async with session.runtime.database.account(session.account_id) as connection:
        await operations.set_paused(connection, session.account_id, operation_id, paused=False)
        await operations.hasten(connection, session.account_id, operation_id)
        operation = await operations.get(connection, session.account_id, operation_id)
    return await see_through(session, operation, title="Restoring", quiet=quiet)


def _operation_id(text: str) -> OperationId:
    try:
        return OperationId(UUID(text))
    except ValueError:
        raise CommandError(f"{text!r} is no operation's id", Exit.USAGE) from None


async def _steps(session: Session, plan: RestorePlan) -> list[StepRow]:
    async with session.runtime.database.account(session.account_id) as connection:
        return await restores.every_step(connection, session.account_id, plan.plan_id)


def _tell_plan(plan: RestorePlan, steps: list[StepRow], *, json: bool, quiet: bool) -> None:
    if quiet:
        return
    if json:
        described: JsonObject = {"digest": plan.digest.hex(), "snapshot": plan.seq, "asked": plan.asked, **plan.summary}
        emit_json({**described, "steps": [encode_step(step_of(step)) for step in steps]})
        return
    summary = plan.summary
    rows = [
        (kind, action, count) for kind, counted in summary["kinds"].items() for action, count in sorted(counted.items())
    ]
    out.print(add_rows(table("kind", "is to", "records#"), rows))
    writes = [step for step in steps if step.calls]
    cells: list[tuple[Any, ...]] = [
        (step.action, f"{step.kind}:{step.external_id}", ", ".join(step.fields), ", ".join(step.lost))
        for step in writes[:_SHOWN]
    ]
    out.print(add_rows(table("step", "record", "writes", "loses"), cells))
    if len(writes) > _SHOWN:
        out.print(f"[dim]… and {len(writes) - _SHOWN:,} more steps: --json lists them all.")
    reasons = sorted({(step.kind, step.reason) for step in steps if step.reason})
    if reasons:
        out.print(add_rows(table("kind", "cannot, because"), reasons))
    out.print(
        f"[bold]{summary['records']:,} records[/], {summary['calls']:,} calls, about {summary['seconds']:,.0f} s. "
        f"Plan {plan.digest.hex()}"
    )


async def _write(session: Session, operation: Operation, path: Path) -> None:
    plan = await _plan_of(session, str(operation.operation_id))
    write = as_json if path.suffix == ".json" else as_csv
    with await asyncio.to_thread(path.open, "wb") as file:
        async for piece in write(session.runtime.database, plan):
            file.write(piece)


def _tell(operation: Operation) -> None:
    if operation.status is not OperationStatus.SUCCEEDED:
        reason = f"{operation.error_code}: {operation.error_message}" if operation.error_code else "it was cancelled"
        err.print(f"The restore did not end: {reason}", markup=False)
    else:
        result = operation.result or {}
        counted, fields = result["results"], result["fields"]
        parts = ", ".join(f"{count:,} {name}" for name, count in sorted(counted.items()))
        out.print(f"[bold]Restored[/]: {parts}; fields: {fields['equal']:,} equal, {fields['lost']:,} lost as said")
        for old, new in sorted(result.get("workspaces", {}).items()):
            out.print(f"workspace {old} is now {new}", markup=False)
    if operation.warnings:
        rows = [(warning["code"], warning["where"], warning["message"]) for warning in operation.warnings]
        out.print(add_rows(table("warning", "where", "what"), rows))
