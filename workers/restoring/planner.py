"""Planner: from what is held and what is there to the steps between. Pure: the same situation gives the same plan."""

from collections.abc import Callable, Mapping
from typing import Any

from connectors.writing import KindWriting, Reference
from store.record import FILE_KIND, JsonObject, Kind
from workers.restoring.around import Surroundings
from workers.restoring.compare import differing, flatten, split_fields, top
from workers.restoring.matching import Known, Matching, Pending, parent_key
from workers.restoring.order import in_order
from workers.restoring.plan import Key, Plan
from workers.restoring.references import exchange, names_in
from workers.restoring.situation import Situation
from workers.restoring.steps import StepWriter
from workers.restoring.work import Work

_FIXED = "the app changes it no more once it is made"
_NOWHERE = "what it names is not there any more"
_PUT_AWAY = "it is archived, and no request of the app takes it out: do so in the app, and restore again"
_FILE_RULES = KindWriting(kind=FILE_KIND)


def plan(situation: Situation) -> Plan:
    """Plan a restore."""
    return _Planner(situation).plan()


class _Planner:
    def __init__(self, situation: Situation) -> None:
        self._situation = situation
        self._matching = Matching(situation)
        self._surroundings = Surroundings(situation)
        self._rules = situation.writing.by_kind
        self._rank = {rules.kind: place for place, rules in enumerate(situation.writing.kinds)}
        self._rank.setdefault(FILE_KIND, len(self._rank))
        self._work: dict[Key, Work] = {}
        self._live_files = {
            parent: record
            for record in situation.live.values()
            if record.kind == FILE_KIND and (parent := parent_key(record)) is not None
        }

    def plan(self) -> Plan:
        """Gather what is wanted, judge each record, put them in order, and write down the steps."""
        self._gather()
        order, circular = in_order({key: work.hard for key, work in self._work.items()}, self._ranks())
        for key in order:
            self._judge(self._work[key])
        for key in circular:
            self._work[key].cannot = "it lies in itself, or needs itself"
        for key in order:
            self._open(self._work[key])
        return StepWriter(self._situation, self._matching, self._work).plan((*order, *sorted(circular)))

    # What is wanted: what is asked for, and what that cannot be without.

    def _gather(self) -> None:
        todo = [(key, False) for key in sorted(self._situation.selected) if key not in self._situation.into]
        while todo:
            key, brought = todo.pop()
            if key in self._work:
                continue
            work = self._work[key] = self._begin(key, brought=brought)
            if work.cannot is None:
                hard, soft = self._needs_of(work)
                work.hard = frozenset(hard)
                todo += [(need, True) for need in sorted(hard | soft) if self._is_to_be_brought(need)]

    def _begin(self, key: Key, *, brought: bool) -> Work:
        held = self._situation.held[key]
        rules = _FILE_RULES if key[0] == FILE_KIND else self._rules.get(key[0])
        spec = self._situation.specs.get(key[0])
        found = self._matching.counterpart(key)
        live = self._situation.live[found] if found is not None else None
        work = Work(key=key, held=held, rules=rules or KindWriting(kind=key[0]), live=live, brought=brought)
        if rules is None or (live is None and not rules.can_create):
            title = spec.title if spec is not None else key[0]
            work.cannot = (
                spec.why_not if spec is not None and spec.why_not else f"{title}: the app lets nobody make one"
            )
        if key[0] == FILE_KIND:
            self._begin_file(work)
        return work

    def _begin_file(self, work: Work) -> None:
        """A file comes with the record it belongs to, or is there with it."""
        parent = parent_key(work.held)
        found = self._matching.counterpart(parent) if parent is not None else None
        work.live = self._live_files.get(found) if found is not None else None
        if found is not None and (work.live is None or not _is_same_file(work.held.content, work.live.content)):
            work.cannot = "the bytes of what is attached cannot be changed; remove it in the app, and restore again"

    def _needs_of(self, work: Work) -> tuple[set[Key], set[Key]]:
        """Name what has to be there before a record is made, and what should be."""
        hard: set[Key] = set()
        soft: set[Key] = set()
        parent = parent_key(work.held)
        if parent is not None and work.rules.parent_required:
            hard.add(parent)
        elif parent is not None and not self._still_has(work, parent):
            soft.add(parent)
        for reference, name in names_in(work.to_write(), work.rules.references):
            owner = self._matching.owner(reference, name, work.held.workspace_id)
            if owner is not None and owner != work.key and (reference.required or reference.brings):
                (hard if reference.required else soft).add(owner)
        return hard, soft

    def _still_has(self, work: Work, parent: Key) -> bool:
        """Whether it lies where it lay, whether the grant sees that place or not: a second one would take it away."""
        return self._situation.same_ids and work.live is not None and parent_key(work.live) == parent

    def _is_to_be_brought(self, key: Key) -> bool:
        rules = self._rules.get(key[0])
        is_possible = key in self._situation.held and rules is not None and rules.can_create
        return is_possible and key not in self._work and self._matching.counterpart(key) is None

    def _ranks(self) -> Mapping[Key, tuple[Any, ...]]:
        last = len(self._rank)
        return {
            key: (self._rank.get(key[0], last), key[0], work.rules.sort(work.held), key[1])
            for key, work in self._work.items()
        }

    # What is to be done with each.

    def _judge(self, work: Work) -> None:
        """Say whether it can be restored, and what of it differs. What it needs was judged before."""
        if work.cannot is None:
            work.cannot = self._obstacle(work)
        if work.cannot is not None or work.key[0] == FILE_KIND:
            return
        view, dropped = exchange(work.to_write(), work.rules.references, self._lookup(work))
        work.lost.update(dict.fromkeys(dropped, _NOWHERE))
        work.lost.update(work.rules.loses(work.held, self._situation.me))
        inside = split_fields(work.rules, self._situation.declared(work.key[0]))
        work.expected = flatten(view, inside)
        if work.live is not None:
            actual = flatten(work.rules.view(work.live), inside)
            # What nothing is left of is no reason to take away what is there.
            work.expected |= {
                name: actual.get(name) for name in work.expected if top(name) in dropped and not work.expected[name]
            }
            self._compare(work, actual)
        if work.live is None or work.differing:
            work.cannot = work.rules.cannot(work.held, work.live, self._situation.me)
            self._foresee(work, view)
        if work.rules.archive_field in work.differing and work.is_archived and not work.rules.unarchives:
            work.cannot = _PUT_AWAY
        if work.cannot is None:
            self._surroundings.expect(work.held, view)

    def _foresee(self, work: Work, view: JsonObject) -> None:
        """Give up what the app will refuse for what is around the record."""
        around = self._surroundings.of(work.held, self._matching.workspace_of(work.held))
        foreseen = work.rules.foresee(view, around)
        work.cannot = work.cannot or foreseen.cannot
        for name, why in foreseen.lost.items():
            if work.live is None or name in work.differing:
                work.lost[name] = why
                work.expected.pop(name, None)
                work.differing -= {name}

    def _compare(self, work: Work, actual: Mapping[str, Any]) -> None:
        declared = {**self._situation.declared(work.key[0]), **work.rules.loses(work.held, self._situation.me)}
        found = differing(work.expected, actual, work.rules, declared)
        work.differing = found & work.rules.updated_with
        work.lost.update(dict.fromkeys(found - work.rules.updated_with, _FIXED))

    def _obstacle(self, work: Work) -> str | None:
        for need in sorted(work.hard):
            if self._matching.counterpart(need) is not None or self._is_let_be(need):
                continue
            title = self._title(need[0])
            if need not in self._work:
                return f"its {title} is neither in the target nor in the backup"
            if self._work[need].cannot is not None:
                return f"its {title} cannot be restored"
        return None

    def _is_let_be(self, need: Key) -> bool:
        """Whether a record is taken to be there, unseen: a person whom no workspace shows now."""
        rules = self._rules.get(need[0])
        return self._situation.same_ids and rules is not None and rules.unseen

    def _lookup(self, work: Work) -> Callable[[Reference, str], str | None]:
        live = work.live
        there = set(names_in(work.rules.view(live), work.rules.references)) if live is not None else set()

        def look(reference: Reference, name: str) -> str | None:
            place = self._matching.place(reference, name, work.held, self._will_be_written)
            if isinstance(place, Pending):
                return f"\0{name}"  # equal to nothing in any view
            if place is None and (reference, name) in there:
                return name  # the record itself still has it, whether the grant sees it or not
            return place.name if isinstance(place, Known) else None

        return look

    def _will_be_written(self, key: Key) -> bool:
        work = self._work.get(key)
        return work is not None and work.cannot is None

    def _open(self, work: Work) -> None:
        """See to it that what a record is written into takes writes."""
        above, live = parent_key(work.held), None
        while work.is_written and above is not None:
            found = self._matching.counterpart(above)
            rules = self._rules.get(above[0])
            live = self._situation.live[found] if found is not None else None
            if live is not None and rules is not None and rules.archive_blocks and rules.is_archived(rules.view(live)):
                if above in self._work and self._work[above].cannot is None and rules.unarchives:
                    self._work[above].opens = True
                else:
                    advice = ", or restore it too" if rules.unarchives else " in the app, and restore again"
                    work.cannot = f"its {self._title(above[0])} is archived: unarchive it{advice}"
            held = self._situation.held.get(above)
            above = parent_key(held) if held is not None else None

    def _title(self, kind: Kind) -> str:
        spec = self._situation.specs.get(kind)
        return (spec.title if spec is not None else kind).lower()


def _is_same_file(held: JsonObject, live: JsonObject) -> bool:
    return held.get("revision") == live.get("revision") or (
        (held.get("name"), held.get("bytes")) == (live.get("name"), live.get("bytes"))
    )
