"""Compare: what a record should be in the target against what it is there, field by field. Pure."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from connectors.base import KindSpec
from connectors.writing import KindWriting
from store.record import JsonObject


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """How one restored record came out: its fields by what became of them."""

    equal: tuple[str, ...]
    lost: Mapping[str, str]
    """Those that differ as was said before: field → why."""
    wrong: tuple[str, ...]
    """Those that differ and should not."""


def compare(
    expected: JsonObject, actual: JsonObject, rules: KindWriting, lost: Mapping[str, str], *, spec: KindSpec
) -> Comparison:
    """Compare two views whose names are the target's, by all that is known of the first."""
    declared = {**spec.lost_on_restore, **lost}
    inside = split_fields(rules, declared)
    here, there = {**rules.blank, **flatten(expected, inside)}, flatten(actual, inside)
    equal: list[str] = []
    found: dict[str, str] = {}
    wrong: list[str] = []
    for name in sorted(here):
        if is_equal(name, here, there, rules):
            equal.append(name)
        elif (why := declared_why(name, declared)) is not None:
            found[name] = why
        else:
            wrong.append(name)
    return Comparison(equal=tuple(equal), lost=found, wrong=tuple(wrong))


def differing(
    expected: Mapping[str, Any], actual: Mapping[str, Any], rules: KindWriting, declared: Mapping[str, str]
) -> frozenset[str]:
    """Name the fields, flat, that are not as they should be, and of which nothing was said before."""
    here = {**rules.blank, **expected}
    return frozenset(
        name for name in here if not is_equal(name, here, actual, rules) and declared_why(name, declared) is None
    )


def is_equal(name: str, expected: Mapping[str, Any], actual: Mapping[str, Any], rules: KindWriting) -> bool:
    """Whether a field is as it should be."""
    should, found = expected.get(name), actual.get(name, rules.blank.get(name))
    if name in rules.grows and isinstance(should, list) and isinstance(found, list):
        return all(part in found for part in should)
    return bool(should == found)


def split_fields(rules: KindWriting, declared: Collection[str] = ()) -> frozenset[str]:
    """Say which objects in a view are taken apart because something is said of a field inside them."""
    named = {*rules.created_with, *rules.updated_with, *rules.blank, *declared}
    return frozenset(name[:at] for name in named for at, letter in enumerate(name) if letter == ".")


def flatten(view: JsonObject, inside: Collection[str], _under: str = "") -> dict[str, Any]:
    """Return a view's fields by name, dotted where they lie in an object that is taken apart."""
    found: dict[str, Any] = {}
    for name, value in view.items():
        whole = f"{_under}{name}"
        if whole in inside and isinstance(value, dict):
            found |= flatten(value, inside, f"{whole}.")
        else:
            found[whole] = value
    return found


def top(name: str) -> str:
    """Name the field of the view that a dotted one lies in."""
    return name.partition(".")[0]


def declared_why(name: str, declared: Mapping[str, str]) -> str | None:
    """Find why a field, or the object it lies in, was given up."""
    parts = name.split(".")
    names = (".".join(parts[:count]) for count in range(len(parts), 0, -1))
    return next((declared[part] for part in names if part in declared), None)
