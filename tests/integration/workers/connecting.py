"""Connect: ask an app whose credentials these are, and keep them as a grant of a new or known connection."""

from collections.abc import Mapping
from uuid import uuid4

from connectors.base import Grant, Identity
from store import connected_apps, grants
from store.connected_apps import ConnectedApp, ConnectionStatus
from store.record import AccountId, ConnectionId
from workers.runtime import Runtime


async def connect(
    runtime: Runtime,
    account_id: AccountId,
    *,
    app: str,
    method: str,
    credentials: Mapping[str, str],
    name: str | None = None,
    connection_id: ConnectionId | None = None,
) -> tuple[ConnectedApp, Identity]:
    """Keep credentials that the app accepts; raises ConnectorError when it does not, and then keeps nothing.

    With a `connection_id` the person's grant is added to that connection, or replaces the one they gave before.
    """
    connector = runtime.connector(app)
    identity = await connector.identify(Grant(grant_id=str(uuid4()), method=method, credentials=credentials))
    repository = await runtime.repository(account_id)
    async with runtime.database.account(account_id) as connection:
        if connection_id is None:
            connected = await connected_apps.create(
                connection, account_id=account_id, app=app, name=name or connector.spec.title
            )
        else:
            connected = await connected_apps.set_status(connection, account_id, connection_id, ConnectionStatus.ACTIVE)
        await grants.put(
            connection,
            repository.keys,
            account_id=account_id,
            connection_id=connected.connection_id,
            method=method,
            subject=identity.subject,
            name=identity.name,
            credentials=credentials,
            expires_at=identity.expires_at,
        )
    return connected, identity
