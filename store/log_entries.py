"""The entries of a log, to be read a page at a time and each told in words."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from store import canonical
from store.database import Connection
from store.queries import load
from store.record import AccountId, JsonObject, SnapshotId

_SQL = load("log")


@dataclass(frozen=True, slots=True, kw_only=True)
class LogEntry:
    """One entry as it lies: its canonical text is what was hashed."""

    number: int
    kind: str
    text: bytes
    snapshot_id: SnapshotId | None
    """Of a snapshot's entry, while the snapshot is kept."""

    @property
    def said(self) -> JsonObject:
        """What it says, parsed."""
        found: JsonObject = canonical.decode(self.text)
        return found

    @property
    def at(self) -> datetime:
        """When the signer says that it happened."""
        return datetime.fromisoformat(self.said["time"])


async def page(
    connection: Connection, account_id: AccountId, *, beyond: int | None, backwards: bool, limit: int
) -> list[LogEntry]:
    """Read entries beyond a number, nearest first: upwards from the first, or backwards from the newest."""
    query = _SQL.page_backwards if backwards else _SQL.page
    return [_of(row) for row in await connection.fetch(query, account_id, beyond, limit)]


def in_words(said: JsonObject) -> str:
    """Tell an entry to people in a line, without ids."""
    tellers: dict[str, Callable[[], str]] = {
        "genesis": lambda: "the log began",
        "snapshot": lambda: f"snapshot {said['seq']}: {said['records']['count']} records in {_packs(said)}",
        "expiry": lambda: f"snapshots {_runs(said['seqs'])} were given up; kept is {said['policy']}",
        "replacement": lambda: f"{said['packs']} packs were written anew without what nothing needs",
        "restore": lambda: f"snapshot {said['seq']} was put back, or part of it",
        "hold": lambda: f"a legal hold was {'placed' if said['placed'] else 'lifted'}",
        "erasure": lambda: _erasure(said),
        "key_rotation": lambda: "a key signs no more" if said["retires"] else "another key signs from here on",
    }
    kind = str(said["kind"])
    return tellers.get(kind, lambda: kind)()


def _packs(said: JsonObject) -> str:
    return f"{said['objects']['count']} packs"


def _erasure(said: JsonObject) -> str:
    if said["scope"] == "account":
        return "the account was erased"
    return f"{said['records']} records were erased in {said['versions']} versions"


def _runs(seqs: Sequence[Sequence[int]]) -> str:
    return ", ".join(str(first) if first == last else f"{first} to {last}" for first, last in seqs)


def _of(row: Any) -> LogEntry:
    snapshot_id = row["snapshot_id"]
    return LogEntry(
        number=row["entry_no"],
        kind=row["kind"],
        text=row["entry"],
        snapshot_id=None if snapshot_id is None else SnapshotId(snapshot_id),
    )
