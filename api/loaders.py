"""Loaders: one lookup each, gathered into one query a batch. One set a request: nothing is shared between accounts."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Sequence
from typing import TYPE_CHECKING, TypeVar

from strawberry.dataloader import DataLoader

from api.ids import RecordRef
from store import connected_apps, events, grants, hooks, operations, snapshots, version_steps, workspaces
from store.connected_apps import ConnectedApp
from store.database import Connection
from store.errors import Corrupt, NotFound
from store.events import Event, EventId
from store.grants import Grant
from store.hooks import Hook
from store.operations import Operation
from store.record import ChunkId, ConnectionId, ContentId, OperationId, SnapshotId, WorkspaceId
from store.repository import Repository
from store.snapshots import Snapshot
from store.version_steps import Moment
from store.versions import Version
from store.workspaces import Workspace

if TYPE_CHECKING:
    from api.context import Context

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

_CONTENTS_AT_ONCE = 100


class Loader(DataLoader[K, V]):
    """Answers all who ask for one key, whichever of them is cancelled.

    GraphQL cancels what it has begun beside a field that failed, and a DataLoader gives every asker the same future.
    """

    def load(self, key: K) -> Awaitable[V]:
        """See DataLoader."""
        return asyncio.shield(super().load(key))


class Loaders:
    """Every lookup by key that resolvers make. A key that is another account's finds nothing."""

    def __init__(self, context: "Context") -> None:
        self._context = context
        self.connection = self._loader(self._connections)
        self.grants = self._loader(self._grants)
        self.operation = self._loader(self._operations)
        self.event = self._loader(self._events)
        self.workspace = self._loader(self._workspaces)
        self.hook = self._loader(self._hooks)
        self.snapshot = self._loader(self._snapshots)
        self.snapshot_by_seq = self._loader(self._snapshots_by_seq)
        self.snapshot_before = self._loader(self._snapshots_before)
        self.latest_snapshot = self._loader(self._latest_snapshots)
        self.manifest = self._loader(self._manifests)
        self.version = self._loader(self._versions)
        self.version_before = self._loader(self._versions_before)
        self.content: Loader[ContentId, bytes] = Loader(self._contents, max_batch_size=_CONTENTS_AT_ONCE)

    def _loader(self, load: Callable[[Connection, list[K]], Awaitable[Sequence[V]]]) -> Loader[K, V]:
        async def batch(keys: list[K]) -> Sequence[V]:
            async with self._context.session() as connection:
                return await load(connection, keys)

        return Loader(batch)

    async def _connections(self, connection: Connection, keys: list[ConnectionId]) -> list[ConnectedApp | None]:
        found = await connected_apps.some(connection, self._context.account_id, keys)
        return [found.get(key) for key in keys]

    async def _grants(self, connection: Connection, keys: list[ConnectionId]) -> list[list[Grant]]:
        found = await grants.of_connections(connection, self._context.account_id, keys)
        return [found[key] for key in keys]

    async def _operations(self, connection: Connection, keys: list[OperationId]) -> list[Operation | None]:
        found = await operations.some(connection, self._context.account_id, keys)
        return [found.get(key) for key in keys]

    async def _events(self, connection: Connection, keys: list[EventId]) -> list[Event | None]:
        found = await events.some(connection, self._context.account_id, keys)
        return [found.get(key) for key in keys]

    async def _workspaces(
        self, connection: Connection, keys: list[tuple[ConnectionId, WorkspaceId]]
    ) -> list[Workspace | None]:
        found = await workspaces.some(connection, self._context.account_id, keys)
        return [found.get(key) for key in keys]

    async def _hooks(self, connection: Connection, keys: list[tuple[ConnectionId, WorkspaceId]]) -> list[Hook | None]:
        found = await hooks.of_workspaces(connection, self._context.account_id, keys)
        return [found.get(key) for key in keys]

    async def _snapshots(self, connection: Connection, keys: list[SnapshotId]) -> list[Snapshot | None]:
        found = await snapshots.by_ids(connection, keys)
        owned = await connected_apps.some(
            connection, self._context.account_id, {snapshot.connection_id for snapshot in found.values()}
        )
        mine = {key: snapshot for key, snapshot in found.items() if snapshot.connection_id in owned}
        return [mine.get(key) for key in keys]

    async def _snapshots_by_seq(
        self, connection: Connection, keys: list[tuple[ConnectionId, int]]
    ) -> list[Snapshot | None]:
        wanted: dict[ConnectionId, list[int]] = {}
        for connection_id, seq in keys:
            wanted.setdefault(connection_id, []).append(seq)
        owned = await connected_apps.some(connection, self._context.account_id, wanted)
        found = {
            connection_id: await snapshots.by_seqs(connection, connection_id, seqs)
            for connection_id, seqs in wanted.items()
            if connection_id in owned
        }
        return [found.get(connection_id, {}).get(seq) for connection_id, seq in keys]

    async def _snapshots_before(
        self, connection: Connection, keys: list[tuple[ConnectionId, int]]
    ) -> list[Snapshot | None]:
        owned = await connected_apps.some(connection, self._context.account_id, {key for key, _ in keys})
        mine = [(key, seq) for key, seq in keys if key in owned]
        found = await snapshots.befores(connection, mine)
        return [found.get(key) for key in keys]

    async def _latest_snapshots(self, connection: Connection, keys: list[ConnectionId]) -> list[Snapshot | None]:
        owned = await connected_apps.some(connection, self._context.account_id, keys)
        return [await snapshots.latest(connection, key) if key in owned else None for key in keys]

    async def _manifests(self, connection: Connection, keys: list[SnapshotId]) -> list[bytes]:
        found = [await snapshots.manifest(connection, key) for key in keys]
        if any(manifest is None for manifest in found):
            raise NotFound("a snapshot without a manifest")
        return [manifest for manifest in found if manifest is not None]

    async def _versions(self, connection: Connection, keys: list[tuple[RecordRef, int]]) -> list[Version | None]:
        return await version_steps.at(connection, self._context.account_id, [_moment(*key) for key in keys])

    async def _versions_before(self, connection: Connection, keys: list[tuple[RecordRef, int]]) -> list[Version | None]:
        return await version_steps.before(connection, self._context.account_id, [_moment(*key) for key in keys])

    async def _contents(self, keys: list[ContentId]) -> list[bytes | BaseException]:
        # The repository opens its own session: a session of ours held meanwhile could starve it.
        repository = await self._context.repository()
        try:
            found = await repository.read_many(keys)
        except (Corrupt, NotFound):
            # One content that cannot be read must not take the others of its page along.
            return [await _content(repository, key) for key in keys]
        return [found[ChunkId(key)] for key in keys]


async def _content(repository: Repository, key: ContentId) -> bytes | BaseException:
    try:
        return await repository.read(key)
    except Corrupt as error:
        return error
    except NotFound:
        return Corrupt(f"a version's content {key.hex()} is in no pack")


def _moment(ref: RecordRef, seq: int) -> Moment:
    return Moment(connection_id=ref.connection_id, kind=ref.kind, external_id=ref.external_id, seq=seq)
