"""References: the names of other records in a view, found and exchanged. Pure."""

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from connectors.writing import Reference
from store.record import JsonObject

Lookup = Callable[[Reference, str], str | None]
"""Gives the name that takes a name's place; None where there is none."""

_EACH, _EVERY, _NAMES = "[]", "*", "~"


class _Dropped:
    """What a name becomes for which there is no other."""


_DROPPED = _Dropped()


def names_in(view: JsonObject, references: Sequence[Reference]) -> Iterator[tuple[Reference, str]]:
    """List every name in a view, in the order of the references."""
    for reference in references:
        found: list[str] = []

        def note(_: Reference, name: str, found: list[str] = found) -> str:
            found.append(name)
            return name

        _walk(view, _segments(reference.path), reference, note, found)
        for name in found:
            yield reference, name


def exchange(view: JsonObject, references: Sequence[Reference], lookup: Lookup) -> tuple[JsonObject, list[str]]:
    """Return the view with every name exchanged, and the fields that lost one. The view given stays as it is.

    A name without another leaves its list, or becomes null, or takes along what is called by it, or the element that
    it stands in; inside text it stays, because text is not ours to cut.
    """
    dropped: list[str] = []
    for reference in references:
        missed: list[str] = []
        view = _walk(view, _segments(reference.path), reference, lookup, missed)
        if missed and reference.field not in dropped:
            dropped.append(reference.field)
    return view, dropped


def _segments(path: str) -> tuple[str, ...]:
    return tuple(re.findall(r"\[\]|[^.\[\]]+", path))


def _walk(value: Any, segments: tuple[str, ...], reference: Reference, lookup: Lookup, missed: list[str]) -> Any:
    if not segments:
        return _exchanged(value, reference, lookup, missed)
    here, rest = segments[0], segments[1:]
    if here == _EACH and isinstance(value, list):
        walked = [_walk(item, rest, reference, lookup, missed) for item in value]
        return [item for item in walked if item is not _DROPPED]
    if not isinstance(value, dict):
        return value
    if here == _NAMES:
        renamed = [(_exchanged(name, reference, lookup, missed), part) for name, part in value.items()]
        return {name: part for name, part in renamed if name is not _DROPPED}
    names = value.keys() if here == _EVERY else {here} & value.keys()
    changed = {name: _walk(value[name], rest, reference, lookup, missed) for name in names}
    if reference.entire and any(part is _DROPPED for part in changed.values()):
        return _DROPPED
    return {**value, **{name: None if part is _DROPPED else part for name, part in changed.items()}}


def _exchanged(value: Any, reference: Reference, lookup: Lookup, missed: list[str]) -> Any:
    if reference.pattern is not None:
        return _within(value, reference, lookup) if isinstance(value, str) else value
    if isinstance(value, bool) or not isinstance(value, str | int) or value == "":
        return value
    name = lookup(reference, str(value))
    if name is None:
        missed.append(str(value))
        return _DROPPED
    return int(name) if isinstance(value, int) and name.lstrip("-").isdigit() else name


def _within(text: str, reference: Reference, lookup: Lookup) -> str:
    assert reference.pattern is not None

    def put(match: re.Match[str]) -> str:
        name = lookup(reference, match[1])
        if name is None:
            return match[0]
        start, end = match.start(1) - match.start(), match.end(1) - match.start()
        return f"{match[0][:start]}{name}{match[0][end:]}"

    return reference.pattern.sub(put, text)
