"""State: what a cycle remembers of each project for the next one, and for itself when it is interrupted."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from connectors.redmine.identity import instant
from store.record import JsonObject, Kind, WorkspaceId

VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A project as it was when it was last read."""

    digest: str = ""
    """Of what the listing of projects said of it."""
    marks: Mapping[Kind, str] = field(default_factory=dict)
    """Of every thing that its lists gave, packed."""
    wiki: Mapping[str, str] = field(default_factory=dict)
    """Wiki page's title → digest of what the index said of it."""
    files: str = ""
    """Digest of the list of its files."""
    newest: datetime | None = None
    """The greatest `updated_on` of its issues."""
    parent_id: WorkspaceId | None = None
    """The project it lies in: its scope when it can no longer be asked."""
    again: bool = False
    """To be read next time whatever the lists say: it kept changing, or could not be read whole."""
    full_at: datetime | None = None
    """When it was last read whole, the history of every issue too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadState:
    """Everything known. Also the cursor of a cycle: then it holds what the cycle has done."""

    projects: Mapping[WorkspaceId, Known] = field(default_factory=dict)
    server: Mapping[str, str] | None = None
    """Kind → digest of all of it that belongs to the server; None: not read in this cycle."""

    def encode(self) -> JsonObject:
        """Return it as JSON."""
        projects = {workspace_id: _encode(known) for workspace_id, known in self.projects.items()}
        server = None if self.server is None else dict(self.server)
        return {"version": VERSION, "server": server, "projects": projects}


def decode(value: JsonObject | None) -> ReadState:
    """Read it back. What is not understood is not known: its project is read whole."""
    if not value or value.get("version") != VERSION or not isinstance(value.get("projects"), dict):
        return ReadState()
    server = value.get("server")
    return ReadState(
        projects={WorkspaceId(key): _decode(part) for key, part in value["projects"].items()},
        server=_texts(server) if isinstance(server, dict) else None,
    )


def _encode(known: Known) -> JsonObject:
    full: JsonObject = {
        "digest": known.digest,
        "marks": dict(known.marks),
        "wiki": dict(known.wiki),
        "files": known.files,
        "newest": known.newest.isoformat() if known.newest else None,
        "parent_id": known.parent_id,
        "again": known.again,
        "full_at": known.full_at.isoformat() if known.full_at else None,
    }
    return {name: part for name, part in full.items() if part}


def _decode(value: Any) -> Known:
    part = value if isinstance(value, dict) else {}
    parent, digest, files = part.get("parent_id"), part.get("digest"), part.get("files")
    return Known(
        digest=digest if isinstance(digest, str) else "",
        marks={Kind(kind): text for kind, text in _texts(part.get("marks")).items()},
        wiki=_texts(part.get("wiki")),
        files=files if isinstance(files, str) else "",
        newest=instant(part.get("newest")),
        parent_id=WorkspaceId(parent) if isinstance(parent, str) and parent else None,
        again=part.get("again") is True,
        full_at=instant(part.get("full_at")),
    )


def _texts(value: Any) -> dict[str, str]:
    found = value if isinstance(value, dict) else {}
    return {name: text for name, text in found.items() if isinstance(text, str)}
