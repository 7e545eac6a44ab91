"""Connecting: from what a person gives to a connection with a working grant.

The app is asked one question, whose grant this is; nothing is read. A grant that does not work is never kept.
"""

import asyncio
import base64
import hashlib
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from api import driving
from api.callback import CALLBACK_PATH, NotConnected, Refused, Unreachable
from api.context import Services
from connectors import errors as connector_errors
from connectors.address import server_address
from connectors.base import AuthMethod, Connector, Grant, Identity
from connectors.errors import ConnectorError, Unauthorised
from connectors.google_drive.settings import APP as GOOGLE_DRIVE
from store import connected_apps, grants, oauth_flows
from store.connected_apps import ConnectedApp, ConnectionStatus
from store.errors import NotFound
from store.oauth_flows import OAuthFlow, connection_to_widen
from store.record import AccountId, ConnectionId

ASK_SECONDS = 15.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What to connect."""

    app: str
    name: str
    connection_id: ConnectionId | None = None
    """The connection to widen, or None to make one."""
    included: Sequence[str] | None = None
    excluded: Sequence[str] = field(default_factory=tuple)
    for_restores: bool = False
    """Whether to ask, by OAuth, for leave to write too."""


async def connect(
    services: Services, account_id: AccountId, wish: Wish, method: str, credentials: Mapping[str, str]
) -> ConnectedApp:
    """Ask the app whose grant it is, and keep it.

    A server's address among the credentials is kept in one form, and is the same in all grants of a connection: what
    one of them read, another goes on with. NotConnected when the app says no; NotFound when the connection is gone
    meanwhile.
    """
    connector = services.connectors[wish.app]
    credentials = _addressed(services, connector, method, credentials)
    identity = await _ask(connector, method, credentials)
    keys = (await services.repository(account_id)).keys
    async with services.database.account(account_id) as connection:
        if wish.connection_id is not None:
            held = await grants.of_connections(connection, account_id, [wish.connection_id])
            others = [row for row in held[wish.connection_id] if row.subject != identity.subject]
            _check_same_server(connector, credentials, [other.credentials(keys) for other in others])
        if wish.connection_id is None:
            row = await connected_apps.create(
                connection,
                account_id=account_id,
                app=wish.app,
                name=wish.name,
                included=wish.included,
                excluded=wish.excluded,
            )
        else:
            row = await connected_apps.get(connection, account_id, wish.connection_id)
        await grants.put(
            connection,
            keys,
            account_id=account_id,
            connection_id=row.connection_id,
            method=method,
            subject=identity.subject,
            name=identity.name,
            credentials=credentials,
            expires_at=identity.expires_at or _expiry(credentials),
        )
        if row.status is ConnectionStatus.NEEDS_ATTENTION:
            row = await connected_apps.set_status(connection, account_id, row.connection_id, ConnectionStatus.ACTIVE)
    return row


async def begin_oauth(services: Services, account_id: AccountId, wish: Wish) -> str:
    """Remember what is wished for, and return where to send the person."""
    verifier = secrets.token_urlsafe(48)
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    redirect_uri = services.public_url + CALLBACK_PATH
    flow = OAuthFlow(
        app=wish.app,
        code_verifier=verifier,
        redirect_uri=redirect_uri,
        name=wish.name,
        connection_id=wish.connection_id,
        included=None if wish.included is None else list(wish.included),
        excluded=list(wish.excluded),
    )
    keys = (await services.repository(account_id)).keys
    async with services.database.account(account_id) as connection:
        state = await oauth_flows.begin(connection, keys, account_id, flow)
    return services.connectors[wish.app].authorize_url(
        redirect_uri=redirect_uri, state=state, code_challenge=challenge, for_restores=wish.for_restores
    )


async def finish_oauth(services: Services, state: str, code: str) -> str:
    """Turn the code that a person came back with into a grant; returns what is connected now.

    NotFound for a state that is unknown, used or old.
    """
    async with services.database.system() as connection:
        account_id = await oauth_flows.account_of(connection, state)
    keys = (await services.repository(account_id)).keys
    async with services.database.account(account_id) as connection:
        flow = await oauth_flows.finish(connection, keys, account_id, state)
    if flow.app == GOOGLE_DRIVE:
        return await driving.finish(services, account_id, flow, code)
    connector = services.connectors.get(flow.app)
    if connector is None:
        raise NotFound("no connector for that app any more")
    try:
        async with asyncio.timeout(ASK_SECONDS):
            credentials = await connector.exchange(
                code=code, code_verifier=flow.code_verifier, redirect_uri=flow.redirect_uri
            )
    except (ConnectorError, TimeoutError) as error:
        raise _explained(error) from None
    wish = Wish(
        app=flow.app,
        name=flow.name,
        connection_id=connection_to_widen(flow),
        included=flow.included,
        excluded=flow.excluded,
    )
    return (await connect(services, account_id, wish, _oauth_method(connector).name, credentials)).name


def _addressed(
    services: Services, connector: Connector, method: str, credentials: Mapping[str, str]
) -> Mapping[str, str]:
    """Return the credentials with every server's address in the form that it is kept in."""
    fields = [asked for known in connector.spec.auth_methods if known.name == method for asked in known.fields]
    found = dict(credentials)
    for asked in fields:
        if asked.is_address and asked.name in found:
            try:
                found[asked.name] = server_address(found[asked.name], allow_private=services.allow_private)
            except connector_errors.Refused as error:
                raise Refused(f"{asked.title}: {error}.") from None
    return found


def _check_same_server(
    connector: Connector, credentials: Mapping[str, str], others: Sequence[Mapping[str, str]]
) -> None:
    names = {asked.name for method in connector.spec.auth_methods for asked in method.fields if asked.is_address}
    for other in others:
        if any(other.get(name) != credentials.get(name) for name in names):
            raise Refused("This connection is to another server; make a new connection for this one.")


async def _ask(connector: Connector, method: str, credentials: Mapping[str, str]) -> Identity:
    try:
        async with asyncio.timeout(ASK_SECONDS):
            return await connector.identify(Grant(grant_id="", method=method, credentials=credentials))
    except (ConnectorError, TimeoutError) as error:
        raise _explained(error) from None


def _explained(error: Exception) -> NotConnected:
    if isinstance(error, Unauthorised):
        return Refused("The app does not take these credentials.")
    if isinstance(error, connector_errors.Refused):
        return Refused(f"That is not allowed here: {error}.")
    return Unreachable("The app did not answer as it should; try again in a while.")


def _oauth_method(connector: Connector) -> AuthMethod:
    return next(method for method in connector.spec.auth_methods if method.is_oauth2)


def _expiry(credentials: Mapping[str, str]) -> datetime | None:
    text = credentials.get("expires_at")
    return None if text is None else datetime.fromisoformat(text)
