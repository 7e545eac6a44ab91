"""Driving: from a person who allows Holdfast into their Google Drive to a copy that is kept there, and to its end."""

import asyncio
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from api.callback import CALLBACK_PATH, NotConnected, Refused, Unreachable
from api.context import Services
from connectors import oauth
from connectors.errors import ConnectorError, Forbidden, Unauthorised
from connectors.google_drive import sign_in
from connectors.google_drive.settings import APP
from store import drive, oauth_flows
from store.drive import DriveDestination
from store.oauth_flows import OAuthFlow
from store.record import AccountId, ConnectionId

ASK_SECONDS = 15.0


@dataclass(frozen=True, slots=True, kw_only=True)
class DriveWish:
    """How the copy is to be kept."""

    repairs: bool = False
    after_backup: bool = True
    only_connections: Sequence[ConnectionId] | None = None


class NotSetUp(NotConnected):
    """This Holdfast has no OAuth client of Google's."""


async def begin(services: Services, account_id: AccountId, wish: DriveWish) -> str:
    """Remember what is wished for, and return where to send the person. NotSetUp where there is nowhere."""
    settings = services.drive.settings if services.drive is not None else None
    if settings is None or not settings.is_set_up:
        raise NotSetUp(
            "Google Drive is not set up on this Holdfast: its operator has to set HOLDFAST_GOOGLE_CLIENT_ID and "
            "HOLDFAST_GOOGLE_CLIENT_SECRET."
        )
    verifier = secrets.token_urlsafe(48)
    redirect_uri = services.public_url + CALLBACK_PATH
    only = wish.only_connections
    flow = OAuthFlow(
        app=APP,
        code_verifier=verifier,
        redirect_uri=redirect_uri,
        name="",
        connection_id=None,
        included=None if only is None else [str(each) for each in only],
        excluded=[],
        settings={"repairs": wish.repairs, "after_backup": wish.after_backup},
    )
    keys = (await services.repository(account_id)).keys
    async with services.database.account(account_id) as connection:
        state = await oauth_flows.begin(connection, keys, account_id, flow)
    return sign_in.authorize_url(
        settings, redirect_uri=redirect_uri, state=state, code_challenge=oauth.challenge(verifier)
    )


async def finish(services: Services, account_id: AccountId, flow: OAuthFlow, code: str) -> str:
    """Turn the code that a person came back with into a destination; returns whose Drive it is."""
    app = services.drive
    if app is None:
        raise NotSetUp("Google Drive is not set up on this Holdfast any more.")
    try:
        async with asyncio.timeout(ASK_SECONDS):
            credentials = await sign_in.exchange(
                app.http,
                app.settings,
                code=code,
                code_verifier=flow.code_verifier,
                redirect_uri=flow.redirect_uri,
                now=datetime.now(UTC),
            )
            about = await sign_in.identify(app.http, app.settings, credentials)
    except (ConnectorError, TimeoutError) as error:
        raise _explained(error) from None
    keys = (await services.repository(account_id)).keys
    async with services.database.account(account_id) as connection:
        destination = await drive.put(
            connection,
            keys,
            account_id=account_id,
            subject=about.subject,
            name=about.email or about.name,
            credentials=credentials,
        )
        await drive.set_settings(
            connection,
            destination,
            repairs=flow.settings.get("repairs", False),
            after_backup=flow.settings.get("after_backup", True),
            only_connections=None if flow.included is None else [_connection_id(each) for each in flow.included],
        )
    return f"The Google Drive of {about.email or about.name}"


async def disconnect(services: Services, account_id: AccountId) -> DriveDestination:
    """Forget the destination and give the grant back. What lies in the Drive stays there. NotFound without one.

    Google is asked last and need not answer: what is forgotten here is not used any more, whatever it says.
    """
    keys = (await services.repository(account_id)).keys
    async with services.database.account(account_id) as connection:
        destination = await drive.get(connection, account_id)
        await drive.drop(connection, destination)
    if services.drive is not None:
        app = services.drive
        async with asyncio.timeout(ASK_SECONDS):
            await sign_in.revoke(app.http, app.settings, destination.credentials(keys))
    return destination


def _explained(error: Exception) -> NotConnected:
    match error:
        case Unauthorised():
            return Refused("Google does not take this sign-in; start again.")
        case Forbidden():
            return Refused(f"Holdfast was not let in: {error}.")
        case _:
            return Unreachable("Google did not answer as it should; try again in a while.")


def _connection_id(text: str) -> ConnectionId:
    return ConnectionId(UUID(text))
