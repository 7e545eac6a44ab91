"""Planner: from what is held and what is there to the steps between. Pure: the same situation gives the same plan."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from connectors.writing import Action, KindWriting, Reference
from store.record import FILE_KIND, JsonObject, Kind, Record, WorkspaceId
from workers.restoring.around import Surroundings
from workers.restoring.compare import declared_why, differing, flatten, split_fields
from workers.restoring.matching import Known, Matching, Pending, parent_key, scoped
from workers.restoring.order import in_order
from workers.restoring.plan import WORKSPACE, Key, Named, Phase, Plan, Step
from workers.restoring.references import exchange, names_in
from workers.restoring.situation import Situation

_LATER = "it names what is made after it, and cannot be changed then"
_FIXED = "the app changes it no more once it is made"
_NOWHERE = "what it names is not there any more"
_PUT_AWAY = "it is archived, and no request of the app takes it out: do so in the app, and restore again"
_FILE_RULES = KindWriting(kind=FILE_KIND)


@dataclass(slots=True, kw_only=True)
class _Work:
    """What is known so far of one record to be restored."""

    key: Key
    held: Record
    rules: KindWriting
    live: Record | None
    brought: bool
    hard: frozenset[Key] = frozenset()
    """Records that have to be there first."""
    waits: set[Key] = field(default_factory=set)
    """Records that it names, and that have to be there or given up before it is made: it cannot be told later."""
    cannot: str | None = None
    opens: bool = False
    """Whether it has to be taken out of the archive so that something can be written inside."""
    differing: frozenset[str] = frozenset()
    lost: dict[str, str] = field(default_factory=dict)
    expected: dict[str, Any] = field(default_factory=dict)
    """The view, flat, as it is to be; names that are not known yet are nothing that anything equals."""

    def to_write(self) -> JsonObject:
        """View what is held as it is to be in the target."""
        return self.rules.to_write(self.held, itself=self.live is not None and self.live.external_id == self.key[1])

    @property
    def is_written(self) -> bool:
        """Whether a step makes or changes it."""
        return self.cannot is None and (self.live is None or bool(self.differing) or self.opens)


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
        self._work: dict[Key, _Work] = {}
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
        position = {key: place for place, key in enumerate(order)}
        drafts = [step for key in (*order, *sorted(circular)) for step in self._steps(self._work[key], position)]
        return Plan(about=self._situation.about, steps=self._numbered(drafts, position), names=self._names())

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

    def _begin(self, key: Key, *, brought: bool) -> _Work:
        held = self._situation.held[key]
        rules = _FILE_RULES if key[0] == FILE_KIND else self._rules.get(key[0])
        spec = self._situation.specs.get(key[0])
        found = self._matching.counterpart(key)
        live = self._situation.live[found] if found is not None else None
        work = _Work(key=key, held=held, rules=rules or KindWriting(kind=key[0]), live=live, brought=brought)
        if rules is None or (live is None and not rules.can_create):
            title = spec.title if spec is not None else key[0]
            work.cannot = (
                spec.why_not if spec is not None and spec.why_not else f"{title}: the app lets nobody make one"
            )
        if key[0] == FILE_KIND:
            self._begin_file(work)
        return work

    def _begin_file(self, work: _Work) -> None:
        """A file comes with the record it belongs to, or is there with it."""
        parent = parent_key(work.held)
        found = self._matching.counterpart(parent) if parent is not None else None
        work.live = self._live_files.get(found) if found is not None else None
        if found is not None and (work.live is None or not _is_same_file(work.held.content, work.live.content)):
            work.cannot = "the bytes of what is attached cannot be changed; remove it in the app, and restore again"

    def _needs_of(self, work: _Work) -> tuple[set[Key], set[Key]]:
        """Name what has to be there before a record is made, and what should be."""
        hard: set[Key] = set()
        soft: set[Key] = set()
        parent = parent_key(work.held)
        if parent is not None and work.rules.parent_required:
            hard.add(parent)
        elif parent is not None:
            soft.add(parent)
        for reference, name in names_in(work.to_write(), work.rules.references):
            owner = self._matching.owner(reference, name, work.held.workspace_id)
            if owner is not None and owner != work.key and (reference.required or reference.brings):
                (hard if reference.required else soft).add(owner)
        return hard, soft

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

    def _judge(self, work: _Work) -> None:
        """Say whether it can be restored, and what of it differs. What it needs was judged before."""
        if work.cannot is None:
            work.cannot = self._obstacle(work)
        if work.cannot is not None or work.key[0] == FILE_KIND:
            return
        view, dropped = exchange(work.to_write(), work.rules.references, self._lookup(work))
        work.lost.update(dict.fromkeys(dropped, _NOWHERE))
        work.lost.update(work.rules.loses(work.held, self._situation.me))
        inside = split_fields(work.rules, self._declared(work.key[0]))
        work.expected = flatten(view, inside)
        if work.live is not None:
            actual = flatten(work.rules.view(work.live), inside)
            # What nothing is left of is no reason to take away what is there.
            work.expected |= {
                name: actual.get(name) for name in work.expected if _top(name) in dropped and not work.expected[name]
            }
            self._compare(work, actual)
        if work.live is None or work.differing:
            work.cannot = work.rules.cannot(work.held, work.live, self._situation.me)
            self._foresee(work, view)
        if work.rules.archive_field in work.differing and self._is_archived(work) and not work.rules.unarchives:
            work.cannot = _PUT_AWAY
        if work.cannot is None:
            self._surroundings.expect(work.held, view)

    def _foresee(self, work: _Work, view: JsonObject) -> None:
        """Give up what the app will refuse for what is around the record."""
        around = self._surroundings.of(work.held, self._workspace_of(work))
        foreseen = work.rules.foresee(view, around)
        work.cannot = work.cannot or foreseen.cannot
        for name, why in foreseen.lost.items():
            if work.live is None or name in work.differing:
                work.lost[name] = why
                work.expected.pop(name, None)
                work.differing -= {name}

    def _compare(self, work: _Work, actual: Mapping[str, Any]) -> None:
        declared = {**self._declared(work.key[0]), **work.rules.loses(work.held, self._situation.me)}
        found = differing(work.expected, actual, work.rules, declared)
        work.differing = found & work.rules.updated_with
        work.lost.update(dict.fromkeys(found - work.rules.updated_with, _FIXED))

    def _obstacle(self, work: _Work) -> str | None:
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
        return self._situation.same_ids and rules is not None and not rules.can_create

    def _lookup(self, work: _Work) -> Callable[[Reference, str], str | None]:
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

    def _open(self, work: _Work) -> None:
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

    # The steps.

    def _steps(self, work: _Work, position: Mapping[Key, int]) -> Iterator[Step]:
        base = Step(
            ordinal=0,
            phase=Phase.MAKE,
            lane=self._matching.lane(work.held.workspace_id),
            action=Action.CANNOT,
            kind=work.key[0],
            workspace_id=work.held.workspace_id,
            external_id=work.key[1],
            target_id=work.live.external_id if work.live is not None else None,
            brought=work.brought,
        )
        if work.cannot is not None:
            yield replace(base, reason=work.cannot)
        elif not work.is_written:
            yield replace(base, action=Action.SKIP, lost=dict(sorted(work.lost.items())))
        elif work.key[0] == FILE_KIND:
            yield replace(base, action=Action.CREATE)
        else:
            yield from self._writes(work, base, position)

    def _writes(self, work: _Work, base: Step, position: Mapping[Key, int]) -> Iterator[Step]:
        rules, later = work.rules, self._named_later(work, position)
        if work.live is None:
            has = {name for name, value in work.expected.items() if _is_set(value, rules.blank, name)}
            action, first = Action.CREATE, has & rules.created_with
            rest = (has & rules.updated_with) - first
        else:
            is_out = work.opens or (self._is_archived(work) and not _truth(work.expected, rules.archive_field))
            action = Action.UNARCHIVE if is_out else Action.UPDATE
            first, rest = set(work.differing - rules.late), set(work.differing & rules.late)
            if is_out and rules.archive_field is not None:
                # What was opened for the writing is closed again behind it; what is to be open is open by then.
                is_to_close = _truth(work.expected, rules.archive_field)
                (rest.add if is_to_close else rest.discard)(rules.archive_field)
        last = rest & rules.late
        again = {name for name in (rest | first) if _top(name) in later} & rules.updated_with - last
        fixed = {name for name in later if not _any_of(name, rules.updated_with) and _any_of(name, rules.created_with)}
        lost = {**self._losses(work), **dict.fromkeys(sorted(fixed), _LATER)}
        seen = self._seen(work, first | rest)
        if work.live is None or first or action is Action.UNARCHIVE:
            # What a record in the target holds is changed once, when all that it names is there.
            now = first if work.live is None else first - again
            if work.live is None or now or action is Action.UNARCHIVE:
                yield self._step(work, base, action, now, lost=lost, seen=seen)
        middle = rest - last - again
        if middle:
            yield self._step(work, base, Action.UPDATE, middle, lost={}, seen=seen)
        if again:
            yield self._step(work, replace(base, phase=Phase.RELATE), Action.UPDATE, again, lost={}, seen=seen)
        if last:
            yield self._step(work, replace(base, phase=Phase.FINISH), Action.UPDATE, last, lost={}, seen=seen)

    def _step(
        self,
        work: _Work,
        base: Step,
        action: Action,
        names: set[str] | frozenset[str],
        *,
        lost: Mapping[str, str],
        seen: str | None,
    ) -> Step:
        fields = tuple(sorted(names))
        return replace(base, action=action, fields=fields, lost=lost, seen=seen, calls=work.rules.calls(action, fields))

    def _named_later(self, work: _Work, position: Mapping[Key, int]) -> frozenset[str]:
        """Name the fields that name what is made after this record, or beside it in another lane."""
        later: set[str] = set()
        lane = self._matching.lane(work.held.workspace_id)
        for reference, name in names_in(work.to_write(), work.rules.references):
            place = self._matching.place(reference, name, work.held, self._will_be_written)
            if not isinstance(place, Pending) or reference.required or reference.own:
                continue
            owner = self._work[place.owner]
            is_before = position.get(place.owner, 0) < position.get(work.key, 0)
            if is_before and self._matching.lane(owner.held.workspace_id) == lane:
                continue
            if is_before and (reference.first or not _any_of(reference.field, work.rules.updated_with)):
                work.waits.add(place.owner)
            else:
                later.add(reference.field)
        return frozenset(later)

    def _losses(self, work: _Work) -> dict[str, str]:
        lost = dict(work.lost)
        if work.live is None:
            declared = self._declared(work.key[0])
            for name, value in work.expected.items():
                why = declared_why(name, declared)
                if why is not None and value not in (None, [], {}, "", False):
                    lost[name] = why
        return dict(sorted(lost.items()))

    def _seen(self, work: _Work, names: set[str] | frozenset[str]) -> str | None:
        if work.live is None:
            return None
        inside = split_fields(work.rules, self._declared(work.key[0]))
        actual = flatten(work.rules.view(work.live), inside)
        shown: JsonObject = {name: actual.get(name) for name in sorted(names)}
        return self._situation.fingerprint(shown)

    def _is_archived(self, work: _Work) -> bool:
        return work.live is not None and work.rules.is_archived(work.rules.view(work.live))

    def _numbered(self, drafts: list[Step], position: Mapping[Key, int]) -> tuple[Step, ...]:
        def place(step: Step) -> tuple[int, int, int]:
            at = position.get(step.key, len(position))
            # The last things are done from the inside out: nothing can be written in what is archived.
            rank = -self._rank.get(step.kind, 0) if step.phase is Phase.FINISH else 0
            return step.phase, rank, at

        ordered = sorted(drafts, key=place)
        made: dict[Key, int] = {}
        behind: dict[Key, list[int]] = {}
        for ordinal, step in enumerate(ordered):
            made.setdefault(step.key, ordinal)
        for step in ordered:
            work = self._work[step.key]
            behind[step.key] = [made[need] for need in sorted(work.hard) if self._comes_first(need)]
        numbered = []
        for ordinal, step in enumerate(ordered):
            is_first = made[step.key] == ordinal
            needs = behind[step.key] if is_first else [made[step.key]]
            waits = [made[key] for key in self._work[step.key].waits] if is_first else []
            if step.action in (Action.CANNOT, Action.SKIP):
                needs, waits = [], []
            numbered.append(replace(step, ordinal=ordinal, needs=tuple(sorted(needs)), waits=tuple(sorted(waits))))
        return tuple(numbered)

    def _comes_first(self, need: Key) -> bool:
        """Whether there is a step without which nothing can be written into what a record needs."""
        work = self._work.get(need)
        return work is not None and work.cannot is None and (work.live is None or work.opens)

    def _names(self) -> Mapping[Named, str | None]:
        """Say what takes the place of every name that the steps will meet, where it is another one."""
        found: dict[Named, str | None] = {}
        for work in self._work.values():
            if work.cannot is not None:
                continue
            workspace_id = work.held.workspace_id
            parent = parent_key(work.held)
            if parent is not None:
                place = self._matching.counterpart(parent)
                found[parent] = place[1] if place is not None else None
            target = self._workspace_of(work)
            if target is not None:
                found[WORKSPACE, workspace_id] = target
            for reference, name in names_in(work.to_write(), work.rules.references):
                scope = scoped(name, workspace_id, is_local=reference.local)
                taken = self._matching.place(reference, name, work.held, self._will_be_written)
                found[reference.kind, scope] = taken.name if isinstance(taken, Known) else None
        return {named: new for named, new in found.items() if new != named[1]}

    def _workspace_of(self, work: _Work) -> WorkspaceId | None:
        """Name the workspace of the target that takes the place of a record's; None where that is still to be made."""
        spec, key = self._situation.specs.get(work.key[0]), work.key
        above: Key | None = key if spec is not None and spec.is_workspace else parent_key(work.held)
        while above is not None and (held := self._situation.held.get(above)) is not None:
            place = self._matching.counterpart(above)
            if held.workspace_id != work.held.workspace_id:
                return None
            if place is not None:
                return self._situation.live[place].workspace_id
            above = parent_key(held)
        return None

    def _declared(self, kind: Kind) -> Mapping[str, str]:
        spec = self._situation.specs.get(kind)
        return spec.lost_on_restore if spec is not None else {}

    def _title(self, kind: Kind) -> str:
        spec = self._situation.specs.get(kind)
        return (spec.title if spec is not None else kind).lower()


def _is_set(value: Any, blank: Mapping[str, Any], name: str) -> bool:
    return value is not None and not (name in blank and blank[name] == value)


def _truth(view: Mapping[str, Any], name: str | None) -> bool:
    return name is not None and bool(view.get(name))


def _top(name: str) -> str:
    return name.partition(".")[0]


def _any_of(field_name: str, names: frozenset[str]) -> bool:
    return any(_top(name) == field_name for name in names)


def _is_same_file(held: JsonObject, live: JsonObject) -> bool:
    return held.get("revision") == live.get("revision") or (
        (held.get("name"), held.get("bytes")) == (live.get("name"), live.get("bytes"))
    )
