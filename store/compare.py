"""Compare: what changed between any two snapshots of a connection, record by record."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from store import versions
from store.database import Connection
from store.entry import TreeEntry, decode_entry
from store.record import ConnectionId, ExternalId, Kind
from store.snapshots import Snapshot
from store.tree.diff import Difference, diff
from store.tree.nodes import NodeSource

_Identity = tuple[Kind, ExternalId]


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordChange:
    """One record that differs. `old` is None for `added`, `new` for `deleted`; `moved` means another workspace."""

    change: str
    """`added`, `edited`, `moved`, `deleted`."""
    old: TreeEntry | None
    new: TreeEntry | None

    @property
    def entry(self) -> TreeEntry:
        """The newer of the two that there is."""
        found = self.new or self.old
        assert found is not None
        return found


async def compare(
    connection: Connection,
    nodes: NodeSource,
    old: Snapshot | None,
    new: Snapshot,
    *,
    after: bytes = b"",
) -> AsyncIterator[list[RecordChange]]:
    """Give the changes from `old` (None: from nothing) to `new` in key order, from behind the key `after` on.

    Reads tree nodes in proportion to the changes that are asked for. A record that moved is given once, at its new
    place.
    """
    async for batch in diff(nodes, old.tree_root if old else None, new.tree_root, after=after):
        changes = [_change(difference) for difference in batch]
        if old is not None:
            changes = await _with_moves(connection, new.connection_id, old.seq, new.seq, changes)
        if changes:
            yield changes


def _change(difference: Difference) -> RecordChange:
    old = decode_entry(difference.key, difference.old) if difference.old is not None else None
    new = decode_entry(difference.key, difference.new) if difference.new is not None else None
    change = "added" if old is None else "deleted" if new is None else "edited"
    return RecordChange(change=change, old=old, new=new)


async def _with_moves(
    connection: Connection, connection_id: ConnectionId, old_seq: int, new_seq: int, changes: Sequence[RecordChange]
) -> list[RecordChange]:
    """Tell moves from additions and deletions: the tree keys records by workspace, a record's identity does not."""
    came = [_identity(change) for change in changes if change.change == "added"]
    went = [_identity(change) for change in changes if change.change == "deleted"]
    before = await versions.as_of_many(connection, connection_id, came, old_seq) if came else {}
    afterwards = await versions.as_of_many(connection, connection_id, went, new_seq) if went else {}
    told: list[RecordChange] = []
    for change in changes:
        identity = _identity(change)
        if change.change == "deleted" and identity in afterwards:
            continue
        if change.change == "added" and identity in before:
            held = before[identity]
            # The audit leaf of the old place is not in the versions index; nobody compares it across a move.
            old = TreeEntry(
                key=held.key,
                content_id=held.content_id,
                leaf_hash=b"",
                size_bytes=held.size_bytes,
                parent=held.parent,
            )
            told.append(RecordChange(change="moved", old=old, new=change.new))
        else:
            told.append(change)
    return told


def _identity(change: RecordChange) -> _Identity:
    key = change.entry.key
    return key.kind, key.external_id
