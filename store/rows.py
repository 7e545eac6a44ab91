"""Rows: records as columns, as they are staged."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple


class Rows(NamedTuple):
    """Some records as columns, in the order of the table's own: what is staged is made and sent by the column."""

    workspace_ids: Sequence[str]
    kinds: Sequence[str]
    external_ids: Sequence[str]
    parent_kinds: Sequence[str | None]
    parent_ids: Sequence[str | None]
    content_ids: Sequence[bytes]
    """Empty where what is held of the record is kept: then nothing but the first three says anything."""
    leaf_hashes: Sequence[bytes]
    sizes_bytes: Sequence[int]
    pack_nos: Sequence[int | None]
    other_pack_nos: Sequence[Sequence[int] | None]
    """None where there are none, which is nearly everywhere."""
    changed_at: Sequence[datetime | None]
    changed_by: Sequence[str | None]
