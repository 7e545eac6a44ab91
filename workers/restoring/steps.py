"""Steps: a planner's judgement written down, in order, with what takes the place of every name. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from connectors.writing import Action
from store.record import FILE_KIND, JsonObject
from workers.restoring.compare import declared_why, flatten, split_fields, top
from workers.restoring.matching import Known, Matching, Pending, parent_key, scoped
from workers.restoring.plan import WORKSPACE, Key, Named, Phase, Plan, Step
from workers.restoring.references import names_in
from workers.restoring.situation import Situation
from workers.restoring.work import Work

_LATER = "it names what is made after it, and cannot be changed then"


class StepWriter:
    """Writes the steps of one situation's records."""

    def __init__(self, situation: Situation, matching: Matching, work: Mapping[Key, Work]) -> None:
        self._situation = situation
        self._matching = matching
        self._work = work
        self._rank = {rules.kind: place for place, rules in enumerate(situation.writing.kinds)}

    def plan(self, order: Sequence[Key]) -> Plan:
        """Write a plan of all records, of which each comes behind what it needs."""
        position = {key: place for place, key in enumerate(order)}
        drafts = [step for key in order for step in self._steps(self._work[key], position)]
        return Plan(about=self._situation.about, steps=self._numbered(drafts, position), names=self._names())

    def _steps(self, work: Work, position: Mapping[Key, int]) -> Iterator[Step]:
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

    def _writes(self, work: Work, base: Step, position: Mapping[Key, int]) -> Iterator[Step]:
        rules, later = work.rules, self._named_later(work, position)
        if work.live is None:
            has = {name for name, value in work.expected.items() if _is_set(value, rules.blank, name)}
            action, first = Action.CREATE, has & rules.created_with
            rest = (has & rules.updated_with) - first
        else:
            is_out = work.opens or (work.is_archived and not _truth(work.expected, rules.archive_field))
            action = Action.UNARCHIVE if is_out else Action.UPDATE
            first, rest = set(work.differing - rules.late), set(work.differing & rules.late)
            if is_out and rules.archive_field is not None:
                # What was opened for the writing is closed again behind it; what is to be open is open by then.
                is_to_close = _truth(work.expected, rules.archive_field)
                (rest.add if is_to_close else rest.discard)(rules.archive_field)
        last = rest & rules.late
        again = {name for name in (rest | first) if top(name) in later} & rules.updated_with - last
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
        work: Work,
        base: Step,
        action: Action,
        names: set[str] | frozenset[str],
        *,
        lost: Mapping[str, str],
        seen: str | None,
    ) -> Step:
        fields = tuple(sorted(names))
        return replace(base, action=action, fields=fields, lost=lost, seen=seen, calls=work.rules.calls(action, fields))

    def _named_later(self, work: Work, position: Mapping[Key, int]) -> frozenset[str]:
        """Name the fields that name what is made after this record, or beside it in another lane.

        What it lies in, if that is to be there at all, is waited for; and what it cannot be told of later.
        """
        later: set[str] = set()
        lane = self._matching.lane(work.held.workspace_id)

        def is_before(key: Key) -> bool:
            return position.get(key, 0) < position.get(work.key, 0)

        parent = parent_key(work.held)
        if parent is not None and work.live is None and self._is_made(parent) and is_before(parent):
            work.waits.add(parent)
        for reference, name in names_in(work.to_write(), work.rules.references):
            place = self._matching.place(reference, name, work.held, self._will_be_written)
            if not isinstance(place, Pending) or reference.required or reference.own or place.owner in work.waits:
                continue
            same_lane = self._matching.lane(self._work[place.owner].held.workspace_id) == lane
            if is_before(place.owner) and same_lane:
                continue
            is_told_once = reference.first or not _any_of(reference.field, work.rules.updated_with)
            if is_before(place.owner) and is_told_once:
                work.waits.add(place.owner)
            else:
                later.add(reference.field)
        return frozenset(later)

    def _is_made(self, key: Key) -> bool:
        work = self._work.get(key)
        return work is not None and work.cannot is None and work.live is None

    def _losses(self, work: Work) -> dict[str, str]:
        lost = dict(work.lost)
        if work.live is None:
            declared = self._situation.declared(work.key[0])
            for name, value in work.expected.items():
                why = declared_why(name, declared)
                if why is not None and value not in (None, [], {}, "", False):
                    lost[name] = why
        return dict(sorted(lost.items()))

    def _seen(self, work: Work, names: set[str] | frozenset[str]) -> str | None:
        if work.live is None:
            return None
        inside = split_fields(work.rules, self._situation.declared(work.key[0]))
        actual = flatten(work.rules.view(work.live), inside)
        shown: JsonObject = {name: actual.get(name) for name in sorted(names)}
        return self._situation.fingerprint(shown)

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
            waits = [ordinal for ordinal in waits if ordinal not in needs]
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
            target = self._matching.workspace_of(work.held)
            if target is not None:
                found[WORKSPACE, workspace_id] = target
            for reference, name in names_in(work.to_write(), work.rules.references):
                scope = scoped(name, workspace_id, is_local=reference.local)
                taken = self._matching.place(reference, name, work.held, self._will_be_written)
                found[reference.kind, scope] = taken.name if isinstance(taken, Known) else None
        return {named: new for named, new in found.items() if new != named[1]}

    def _will_be_written(self, key: Key) -> bool:
        work = self._work.get(key)
        return work is not None and work.cannot is None


def _is_set(value: Any, blank: Mapping[str, Any], name: str) -> bool:
    return value is not None and not (name in blank and blank[name] == value)


def _truth(view: Mapping[str, Any], name: str | None) -> bool:
    return name is not None and bool(view.get(name))


def _any_of(field_name: str, names: frozenset[str]) -> bool:
    return any(top(name) == field_name for name in names)
