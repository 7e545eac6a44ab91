"""Perform: the operation that measures an export: what is in its archive, how long each part is, and its digest."""

import hashlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import orjson

from connectors.base import AppSpec
from store import connected_apps, exports, snapshots
from store.errors import NotFound
from store.files import decode_recipe
from store.record import FILE_KIND, ContentId, JsonObject, Kind
from store.repository import Repository
from store.snapshots import Snapshot
from store.versions import Version
from workers.exporting.layout import VERSION, Layout, Mark, Member, Place, Selection, place, sums
from workers.exporting.lines import MOST_COLUMNS, csv_row, head_row, json_line, table_content
from workers.exporting.rows import Rows
from workers.exporting.tree import Tree
from workers.lease import Lease
from workers.runtime import Runtime
from workers.turn import Turn, TurnOver

UNREADABLE = "UNREADABLE"
_MARK_EVERY = 5000
_README = """This is an export by Holdfast of one snapshot, or part of it.

records/<kind>.jsonl  every record, in the app's own JSON, one a line
records/<kind>.csv    the same records in the same order, as a table; what is nested is JSON in a cell, and text that
                      a spreadsheet would take for a formula has an apostrophe in front
files/                attached files, under the titles of what they lie in
manifest.json         what this is an export of
SHA256SUMS            digests of all of it: sha256sum --check SHA256SUMS
"""


async def perform(runtime: Runtime, lease: Lease) -> JsonObject:
    """Measure the export that was asked for. Goes on behind the last kind that it finished."""
    lease.check()
    repository = await runtime.repository(lease.operation.account_id)
    return await _Measuring(runtime, lease, repository).run()


async def forget(runtime: Runtime, lease: Lease) -> None:
    """Let go of a layout that will not be finished."""
    async with runtime.database.account(lease.operation.account_id) as connection:
        await exports.forget(connection, lease.operation.account_id, lease.operation.operation_id)


class _Measuring:
    def __init__(self, runtime: Runtime, lease: Lease, repository: Repository) -> None:
        self._runtime = runtime
        self._lease = lease
        self._repository = repository
        self._operation = lease.operation
        self._turn = Turn()
        self._warnings: list[JsonObject] = list(lease.operation.warnings)
        self._records = int(lease.operation.progress.get("records", 0))

    async def run(self) -> JsonObject:
        """Measure kind after kind, and keep the layout after each."""
        connection_id = self._operation.connection_id
        assert connection_id is not None, "an export is of a connection"
        arguments = self._operation.arguments
        async with self._runtime.database.account(self._repository.account_id) as connection:
            connected = await connected_apps.get(connection, self._repository.account_id, connection_id)
            snapshot = (await snapshots.by_seqs(connection, connection_id, [arguments["seq"]])).get(arguments["seq"])
            begun = await exports.get(connection, self._repository.account_id, self._operation.operation_id)
        if snapshot is None:
            raise NotFound(f"there is no snapshot {arguments['seq']}")
        spec = self._runtime.connector(connected.app).spec
        asked = Selection(
            workspaces=arguments.get("workspaces", []), records=[(kind, found) for kind, found in arguments["records"]]
        )
        rows = Rows(repository=self._repository, connection_id=connection_id, seq=snapshot.seq, asked=asked)
        layout = Layout.decode(begun.layout(self._repository.keys)) if begun else _empty(snapshot, asked)
        kinds = await rows.kinds()
        done = {member.kind for member in layout.members}
        for position, kind in enumerate(kinds):
            if kind in done:
                continue
            await self._lease.report({"done": position, "total": len(kinds), "note": f"measuring {kind}"})
            layout = await self._with_kind(layout, rows, kind, spec)
            await self._keep(snapshot, layout, finished=False)
            if self._turn.is_over and position + 1 < len(kinds):
                raise TurnOver
        layout = _finished(layout, snapshot, connected.app)
        await self._keep(snapshot, layout, finished=True)
        digest = hashlib.sha256(layout.encode()).hexdigest()
        return {
            "bytes": layout.size_bytes,
            "members": len(layout.members),
            "records": self._records,
            "seq": snapshot.seq,
            "etag": digest,
        }

    async def _keep(self, snapshot: Snapshot, layout: Layout, *, finished: bool) -> None:
        await self._lease.confirm()
        async with self._runtime.database.account(self._repository.account_id) as connection:
            await exports.put(
                connection,
                self._repository.keys,
                operation_id=self._operation.operation_id,
                connection_id=snapshot.connection_id,
                seq=snapshot.seq,
                layout=layout.encode(),
                finished_at=datetime.now(UTC) if finished else None,
            )
        await self._lease.report({"records": self._records}, advanced=True, warnings=self._warnings)

    async def _with_kind(self, layout: Layout, rows: Rows, kind: Kind, spec: AppSpec) -> Layout:
        columns: dict[str, None] = {}
        omitted: list[tuple[str, str]] = []
        lines = _Measure()
        async for version, content in self._checked(rows.of(kind)):
            if content is None:
                omitted.append((kind, version.key.external_id))
                message = "it cannot be read from the store, and is not in the archive"
                where = f"{kind}/{version.key.external_id}"
                self._warnings.append({"code": UNREADABLE, "where": where, "message": message})
                continue
            if len(columns) < MOST_COLUMNS:
                columns.update(dict.fromkeys(table_content(kind, content)))
            lines.add(json_line(kind, content), _place(version))
            self._records += 1
        named = sorted(columns)[:MOST_COLUMNS]
        table = _Measure()
        table.add(head_row(named), None)
        async for version, content in self._checked(rows.of(kind, omitted=set(omitted))):
            if content is not None:
                table.add(csv_row(version, table_content(kind, content), named), _place(version))
        members = [
            *layout.members,
            lines.member(f"records/{kind}.jsonl", "json_lines", kind),
            table.member(f"records/{kind}.csv", "csv", kind, named),
        ]
        if kind == FILE_KIND:
            members += [member async for member in self._files(rows, spec, set(omitted))]
        return Layout(
            v=VERSION,
            mtime=layout.mtime,
            asked=layout.asked,
            members=members,
            omitted=[*layout.omitted, *omitted],
        )

    async def _files(self, rows: Rows, spec: AppSpec, omitted: set[tuple[str, str]]) -> AsyncIterator[Member]:
        tree = Tree(repository=self._repository, connection_id=rows.connection_id, seq=rows.seq, kinds=spec.kinds)
        async for version, content in self._checked(rows.of(FILE_KIND, omitted=omitted)):
            if content is None:
                continue
            recipe = decode_recipe(content)
            yield Member(
                path=await tree.path(version, recipe.name),
                size_bytes=recipe.size_bytes,
                sha256=recipe.sha256,
                source="file",
                kind=FILE_KIND,
                content_id=ContentId(version.content_id).hex(),
            )

    async def _checked(
        self, found: AsyncIterator[tuple[Version, bytes | None]]
    ) -> AsyncIterator[tuple[Version, bytes | None]]:
        async for each in found:
            self._lease.check()
            yield each
        await self._lease.report({"records": self._records})


class _Measure:
    """Adds up what a list of records comes to."""

    def __init__(self) -> None:
        self._digest = hashlib.sha256()
        self._size = 0
        self._count = 0
        self._marks: list[Mark] = []

    def add(self, line: bytes, at: Place | None) -> None:
        """Add a line; `at` is the record that it is of."""
        self._digest.update(line)
        self._size += len(line)
        self._count += at is not None
        if at is not None and self._count % _MARK_EVERY == 0:
            self._marks.append(Mark(offset=self._size, after=at))

    def member(self, path: str, source: str, kind: Kind, columns: list[str] | None = None) -> Member:
        """Give the member that it all is."""
        return Member(
            path=path,
            size_bytes=self._size,
            sha256=self._digest.hexdigest(),
            source=source,  # type: ignore[arg-type]
            kind=kind,
            columns=columns or [],
            marks=self._marks,
        )


def _empty(snapshot: Snapshot, asked: Selection) -> Layout:
    return Layout(v=VERSION, mtime=int(snapshot.finished_at.timestamp()), asked=asked, members=[])


def _finished(layout: Layout, snapshot: Snapshot, app: str) -> Layout:
    """Put what it is in front, and the digests behind."""
    manifest = {
        "format": "holdfast export v1",
        "app": app,
        "connection": str(snapshot.connection_id),
        "snapshot": snapshot.seq,
        "snapshot_id": str(snapshot.snapshot_id),
        "as_of": snapshot.finished_at.astimezone(UTC).isoformat(),
        "audit_root": f"sha256:{snapshot.audit_root.hex()}",
        "workspaces": layout.asked.workspaces,
        "records": [f"{kind}:{found}" for kind, found in layout.asked.records],
        "omitted": [f"{kind}:{found}" for kind, found in layout.omitted],
    }
    texts = {
        "README.txt": _README,
        "manifest.json": orjson.dumps(manifest, option=orjson.OPT_INDENT_2).decode() + "\n",
    }
    members = [*(_text(path, text) for path, text in texts.items()), *layout.members]
    listed = sums(members)
    last = Member(path="SHA256SUMS", size_bytes=len(listed), sha256=hashlib.sha256(listed).hexdigest(), source="sums")
    return Layout(v=VERSION, mtime=layout.mtime, asked=layout.asked, members=[*members, last], omitted=layout.omitted)


def _text(path: str, text: str) -> Member:
    data = text.encode()
    return Member(path=path, size_bytes=len(data), sha256=hashlib.sha256(data).hexdigest(), source="text", text=text)


def _place(version: Version) -> Place:
    return place(version.key.workspace_id, version.key.kind, version.key.external_id)
