"""Output: tables for people, one JSON document for programs; never both."""

import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from enum import Enum
from typing import Any
from uuid import UUID

import orjson
from rich.console import Console
from rich.markup import escape
from rich.table import Table

_LONGEST_LINE = 10_000

# Only a terminal has an edge. What goes to a file or a pipe stays whole, so that names in it can be found.
out = Console(highlight=False, soft_wrap=False, width=None if sys.stdout.isatty() else _LONGEST_LINE)
err = Console(stderr=True, highlight=False)
"""Progress and notes: not part of what a command answers."""


def emit_json(value: Any) -> None:
    """Print one JSON document on one line."""
    sys.stdout.write(orjson.dumps(value, default=_plain).decode() + "\n")
    sys.stdout.flush()


def table(*columns: str, title: str | None = None) -> Table:
    """Start a table in the house style; a column whose name ends in `#` holds numbers."""
    made = Table(title=title, title_justify="left", title_style="bold", box=None, header_style="dim", pad_edge=False)
    for column in columns:
        if column.endswith("#"):
            made.add_column(column[:-1], justify="right")
        else:
            made.add_column(column, overflow="fold")
    return made


def add_rows(made: Table, rows: Iterable[Sequence[Any]]) -> Table:
    """Fill a table; cells are text as it is, not markup: what comes from an app must not colour the terminal."""
    for row in rows:
        made.add_row(*(shown(cell) for cell in row))
    return made


def shown(value: Any) -> str:
    """Write a value for a person."""
    match value:
        case None:
            return ""
        case datetime():
            return value.astimezone().strftime("%Y-%m-%d %H:%M:%S")
        case int():
            return f"{value:,}"
        case _:
            return escape(printable(str(value)))


def printable(text: str) -> str:
    """Replace what would move a terminal's cursor or change its colours."""
    return "".join(character if character.isprintable() else " " for character in text)


def size(size_bytes: int) -> str:
    """Write a number of bytes for a person."""
    value = float(size_bytes)
    for unit in ("B", "KB", "MB", "GB"):
        if value < 1000:  # noqa: PLR2004 - the step between units
            return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:.1f} TB"


def _plain(value: Any) -> Any:
    match value:
        case UUID():
            return str(value)
        case bytes():
            return value.hex()
        case Enum():
            return value.value
        case Mapping():
            return dict(value)
        case frozenset() | set():
            return sorted(value)
        case _:
            raise TypeError(f"{type(value).__name__} has no JSON form")
