"""`holdfast export`: a snapshot, or part of it, as one archive on this machine."""

import asyncio
import os
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer

from api.cli.backup import describe, see_through
from api.cli.exits import CommandError, Exit
from api.cli.look import Look
from api.cli.options import AccountName, AsOf, ConnectionName, JsonFlag
from api.cli.output import add_rows, emit_json, err, out, size, table
from api.cli.restore import exit_code
from api.cli.session import Session, in_session
from store import exports, operations
from store.operations import Operation, OperationStatus
from store.record import OperationId
from workers.exporting.layout import Layout
from workers.exporting.rows import Rows
from workers.exporting.stream import stream
from workers.queue import start_export

Records = Annotated[
    list[str] | None,
    typer.Argument(help="Only these records, with all in them: kind:id, as `holdfast records` shows them."),
]
Workspaces = Annotated[
    list[str] | None, typer.Option("--workspace", "-w", help="Only this workspace, by name or id; may be repeated.")
]
Target = Annotated[Path, typer.Option("--output", "-o", help="The archive to write.")]
Resume = Annotated[
    str | None, typer.Option("--resume", help="Go on with an archive that was broken off: its operation's id.")
]


def export(
    records: Records = None,
    *,
    output: Target,
    connection: ConnectionName = None,
    workspace: Workspaces = None,
    as_of: AsOf = None,
    resume: Resume = None,
    account: AccountName = None,
    json: JsonFlag = False,
) -> None:
    """Write an archive: JSON lines and CSV for each kind, files in the app's tree, and SHA256SUMS."""
    if records and workspace:
        raise CommandError("say records or workspaces, not both", Exit.USAGE)

    async def work(session: Session) -> Operation:
        if resume is not None:
            operation = await _operation(session, resume)
        else:
            operation = await _begun(session, connection, as_of, records or [], workspace or [])
            err.print(f"[dim]operation {operation.operation_id}")
        done = await see_through(session, operation, title="Measuring", quiet=json)
        if done.status is OperationStatus.SUCCEEDED:
            await _write(session, done, output)
        return done

    try:
        operation = in_session(work, account=account)
    except KeyboardInterrupt:
        raise CommandError("stopped; `holdfast export --resume OPERATION` goes on", Exit.CANCELLED) from None
    if json:
        emit_json({**describe(operation), "file": str(output)})
    else:
        _tell(operation, output)
    raise typer.Exit(exit_code(operation))


async def _begun(
    session: Session, named: str | None, as_of: str | None, records: list[str], workspaces: list[str]
) -> Operation:
    connected = await session.connection(named)
    look = Look(session=session, connected=connected)
    seq = (await session.snapshot(connected, as_of)).seq
    found = [(await look.as_of(selector, seq)).key for selector in records]
    wanted = [await look.workspace(name) for name in workspaces]
    async with session.runtime.database.account(session.account_id) as database:
        return await start_export(
            database,
            account_id=session.account_id,
            connection_id=connected.connection_id,
            seq=seq,
            workspaces=wanted,
            records=[(key.kind, key.external_id) for key in found],
        )


async def _operation(session: Session, text: str) -> Operation:
    try:
        operation_id = OperationId(UUID(text))
    except ValueError:
        raise CommandError(f"{text!r} is no operation's id", Exit.USAGE) from None
    async with session.runtime.database.account(session.account_id) as database:
        return await operations.get(database, session.account_id, operation_id)


async def _write(session: Session, operation: Operation, path: Path) -> None:
    """Write the archive beside its place, from where an earlier attempt left off, and put it there when it is whole."""
    repository = await session.repository()
    async with session.runtime.database.account(session.account_id) as database:
        found = await exports.get(database, session.account_id, operation.operation_id)
    if found is None:
        raise CommandError(f"operation {operation.operation_id} is no export", Exit.NOT_FOUND)
    layout = Layout.decode(found.layout(repository.keys))
    rows = Rows(repository=repository, connection_id=found.connection_id, seq=found.seq, asked=layout.asked)
    beside = path.with_name(f".{path.name}.{str(operation.operation_id)[:8]}.part")
    start = await asyncio.to_thread(_length, beside)
    with await asyncio.to_thread(beside.open, "ab") as file:
        async for piece in stream(rows, layout, start, layout.size_bytes):
            file.write(piece)
        file.flush()
        os.fsync(file.fileno())
    await asyncio.to_thread(beside.replace, path)


def _length(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _tell(operation: Operation, path: Path) -> None:
    if operation.status is not OperationStatus.SUCCEEDED or operation.result is None:
        reason = f"{operation.error_code}: {operation.error_message}" if operation.error_code else "it was cancelled"
        err.print(f"The export did not end: {reason}", markup=False)
        return
    result = operation.result
    out.print(f"[bold]{result['records']:,} records[/] of snapshot {result['seq']}, {size(result['bytes'])}")
    out.print(str(path), markup=False)
    if operation.warnings:
        cells = [(warning["code"], warning["where"], warning["message"]) for warning in operation.warnings]
        out.print(add_rows(table("warning", "where", "what"), cells))
