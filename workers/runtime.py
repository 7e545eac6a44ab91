"""Runtime: what work needs, opened from settings once per event loop."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Self

from connectors import registry
from connectors.base import Connector
from store.account_keys import load_account_keys
from store.backend import Backend, open_backend
from store.database import Database
from store.errors import Invalid
from store.master_keys import MasterKeys
from store.record import AccountId
from store.repository import Repository
from workers.drive_access import DriveApp
from workers.faults import UnknownApp
from workers.settings import Settings, variable

MASTER_KEY_FILE = "master.key"
REPOSITORIES_KEPT = 8
"""Each remembers up to 32 MiB of opened blocks."""


Make = Callable[[str, Mapping[str, Any]], Connector]
"""Makes the connector of an app; KeyError when there is none."""


class Runtime:
    """An open Postgres, an open bucket, and the master keys. Belongs to the event loop that opened it."""

    def __init__(
        self,
        settings: Settings,
        database: Database,
        backend: Backend,
        masters: MasterKeys,
        *,
        make: Make = registry.make,
        drive: DriveApp | None = None,
    ) -> None:
        self._make = make
        self._drive = drive
        self.settings = settings
        self.database = database
        self.backend = backend
        self.masters = masters
        self._connectors: dict[str, Connector] = {}
        self._repositories: OrderedDict[AccountId, Repository] = OrderedDict()

    @classmethod
    async def open(cls, settings: Settings) -> Self:
        """Open all of it, or say what cannot be; does not migrate."""
        if settings.database_url is None:
            raise Invalid(f"{variable('database_url')} is not set: `holdfast up` runs a Postgres of its own")
        masters = await asyncio.to_thread(open_master_keys, settings)
        backend = await asyncio.to_thread(open_backend, settings.store_address)
        database = await Database.open(settings.database_url, connections=settings.database_connections)
        return cls(settings, database, backend, masters)

    async def close(self) -> None:
        """Let go of the apps and of Postgres."""
        for connector in self._connectors.values():
            await connector.aclose()
        if self._drive is not None:
            await self._drive.http.aclose()
        await self.database.close()

    async def repository(self, account_id: AccountId) -> Repository:
        """Open an account's content; KeyMissing when no master key opens its keys."""
        if account_id not in self._repositories:
            async with self.database.account(account_id) as connection:
                keys = await load_account_keys(connection, self.masters, account_id)
            self._repositories[account_id] = Repository(self.database, self.backend, keys)
        self._repositories.move_to_end(account_id)
        while len(self._repositories) > REPOSITORIES_KEPT:
            self._repositories.popitem(last=False)
        return self._repositories[account_id]

    @property
    def drive(self) -> DriveApp:
        """Holdfast as a client of Google Drive, made once."""
        if self._drive is None:
            self._drive = DriveApp.of(self.settings)
        return self._drive

    def forget(self, account_id: AccountId) -> None:
        """Let go of an account's keys and content."""
        self._repositories.pop(account_id, None)

    def connector(self, app: str) -> Connector:
        """Return the connector of an app, made once; UnknownApp when there is none."""
        if app not in self._connectors:
            try:
                self._connectors[app] = self._make(app, self.settings.of_app(app))
            except KeyError:
                raise UnknownApp(f"there is no connector for {app!r}") from None
        return self._connectors[app]


def open_master_keys(settings: Settings, *, create: bool = False) -> MasterKeys:
    """Read the master keys from where settings say. `create`: make the file in the home if nothing was set."""
    ring = _current(settings, create=create)
    for secret in settings.master_key_old:
        ring = ring.with_older(_typed("master_key_old", secret.get_secret_value()))
    for path in settings.master_key_old_files:
        ring = ring.with_older(MasterKeys.from_file(path))
    return ring


def _current(settings: Settings, *, create: bool) -> MasterKeys:
    if settings.master_key is not None:
        return _typed("master_key", settings.master_key.get_secret_value())
    if settings.master_key_kms is not None:
        return MasterKeys.from_kms(settings.master_key_kms)
    if settings.master_key_file is not None:
        return MasterKeys.from_file(settings.master_key_file)
    return MasterKeys.from_file(master_key_file(settings), create=create)


def _typed(setting: str, text: str) -> MasterKeys:
    try:
        return MasterKeys.from_text(text)
    except Invalid as error:
        raise Invalid(f"{variable(setting)}: {error}") from None


def master_key_file(settings: Settings) -> Path:
    """Where the home keeps its master key when nothing else is set."""
    return settings.home / MASTER_KEY_FILE
