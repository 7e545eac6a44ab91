"""`holdfast retention`: how many snapshots are kept, and giving up the others."""

from datetime import datetime
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from api.cli.backup import describe, see_through
from api.cli.exits import CommandError, Exit
from api.cli.options import AccountName, ConnectionName, JsonFlag
from api.cli.output import add_rows, emit_json, err, out, size, table
from api.cli.session import Session, in_session
from store import retentions
from store.connected_apps import ConnectedApp
from store.operations import Operation, OperationStatus
from store.record import JsonObject
from store.retention import Retention
from workers.queue import start_expiry

app = typer.Typer(help="How many snapshots are kept, and giving up the others.", no_args_is_help=True)


def _count(what: str, help_: str) -> typer.models.OptionInfo:
    found: typer.models.OptionInfo = typer.Option(f"--{what}", min=0, help=help_)
    return found


@app.command("set")
def set_(
    *,
    all_days: Annotated[int, _count("all-days", "All of so many days before the newest one.")] = 0,
    days: Annotated[int, _count("days", "The last of each of so many days.")] = 0,
    weeks: Annotated[int, _count("weeks", "The last of each of so many weeks.")] = 0,
    months: Annotated[int, _count("months", "The last of each of so many months.")] = 0,
    years: Annotated[int, _count("years", "The last of each of so many years.")] = 0,
    everything: Annotated[bool, typer.Option("--everything", help="Take the rule back: keep all.")] = False,
    connection: ConnectionName = None,
    account: AccountName = None,
    json: JsonFlag = False,
) -> None:
    """Say what to keep: of a connection or, without one, of all those that have no rule of their own.

    Periods without a snapshot do not count, and the newest snapshot is always kept. Nothing is given up before tonight.
    """
    numbers = {"all_days": all_days, "days": days, "weeks": weeks, "months": months, "years": years}
    if everything == any(numbers.values()):
        raise CommandError("say what to keep, or --everything", Exit.USAGE)
    wanted = None if everything else Retention(**numbers)

    async def work(session: Session) -> None:
        connected = await session.connection(connection) if connection is not None else None
        async with session.runtime.database.account(session.account_id) as opened:
            await retentions.put(opened, session.account_id, connected.connection_id if connected else None, wanted)

    in_session(work, account=account)
    if json:
        emit_json({"retention": None if wanted is None else str(wanted)})
    else:
        out.print("Every snapshot is kept." if wanted is None else f"Kept from tonight on: {wanted}.", markup=False)


@app.command()
def show(*, account: AccountName = None, json: JsonFlag = False) -> None:
    """Show what each connection keeps, and what it would give up tonight. Changes nothing."""
    told = in_session(_look, account=account)
    if json:
        emit_json(told)
        return
    rows = [
        (each["connection"], each["retention"] or "everything", each["kept"], _first_and_last(each["expiring"]))
        for each in told
    ]
    out.print(add_rows(table("connection", "keeps", "snapshots", "to be given up"), rows))


@app.command()
def run(
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be given up.")] = False,
    account: AccountName = None,
    json: JsonFlag = False,
) -> None:
    """Give up now what is not kept, and delete what nothing needs any more. It happens every night anyway.

    Exit code 6: a legal hold forbids it; 10: a legal hold forbids part of it.
    """
    if dry_run:
        show(account=account, json=json)
        return

    async def work(session: Session) -> Operation:
        async with session.runtime.database.account(session.account_id) as connection:
            operation = await start_expiry(connection, account_id=session.account_id)
        return await see_through(session, operation, title="Giving up", quiet=json)

    operation = in_session(work, account=account)
    if json:
        emit_json(describe(operation))
    else:
        _print(operation)
    raise typer.Exit(_exit(operation))


async def _look(session: Session) -> list[JsonObject]:
    return [await _look_at(session, connected) for connected in await session.connections()]


async def _look_at(session: Session, connected: ConnectedApp) -> JsonObject:
    zone = ZoneInfo(session.account.time_zone)
    async with session.runtime.database.account(session.account_id) as connection:
        rule = await retentions.of_connection(connection, session.account_id, connected.connection_id)
        taken = await retentions.taken(connection, connected.connection_id)
        gone = await retentions.plan(connection, connected.connection_id, rule, zone) if rule else []
    return {
        "connection": connected.name,
        "connection_id": connected.connection_id,
        "retention": None if rule is None else str(rule),
        "kept": len(taken) - len(gone),
        "expiring": [{"snapshot": one.seq, "finished_at": one.finished_at} for one in gone],
    }


def _first_and_last(gone: list[JsonObject]) -> str:
    if not gone:
        return "none"
    first, last = gone[0], gone[-1]
    days: tuple[datetime, datetime] = (first["finished_at"], last["finished_at"])
    return f"{len(gone)}: {first['snapshot']} to {last['snapshot']}, {days[0]:%Y-%m-%d} to {days[1]:%Y-%m-%d}"


def _print(operation: Operation) -> None:
    if operation.status is not OperationStatus.SUCCEEDED:
        reason = f"{operation.error_code}: {operation.error_message}" if operation.error_code else "it was cancelled"
        err.print(f"Not all was given up: {reason}", markup=False)
        return
    result = operation.result or {}
    out.print(
        f"[bold]{result['snapshots']:,} snapshots[/] given up; {result['packs']:,} packs deleted, "
        f"{size(result['stored_bytes'])} freed"
    )
    if operation.warnings:
        rows = [(warning["code"], warning["where"], warning["message"]) for warning in operation.warnings]
        out.print(add_rows(table("warning", "where", "what"), rows))


def _exit(operation: Operation) -> Exit:
    if operation.status is OperationStatus.SUCCEEDED:
        return Exit.WARNINGS if operation.warning_count else Exit.OK
    return Exit.CONFLICT if operation.error_code == "HELD" else Exit.FAILED
