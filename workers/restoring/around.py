"""Around: what a record will have around it in the target, as far as the steps planned so far tell. Pure."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from store.record import JsonObject, Kind, Record, WorkspaceId
from workers.restoring.situation import Situation


class Surroundings:
    """Of one plan: what is there, and what has been planned."""

    def __init__(self, situation: Situation) -> None:
        self._me = situation.me
        self._named: dict[tuple[Kind, str], Record] = {}
        self._beside: defaultdict[tuple[WorkspaceId, Kind], list[JsonObject]] = defaultdict(list)
        self._planned: defaultdict[tuple[WorkspaceId, Kind], list[JsonObject]] = defaultdict(list)
        rules = situation.writing.by_kind
        for record in situation.live.values():
            self._named[record.kind, str(record.external_id)] = record
            if record.kind in rules:
                self._beside[record.workspace_id, record.kind].append(rules[record.kind].view(record))
                for name in rules[record.kind].names(record):
                    if not name.local:
                        self._named[name.kind, name.value] = record

    def expect(self, held: Record, view: JsonObject) -> None:
        """Note that a held record will be in the target, looking like this."""
        self._planned[held.workspace_id, held.kind].append(view)

    def of(self, held: Record, target: WorkspaceId | None) -> "AroundRecord":
        """Look around one record; `target` is the workspace that it goes in, None for one that is still to be made."""
        return AroundRecord(surroundings=self, held_in=held.workspace_id, target=target)

    @property
    def me(self) -> str:
        """The app's id of the person whose grant writes."""
        return self._me

    def named(self, kind: Kind, name: str) -> Record | None:
        """Find what the target has under a name now."""
        return self._named.get((kind, name))

    def beside(self, kind: Kind, held_in: WorkspaceId, target: WorkspaceId | None) -> Sequence[JsonObject]:
        """Views of those in one workspace, there now or by then."""
        there = self._beside.get((target, kind), []) if target is not None else []
        return [*there, *self._planned.get((held_in, kind), [])]


@dataclass(frozen=True, slots=True, kw_only=True)
class AroundRecord:
    """Around one record (`connectors.writing.Around`)."""

    surroundings: Surroundings
    held_in: WorkspaceId
    target: WorkspaceId | None

    @property
    def me(self) -> str:
        """The app's id of the person whose grant writes."""
        return self.surroundings.me

    def beside(self, kind: Kind) -> Sequence[JsonObject]:
        """Views of those of one kind in the same workspace, names exchanged."""
        return self.surroundings.beside(kind, self.held_in, self.target)

    def named(self, kind: Kind, name: str) -> Record | None:
        """Find what the target has under a name now."""
        return self.surroundings.named(kind, name)
