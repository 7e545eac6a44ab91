"""Fixtures: a stand-in for a test alone, our client on it, and Google's."""

import json
import random
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from typing import Any

import google_auth_httplib2
import httplib2
import pytest
from google.oauth2.credentials import Credentials
from googleapiclient.discovery import build_from_document

from connectors.google_drive.client import DriveClient
from connectors.google_drive.pace import UNPACED
from connectors.google_drive.sandbox import Sandbox, World
from connectors.google_drive.settings import DriveSettings
from connectors.http import Http, HttpSettings
from connectors.stand_in.clock import ManualClock
from tests.contract.google_drive.discovery import turned

NOW = datetime(2026, 9, 1, 12, 0, tzinfo=UTC)


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(World(clock=ManualClock(NOW))) as sandbox:
        yield sandbox


class GivenTokens:
    """The tokens of a grant that the stand-in gave, renewed as Google renews them."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._token = sandbox.grant()["access_token"]
        self.renewals = 0

    async def current(self) -> str:
        return self._token

    async def renewed(self, refused: str) -> str:
        if refused == self._token:
            self.renewals += 1
            self._token = self._sandbox.grant()["access_token"]
        return self._token


def settings_of(sandbox: Sandbox) -> DriveSettings:
    return DriveSettings(
        client_id=sandbox.client.client_id,
        client_secret=sandbox.client.secret,
        api_url=sandbox.url,
        upload_url=f"{sandbox.url}/upload",
        sheets_url=sandbox.url,
        authorize_url=f"{sandbox.url}/o/oauth2/v2/auth",
        token_url=f"{sandbox.url}/token",
        http=HttpSettings(allow_private=True, attempts=2),
        paces=UNPACED,
    )


@pytest.fixture
def waits() -> list[float]:
    """How long our client has waited, had it waited."""
    return []


@pytest.fixture
async def drive(sandbox: Sandbox, waits: list[float]) -> AsyncIterator[DriveClient]:
    """Our client."""
    settings = settings_of(sandbox)

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    http = Http(settings.http, clock=lambda: sum(waits), sleep=sleep)
    yield DriveClient(http=http, settings=settings, tokens=GivenTokens(sandbox), owner="ada", sleep=sleep)
    await http.aclose()


class Google:
    """Google's own client, with its discovery documents turned to the stand-in."""

    def __init__(self, sandbox: Sandbox) -> None:
        answer = sandbox.grant()
        self.credentials = Credentials(
            token=answer["access_token"],
            refresh_token=answer["refresh_token"],
            token_uri=f"{sandbox.url}/token",
            client_id=sandbox.client.client_id,
            client_secret=sandbox.client.secret,
        )
        self._https: list[httplib2.Http] = []
        self.drive = self._service("drive", sandbox.url)
        self.sheets = self._service("sheets", sandbox.url)

    def _service(self, api: str, url: str) -> Any:
        http = httplib2.Http()
        # googleapiclient's own takes 308 out too: it is an answer of the upload protocol, not a redirect.
        http.redirect_codes = http.redirect_codes - {308}
        self._https.append(http)
        authorized = google_auth_httplib2.AuthorizedHttp(self.credentials, http=http)
        return build_from_document(json.dumps(turned(api, url)), http=authorized)

    def close(self) -> None:
        for http in self._https:
            http.close()


@pytest.fixture
def google(sandbox: Sandbox) -> Iterator[Google]:
    made = Google(sandbox)
    yield made
    made.close()


def noise(size_bytes: int, seed: int = 1) -> bytes:
    return random.Random(seed).randbytes(size_bytes)
