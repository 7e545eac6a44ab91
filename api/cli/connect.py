"""`holdfast connect`: authorise a cloud app."""

import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from inspect import Parameter, Signature
from typing import Annotated, Any

import typer

from api import connecting
from api.callback import NotConnected, Refused
from api.cli.exits import CommandError, Exit
from api.cli.options import AccountName, JsonFlag
from api.cli.output import emit_json, out, printable
from api.cli.serving import services_of
from api.cli.session import Session, in_session
from api.connecting import Wish
from connectors.base import AppSpec, AuthField, AuthMethod
from connectors.registry import SPECS
from store import grants
from store.record import JsonObject

app = typer.Typer(help="Connect a cloud app.", no_args_is_help=True)

_Name = Annotated[str | None, typer.Option("--name", help="What to call the connection.")]
_AddTo = Annotated[str | None, typer.Option("--add-to", help="Add this person's grant to a connection that is there.")]


def _command(spec: AppSpec) -> Callable[..., None]:
    """Make the command that connects one app, with an option for each thing that its spec asks a person for."""
    typed = next((method for method in spec.auth_methods if not method.is_oauth2), None)
    signing_in = next((method for method in spec.auth_methods if method.is_oauth2), None)
    fields = typed.fields if typed is not None else ()

    def connect(
        *,
        name: str | None,
        add_to: str | None,
        account: str | None,
        json: bool,
        oauth: bool = typed is None,
        for_restores: bool = False,
        **given: Any,
    ) -> None:
        asked = _Asked(spec=spec, name=name, add_to=add_to, for_restores=for_restores)
        if oauth or typed is None:
            _sign_in(asked, account=account, json=json)
            return
        credentials = {field.name: _value(field, given) for field in fields}
        _tell(in_session(lambda session: _connect(session, asked, typed, credentials), account=account), json=json)

    options = [option for field in fields for option in _options(spec, field)]
    options += [_option("name", _Name), _option("add_to", _AddTo)]
    if typed is not None and signing_in is not None:
        text = f"{signing_in.title}: prints the address to open."
        options.append(_option("oauth", Annotated[bool, typer.Option("--oauth", help=text)], default=False))
    if signing_in is not None:
        text = "Signing in, ask for leave to write as well, which restores need."
        kind = Annotated[bool, typer.Option("--for-restores", help=text)]
        options.append(_option("for_restores", kind, default=False))
    options += [_option("account", AccountName), _option("json", JsonFlag, default=False)]
    # What typer reads a command's options from: a spec has what a person would have written here for each app.
    connect.__signature__ = Signature(options)  # type: ignore[attr-defined]
    connect.__annotations__ = {option.name: option.annotation for option in options}
    ways = "; or ".join(method.title for method in spec.auth_methods)
    connect.__doc__ = f"Connect {spec.title}, which is asked first whose grant this is. By {ways}."
    return connect


def _options(spec: AppSpec, field: AuthField) -> Iterator[Parameter]:
    variable = f"{spec.app}_{field.name}".upper()
    flag = f"--{field.name.replace('_', '-')}"
    text = field.help or f"{field.title}."
    if field.secret:
        text += " Better not here, where `ps` and the shell's history show it."
    kind = Annotated[str | None, typer.Option(flag, envvar=variable, show_envvar=True, help=text)]
    yield _option(field.name, kind)
    if field.secret:
        text = f"Read the {field.title.lower()} from standard input."
        yield _option(_from_stdin(field), Annotated[bool, typer.Option(f"{flag}-stdin", help=text)], default=False)


def _option(name: str, kind: Any, *, default: bool | None = None) -> Parameter:
    return Parameter(name, Parameter.KEYWORD_ONLY, default=default, annotation=kind)


def _from_stdin(field: AuthField) -> str:
    return f"{field.name}_stdin"


def _value(field: AuthField, given: Mapping[str, Any]) -> str:
    if given.get(_from_stdin(field)):
        return sys.stdin.readline().strip()
    return given[field.name] or ("" if not field.required else _ask(field))


for _spec in SPECS.values():
    app.command(_spec.app)(_command(_spec))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """What the command line asks for."""

    spec: AppSpec
    name: str | None
    add_to: str | None
    for_restores: bool


def _sign_in(asked: _Asked, *, account: str | None, json: bool) -> None:
    address = in_session(lambda session: _begin(session, asked), account=account)
    if json:
        emit_json({"authorize_url": address})
        return
    out.print("Open this in a browser, while `holdfast up` runs, and allow Holdfast in:")
    out.print(address, soft_wrap=True, markup=False)


def _tell(told: JsonObject, *, json: bool) -> None:
    if json:
        emit_json(told)
        return
    out.print(f"Connected {told['name']} as {printable(told['person'])}.", markup=False)
    if told["expires_at"] is not None:
        out.print(
            f"The token works until {told['expires_at'].astimezone():%Y-%m-%d %H:%M}: one without an end is better."
        )
    out.print("[dim]Next: holdfast backup")


async def _connect(session: Session, asked: _Asked, method: AuthMethod, credentials: Mapping[str, str]) -> JsonObject:
    services = services_of(session.runtime)
    wish = await _wish(session, asked)
    try:
        connected = await connecting.connect(services, session.account_id, wish, method.name, credentials)
    except NotConnected as error:
        is_refused = isinstance(error, Refused)
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


async def _begin(session: Session, asked: _Asked) -> str:
    wish = await _wish(session, asked)
    return await connecting.begin_oauth(services_of(session.runtime), session.account_id, wish)


async def _wish(session: Session, asked: _Asked) -> Wish:
    held = await session.connection(asked.add_to) if asked.add_to is not None else None
    return Wish(
        app=asked.spec.app,
        name=asked.name or (held.name if held is not None else asked.spec.title),
        connection_id=held.connection_id if held is not None else None,
        for_restores=asked.for_restores,
    )


def _ask(field: AuthField) -> str:
    if not sys.stdin.isatty():
        raise CommandError(f"give the {field.title.lower()}: there is nobody to ask", Exit.USAGE)
    return str(typer.prompt(field.title, hide_input=field.secret, err=True)).strip()
