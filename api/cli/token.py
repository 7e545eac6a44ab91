"""`holdfast token`: API tokens, for programs and for people."""

from datetime import UTC, datetime, timedelta
from typing import Annotated
from uuid import UUID

import typer

from api.auth import ALLOWED, Scope
from api.cli.exits import CommandError, Exit
from api.cli.options import AccountName, JsonFlag
from api.cli.output import add_rows, emit_json, err, out, table
from api.cli.session import Session, in_session
from store import members, tokens
from store.members import Member, Role
from store.record import JsonObject, TokenId

app = typer.Typer(help="API tokens, for programs and for people.", no_args_is_help=True)


@app.command()
def create(
    name: Annotated[str, typer.Argument(help="What it is for.")],
    *,
    scope: Annotated[
        list[Scope] | None, typer.Option("--scope", "-s", help="May be repeated; all of the owner's when left out.")
    ] = None,
    days: Annotated[
        int | None, typer.Option("--days", min=1, help="How long it works; for good when left out.")
    ] = None,
    account: AccountName = None,
    json: JsonFlag = False,
) -> None:
    """Make a token of the owner's and print it, once."""

    async def work(session: Session) -> JsonObject:
        async with session.runtime.database.account(session.account_id) as connection:
            owner = _owner(await members.of_account(connection, session.account_id))
            token, row = await tokens.issue_token(
                connection,
                account_id=session.account_id,
                member_id=owner.member_id,
                name=name,
                scopes=scope or ALLOWED[Role.OWNER],
                expires_at=datetime.now(UTC) + timedelta(days=days) if days is not None else None,
            )
        return {"token": token, "token_id": row.token_id, "scopes": sorted(row.scopes), "expires_at": row.expires_at}

    made = in_session(work, account=account)
    if json:
        emit_json(made)
    else:
        err.print("[dim]This is the only time it is shown:")
        out.print(made["token"], soft_wrap=True, markup=False)


@app.command("list")
def list_tokens(*, account: AccountName = None, json: JsonFlag = False) -> None:
    """List tokens, without showing them."""

    async def work(session: Session) -> list[JsonObject]:
        async with session.runtime.database.account(session.account_id) as connection:
            listed = await tokens.page(connection, session.account_id, limit=1000)
        return [
            {
                "token_id": token.token_id,
                "name": token.name,
                "scopes": sorted(token.scopes),
                "created_at": token.created_at,
                "expires_at": token.expires_at,
                "revoked_at": token.revoked_at,
            }
            for token in listed
        ]

    listed = in_session(work, account=account)
    if json:
        emit_json(listed)
        return
    rows = [
        (each["token_id"], each["name"], each["created_at"], each["expires_at"], each["revoked_at"]) for each in listed
    ]
    out.print(add_rows(table("token", "name", "made", "works until", "revoked"), rows))


@app.command()
def revoke(
    token_id: Annotated[UUID, typer.Argument(help="Its id, from `holdfast token list`.")],
    *,
    account: AccountName = None,
    json: JsonFlag = False,
) -> None:
    """End a token, now and for good."""

    async def work(session: Session) -> JsonObject:
        async with session.runtime.database.account(session.account_id) as connection:
            row = await tokens.revoke(connection, session.account_id, TokenId(token_id))
        return {"token_id": row.token_id, "name": row.name, "revoked_at": row.revoked_at}

    row = in_session(work, account=account)
    if json:
        emit_json(row)
    else:
        out.print(f"{row['name']} works no more.", markup=False)


def _owner(listed: list[Member]) -> Member:
    for member in listed:
        if member.role is Role.OWNER:
            return member
    raise CommandError("this account has no owner", Exit.NOT_FOUND)
