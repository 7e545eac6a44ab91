"""Follow: show an operation's progress until it ends."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Column

from api.cli.output import err, printable, size
from store import operations
from store.database import Database
from store.operations import Operation, OperationStatus
from store.record import AccountId, OperationId

LOOK_EVERY_SECONDS = 0.2


async def watch(database: Database, account_id: AccountId, operation_id: OperationId) -> AsyncGenerator[Operation]:
    """Yield an operation's row whenever it has changed, and lastly as it ended."""
    seen = None
    while True:
        async with database.account(account_id) as connection:
            operation = await operations.get(connection, account_id, operation_id)
        if operation.updated_at != seen:
            seen = operation.updated_at
            yield operation
        if operation.status.is_final:
            return
        await asyncio.sleep(LOOK_EVERY_SECONDS)


async def follow(
    database: Database, account_id: AccountId, operation_id: OperationId, *, title: str, quiet: bool = False
) -> Operation:
    """Show a progress bar on stderr until the operation ends; returns it as it ended."""
    with Progress(
        SpinnerColumn(finished_text="[green]✓[/]"),
        TextColumn("[bold]{task.description}"),
        BarColumn(bar_width=30),
        TextColumn("{task.fields[counts]}"),
        TimeElapsedColumn(),
        TextColumn("[dim]{task.fields[note]}", table_column=Column(no_wrap=True)),
        console=err,
        disable=quiet,
    ) as bar:
        task = bar.add_task(printable(title), total=None, counts="", note="")
        async with aclosing(watch(database, account_id, operation_id)) as rows:
            async for operation in rows:
                _update(bar, task, operation)
                if operation.status.is_final:
                    return operation
    raise AssertionError("an operation is watched until it ends")


def _update(bar: Progress, task: TaskID, operation: Operation) -> None:
    progress = operation.progress
    done, total = progress.get("done", 0), progress.get("total")
    note = printable(str(progress.get("note", "")))[:40]
    if operation.status is OperationStatus.QUEUED and operation.error_message:
        note = f"waiting to try again: {operation.error_message}"
    if operation.status.is_final:
        note = ""
        if operation.status is OperationStatus.SUCCEEDED:
            done = total = total or 1
    bar.update(task, completed=done, total=total, counts=counts(operation), note=note.replace("[", r"\["))


def counts(operation: Operation) -> str:
    """Say what was read so far."""
    progress = operation.progress
    parts = [f"{progress.get('records', 0):,} records"]
    if progress.get("files"):
        parts.append(f"{progress['files']:,} files ({size(progress.get('bytes', 0))})")
    return ", ".join(parts)
