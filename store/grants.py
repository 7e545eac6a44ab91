"""Grants: one person's authorisation of a connection, sealed under the account's credential key."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Self
from uuid import uuid5

import orjson

from store import queries
from store.database import Connection
from store.errors import NotFound
from store.keys import AccountKeys, open_secret, seal_secret
from store.record import AccountId, ConnectionId, GrantId

_SQL = queries.load("grants")


class GrantStatus(StrEnum):
    """Whether it still opens the app."""

    WORKING = "working"
    LOST = "lost"


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """One row. What is sealed is opened by `name` and `credentials`, with the account's keys."""

    grant_id: GrantId
    account_id: AccountId
    connection_id: ConnectionId
    method: str
    subject: str
    """The app's id of the person."""
    sealed_name: bytes = field(repr=False)
    sealed: bytes = field(repr=False)
    status: GrantStatus
    status_reason: str | None
    expires_at: datetime | None
    created_at: datetime

    @classmethod
    def of(cls, row: Any) -> Self:
        """Read a row."""
        return cls(**{**row, "status": GrantStatus(row["status"])})

    def name(self, keys: AccountKeys) -> str:
        """Open the name of the person, as the app has it."""
        return open_secret(keys, self.sealed_name, _purpose("name", self.grant_id)).decode()

    def credentials(self, keys: AccountKeys) -> dict[str, str]:
        """Open what is sent to the app. Never into a log, an error or `repr`."""
        opened: dict[str, str] = orjson.loads(open_secret(keys, self.sealed, _purpose("credentials", self.grant_id)))
        return opened


async def put(
    connection: Connection,
    keys: AccountKeys,
    *,
    account_id: AccountId,
    connection_id: ConnectionId,
    method: str,
    subject: str,
    name: str,
    credentials: Mapping[str, str],
    expires_at: datetime | None,
) -> Grant:
    """Add a person's grant, or replace the one they gave before."""
    grant_id = grant_id_of(connection_id, subject)
    row = await connection.fetchrow(
        _SQL.put,
        grant_id,
        account_id,
        connection_id,
        method,
        subject,
        seal_secret(keys, name.encode(), _purpose("name", grant_id)),
        seal_secret(keys, orjson.dumps(dict(credentials)), _purpose("credentials", grant_id)),
        expires_at,
    )
    return _found(row, grant_id)


async def get(connection: Connection, account_id: AccountId, grant_id: GrantId) -> Grant:
    """Read one; NotFound when this account has none of that id."""
    return _found(await connection.fetchrow(_SQL.get, account_id, grant_id), grant_id)


async def lock(connection: Connection, account_id: AccountId, grant_id: GrantId) -> Grant:
    """Read one and hold it until the transaction ends: for who refreshes it. NotFound as with `get`."""
    return _found(await connection.fetchrow(_SQL.lock, account_id, grant_id), grant_id)


async def of_connections(
    connection: Connection, account_id: AccountId, connection_ids: Iterable[ConnectionId]
) -> dict[ConnectionId, list[Grant]]:
    """List the grants of some connections, oldest first."""
    ids = list(connection_ids)
    found: dict[ConnectionId, list[Grant]] = {connection_id: [] for connection_id in ids}
    for row in await connection.fetch(_SQL.of_connections, account_id, ids):
        found[row["connection_id"]].append(Grant.of(row))
    return found


async def set_status(
    connection: Connection, account_id: AccountId, grant_id: GrantId, status: GrantStatus, reason: str | None = None
) -> Grant:
    """Say whether it still opens the app; NotFound when this account has none of that id."""
    return _found(await connection.fetchrow(_SQL.set_status, account_id, grant_id, status, reason), grant_id)


async def remove(connection: Connection, account_id: AccountId, grant_id: GrantId) -> Grant:
    """Destroy one; NotFound when this account has none of that id."""
    return _found(await connection.fetchrow(_SQL.remove, account_id, grant_id), grant_id)


async def renew(
    connection: Connection,
    keys: AccountKeys,
    *,
    account_id: AccountId,
    grant_id: GrantId,
    credentials: Mapping[str, str],
    expires_at: datetime | None,
) -> Grant:
    """Keep credentials that were refreshed; NotFound when this account has none of that id."""
    sealed = seal_secret(keys, orjson.dumps(dict(credentials)), _purpose("credentials", grant_id))
    return _found(await connection.fetchrow(_SQL.renew, account_id, grant_id, sealed, expires_at), grant_id)


def grant_id_of(connection_id: ConnectionId, subject: str) -> GrantId:
    """One id for one person in one connection, so that what is sealed under it can be replaced in place."""
    return GrantId(uuid5(connection_id, subject))


def _purpose(what: str, grant_id: GrantId) -> str:
    return f"grant {what} {grant_id}"


def _found(row: Any, grant_id: GrantId) -> Grant:
    if row is None:
        raise NotFound(f"no grant {grant_id}")
    return Grant.of(row)
