"""Differences: where two JSON values differ, place by place. Pure.

Objects are compared key by key. Arrays are aligned first: by `id` where every element is an object with one of its own,
else by equality; so an element added at the front is one difference, not one for each element behind it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum
from typing import Any

from store import canonical

Path = tuple[str | int, ...]

_ALIGNED = 1000
"""Arrays whose differing middles are longer than this are not aligned: that takes the square of their length."""


class Change(StrEnum):
    """What happened at a place."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One place. `path` leads into the new value or, for what was removed, into the old one."""

    path: Path
    change: Change
    old: Any = None
    new: Any = None

    @property
    def pointer(self) -> str:
        """The path as a JSON Pointer (RFC 6901)."""
        return "".join(f"/{str(step).replace('~', '~0').replace('/', '~1')}" for step in self.path)


def differences(old: Any, new: Any, *, deep: bool = True) -> list[Difference]:
    """List where two values differ, in the order of the new one; empty when they are equal.

    Not `deep`: top-level fields are compared and not looked into.
    """
    found: list[Difference] = []
    _compare(found, (), (), old, new, depth=None if deep else 1)
    return found


def apply(old: Any, changes: Iterable[Difference]) -> Any:
    """Make the new value from the old one and all its differences. The old one is left as it is."""
    listed = list(changes)
    box = [_copy(old)]
    # First what goes, from behind, so that the indexes of what is before stay right; then what comes, from the front.
    for change in reversed([each for each in listed if each.change is Change.REMOVED]):
        del _parent(box, change.path)[change.path[-1]]
    for change in listed:
        if change.change is Change.REMOVED:
            continue
        if not change.path:
            box[0] = change.new
            continue
        parent, step = _parent(box, change.path), change.path[-1]
        if change.change is Change.ADDED and isinstance(parent, list):
            parent.insert(int(step), change.new)
        else:
            parent[step] = change.new
    return box[0]


def _compare(found: list[Difference], at_old: Path, at: Path, old: Any, new: Any, *, depth: int | None) -> None:
    if depth is None or depth > 0:
        deeper = None if depth is None else depth - 1
        if isinstance(old, dict) and isinstance(new, dict):
            _compare_objects(found, at_old, at, old, new, depth=deeper)
            return
        if isinstance(old, list) and isinstance(new, list):
            _compare_arrays(found, at_old, at, old, new, depth=deeper)
            return
    if not _same(old, new):
        found.append(Difference(path=at, change=Change.CHANGED, old=old, new=new))


def _compare_objects(
    found: list[Difference], at_old: Path, at: Path, old: dict[str, Any], new: dict[str, Any], *, depth: int | None
) -> None:
    for key in sorted(old.keys() | new.keys()):
        if key not in new:
            found.append(Difference(path=(*at_old, key), change=Change.REMOVED, old=old[key]))
        elif key not in old:
            found.append(Difference(path=(*at, key), change=Change.ADDED, new=new[key]))
        else:
            _compare(found, (*at_old, key), (*at, key), old[key], new[key], depth=depth)


def _compare_arrays(
    found: list[Difference], at_old: Path, at: Path, old: list[Any], new: list[Any], *, depth: int | None
) -> None:
    for tag, start, end, new_start, new_end in _align(old, new):
        pairs = min(end - start, new_end - new_start) if tag == "paired" else 0
        for step in range(pairs):
            _compare(
                found,
                (*at_old, start + step),
                (*at, new_start + step),
                old[start + step],
                new[new_start + step],
                depth=depth,
            )
        found.extend(
            Difference(path=(*at_old, index), change=Change.REMOVED, old=old[index])
            for index in range(start + pairs, end)
        )
        found.extend(
            Difference(path=(*at, index), change=Change.ADDED, new=new[index])
            for index in range(new_start + pairs, new_end)
        )


def _align(old: list[Any], new: list[Any]) -> list[tuple[str, int, int, int, int]]:
    """Split two arrays into runs that correspond (`paired`) and runs that do not (`apart`)."""
    by_id = _ids(old) is not None and _ids(new) is not None
    left = _ids(old) if by_id else [canonical.encode(item) for item in old]
    right = _ids(new) if by_id else [canonical.encode(item) for item in new]
    assert left is not None
    assert right is not None
    head = _shared(left, right)
    tail = _shared(left[head:][::-1], right[head:][::-1])
    middle, new_middle = left[head : len(left) - tail], right[head : len(right) - tail]
    runs = [("paired", 0, head, 0, head)]
    if max(len(middle), len(new_middle)) > _ALIGNED:
        runs.append(("apart", head, head + len(middle), head, head + len(new_middle)))
    else:
        matcher = SequenceMatcher(None, middle, new_middle, autojunk=False)
        for tag, start, end, new_start, new_end in matcher.get_opcodes():
            # Elements without ids that were replaced one for one are taken to be the same ones, changed.
            one_for_one = tag == "replace" and not by_id and end - start == new_end - new_start
            name = "paired" if tag == "equal" or one_for_one else "apart"
            runs.append((name, head + start, head + end, head + new_start, head + new_end))
    runs.append(("paired", len(left) - tail, len(left), len(right) - tail, len(right)))
    return runs


def _ids(items: list[Any]) -> list[bytes] | None:
    """The `id` of each element, when each is an object with one that no other has."""
    ids = [
        canonical.encode(item["id"])
        for item in items
        if isinstance(item, dict) and isinstance(item.get("id"), str | int) and not isinstance(item["id"], bool)
    ]
    return ids if len(ids) == len(items) == len(set(ids)) else None


def _shared(left: Sequence[bytes], right: Sequence[bytes]) -> int:
    """How many elements both begin with."""
    count = 0
    for one, other in zip(left, right, strict=False):
        if one != other:
            break
        count += 1
    return count


def _same(old: Any, new: Any) -> bool:
    """Whether two values are one in canonical form: 1 and 1.0 are, 1 and true are not."""
    return canonical.encode(old) == canonical.encode(new)


def _parent(box: list[Any], path: Path) -> Any:
    value: Any = box[0]
    for step in path[:-1]:
        value = value[step]
    return value


def _copy(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _copy(item) for key, item in value.items()}
    return [_copy(item) for item in value] if isinstance(value, list) else value
