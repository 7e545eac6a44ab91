"""Lines: a record as a line of JSON, in the app's own shape, or as a row of CSV (RFC 4180). Pure."""

import csv
import io
from collections.abc import Sequence
from typing import Any

import orjson

from store import canonical
from store.record import FILE_KIND, JsonObject, Kind
from store.versions import Version

FIXED = ("workspace", "id", "parent_kind", "parent_id", "changed_at", "changed_by")
"""The first columns: where the record lies, which the app's own content need not say."""
MOST_COLUMNS = 500
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


_OURS = frozenset({"chunks", "revision"})
"""What of a file's record says only where Holdfast keeps its bytes."""


def json_line(kind: Kind, content: bytes) -> bytes:
    """Write a record's canonical content, as it was proven: byte for byte. A file's is ours, and told in short."""
    return (canonical.encode(table_content(kind, content)) if kind == FILE_KIND else content) + b"\n"


def table_content(kind: Kind, content: bytes) -> JsonObject:
    """Decode what of a record goes into a table."""
    decoded: JsonObject = canonical.decode(content)
    return {name: value for name, value in decoded.items() if name not in _OURS} if kind == FILE_KIND else decoded


def head_row(columns: Sequence[str]) -> bytes:
    """Write the first row. Fields named like a fixed column are told apart by a dot in front."""
    return _row([*FIXED, *(f".{name}" if name in FIXED else name for name in columns)])


def csv_row(version: Version, content: JsonObject, columns: Sequence[str]) -> bytes:
    """Write a record; what is nested becomes JSON in a cell. Exact content is in the lines of JSON beside it."""
    fixed = (
        version.key.workspace_id,
        version.key.external_id,
        version.parent.kind if version.parent else "",
        version.parent.external_id if version.parent else "",
        version.changed_at.isoformat() if version.changed_at else "",
        version.changed_by or "",
    )
    return _row([*fixed, *(_cell(content.get(name)) for name in columns)])


def _cell(value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case str():
            # A spreadsheet would take it for a formula: text in an app is strangers' work.
            return f"'{value}" if value.startswith(_FORMULA) else value
        case int() | float():
            return str(value)
        case _:
            return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()


def _row(cells: Sequence[str]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerow(cells)
    return text.getvalue().encode("utf-8", "replace")
