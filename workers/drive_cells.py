"""Drive cells: a record as a row that people can read. Pure.

Cells are literal values, never typed text, so that no content can become a formula. Objects are laid out in columns
(`badges.comments`), lists of plain values are joined, what is deeper is written as JSON. Columns keep their place for
all time: new ones are added on the right.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import orjson

from connectors.google_drive.sheets import Cell
from store.record import JsonObject
from workers.drive_tree import Fingerprint

ID, WITHIN = "id", "in"
MOST_CHARS = 49_000
"""Of a cell: Google takes 50,000."""
MOST_COLUMNS = 200
MOST_ROWS = 20_000
"""Of one sheet, so that even with all columns it stays far below Google's ten million cells."""
_DEPTH = 3
_EXACT = 2**53
"""Whole numbers beyond are not exact as Google keeps them, so they are written as text."""


def flat(content: JsonObject) -> dict[str, Cell]:
    """Lay a record's content out in named cells; what is empty is left out."""
    found: dict[str, Cell] = {}
    _lay(found, "", content, _DEPTH)
    return found


def _lay(found: dict[str, Cell], prefix: str, content: Mapping[str, Any], depth: int) -> None:
    for name, value in content.items():
        path = f"{prefix}{name}"
        if isinstance(value, Mapping) and value and depth > 1:
            _lay(found, f"{path}.", value, depth - 1)
        elif (written := cell(value)) is not None:
            found[path] = written


def cell(value: Any) -> Cell:
    """Write one value; None for nothing."""
    if value is None or value in ("", [], {}):
        return None
    match value:
        case bool() | float():
            return value
        case int():
            return value if -_EXACT <= value <= _EXACT else str(value)
        case str():
            return _text(value)
        case list() if not any(isinstance(each, list | Mapping) for each in value):
            return _text(", ".join(_word(each) for each in value)) or None
        case _:
            # Not orjson: an app's numbers may be longer than 64 bits.
            return _text(json.dumps(value, ensure_ascii=False, separators=(",", ":")))


def cut(row: Mapping[str, Cell], *, where: str) -> dict[str, Cell]:
    """Cut texts that no cell takes, saying where the whole is: it is never lost, only elsewhere."""
    cells = dict(row)
    for name, value in row.items():
        if isinstance(value, str) and _units(value) > MOST_CHARS:
            note = f" … [cut here: all {len(value):,} characters are in {where}]"
            cells[name] = _first(value, MOST_CHARS - len(note)) + note
    return cells


def grown(columns: Sequence[str], rows: Iterable[Mapping[str, Cell]], *, title: str | None) -> list[str]:
    """Return the columns with those that rows need in addition: first the id, the title and where it belongs."""
    kept = list(columns) or [ID, *([title] if title else []), WITHIN]
    known = set(kept)
    more = sorted({name for row in rows for name in row if name not in known})
    return kept + more[: max(0, MOST_COLUMNS - len(kept))]


def laid(columns: Sequence[str], row: Mapping[str, Cell]) -> list[Cell]:
    """Put a row's cells in the order of the columns; nothing behind the last one that holds anything."""
    cells = [row.get(name) for name in columns]
    while cells and cells[-1] is None:
        cells.pop()
    return cells


def digest(fingerprint: Fingerprint, cells: Sequence[Cell]) -> bytes:
    """Hash a row's cells, as written or as read back: empty text is nothing, and 1.0 is 1."""
    plain = [_plain(value) for value in cells]
    while plain and plain[-1] is None:
        plain.pop()
    return fingerprint(b"row\0" + orjson.dumps(plain))[:8]


def _plain(value: Cell) -> Cell:
    if value == "" and isinstance(value, str):
        return None
    if isinstance(value, float) and value.is_integer() and abs(value) <= _EXACT:
        return int(value)
    return value


def _word(value: Any) -> str:
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def _text(text: str) -> str | None:
    """Make text that JSON and Google's cells can hold."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    cleaned = "".join(c for c in text if c in "\n\t" or c >= " ")
    return cleaned.encode("utf-8", "replace").decode() or None


def _units(text: str) -> int:
    """Count as Google does: characters beyond the first plane are two."""
    return len(text) + sum(c > "\uffff" for c in text)


def _first(text: str, units: int) -> str:
    count = 0
    for at, character in enumerate(text):
        count += 2 if character > "\uffff" else 1
        if count > units:
            return text[:at]
    return text
