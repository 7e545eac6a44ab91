"""State: what a cycle remembers of each workspace for the next one, and for itself when it is interrupted."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from connectors.trello.kinds import BOARD, ORGANIZATION
from connectors.trello.moved import Move, Moves
from connectors.trello.split import instant
from store.record import ExternalId, JsonObject, Kind, WorkspaceId

VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A workspace as it was when it was last read."""

    kind: Kind
    activity: str | None = None
    """Its `dateLastActivity`."""
    digest: str = ""
    """Of what the listing said of it."""
    last_action: str | None = None
    """The newest entry of its history that is held."""
    organization_id: WorkspaceId | None = None
    """The workspace it lies in: its scope when it can no longer be asked."""
    again: bool = False
    """To be read next time whatever the listing says: it kept changing, or could not be read whole."""
    missing: int = 0
    """In how many cycles running the app has said that it does not exist."""
    full_at: datetime | None = None
    """When it was last read in full, its whole history too."""
    moved: Moves = field(default_factory=dict)
    """Cards held in it that were on another board when it was read in this cycle."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadState:
    """Everything known, by workspace id. Also the cursor of a cycle: then it holds what the cycle has done."""

    workspaces: Mapping[WorkspaceId, Known] = field(default_factory=dict)
    whole: bool = True
    """Whether every workspace of this cycle so far was read whole."""

    def encode(self) -> JsonObject:
        """Return it as JSON."""
        workspaces = {workspace_id: _encode(known) for workspace_id, known in self.workspaces.items()}
        return {"version": VERSION, "whole": self.whole, "workspaces": workspaces}


def decode(value: JsonObject | None) -> ReadState:
    """Read it back. What is not understood is not known: its workspace is read in full."""
    if not value or value.get("version") != VERSION or not isinstance(value.get("workspaces"), dict):
        return ReadState()
    workspaces = {WorkspaceId(key): _decode(part) for key, part in value["workspaces"].items()}
    return ReadState(workspaces=workspaces, whole=value.get("whole") is True)


def _encode(known: Known) -> JsonObject:
    full: JsonObject = {
        "kind": known.kind,
        "activity": known.activity,
        "digest": known.digest,
        "last_action": known.last_action,
        "organization_id": known.organization_id,
        "again": known.again,
        "missing": known.missing,
        "full_at": known.full_at.isoformat() if known.full_at else None,
        "moved": {card_id: move.encode() for card_id, move in known.moved.items()},
    }
    return {name: part for name, part in full.items() if part}


def _decode(value: Any) -> Known:
    part = value if isinstance(value, dict) else {}
    digest, missing, owner = part.get("digest"), part.get("missing"), _text(part, "organization_id")
    return Known(
        kind=ORGANIZATION if part.get("kind") == ORGANIZATION else BOARD,
        activity=_text(part, "activity"),
        digest=digest if isinstance(digest, str) else "",
        last_action=_text(part, "last_action"),
        organization_id=WorkspaceId(owner) if owner else None,
        again=part.get("again") is True,
        missing=missing if isinstance(missing, int) else 0,
        full_at=instant(part.get("full_at")),
        moved=_moves(part.get("moved")),
    )


def _moves(value: Any) -> Moves:
    parts = value.items() if isinstance(value, dict) else ()
    return {ExternalId(card_id): move for card_id, part in parts if (move := Move.decode(part)) is not None}


def _text(part: Mapping[str, Any], name: str) -> str | None:
    found = part.get(name)
    return found if isinstance(found, str) and found else None
