"""Look: records as a shell command shows them: found by what people type, named by their titles."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from api.cli.exits import CommandError, Exit
from api.cli.session import Session
from connectors.registry import SPECS
from store import canonical, versions, workspaces
from store.connected_apps import ConnectedApp
from store.record import FILE_KIND, ContentId, ExternalId, JsonObject, Kind, WorkspaceId
from store.versions import Version
from store.workspaces import Workspace

PAGE = 500
"""How many records, or their contents, are in memory at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """Reads one connection."""

    session: Session
    connected: ConnectedApp

    async def workspace_names(self) -> dict[WorkspaceId, str]:
        """What the app calls each workspace."""
        keys = (await self.session.repository()).keys
        return {workspace.workspace_id: workspace.name(keys) for workspace in await self.workspaces()}

    async def workspaces(self) -> list[Workspace]:
        """List all that the grants have seen."""
        found: list[Workspace] = []
        beyond: WorkspaceId | None = None
        while True:
            async with self.session.runtime.database.account(self.session.account_id) as connection:
                page = await workspaces.page(
                    connection,
                    self.session.account_id,
                    self.connected.connection_id,
                    beyond=beyond,
                    limit=PAGE,
                )
            found += page
            if len(page) < PAGE:
                return found
            beyond = page[-1].workspace_id

    async def workspace(self, named: str) -> WorkspaceId:
        """Find the workspace that a person means, by id, name, or the beginning of its name."""
        return choose_workspace(await self.workspace_names(), named)

    async def history(self, selector: str) -> list[Version]:
        """Find a record by `kind:id` or by its id alone, and list its versions, newest first."""
        kinds, external_id = self._split(selector)
        found: list[list[Version]] = []
        async with self.session.runtime.database.account(self.session.account_id) as connection:
            for kind in kinds:
                listed = await versions.history(connection, self.connected.connection_id, kind, external_id)
                found += [listed] if listed else []
        if not found:
            raise CommandError(f"no record {selector!r} in {self.connected.name}", Exit.NOT_FOUND)
        if len(found) > 1:
            names = " or ".join(f"{each[0].key.kind}:{external_id}" for each in found)
            raise CommandError(f"{selector!r} is ambiguous: say {names}", Exit.USAGE)
        return found[0]

    async def as_of(self, selector: str, seq: int) -> Version:
        """Find a record as a snapshot has it."""
        for version in await self.history(selector):
            if version.from_seq <= seq and (version.to_seq is None or seq < version.to_seq):
                return version
        raise CommandError(f"snapshot {seq} has no {selector!r}", Exit.NOT_FOUND)

    async def contents(self, content_ids: Iterable[ContentId]) -> dict[ContentId, JsonObject]:
        """Read and decode the content of some versions; those that were erased are left out."""
        repository = await self.session.repository()
        wanted = list(dict.fromkeys(content_ids))
        opened: dict[ContentId, JsonObject] = {}
        for start in range(0, len(wanted), PAGE):
            read = await repository.read_kept(wanted[start : start + PAGE])
            opened |= {content_id: canonical.decode(plain) for content_id, plain in read.items()}
        return opened

    async def titles(self, listed: Sequence[Version]) -> list[str]:
        """Name each version's record to people, in order."""
        opened = await self.contents(version.content_id for version in listed)
        return [self.title(version.key.kind, opened.get(version.content_id, {})) for version in listed]

    def title(self, kind: Kind, content: JsonObject) -> str:
        """Name a record by the field that its kind says."""
        if kind == FILE_KIND:
            field: str | None = "name"
        else:
            spec = SPECS[self.connected.app].kinds.get(kind) if self.connected.app in SPECS else None
            field = spec.title_field if spec else None
        value: Any = content
        for step in field.split(".") if field else ():
            value = value.get(step) if isinstance(value, dict) else None
        return value if isinstance(value, str) else ""

    def kinds(self) -> list[Kind]:
        """Every kind of record that the app has."""
        spec = SPECS.get(self.connected.app)
        return list(dict.fromkeys([*(spec.kinds if spec else ()), FILE_KIND]))

    def kind(self, named: str) -> Kind:
        """Check that the app has this kind."""
        if named not in self.kinds():
            raise CommandError(f"no kind {named!r}; there are {', '.join(sorted(self.kinds()))}", Exit.USAGE)
        return Kind(named)

    def _split(self, selector: str) -> tuple[list[Kind], ExternalId]:
        kind, colon, external_id = selector.partition(":")
        if not colon:
            return self.kinds(), ExternalId(selector)
        return [self.kind(kind)], ExternalId(external_id)


def choose_workspace(names: dict[WorkspaceId, str], named: str) -> WorkspaceId:
    """Pick the workspace that a person means: its id, its name, or the beginning of its name."""
    if named in names:
        return WorkspaceId(named)
    word = named.casefold()
    exact = [workspace_id for workspace_id, name in names.items() if name.casefold() == word]
    close = [workspace_id for workspace_id, name in names.items() if name.casefold().startswith(word)]
    matches = exact or close
    if len(matches) == 1:
        return matches[0]
    if matches:
        listed = ", ".join(f"{names[workspace_id]} ({workspace_id})" for workspace_id in matches)
        raise CommandError(f"{named!r} could be {listed}: say the id", Exit.USAGE)
    raise CommandError(f"no workspace {named!r}", Exit.NOT_FOUND)
