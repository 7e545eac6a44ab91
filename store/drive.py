"""Drive: an account's place in somebody's Google Drive, to which a readable copy is sent. Credentials are sealed."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, NewType, Self
from uuid import UUID, uuid5

import orjson

from store import queries
from store.database import Connection
from store.errors import NotFound
from store.keys import AccountKeys, open_secret, seal_secret
from store.record import AccountId, ConnectionId, WorkspaceId
from store.workspaces import Workspace

DriveId = NewType("DriveId", UUID)

_SQL = queries.load("drive")


class DriveStatus(StrEnum):
    """Whether the copy is kept up to date."""

    WORKING = "working"
    PARKED = "parked"
    """Drive takes nothing more for now; tried again at `parked_until`, or when somebody asks."""
    LOST = "lost"
    """The grant no longer works: its owner has to connect again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DriveDestination:
    """One row. What is sealed is opened by `name` and `credentials`, with the account's keys."""

    destination_id: DriveId
    account_id: AccountId
    subject: str
    """Google's id of the person."""
    sealed_name: bytes = field(repr=False)
    sealed: bytes = field(repr=False)
    status: DriveStatus
    status_reason: str | None
    parked_until: datetime | None
    repairs: bool
    """Whether what people change in the copy is put back as it was; else it is reported and left alone."""
    after_backup: bool
    """Whether every backup is followed by a sync."""
    only_connections: frozenset[ConnectionId] | None
    """Only these connections are copied; None: all of them."""
    change_token: str | None
    listed_at: datetime | None
    created_at: datetime

    @classmethod
    def of(cls, row: Any) -> Self:
        """Read a row."""
        only = row["only_connections"]
        return cls(
            **{
                **row,
                "status": DriveStatus(row["status"]),
                "only_connections": None if only is None else frozenset(only),
            }
        )

    def name(self, keys: AccountKeys) -> str:
        """Open the address of the person whose Drive it is."""
        return open_secret(keys, self.sealed_name, _purpose("name", self.destination_id)).decode()

    def credentials(self, keys: AccountKeys) -> dict[str, str]:
        """Open what is sent to Google. Never into a log, an error or `repr`."""
        text = open_secret(keys, self.sealed, _purpose("credentials", self.destination_id))
        opened: dict[str, str] = orjson.loads(text)
        return opened

    def takes(self, connection_id: ConnectionId) -> bool:
        """Whether a connection is copied."""
        return self.only_connections is None or connection_id in self.only_connections


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """Which snapshot of a connection the copy shows."""

    connection_id: ConnectionId
    seq: int
    layout: int
    synced_at: datetime


async def put(
    connection: Connection,
    keys: AccountKeys,
    *,
    account_id: AccountId,
    subject: str,
    name: str,
    credentials: Mapping[str, str],
) -> DriveDestination:
    """Make the account's destination, or renew its credentials.

    Another person's Drive replaces the one before: what was sent there stays there, and is not kept up any more.
    """
    destination_id = DriveId(uuid5(account_id, f"google drive {subject}"))
    await connection.execute(_SQL.drop_others, account_id, destination_id)
    row = await connection.fetchrow(
        _SQL.put_destination,
        destination_id,
        account_id,
        subject,
        seal_secret(keys, name.encode(), _purpose("name", destination_id)),
        seal_secret(keys, orjson.dumps(dict(credentials)), _purpose("credentials", destination_id)),
    )
    return DriveDestination.of(row)


async def find(connection: Connection, account_id: AccountId) -> DriveDestination | None:
    """Read an account's destination, if it has one."""
    row = await connection.fetchrow(_SQL.destination, account_id)
    return None if row is None else DriveDestination.of(row)


async def get(connection: Connection, account_id: AccountId) -> DriveDestination:
    """Read an account's destination; NotFound when it has none."""
    found = await find(connection, account_id)
    if found is None:
        raise NotFound("no Google Drive is connected")
    return found


async def lock(connection: Connection, account_id: AccountId, destination_id: DriveId) -> DriveDestination:
    """Read one and hold it until the transaction ends: for who renews its credentials. NotFound when it is gone."""
    return _found(await connection.fetchrow(_SQL.lock_destination, account_id, destination_id))


async def renew(
    connection: Connection, keys: AccountKeys, destination: DriveDestination, credentials: Mapping[str, str]
) -> None:
    """Keep credentials that were refreshed."""
    sealed = seal_secret(keys, orjson.dumps(dict(credentials)), _purpose("credentials", destination.destination_id))
    await connection.execute(_SQL.renew, destination.account_id, destination.destination_id, sealed)


async def set_status(
    connection: Connection,
    destination: DriveDestination,
    status: DriveStatus,
    reason: str | None = None,
    *,
    parked_until: datetime | None = None,
) -> DriveDestination:
    """Say whether the copy is kept up to date, and why not; NotFound when the destination is gone."""
    row = await connection.fetchrow(
        _SQL.set_status, destination.account_id, destination.destination_id, status, reason, parked_until
    )
    return _found(row)


async def set_settings(
    connection: Connection,
    destination: DriveDestination,
    *,
    repairs: bool,
    after_backup: bool,
    only_connections: Iterable[ConnectionId] | None,
) -> DriveDestination:
    """Say how the copy is kept; NotFound when the destination is gone."""
    row = await connection.fetchrow(
        _SQL.set_settings,
        destination.account_id,
        destination.destination_id,
        repairs,
        after_backup,
        None if only_connections is None else sorted(set(only_connections)),
    )
    return _found(row)


async def set_feed(
    connection: Connection, destination: DriveDestination, token: str, *, listed_at: datetime | None = None
) -> None:
    """Remember where Drive's changes feed was read up to and, where everything was listed, when."""
    await connection.execute(_SQL.set_feed, destination.account_id, destination.destination_id, token, listed_at)


async def drop(connection: Connection, destination: DriveDestination) -> None:
    """Forget a destination and all that was known of it. What lies in the Drive stays there."""
    await connection.execute(_SQL.drop_destination, destination.account_id, destination.destination_id)


async def due(connection: Connection, now: datetime, *, limit: int = 1000) -> list[AccountId]:
    """Return accounts whose copy is behind their newest snapshot, with nothing in the way and no sync under way.

    One that failed within the hour waits.
    """
    return [AccountId(row["account_id"]) for row in await connection.fetch(_SQL.due, now, limit)]


async def positions(connection: Connection, destination_id: DriveId) -> dict[ConnectionId, Position]:
    """Return which snapshots the copy shows."""
    rows = await connection.fetch(_SQL.positions, destination_id)
    names = Position.__dataclass_fields__
    return {row["connection_id"]: Position(**{name: row[name] for name in names}) for row in rows}


async def set_position(
    connection: Connection, account_id: AccountId, destination_id: DriveId, position: Position
) -> None:
    """Say which snapshot of a connection the copy shows from now on."""
    await connection.execute(
        _SQL.set_position,
        account_id,
        destination_id,
        position.connection_id,
        position.seq,
        position.layout,
        position.synced_at,
    )


async def drop_position(connection: Connection, destination_id: DriveId, connection_id: ConnectionId) -> None:
    """Say that the copy shows nothing of a connection any more."""
    await connection.execute(_SQL.drop_position, destination_id, connection_id)


async def changed_workspaces(
    connection: Connection, connection_id: ConnectionId, after_seq: int, seq: int
) -> set[WorkspaceId]:
    """Return the workspaces in which anything differs between two snapshots."""
    return {
        row["workspace_id"] for row in await connection.fetch(_SQL.changed_workspaces, connection_id, after_seq, seq)
    }


async def workspaces(
    connection: Connection, account_id: AccountId, connection_id: ConnectionId
) -> dict[WorkspaceId, Workspace]:
    """Return every workspace of a connection that was ever seen."""
    rows = await connection.fetch(_SQL.workspaces, account_id, connection_id)
    return {row["workspace_id"]: Workspace.of(row) for row in rows}


def _purpose(what: str, destination_id: DriveId) -> str:
    return f"drive {what} {destination_id}"


def _found(row: Any) -> DriveDestination:
    if row is None:
        raise NotFound("no Google Drive is connected any more")
    return DriveDestination.of(row)
