"""Gather: single records put into batches of one kind and workspace, as a read yields them."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from connectors.base import Item, Records
from store.record import Kind, Record, WorkspaceId

BATCH = 500


def gather(pieces: Iterable[Any], other: Callable[[Any], Iterable[Item]]) -> Iterator[Item]:
    """Give records in batches, and for everything else what `other` makes of it, at once."""
    batches: defaultdict[tuple[WorkspaceId, Kind], list[Record]] = defaultdict(list)
    for piece in pieces:
        if not isinstance(piece, Record):
            yield from other(piece)
            continue
        batch = batches[piece.workspace_id, piece.kind]
        batch.append(piece)
        if len(batch) >= BATCH:
            yield Records(records=tuple(batch))
            batch.clear()
    for batch in batches.values():
        if batch:
            yield Records(records=tuple(batch))
