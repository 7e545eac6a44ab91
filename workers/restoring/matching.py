"""Matching: which record of the target a held one is, if any, and what takes the place of a name. Pure."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass

from connectors.writing import KindWriting, Name, Reference
from store import canonical
from store.record import ExternalId, Kind, Record, WorkspaceId
from workers.restoring.plan import Key, Mode
from workers.restoring.situation import Situation


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """The name in the target."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """The name will be known when this record has been made or changed."""

    owner: Key


Place = Known | Pending | None
"""What takes a name's place; None where nothing does."""


def scoped(value: str, workspace_id: WorkspaceId, *, is_local: bool) -> str:
    """Write a name so that it is unique in its connection."""
    return f"{workspace_id}/{value}" if is_local else value


class Matching:
    """Of one situation. Answers are remembered, and the same for the same questions in the same order."""

    def __init__(self, situation: Situation) -> None:
        self._situation = situation
        self._rules = situation.writing.by_kind
        self._found: dict[Key, Key | None] = {}
        self._owners: dict[tuple[Kind, str], Key] = {}
        for key, record in situation.held.items():
            for name in self._names(record):
                self._owners[name.kind, scoped(name.value, record.workspace_id, is_local=name.local)] = key
        self._moved = {
            situation.held[old].workspace_id: situation.live[new].workspace_id for old, new in situation.into.items()
        }
        self._live_names = {
            (name.kind, name.value) for record in situation.live.values() for name in self._names(record)
        }
        self._claimed = {
            (record.workspace_id, found)
            for key, record in situation.held.items()
            if (found := self._by_identity(key)) is not None
        }
        """What of the target is already one of those that are held of a workspace."""
        self._alike: defaultdict[tuple[Kind, Key | None, bytes], list[Key]] = defaultdict(list)
        for key in sorted(situation.live):
            rules = self._rules.get(key[0])
            if rules is not None and rules.alike:
                record = situation.live[key]
                self._alike[key[0], parent_key(record), _looks(rules, record)].append(key)

    def lane(self, workspace_id: WorkspaceId) -> str:
        """Name the lane of what lies in a held workspace: the workspace of the target, where it is another one."""
        return self._moved.get(workspace_id, workspace_id)

    def counterpart(self, key: Key) -> Key | None:
        """Find the record of the target that a held one is."""
        if key not in self._found:
            self._found[key] = None  # no record lies in itself
            self._found[key] = self._look_for(key)
        return self._found[key]

    def workspace_of(self, held: Record) -> WorkspaceId | None:
        """Name the workspace of the target that takes the place of a record's; None where that is still to be made."""
        spec, key = self._situation.specs.get(held.kind), (held.kind, held.external_id)
        above: Key | None = key if spec is not None and spec.is_workspace else parent_key(held)
        while above is not None and (found := self._situation.held.get(above)) is not None:
            place = self.counterpart(above)
            if found.workspace_id != held.workspace_id:
                return None
            if place is not None:
                return self._situation.live[place].workspace_id
            above = parent_key(found)
        return None

    def owner(self, reference: Reference, value: str, workspace_id: WorkspaceId) -> Key | None:
        """Find the held record that a name means; one that is not held has no owner."""
        key = (reference.kind, ExternalId(value))
        if key in self._situation.held:
            return key
        return self._owners.get((reference.kind, scoped(value, workspace_id, is_local=reference.local)))

    def place(self, reference: Reference, value: str, record: Record, is_written: Callable[[Key], bool]) -> Place:
        """Say what takes the place of a name in a held record. `is_written`: whether a step writes a record."""
        situation = self._situation
        owner = self.owner(reference, value, record.workspace_id)
        if owner is None:
            return self._of_nobody(reference, value, record.workspace_id)
        found = self.counterpart(owner)
        if found is None:
            if is_written(owner):
                return Pending(owner=owner)
            is_read = situation.held[owner].workspace_id in situation.read
            is_gone = (is_read and not self._may_be_unseen(owner[0])) or self._is_gone_workspace(
                owner[0], str(owner[1])
            )
            return Known(name=value) if situation.same_ids and not is_gone else None
        if owner[0] == reference.kind:
            return Known(name=found[1])
        name = self._other_name(reference, value, situation.held[owner], situation.live[found])
        if name is None:
            return Pending(owner=owner) if is_written(owner) else None
        return Known(name=name)

    def _of_nobody(self, reference: Reference, value: str, workspace_id: WorkspaceId) -> Place:
        """A name of what is not held: an earlier restore may know it, else it stays, where ids mean the same."""
        situation, kind = self._situation, reference.kind
        scope = scoped(value, workspace_id, is_local=reference.local)
        chosen = [situation.chosen[kind, scope]] if (kind, scope) in situation.chosen else []
        for new in (*chosen, *situation.restored.get((kind, scope), ())):
            if (kind, new) in situation.live or (kind, new) in self._live_names:
                return Known(name=new)
        rules = self._rules.get(kind)
        is_gone = rules is not None and not rules.can_create and not rules.unseen
        is_gone = is_gone or reference.local or self._is_gone_workspace(kind, value)
        is_there = (kind, value) in situation.live or (kind, value) in self._live_names
        return Known(name=value) if is_there or (situation.same_ids and not is_gone) else None

    def _may_be_unseen(self, kind: Kind) -> bool:
        """Whether one that was not read may be there all the same."""
        rules = self._rules.get(kind)
        return rules is not None and rules.unseen

    def _is_gone_workspace(self, kind: Kind, value: str) -> bool:
        """Whether a name is of a workspace that the grants do not see: nothing can be put there."""
        spec = self._situation.specs.get(kind)
        return spec is not None and spec.is_workspace and value not in self._situation.workspaces

    def _other_name(self, reference: Reference, value: str, held: Record, live: Record) -> str | None:
        keys = [name.key for name in self._names(held) if (name.kind, name.value) == (reference.kind, value)]
        return next(
            (name.value for name in self._names(live) if name.kind == reference.kind and name.key in keys), None
        )

    def _look_for(self, key: Key) -> Key | None:
        situation = self._situation
        if key in situation.into:
            return situation.into[key]
        chosen = (key[0], ExternalId(situation.chosen.get((key[0], str(key[1])), "")))
        if chosen in situation.live:
            return chosen
        rules = self._rules.get(key[0])
        if situation.mode is Mode.COPY and key in situation.selected and (rules is None or rules.can_create):
            return None
        found = self._by_identity(key)
        if found is not None or rules is None or not rules.alike or key not in situation.held:
            return found
        return self._alike_one(key, rules, situation.held[key])

    def _alike_one(self, key: Key, rules: KindWriting, held: Record) -> Key | None:
        """Find a record that stands for a held one although it has another id, and for no other."""
        parent = parent_key(held)
        place = self.counterpart(parent) if parent is not None else None
        if parent is not None and place is None:
            return None
        for candidate in self._alike.get((key[0], place, _looks(rules, held)), ()):
            if (held.workspace_id, candidate) not in self._claimed:
                self._claimed.add((held.workspace_id, candidate))
                return candidate
        return None

    def _by_identity(self, key: Key) -> Key | None:
        """Find it by its id, or by what earlier restores made of it; in another connection the other way about."""
        itself = key if self._situation.same_ids and self._is_in_place(key, key) else None
        if self._situation.is_elsewhere:
            return self._made_of(key) or itself
        return itself or self._made_of(key)

    def _made_of(self, key: Key) -> Key | None:
        """Find what earlier restores made of a record, of what they made, and so on."""
        kind, asked = key
        seen, todo = {str(asked)}, [str(asked)]
        while todo:
            for new in self._situation.restored.get((kind, todo.pop()), ()):
                if self._is_in_place(key, (kind, ExternalId(new))):
                    return kind, ExternalId(new)
                if new not in seen:
                    seen.add(new)
                    todo.append(new)
        return None

    def _is_in_place(self, key: Key, candidate: Key) -> bool:
        """Whether the target has a record, in the workspace that takes the held one's place."""
        live, held = self._situation.live.get(candidate), self._situation.held.get(key)
        if live is None or held is None:
            return live is not None
        return live.workspace_id == self._moved.get(held.workspace_id, live.workspace_id)

    def _names(self, record: Record) -> list[Name]:
        rules = self._rules.get(record.kind)
        return list(rules.names(record)) if rules is not None else []


def parent_key(record: Record) -> Key | None:
    """Name what a record lies in."""
    return None if record.parent is None else (record.parent.kind, record.parent.external_id)


def _looks(rules: KindWriting, record: Record) -> bytes:
    view = rules.view(record)
    return canonical.encode([view.get(name) for name in rules.alike])
