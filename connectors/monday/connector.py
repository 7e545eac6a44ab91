"""Connector: monday.com as Holdfast's workers use it."""

import time
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import UTC, datetime

from connectors import oauth
from connectors.base import Grant, Identity, Item, ReadJob
from connectors.errors import BadReply, ConnectorError
from connectors.http import Http, HttpSettings
from connectors.monday import queries
from connectors.monday.client import MondayClient, checked
from connectors.monday.hooks import MondayHooks
from connectors.monday.pace import MondayPace
from connectors.monday.read import Reading
from connectors.monday.rules import WRITING
from connectors.monday.spec import OAUTH2, SCOPES, SPEC, WRITE_SCOPES
from connectors.monday.write.writer import MondayWriter
from connectors.oauth import OAuthApp
from connectors.pacing import Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class MondaySettings:
    """Where monday.com is, and as which OAuth client Holdfast comes."""

    api_url: str = "https://api.monday.com"
    auth_url: str = "https://auth.monday.com"
    client_id: str = ""
    client_secret: str = field(default="", repr=False)
    signing_secret: str = field(default="", repr=False)
    """What the app's webhooks are signed with."""
    http: HttpSettings = field(default_factory=HttpSettings)


def make(settings: Mapping[str, str], http: HttpSettings) -> "MondayConnector":
    """Make the connector from what the spec says can be set."""
    given = MondaySettings(
        api_url=settings["url"],
        auth_url=settings["auth_url"],
        client_id=settings.get("client_id", ""),
        client_secret=settings.get("client_secret", ""),
        signing_secret=settings.get("signing_secret", ""),
        http=http,
    )
    return MondayConnector(given)


class MondayConnector:
    """Reads monday.com, and writes to it.

    Stateless but for its connections, rate accounts and what questions cost; one event loop.
    """

    spec = SPEC
    writing = WRITING

    def __init__(
        self,
        settings: MondaySettings | None = None,
        *,
        http: Http | None = None,
        utc_now: Callable[[], datetime] = lambda: datetime.now(UTC),
        clock: Clock = time.monotonic,
    ) -> None:
        self._settings = settings or MondaySettings()
        self._http = http or Http(self._settings.http)
        self._pace = MondayPace()
        self._utc_now = utc_now
        self._clock = clock
        self._costs: dict[str, int] = {}
        self.hooks = MondayHooks(self._client, self._settings.signing_secret)

    async def identify(self, grant: Grant) -> Identity:
        """Ask whose grant this is."""
        found = await self._client(grant).ask(queries.IDENTIFY)
        me = found.data.get("me")
        subject = me.get("id") if isinstance(me, dict) else None
        if not isinstance(me, dict) or not isinstance(subject, str) or not subject:
            raise BadReply("POST /v2 (Identify) answered without an id")
        name = me.get("name") or me.get("email") or subject
        expires_at, scopes = oauth.expiry(grant.credentials), tuple(grant.credentials.get("scope", "").split())
        return Identity(subject=subject, name=str(name), expires_at=expires_at, scopes=scopes)

    async def read(self, job: ReadJob) -> AsyncGenerator[Item, None]:
        """Read one cycle."""
        clients = {grant.grant_id: self._client(grant) for grant in job.grants}
        async with aclosing(Reading(job, clients).items()) as items:
            async for item in items:
                yield item

    def writer(self, grant: Grant) -> MondayWriter:
        """Write with this grant."""
        return MondayWriter(self._client(grant))

    def authorize_url(self, *, redirect_uri: str, state: str, code_challenge: str, for_restores: bool = False) -> str:
        """Return where to send a person to authorise."""
        app = self._app(WRITE_SCOPES if for_restores else ())
        return oauth.authorization_url(app, redirect_uri=redirect_uri, state=state, code_challenge=code_challenge)

    async def exchange(self, *, code: str, code_verifier: str, redirect_uri: str) -> Mapping[str, str]:
        """Turn an authorisation code into credentials."""
        return await oauth.exchange(
            self._http,
            self._app(),
            code=code,
            code_verifier=code_verifier,
            redirect_uri=redirect_uri,
            now=self._utc_now(),
        )

    async def refresh(self, grant: Grant) -> Mapping[str, str] | None:
        """Return new credentials where the access token is about to end. Most of monday.com's never do."""
        now = self._utc_now()
        if grant.method != OAUTH2 or not oauth.is_due(grant.credentials, now):
            return None
        return await oauth.refresh(self._http, self._app(), grant.credentials, now)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    def _client(self, grant: Grant) -> MondayClient:
        return MondayClient(
            http=self._http,
            api_url=self._settings.api_url.rstrip("/"),
            grant=grant,
            pacer=self._http.pacer(checked(grant), self._pace),
            utc_now=self._utc_now,
            clock=self._clock,
            costs=self._costs,
        )

    def _app(self, more: Sequence[str] = ()) -> OAuthApp:
        if not self._settings.client_id:
            raise ConnectorError("monday.com's OAuth client is not configured: set its client id and secret")
        base = self._settings.auth_url.rstrip("/")
        return OAuthApp(
            authorize_url=f"{base}/oauth2/authorize",
            token_url=f"{base}/oauth2/token",
            client_id=self._settings.client_id,
            client_secret=self._settings.client_secret,
            scopes=(*SCOPES, *more),
        )
