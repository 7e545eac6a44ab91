"""Find: what a creation that was interrupted may have left in the target."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from connectors.base import Grant
from connectors.writing import Creation, KindWriting, Made, WritingConnector
from store.record import ExternalId, Record
from workers.restoring.compare import flatten, split_fields
from workers.restoring.live import read_live
from workers.restoring.matching import parent_key
from workers.restoring.names import Names
from workers.restoring.plan import WORKSPACE, Key


@dataclass(frozen=True, slots=True, kw_only=True)
class Finder:
    """Looks in one restore's target."""

    connector: WritingConnector
    grants: Sequence[Grant]
    known: Collection[Key]
    """What the target held before the first write; its workspaces, too, as `(WORKSPACE, id)`."""
    names: Names
    """What has been made since."""

    async def __call__(self, creation: Creation) -> Made | None:
        """Read the workspace that the creation was for, or those that are new, and look for what it made."""
        made = {(kind, ExternalId(new)) for (kind, _), new in self.names.made.items()}
        known = {*self.known, *made}
        wanted = {creation.workspace_id} if creation.workspace_id is not None else set()
        if creation.workspace_id is None:
            listed = await read_live(self.connector, self.grants, (), datetime.now(UTC))
            wanted = {found for found in listed.workspaces if (WORKSPACE, ExternalId(found)) not in known}
        live = await read_live(self.connector, self.grants, wanted, datetime.now(UTC))
        rules = self.connector.writing.by_kind[creation.kind]
        found = unfinished(creation, rules, live.records, known)
        if found is None:
            return None
        return Made(workspace_id=found.workspace_id, external_id=found.external_id, content=found.content)


def unfinished(
    creation: Creation, rules: KindWriting, live: Mapping[Key, Record], known: Collection[Key]
) -> Record | None:
    """Return the record that the creation made, if it did. Pure.

    One workspace is written by one step at a time, so there is at most one such record: of that kind, in that parent,
    and known neither from before the restore nor from what it has made. Others that people make meanwhile differ in
    what was written; apps that write a little differently from what they are told still agree in most.
    """
    parent = None if creation.parent is None else (creation.parent.kind, creation.parent.external_id)
    candidates = [
        (_likeness(creation, rules, record), key)
        for key, record in sorted(live.items())
        if key[0] == creation.kind and key not in known and (parent is None or parent_key(record) == parent)
    ]
    likeness, best = max(candidates, default=(0.0, None), key=lambda found: found[0])
    return live[best] if best is not None and likeness > 1 / 2 else None


def _likeness(creation: Creation, rules: KindWriting, record: Record) -> float:
    """Return the share of what was written that is there."""
    if not creation.fields:
        return 1.0
    view = flatten(rules.view(record), split_fields(rules))
    equal = [name for name, value in creation.fields.items() if view.get(name) == value]
    return len(equal) / len(creation.fields)
