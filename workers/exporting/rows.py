"""Rows: the records of one kind that an export is of, with their content, in the order of their places."""

from collections.abc import AsyncIterator, Collection
from dataclasses import dataclass

from store import selection, versions
from store.errors import Corrupt, NotFound
from store.living import Living
from store.record import ChunkId, ConnectionId, ContentId, ExternalId, Kind, WorkspaceId
from store.repository import Repository
from store.versions import Version
from workers.exporting.layout import Place, Selection, place

AT_ONCE = 500
_MOST = 200_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """Reads one snapshot."""

    repository: Repository
    connection_id: ConnectionId
    seq: int
    asked: Selection

    async def kinds(self) -> list[Kind]:
        """List the kinds that there are, sorted."""
        if not self.asked.records:
            async with self.repository.database.account(self.repository.account_id) as connection:
                living = await Living.of(connection, self.connection_id, self.seq)
                return sorted({kind for kinds in (await living.count_by_kind()).values() for kind in kinds})
        return sorted({version.key.kind for version in await self._subtrees()})

    async def of(
        self, kind: Kind, *, after: Place | None = None, omitted: Collection[tuple[str, str]] = ()
    ) -> AsyncIterator[tuple[Version, bytes | None]]:
        """Give each record of a kind from behind a place on; None for content that cannot be read."""
        async for page in self._pages(kind, after):
            wanted = [version for version in page if (version.key.kind, version.key.external_id) not in omitted]
            contents = await self._contents([version.content_id for version in wanted])
            for version in wanted:
                yield version, contents.get(version.content_id)

    async def _contents(self, ids: list[ContentId]) -> dict[ContentId, bytes]:
        try:
            found = await self.repository.read_many(ids)
        except (Corrupt, NotFound):
            found = {}
            for content_id in dict.fromkeys(ids):
                try:
                    found[ChunkId(content_id)] = await self.repository.read(content_id)
                except (Corrupt, NotFound):
                    continue
        return {ContentId(key): plain for key, plain in found.items()}

    async def _pages(self, kind: Kind, after: Place | None) -> AsyncIterator[list[Version]]:
        if self.asked.records:
            found = [version for version in await self._subtrees() if version.key.kind == kind]
            left = [version for version in found if after is None or _place(version) > after]
            for at in range(0, len(left), AT_ONCE):
                yield left[at : at + AT_ONCE]
            return
        workspaces: list[str | None] = [*sorted(self.asked.workspaces)] or [None]
        for workspace_id in workspaces:
            async for page in self._listed(kind, workspace_id, after):
                yield page

    async def _listed(self, kind: Kind, workspace_id: str | None, after: Place | None) -> AsyncIterator[list[Version]]:
        beyond = after
        while True:
            async with self.repository.database.account(self.repository.account_id) as connection:
                page = await versions.list_records(
                    connection,
                    self.connection_id,
                    self.seq,
                    workspace_id=None if workspace_id is None else WorkspaceId(workspace_id),
                    kinds=[kind],
                    after=None if beyond is None else (WorkspaceId(beyond[0]), Kind(beyond[1]), ExternalId(beyond[2])),
                    limit=AT_ONCE,
                )
            if page:
                yield page
            if len(page) < AT_ONCE:
                return
            beyond = _place(page[-1])

    async def _subtrees(self) -> list[Version]:
        roots = [(Kind(kind), ExternalId(found)) for kind, found in self.asked.records]
        async with self.repository.database.account(self.repository.account_id) as connection:
            return await selection.subtrees(connection, self.connection_id, self.seq, roots, _MOST)


def _place(version: Version) -> Place:
    return place(version.key.workspace_id, version.key.kind, version.key.external_id)
