"""`holdfast hold`: legal holds, which forbid taking anything away."""

from typing import Annotated
from uuid import UUID

import typer

from api.cli.options import AccountName, ConnectionName, JsonFlag
from api.cli.output import add_rows, emit_json, out, table
from api.cli.session import Session, in_session
from store import holds
from store.holds import Hold
from store.log import Log
from store.record import HoldId, JsonObject

app = typer.Typer(help="Legal holds: while one lies, nothing is given up, erased or collected.", no_args_is_help=True)

BY = "command line"
"""Who placed or lifted a hold by this command: nobody signs in here."""
Reason = Annotated[str, typer.Option("--reason", help="Why. Kept sealed; the log commits to it.")]


@app.command()
def place(
    *, reason: Reason, connection: ConnectionName = None, account: AccountName = None, json: JsonFlag = False
) -> None:
    """Place a hold on a connection or, without one, on the whole account."""

    async def work(session: Session) -> Hold:
        connected = await session.connection(connection) if connection is not None else None
        repository = await session.repository()
        placed = await holds.place(repository, connected.connection_id if connected else None, reason=reason, by=BY)
        await Log(repository).publish()
        return placed

    placed = in_session(work, account=account)
    if json:
        emit_json(_describe(placed))
    else:
        out.print(f"Hold {placed.hold_id} lies; the log says so.", markup=False)


@app.command()
def lift(
    hold_id: Annotated[UUID, typer.Argument(metavar="HOLD", help="Its id, from `holdfast hold list`.")],
    *,
    reason: Reason,
    account: AccountName = None,
    json: JsonFlag = False,
) -> None:
    """Lift a hold."""

    async def work(session: Session) -> Hold:
        repository = await session.repository()
        lifted = await holds.lift(repository, HoldId(hold_id), reason=reason, by=BY)
        await Log(repository).publish()
        return lifted

    lifted = in_session(work, account=account)
    if json:
        emit_json(_describe(lifted))
    else:
        out.print(f"Hold {lifted.hold_id} is lifted; the log says so.", markup=False)


@app.command("list")
def list_holds(*, account: AccountName = None, json: JsonFlag = False) -> None:
    """List holds, lifted ones too."""

    async def work(session: Session) -> tuple[list[Hold], dict[UUID, str]]:
        keys = (await session.repository()).keys
        names = {UUID(str(one.connection_id)): one.name for one in await session.connections()}
        async with session.runtime.database.account(session.account_id) as connection:
            return await holds.of_account(connection, keys), names

    listed, names = in_session(work, account=account)
    if json:
        emit_json([_describe(each) for each in listed])
        return
    rows = [
        (
            each.hold_id,
            "the account" if each.connection_id is None else names.get(each.connection_id, each.connection_id),
            each.reason,
            each.placed_at,
            each.lifted_at,
        )
        for each in listed
    ]
    out.print(add_rows(table("hold", "on", "why", "placed", "lifted"), rows))


def _describe(hold: Hold) -> JsonObject:
    return {
        "hold_id": hold.hold_id,
        "connection_id": hold.connection_id,
        "reason": hold.reason,
        "placed_by": hold.placed_by,
        "placed_at": hold.placed_at,
        "lift_reason": hold.lift_reason,
        "lifted_by": hold.lifted_by,
        "lifted_at": hold.lifted_at,
    }
