"""Queries: where every walk begins."""

import asyncio
from typing import Annotated

import strawberry

from api import changes, ids, lists
from api.arguments import (
    After,
    AsOf,
    Before,
    Deleted,
    First,
    ForwardFirst,
    InScope,
    InSnapshot,
    InWorkspace,
    Kinds,
    Last,
    OfParent,
    Reachable,
    RecordsAsked,
    Roots,
    Slice,
)
from api.auth import Scope, Scoped
from api.context import Info
from api.errors import bad_input
from api.ids import InvalidId, Prefix
from api.nodes import find
from api.page import LARGEST, Connection
from api.types.account import Account, ApiToken, Member, Viewer
from api.types.app import App
from api.types.change import RecordChange
from api.types.connection import ConnectedApp, Workspace
from api.types.event import Destination, Event, OfEventKind, stored
from api.types.node import Node
from api.types.operation import Operation, operation_of
from api.types.record import Record
from api.types.snapshot import Snapshot
from store import accounts, destinations, members, tokens

OfConnection = Annotated[strawberry.ID, strawberry.argument(description="The connection.")]
OfAnyConnection = Annotated[strawberry.ID | None, strawberry.argument(description="Only of this connection.")]


@strawberry.type(description="What can be read. Every field sees the account of the token alone.")
class Query:
    """The root."""

    @strawberry.field(description="Who is asking.", extensions=[Scoped(Scope.ACCOUNT_READ)])
    async def viewer(self, info: Info) -> Viewer:
        """The token and its member."""
        viewer = info.context.require(Scope.ACCOUNT_READ)
        async with info.context.session() as connection:
            member = await members.get(connection, viewer.account_id, viewer.member_id)
            token = await tokens.get(connection, viewer.account_id, viewer.token_id)
        return Viewer(member=Member.of(member), token=ApiToken.of(token), scopes=sorted(viewer.scopes))

    @strawberry.field(description="The account.", extensions=[Scoped(Scope.ACCOUNT_READ)])
    async def account(self, info: Info) -> Account:
        """There is one."""
        async with info.context.session() as connection:
            return Account.of(await accounts.get(connection, info.context.account_id))

    @strawberry.field(
        description="The apps that can be connected, with what is backed up of each and what is not and why.",
        extensions=[Scoped(Scope.CONNECTION_READ)],
    )
    def apps(self, info: Info) -> list[App]:
        """From the connectors themselves."""
        return [App.of(connector.spec) for connector in info.context.services.connectors.values()]

    @strawberry.field(description="The connections, oldest first.", extensions=[Scoped(Scope.CONNECTION_READ)])
    async def connections(
        self,
        info: Info,
        *,
        app: Annotated[str | None, strawberry.argument(description="Only of this app, by name.")] = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[ConnectedApp]:
        """One page."""
        asked = Slice(first=first, after=after, last=last, before=before)
        return await lists.list_connections(info, asked, ConnectedApp.of, app=app)

    @strawberry.field(
        description="One connection; null when there is no such.", extensions=[Scoped(Scope.CONNECTION_READ)]
    )
    async def connection(
        self,
        info: Info,
        *,
        id: Annotated[strawberry.ID, strawberry.argument(description="Its id.")],  # noqa: A002 - the argument's name
    ) -> ConnectedApp | None:
        """By id."""
        found = await find(info, id, only=Prefix.CONNECTION)
        assert found is None or isinstance(found, ConnectedApp)
        return found

    @strawberry.field(
        description="What a connection's grants have seen, in the order of the app's ids.",
        extensions=[Scoped(Scope.CONNECTION_READ)],
    )
    async def workspaces(
        self,
        info: Info,
        *,
        connection_id: OfConnection,
        in_scope: InScope = None,
        reachable: Reachable = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[Workspace]:
        """One page."""
        found = await lists.own_connection(info, lists.connection_id_of(connection_id))
        asked = Slice(first=first, after=after, last=last, before=before)
        return await lists.list_workspaces(
            info, found.connection_id, asked, Workspace.of, in_scope=in_scope, reachable=reachable
        )

    @strawberry.field(
        description=(
            "A connection's records, by workspace, kind and id, as a snapshot has them: the newest, unless told "
            "otherwise. Walk the tree with `roots`, then `parentId` or the field `children`."
        ),
        extensions=[Scoped(Scope.RECORD_READ)],
    )
    async def records(
        self,
        info: Info,
        *,
        connection_id: OfConnection,
        first: ForwardFirst,
        after: After = None,
        as_of: AsOf = None,
        snapshot_id: InSnapshot = None,
        workspace_id: InWorkspace = None,
        parent_id: OfParent = None,
        roots: Roots = False,
        kinds: Kinds = None,
        deleted: Deleted = False,
    ) -> Connection[Record]:
        """One page."""
        found = await lists.own_connection(info, lists.connection_id_of(connection_id))
        asked = RecordsAsked(
            as_of=as_of,
            snapshot_id=snapshot_id,
            workspace_id=workspace_id,
            parent_id=parent_id,
            roots=roots,
            kinds=kinds,
            deleted=deleted,
        )
        return await lists.list_records(info, found.connection_id, Slice(first=first, after=after), asked, Record.of)

    @strawberry.field(
        description=(
            "One record, as a snapshot has it or, if it was deleted by then, as it last was; null when there is no "
            "such, or was none yet."
        ),
        extensions=[Scoped(Scope.RECORD_READ)],
    )
    async def record(
        self,
        info: Info,
        *,
        id: Annotated[strawberry.ID, strawberry.argument(description="Its id.")],  # noqa: A002 - the argument's name
        as_of: AsOf = None,
        snapshot_id: InSnapshot = None,
    ) -> Record | None:
        """By id."""
        try:
            ref = ids.decode_record(id)
        except InvalidId:
            return None
        if await info.context.loaders.connection.load(ref.connection_id) is None:
            return None
        seq = await lists.seen_through(info, ref.connection_id, as_of=as_of, snapshot_id=snapshot_id)
        row = await info.context.loaders.version_before.load((ref, seq + 1))
        return Record.of(ref.connection_id, seq, row) if row else None

    @strawberry.field(description="A connection's snapshots, newest first.", extensions=[Scoped(Scope.SNAPSHOT_READ)])
    async def snapshots(
        self,
        info: Info,
        *,
        connection_id: OfConnection,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[Snapshot]:
        """One page."""
        found = await lists.own_connection(info, lists.connection_id_of(connection_id))
        asked = Slice(first=first, after=after, last=last, before=before)
        return await lists.list_snapshots(info, found.connection_id, asked, Snapshot.of)

    @strawberry.field(
        description=(
            "What differs between two snapshots of one connection, by workspace, kind and id. "
            "It reads what differs, not what is there."
        ),
        extensions=[Scoped(Scope.RECORD_READ)],
    )
    async def snapshot_diff(
        self,
        info: Info,
        *,
        from_: Annotated[strawberry.ID, strawberry.argument(name="from", description="The earlier snapshot.")],
        to: Annotated[strawberry.ID, strawberry.argument(description="The later snapshot.")],
        first: ForwardFirst,
        after: After = None,
        kinds: Kinds = None,
    ) -> Connection[RecordChange]:
        """One page."""
        part = Slice(first=first, after=after)
        return await changes.list_changes(info, part, RecordChange.of, from_id=from_, to_id=to, kinds=kinds)

    @strawberry.field(description="Long work, newest first.", extensions=[Scoped(Scope.OPERATION_READ)])
    async def operations(
        self,
        info: Info,
        *,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        connection_id: OfAnyConnection = None,
    ) -> Connection[Operation]:
        """One page."""
        asked = Slice(first=first, after=after, last=last, before=before)
        only = None
        if connection_id is not None:
            only = (await lists.own_connection(info, lists.connection_id_of(connection_id))).connection_id
        return await lists.list_operations(info, asked, operation_of, connection_id=only)

    @strawberry.field(
        description="What happened that somebody may want to be told of, newest first.",
        extensions=[Scoped(Scope.OPERATION_READ)],
    )
    async def events(
        self,
        info: Info,
        *,
        kind: OfEventKind = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[Event]:
        """One page."""
        asked = Slice(first=first, after=after, last=last, before=before)
        return await lists.list_events(info, asked, Event.of, kind=None if kind is None else stored(kind))

    @strawberry.field(
        description="Where the account is told what happens, oldest first.", extensions=[Scoped(Scope.ACCOUNT_READ)]
    )
    async def destinations(self, info: Info) -> list[Destination]:
        """Twenty at most."""
        keys = await info.context.keys()
        async with info.context.session() as connection:
            rows = await destinations.of_account(connection, info.context.account_id)
        return [Destination.of(row, keys) for row in rows]

    @strawberry.field(
        description="Anything by its id; null when there is no such thing in this account. Needs the scope of its type."
    )
    async def node(
        self,
        info: Info,
        *,
        id: Annotated[strawberry.ID, strawberry.argument(description="Its id.")],  # noqa: A002 - the argument's name
    ) -> Node | None:
        """The scope is asked for by type."""
        return await find(info, id)

    @strawberry.field(
        description="Several things by their ids, at most 100, in the same order; null for each that is not there."
    )
    async def nodes(
        self, info: Info, ids: Annotated[list[strawberry.ID], strawberry.argument(description="The ids.")]
    ) -> list[Node | None]:
        """All at once, so that lookups of one kind are gathered."""
        if len(ids) > LARGEST:
            raise bad_input(f"At most {LARGEST} ids at once.")
        return list(await asyncio.gather(*(find(info, id_) for id_ in ids)))
