"""Names: what takes the place of every name of the backup in the target, as far as a restore has come."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from connectors.base import KindSpec
from connectors.writing import KindWriting, Made, Reference
from store.record import ExternalId, ParentRef, Record, WorkspaceId
from workers.restoring.matching import scoped
from workers.restoring.plan import WORKSPACE, Named

GONE_SINCE = "what it names could not be restored"


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """What the plan knew, and what steps have made since. A name that neither tells of stays what it is."""

    planned: Mapping[Named, str | None]
    made: dict[Named, str] = field(default_factory=dict)

    def of(self, named: Named) -> str | None:
        """Return what takes a name's place; None where nothing does."""
        return self.made[named] if named in self.made else self.planned.get(named, named[1])

    def lookup(self, record: Record) -> Callable[[Reference, str], str | None]:
        """Exchange the names in one held record."""

        def look(reference: Reference, name: str) -> str | None:
            return self.of((reference.kind, scoped(name, record.workspace_id, is_local=reference.local)))

        return look

    def parent(self, parent: ParentRef | None) -> ParentRef | None:
        """Name the record of the target that takes a parent's place."""
        found = self.of((parent.kind, parent.external_id)) if parent is not None else None
        return None if parent is None or found is None else ParentRef(kind=parent.kind, external_id=ExternalId(found))

    def workspace(self, record: Record, spec: KindSpec) -> WorkspaceId | None:
        """Name the workspace that a record goes in; None for one that is a workspace itself, and not made yet."""
        named = (WORKSPACE, str(record.workspace_id))
        found = self.made.get(named) or self.planned.get(named)
        if found is None and spec.is_workspace:
            return None
        return WorkspaceId(found or record.workspace_id)


def names_of(rules: KindWriting, spec: KindSpec, held: Record, made: Made) -> Mapping[Named, str]:
    """Say what takes the place of a held record's name, and of its further names, once it is there."""
    names: dict[Named, str] = {(held.kind, str(held.external_id)): made.external_id}
    if spec.is_workspace:
        names[WORKSPACE, str(held.workspace_id)] = made.workspace_id
    there = Record(workspace_id=made.workspace_id, kind=held.kind, external_id=made.external_id, content=made.content)
    new = {(name.kind, name.key): name.value for name in rules.names(there)}
    for name in rules.names(held):
        if (name.kind, name.key) in new:
            scope = scoped(name.value, held.workspace_id, is_local=name.local)
            names[name.kind, scope] = new[name.kind, name.key]
    return names
