"""Connector: Redmine as Holdfast's workers use it."""

from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import UTC, datetime

from connectors.address import server_address
from connectors.base import Grant, Identity, Item, ReadJob
from connectors.errors import BadReply, ConnectorError, Refused
from connectors.http import Http, HttpSettings
from connectors.redmine.client import RedmineClient
from connectors.redmine.identity import Unfit, made
from connectors.redmine.pace import RedminePace
from connectors.redmine.read import Reading
from connectors.redmine.spec import SPEC
from connectors.redmine.write import RedmineWriter
from connectors.redmine.writing import WRITING

_ADMINISTRATOR = "administrator"


@dataclass(frozen=True, slots=True, kw_only=True)
class RedmineSettings:
    """How to ask. Which server to ask is said by each grant."""

    http: HttpSettings = field(default_factory=HttpSettings)


class RedmineConnector:
    """Reads and writes Redmine servers. Stateless but for its connections; one event loop."""

    spec = SPEC
    writing = WRITING

    def __init__(
        self,
        settings: RedmineSettings | None = None,
        *,
        http: Http | None = None,
        utc_now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._settings = settings or RedmineSettings()
        self._http = http or Http(self._settings.http)
        self._pace = RedminePace()
        self._utc_now = utc_now

    async def identify(self, grant: Grant) -> Identity:
        """Ask whose key it is. The person is named by id and moment of making, as records are."""
        user = await self._client(grant).get("/users/current.json", "user")
        try:
            subject = made(user)
        except Unfit:
            raise BadReply("GET /users/current.json answered without an id or created_on") from None
        names = [user.get(name) for name in ("firstname", "lastname")]
        name = " ".join(part for part in names if isinstance(part, str) and part) or str(user.get("login") or subject)
        scopes = (_ADMINISTRATOR,) if user.get("admin") is True else ()
        return Identity(subject=subject, name=name, scopes=scopes)

    async def read(self, job: ReadJob) -> AsyncGenerator[Item, None]:
        """Read one cycle."""
        clients = {grant.grant_id: self._client(grant) for grant in job.grants}
        async with aclosing(Reading(job, clients, self._utc_now).items()) as items:
            async for item in items:
                yield item

    def writer(self, grant: Grant) -> RedmineWriter:
        """Write with this grant: in everybody's names where it is an administrator's."""
        return RedmineWriter(self._client(grant))

    def authorize_url(self, **_: object) -> str:
        """Refuse: Redmine 5 has no OAuth."""
        raise ConnectorError("Redmine is authorised by an API key")

    async def exchange(self, *, code: str, code_verifier: str, redirect_uri: str) -> Mapping[str, str]:  # noqa: ARG002
        """Refuse: Redmine 5 has no OAuth."""
        raise ConnectorError("Redmine is authorised by an API key")

    async def refresh(self, grant: Grant) -> Mapping[str, str] | None:  # noqa: ARG002 - a key does not end
        """Return nothing: a key works until its owner makes another."""
        return None

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    def _client(self, grant: Grant) -> RedmineClient:
        url, key = grant.credentials.get("url"), grant.credentials.get("key")
        if not url or not key or not key.isascii() or not key.isalnum():
            raise Refused("the grant's address and key are missing, or the key has characters that no key has")
        address = server_address(url, allow_private=self._http.settings.allow_private)
        return RedmineClient(http=self._http, url=address, grant=grant, pacer=self._http.pacer(address, self._pace))


def make(settings: Mapping[str, str], http: HttpSettings) -> RedmineConnector:  # noqa: ARG001 - grants say which server
    """Make the connector."""
    return RedmineConnector(RedmineSettings(http=http))
