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

from collections.abc import Collection

from store.merkle import leaf, root_of
from store.record import ConnectionId, PackId

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
