"""Connection: one authorised cloud app. Its type is `ConnectedApp`: Relay keeps names that end in Connection."""

from datetime import date, datetime
from enum import Enum
from typing import Annotated, Self
from zoneinfo import ZoneInfo

import strawberry

from api import ids, lists, look
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
from api.page import Connection
from api.scalars import BigInt
from api.types.app import App
from api.types.calendar import CalendarDay
from api.types.coverage import Coverage
from api.types.keeping import Retention, RetentionInput, retention_of
from api.types.node import Node
from api.types.operation import Operation, operation_of
from api.types.record import Record
from api.types.snapshot import Snapshot
from store import accounts, connected_apps, grants, retentions, workspaces
from store.connected_apps import ConnectionStatus as StoredStatus
from store.grants import GrantStatus as StoredGrantStatus
from store.hooks import HookStatus as StoredHookStatus
from store.keys import AccountKeys


@strawberry.enum(description="Whether a connection is backed up.")
class ConnectionStatus(Enum):
    """`store.connected_apps.ConnectionStatus`, described."""

    ACTIVE = strawberry.enum_value(StoredStatus.ACTIVE, description="Every evening, and when asked.")
    NEEDS_ATTENTION = strawberry.enum_value(
        StoredStatus.NEEDS_ATTENTION, description="As far as its grants reach; `statusReason` says what to do."
    )
    PAUSED = strawberry.enum_value(StoredStatus.PAUSED, description="Only when asked.")


@strawberry.enum(description="Whether a grant still opens the app.")
class GrantStatus(Enum):
    """`store.grants.GrantStatus`, described."""

    WORKING = strawberry.enum_value(StoredGrantStatus.WORKING, description="It does.")
    LOST = strawberry.enum_value(StoredGrantStatus.LOST, description="It does not: its owner has to authorise again.")


@strawberry.type(description="One person's authorisation. Several widen what is reached, and stand in for each other.")
class Grant(Node):
    """A row of `grants`; credentials are never shown."""

    name: str = strawberry.field(description="Whose it is, as the app calls them.")
    subject: str = strawberry.field(description="The app's id of the person.")
    method: str = strawberry.field(description="How they authorised: `key_token`, `oauth2`.")
    status: GrantStatus = strawberry.field(description="Whether it still works.")
    status_reason: str | None = strawberry.field(description="Why it does not.")
    expires_at: datetime | None = strawberry.field(description="When it has to be renewed.")
    created_at: datetime = strawberry.field(description="When it was first given.")

    @classmethod
    def of(cls, row: grants.Grant, keys: AccountKeys) -> Self:
        """Show a grant."""
        return cls(
            id=strawberry.ID(ids.encode(ids.Prefix.GRANT, row.grant_id)),
            name=row.name(keys),
            subject=row.subject,
            method=row.method,
            status=GrantStatus(row.status),
            status_reason=row.status_reason,
            expires_at=row.expires_at,
            created_at=row.created_at,
        )


@strawberry.type(description="What of a connection is backed up.")
class ConnectionScope:
    """The `scope` column."""

    included: list[str] | None = strawberry.field(
        description="Only these workspaces, and what lies in them, by the app's ids; null: all that can be reached."
    )
    excluded: list[str] = strawberry.field(description="Never these workspaces, nor what lies in them.")


@strawberry.enum(description="Whether the app calls about a workspace's changes.")
class WebhookStatus(Enum):
    """`store.hooks.HookStatus`, described."""

    ASKED = strawberry.enum_value(StoredHookStatus.ASKED, description="It was asked to, and has not begun.")
    LISTENING = strawberry.enum_value(StoredHookStatus.LISTENING, description="It does.")
    REFUSED = strawberry.enum_value(
        StoredHookStatus.REFUSED, description="It does not want to, and is asked again after a week."
    )


@strawberry.type(description="The webhook by which the app tells of a workspace's changes.")
class WorkspaceWebhook:
    """A row of `hooks`; its address is a secret."""

    status: WebhookStatus = strawberry.field(description="Whether the app calls.")
    status_reason: str | None = strawberry.field(description="Why it does not.")
    listening_since: datetime | None = strawberry.field(description="Since when it does.")
    heard_at: datetime | None = strawberry.field(description="When it last did.")


@strawberry.type(description="A unit of scope in the app: a Trello board, or the organisation it belongs to.")
class Workspace(Node):
    """A row of `workspaces`."""

    row: strawberry.Private[workspaces.Workspace]
    keys: strawberry.Private[AccountKeys]
    external_id: str = strawberry.field(description="The app's id of it: what scopes name.")
    kind: str = strawberry.field(description="What it is in the app: `board`, `organization`.")
    in_scope: bool = strawberry.field(description="Whether it was backed up when it was last seen.")
    reachable: bool = strawberry.field(description="Whether any grant still reaches it.")
    first_seen_at: datetime = strawberry.field(description="When a grant first saw it.")
    last_seen_at: datetime = strawberry.field(description="When a grant last saw it.")

    @classmethod
    def of(cls, row: workspaces.Workspace, keys: AccountKeys) -> Self:
        """Show a workspace."""
        ref = ids.WorkspaceRef(connection_id=row.connection_id, workspace_id=row.workspace_id)
        return cls(
            id=strawberry.ID(ids.encode_workspace(ref)),
            row=row,
            keys=keys,
            external_id=row.workspace_id,
            kind=row.kind,
            in_scope=row.in_scope,
            reachable=row.reachable,
            first_seen_at=row.first_seen_at,
            last_seen_at=row.last_seen_at,
        )

    @strawberry.field(description="What the app calls it.")
    def name(self) -> str:
        """Opened only when asked for."""
        return self.row.name(self.keys)

    @strawberry.field(description="The webhook by which the app tells of its changes; null where there is none.")
    async def webhook(self, info: Info) -> WorkspaceWebhook | None:
        """Gathered with other lookups of the same request."""
        row = await info.context.loaders.hook.load((self.row.connection_id, self.row.workspace_id))
        if row is None:
            return None
        return WorkspaceWebhook(
            status=WebhookStatus(row.status),
            status_reason=row.status_reason,
            listening_since=row.listening_since,
            heard_at=row.heard_at,
        )

    @strawberry.field(description="The workspace it lies in, if any.")
    async def parent(self, info: Info) -> Annotated["Workspace", strawberry.lazy("api.types.connection")] | None:
        """Gathered with other lookups of the same request."""
        if self.row.parent_workspace_id is None:
            return None
        row = await info.context.loaders.workspace.load((self.row.connection_id, self.row.parent_workspace_id))
        return Workspace.of(row, self.keys) if row else None


@strawberry.type(
    description=(
        "A connection: one authorised cloud app, with one or more grants. (Relay reserves type names that end in "
        "Connection, so only the type is called this; fields, mutations and ids say connection.)"
    )
)
class ConnectedApp(Node):
    """A row of `connections`."""

    row: strawberry.Private[connected_apps.ConnectedApp]
    name: str = strawberry.field(description="What its people call it.")
    status: ConnectionStatus = strawberry.field(description="Whether it is backed up.")
    status_reason: str | None = strawberry.field(description="What is the matter, and what to do.")
    scope: ConnectionScope = strawberry.field(description="What of it is backed up.")
    created_at: datetime = strawberry.field(description="When it was made.")

    @classmethod
    def of(cls, row: connected_apps.ConnectedApp) -> Self:
        """Show a connection."""
        return cls(
            id=strawberry.ID(ids.encode(ids.Prefix.CONNECTION, row.connection_id)),
            row=row,
            name=row.name,
            status=ConnectionStatus(row.status),
            status_reason=row.status_reason,
            scope=ConnectionScope(
                included=None if row.included is None else sorted(row.included), excluded=sorted(row.excluded)
            ),
            created_at=row.created_at,
        )

    @strawberry.field(description="The app; null when this Holdfast no longer has its connector.")
    def app(self, info: Info) -> App | None:
        """From the connector itself."""
        connector = info.context.services.connectors.get(self.row.app)
        return App.of(connector.spec) if connector else None

    @strawberry.field(description="The grants, oldest first.")
    async def grants(self, info: Info) -> list[Grant]:
        """A team is small: all of them at once."""
        keys = await info.context.keys()
        rows = await info.context.loaders.grants.load(self.row.connection_id)
        return [Grant.of(row, keys) for row in rows]

    @strawberry.field(description="What its grants have seen, in scope or not, in the order of the app's ids.")
    async def workspaces(
        self,
        info: Info,
        *,
        in_scope: InScope = None,
        reachable: Reachable = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[Workspace]:
        """One page."""
        asked = Slice(first=first, after=after, last=last, before=before)
        return await lists.list_workspaces(
            info, self.row.connection_id, asked, Workspace.of, in_scope=in_scope, reachable=reachable
        )

    @strawberry.field(
        description="What of it no grant reaches, and what to do: as of its newest backup.",
        extensions=[Scoped(Scope.SNAPSHOT_READ)],
    )
    async def coverage(self, info: Info) -> Coverage:
        """From the grants, the workspaces and the newest manifest."""
        return await look.coverage(info, self.row)

    @strawberry.field(description="Its snapshots, newest first.", extensions=[Scoped(Scope.SNAPSHOT_READ)])
    async def snapshots(
        self,
        info: Info,
        *,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[Snapshot]:
        """One page."""
        asked = Slice(first=first, after=after, last=last, before=before)
        return await lists.list_snapshots(info, self.row.connection_id, asked, Snapshot.of)

    @strawberry.field(
        description="Its newest snapshot; null before the first.", extensions=[Scoped(Scope.SNAPSHOT_READ)]
    )
    async def latest_snapshot(self, info: Info) -> Snapshot | None:
        """Gathered with other lookups of the same request."""
        row = await info.context.loaders.latest_snapshot.load(self.row.connection_id)
        return Snapshot.of(row) if row else None

    @strawberry.field(
        description="How many of its snapshots are kept, by its own rule or its account's; null: all.",
        extensions=[Scoped(Scope.SNAPSHOT_READ)],
    )
    async def retention(self, info: Info) -> Retention | None:
        """What it goes by."""
        async with info.context.session() as connection:
            found = await retentions.of_connection(connection, info.context.account_id, self.row.connection_id)
        return Retention.of(found) if found else None

    @strawberry.field(
        description=(
            "The sequences of the snapshots that would be given up now, oldest first: by the retention given, or by "
            "the one it has. Changes nothing. Legal holds are not looked at."
        ),
        extensions=[Scoped(Scope.SNAPSHOT_READ)],
    )
    async def expiring(
        self,
        info: Info,
        *,
        retention: Annotated[
            RetentionInput | None, strawberry.argument(description="The rule to try; left out: the one it has.")
        ] = None,
    ) -> list[BigInt]:
        """A dry run."""
        account_id = info.context.account_id
        async with info.context.session() as connection:
            zone = ZoneInfo((await accounts.get(connection, account_id)).time_zone)
            rule = (
                retention_of(retention)
                if retention is not None
                else await retentions.of_connection(connection, account_id, self.row.connection_id)
            )
            gone = await retentions.plan(connection, self.row.connection_id, rule, zone) if rule else []
        return [BigInt(one.seq) for one in gone]

    @strawberry.field(description="Its operations, newest first.", extensions=[Scoped(Scope.OPERATION_READ)])
    async def operations(
        self,
        info: Info,
        *,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[Operation]:
        """One page."""
        asked = Slice(first=first, after=after, last=last, before=before)
        return await lists.list_operations(info, asked, operation_of, connection_id=self.row.connection_id)

    @strawberry.field(
        description=(
            "How its backups went, one entry for each day from `from` to `to`, in the account's time zone: at most "
            "100 days, the last 30 unless told otherwise."
        ),
        extensions=[Scoped(Scope.OPERATION_READ)],
    )
    async def calendar(
        self,
        info: Info,
        *,
        from_: Annotated[date | None, strawberry.argument(name="from", description="The first day.")] = None,
        to: Annotated[date | None, strawberry.argument(description="The last day; left out: today.")] = None,
    ) -> list[CalendarDay]:
        """Counted in Postgres."""
        return await lists.list_days(info, self.row, CalendarDay.of, first=from_, last=to)

    @strawberry.field(
        description="Its records, by workspace, kind and id, as a snapshot has them: the newest unless told otherwise.",
        extensions=[Scoped(Scope.RECORD_READ)],
    )
    async def records(
        self,
        info: Info,
        *,
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
        asked = RecordsAsked(
            as_of=as_of,
            snapshot_id=snapshot_id,
            workspace_id=workspace_id,
            parent_id=parent_id,
            roots=roots,
            kinds=kinds,
            deleted=deleted,
        )
        return await lists.list_records(info, self.row.connection_id, Slice(first=first, after=after), asked, Record.of)
