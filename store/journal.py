"""Journal: what one snapshot changed, as it lies in the bucket, so that the bucket alone can rebuild every tree.

A segment is canonical JSON, columns rather than rows because like values side by side compress tenfold:

    {"v": 1, "workspace": [...], "kind": [...], "id": [...], "parent_kind": [...], "parent_id": [...],
     "change": [...], "content": "<base64, 6 bytes a change>", "size": [...], "changed_at": [...], "changed_by": [...]}

`workspace` and `kind` are run-length coded ([value, count] pairs). A change is `added`, `edited`, `moved`, `deleted`,
or `left`: gone from this place because it moved to another. `content` holds the first 6 bytes of each content id,
which with the size tells it among the chunks of an account: hashes do not compress, and lie in pack indexes already.
A rebuilt tree has to meet the root in the manifest, so a wrong guess cannot pass. Times are ISO 8601.
"""

from base64 import b64decode, b64encode
from binascii import Error as BadBase64
from collections.abc import Sequence
from datetime import datetime
from itertools import chain, groupby
from typing import Any, NamedTuple

import msgspec

from store import canonical
from store.errors import Corrupt

VERSION = 1
CONTENT_PREFIX_BYTES = 6


class JournalEntry(NamedTuple):
    """One change at one place in the tree."""

    workspace_id: str
    kind: str
    external_id: str
    parent_kind: str | None
    parent_id: str | None
    content_prefix: bytes
    """Empty where the record is gone."""
    size_bytes: int | None
    change: str
    changed_at: datetime | None
    changed_by: str | None


class _Segment(msgspec.Struct):
    v: int
    workspace: list[tuple[str, int]]
    kind: list[tuple[str, int]]
    id: list[str]
    parent_kind: list[str | None]
    parent_id: list[str | None]
    change: list[str]
    content: str
    size: list[int | None]
    changed_at: list[datetime | None]
    changed_by: list[str | None]


_DECODER = msgspec.json.Decoder(_Segment)


def encode_segment(entries: Sequence[JournalEntry]) -> bytes:
    """Encode changes in key order."""
    return encode_columns(list(zip(*entries, strict=True)) or [()] * len(JournalEntry._fields))


def encode_columns(columns: Sequence[Sequence[Any]]) -> bytes:
    """Encode changes given as one sequence for each field of JournalEntry, in its order; whole content ids will do."""
    workspaces, kinds, ids, parent_kinds, parent_ids, contents, sizes, changes, times, people = columns
    prefixes = [content[:CONTENT_PREFIX_BYTES] for content in contents if content]
    return canonical.encode(
        {
            "v": VERSION,
            "workspace": _runs(workspaces),
            "kind": _runs(kinds),
            "id": list(ids),
            "parent_kind": list(parent_kinds),
            "parent_id": list(parent_ids),
            "change": list(changes),
            "content": b64encode(b"".join(prefixes)).decode(),
            "size": list(sizes),
            "changed_at": [time.isoformat() if time else None for time in times],
            "changed_by": list(people),
        }
    )


def decode_segment(data: bytes) -> list[JournalEntry]:
    """Decode a segment; Corrupt for anything else."""
    try:
        segment = _DECODER.decode(data)
        content = b64decode(segment.content, validate=True)
    except (msgspec.MsgspecError, BadBase64, ValueError, RecursionError) as error:
        raise Corrupt(f"a journal segment of {len(data)} bytes cannot be read") from error
    workspaces, kinds = _spread(segment.workspace, len(segment.id)), _spread(segment.kind, len(segment.id))
    columns = (segment.parent_kind, segment.parent_id, segment.size, segment.changed_at, segment.changed_by)
    living = [change not in ("deleted", "left") for change in segment.change]
    if (
        segment.v != VERSION
        or any(len(column) != len(segment.id) for column in (*columns, workspaces, kinds, living))
        or len(content) != CONTENT_PREFIX_BYTES * sum(living)
    ):
        raise Corrupt(f"a journal segment's columns differ in length, or its version is {segment.v}")
    prefixes = iter(range(0, len(content), CONTENT_PREFIX_BYTES))
    return [
        JournalEntry(
            workspaces[at],
            kinds[at],
            segment.id[at],
            segment.parent_kind[at],
            segment.parent_id[at],
            content[(start := next(prefixes)) : start + CONTENT_PREFIX_BYTES] if living[at] else b"",
            segment.size[at],
            segment.change[at],
            segment.changed_at[at],
            segment.changed_by[at],
        )
        for at in range(len(segment.id))
    ]


def _runs(values: Sequence[str]) -> list[list[str | int]]:
    return [[value, len(list(group))] for value, group in groupby(values)]


def _spread(runs: list[tuple[str, int]], limit: int) -> list[str]:
    if any(count < 1 for _, count in runs) or sum(count for _, count in runs) != limit:
        return []
    return list(chain.from_iterable([value] * count for value, count in runs))
