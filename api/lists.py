"""Lists: what every paged field reads, a page at a time."""

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

from api import ids
from api.arguments import RecordsAsked, Slice
from api.context import Info
from api.errors import bad_input, not_found
from api.ids import InvalidId, Prefix, RecordRef
from api.page import COUNTED, Connection, Key, Window, paginate, window
from store import (
    accounts,
    connected_apps,
    deliveries,
    events,
    log_entries,
    operations,
    snapshots,
    tokens,
    version_steps,
    versions,
    workspaces,
)
from store.connected_apps import ConnectedApp
from store.deliveries import Delivery
from store.destinations import DestinationId
from store.events import Event
from store.keys import AccountKeys
from store.log_entries import LogEntry
from store.members import Role
from store.operations import Operation
from store.record import ConnectionId, ExternalId, Kind, ParentRef, SnapshotId, WorkspaceId
from store.snapshots import Snapshot
from store.tokens import ApiToken
from store.versions import Version
from store.workspaces import Workspace
from workers import calendar
from workers.calendar import Day

T = TypeVar("T")
_DAYS = 30
_LAST_DAY = date(9000, 1, 1)
_ABOVE = COUNTED + 1


def connection_id_of(text: str) -> ConnectionId:
    """Read a connection's id as an argument gives it; a bad one is as one that is not there."""
    try:
        return ConnectionId(ids.decode(text, Prefix.CONNECTION))
    except InvalidId:
        raise not_found("connection") from None


async def own_connection(info: Info, connection_id: ConnectionId) -> ConnectedApp:
    """Read a connection, or say that there is no such one."""
    row = await info.context.loaders.connection.load(connection_id)
    if row is None:
        raise not_found("connection")
    return row


async def own_snapshot(info: Info, text: str) -> Snapshot:
    """Read a snapshot by its id, or say that there is no such one."""
    try:
        snapshot_id = SnapshotId(ids.decode(text, Prefix.SNAPSHOT))
    except InvalidId:
        raise not_found("snapshot") from None
    row = await info.context.loaders.snapshot.load(snapshot_id)
    if row is None:
        raise not_found("snapshot")
    return row


async def list_connections(
    info: Info, part: Slice, node: Callable[[ConnectedApp], T], *, app: str | None
) -> Connection[T]:
    """List the account's connections."""
    account_id = info.context.account_id
    asked = await _window(info, ["connections", app], part)

    async def fetch(*, beyond: Key | None, backwards: bool, limit: int) -> list[ConnectedApp]:
        async with info.context.session() as session:
            return await connected_apps.page(
                session, account_id, app=app, beyond=_moment(beyond), backwards=backwards, limit=limit
            )

    async def count() -> int:
        async with info.context.session() as session:
            return await connected_apps.count(session, account_id, app=app, limit=_ABOVE)

    return await paginate(
        info, asked, fetch, key=lambda row: [row.created_at, row.connection_id], node=node, count=count
    )


async def list_tokens(info: Info, part: Slice, node: Callable[[ApiToken], T]) -> Connection[T]:
    """List the account's tokens: everybody's for an owner, else the viewer's own."""
    viewer = info.context.viewer
    assert viewer is not None
    member_id = None if viewer.role is Role.OWNER else viewer.member_id
    asked = await _window(info, ["apiTokens", member_id], part)

    async def fetch(*, beyond: Key | None, backwards: bool, limit: int) -> list[ApiToken]:
        async with info.context.session() as session:
            return await tokens.page(
                session,
                viewer.account_id,
                member_id=member_id,
                beyond=_moment(beyond),
                backwards=backwards,
                limit=limit,
            )

    async def count() -> int:
        async with info.context.session() as session:
            return await tokens.count(session, viewer.account_id, member_id=member_id, limit=_ABOVE)

    return await paginate(info, asked, fetch, key=lambda row: [row.created_at, row.token_id], node=node, count=count)


async def list_workspaces(
    info: Info,
    connection_id: ConnectionId,
    part: Slice,
    node: Callable[[Workspace, AccountKeys], T],
    *,
    in_scope: bool | None,
    reachable: bool | None,
) -> Connection[T]:
    """List what a connection's grants have seen."""
    account_id = info.context.account_id
    asked = await _window(info, ["workspaces", connection_id, in_scope, reachable], part)
    keys = await info.context.keys()

    async def fetch(*, beyond: Key | None, backwards: bool, limit: int) -> list[Workspace]:
        async with info.context.session() as session:
            return await workspaces.page(
                session,
                account_id,
                connection_id,
                in_scope=in_scope,
                reachable=reachable,
                beyond=None if beyond is None else WorkspaceId(beyond[0]),
                backwards=backwards,
                limit=limit,
            )

    async def count() -> int:
        async with info.context.session() as session:
            return await workspaces.count(
                session, account_id, connection_id, in_scope=in_scope, reachable=reachable, limit=_ABOVE
            )

    return await paginate(
        info, asked, fetch, key=lambda row: [row.workspace_id], node=lambda row: node(row, keys), count=count
    )


async def list_snapshots(
    info: Info, connection_id: ConnectionId, part: Slice, node: Callable[[Snapshot], T]
) -> Connection[T]:
    """List a connection's snapshots, newest first."""
    asked = await _window(info, ["snapshots", connection_id], part)

    async def fetch(*, beyond: Key | None, backwards: bool, limit: int) -> list[Snapshot]:
        seq = None if beyond is None else int(beyond[0])
        async with info.context.session() as session:
            if backwards:
                return await snapshots.list_snapshots_forward(session, connection_id, after_seq=seq or 0, limit=limit)
            return await snapshots.list_snapshots(session, connection_id, before_seq=seq, limit=limit)

    async def count() -> int:
        async with info.context.session() as session:
            newest = await snapshots.latest(session, connection_id)
        return newest.seq if newest else 0  # numbers have no gaps

    return await paginate(info, asked, fetch, key=lambda row: [row.seq], node=node, count=count)


async def list_operations(
    info: Info, part: Slice, node: Callable[[Operation], T], *, connection_id: ConnectionId | None
) -> Connection[T]:
    """List operations, newest first."""
    asked = await _window(info, ["operations", connection_id], part)

    account_id = info.context.account_id

    async def fetch(*, beyond: Key | None, backwards: bool, limit: int) -> list[Operation]:
        async with info.context.session() as session:
            return await operations.page(
                session,
                account_id,
                connection_id=connection_id,
                beyond=_moment(beyond),
                backwards=backwards,
                limit=limit,
            )

    async def count() -> int:
        async with info.context.session() as session:
            return await operations.count(session, account_id, connection_id=connection_id, limit=_ABOVE)

    return await paginate(
        info, asked, fetch, key=lambda row: [row.created_at, row.operation_id], node=node, count=count
    )


async def list_events(info: Info, part: Slice, node: Callable[[Event], T], *, kind: str | None) -> Connection[T]:
    """List what happened, newest first."""
    account_id = info.context.account_id
    asked = await _window(info, ["events", kind], part)

    async def fetch(*, beyond: Key | None, backwards: bool, limit: int) -> list[Event]:
        async with info.context.session() as session:
            return await events.page(
                session, account_id, kind=kind, beyond=_moment(beyond), backwards=backwards, limit=limit
            )

    async def count() -> int:
        async with info.context.session() as session:
            return await events.count(session, account_id, kind=kind, limit=_ABOVE)

    return await paginate(info, asked, fetch, key=lambda row: [row.occurred_at, row.event_id], node=node, count=count)


async def list_deliveries(
    info: Info, destination_id: DestinationId, part: Slice, node: Callable[[Delivery], T]
) -> Connection[T]:
    """List what was and is sent to a destination, newest first."""
    account_id = info.context.account_id
    asked = await _window(info, ["deliveries", destination_id], part)

    async def fetch(*, beyond: Key | None, backwards: bool, limit: int) -> list[Delivery]:
        async with info.context.session() as session:
            return await deliveries.page(
                session, account_id, destination_id, beyond=_moment(beyond), backwards=backwards, limit=limit
            )

    async def count() -> int:
        async with info.context.session() as session:
            return await deliveries.count(session, account_id, destination_id, limit=_ABOVE)

    return await paginate(info, asked, fetch, key=lambda row: [row.created_at, row.delivery_id], node=node, count=count)


async def list_log_entries(info: Info, part: Slice, node: Callable[[LogEntry], T], *, count: int) -> Connection[T]:
    """List what the account's log says, oldest first; it has `count` entries."""
    account_id = info.context.account_id
    asked = await _window(info, ["log"], part)

    async def fetch(*, beyond: Key | None, backwards: bool, limit: int) -> list[LogEntry]:
        async with info.context.session() as session:
            return await log_entries.page(
                session, account_id, beyond=None if beyond is None else beyond[0], backwards=backwards, limit=limit
            )

    async def counted() -> int:
        return count

    return await paginate(info, asked, fetch, key=lambda row: [row.number], node=node, count=counted)


async def list_days(
    info: Info, connected: ConnectedApp, node: Callable[[Day], T], *, first: date | None, last: date | None
) -> list[T]:
    """List how a connection's days went, in the account's time zone."""
    now = info.context.services.now()
    async with info.context.session() as session:
        account = await accounts.get(session, info.context.account_id)
        until = last or calendar.today(account.time_zone, now)
        since = first or until - timedelta(days=_DAYS - 1)
        if not 0 <= (until - since).days < calendar.LONGEST_DAYS or not date(2000, 1, 1) <= since <= _LAST_DAY:
            raise bad_input(f"Give a first day and a last one that is at most {calendar.LONGEST_DAYS - 1} days later.")
        days = await calendar.of_connection(session, connected, account.time_zone, now, first=since, last=until)
    return [node(day) for day in days]


async def list_versions(info: Info, ref: RecordRef, part: Slice, node: Callable[[Version], T]) -> Connection[T]:
    """List a record's versions, newest first."""
    account_id = info.context.account_id
    named = (ref.connection_id, ref.kind, ref.external_id)
    asked = await _window(info, ["versions", *named], part)

    async def fetch(*, beyond: Key | None, backwards: bool, limit: int) -> list[Version]:
        seq = None if beyond is None else int(beyond[0])
        async with info.context.session() as session:
            if backwards:
                return await version_steps.forward(session, account_id, *named, after_seq=seq or 0, limit=limit)
            return await versions.history(session, *named, before_seq=seq, limit=limit)

    async def count() -> int:
        async with info.context.session() as session:
            return await version_steps.count(session, account_id, *named, limit=_ABOVE)

    return await paginate(info, asked, fetch, key=lambda row: [row.from_seq], node=node, count=count)


async def seen_through(
    info: Info, connection_id: ConnectionId, *, as_of: datetime | None, snapshot_id: str | None
) -> int:
    """Find the number of the snapshot to look through: 0 where there is none."""
    if as_of is not None and snapshot_id is not None:
        raise bad_input("Give asOf or snapshotId, not both.")
    if snapshot_id is not None:
        snapshot = await own_snapshot(info, snapshot_id)
        if snapshot.connection_id != connection_id:
            raise not_found("snapshot")
        return snapshot.seq
    if as_of is not None:
        async with info.context.session() as session:
            found = await snapshots.as_of_time(session, connection_id, as_of)
    else:
        found = await info.context.loaders.latest_snapshot.load(connection_id)
    return found.seq if found else 0


async def list_records(
    info: Info,
    connection_id: ConnectionId,
    part: Slice,
    what: RecordsAsked,
    node: Callable[[ConnectionId, int, Version], T],
    *,
    seq: int | None = None,
) -> Connection[T]:
    """List records as one snapshot has them, by workspace, kind and id."""
    if seq is None:
        seq = await seen_through(info, connection_id, as_of=what.as_of, snapshot_id=what.snapshot_id)
    parent = None if what.parent_id is None else _parent(connection_id, what.parent_id)
    workspace_id = None if what.workspace_id is None else _workspace(connection_id, what.workspace_id)
    kinds = None if what.kinds is None else [Kind(kind) for kind in sorted(set(what.kinds))]
    # The snapshot is part of what a cursor is bound to: a walk goes on in the snapshot it began in.
    asked = await _window(
        info,
        [
            "records",
            connection_id,
            workspace_id,
            parent and [parent.kind, parent.external_id],
            what.roots,
            kinds,
            what.deleted,
            what.as_of,
            what.snapshot_id,
        ],
        part,
    )
    if asked.beyond is not None:
        seq = int(asked.beyond[0])
    shown = seq

    async def fetch(*, beyond: Key | None, backwards: bool, limit: int) -> list[Version]:  # noqa: ARG001 - forwards only
        after = None
        if beyond is not None:
            after = (WorkspaceId(beyond[1]), Kind(beyond[2]), ExternalId(beyond[3]))
        async with info.context.session() as session:
            return await versions.list_records(
                session,
                connection_id,
                shown,
                workspace_id=workspace_id,
                kinds=kinds,
                parent=parent,
                roots=what.roots,
                deleted=what.deleted,
                after=after,
                limit=limit,
            )

    async def count() -> int:
        async with info.context.session() as session:
            return await versions.count_records(
                session,
                connection_id,
                shown,
                workspace_id=workspace_id,
                kinds=kinds,
                parent=parent,
                roots=what.roots,
                cap=COUNTED,
            )

    return await paginate(
        info,
        asked,
        fetch,
        key=lambda row: [shown, row.key.workspace_id, row.key.kind, row.key.external_id],
        node=lambda row: node(connection_id, shown, row),
        count=None if what.deleted else count,
    )


async def _window(info: Info, query: Sequence[Any], part: Slice) -> Window:
    return await window(info, query, first=part.first, after=part.after, last=part.last, before=part.before)


def _moment(key: Key | None) -> tuple[datetime, UUID] | None:
    return None if key is None else (datetime.fromisoformat(key[0]), UUID(key[1]))


def _parent(connection_id: ConnectionId, text: str) -> ParentRef:
    try:
        ref = ids.decode_record(text)
    except InvalidId:
        raise not_found("record") from None
    if ref.connection_id != connection_id:
        raise not_found("record")
    return ParentRef(kind=ref.kind, external_id=ref.external_id)


def _workspace(connection_id: ConnectionId, text: str) -> WorkspaceId:
    try:
        ref = ids.decode_workspace(text)
    except InvalidId:
        raise not_found("workspace") from None
    if ref.connection_id != connection_id:
        raise not_found("workspace")
    return ref.workspace_id
