"""Heard: what answers say in passing of people, groups and custom fields, which only an administrator may list.

Records name them by their numbers. With any other key the names would be nowhere, were they not gathered here.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from connectors.redmine import kinds
from connectors.redmine.split import SERVER
from store.record import ExternalId, Kind, Record

_PEOPLE = frozenset({"author", "user", "assigned_to", "default_assignee"})
_FIELDS = {"watchers": kinds.USER, "custom_fields": kinds.CUSTOM_FIELD, "group": kinds.GROUP}
_OF = {**dict.fromkeys(_PEOPLE, kinds.USER), **_FIELDS}


@dataclass(slots=True)
class Heard:
    """Listens to the answers of one cycle."""

    _names: dict[tuple[Kind, int], str] = field(default_factory=dict)

    def listen(self, value: Any) -> None:
        """Note every name in an answer, however deep."""
        todo = [value]
        while todo:
            found = todo.pop()
            if isinstance(found, list):
                todo += found
            elif isinstance(found, dict):
                for name, part in found.items():
                    if name in _OF:
                        self._note(_OF[name], part)
                    todo.append(part)

    def _note(self, kind: Kind, value: Any) -> None:
        for part in value if isinstance(value, list) else [value]:
            if isinstance(part, Mapping) and isinstance(part.get("id"), int) and isinstance(part.get("name"), str):
                self._names[kind, part["id"]] = part["name"]

    def records(self, kind: Kind) -> Iterator[Record]:
        """Give what was heard of one kind: number and name. An issue may be assigned to a group, which is no person."""
        groups = {number for of, number in self._names if of == kinds.GROUP}
        for (of, number), name in sorted(self._names.items()):
            if of == kind and (kind == kinds.GROUP or number not in groups):
                content = {"id": number, "name": name}
                yield Record(workspace_id=SERVER, kind=kind, external_id=ExternalId(str(number)), content=content)


HEARD = (kinds.USER, kinds.GROUP, kinds.CUSTOM_FIELD)
"""The kinds that are gathered so."""
