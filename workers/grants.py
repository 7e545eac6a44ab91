"""Grants: opened for use, refreshed once whoever asks, marked when they no longer work."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from uuid import UUID

from connectors import oauth
from connectors.base import Connector, Grant
from connectors.errors import ConnectorError, Unauthorised
from store import connected_apps, grants
from store.connected_apps import ConnectedApp, ConnectionStatus
from store.database import Connection, Database
from store.grants import GrantStatus
from store.keys import AccountKeys
from store.record import GrantId
from workers.faults import NoGrant

_LONG_AGO = "1970-01-01T00:00:00+00:00"
AGAIN = "its owner has to authorise again"


async def open_grants(
    database: Database, keys: AccountKeys, connector: Connector, connected: ConnectedApp
) -> list[Grant]:
    """Return the connection's working grants, fresh, oldest first; NoGrant when none works.

    One that the app refuses to refresh is marked lost, and the others stand in for it.
    """
    async with database.account(connected.account_id) as connection:
        rows = await grants.of_connections(connection, connected.account_id, [connected.connection_id])
    opened: list[Grant] = []
    for row in rows[connected.connection_id]:
        if row.status is GrantStatus.LOST:
            continue
        try:
            opened.append(await _fresh(database, keys, connector, row))
        except Unauthorised as error:
            await mark_lost(database, connected, row.grant_id, str(error))
    if not opened:
        raise NoGrant("no grant of this connection works any more: authorise again")
    return opened


async def check_grants(
    database: Database, keys: AccountKeys, connector: Connector, connected: ConnectedApp, opened: Sequence[Grant]
) -> list[Grant]:
    """Ask the app whose each grant is, mark those that it no longer takes, and return the rest.

    One that can be refreshed is, before it is given up: by our clock it may have time left, and our clock may be wrong.
    """
    working: list[Grant] = []
    for grant in opened:
        try:
            await connector.identify(grant)
        except Unauthorised as error:
            renewed = await _renewed(database, keys, connector, connected, grant)
            if renewed is None:
                await mark_lost(database, connected, GrantId(UUID(grant.grant_id)), str(error))
            else:
                working.append(renewed)
        except ConnectorError:
            # Not a word on the grant itself.
            working.append(grant)
        else:
            working.append(grant)
    return working


async def mark_lost(database: Database, connected: ConnectedApp, grant_id: GrantId, reason: str) -> None:
    """Say that a grant no longer opens the app, on its row and on its connection."""
    async with database.account(connected.account_id) as connection:
        await grants.set_status(connection, connected.account_id, grant_id, GrantStatus.LOST, reason)
        await judge_status(
            connection, await connected_apps.get(connection, connected.account_id, connected.connection_id)
        )


async def judge_status(
    connection: Connection, connected: ConnectedApp, *, is_paused: bool | None = None
) -> ConnectedApp:
    """Set a connection's status by its grants. Paused stays paused unless told otherwise."""
    if is_paused is None:
        is_paused = connected.status is ConnectionStatus.PAUSED
    held = (await grants.of_connections(connection, connected.account_id, [connected.connection_id]))[
        connected.connection_id
    ]
    lost = [row for row in held if row.status is GrantStatus.LOST]
    status, reason = ConnectionStatus.ACTIVE, None
    if is_paused:
        status = ConnectionStatus.PAUSED
    elif not held:
        status, reason = ConnectionStatus.NEEDS_ATTENTION, "it has no grant: somebody has to authorise"
    elif lost:
        status = ConnectionStatus.NEEDS_ATTENTION
        reason = f"the grant of member {lost[-1].subject} no longer works: {AGAIN}"
    return await connected_apps.set_status(connection, connected.account_id, connected.connection_id, status, reason)


async def _renewed(
    database: Database, keys: AccountKeys, connector: Connector, connected: ConnectedApp, grant: Grant
) -> Grant | None:
    """Refresh a grant that the app refuses, whatever our clock says of it; None where that is not possible."""
    if oauth.expiry(grant.credentials) is None:
        return None
    async with database.account(connected.account_id) as connection:
        row = await grants.get(connection, connected.account_id, GrantId(UUID(grant.grant_id)))
    try:
        return await _fresh(database, keys, connector, row, refused=grant.credentials)
    except Unauthorised:
        return None


async def _fresh(
    database: Database,
    keys: AccountKeys,
    connector: Connector,
    row: grants.Grant,
    *,
    refused: Mapping[str, str] | None = None,
) -> Grant:
    """Open a grant, refreshed if it is about to expire, or if it still has the credentials that the app refused.

    The row stays locked meanwhile: a refresh token often works once, so of two workers the second must wait and find
    what the first was given. New credentials are kept before they are used, or a crash would lose the grant.
    """
    async with database.account(row.account_id) as connection:
        held = await grants.lock(connection, row.account_id, row.grant_id)
        grant = _opened(held, held.credentials(keys))
        has_ended = refused is not None and grant.credentials == refused
        fresh = await connector.refresh(_ended(grant) if has_ended else grant)
        if fresh is None:
            return grant
        await grants.renew(
            connection,
            keys,
            account_id=row.account_id,
            grant_id=row.grant_id,
            credentials=fresh,
            expires_at=oauth.expiry(fresh),
        )
    return _opened(held, dict(fresh))


def _ended(grant: Grant) -> Grant:
    return replace(grant, credentials={**grant.credentials, "expires_at": _LONG_AGO})


def _opened(row: grants.Grant, credentials: dict[str, str]) -> Grant:
    return Grant(grant_id=str(row.grant_id), method=row.method, credentials=credentials)
