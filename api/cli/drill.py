"""`holdfast drill`: restore a sample, compare it, throw it away, and keep a signed word on it."""

from pathlib import Path
from typing import Annotated

import typer

from api.cli.backup import describe, see_through
from api.cli.exits import CommandError, Exit
from api.cli.options import AccountName, ConnectionName, JsonFlag
from api.cli.output import add_rows, emit_json, err, out, table
from api.cli.restore import exit_code
from api.cli.session import Session, in_session
from store.operations import Operation, OperationStatus
from workers.queue import start_drill
from workers.restoring.into import Into

To = Annotated[
    Into,
    typer.Option(
        "--into", help="memory: nothing is written to the app; scratch: a private workspace in it, deleted afterwards."
    ),
]
Out = Annotated[Path | None, typer.Option("--out", help="Write the signed statement here.")]


def drill(
    connection: ConnectionName = None,
    *,
    into: To = Into.MEMORY,
    out_file: Out = None,
    account: AccountName = None,
    json: JsonFlag = False,
) -> None:
    """Hold a restore drill. Exit code 0: all came back, but for what was said before; 10: not all; 8: it failed."""

    async def work(session: Session) -> Operation:
        connected = await session.connection(connection)
        async with session.runtime.database.account(session.account_id) as database:
            queued = await start_drill(
                database, account_id=session.account_id, connection_id=connected.connection_id, into=into
            )
        return await see_through(session, queued, title="Drilling", quiet=json)

    try:
        operation = in_session(work, account=account)
    except KeyboardInterrupt:
        raise CommandError("stopped; a worker will end it", Exit.CANCELLED) from None
    statement = (operation.result or {}).get("statement")
    if out_file is not None and statement is not None:
        out_file.write_text(statement, encoding="utf-8")
    if json:
        emit_json(describe(operation))
    else:
        _tell(operation)
    raise typer.Exit(exit_code(operation))


def _tell(operation: Operation) -> None:
    if operation.status is not OperationStatus.SUCCEEDED or operation.result is None:
        reason = f"{operation.error_code}: {operation.error_message}" if operation.error_code else "it was cancelled"
        err.print(f"The drill did not end: {reason}", markup=False)
        return
    counted = ", ".join(f"{count:,} {name}" for name, count in sorted(operation.result["results"].items()))
    out.print(f"[bold]Drilled into {operation.result['into']}[/]: {counted}")
    if operation.warnings:
        rows = [(warning["code"], warning["where"], warning["message"]) for warning in operation.warnings]
        out.print(add_rows(table("warning", "where", "what"), rows))
    out.print(operation.result["statement"], markup=False)
