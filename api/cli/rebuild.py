"""`holdfast rebuild`: make a lost Postgres again from the bucket and the master key."""

import asyncio
import shlex
from dataclasses import asdict, dataclass
from typing import Annotated

import typer
from rich.status import Status

from api.cli.bootstrap import OWNER_EMAIL, prepare_keys, write_private
from api.cli.exits import Exit
from api.cli.home import TOKEN_FILE, Place, open_place
from api.cli.options import JsonFlag
from api.cli.output import add_rows, emit_json, err, out, table
from store import accounts, connected_apps, members, tokens
from store.connected_apps import ConnectedApp
from store.members import Role
from store.rebuild.account import AUTHORISE
from store.rebuild.bucket import rebuild as rebuild_from
from store.rebuild.found import Found
from store.record import AccountId, JsonObject
from workers.runtime import Runtime
from workers.settings import Settings

Resume = Annotated[
    bool,
    typer.Option(
        "--resume",
        help="Go on where an earlier rebuild was interrupted: accounts that are whole stay as they are.",
    ),
]


def rebuild(*, resume: Resume = False, json: JsonFlag = False) -> None:
    """Make a lost Postgres again, from the bucket and the master key alone.

    The database must be empty. Everything that was complete comes back: accounts, members, connections, every snapshot,
    version and proof, and the log, which goes on where it was. Credentials and tokens do not: they are never in the
    bucket. Connect each app again, and make new tokens.

    Exit code 0: all of it; 7: something is lost or damaged, and each such thing is named.
    """
    with open_place(Settings.load(), must_own=True) as place:
        if place.is_embedded:
            prepare_keys(place)
        made = asyncio.run(_run(place, resume=resume, quiet=json))
    found = made.found
    if json:
        emit_json(_described(made))
    else:
        _print(made, place)
    raise typer.Exit(Exit.STORE if found.loss_count else Exit.OK)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Made:
    found: Found
    tokens: dict[str, str]
    """By account."""
    waiting: list[ConnectedApp]
    """Connections that nobody has authorised."""


async def _run(place: Place, *, resume: bool, quiet: bool) -> _Made:
    runtime = await Runtime.open(place.settings)
    try:
        await runtime.database.migrate()
        with Status("Looking through the bucket", console=err) as status:
            found = await rebuild_from(
                runtime.database,
                runtime.backend,
                runtime.masters,
                resume=resume,
                tell=(lambda _: None) if quiet else status.update,
            )
        issued, waiting = await _owners_tokens(runtime), await _waiting(runtime)
    finally:
        await runtime.close()
    if place.is_embedded and len(issued) == 1:
        write_private(place.settings.home / TOKEN_FILE, next(iter(issued.values())) + "\n")
    return _Made(found=found, tokens=issued, waiting=waiting)


async def _waiting(runtime: Runtime) -> list[ConnectedApp]:
    async with runtime.database.system() as connection:
        every = [
            connected
            for account in await accounts.every(connection)
            for connected in await connected_apps.every(connection, account.account_id)
        ]
    return [connected for connected in every if connected.status_reason == AUTHORISE]


async def _owners_tokens(runtime: Runtime) -> dict[str, str]:
    """Make a token for the owner of every account that has none, and an owner where nobody is."""
    from api.auth import ALLOWED  # noqa: PLC0415 - brings GraphQL along, which no other command has to wait for

    made: dict[str, str] = {}
    async with runtime.database.system() as connection:
        for account in await accounts.every(connection):
            account_id: AccountId = account.account_id
            if await tokens.page(connection, account_id, limit=1):
                continue
            people = await members.of_account(connection, account_id)
            owner = next((member for member in people if member.role is Role.OWNER), None)
            if owner is None:
                owner = await members.create(
                    connection, account_id=account_id, email=OWNER_EMAIL, name="Owner", role=Role.OWNER
                )
            made[str(account_id)], _ = await tokens.issue_token(
                connection,
                account_id=account_id,
                member_id=owner.member_id,
                name="made by rebuild",
                scopes=ALLOWED[Role.OWNER],
            )
    return made


def _described(made: _Made) -> JsonObject:
    counts = ("accounts", "connections", "snapshots", "versions", "packs", "chunks", "loss_count")
    return {name: getattr(made.found, name) for name in counts} | {
        "losses": [asdict(loss) for loss in made.found.losses],
        "tokens": made.tokens,
        "to_authorise": [
            {"connection_id": one.connection_id, "app": one.app, "name": one.name} for one in made.waiting
        ],
    }


def _print(made: _Made, place: Place) -> None:
    found = made.found
    out.print(
        f"[bold]{found.accounts:,} accounts[/], {found.connections:,} connections, {found.snapshots:,} snapshots and "
        f"{found.versions:,} versions made again, from {found.packs:,} packs"
    )
    if found.losses:
        rows = [(loss.code, loss.where, loss.message) for loss in found.losses]
        out.print(add_rows(table("lost", "where", "what"), rows))
        more = found.loss_count - len(found.losses)
        out.print(f"{found.loss_count:,} losses{f', {more:,} of them not shown' if more else ''}")
    if made.waiting:
        out.print("Credentials are never in the bucket. To go on backing up, authorise each connection again:")
    for connected in made.waiting:
        out.print(f"  holdfast connect {connected.app} --add-to {shlex.quote(connected.name)}", markup=False)
    for account_id, token in made.tokens.items():
        if place.is_embedded and len(made.tokens) == 1:
            out.print(f"A new token for programs is in {place.settings.home / TOKEN_FILE}", soft_wrap=True)
        else:
            err.print("[dim]A new token of the account's owner. This is the only time it is shown:")
            out.print(f"{account_id} {token}", soft_wrap=True, markup=False)
