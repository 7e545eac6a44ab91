"""Living: the records that a snapshot has, listed and counted from its tree."""

from collections import defaultdict
from collections.abc import AsyncIterator, Collection
from typing import Self

from store.database import Connection
from store.entry import TreeEntry, decode_entry
from store.errors import Invalid, NotFound
from store.queries import load
from store.record import ConnectionId, ExternalId, Kind, NodeId, RecordKey, WorkspaceId
from store.tree.node import Entry
from store.tree.nodes import KeptNodes, MemoryNodes, NodeSource, PostgresNodes
from store.tree.read import counts_before, entries, first_entries, groups
from store.tree.spans import EVERYTHING, Spans

_SQL = load("snapshots")

Scope = tuple[WorkspaceId, Kind | None]
"""The records of one kind in a workspace; None stands for every kind."""


class Living:
    """Reads one tree. Everything comes in the order of its keys: by workspace, kind and id.

    Memory: the nodes that were read, besides what `entries` gives.
    """

    def __init__(self, source: NodeSource, root: NodeId | None) -> None:
        self._source = source
        self._kept = KeptNodes(source)
        self._root = root

    @classmethod
    async def of(cls, connection: Connection, connection_id: ConnectionId, seq: int) -> Self:
        """Find a snapshot's, which may be 0: before the first there is nothing. NotFound where it is not kept."""
        if seq == 0:
            return cls(MemoryNodes(), None)
        row = await connection.fetchrow(_SQL.tree, connection_id, seq)
        if row is None:
            raise NotFound(f"connection {connection_id} has no snapshot {seq}")
        return cls(PostgresNodes(connection, row["account_id"]), row["tree_root"])

    async def page(
        self,
        *,
        workspace_ids: Collection[WorkspaceId] | None = None,
        kinds: Collection[Kind] | None = None,
        after: RecordKey | None = None,
        limit: int,
    ) -> list[RecordKey]:
        """List the keys behind `after`, of these workspaces and kinds or of all; at most `limit`.

        Invalid where a name that is asked for cannot be one.
        """
        start = b"" if after is None else after.encode() + b"\0"
        if workspace_ids is not None or kinds is None:
            return list(map(_key, await self._first(_spans(workspace_ids, kinds).from_(start), limit)))
        found: list[RecordKey] = []
        # Which workspaces there are is not known: each one's first record leads to the next.
        while len(found) < limit and (first := await self._first(EVERYTHING.from_(start), 1)):
            here = _spans([_key(first[0]).workspace_id], kinds)
            found += map(_key, await self._first(here.from_(start), limit - len(found)))
            start = _end(_key(first[0]).workspace_id)
        return found

    async def count(self, scopes: Collection[Scope] | None = None) -> int:
        """Count the records of these scopes, or all."""
        bounds = (EVERYTHING if scopes is None else _spans_of(scopes)).bounds()
        counts = await counts_before(self._source, self._root, bounds)
        return sum(counts[1::2]) - sum(counts[::2])

    async def count_by_kind(
        self, workspace_ids: Collection[WorkspaceId] | None = None
    ) -> dict[WorkspaceId, dict[Kind, int]]:
        """Count the records of each kind in these workspaces, or in all."""
        found = await groups(self._source, self._root, _spans(workspace_ids, None), _workspace_and_kind)
        ends = [end for group in found for end in (group + b"\0", group + b"\1")]
        counts = await counts_before(self._source, self._root, ends)
        counted: defaultdict[WorkspaceId, dict[Kind, int]] = defaultdict(dict)
        for group, before, after in zip(found, counts[::2], counts[1::2], strict=True):
            workspace_id, kind = group.decode().split("\0")
            counted[WorkspaceId(workspace_id)][Kind(kind)] = after - before
        return dict(counted)

    async def entries(self, scopes: Collection[Scope]) -> AsyncIterator[list[TreeEntry]]:
        """Give the records of these scopes, some dozens at a time."""
        async for batch in entries(self._source, self._root, _spans_of(scopes)):
            yield [decode_entry(*entry) for entry in batch]

    async def _first(self, spans: Spans, limit: int) -> list[Entry]:
        return await first_entries(self._kept, self._root, spans, limit)


def _spans(workspace_ids: Collection[WorkspaceId] | None, kinds: Collection[Kind] | None) -> Spans:
    if workspace_ids is None:
        return EVERYTHING
    return _spans_of([(one, kind) for one in workspace_ids for kind in (kinds if kinds is not None else [None])])


def _spans_of(scopes: Collection[Scope]) -> Spans:
    return Spans([(_start(*scope), _end(*scope)) for scope in scopes])


def _start(workspace_id: WorkspaceId, kind: Kind | None = None) -> bytes:
    return _prefix(workspace_id, kind) + b"\0"


def _end(workspace_id: WorkspaceId, kind: Kind | None = None) -> bytes:
    return _prefix(workspace_id, kind) + b"\1"


def _prefix(workspace_id: WorkspaceId, kind: Kind | None) -> bytes:
    parts = (workspace_id,) if kind is None else (workspace_id, kind)
    try:
        encoded = [part.encode() for part in parts]
    except UnicodeEncodeError:
        raise Invalid("a workspace or kind was asked for with a lone surrogate in its name") from None
    if any(b"\0" in part for part in encoded):
        raise Invalid("a workspace or kind was asked for with NUL in its name")
    return b"\0".join(encoded)


def _workspace_and_kind(key: bytes) -> bytes:
    return key.rpartition(b"\0")[0]


def _key(entry: Entry) -> RecordKey:
    workspace_id, kind, external_id = entry[0].decode().split("\0")
    return RecordKey(workspace_id=WorkspaceId(workspace_id), kind=Kind(kind), external_id=ExternalId(external_id))
