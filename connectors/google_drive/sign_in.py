"""Sign in: a person lets Holdfast into their Drive, and may take that back."""

from collections.abc import Mapping
from datetime import datetime

from connectors import oauth
from connectors.call import Call
from connectors.errors import ConnectorError, Forbidden, Refused, Unauthorised
from connectors.google_drive.client import About, DriveClient
from connectors.google_drive.settings import SCOPE, DriveSettings
from connectors.http import Http

_MARGIN_SECONDS = 300.0


def authorize_url(settings: DriveSettings, *, redirect_uri: str, state: str, code_challenge: str) -> str:
    """Where to send a person. Refused where this Holdfast has no OAuth client of Google's."""
    if not settings.is_set_up:
        raise Refused("Google Drive is not set up on this Holdfast: it needs an OAuth client id and secret")
    return oauth.authorization_url(
        settings.oauth, redirect_uri=redirect_uri, state=state, code_challenge=code_challenge
    )


async def exchange(
    http: Http, settings: DriveSettings, *, code: str, code_verifier: str, redirect_uri: str, now: datetime
) -> Mapping[str, str]:
    """Turn the code that the person came back with into credentials.

    Forbidden where they unticked the box that lets Holdfast make files, or where Google gave no refresh token.
    """
    given = await oauth.exchange(
        http, settings.oauth, code=code, code_verifier=code_verifier, redirect_uri=redirect_uri, now=now
    )
    if SCOPE not in given.get("scope", "").split():
        raise Forbidden("the box that lets Holdfast make files was not ticked: connect again and tick it")
    if not given.get("refresh_token"):
        raise Forbidden("Google gave no lasting grant: remove Holdfast from the account's apps, then connect again")
    return given


async def refresh(
    http: Http, settings: DriveSettings, credentials: Mapping[str, str], now: datetime
) -> Mapping[str, str]:
    """Return credentials with a fresh access token; the refresh token stays what it was.

    Unauthorised where the grant is dead (revoked, unused for six months, or given while the consent screen was in
    "Testing", where grants live for a week): the person has to connect again, and nothing is tried meanwhile.
    """
    return await oauth.refresh(http, settings.oauth, credentials, now)


def is_due(credentials: Mapping[str, str], now: datetime) -> bool:
    """Whether the access token is about to end."""
    return oauth.is_due(credentials, now, margin_seconds=_MARGIN_SECONDS)


async def identify(http: Http, settings: DriveSettings, credentials: Mapping[str, str]) -> About:
    """Ask whose Drive it is, with credentials just given."""
    client = DriveClient(http=http, settings=settings, tokens=_Given(credentials["access_token"]), owner="new")
    return await client.about()


async def revoke(http: Http, settings: DriveSettings, credentials: Mapping[str, str]) -> bool:
    """Give a grant back; whether Google says that it is gone. Nothing in the Drive changes. Never raises."""
    call = Call(
        method="POST",
        url=settings.revoke_url,
        form={"token": credentials.get("refresh_token", "")},
        idempotent=True,
    )
    try:
        reply = await http.request(call)
    except ConnectorError:
        return False
    # 400 is what it says of a grant that had ended before.
    return reply.status in {200, 400}


class _Given:
    """A token that was given a moment ago."""

    def __init__(self, token: str) -> None:
        self._token = token

    async def current(self) -> str:
        return self._token

    async def renewed(self, refused: str) -> str:
        del refused
        raise Unauthorised("Google does not take the token that it has just given")
