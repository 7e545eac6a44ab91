"""`holdfast erase`: make stored content unreadable for good."""

from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from api.cli.backup import describe, see_through
from api.cli.exits import CommandError, Exit
from api.cli.hold import BY
from api.cli.look import Look
from api.cli.options import AccountName, ConnectionName, JsonFlag
from api.cli.output import emit_json, err, out, size
from api.cli.session import Session, in_session
from store import erase_account, keeping
from store.erase_account import Counts
from store.erasures import Chosen, Request
from store.operations import Operation, OperationStatus
from workers.queue import start_account_erasure, start_record_erasure

app = typer.Typer(help="Make stored content unreadable for good.", no_args_is_help=True)

Reason = Annotated[str, typer.Option("--reason", help="Why. Only the receipt tells it; the log commits to it.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only say what would be erased.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]
Receipt = Annotated[
    Path | None, typer.Option("--receipt", help="Write the receipt here: proof that the log says so, who did it, why.")
]


@app.command()
def account(
    name: Annotated[str, typer.Argument(help="The account's name or id: of the one that is meant.")],
    *,
    reason: Reason,
    dry_run: DryRun = False,
    yes: Yes = False,
    receipt: Receipt = None,
    json: JsonFlag = False,
) -> None:
    """Erase an account: its keys, all that it stored, every row of it. Its log stays, and says so.

    Backups of Postgres and a bucket that keeps versions hold the account's keys until they expire: see to them.
    """

    async def look(session: Session) -> Counts:
        async with session.runtime.database.account(session.account_id) as connection:
            await keeping.still_taking(connection, session.account_id)
            return await erase_account.count(connection, session.account_id)

    async def work(session: Session) -> Operation:
        async with session.runtime.database.account(session.account_id) as connection:
            operation = await start_account_erasure(connection, account_id=session.account_id, reason=reason, by=BY)
        return await see_through(session, operation, title="Erasing", quiet=json)

    counts = in_session(look, account=name)
    if dry_run:
        _tell(counts, json=json)
        return
    if not yes:
        _tell(counts, json=False)
        typer.confirm("Nobody can take that back. Erase it?", abort=True)
    operation = in_session(work, account=name)
    _need(operation)
    told = (operation.result or {})["receipt"]
    if receipt is not None:
        receipt.write_text(told, encoding="utf-8")
    if json:
        emit_json(describe(operation))
    else:
        out.print(f"Erased: {counts.snapshots:,} snapshots, {counts.packs:,} packs. The log says so, and is closed.")
        if receipt is None:
            err.print("[dim]The receipt; this is the only time it is shown:")
            out.print(told, soft_wrap=True, markup=False)


@app.command()
def records(
    selectors: Annotated[
        list[str] | None, typer.Argument(metavar="RECORD", help="Records, by id or kind:id; may be repeated.")
    ] = None,
    *,
    reason: Reason,
    with_children: Annotated[
        bool, typer.Option("--with-children", help="Also all that ever belonged to them: comments, files.")
    ] = False,
    mentioning: Annotated[
        str | None,
        typer.Option(
            "--mentioning", help="Also every version whose content holds these words. Files are not looked into."
        ),
    ] = None,
    connection: ConnectionName = None,
    dry_run: DryRun = False,
    yes: Yes = False,
    receipt: Receipt = None,
    account: AccountName = None,
    json: JsonFlag = False,
) -> None:
    """Erase the content of records, in all their versions, from everything that is stored.

    Their places and times stay, so that what was proven stays proven. Erase them in the app first: what it still has
    is not stored again, as long as it is the same. The copy in Google Drive, if there is one, is yours to erase.
    """

    async def begin(session: Session, *, dry: bool) -> Operation:
        chosen = [await _chosen(session, connection, selector) for selector in selectors or ()]
        request = Request(records=chosen, with_children=with_children, mentioning=mentioning, reason=reason, by=BY)
        keys = (await session.repository()).keys
        async with session.runtime.database.account(session.account_id) as opened:
            operation = await start_record_erasure(opened, keys, request, dry_run=dry)
        return await see_through(session, operation, title="Looking" if dry else "Erasing", quiet=json)

    if dry_run or not yes:
        planned = in_session(partial(begin, dry=True), account=account)
        _need(planned)
        if dry_run and json:
            emit_json(describe(planned))
            return
        _tell_plan(planned)
        if dry_run:
            return
        typer.confirm("Nobody can take that back. Erase it?", abort=True)
    operation = in_session(partial(begin, dry=False), account=account)
    _need(operation)
    result = operation.result or {}
    if receipt is not None:
        receipt.write_text(result["receipt"], encoding="utf-8")
    if json:
        emit_json(describe(operation))
    else:
        out.print(f"Erased: {result['versions']:,} versions of {result['records']:,} records. The log says so.")


async def _chosen(session: Session, connection: str | None, selector: str) -> Chosen:
    look = Look(session=session, connected=await session.connection(connection))
    key = (await look.history(selector))[0].key
    return Chosen(look.connected.connection_id, key.kind, key.external_id)


def _need(operation: Operation) -> None:
    if operation.status is not OperationStatus.SUCCEEDED:
        raise CommandError(
            f"not erased: {operation.error_code}: {operation.error_message}",
            Exit.CONFLICT if operation.error_code == "HELD" else Exit.FAILED,
        )


def _tell_plan(operation: Operation) -> None:
    result = operation.result or {}
    out.print(f"{result['versions']:,} versions of {result['records']:,} records, {size(result['size_bytes'])}:")
    for _, kind, external_id in result["first"]:
        out.print(f"  {kind}:{external_id}", markup=False)
    if result["records"] > len(result["first"]):
        out.print(f"  and {result['records'] - len(result['first']):,} more")


def _tell(counts: Counts, *, json: bool) -> None:
    if json:
        emit_json(asdict(counts))
    else:
        out.print(
            f"{counts.connections:,} connections, {counts.snapshots:,} snapshots, {counts.packs:,} packs of "
            f"{size(counts.stored_bytes)}"
        )
