"""Connector: Trello as Holdfast's workers use it."""

from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from connectors import oauth
from connectors.base import Grant, Identity, Item, ReadJob
from connectors.errors import BadReply, ConnectorError, Refused
from connectors.http import Http, HttpSettings
from connectors.oauth import OAuthApp
from connectors.trello.client import TrelloClient
from connectors.trello.hooks import TrelloHooks
from connectors.trello.pace import TrelloPace
from connectors.trello.read import Reading
from connectors.trello.rules import WRITING
from connectors.trello.spec import KEY_TOKEN, OAUTH2, SCOPES, SPEC, WRITE_SCOPES
from connectors.trello.split import instant
from connectors.trello.write import TrelloWriter


@dataclass(frozen=True, slots=True, kw_only=True)
class TrelloSettings:
    """Where Trello is, and as which OAuth client Holdfast comes."""

    api_url: str = "https://api.trello.com"
    authorize_url: str = "https://auth.atlassian.com/authorize"
    token_url: str = "https://auth.atlassian.com/oauth/token"  # noqa: S105 - a URL
    client_id: str = ""
    client_secret: str = field(default="", repr=False)
    http: HttpSettings = field(default_factory=HttpSettings)


def make(settings: Mapping[str, str], http: HttpSettings) -> "TrelloConnector":
    """Make the connector from what the spec says can be set."""
    given = TrelloSettings(
        api_url=settings["url"],
        client_id=settings.get("client_id", ""),
        client_secret=settings.get("client_secret", ""),
        http=http,
    )
    return TrelloConnector(given)


class TrelloConnector:
    """Reads and writes Trello. Stateless but for its connections and rate accounts; one event loop."""

    spec = SPEC
    writing = WRITING

    def __init__(
        self,
        settings: TrelloSettings | None = None,
        *,
        http: Http | None = None,
        utc_now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._settings = settings or TrelloSettings()
        self._http = http or Http(self._settings.http)
        self._pace = TrelloPace()
        self._utc_now = utc_now
        self.hooks = TrelloHooks(self._client)

    async def identify(self, grant: Grant) -> Identity:
        """Ask whose grant this is, and until when and for what it is good."""
        client = self._client(grant)
        me = await client.get_object("/members/me", fields="id,username,fullName")
        subject, name = me.get("id"), me.get("fullName") or me.get("username")
        if not isinstance(subject, str) or not subject:
            raise BadReply("GET /1/members/me answered without an id")
        expires_at, scopes = oauth.expiry(grant.credentials), tuple(grant.credentials.get("scope", "").split())
        if grant.method == KEY_TOKEN:
            token = await client.token()
            expires_at, scopes = instant(token.get("dateExpires")), _scopes(token.get("permissions"))
        return Identity(subject=subject, name=str(name or subject), expires_at=expires_at, scopes=scopes)

    async def read(self, job: ReadJob) -> AsyncGenerator[Item, None]:
        """Read one cycle."""
        clients = {grant.grant_id: self._client(grant) for grant in job.grants}
        async with aclosing(Reading(job, clients).items()) as items:
            async for item in items:
                yield item

    def writer(self, grant: Grant) -> TrelloWriter:
        """Write with this grant."""
        return TrelloWriter(self._client(grant))

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
        """Return new credentials where the access token is about to end. A key's token is never renewed."""
        now = self._utc_now()
        if grant.method != OAUTH2 or not oauth.is_due(grant.credentials, now):
            return None
        return await oauth.refresh(self._http, self._app(), grant.credentials, now)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    def _client(self, grant: Grant) -> TrelloClient:
        needed = ("access_token",) if grant.method == OAUTH2 else ("key", "token")
        if any(not _is_plain(grant.credentials.get(name)) for name in needed):
            raise Refused(f"the grant's {' and '.join(needed)} are missing, or have characters that no credential has")
        return TrelloClient(
            http=self._http,
            api_url=self._settings.api_url.rstrip("/"),
            grant=grant,
            pacer=self._http.pacer("".join(grant.credentials[name] for name in needed), self._pace),
            utc_now=self._utc_now,
        )

    def _app(self, more: Sequence[str] = ()) -> OAuthApp:
        if not self._settings.client_id:
            raise ConnectorError("Trello's OAuth client is not configured: set its client id and secret")
        return OAuthApp(
            authorize_url=self._settings.authorize_url,
            token_url=self._settings.token_url,
            client_id=self._settings.client_id,
            client_secret=self._settings.client_secret,
            scopes=(*SCOPES, *more),
            extra={"audience": "api.atlassian.com", "prompt": "consent"},
        )


def _is_plain(value: str | None) -> bool:
    """Whether a credential can stand in a header: it would be quoted there, and nothing in it may end the quotes."""
    return bool(value) and value is not None and value.isascii() and value.isprintable() and not set(value) & set('" ,')


def _scopes(permissions: Any) -> tuple[str, ...]:
    """Read what a token may do from its permissions: `read:Board`, `write:Member`."""
    found: dict[str, None] = {}
    for permission in permissions if isinstance(permissions, list) else []:
        if isinstance(permission, dict):
            for verb in ("read", "write"):
                if permission.get(verb) is True:
                    found[f"{verb}:{permission.get('modelType')}"] = None
    return tuple(found)
