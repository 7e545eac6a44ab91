"""Recorded: requests that others sent to the real API and what it answered, sent again to the stand-in."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Any

Json = dict[str, Any]

_ID = re.compile(r"MSw\w+|\d{5,}|(?:group|color|file|text|status|test_column)_\w+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """One request and its answer."""

    query: str | None
    """None: a file was sent."""
    upload: str | None
    status: int
    version: str | None
    body: Json


@dataclass(slots=True)
class Translation:
    """Recorded ids, and those that the stand-in gave in their place."""

    ids: dict[str, str] = field(default_factory=dict)

    def of(self, text: str) -> str:
        return _ID.sub(lambda found: self.ids.get(found[0], found[0]), text)

    def learn(self, recorded: Any, ours: Any) -> None:
        """Walk both answers and note which id stands for which."""
        if isinstance(recorded, dict) and isinstance(ours, dict):
            for name, value in recorded.items():
                if name in ours:
                    if name in {"id", "cursor"} and isinstance(value, str) and isinstance(ours[name], str):
                        self.ids.setdefault(value, ours[name])
                    self.learn(value, ours[name])
        elif isinstance(recorded, list) and isinstance(ours, list):
            for one, other in zip(recorded, ours, strict=False):
                self.learn(one, other)


def sessions(shared: Path) -> Iterator[tuple[str, list[Exchange]]]:
    """Give what was recorded together, in order."""
    lines = (shared / "real" / "monday" / "recorded-responses.monday_ruby.jsonl").read_text().splitlines()
    rows = [json.loads(line) for line in lines]
    for name, group in groupby(rows, key=lambda row: row["cassette"]):
        yield name, [_exchange(row) for row in group]


def _exchange(row: Json) -> Exchange:
    body = row["request_body"]
    is_upload = isinstance(body, str)
    return Exchange(
        query=None if is_upload else body["query"],
        upload=body if is_upload else None,
        status=row["status"],
        version=row["headers"].get("Api-Version"),
        body=row["body"],
    )


def shape(found: Any) -> Any:
    """Say what a value is made of, without what it says; lists by their first entry."""
    if isinstance(found, dict):
        return {name: shape(value) for name, value in found.items()}
    if isinstance(found, list):
        return [shape(found[0])] if found else []
    return type(found).__name__
