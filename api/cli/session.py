"""Session: what a shell command works with: a runtime, an account, and its connections found as people name them."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from api.cli.bootstrap import bootstrap, prepare_keys
from api.cli.exits import CommandError, Exit
from api.cli.home import Place, open_place
from api.cli.moment import parse_moment
from store import accounts, connected_apps, snapshots
from store.accounts import Account
from store.connected_apps import ConnectedApp
from store.record import AccountId
from store.repository import Repository
from store.snapshots import Snapshot
from workers.runtime import Runtime
from workers.settings import Settings

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One command's work on one account."""

    place: Place
    runtime: Runtime
    account: Account

    @property
    def account_id(self) -> AccountId:
        """Whose data this is."""
        return self.account.account_id

    async def repository(self) -> Repository:
        """Open the account's content."""
        return await self.runtime.repository(self.account_id)

    async def connections(self) -> list[ConnectedApp]:
        """All connections of the account, oldest first."""
        async with self.runtime.database.account(self.account_id) as connection:
            return await connected_apps.every(connection, self.account_id)

    async def connection(self, named: str | None) -> ConnectedApp:
        """Find one by its name, app or id (or its beginning); the only one when none is named."""
        return choose_connection(await self.connections(), named)

    async def snapshot(self, connected: ConnectedApp, selector: str | None) -> Snapshot:
        """Find a snapshot by its number, or as of a moment; the newest when none is named."""
        async with self.runtime.database.account(self.account_id) as connection:
            if selector is None:
                found = await snapshots.latest(connection, connected.connection_id)
            elif selector.isdigit():
                by_seq = await snapshots.by_seqs(connection, connected.connection_id, [int(selector)])
                found = by_seq.get(int(selector))
            else:
                moment = parse_moment(selector, datetime.now().astimezone())
                found = await snapshots.as_of_time(connection, connected.connection_id, moment)
        if found is None:
            what = "no snapshot yet: run `holdfast backup`" if selector is None else f"no snapshot {selector!r}"
            raise CommandError(f"{connected.name} has {what}", Exit.NOT_FOUND)
        return found


def choose_connection(connections: list[ConnectedApp], named: str | None) -> ConnectedApp:
    """Pick the connection that a person means."""
    if not connections:
        raise CommandError("nothing is connected yet: run `holdfast connect`", Exit.NOT_FOUND)
    if named is None:
        if len(connections) == 1:
            return connections[0]
        names = ", ".join(connected.name for connected in connections)
        raise CommandError(f"which connection? There are {names}: say which with --connection", Exit.USAGE)
    word = named.casefold()
    exact = [c for c in connections if word in {c.name.casefold(), str(c.connection_id)}]
    close = [c for c in connections if c.app == word or str(c.connection_id).startswith(word)]
    matches = exact or close
    if len(matches) == 1:
        return matches[0]
    if matches:
        raise CommandError(f"{named!r} could be {len(matches)} connections: say its id", Exit.USAGE)
    raise CommandError(f"no connection {named!r}", Exit.NOT_FOUND)


def in_place(work: Callable[[Runtime], Awaitable[T]]) -> T:
    """Run work that is of no one account."""

    async def run(place: Place) -> T:
        async with _opened(place) as runtime:
            return await work(runtime)

    return _run(run)


def in_session(work: Callable[[Session], Awaitable[T]], *, account: str | None = None) -> T:
    """Run a command's work on the home's database, or the configured one."""

    async def run(place: Place) -> T:
        async with _opened(place) as runtime:
            async with runtime.database.system() as connection:
                found = await accounts.every(connection)
            return await work(Session(place=place, runtime=runtime, account=choose_account(found, account)))

    return _run(run)


def _run(work: Callable[[Place], Coroutine[Any, Any, T]]) -> T:
    with open_place(Settings.load()) as place:
        if place.is_embedded:
            prepare_keys(place)
        return asyncio.run(work(place))


@asynccontextmanager
async def _opened(place: Place) -> AsyncIterator[Runtime]:
    runtime = await Runtime.open(place.settings)
    try:
        if place.is_embedded:
            await bootstrap(runtime)
        yield runtime
    finally:
        await runtime.close()


def choose_account(found: list[Account], named: str | None) -> Account:
    """Pick the account that a person means: by name or id, or the only one."""
    if not found:
        raise CommandError("there is no account yet: run `holdfast account create`", Exit.NOT_FOUND)
    matches = [a for a in found if named is None or named in {a.name, str(a.account_id)}]
    if len(matches) == 1:
        return matches[0]
    if named is None:
        raise CommandError(f"which account? There are {len(found)}: say which with --account", Exit.USAGE)
    raise CommandError(f"no account {named!r}" if not matches else f"several accounts {named!r}", Exit.NOT_FOUND)
