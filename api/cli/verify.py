"""`holdfast verify`: read back what is stored, and name everything that is not as it was written."""

from typing import Annotated

import typer

from api.cli.backup import describe, see_through
from api.cli.exits import CommandError, Exit
from api.cli.options import AccountName, JsonFlag
from api.cli.output import add_rows, emit_json, err, out, size, table
from api.cli.session import Session, in_session
from store.checks.fault import Depth
from store.operations import Operation, OperationStatus
from workers.queue import start_verification

Deep = Annotated[
    Depth,
    typer.Option(
        "--depth",
        help="presence: every object is there; structure: every object, index, tree and manifest is right; "
        "content: every chunk, record and file is opened, too.",
    ),
]


def verify(*, depth: Deep = Depth.STRUCTURE, account: AccountName = None, json: JsonFlag = False) -> None:
    """Verify all that an account stores. Exit code 0: it is whole; 7: something is not, see the faults."""

    async def work(session: Session) -> Operation:
        async with session.runtime.database.account(session.account_id) as connection:
            operation = await start_verification(connection, account_id=session.account_id, depth=depth)
        return await see_through(session, operation, title="Verifying", quiet=json)

    try:
        operation = in_session(work, account=account)
    except KeyboardInterrupt:
        raise CommandError("stopped", Exit.CANCELLED) from None
    if json:
        emit_json(describe(operation))
    else:
        _print(operation)
    if operation.status is OperationStatus.SUCCEEDED:
        raise typer.Exit(Exit.STORE if operation.warning_count else Exit.OK)
    raise typer.Exit(Exit.CANCELLED if operation.status is OperationStatus.CANCELLED else Exit.FAILED)


def _print(operation: Operation) -> None:
    if operation.status is not OperationStatus.SUCCEEDED:
        reason = f"{operation.error_code}: {operation.error_message}" if operation.error_code else "it was cancelled"
        err.print(f"The verification did not end: {reason}", markup=False)
        return
    result = operation.result or {}
    read = f" ({size(result['pack_bytes'])} read back)" if result["pack_bytes"] else ""
    records = f", {result['records']:,} records" if result["records"] else ""
    out.print(
        f"[bold]{result['faults']:,} faults[/] in {result['packs']:,} packs{read}, "
        f"{result['snapshots']:,} snapshots{records}"
    )
    if operation.warnings:
        rows = [(fault["code"], fault["where"], fault["message"]) for fault in operation.warnings]
        out.print(add_rows(table("fault", "where", "what"), rows))
