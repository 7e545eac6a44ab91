"""`holdfast backup`: take a snapshot now, and follow it."""

import asyncio
from typing import Annotated

import typer

from api.cli.exits import CommandError, Exit
from api.cli.follow import follow
from api.cli.options import AccountName, ConnectionName, JsonFlag
from api.cli.output import add_rows, emit_json, err, out, size, table
from api.cli.session import Session, in_session
from store import operations
from store.connected_apps import ConnectedApp
from store.errors import Conflict
from store.operations import Operation, OperationStatus
from store.record import JsonObject
from workers import run
from workers.broker import open_broker
from workers.queue import Queue, start_backup


def backup(
    connection: ConnectionName = None,
    *,
    full: Annotated[bool, typer.Option("--full", help="Read everything again, and heal what differs.")] = False,
    account: AccountName = None,
    json: JsonFlag = False,
) -> None:
    """Take a snapshot now. Exit code 0: all was captured; 10: not all, see the warnings; 8: it failed."""

    async def work(session: Session) -> Operation:
        connected = await session.connection(connection)
        operation = await begin(session, connected, full=full)
        done = await see_through(session, operation, title=connected.name, quiet=json)
        if done.status is OperationStatus.SUCCEEDED and session.place.is_alone:
            from api.cli.drive import copy_after_backup  # noqa: PLC0415 - it needs this module

            await copy_after_backup(session, quiet=json)
        return done

    try:
        operation = in_session(work, account=account)
    except KeyboardInterrupt:
        # asyncio has cancelled the work by now, and the operation went back to the queue.
        raise CommandError(
            "stopped; the next `holdfast backup` goes on from the last checkpoint", Exit.CANCELLED
        ) from None
    if json:
        emit_json(describe(operation))
    else:
        _print(operation)
    raise typer.Exit(exit_code(operation))


async def begin(session: Session, connected: ConnectedApp, *, full: bool = False) -> Operation:
    """Queue a backup; where one is queued or running, return that one."""
    async with session.runtime.database.account(session.account_id) as connection:
        try:
            return await start_backup(
                connection, account_id=session.account_id, connection_id=connected.connection_id, full=full
            )
        except Conflict:
            active = await operations.active_backup(connection, session.account_id, connected.connection_id)
            if active is None:
                raise
            err.print("[dim]A backup of this connection is under way already; this is it.")
            await operations.hasten(connection, session.account_id, active.operation_id)
            return active


async def see_through(session: Session, operation: Operation, *, title: str, quiet: bool) -> Operation:
    """Follow an operation to its end. On a home where `holdfast up` does not run, this process does the work itself."""
    broker = open_broker(session.runtime.settings.broker_url)
    queue = Queue(broker)
    work = _work(session, queue, operation) if session.place.is_alone else queue.wake(operation.operation_id)
    working = asyncio.create_task(work)
    try:
        return await follow(
            session.runtime.database, session.account_id, operation.operation_id, title=title, quiet=quiet
        )
    finally:
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)
        broker.close()


async def _work(session: Session, queue: Queue, operation: Operation) -> None:
    """Do the operation here, again and again while it asks for another attempt."""
    while True:
        await run.perform(session.runtime, queue, operation.operation_id)
        async with session.runtime.database.account(session.account_id) as connection:
            current = await operations.get(connection, session.account_id, operation.operation_id)
        if current.status.is_final:
            return
        await asyncio.sleep(1)


def exit_code(operation: Operation) -> Exit:
    """What a script should make of an operation's end."""
    if operation.status is OperationStatus.SUCCEEDED:
        return Exit.WARNINGS if operation.warning_count else Exit.OK
    return Exit.CANCELLED if operation.status is OperationStatus.CANCELLED else Exit.FAILED


def describe(operation: Operation) -> JsonObject:
    """Write an operation for programs."""
    return {
        "operation_id": str(operation.operation_id),
        "status": operation.status.value,
        "result": operation.result,
        "retries": operation.progress.get("retries", {}),
        "warnings": operation.warnings,
        "warning_count": operation.warning_count,
        "error": None
        if operation.error_code is None
        else {
            "code": operation.error_code,
            "message": operation.error_message,
        },
    }


def _print(operation: Operation) -> None:
    if operation.status is OperationStatus.CANCELLED:
        err.print("The backup was cancelled; nothing was committed.")
        return
    if operation.status is OperationStatus.FAILED:
        err.print(f"The backup failed: {operation.error_code}: {operation.error_message}", markup=False)
        return
    result = operation.result or {}
    out.print(
        f"[bold]Snapshot {result['seq']}[/]: {result['records']:,} records; {result['added']:,} added, "
        f"{result['edited']:,} edited, {result['moved']:,} moved, {result['deleted']:,} deleted; "
        f"{size(result['stored_bytes'])} stored"
    )
    if retries := operation.progress.get("retries"):
        told = ", ".join(f"{cause} ({count:,})" for cause, count in retries.items())
        out.print(f"The app was asked again where it {told}.", markup=False)
    if operation.warning_count:
        rows = [(warning["code"], warning["where"], warning["message"]) for warning in operation.warnings]
        out.print(add_rows(table("warning", "where", "what"), rows))
