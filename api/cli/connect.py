"""`holdfast connect`: authorise a cloud app."""

import sys
from collections.abc import Mapping
from typing import Annotated

import typer

from api import connecting
from api.cli.exits import CommandError, Exit
from api.cli.options import AccountName, JsonFlag
from api.cli.output import emit_json, out, printable
from api.cli.serving import services_of
from api.cli.session import Session, in_session
from api.connecting import Wish
from connectors.trello.spec import KEY_TOKEN
from connectors.trello.spec import SPEC as TRELLO
from store import grants
from store.record import JsonObject

app = typer.Typer(help="Connect a cloud app.", no_args_is_help=True)


@app.command()
def trello(
    *,
    key: Annotated[
        str | None, typer.Option("--key", envvar="TRELLO_KEY", show_envvar=True, help="The API key of your Power-Up.")
    ] = None,
    token: Annotated[
        str | None,
        typer.Option(
            "--token",
            envvar="TRELLO_TOKEN",
            show_envvar=True,
            help="A token for it. Better not here, where `ps` and the shell's history show it.",
        ),
    ] = None,
    token_stdin: Annotated[bool, typer.Option("--token-stdin", help="Read the token from standard input.")] = False,
    name: Annotated[str | None, typer.Option("--name", help="What to call the connection.")] = None,
    add_to: Annotated[
        str | None, typer.Option("--add-to", help="Add this person's grant to a connection that is there.")
    ] = None,
    oauth: Annotated[bool, typer.Option("--oauth", help="Sign in with Atlassian: prints the address to open.")] = False,
    account: AccountName = None,
    json: JsonFlag = False,
) -> None:
    """Connect Trello with an API key and a token, which Trello is asked about first; or with OAuth 2.0."""
    if oauth:
        address = in_session(lambda session: _begin(session, name, add_to), account=account)
        if json:
            emit_json({"authorize_url": address})
        else:
            out.print("Open this in a browser, while `holdfast up` runs, and allow Holdfast to read:")
            out.print(address, soft_wrap=True, markup=False)
        return
    credentials = {"key": key or _ask("API key", secret=False), "token": _token(token, from_stdin=token_stdin)}
    told = in_session(lambda session: _connect(session, name, add_to, credentials), account=account)
    if json:
        emit_json(told)
        return
    out.print(f"Connected {told['name']} as {printable(told['person'])}.", markup=False)
    if told["expires_at"] is not None:
        out.print(
            f"The token works until {told['expires_at'].astimezone():%Y-%m-%d %H:%M}: one without an end is better."
        )
    out.print("[dim]Next: holdfast backup")


async def _connect(
    session: Session, name: str | None, add_to: str | None, credentials: Mapping[str, str]
) -> JsonObject:
    services = services_of(session.runtime)
    wish = await _wish(session, name, add_to)
    try:
        connected = await connecting.connect(services, session.account_id, wish, KEY_TOKEN, credentials)
    except connecting.NotConnected as error:
        is_refused = isinstance(error, connecting.Refused)
        raise CommandError(str(error), Exit.APP if is_refused else Exit.UNAVAILABLE) from None
    keys = (await session.repository()).keys
    async with session.runtime.database.account(session.account_id) as connection:
        held = await grants.of_connections(connection, session.account_id, [connected.connection_id])
    newest = held[connected.connection_id][-1]
    return {
        "connection_id": connected.connection_id,
        "name": connected.name,
        "person": newest.name(keys),
        "expires_at": newest.expires_at,
    }


async def _begin(session: Session, name: str | None, add_to: str | None) -> str:
    wish = await _wish(session, name, add_to)
    return await connecting.begin_oauth(services_of(session.runtime), session.account_id, wish)


async def _wish(session: Session, name: str | None, add_to: str | None) -> Wish:
    held = await session.connection(add_to) if add_to is not None else None
    return Wish(
        app=TRELLO.app,
        name=name or (held.name if held is not None else TRELLO.title),
        connection_id=held.connection_id if held is not None else None,
    )


def _token(given: str | None, *, from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().strip()
    return given or _ask("Token", secret=True)


def _ask(what: str, *, secret: bool) -> str:
    if not sys.stdin.isatty():
        raise CommandError(f"give the {what.lower()}: there is nobody to ask", Exit.USAGE)
    return str(typer.prompt(what, hide_input=secret, err=True)).strip()
