"""`holdfast drive`: a readable copy in somebody's Google Drive."""

from typing import Annotated

import typer

from api import driving
from api.cli.backup import describe, see_through
from api.cli.exits import CommandError, Exit
from api.cli.options import AccountName, JsonFlag
from api.cli.output import add_rows, emit_json, err, out, shown, size, table
from api.cli.serving import services_of
from api.cli.session import Session, choose_connection, in_session
from api.driving import DriveWish, NotSetUp
from store import drive, drive_links, operations, snapshots
from store.drive import DriveDestination, DriveStatus
from store.errors import Conflict, NotFound
from store.operations import Operation, OperationStatus
from store.record import ConnectionId, JsonObject
from workers.queue import start_drive_sync

app = typer.Typer(help="Keep a readable copy in Google Drive.", no_args_is_help=True)

Only = Annotated[
    list[str] | None, typer.Option("--only", help="Copy this connection only; may be given again. Left out: all.")
]
Repairs = Annotated[
    bool | None,
    typer.Option(
        "--repairs/--reports", help="Put back what people change in the copy, or report it and leave it alone."
    ),
]
AfterBackup = Annotated[
    bool | None, typer.Option("--after-backup/--when-asked", help="Sync after every backup, or only when asked.")
]


@app.command()
def connect(
    *,
    only: Only = None,
    repairs: Repairs = None,
    after_backup: AfterBackup = None,
    account: AccountName = None,
    json: JsonFlag = False,
) -> None:
    """Connect a Google Drive: prints the address where its owner allows it."""

    async def work(session: Session) -> str:
        wish = DriveWish(
            repairs=bool(repairs),
            after_backup=after_backup is not False,
            only_connections=await _chosen(session, only),
        )
        try:
            return await driving.begin(services_of(session.runtime), session.account_id, wish)
        except NotSetUp as error:
            raise CommandError(str(error), Exit.USAGE) from None

    address = in_session(work, account=account)
    if json:
        emit_json({"authorize_url": address})
        return
    out.print("Open this in a browser, while `holdfast up` runs, and allow Holdfast to make files of its own:")
    out.print(address, soft_wrap=True, markup=False)


@app.command()
def status(*, account: AccountName = None, json: JsonFlag = False) -> None:
    """Show where the copy lies and which snapshots it shows."""
    told = in_session(_status, account=account)
    if json:
        emit_json(told)
        return
    if told["drive"] is None:
        out.print("No Google Drive is connected: holdfast drive connect")
        return
    state = told["status"] if told["status_reason"] is None else f"{told['status']}: {told['status_reason']}"
    out.print(f"{shown(told['drive'])}: {shown(state)}")
    kept = "put back" if told["repairs"] else "reported and left alone"
    when = "after every backup" if told["after_backup"] else "when asked"
    out.print(f"[dim]{told['files']:,} files; synced {when}; what people change in the copy is {kept}")
    if told["folder_url"]:
        out.print(told["folder_url"], soft_wrap=True, markup=False)
    made = table("connection", "shows#", "newest#", "since")
    out.print(
        add_rows(made, [(each["name"], each["seq"], each["newest"], each["synced_at"]) for each in told["copies"]])
    )


@app.command("set")
def set_(
    *,
    only: Only = None,
    every: Annotated[bool, typer.Option("--all", help="Copy all connections.")] = False,
    repairs: Repairs = None,
    after_backup: AfterBackup = None,
    account: AccountName = None,
    json: JsonFlag = False,
) -> None:
    """Change how the copy is kept; what is left out stays."""

    async def work(session: Session) -> JsonObject:
        destination = await _destination(session)
        chosen = await _chosen(session, only)
        kept = None if destination.only_connections is None else sorted(destination.only_connections)
        async with session.runtime.database.account(session.account_id) as connection:
            await drive.set_settings(
                connection,
                destination,
                repairs=destination.repairs if repairs is None else repairs,
                after_backup=destination.after_backup if after_backup is None else after_backup,
                only_connections=None if every else kept if chosen is None else chosen,
            )
        return await _status(session)

    told = in_session(work, account=account)
    if json:
        emit_json(told)
    else:
        out.print("Changed, from the next sync on.")


@app.command()
def sync(
    *,
    repair: Annotated[
        bool, typer.Option("--repair", help="Put back what people changed in the copy: edits are overwritten.")
    ] = False,
    account: AccountName = None,
    json: JsonFlag = False,
) -> None:
    """Bring the copy to the newest snapshots now. Exit code 0: it is; 10: people changed it, see the warnings."""

    async def work(session: Session) -> Operation:
        await _destination(session)
        return await see_through(session, await begin(session, repair=repair), title="Google Drive", quiet=json)

    try:
        operation = in_session(work, account=account)
    except KeyboardInterrupt:
        raise CommandError("stopped; the next `holdfast drive sync` goes on from there", Exit.CANCELLED) from None
    if json:
        emit_json(describe(operation))
    else:
        tell(operation)
    raise typer.Exit(_exit_code(operation))


@app.command()
def disconnect(*, account: AccountName = None, json: JsonFlag = False) -> None:
    """Stop keeping the copy and give the grant back. The files stay where they are, and are their owner's."""

    async def work(session: Session) -> str:
        await _destination(session)
        destination = await driving.disconnect(services_of(session.runtime), session.account_id)
        return destination.name((await session.repository()).keys)

    name = in_session(work, account=account)
    if json:
        emit_json({"disconnected": name})
    else:
        out.print(f"Disconnected {shown(name)}. The files that were copied are still there.")


async def begin(session: Session, *, repair: bool = False) -> Operation:
    """Queue a sync; where one is queued or running, return that one."""
    async with session.runtime.database.account(session.account_id) as connection:
        try:
            return await start_drive_sync(connection, account_id=session.account_id, repair=repair)
        except Conflict:
            active = await operations.active_drive_sync(connection, session.account_id)
            if active is None:
                raise
            err.print("[dim]A sync is under way already; this is it.")
            await operations.hasten(connection, session.account_id, active.operation_id)
            return active


async def copy_after_backup(session: Session, *, quiet: bool) -> None:
    """Sync as the account wants it after a backup; elsewhere the scheduler sees to that. Its faults are only told."""
    async with session.runtime.database.account(session.account_id) as connection:
        destination = await drive.find(connection, session.account_id)
    if destination is None or not destination.after_backup or destination.status is DriveStatus.LOST:
        return
    done = await see_through(session, await begin(session), title="Google Drive", quiet=quiet)
    if not quiet:
        tell(done)


def tell(operation: Operation) -> None:
    """Print what a sync came to."""
    if operation.status is not OperationStatus.SUCCEEDED:
        reason = f"{operation.error_code}: {operation.error_message}" if operation.error_code else "it was cancelled"
        err.print(f"The copy was not brought up to date: {reason}", markup=False)
        return
    result = operation.result or {}
    out.print(
        f"[bold]Copied to Google Drive[/]: {result['made']:,} made, {result['sent']:,} sent ({size(result['bytes'])}), "
        f"{result['changed']:,} moved or renamed, {result['trashed']:,} trashed; {result['rows']:,} rows"
    )
    if operation.warnings:
        rows = [(warning["code"], warning["where"], warning["message"]) for warning in operation.warnings]
        out.print(add_rows(table("warning", "where", "what"), rows))


def _exit_code(operation: Operation) -> Exit:
    if operation.status is OperationStatus.SUCCEEDED:
        return Exit.WARNINGS if operation.warning_count else Exit.OK
    return Exit.CANCELLED if operation.status is OperationStatus.CANCELLED else Exit.FAILED


async def _status(session: Session) -> JsonObject:
    connections = await session.connections()
    async with session.runtime.database.account(session.account_id) as connection:
        destination = await drive.find(connection, session.account_id)
        if destination is None:
            return {"drive": None}
        positions = await drive.positions(connection, destination.destination_id)
        counts = await drive_links.count(connection, destination.destination_id)
        root_id = await drive_links.root_id(connection, destination.destination_id)
        copies = []
        for connected in connections:
            newest = await snapshots.latest(connection, connected.connection_id)
            position = positions.get(connected.connection_id)
            if destination.takes(connected.connection_id):
                copies.append(
                    {
                        "connection_id": connected.connection_id,
                        "name": connected.name,
                        "seq": None if position is None else position.seq,
                        "newest": None if newest is None else newest.seq,
                        "synced_at": None if position is None else position.synced_at,
                    }
                )
    keys = (await session.repository()).keys
    return {
        "drive": destination.name(keys),
        "status": destination.status.value,
        "status_reason": destination.status_reason,
        "repairs": destination.repairs,
        "after_backup": destination.after_backup,
        "files": sum(links for role, links in counts.items() if not role.is_folder),
        "folder_url": None if root_id is None else f"https://drive.google.com/drive/folders/{root_id}",
        "copies": copies,
    }


async def _destination(session: Session) -> DriveDestination:
    async with session.runtime.database.account(session.account_id) as connection:
        try:
            return await drive.get(connection, session.account_id)
        except NotFound:
            raise CommandError("no Google Drive is connected: run `holdfast drive connect`", Exit.NOT_FOUND) from None


async def _chosen(session: Session, named: list[str] | None) -> list[ConnectionId] | None:
    if not named:
        return None
    connections = await session.connections()
    return [choose_connection(connections, each).connection_id for each in named]
