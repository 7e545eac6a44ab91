"""Read-back: everything restored, compared with the backup through the names that were made. Pure."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from connectors.base import KindSpec
from connectors.writing import Action, AppWriting
from store.record import FILE_KIND, ExternalId, Kind, Record
from workers.restoring.compare import Comparison, compare
from workers.restoring.matching import parent_key
from workers.restoring.names import GONE_SINCE, Names
from workers.restoring.plan import Key, Step
from workers.restoring.references import exchange


class Result(StrEnum):
    """What became of one record."""

    EQUAL = "equal"
    LOST = "lost"
    """All is there but what was said before not to come back."""
    WRONG = "wrong"
    """A field differs that should not."""
    FAILED = "failed"
    """The app did not take it."""
    CANNOT = "cannot"
    """It was said before that it cannot be restored."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One record's. Ids and names of fields, never content."""

    key: Key
    target_id: ExternalId | None
    action: Action
    result: Result
    equal: int = 0
    """How many fields are equal."""
    lost: Mapping[str, str] = field(default_factory=dict)
    wrong: tuple[str, ...] = ()
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Back:
    """What a read-back needs to know."""

    writing: AppWriting
    specs: Mapping[Kind, KindSpec]
    names: Names
    live: Mapping[Key, Record]
    """The target after the restore."""
    failed: Mapping[int, str]
    """Why steps failed, by ordinal."""
    lost: Mapping[int, Mapping[str, str]]
    """What steps lost that had not been said, by ordinal."""
    files: Mapping[Key, Record]
    """Of them the files, by what they belong to."""
    different_files: Collection[ExternalId] = ()
    """Held files whose bytes in the target are other ones."""
    makers: Collection[str] = ()
    """The app's ids of those whose grants wrote."""


def by_record(steps: Iterable[Step]) -> Mapping[Key, list[Step]]:
    """Gather the steps of each record, in the order of its first one."""
    found: dict[Key, list[Step]] = {}
    for step in steps:
        found.setdefault(step.key, []).append(step)
    return found


def live_files(live: Mapping[Key, Record]) -> Mapping[Key, Record]:
    """Find the files of the target by what they belong to."""
    return {parent: record for record in live.values() if record.kind == FILE_KIND and (parent := parent_key(record))}


def extra(back: Back, known: Collection[Key], *, without: Collection[Kind] = ()) -> tuple[Key, ...]:
    """Name what is in the target now, was not before, and is nothing that was to be made: duplicates, for instance.

    Of kinds that were left out nothing is named: the app may make some of them itself. Nor is what it always makes.
    """
    made = {(kind, new) for (kind, _), new in back.names.made.items()}
    writable = {rules.kind: rules for rules in back.writing.kinds if rules.can_create and rules.kind not in without}
    found = (key for key in back.live if key[0] in writable and key not in known and key not in made)
    return tuple(sorted(key for key in found if not writable[key[0]].is_unasked(back.live[key], back.makers)))


def judge(steps: Sequence[Step], held: Record | None, back: Back) -> Finding:
    """Judge one record by its steps; `held` is None where the store cannot give it."""
    first = steps[0]
    key = first.key
    if first.action is Action.CANNOT:
        return Finding(
            key=key, target_id=first.target_id, action=first.action, result=Result.CANNOT, reason=first.reason
        )
    reason = next((back.failed[step.ordinal] for step in steps if step.ordinal in back.failed), None)
    named = back.names.made.get((key[0], str(key[1])), first.target_id)
    target_id = ExternalId(named) if named is not None else None
    live = back.live.get((key[0], target_id)) if target_id is not None else None
    if key[0] == FILE_KIND and held is not None and held.parent is not None:
        parent = back.names.parent(held.parent)
        live = back.files.get((parent.kind, parent.external_id)) if parent is not None else None
        target_id = live.external_id if live is not None else None
    if reason is not None:
        return Finding(key=key, target_id=target_id, action=first.action, result=Result.FAILED, reason=reason)
    if held is None or live is None:
        why = "it is not there" if held is not None else "it cannot be read from the store"
        return Finding(key=key, target_id=target_id, action=first.action, result=Result.WRONG, reason=why)
    lost = {name: why for step in steps for name, why in {**step.lost, **back.lost.get(step.ordinal, {})}.items()}
    found = _compare_file(held, live, back) if key[0] == FILE_KIND else _compare(held, live, back, lost)
    result = Result.WRONG if found.wrong else Result.LOST if found.lost else Result.EQUAL
    return Finding(
        key=key,
        target_id=target_id,
        action=first.action,
        result=result,
        equal=len(found.equal),
        lost=found.lost,
        wrong=found.wrong,
    )


def _compare(held: Record, live: Record, back: Back, lost: Mapping[str, str]) -> Comparison:
    rules = back.writing.by_kind[held.kind]
    written, there = rules.to_write(held, itself=live.external_id == held.external_id), rules.view(live)
    expected, dropped = exchange(written, rules.references, back.names.lookup(held))
    # What names something that is not seen, and still does, is as it was.
    expected |= {name: written[name] for name in dropped if written.get(name) == there.get(name)}
    dropped = [name for name in dropped if expected.get(name) != written.get(name)]
    found = compare(expected, there, rules, lost, spec=back.specs[held.kind])
    # A name that leads nowhere is missing on both sides, and so seems equal.
    gone = {name: lost.get(name, GONE_SINCE) for name in dropped if name not in found.wrong}
    equal = tuple(name for name in found.equal if name not in gone)
    parent = back.names.parent(held.parent)
    is_elsewhere = parent != live.parent and (parent is not None or rules.parent_required)
    wrong = (*found.wrong, "parent") if is_elsewhere else found.wrong
    return Comparison(equal=equal, lost={**found.lost, **gone}, wrong=wrong)


def _compare_file(held: Record, live: Record, back: Back) -> Comparison:
    names = ("name", "mediaType", "bytes")
    declared = back.specs[FILE_KIND].lost_on_restore if FILE_KIND in back.specs else {}
    other = [name for name in names if held.content.get(name) != live.content.get(name)]
    equal = [name for name in names if name not in other]
    lost = {name: declared[name] for name in other if name in declared}
    wrong = [name for name in other if name not in declared]
    if not wrong:
        (wrong if held.external_id in back.different_files else equal).append("sha256")
    return Comparison(equal=tuple(equal), lost=lost, wrong=tuple(wrong))
