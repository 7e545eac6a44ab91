"""`holdfast status`: what is connected, what is held, and what is under way."""

from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from api.cli.options import AccountName, JsonFlag
from api.cli.output import add_rows, emit_json, out, size, table
from api.cli.session import Session, in_session
from store import grants, operations, schedules, snapshots
from store.connected_apps import ConnectedApp
from store.database import Connection
from store.operations import Operation
from store.record import JsonObject
from store.usage import usage
from workers import calendar
from workers.calendar import LEGEND, strip

DAYS = 30


def status(
    *,
    operations_shown: Annotated[int, typer.Option("--operations", min=0, max=100, help="How many to list.")] = 5,
    account: AccountName = None,
    json: JsonFlag = False,
) -> None:
    """Show connections with their newest snapshots, what runs, and when the next backup is due."""

    async def work(session: Session) -> JsonObject:
        connected = await session.connections()
        async with session.runtime.database.account(session.account_id) as connection:
            listed = await operations.page(connection, session.account_id, limit=operations_shown)
            held = await usage(connection, session.account_id)
            return {
                "account": session.account.name,
                "account_id": session.account_id,
                "time_zone": session.account.time_zone,
                "home": str(session.place.settings.home) if session.place.is_embedded else None,
                "is_running": session.place.is_embedded and not session.place.is_alone,
                "store": session.runtime.backend.url,
                "packs": held.packs,
                "stored_bytes": held.stored_bytes,
                "connections": [await _connection(connection, session, each) for each in connected],
                "operations": [_operation(each, connected) for each in listed],
            }

    told = in_session(work, account=account)
    if json:
        emit_json(told)
    else:
        _print(told)


async def _connection(connection: Connection, session: Session, connected: ConnectedApp) -> JsonObject:
    latest = await snapshots.latest(connection, connected.connection_id)
    now, zone = datetime.now(UTC), session.account.time_zone
    last = calendar.today(zone, now)
    first = last - timedelta(days=DAYS - 1)
    days = await calendar.of_connection(connection, connected, zone, now, first=first, last=last)
    found = await grants.of_connections(connection, session.account_id, [connected.connection_id])
    return {
        "connection_id": connected.connection_id,
        "name": connected.name,
        "app": connected.app,
        "status": connected.status.value,
        "status_reason": connected.status_reason,
        "grants": [grant.status.value for grant in found[connected.connection_id]],
        "snapshot": None
        if latest is None
        else {"seq": latest.seq, "finished_at": latest.finished_at, "records": latest.record_count},
        "next_at": await schedules.next_of(connection, connected.connection_id),
        "days": [{"date": day.date, "outcome": day.outcome.value, **asdict(day.tally)} for day in days],
        "strip": strip(days),
    }


def _operation(operation: Operation, connected: list[ConnectedApp]) -> JsonObject:
    names = {each.connection_id: each.name for each in connected}
    return {
        "operation_id": operation.operation_id,
        "kind": operation.kind,
        "connection": names.get(operation.connection_id) if operation.connection_id else None,
        "status": operation.status.value,
        "progress": operation.progress,
        "created_at": operation.created_at,
        "finished_at": operation.finished_at,
        "warning_count": operation.warning_count,
        "error_code": operation.error_code,
        "error_message": operation.error_message,
    }


def _print(told: JsonObject) -> None:
    where = f" in {told['home']}" if told["home"] else ""
    runs = "running" if told["is_running"] else "not running: `holdfast up` starts it"
    out.print(f"[bold]{told['account']}[/]{where}{f' ({runs})' if told['home'] else ''}")
    out.print(f"[dim]{told['packs']:,} packs, {size(told['stored_bytes'])} in {told['store']}")
    if not told["connections"]:
        out.print("Nothing is connected yet: holdfast connect")
        return
    made = table("connection", "state", "snapshot#", "taken", "records#", "next")
    for each in told["connections"]:
        latest = each["snapshot"] or {"seq": None, "finished_at": None, "records": None}
        state = each["status"] if each["status_reason"] is None else f"{each['status']}: {each['status_reason']}"
        add_rows(
            made,
            [(each["name"], state, latest["seq"], latest["finished_at"], latest["records"], each["next_at"])],
        )
    out.print(made)
    for each in told["connections"]:
        out.print(f"{each['strip']} {each['name']}, the last {DAYS} days", markup=False)
    out.print(f"[dim]{LEGEND}")
    if told["operations"]:
        made = table("operation", "connection", "state", "began", "ended", "warnings#", "what went wrong")
        for each in told["operations"]:
            add_rows(
                made,
                [
                    (
                        each["kind"],
                        each["connection"],
                        each["status"],
                        each["created_at"],
                        each["finished_at"],
                        each["warning_count"],
                        each["error_message"],
                    )
                ],
            )
        out.print(made)
