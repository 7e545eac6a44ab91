"""Objects: which packs a snapshot needs, as they are named for whoever reads the bucket without keys.

A manifest is sealed, so beside it lies a list of what its snapshot needs that the one before did not, and the other
way round: text, sorted, a pack's SHA-256 a line (which is its name in the bucket, and what `sha256sum` says of it).

    holdfast objects v1
    + 03ac…
    - 9f86…

Read from a connection's first snapshot on, the lists add up to the packs of each one, and the root over those (RFC
6962, sorted) is in the manifest and in the log; a snapshot whose root is that of the one before has no list. Lists
rather than the whole each time, because that would grow with the square of the snapshots. At
`objects/<connection>/<seq, ten digits>-<first 16 hex of the root>`.
"""

import asyncio
from collections.abc import Collection
from contextlib import suppress
from itertools import groupby, takewhile

from store.backend import Backend
from store.errors import Corrupt, NotFound
from store.merkle import leaf, root_of
from store.record import ConnectionId, PackId
from store.snapshots import Snapshot

HEADING = "holdfast objects v1"


def root(packs: Collection[PackId]) -> bytes:
    """Root over the ids of packs, each once, in order."""
    return root_of([leaf(pack_id) for pack_id in sorted(packs)])


def encode(before: Collection[PackId], after: Collection[PackId]) -> bytes:
    """Write what to add and what to take away to get from one snapshot's packs to the next one's."""
    held, needed = set(before), set(after)
    lines = [f"+ {pack_id.hex()}" for pack_id in sorted(needed - held)]
    lines += [f"- {pack_id.hex()}" for pack_id in sorted(held - needed)]
    return "\n".join([HEADING, *lines, ""]).encode()


def object_name(connection_id: ConnectionId, seq: int, objects_root: bytes) -> str:
    """Say where a list lies in the bucket."""
    return f"objects/{connection_id}/{seq:010d}-{objects_root.hex()[:16]}"


def ever_listed(backend: Backend, connection_id: ConnectionId) -> set[PackId]:
    """Return every pack that any list of a connection names; lists that cannot be read are passed over. Blocks."""
    named: set[PackId] = set()
    for name in backend.list(f"objects/{connection_id}/"):
        with suppress(Corrupt, NotFound):
            added, dropped = _decode(backend.get(name))
            named |= added | dropped
    return named


async def packs_of(backend: Backend, snapshot: Snapshot) -> list[PackId]:
    """Return what a snapshot needs, in order, from the lists in the bucket; Corrupt when they do not add up to it."""
    return await asyncio.to_thread(_packs_of, backend, snapshot)


def _packs_of(backend: Backend, snapshot: Snapshot) -> list[PackId]:
    # An attempt that failed may have left a list beside the one that counts. Both lead on from the set before, so
    # both are followed, and only one leads to the root asked for.
    reached: list[frozenset[PackId]] = [frozenset()]
    end = object_name(snapshot.connection_id, snapshot.seq + 1, b"")
    names = takewhile(lambda name: name < end, backend.list(f"objects/{snapshot.connection_id}/"))
    for _, group in groupby(names, key=lambda name: name.rpartition("-")[0]):
        lists = [(name, *_decode(backend.get(name))) for name in group]
        grown = [(name, (held | added) - dropped) for held in reached for name, added, dropped in lists]
        reached = [held for name, held in grown if len(grown) == 1 or name.endswith(root(held).hex()[:16])]
    for held in reached:
        if root(held) == snapshot.objects_root:
            return sorted(held)
    raise Corrupt(f"the lists of packs of {snapshot.connection_id} do not lead to snapshot {snapshot.seq}")


def _decode(data: bytes) -> tuple[set[PackId], set[PackId]]:
    try:
        heading, *lines = data.decode("ascii").splitlines()
        added = {PackId(bytes.fromhex(line[2:])) for line in lines if line.startswith("+ ")}
        dropped = {PackId(bytes.fromhex(line[2:])) for line in lines if line.startswith("- ")}
    except ValueError:
        raise Corrupt("a list of packs that cannot be read") from None
    if heading != HEADING or len(added) + len(dropped) != len(lines):
        raise Corrupt("a list of packs of another version")
    return added, dropped
