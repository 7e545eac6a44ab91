"""Drive copy: has the copy of one connection show one snapshot."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from store import drive, drive_links, versions
from store.connected_apps import ConnectedApp
from store.drive_links import Bin, Link, LinkKey, Role
from store.errors import Corrupt
from store.files import Recipe, decode_recipe
from store.living import Living
from store.record import FILE_KIND, ExternalId, Kind, WorkspaceId
from store.repository import Repository
from store.snapshots import Snapshot
from store.versions import Version
from workers.drive_cells import MOST_ROWS
from workers.drive_content import Attachment, Records, batches
from workers.drive_fill import Fill, Row
from workers.drive_layout import RECORDS, Layout, Place, Shelf
from workers.drive_names import distinct
from workers.drive_send import Sender, link_of
from workers.drive_tree import Node, joined, key_of
from workers.turn import Turn, TurnOver

AT_ONCE = 4
"""How many files are sent at the same time."""
_PAGE = 1000
_FOLDERS = (Role.APP, Role.WORKSPACE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """One connection's copy."""

    sender: Sender
    repository: Repository
    connected: ConnectedApp
    snapshot: Snapshot
    titles: Mapping[Kind, str]
    title_fields: Mapping[Kind, str]
    turn: Turn
    _wanted: set[LinkKey] = field(default_factory=set)

    async def run(self, app: Node, root_id: str, changed: set[WorkspaceId] | None) -> None:
        """Have everything as it should be; of the records look at those workspaces only, or at all of them.

        Idempotent, and safe to leave at any moment: what is done already is found so, and costs nothing.
        """
        shelves, gone = await self._shelves(app)
        known = await self._links(_FOLDERS)
        folders: dict[LinkKey, str] = {}
        fresh = {shelf.workspace_id for shelf in shelves if _is_fresh(known.get(shelf.folder.key))}
        for shelf in shelves:
            self._wanted.add(shelf.folder.key)
            parent_id = folders.get(shelf.folder.parent) if shelf.folder is not app and shelf.folder.parent else root_id
            if parent_id is not None:
                folder_id = await self.sender.folder(shelf.folder, known.get(shelf.folder.key), parent_id)
                if folder_id is not None:
                    folders[shelf.folder.key] = folder_id
        due = [shelf for shelf in shelves if changed is None or shelf.workspace_id in changed | fresh]
        for done, shelf in enumerate(due, start=1):
            folder_id = folders.get(shelf.folder.key)
            if folder_id is None:
                await self.sender.skip(known.get(shelf.folder.key))
            elif shelf.records is not None:
                await self._fill(shelf, folder_id)
                await self.sender.done(shelf.folder)
            self._wanted.update(node.key for node in shelf.nodes)
            await self._stand(done, len(due))
        # Of a folder that a person threw away nothing was looked at, so nothing in it is known not to be wanted.
        out_of_reach = {shelf.workspace_id for shelf in shelves if shelf.folder.key not in folders}
        await self._trash(({shelf.workspace_id for shelf in due} | gone | (changed or set())) - out_of_reach)

    async def _shelves(self, app: Node) -> tuple[list[Shelf], set[WorkspaceId]]:
        """Lay everything out; return it, and the workspaces that have a folder and should not any more."""
        account_id, connection_id = self.connected.account_id, self.connected.connection_id
        async with self.repository.database.account(account_id) as connection:
            living = await Living.of(connection, connection_id, self.snapshot.seq)
            kinds = await living.count_by_kind()
            found = await drive.workspaces(connection, account_id, connection_id)
        places = {
            workspace_id: Place(
                workspace_id=workspace_id, parent_id=row.parent_workspace_id, name=row.name(self.repository.keys)
            )
            for workspace_id, row in found.items()
        }
        layout = Layout(fingerprint=self.sender.fingerprint, connection_id=connection_id, titles=self.titles)
        shelves = layout.shelves(app, places, kinds)
        known = await self._links(_FOLDERS)
        wanted = {shelf.workspace_id for shelf in shelves}
        gone = {link.workspace_id for link in known.values() if link.workspace_id is not None} - wanted
        return shelves, gone

    async def _fill(self, shelf: Shelf, folder_id: str) -> None:
        """Have one folder hold what its workspace does."""
        listed = await self._versions(shelf.workspace_id)
        jobs: list[Callable[[], Awaitable[None]]] = []
        links = await link_of(self.sender, [node.key for node in shelf.nodes])
        assert shelf.records is not None
        records = replace(shelf.records, source=self._records_source(listed))
        source = Records(repository=self.repository, versions=listed)
        jobs.append(lambda: self.sender.file(records, links.get(records.key), folder_id, source))
        if shelf.files is not None:
            files_id = await self.sender.folder(shelf.files, links.get(shelf.files.key), folder_id)
            jobs += await self._files(shelf.files, files_id, [v for v in listed if v.key.kind == FILE_KIND])
        await at_once(jobs, AT_ONCE, check=self._check_turn)
        await self._sheets(shelf, links, folder_id, listed)

    async def _files(
        self, folder: Node, folder_id: str | None, listed: Sequence[Version]
    ) -> list[Callable[[], Awaitable[None]]]:
        """Say what is to be done for each attachment."""
        recipes = await self._recipes(folder, listed)
        keys = {version.key.external_id: self._file_key(version) for version, _ in recipes}
        self._wanted.update(self._file_key(version) for version in listed)
        names = distinct((keys[version.key.external_id], recipe.name) for version, recipe in recipes)
        links = await link_of(self.sender, list(names))
        await self.sender.reserve(sum(key not in links for key in names))
        if folder_id is None:
            return []
        parent_id = folder_id

        def job(version: Version, recipe: Recipe) -> Callable[[], Awaitable[None]]:
            key = keys[version.key.external_id]
            node = Node(
                key=key,
                role=Role.FILE,
                name=names[key],
                parent=folder.key,
                connection_id=folder.connection_id,
                workspace_id=folder.workspace_id,
                source=joined(self.sender.fingerprint, [b"file", recipe.sha256.encode()]),
            )
            attachment = Attachment(repository=self.repository, recipe=recipe)
            return lambda: self.sender.file(node, links.get(key), parent_id, attachment)

        return [job(version, recipe) for version, recipe in recipes]

    async def _recipes(self, folder: Node, listed: Sequence[Version]) -> list[tuple[Version, Recipe]]:
        found: list[tuple[Version, Recipe]] = []
        for some in batches(listed):
            contents = await self.repository.read_many(version.content_id for version in some)
            for version in some:
                try:
                    found.append((version, decode_recipe(contents[version.content_id])))  # type: ignore[index]
                except Corrupt as error:
                    self.sender.warn("DRIVE_UNREADABLE", folder, f"file {version.key.external_id}: {error}")
        return found

    async def _sheets(
        self, shelf: Shelf, links: Mapping[LinkKey, Link], folder_id: str, listed: Sequence[Version]
    ) -> None:
        by_kind: dict[Kind, list[Version]] = {}
        for version in listed:
            by_kind.setdefault(version.key.kind, []).append(version)
        parents = await self._parents(listed)
        fill = Fill(
            sender=self.sender,
            repository=self.repository,
            title_fields=self.title_fields,
            parents=parents,
            where=RECORDS,
        )
        for sheet in shelf.sheets:
            part = by_kind[sheet.kind][sheet.part * MOST_ROWS : (sheet.part + 1) * MOST_ROWS]
            rows = [Row(version=version, source=self._row_source(version, parents)) for version in part]
            source = joined(
                self.sender.fingerprint,
                [b"sheet", *(part for row in rows for part in (row.external_id.encode(), row.source))],
            )
            node = replace(sheet.node, source=source)
            link, todo = await self.sender.sheet(node, links.get(node.key), folder_id)
            if link is not None:
                await fill.run(node, link, todo, rows)
            self._check_turn()

    async def _trash(self, workspace_ids: Iterable[WorkspaceId]) -> None:
        """Put into the bin what was sent for these workspaces and is not wanted any more."""
        async with self.repository.database.account(self.connected.account_id) as connection:
            links = await drive_links.of_workspaces(
                connection,
                self.sender.destination.destination_id,
                self.connected.connection_id,
                workspace_ids,
            )
        await self.sender.trash(link for key, link in links.items() if key not in self._wanted)

    async def _versions(self, workspace_id: WorkspaceId) -> list[Version]:
        """List a workspace's records, without their contents, by kind and id."""
        found: list[Version] = []
        after: tuple[WorkspaceId, Kind, ExternalId] | None = None
        while True:
            async with self.repository.database.account(self.connected.account_id) as connection:
                page = await versions.list_records(
                    connection,
                    self.connected.connection_id,
                    self.snapshot.seq,
                    workspace_id=workspace_id,
                    after=after,
                    limit=_PAGE,
                )
            found += page
            if len(page) < _PAGE:
                return found
            key = page[-1].key
            after = (key.workspace_id, key.kind, key.external_id)

    async def _parents(self, listed: Sequence[Version]) -> dict[tuple[str, str], Version]:
        """Find the versions of all parents, those that lie elsewhere included."""
        here = {(version.key.kind, version.key.external_id): version for version in listed}
        wanted = {(version.parent.kind, version.parent.external_id) for version in listed if version.parent is not None}
        found: dict[tuple[str, str], Version] = {each: here[each] for each in wanted if each in here}
        elsewhere = sorted(wanted - found.keys())
        for start in range(0, len(elsewhere), _PAGE):
            async with self.repository.database.account(self.connected.account_id) as connection:
                more = await versions.as_of_many(
                    connection, self.connected.connection_id, elsewhere[start : start + _PAGE], self.snapshot.seq
                )
            found.update(more.items())
        return found

    def _row_source(self, version: Version, parents: Mapping[tuple[str, str], Version]) -> bytes:
        parent = parents.get((version.parent.kind, version.parent.external_id)) if version.parent else None
        parts = [version.content_id, parent.content_id if parent is not None else b""]
        return joined(self.sender.fingerprint, [b"row", *parts])[:8]

    def _records_source(self, listed: Sequence[Version]) -> bytes:
        parts: list[bytes] = [b"records"]
        for version in listed:
            parent = version.parent
            place = f"{version.key.kind}\0{version.key.external_id}\0{parent.kind if parent else ''}\0"
            parts += [f"{place}{parent.external_id if parent else ''}".encode(), version.content_id]
        return joined(self.sender.fingerprint, parts)

    def _file_key(self, version: Version) -> LinkKey:
        connection_id = str(self.connected.connection_id)
        return key_of(self.sender.fingerprint, Role.FILE, connection_id, version.key.external_id)

    async def _links(self, roles: Iterable[Role]) -> dict[LinkKey, Link]:
        async with self.repository.database.account(self.connected.account_id) as connection:
            return await drive_links.of_roles(
                connection, self.sender.destination.destination_id, self.connected.connection_id, roles
            )

    async def _stand(self, done: int, total: int) -> None:
        """Say how far it is, and give others their turn when this one's is over."""
        await self.sender.report({"done": done, "total": total, "note": "copying to Google Drive"})
        self._check_turn()

    def _check_turn(self) -> None:
        if self.turn.is_over:
            raise TurnOver


def _is_fresh(link: Link | None) -> bool:
    """Whether a folder is yet to be made, or made again: all of it is to be sent, whatever changed."""
    return link is None or not link.is_made or link.seen_bin is Bin.GONE


async def at_once(jobs: Iterable[Callable[[], Awaitable[None]]], limit: int, *, check: Callable[[], None]) -> None:
    """Do jobs, some at a time, in their order; the first that fails stops the others and is raised.

    `check` is called before each, and may raise to stop them.
    """
    waiting = iter(jobs)

    async def work() -> None:
        for job in waiting:
            check()
            await job()

    workers = [asyncio.ensure_future(work()) for _ in range(limit)]
    try:
        await asyncio.gather(*workers)
    finally:
        for worker in workers:
            worker.cancel()
        await asyncio.gather(*workers, return_exceptions=True)
