"""A small world for tests of the API: two accounts, an app in memory, snapshots made by the real store."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import msgspec

from api.auth import Scope
from connectors.base import AppSpec, AuthField, AuthMethod, Connector, Grant, Identity, KindSpec
from connectors.errors import Retriable, Unauthorised
from store import accounts, connected_apps, grants, members, operations, tokens, workspaces
from store.account_keys import create_account_keys
from store.accounts import Account
from store.backend import Backend
from store.connected_apps import ConnectedApp
from store.cycle import Cycle
from store.database import Database
from store.files import FileMeta
from store.log import Log
from store.master_keys import MasterKeys
from store.members import Member, Role
from store.operations import OperationKind
from store.record import FILE_KIND, AccountId, ExternalId, Kind, OperationId, ParentRef, Record, WorkspaceId
from store.repository import Repository
from store.snapshots import Snapshot
from store.workspaces import Seen

BOARD, LIST, CARD = Kind("board"), Kind("list"), Kind("card")
ROADMAP = WorkspaceId("w1")
FILE_BYTES = bytes(range(256)) * 400
START = datetime(2026, 4, 1, 18, 0, tzinfo=UTC)

_DESK = AppSpec(
    app="desk",
    title="Desk",
    kinds={
        kind: KindSpec(
            kind=kind,
            title=kind.title(),
            description=f"A {kind}.",
            backed_up=True,
            restorable=kind != LIST,
            why_not="Lists cannot be made again." if kind == LIST else None,
            title_field="name",
            is_workspace=kind == BOARD,
        )
        for kind in (BOARD, LIST, CARD)
    },
    auth_methods=(
        AuthMethod(
            name="key_token",
            title="Key and token",
            fields=(
                AuthField(name="key", title="Key", secret=False),
                AuthField(name="token", title="Token", secret=True),
            ),
            help="Ask Desk.",
        ),
        AuthMethod(
            name="own_server",
            title="A server of your own",
            fields=(
                AuthField(name="url", title="Address", secret=False, is_address=True),
                AuthField(name="token", title="Token", secret=True),
            ),
            help="Ask whoever runs it.",
        ),
        AuthMethod(name="oauth2", title="Sign in", fields=(), help="Opens Desk.", is_oauth2=True),
    ),
    not_reachable=("What was deleted before the first backup.",),
)


@dataclass
class Desk:
    """An app that knows whose a token is, and nothing else. It stands in for a `Connector` while connecting."""

    spec = _DESK
    exchanged: list[Mapping[str, str]] = field(default_factory=list)

    async def identify(self, grant: Grant) -> Identity:
        token = grant.credentials["token"]
        if token == "down":
            raise Retriable("no answer")
        if not token.startswith("good-"):
            raise Unauthorised("not yours")
        return Identity(subject=token.removeprefix("good-"), name="Ada Example")

    def authorize_url(self, *, redirect_uri: str, state: str, code_challenge: str, for_restores: bool = False) -> str:
        query = f"redirect_uri={redirect_uri}&state={state}&code_challenge={code_challenge}"
        return f"https://desk.example/authorize?{query}{'&scope=write' if for_restores else ''}"

    async def exchange(self, *, code: str, code_verifier: str, redirect_uri: str) -> Mapping[str, str]:
        if code != "right":
            raise Unauthorised("wrong code")
        self.exchanged.append({"verifier": code_verifier, "redirect_uri": redirect_uri})
        return {"token": "good-oauth"}


@dataclass(kw_only=True)
class Holder:
    """One account with its owner, and their token."""

    account: Account
    owner: Member
    token: str
    repository: Repository
    connected: ConnectedApp | None = None
    snapshots: list[Snapshot] = field(default_factory=list)

    @property
    def account_id(self) -> AccountId:
        return self.account.account_id


@dataclass(kw_only=True)
class World:
    """Everything made so far."""

    database: Database
    backend: Backend
    masters: MasterKeys
    desk: Desk = field(default_factory=Desk)
    holders: list[Holder] = field(default_factory=list)
    woken: list[OperationId] = field(default_factory=list)

    @property
    def connectors(self) -> dict[str, Connector]:
        return {"desk": self.desk}  # type: ignore[dict-item]

    async def repository(self, account_id: AccountId) -> Repository:
        for holder in self.holders:
            if holder.account_id == account_id:
                return holder.repository
        from store.errors import KeyMissing

        raise KeyMissing("no such account")

    async def wake(self, operation_id: OperationId) -> None:
        self.woken.append(operation_id)

    async def account(self, name: str) -> Holder:
        async with self.database.system() as connection:
            account = await accounts.create(connection, name=name, time_zone="Europe/Berlin")
            keys = await create_account_keys(connection, self.backend, self.masters, account.account_id)
            owner = await members.create(
                connection,
                account_id=account.account_id,
                email=f"owner@{name.lower()}.example",
                name="Grace",
                role=Role.OWNER,
            )
        repository = Repository(self.database, self.backend, keys)
        holder = Holder(account=account, owner=owner, token="", repository=repository)
        holder.token = await self.token(holder)
        self.holders.append(holder)
        return holder

    async def token(
        self, holder: Holder, *, role: Role = Role.OWNER, scopes: Any = tuple(Scope), expires_at: datetime | None = None
    ) -> str:
        async with self.database.account(holder.account_id) as connection:
            member = holder.owner
            if role is not Role.OWNER:
                member = await members.create(
                    connection,
                    account_id=holder.account_id,
                    email=f"{role}-{uuid4().hex}@x.example",
                    name="Somebody",
                    role=role,
                )
            token, _ = await tokens.issue_token(
                connection,
                account_id=holder.account_id,
                member_id=member.member_id,
                name="test",
                scopes=scopes,
                expires_at=expires_at,
            )
        return token

    async def connect(self, holder: Holder) -> ConnectedApp:
        async with self.database.account(holder.account_id) as connection:
            row = await connected_apps.create(connection, account_id=holder.account_id, app="desk", name="Our desk")
            await grants.put(
                connection,
                holder.repository.keys,
                account_id=holder.account_id,
                connection_id=row.connection_id,
                method="key_token",
                subject="ada",
                name="Ada Example",
                credentials={"key": "k", "token": "good-ada"},
                expires_at=None,
            )
            for workspace_id, name in (("w1", "Roadmap"), ("w2", "Archive")):
                await workspaces.put(
                    connection,
                    holder.repository.keys,
                    account_id=holder.account_id,
                    connection_id=row.connection_id,
                    seen=[
                        Seen(
                            workspace_id=WorkspaceId(workspace_id),
                            kind=BOARD,
                            name=name,
                            parent_workspace_id=None,
                            in_scope=workspace_id == "w1",
                        )
                    ],
                )
        holder.connected = row
        return row

    async def operation(self, holder: Holder) -> OperationId:
        assert holder.connected is not None
        async with self.database.account(holder.account_id) as connection:
            row = await operations.create(
                connection,
                account_id=holder.account_id,
                kind=OperationKind.BACKUP,
                connection_id=holder.connected.connection_id,
                arguments={},
                created_by=None,
            )
        return row.operation_id

    async def snapshot(self, holder: Holder, records: list[Record], *, file: bytes | None = None) -> Snapshot:
        """Make the next snapshot of these records and no others."""
        assert holder.connected is not None
        operation_id = await self.operation(holder)
        at = START + timedelta(days=len(holder.snapshots))
        async with Cycle.open(holder.repository, holder.connected.connection_id, operation_id, at) as cycle:
            for record in records:
                await cycle.put([record])
            if file is not None:
                meta = FileMeta(
                    workspace_id=ROADMAP,
                    external_id=ExternalId("f1"),
                    parent=ParentRef(kind=CARD, external_id=ExternalId("c1")),
                    name='Plan "für" 2026.pdf',
                    media_type="application/pdf",
                    revision="r1",
                )
                await cycle.put_file(meta, _stream(file))
            for workspace_id in ("w1", "w2"):
                await cycle.complete(WorkspaceId(workspace_id), [BOARD, LIST, CARD, FILE_KIND])
            cycle.warn("FORBIDDEN", "w2", "This grant may not see the archive.")
            cycle.note(
                {"workspace_id": "w1", "read": "full", "evidence": "first cycle", "pages": 2, "claimed": {"card": 3}}
            )
            made = await cycle.commit({}, at + timedelta(minutes=1))
        await Log(holder.repository).publish()
        async with self.database.account(holder.account_id) as connection:
            claimed = await operations.claim(connection, operation_id, owner="test", lease=timedelta(minutes=1))
            assert claimed is not None
            progress = {"retries": {"answered 503": 1, "lost the connection": 2}}
            await operations.report(connection, operation_id, owner="test", progress=progress)
            await operations.succeed(
                connection, operation_id, owner="test", result={"snapshot_id": str(made.snapshot_id)}
            )
        holder.snapshots.append(made)
        return made

    async def two_snapshots(self, holder: Holder) -> None:
        """A board with cards; then one edited, one gone to another workspace, one deleted, one added, one the same."""
        board = record(BOARD, "b1", {"id": "b1", "name": "Roadmap"})
        lists = [record(LIST, f"l{at}", {"id": f"l{at}", "name": f"List {at}"}, board) for at in (1, 2)]
        first = [
            record(CARD, "c1", {"id": "c1", "name": "Write", "labels": ["red"], "pos": 1}, lists[0], changed_by="m1"),
            record(CARD, "c2", {"id": "c2", "name": "Move me"}, lists[0]),
            record(CARD, "c3", {"id": "c3", "name": "Drop me"}, lists[1]),
            record(CARD, "c4", {"id": "c4", "name": "Leave me"}, lists[1]),
        ]
        await self.snapshot(holder, [board, *lists, *first], file=FILE_BYTES)
        second = [
            record(CARD, "c1", {"id": "c1", "name": "Write it", "labels": ["red", "blue"]}, lists[0], changed_by="m2"),
            msgspec.structs.replace(
                first[1], workspace_id=WorkspaceId("w2"), parent=ParentRef(kind=LIST, external_id=ExternalId("l2"))
            ),
            record(CARD, "c4", {"id": "c4", "name": "Leave me"}, lists[1]),
            record(CARD, "c5", {"id": "c5", "name": "New"}, lists[1]),
        ]
        await self.snapshot(holder, [board, *lists, *second], file=FILE_BYTES)


def record(
    kind: Kind, external_id: str, content: dict[str, Any], parent: Record | None = None, changed_by: str | None = None
) -> Record:
    """Make a record of the roadmap."""
    return Record(
        workspace_id=ROADMAP,
        kind=kind,
        external_id=ExternalId(external_id),
        content=content,
        parent=ParentRef(kind=parent.kind, external_id=parent.external_id) if parent else None,
        changed_at=START if changed_by else None,
        changed_by=changed_by,
    )


async def _stream(data: bytes) -> AsyncIterator[bytes]:
    yield data
