"""Listing: which projects the grants see, and what the listing says of each."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from connectors.base import Scope
from connectors.redmine import split
from connectors.redmine.client import RedmineClient
from connectors.redmine.identity import Unfit, made, number_of
from connectors.redmine.kinds import PROJECT
from connectors.redmine.marks import digest
from store.record import JsonObject, WorkspaceId

INCLUDED = "trackers,enabled_modules,time_entry_activities,issue_custom_fields"
_EVERY = {"f[]": "", "include": INCLUDED}
"""No filter at all: unasked, Redmine leaves closed projects out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenProject:
    """A project in the listing."""

    workspace_id: WorkspaceId
    number: int
    name: str
    parent_number: int | None
    content: JsonObject = field(repr=False)
    digest: str
    readers: tuple[str, ...]
    """The grants that see it, administrators first."""

    @property
    def modules(self) -> frozenset[str] | None:
        """Which modules are switched on; None where the listing does not say."""
        found = self.content.get("enabled_modules")
        if not isinstance(found, list):
            return None
        return frozenset(str(part.get("name")) for part in found if isinstance(part, dict))


@dataclass(slots=True)
class Listing:
    """What all grants see together."""

    projects: dict[WorkspaceId, SeenProject] = field(default_factory=dict)
    bad: int = 0
    """How many things in it could not be understood."""
    _of_number: dict[int, WorkspaceId] = field(default_factory=dict)

    def in_order(self) -> Iterator[SeenProject]:
        """Go over all projects, always in the same order."""
        yield from (self.projects[found] for found in sorted(self.projects))

    def find(self, number: Any) -> SeenProject | None:
        """Return the project that has this id now."""
        workspace_id = self._of_number.get(number) if isinstance(number, int) else None
        return None if workspace_id is None else self.projects[workspace_id]

    def parent_of(self, seen: SeenProject) -> WorkspaceId | None:
        """Return the project that one lies in, where that is seen too."""
        found = self.find(seen.parent_number)
        return None if found is None else found.workspace_id

    def line_of(self, seen: SeenProject) -> Iterator[WorkspaceId]:
        """Go from a project up to the outermost that it lies in."""
        passed: set[WorkspaceId] = set()
        found: SeenProject | None = seen
        while found is not None and found.workspace_id not in passed:
            passed.add(found.workspace_id)
            yield found.workspace_id
            found = self.find(found.parent_number)

    def is_taken(self, seen: SeenProject, scope: Scope) -> bool:
        """Whether it is in scope, itself or with a project that it lies in."""
        return scope.takes(*self.line_of(seen))

    def add(self, value: Any, reader: str) -> None:
        """Take in a project as one grant sees it."""
        try:
            workspace_id, number = WorkspaceId(made(value)), number_of(value)
        except Unfit:
            self.bad += 1
            return
        held = self.projects.get(workspace_id)
        if held is not None:
            self.projects[workspace_id] = replace(held, readers=(*held.readers, reader))
            return
        name, parent = value.get("name"), value.get("parent")
        self.projects[workspace_id] = SeenProject(
            workspace_id=workspace_id,
            number=number,
            name=name if isinstance(name, str) and name and "\0" not in name else str(number),
            parent_number=parent["id"] if isinstance(parent, dict) and isinstance(parent.get("id"), int) else None,
            content=value,
            digest=digest(split.without(PROJECT, value)),
            readers=(reader,),
        )
        self._of_number[number] = workspace_id


async def list_projects(client: RedmineClient, into: Listing) -> None:
    """Ask for every project that a grant sees."""
    for value in await client.listing("/projects.json", "projects", **_EVERY):
        into.add(value if isinstance(value, Mapping) else {}, client.grant.grant_id)
