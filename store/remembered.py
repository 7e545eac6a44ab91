"""Remembered: what a connection's first reading staged, as long as it fits: its commit need not read it back."""

from bisect import bisect
from collections import Counter
from collections.abc import Iterator
from datetime import UTC
from itertools import chain
from typing import Any

from store.rows import Rows

_MOST_ROWS = 150_000
_ROWS_A_SORT = 2500


class Remembered:
    """The rows of a reading that began with nothing held and nothing saved: each with content is an addition.

    Only while no record was staged twice for certain: ids are told apart by their hashes. What is said here is what
    Postgres would say of the same rows. Memory: up to 150,000 rows of 300 to 500 bytes, and 200 more for each while a
    commit reads them.
    """

    def __init__(self) -> None:
        self._batches: list[Rows] = []
        self._rows = 0
        self._seen: set[int] = set()
        self.additions = 0
        """How many rows have content: the others keep what is held, which is nothing."""

    def add(self, rows: Rows) -> bool:
        """Append rows; False where a record may have come twice, or they are too many: then nothing here counts."""
        self._batches.append(rows)
        self._rows += len(rows.external_ids)
        self._seen.update(map(hash, zip(rows.kinds, rows.external_ids, strict=True)))
        self.additions += sum(map(bool, rows.content_ids))
        return len(self._seen) == self._rows <= _MOST_ROWS

    def pack_uses(self) -> Counter[int]:
        """Count how many additions need each pack."""
        uses: Counter[int] = Counter()
        for rows in self._batches:
            uses.update(pack_no for pack_no in rows.pack_nos if pack_no is not None)
            uses.update(chain.from_iterable(filter(None, rows.other_pack_nos)))
        return uses

    def in_key_order(self, rows_at_once: int) -> Iterator[list[list[Any]]]:
        """Sort the additions and return an iterator over pages, which have the columns of `changes_in_key_order`.

        Sorting takes tenths of a second: for a thread. Each page is made when it is asked for, in a few milliseconds.
        """
        order = self._order()
        columns: list[list[Any]] = [
            self._column("workspace_ids"),
            self._column("kinds"),
            self._column("external_ids"),
            self._column("parent_kinds"),
            self._column("parent_ids"),
            self._column("content_ids"),
            self._column("sizes_bytes"),
            ["added"] * self._rows,
            # In UTC, as Postgres gives times back: the journal writes them as text.
            [at and at.astimezone(UTC) for at in self._column("changed_at")],
            self._column("changed_by"),
            self._column("leaf_hashes"),
        ]
        pages = (order[at : at + rows_at_once] for at in range(0, len(order), rows_at_once))
        return ([list(map(column.__getitem__, page)) for column in columns] for page in pages)

    def _column(self, name: str) -> list[Any]:
        return list(chain.from_iterable(getattr(rows, name) for rows in self._batches))

    def _order(self) -> list[int]:
        """Return where the additions are among all rows, sorted by the bytes of their records' keys.

        In pieces, because no other thread runs while Python sorts a list.
        """
        keys = [
            f"{workspace_id}\0{kind}\0{external_id}".encode() if content_id else b""
            for rows in self._batches
            for workspace_id, kind, external_id, content_id in zip(
                rows.workspace_ids, rows.kinds, rows.external_ids, rows.content_ids, strict=True
            )
        ]
        bounds = sorted(keys[::_ROWS_A_SORT])
        pieces: list[list[int]] = [[] for _ in range(len(bounds) + 1)]
        for at, key in enumerate(keys):
            if key:
                pieces[bisect(bounds, key)].append(at)
        return [at for piece in pieces for at in sorted(piece, key=keys.__getitem__)]
