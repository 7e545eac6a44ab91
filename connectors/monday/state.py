"""State: what a cycle remembers of each board and workspace for the next one, and for itself when it is interrupted."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from connectors.monday.kinds import BOARD, WORKSPACE
from connectors.monday.split import instant
from store.record import JsonObject, Kind, WorkspaceId

VERSION = 1
OVERLAP = timedelta(minutes=5)
"""What changed so long before a board was read, or later, is asked for again: listings show it half a minute late."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A unit of scope as it was when it was last read."""

    kind: Kind
    digest: str = ""
    """Of what the listing said of it: of a board, what is newest on it too."""
    space_id: WorkspaceId | None = None
    """The workspace that a board lies in: its scope when it can no longer be asked."""
    structure: str = ""
    """Digest of a board's columns: where it differs, values may, without a word from the items."""
    mirrors: tuple[str, ...] = ()
    """The boards whose values this one shows."""
    items_at: datetime | None = None
    """The last change of an item that was read."""
    read_at: datetime | None = None
    """When the cycle began that read it last: what had changed just before may not have been shown yet."""
    logs: Mapping[str, str] = field(default_factory=dict)
    """By board id: the newest entry of its log that is held, as `time id`."""
    shelved: str = ""
    """Digest of the ids that are held and not listed: archived items."""
    documents: Mapping[str, str] = field(default_factory=dict)
    """Of a workspace: its documents by id, each with when it changed last."""
    again: bool = False
    """To be read next time whatever the listing says: it kept changing, or could not be read whole."""
    missing: int = 0
    """In how many cycles running the app has not given it."""
    full_at: datetime | None = None
    """When it was last read in full."""
    moved: Mapping[str, str] = field(default_factory=dict)
    """Items held in it that were on another board when it was read in this cycle, each with that board's id."""
    arrived: frozenset[str] = frozenset()
    """Items on it when it was read in this cycle that were not held in it; none of a board that was not read before."""

    def since(self, newest: datetime) -> datetime:
        """Return from when on to ask for what changed since `newest`: everything before has been shown, and read."""
        return min(newest, self.read_at - OVERLAP) if self.read_at is not None else newest - OVERLAP

    def closed(self) -> "Known":
        """Return it without what is of use to the cycle alone that read it."""
        return replace(self, moved={}, arrived=frozenset())


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadState:
    """Everything known, by unit of scope. Also the cursor of a cycle: then it holds what the cycle has done."""

    workspaces: Mapping[WorkspaceId, Known] = field(default_factory=dict)
    people: str = ""
    """Digest of everything that belongs to the connection as a whole."""
    grants: frozenset[str] = frozenset()
    """Whose listings this rests on."""
    whole: bool = True
    """Whether everything of this cycle so far was read whole."""

    def encode(self) -> JsonObject:
        """Return it as JSON."""
        workspaces = {workspace_id: _encode(known) for workspace_id, known in self.workspaces.items()}
        return {
            "version": VERSION,
            "whole": self.whole,
            "people": self.people,
            "grants": sorted(self.grants),
            "workspaces": workspaces,
        }


def decode(value: JsonObject | None) -> ReadState:
    """Read it back. What is not understood is not known: it is read in full."""
    if not value or value.get("version") != VERSION or not isinstance(value.get("workspaces"), dict):
        return ReadState()
    workspaces = {WorkspaceId(key): _decode(part) for key, part in value["workspaces"].items()}
    return ReadState(
        workspaces=workspaces,
        people=_text(value, "people"),
        grants=frozenset(_ids(value, "grants")),
        whole=value.get("whole") is True,
    )


def _encode(known: Known) -> JsonObject:
    full: JsonObject = {
        "kind": known.kind,
        "digest": known.digest,
        "space_id": known.space_id,
        "structure": known.structure,
        "mirrors": list(known.mirrors),
        "items_at": _stamp(known.items_at),
        "read_at": _stamp(known.read_at),
        "logs": dict(known.logs),
        "shelved": known.shelved,
        "documents": dict(known.documents),
        "again": known.again,
        "missing": known.missing,
        "full_at": _stamp(known.full_at),
        "moved": dict(known.moved),
        "arrived": sorted(known.arrived),
    }
    return {name: part for name, part in full.items() if part}


def _decode(value: Any) -> Known:
    part = value if isinstance(value, dict) else {}
    missing, space = part.get("missing"), _text(part, "space_id")
    return Known(
        kind=WORKSPACE if part.get("kind") == WORKSPACE else BOARD,
        digest=_text(part, "digest"),
        space_id=WorkspaceId(space) if space else None,
        structure=_text(part, "structure"),
        mirrors=_ids(part, "mirrors"),
        items_at=instant(part.get("items_at")),
        read_at=instant(part.get("read_at")),
        logs=_texts(part, "logs"),
        shelved=_text(part, "shelved"),
        documents=_texts(part, "documents"),
        again=part.get("again") is True,
        missing=missing if isinstance(missing, int) else 0,
        full_at=instant(part.get("full_at")),
        moved=_texts(part, "moved"),
        arrived=frozenset(_ids(part, "arrived")),
    )


def _stamp(when: datetime | None) -> str | None:
    return when.isoformat() if when is not None else None


def _text(part: Mapping[str, Any], name: str) -> str:
    found = part.get(name)
    return found if isinstance(found, str) else ""


def _texts(part: Mapping[str, Any], name: str) -> Mapping[str, str]:
    found = part.get(name)
    if not isinstance(found, dict):
        return {}
    return {key: value for key, value in found.items() if isinstance(value, str)}


def _ids(part: Mapping[str, Any], name: str) -> tuple[str, ...]:
    found = part.get(name)
    return tuple(each for each in found if isinstance(each, str)) if isinstance(found, list) else ()
