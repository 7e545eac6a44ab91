"""Nodes: anything by its id, behind the scope of its type."""

from collections.abc import Awaitable, Callable

from api import ids
from api.auth import Scope
from api.context import Info
from api.ids import InvalidId, Prefix
from api.types.account import Account, ApiToken, Member
from api.types.connection import ConnectedApp, Grant, Workspace
from api.types.drive import DriveDestination
from api.types.event import Delivery, Destination, Event
from api.types.keeping import Hold
from api.types.node import Node
from api.types.operation import operation_of
from api.types.record import Record, Version
from api.types.snapshot import Snapshot
from store import accounts, deliveries, destinations, drive, grants, holds, members, operations, tokens
from store.deliveries import DeliveryId
from store.destinations import DestinationId
from store.errors import NotFound
from store.events import EventId
from store.members import Role
from store.record import ConnectionId, GrantId, HoldId, MemberId, OperationId, SnapshotId, TokenId


async def find(info: Info, text: str, *, only: Prefix | None = None) -> Node | None:
    """Look up a node; None for an id that is malformed, unknown or another account's, without a difference."""
    try:
        prefix = ids.prefix_of(text)
        if only is not None and prefix is not only:
            return None
        scope, look_up = _FINDERS[prefix]
        info.context.require(scope)
        return await look_up(info, text)
    except (InvalidId, NotFound):
        return None


async def _account(info: Info, text: str) -> Node | None:
    if ids.decode(text, Prefix.ACCOUNT) != info.context.account_id:
        return None
    async with info.context.session() as connection:
        return Account.of(await accounts.get(connection, info.context.account_id))


async def _member(info: Info, text: str) -> Node:
    member_id = MemberId(ids.decode(text, Prefix.MEMBER))
    async with info.context.session() as connection:
        return Member.of(await members.get(connection, info.context.account_id, member_id))


async def _token(info: Info, text: str) -> Node | None:
    viewer = info.context.viewer
    assert viewer is not None
    token_id = TokenId(ids.decode(text, Prefix.TOKEN))
    async with info.context.session() as connection:
        row = await tokens.get(connection, viewer.account_id, token_id)
    return ApiToken.of(row) if viewer.role is Role.OWNER or row.member_id == viewer.member_id else None


async def _connection(info: Info, text: str) -> Node | None:
    row = await info.context.loaders.connection.load(ConnectionId(ids.decode(text, Prefix.CONNECTION)))
    return ConnectedApp.of(row) if row else None


async def _grant(info: Info, text: str) -> Node:
    grant_id = GrantId(ids.decode(text, Prefix.GRANT))
    keys = await info.context.keys()
    async with info.context.session() as connection:
        return Grant.of(await grants.get(connection, info.context.account_id, grant_id), keys)


async def _hold(info: Info, text: str) -> Node:
    hold_id = HoldId(ids.decode(text, Prefix.HOLD))
    keys = await info.context.keys()
    async with info.context.session() as connection:
        return Hold.of(await holds.get(connection, keys, hold_id))


async def _workspace(info: Info, text: str) -> Node | None:
    ref = ids.decode_workspace(text)
    row = await info.context.loaders.workspace.load((ref.connection_id, ref.workspace_id))
    return Workspace.of(row, await info.context.keys()) if row else None


async def _drive(info: Info, text: str) -> Node | None:
    destination_id = ids.decode(text, Prefix.DRIVE)
    keys = await info.context.keys()
    async with info.context.session() as connection:
        row = await drive.get(connection, info.context.account_id)
    return DriveDestination.of(row, keys) if row.destination_id == destination_id else None


async def _operation(info: Info, text: str) -> Node:
    operation_id = OperationId(ids.decode(text, Prefix.OPERATION))
    async with info.context.session() as connection:
        return operation_of(await operations.get(connection, info.context.account_id, operation_id))


async def _event(info: Info, text: str) -> Node | None:
    row = await info.context.loaders.event.load(EventId(ids.decode(text, Prefix.EVENT)))
    return Event.of(row) if row else None


async def _destination(info: Info, text: str) -> Node:
    destination_id = DestinationId(ids.decode(text, Prefix.DESTINATION))
    keys = await info.context.keys()
    async with info.context.session() as connection:
        return Destination.of(await destinations.get(connection, info.context.account_id, destination_id), keys)


async def _delivery(info: Info, text: str) -> Node:
    delivery_id = DeliveryId(ids.decode(text, Prefix.DELIVERY))
    async with info.context.session() as connection:
        return Delivery.of(await deliveries.get(connection, info.context.account_id, delivery_id))


async def _snapshot(info: Info, text: str) -> Node | None:
    row = await info.context.loaders.snapshot.load(SnapshotId(ids.decode(text, Prefix.SNAPSHOT)))
    return Snapshot.of(row) if row else None


async def _record(info: Info, text: str) -> Node | None:
    ref = ids.decode_record(text)
    newest = await info.context.loaders.latest_snapshot.load(ref.connection_id)
    if newest is None:
        return None
    row = await info.context.loaders.version_before.load((ref, newest.seq + 1))
    return Record.of(ref.connection_id, newest.seq, row) if row else None


async def _version(info: Info, text: str) -> Node | None:
    ref = ids.decode_version(text)
    row = await info.context.loaders.version.load((ref.record, ref.from_seq))
    return Version.of(ref.record, row) if row and row.from_seq == ref.from_seq else None


_FINDERS: dict[Prefix, tuple[Scope, Callable[[Info, str], Awaitable[Node | None]]]] = {
    Prefix.ACCOUNT: (Scope.ACCOUNT_READ, _account),
    Prefix.MEMBER: (Scope.ACCOUNT_READ, _member),
    Prefix.TOKEN: (Scope.ACCOUNT_READ, _token),
    Prefix.CONNECTION: (Scope.CONNECTION_READ, _connection),
    Prefix.DRIVE: (Scope.CONNECTION_READ, _drive),
    Prefix.GRANT: (Scope.CONNECTION_READ, _grant),
    Prefix.HOLD: (Scope.ACCOUNT_READ, _hold),
    Prefix.WORKSPACE: (Scope.CONNECTION_READ, _workspace),
    Prefix.OPERATION: (Scope.OPERATION_READ, _operation),
    Prefix.EVENT: (Scope.OPERATION_READ, _event),
    Prefix.DESTINATION: (Scope.ACCOUNT_READ, _destination),
    Prefix.DELIVERY: (Scope.ACCOUNT_READ, _delivery),
    Prefix.SNAPSHOT: (Scope.SNAPSHOT_READ, _snapshot),
    Prefix.RECORD: (Scope.RECORD_READ, _record),
    Prefix.VERSION: (Scope.RECORD_READ, _version),
}
