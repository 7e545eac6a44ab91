"""`holdfast account`: tenants, on a Postgres of your own. An embedded home makes its one by itself."""

from typing import Annotated

import typer

from api.cli.bootstrap import OWNER_EMAIL, create_account
from api.cli.options import JsonFlag
from api.cli.output import add_rows, emit_json, err, out, table
from api.cli.session import in_place
from store import accounts
from store.accounts import Account
from workers.runtime import Runtime

app = typer.Typer(help="Accounts: tenants that share nothing.", no_args_is_help=True)


@app.command()
def create(
    name: Annotated[str, typer.Argument(help="What to call it.")],
    *,
    time_zone: Annotated[str, typer.Option("--time-zone", help="IANA name: backups run in the evening there.")] = "UTC",
    email: Annotated[str, typer.Option("--owner", help="The owner's e-mail address.")] = OWNER_EMAIL,
    json: JsonFlag = False,
) -> None:
    """Make an account with its keys and an owner, and print the owner's token, once."""

    async def work(runtime: Runtime) -> tuple[Account, str]:
        return await create_account(runtime, name=name, time_zone=time_zone, email=email)

    account, token = in_place(work)
    if json:
        emit_json({"account_id": account.account_id, "name": account.name, "token": token})
        return
    out.print(f"Made account {account.name} ({account.account_id}).", markup=False)
    err.print("[dim]Its owner's token; this is the only time it is shown:")
    out.print(token, soft_wrap=True, markup=False)


@app.command("list")
def list_accounts(*, json: JsonFlag = False) -> None:
    """List accounts."""

    async def work(runtime: Runtime) -> list[Account]:
        async with runtime.database.system() as connection:
            return await accounts.every(connection)

    listed = in_place(work)
    if json:
        emit_json([{"account_id": a.account_id, "name": a.name, "time_zone": a.time_zone} for a in listed])
        return
    rows = [(account.account_id, account.name, account.time_zone, account.created_at) for account in listed]
    out.print(add_rows(table("account", "name", "time zone", "made"), rows))
