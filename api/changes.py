"""Changes: what differs between two snapshots, record by record, a page at a time."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from api.arguments import Slice
from api.context import Info
from api.errors import bad_input
from api.lists import own_connection, own_snapshot
from api.page import Connection, Key, paginate, window
from store import versions
from store.compare import RecordChange, compare
from store.database import Connection as Session
from store.record import ConnectionId, ExternalId, Kind
from store.snapshots import Snapshot
from store.tree.nodes import PostgresNodes
from store.versions import Version

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordChangeRow:
    """One record that differs, with its states in the two snapshots."""

    connection_id: ConnectionId
    key: bytes
    """Its place in the later tree or, if it is gone, in the earlier one: what pages are ordered by."""
    change: str
    to_seq: int
    before: Version | None
    after: Version | None


async def list_changes(
    info: Info,
    part: Slice,
    node: Callable[[RecordChangeRow], T],
    *,
    from_id: str,
    to_id: str,
    kinds: Sequence[str] | None,
) -> Connection[T]:
    """List what differs between two snapshots of a connection, by workspace, kind and id."""
    old, new = await own_snapshot(info, from_id), await own_snapshot(info, to_id)
    if old.connection_id != new.connection_id:
        raise bad_input("Both snapshots must be of one connection.")
    await own_connection(info, new.connection_id)
    account_id = info.context.account_id
    wanted = None if kinds is None else frozenset(kinds)
    query = ["changes", old.snapshot_id, new.snapshot_id, sorted(wanted) if wanted is not None else None]
    asked = await window(info, query, first=part.first, after=part.after)

    async def fetch(*, beyond: Key | None, backwards: bool, limit: int) -> list[RecordChangeRow]:  # noqa: ARG001 - forwards only
        after = b"" if beyond is None else bytes.fromhex(beyond[0])
        found: list[RecordChange] = []
        async with info.context.session() as session:
            async for batch in compare(session, PostgresNodes(session, account_id), old, new, after=after):
                found += [change for change in batch if wanted is None or change.entry.key.kind in wanted]
                if len(found) >= limit:
                    break
            return await _rows(session, old, new, found[:limit])

    return await paginate(info, asked, fetch, key=lambda row: [row.key.hex()], node=node)


async def _rows(session: Session, old: Snapshot, new: Snapshot, found: list[RecordChange]) -> list[RecordChangeRow]:
    """Look up both states of each record."""
    names: list[tuple[Kind, ExternalId]] = [(each.entry.key.kind, each.entry.key.external_id) for each in found]
    before = await versions.as_of_many(session, new.connection_id, names, old.seq)
    after = await versions.as_of_many(session, new.connection_id, names, new.seq)
    return [
        RecordChangeRow(
            connection_id=new.connection_id,
            key=change.entry.key.encode(),
            change=change.change,
            to_seq=new.seq,
            before=before.get(name),
            after=after.get(name),
        )
        for change, name in zip(found, names, strict=True)
    ]
