"""Drive fill: makes the cells of one sheet what the records say, in as few as differ, and never over a person's own."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from connectors.errors import Gone
from connectors.google_drive import sheets
from connectors.google_drive.sheets import Cell, Tab
from store import drive_links
from store.canonical import decode
from store.drive_links import Link, SentRow
from store.record import JsonObject, Kind
from store.repository import Repository
from store.versions import Version
from workers.drive_cells import ID, WITHIN, cut, digest, flat, grown, laid
from workers.drive_content import batches
from workers.drive_plan import SAID, Tampering, Todo, written
from workers.drive_send import Sender, telling
from workers.drive_sheet import MOST_CALL_BYTES, Request, heading, moving, reshape, size_bytes, sizing, writing
from workers.drive_tree import Node


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A row as it should be, before its record is opened."""

    version: Version
    source: bytes
    """A hash of all that its cells are made of."""

    @property
    def external_id(self) -> str:
        """The record's id: rows are sorted by it."""
        return self.version.key.external_id


@dataclass(frozen=True, slots=True, kw_only=True)
class _Written:
    """A row that is to be sent."""

    at: int
    external_id: str
    source: bytes
    cells: Mapping[str, Cell]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fill:
    """Fills the sheets of one workspace."""

    sender: Sender
    repository: Repository
    title_fields: Mapping[Kind, str]
    """Kind → the content field that names its records."""
    parents: Mapping[tuple[str, str], Version]
    """(kind, id) → the parent's version, of those that there are."""
    where: str
    """The file that holds every record in full."""
    _titles: dict[tuple[str, str], str] = field(default_factory=dict)

    async def run(self, node: Node, link: Link, todo: Todo, rows: Sequence[Row]) -> None:
        """Have one sheet hold these rows."""
        if not todo.content:
            return
        async with telling():
            await self._run(node, link, todo, rows)

    async def _run(self, node: Node, link: Link, todo: Todo, rows: Sequence[Row]) -> None:
        assert link.file_id is not None
        held = await self._held_rows(link)
        must_read = link.is_unsure or link.seen_version != link.version
        if must_read or link.sheet_id is None:
            tab = await sheets.first_tab(self.sender.client, link.file_id)
            link = replace(link, sheet_id=tab.sheet_id)
            if must_read:
                found = await self._read(link, tab)
                judged = self._judge(link, held, found)
                if judged is None:
                    may_write = todo.force
                    after = "and is put right" if may_write else "and is left as it is"
                    told = f"the copy of this {node.role.value} {SAID[Tampering.EDITED]}, {after}"
                    self.sender.warn(Tampering.EDITED, node, told)
                    if not may_write:
                        return
                    judged = _sorted_or_none(found[1:])
                if judged != held:
                    await self._replace_held(link, judged)
                    link = await self.sender.save(replace(link, is_unsure=True))
                held = judged
        await self._send(node, link, held, rows)

    async def _held_rows(self, link: Link) -> list[SentRow]:
        async with self.sender.database.account(self.sender.destination.account_id) as connection:
            return await drive_links.rows(connection, self.sender.destination.destination_id, link.key)

    async def _replace_held(self, link: Link, held: Sequence[SentRow]) -> None:
        """Write down what a sheet was found to hold, in place of what was believed."""
        where = (self.sender.destination.account_id, self.sender.destination.destination_id, link.key)
        async with self.sender.database.account(where[0]) as connection:
            await drive_links.drop_rows(connection, where[1], where[2])
            await drive_links.put_rows(connection, *where, held)

    async def _read(self, link: Link, tab: Tab) -> list[tuple[str, bytes]]:
        """Read a sheet: the id and digest of each row, the header's first; without the empty ones at the end."""
        assert link.file_id is not None
        found: list[tuple[str, bytes]] = []
        nothing = digest(self.sender.fingerprint, [])
        end = 0
        async for cells in sheets.values(self.sender.client, link.file_id, tab):
            self.sender.lease.check()
            hashed = digest(self.sender.fingerprint, cells)
            found.append((str(cells[0]) if cells else "", hashed))
            end = len(found) if hashed != nothing else end
        return found[:end]

    def _judge(self, link: Link, held: Sequence[SentRow], found: Sequence[tuple[str, bytes]]) -> list[SentRow] | None:
        """Return what a sheet holds as far as it is our own doing; None where a person's hand is in it."""
        columns = link.columns or []
        headers = {digest(self.sender.fingerprint, columns[:count]) for count in range(len(columns) + 1)}
        if found and found[0][1] not in headers:
            return None
        rows = found[1:]
        if not link.is_unsure:
            whole = found[:1] == [(columns[0], digest(self.sender.fingerprint, columns))] if columns else not found
            is_as_sent = whole and [(row.external_id, row.digest) for row in held] == list(rows)
            return list(held) if is_as_sent else None
        known = {row.external_id: {row.digest, row.pending} for row in held}
        nothing = digest(self.sender.fingerprint, [])
        if any(hashed != nothing and hashed not in known.get(row_id, set()) for row_id, hashed in rows):
            return None
        return _sorted_or_none(rows)

    async def _changed(self, held: Sequence[SentRow], rows: Sequence[Row]) -> list[_Written]:
        """Open the records whose rows may differ, and lay them out."""
        sources = {row.external_id: row.source for row in held}
        places = {id(row.version): at for at, row in enumerate(rows) if sources.get(row.external_id) != row.source}
        changed = [row.version for row in rows if id(row.version) in places]
        found: list[_Written] = []
        for some in batches(changed):
            self.sender.lease.check()
            contents = await self.repository.read_many(version.content_id for version in some)
            await self._read_titles(some)
            for version in some:
                content: JsonObject = decode(contents[version.content_id])  # type: ignore[index]
                at = places[id(version)]
                found.append(
                    _Written(
                        at=at,
                        external_id=version.key.external_id,
                        source=rows[at].source,
                        cells=self._cells(version, content),
                    )
                )
        return found

    def _cells(self, version: Version, content: JsonObject) -> dict[str, Cell]:
        content = {name: value for name, value in content.items() if name != "chunks"}
        parent = version.parent
        within = self._titles.get((parent.kind, parent.external_id), parent.external_id) if parent else None
        row = {**flat(content), ID: version.key.external_id, WITHIN: within}
        return cut(row, where=f"{self.where}, record {version.key.external_id}")

    async def _read_titles(self, versions: Sequence[Version]) -> None:
        """Read what the parents of some records are called, once for each."""
        wanted = {
            (version.parent.kind, version.parent.external_id) for version in versions if version.parent is not None
        }
        missing = [self.parents[each] for each in wanted if each in self.parents and each not in self._titles]
        for some in batches(missing):
            contents = await self.repository.read_many(parent.content_id for parent in some)
            for parent in some:
                content = decode(contents[parent.content_id])  # type: ignore[index]
                named = content.get(self.title_fields.get(parent.key.kind, "name"))
                title = named if isinstance(named, str) and named else parent.key.external_id
                self._titles[parent.key.kind, parent.key.external_id] = title

    async def _send(self, node: Node, link: Link, held: Sequence[SentRow], rows: Sequence[Row]) -> None:
        changed = await self._changed(held, rows)
        kind = rows[0].version.key.kind
        columns = grown(link.columns or [], (row.cells for row in changed), title=self.title_fields.get(kind))
        shape = reshape([row.external_id for row in held], [row.external_id for row in rows])
        digests = {row.external_id: row.digest for row in held}
        differing: list[tuple[_Written, list[Cell], bytes]] = []
        for row in changed:
            cells = laid(columns, row.cells)
            hashed = digest(self.sender.fingerprint, cells)
            if digests.get(row.external_id) != hashed:
                differing.append((row, cells, hashed))
        is_same_size = len(held) == len(rows) and columns == link.columns
        if not (differing or shape.deleted or shape.inserted) and is_same_size and not link.is_unsure:
            await self._agree(node, link, changed, digests)
            return
        assert link.sheet_id is not None
        sheet_id = link.sheet_id
        link = await self.sender.save(replace(link, is_unsure=True, columns=columns))
        gone = sorted({row.external_id for row in held} - {row.external_id for row in rows})
        first = [
            *moving(sheet_id, shape),
            sizing(sheet_id, rows=len(rows), columns=len(columns)),
            heading(sheet_id, columns),
        ]
        async for some in _calls(differing):
            requests = writing(sheet_id, ((row.at, cells) for row, cells, _ in some), columns=len(columns))
            await self._call(link, [*first, *requests], some, gone)
            first, gone = [], []
        self.sender.counts["rows"] += len(differing)
        self.sender.counts["sent"] += 1
        await self._agree(node, link, changed, {**digests, **{row.external_id: hashed for row, _, hashed in differing}})

    async def _call(
        self,
        link: Link,
        requests: Sequence[Request],
        some: Sequence[tuple[_Written, list[Cell], bytes]],
        gone: Sequence[str],
    ) -> None:
        """Send one request, written down before and after: it is carried out as a whole or not at all."""
        self.sender.lease.check()
        where = (self.sender.destination.account_id, self.sender.destination.destination_id, link.key)
        assert link.file_id is not None
        async with self.sender.database.account(where[0]) as connection:
            await drive_links.begin_rows(connection, *where, [(row.external_id, hashed) for row, _, hashed in some])
        await sheets.apply(self.sender.client, link.file_id, requests)
        async with self.sender.database.account(where[0]) as connection:
            await drive_links.drop_rows(connection, where[1], where[2], gone)
            done = [SentRow(external_id=row.external_id, source=row.source, digest=hashed) for row, _, hashed in some]
            await drive_links.put_rows(connection, *where, done)

    async def _agree(
        self, node: Node, link: Link, changed: Sequence[_Written], digests: Mapping[str, bytes | None]
    ) -> None:
        """Write down that the sheet is as it should be, and which of its versions that is."""
        assert link.file_id is not None
        where = (self.sender.destination.account_id, self.sender.destination.destination_id, link.key)
        async with self.sender.database.account(where[0]) as connection:
            await drive_links.put_rows(
                connection,
                *where,
                [
                    SentRow(external_id=row.external_id, source=row.source, digest=digests[row.external_id])
                    for row in changed
                ],
            )
        if link.is_unsure:
            try:
                file = await self.sender.client.get(link.file_id)
            except Gone:
                await self.sender.save(replace(link, is_unsure=True))
                raise
            link = written(link, file, self.sender.fingerprint)
        await self.sender.save(replace(link, source=node.source, is_unsure=False, version=link.seen_version))


async def _calls(
    differing: Sequence[tuple[_Written, list[Cell], bytes]],
) -> AsyncIterator[Sequence[tuple[_Written, list[Cell], bytes]]]:
    """Split rows into requests; one at least, which may have none: it moves rows and sets the size."""
    start, size = 0, 0
    for at, (_, cells, _) in enumerate(differing):
        weight = size_bytes(cells)
        if at > start and size + weight > MOST_CALL_BYTES:
            yield differing[start:at]
            start, size = at, 0
        size += weight
    yield differing[start:]


def _sorted_or_none(rows: Sequence[tuple[str, bytes]]) -> list[SentRow]:
    """Take rows as found for what a sheet holds; where they are in no order, nothing is: all is overwritten."""
    ids = [row_id for row_id, _ in rows]
    if ids != sorted(set(ids)):
        return []
    return [SentRow(external_id=row_id, source=b"", digest=hashed) for row_id, hashed in rows]
