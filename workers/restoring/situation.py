"""Situation: all that a plan is made from. Values only."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from connectors.base import KindSpec
from connectors.writing import AppWriting
from store.record import JsonObject, Kind, Record, WorkspaceId
from workers.restoring.plan import Key, Mode, Named

Fingerprint = Callable[[JsonObject], str]
"""Names a value so that another one has another name. Keyed, so that a guess at the value cannot be checked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """What is held, what is asked for, and what is in the target."""

    writing: AppWriting
    specs: Mapping[Kind, KindSpec]
    mode: Mode
    held: Mapping[Key, Record]
    """What is asked for, all it lies in, and all it may need."""
    selected: frozenset[Key]
    live: Mapping[Key, Record]
    """What the target's workspaces hold now; a file's content is `{"name", "mediaType", "bytes", "revision"}`."""
    read: frozenset[WorkspaceId]
    """The workspaces of the target that `live` has whole."""
    workspaces: frozenset[WorkspaceId]
    """All that the grants see in the target, read or not."""
    into: Mapping[Key, Key]
    """What of the target takes the place of what records lay in: another board, another organization."""
    restored: Mapping[tuple[Kind, str], Sequence[str]]
    """What earlier restores made of a record or a further name of one, the newest first."""
    chosen: Mapping[Named, str]
    """What one earlier restore made of what: it goes before everything else, because that one is gone on with."""
    same_ids: bool
    """Whether an id means the same record in the target as in the backup."""
    is_elsewhere: bool
    """Whether the target is another connection: what was restored into it then goes before what has the same id."""
    me: str
    """The app's id of the person whose grant writes."""
    fingerprint: Fingerprint
    about: Mapping[str, Any]
    """What the plan says of itself."""

    def declared(self, kind: Kind) -> Mapping[str, str]:
        """Return the fields of a kind that cannot come back, each with why."""
        spec = self.specs.get(kind)
        return spec.lost_on_restore if spec is not None else {}
