"""Versions: the index in Postgres, held against the trees that it is derived from."""

from collections.abc import AsyncIterator
from typing import NamedTuple

from store.checks.fault import Fault, FaultCode
from store.database import Connection
from store.entry import decode_entry
from store.queries import load
from store.record import AccountId
from store.snapshots import Snapshot
from store.tree.diff import diff
from store.tree.nodes import NodeSource
from store.tree.read import entries

_SQL = load("checks")
_ROWS_AT_ONCE = 2000
NAMED_AT_MOST = 100
"""Records of one snapshot and check that are named; a damaged index is made again as a whole."""


class _Told(NamedTuple):
    """What either side says of one record."""

    key: bytes
    content_id: bytes
    size_bytes: int
    parent: tuple[str, str] | None


async def check_living(connection: Connection, nodes: NodeSource, latest: Snapshot) -> list[Fault]:
    """Compare the newest tree of a connection with the versions that have not ended."""
    rows = _rows(connection, _SQL.living_versions, latest.connection_id)
    return await _differing(_tree(nodes, latest), rows, latest)


async def check_steps(
    connection: Connection, nodes: NodeSource, previous: Snapshot | None, snapshot: Snapshot
) -> list[Fault]:
    """Compare what changed between two trees with the versions that began and ended there."""
    begun = _rows(connection, _SQL.begun_versions, snapshot.connection_id, snapshot.seq)
    ended = _rows(connection, _SQL.ended_versions, snapshot.connection_id, snapshot.seq)
    return [
        *await _differing(_changed(nodes, previous, snapshot, new=True), begun, snapshot),
        *await _differing(_changed(nodes, previous, snapshot, new=False), ended, snapshot),
    ]


async def check_content_is_indexed(connection: Connection, account_id: AccountId, latest: Snapshot) -> list[Fault]:
    """Find versions whose content no pack holds, as far as the index says."""
    rows = await connection.fetch(_SQL.lacking_content, latest.connection_id, account_id, NAMED_AT_MOST)
    return [
        Fault(
            code=FaultCode.CHUNK_MISSING,
            where=_where(f"{row['workspace_id']}\0{row['kind']}\0{row['external_id']}".encode()),
            message=f"no pack holds its content {row['content_id'].hex()}, as far as the index says",
        )
        for row in rows
    ]


async def _differing(expected: AsyncIterator[_Told], found: AsyncIterator[_Told], snapshot: Snapshot) -> list[Fault]:
    """Walk two sorted runs side by side."""
    faults: list[Fault] = []
    left, right = await anext(expected, None), await anext(found, None)
    while (left or right) and len(faults) < NAMED_AT_MOST:
        if left == right:
            left, right = await anext(expected, None), await anext(found, None)
            continue
        keys = [told.key for told in (left, right) if told is not None]
        if left is not None and right is not None and left.key == right.key:
            message = "the index of versions and the tree say different things of it"
        elif left is not None and left.key == min(keys):
            message = "it is in the tree, and not in the index of versions"
        else:
            message = "it is in the index of versions, and not in the tree"
        at = min(keys)
        where = f"{_where(at)} in snapshot {snapshot.seq}"
        faults.append(Fault(code=FaultCode.VERSION_WRONG, where=where, message=message))
        left = await anext(expected, None) if left is not None and left.key == at else left
        right = await anext(found, None) if right is not None and right.key == at else right
    return faults


async def _tree(nodes: NodeSource, snapshot: Snapshot) -> AsyncIterator[_Told]:
    async for batch in entries(nodes, snapshot.tree_root):
        for key, value in batch:
            yield _told(key, value)


async def _changed(
    nodes: NodeSource, previous: Snapshot | None, snapshot: Snapshot, *, new: bool
) -> AsyncIterator[_Told]:
    async for batch in diff(nodes, previous.tree_root if previous else None, snapshot.tree_root):
        for difference in batch:
            value = difference.new if new else difference.old
            if value is not None:
                yield _told(difference.key, value)


def _told(key: bytes, value: bytes) -> _Told:
    entry = decode_entry(key, value)
    parent = (entry.parent.kind, entry.parent.external_id) if entry.parent else None
    return _Told(key, entry.content_id, entry.size_bytes, parent)


async def _rows(connection: Connection, query: str, *arguments: object) -> AsyncIterator[_Told]:
    cursor = await connection.cursor(query, *arguments)
    while rows := await cursor.fetch(_ROWS_AT_ONCE):
        for row in rows:
            key = f"{row['workspace_id']}\0{row['kind']}\0{row['external_id']}".encode()
            parent = None if row["parent_kind"] is None else (row["parent_kind"], row["parent_id"])
            yield _Told(key, row["content_id"], row["size_bytes"], parent)


def _where(key: bytes) -> str:
    workspace_id, kind, external_id = key.decode().split("\0")
    return f"record/{workspace_id}/{kind}/{external_id}"
