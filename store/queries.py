"""Named queries: SQL lives in `store/sql/<name>.sql`, Python calls it by name."""

import re
from functools import cache
from pathlib import Path

from store.errors import Invalid

_SQL = Path(__file__).parent / "sql"
_NAME = re.compile(r"^-- name: ([a-z][a-z0-9_]*)\s*$", re.MULTILINE)


class Queries:
    """The queries of one file as attributes: `load("versions").history` is the text below `-- name: history`."""

    def __init__(self, file_name: str, texts: dict[str, str]) -> None:
        self._file_name = file_name
        self._texts = texts

    def __getattr__(self, name: str) -> str:
        """Return the text of a query; Invalid when the file has none of that name."""
        try:
            return self._texts[name]
        except KeyError:
            raise Invalid(f"store/sql/{self._file_name}.sql has no query named {name!r}") from None


def parse(text: str) -> dict[str, str]:
    """Split a file at its `-- name:` lines. Text before the first is a comment for readers."""
    parts = _NAME.split(text)
    return {name: body.strip() for name, body in zip(parts[1::2], parts[2::2], strict=True)}


@cache
def load(file_name: str) -> Queries:
    """Read `store/sql/<file_name>.sql` once per process."""
    return Queries(file_name, parse((_SQL / f"{file_name}.sql").read_text(encoding="utf-8")))
