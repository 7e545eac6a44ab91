"""Find: what a creation that was interrupted may have left in the target. Pure."""

from collections.abc import Collection, Mapping

from connectors.writing import Creation, KindWriting
from store.record import Record
from workers.restoring.compare import flatten, split_fields
from workers.restoring.matching import parent_key
from workers.restoring.plan import Key


def unfinished(
    creation: Creation, rules: KindWriting, live: Mapping[Key, Record], known: Collection[Key]
) -> Record | None:
    """Return the record that the creation made, if it did.

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
