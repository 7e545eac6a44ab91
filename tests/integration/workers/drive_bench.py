"""A worker with a Google Drive to send to: the stand-in, connected, with nobody's rates to wait for."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import orjson

from connectors.google_drive.pace import UNPACED
from connectors.google_drive.sandbox import Sandbox
from connectors.google_drive.settings import DriveSettings
from connectors.http import Http, HttpSettings
from store import drive
from store.drive import DriveDestination
from store.operations import Operation, OperationStatus
from tests.integration.workers.conftest import Bench
from workers.drive_access import DriveApp
from workers.queue import start_drive_sync


@dataclass
class DriveBench:
    """What the tests of the sync drive."""

    bench: Bench
    google: Sandbox
    waits: list[float] = field(default_factory=list)

    async def sync(self, *, repair: bool = False, ok: bool = True) -> Operation:
        """Run one sync to its end."""
        runtime = self.bench.runtime
        async with runtime.database.account(self.bench.account_id) as connection:
            operation = await start_drive_sync(connection, account_id=self.bench.account_id, repair=repair)
        self.google.api.requests.clear()
        done = await self.bench.perform(operation)
        if ok:
            assert OperationStatus.SUCCEEDED is done.status, (done.error_code, done.error_message)
        return done

    async def back_up(self) -> Operation:
        done = await self.bench.back_up()
        assert OperationStatus.SUCCEEDED is done.status
        return done

    async def destination(self) -> DriveDestination:
        async with self.bench.runtime.database.account(self.bench.account_id) as connection:
            return await drive.get(connection, self.bench.account_id)

    async def configure(self, **settings: Any) -> None:
        destination = await self.destination()
        given = {
            "repairs": destination.repairs,
            "after_backup": destination.after_backup,
            "only_connections": destination.only_connections,
        }
        async with self.bench.runtime.database.account(self.bench.account_id) as connection:
            await drive.set_settings(connection, destination, **given | settings)

    async def query(self, text: str, *arguments: Any) -> list[Any]:
        async with self.bench.runtime.database.system() as connection:
            return await connection.fetch(text, *arguments)

    def records(self, path: str) -> list[dict[str, Any]]:
        """The lines of a records.jsonl."""
        return [orjson.loads(line) for line in self.google.hand.text(path).splitlines()]

    def tree(self) -> dict[str, Any]:
        return self.google.hand.tree()

    def writes(self) -> list[str]:
        return self.google.writes()


def drive_app(google: Sandbox, waits: list[float]) -> DriveApp:
    """A client of the stand-in that waits for nothing."""

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    http = HttpSettings(allow_private=True, attempts=2)
    settings = DriveSettings(
        client_id=google.client.client_id,
        client_secret=google.client.secret,
        api_url=google.url,
        upload_url=f"{google.url}/upload",
        sheets_url=google.url,
        authorize_url=f"{google.url}/o/oauth2/v2/auth",
        token_url=f"{google.url}/token",
        http=http,
        paces=UNPACED,
    )
    return DriveApp(settings=settings, http=Http(http, clock=lambda: sum(waits), sleep=sleep), sleep=sleep)


async def connected(bench: Bench, google: Sandbox) -> DriveDestination:
    """Keep a grant as connecting does."""
    keys = (await bench.runtime.repository(bench.account_id)).keys
    credentials = google.grant()
    async with bench.runtime.database.account(bench.account_id) as connection:
        return await drive.put(
            connection,
            keys,
            account_id=bench.account_id,
            subject=google.owner.permission_id,
            name=google.owner.email,
            credentials={name: str(credentials[name]) for name in ("access_token", "refresh_token", "scope")},
        )


@asynccontextmanager
async def drive_bench(bench: Bench) -> AsyncIterator[DriveBench]:
    """Connect a Drive."""
    with Sandbox() as google:
        made = DriveBench(bench=bench, google=google)
        bench.runtime._drive = drive_app(google, made.waits)
        await connected(bench, google)
        yield made
        await bench.runtime._drive.http.aclose()
