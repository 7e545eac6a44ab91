"""Drive access: opening a person's Drive with the account's grant, refreshed once whoever asks."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Self

from connectors.errors import Unauthorised
from connectors.google_drive import sign_in
from connectors.google_drive.client import DriveClient
from connectors.google_drive.settings import DriveSettings
from connectors.http import Http, HttpSettings
from connectors.pacing import Sleep
from store import drive
from store.database import Database
from store.drive import DriveDestination
from store.keys import AccountKeys
from workers.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class DriveApp:
    """Holdfast as a client of Google's: its settings and its connections. Belongs to one event loop."""

    settings: DriveSettings
    http: Http = field(repr=False)
    sleep: Sleep = field(default=asyncio.sleep, repr=False)

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """Read the settings."""
        secret = settings.google_client_secret
        http = HttpSettings(allow_private=settings.allow_private_addresses)
        own = DriveSettings(
            client_id=settings.google_client_id or "",
            client_secret=secret.get_secret_value() if secret is not None else "",
            api_url=settings.google_api_url,
            upload_url=settings.google_upload_url,
            sheets_url=settings.google_sheets_url,
            authorize_url=settings.google_authorize_url,
            token_url=settings.google_token_url,
            http=http,
        )
        return cls(settings=own, http=Http(http))

    def client(self, database: Database, keys: AccountKeys, destination: DriveDestination) -> DriveClient:
        """Open a Drive."""
        tokens = HeldTokens(self, database, keys, destination)
        return DriveClient(
            http=self.http, settings=self.settings, tokens=tokens, owner=destination.subject, sleep=self.sleep
        )


class HeldTokens:
    """The access tokens of one destination, whose credentials lie sealed in Postgres."""

    def __init__(self, app: DriveApp, database: Database, keys: AccountKeys, destination: DriveDestination) -> None:
        self._app = app
        self._database = database
        self._keys = keys
        self._destination = destination
        self._held: Mapping[str, str] | None = None
        self._turn = asyncio.Lock()

    async def current(self) -> str:
        """Return the token to send, refreshed if it is about to end. Unauthorised where the grant is dead."""
        held = self._held
        if held is None or sign_in.is_due(held, datetime.now(UTC)):
            held = await self._renewed(None)
        return held["access_token"]

    async def renewed(self, refused: str) -> str:
        """Return another token than this one, which Google did not take."""
        return (await self._renewed(refused))["access_token"]

    async def _renewed(self, refused: str | None) -> Mapping[str, str]:
        """Refresh under the row's lock: of two workers the second finds what the first was given."""
        async with self._turn:
            if self._held is not None and refused is not None and self._held["access_token"] != refused:
                return self._held
            async with self._database.account(self._destination.account_id) as connection:
                row = await drive.lock(connection, self._destination.account_id, self._destination.destination_id)
                given: Mapping[str, str] = row.credentials(self._keys)
                if not given.get("access_token"):
                    raise Unauthorised("the grant has no access token: connect again")
                if given["access_token"] == refused or sign_in.is_due(given, datetime.now(UTC)):
                    given = await sign_in.refresh(self._app.http, self._app.settings, given, datetime.now(UTC))
                    await drive.renew(connection, self._keys, row, given)
            self._held = given
            return given
