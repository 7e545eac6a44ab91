"""Drive send: carries out what the plan says of one file. Each step is written down before and after it is taken."""

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors.errors import Gone, Retriable
from connectors.google_drive.client import MOST_IDS, DriveClient, quoted
from connectors.google_drive.file import SHEET, DriveFile
from connectors.google_drive.upload import SESSION_DAYS, Source, Target, upload
from store import drive_links
from store.database import Database
from store.drive import DriveDestination
from store.drive_links import Link, LinkKey
from store.keys import AccountKeys, open_secret, seal_secret
from store.record import JsonObject
from workers.drive_plan import SAID, Tampering, Todo, Wanted, agreed, hash_of, judge, patched, sent
from workers.drive_tree import PROPERTY, Fingerprint, Node
from workers.lease import Lease

_log = logging.getLogger(__name__)

REPORT_EVERY = 25
"""After so many files what was done is written on the operation, for whoever watches it or takes it over."""


@dataclass(slots=True, kw_only=True)
class Sender:
    """Writes to one Drive, for one operation."""

    client: DriveClient
    database: Database
    keys: AccountKeys
    destination: DriveDestination
    fingerprint: Fingerprint
    lease: Lease
    repairs: bool
    counts: Counter[str] = field(default_factory=Counter)
    """`made`, `changed`, `sent`, `trashed`, `rows`, `bytes`: what was done."""
    warnings: list[JsonObject] = field(default_factory=list)
    _reported: int = 0
    _ids: list[str] = field(default_factory=list)
    _asking: asyncio.Lock = field(default_factory=asyncio.Lock)

    def __post_init__(self) -> None:
        """Go on counting where an earlier attempt stopped, and keep what it told."""
        progress = self.lease.operation.progress
        self.counts.update(progress.get("counts") or {})
        self.warnings += self.lease.operation.warnings
        self._reported = self.counts.total()

    async def report(self, progress: JsonObject) -> None:
        """Say how far the sync is. Only what was sent counts as getting further: looking is done again each time."""
        total, counts = self.counts.total(), self.counts
        shown = {"records": counts["rows"], "files": counts["sent"], "bytes": counts["bytes"], "counts": dict(counts)}
        await self.lease.report(progress | shown, advanced=total > self._reported, warnings=self.warnings)
        self._reported = total

    def judged(self, node: Node, link: Link | None, parent_id: str | None) -> Todo:
        """Plan one file, and tell what a person did to it."""
        self.lease.check()
        todo = judge(self.wanted(node, parent_id), link, repairs=self.repairs)
        for tampering in todo.found:
            after = "and is put right" if todo.repaired else "and is left as it is"
            self.warn(tampering, node, f"the copy of this {node.role.value} {SAID[tampering]}, {after}")
        return todo

    def wanted(self, node: Node, parent_id: str | None) -> Wanted:
        """Say how a file should be, in the terms of its link."""
        return Wanted(name_hash=hash_of(self.fingerprint, node.name), parent_id=parent_id, source=node.source)

    def warn(self, code: str, node: Node, message: str) -> None:
        """Say something of a file, by ids of the app."""
        where = " ".join(filter(None, (str(node.connection_id or ""), node.workspace_id, node.role.value)))
        told: JsonObject = {"code": str(code), "where": where, "message": message}
        if told not in self.warnings:
            self.warnings.append(told)

    async def folder(self, node: Node, link: Link | None, parent_id: str | None) -> str | None:
        """Have a folder as it should be; returns its id, or None where nothing can be put into it."""
        todo = self.judged(node, link, parent_id)
        if todo.blocked:
            return None
        if todo.make:
            started = await self._start(node, link)
            assert started.file_id is not None
            async with telling():
                file = await self.client.folder(
                    file_id=started.file_id, name=node.name, parent_id=parent_id, properties=self.label(node)
                )
            made = await self.settle(node, started, file)
            todo, link = self.judged(node, made, parent_id), made
        assert link is not None
        return (await self.change(node, link, todo, parent_id)).file_id

    async def change(self, node: Node, link: Link, todo: Todo, parent_id: str | None) -> Link:
        """Rename, move and take out of the bin, all in one request, what has to be; content stays as it is."""
        if not (todo.rename or todo.move or todo.restore):
            now = replace(agreed(link, self.wanted(node, parent_id)), **_place(node))
            return link if now == link else await self.save(now)
        metadata: dict[str, Any] = {}
        if todo.rename:
            metadata["name"] = node.name
        if todo.restore:
            metadata["trashed"] = False
        assert link.file_id is not None
        async with telling():
            file = await self.client.change(
                link.file_id,
                metadata,
                add=parent_id if todo.move else None,
                remove=link.seen_parent_id if todo.move else None,
            )
        self.counts["changed"] += 1
        return await self.save(replace(patched(link, file, todo, self.fingerprint), **_place(node)))

    async def file(self, node: Node, link: Link | None, parent_id: str, source: Source) -> None:
        """Have a file as it should be."""
        todo = self.judged(node, link, parent_id)
        if link is not None and not todo.make:
            link = await self._remember(node, link, todo)
        if todo.blocked:
            return
        if todo.make:
            link = await self._start(node, link)
            metadata = {"name": node.name, "parents": [parent_id], "appProperties": self.label(node)}
            link = await self._upload(node, link, source, metadata, is_new=True)
            # One that an earlier attempt had made may be called otherwise, or lie elsewhere.
            todo = self.judged(node, link, parent_id)
        assert link is not None
        link = await self.change(node, link, todo, parent_id)
        if todo.content:
            await self._upload(node, link, source, {}, is_new=False)

    async def _upload(
        self, node: Node, link: Link, source: Source, metadata: Mapping[str, Any], *, is_new: bool
    ) -> Link:
        assert link.file_id is not None
        target = Target(file_id=link.file_id, is_new=is_new, metadata=metadata)
        journal = _Journal(self, node, link)
        async with telling():
            file = await upload(self.client, target, source, journal, session=self._session(node, link))
        self.counts["sent"] += 1
        self.counts["bytes"] += file.size_bytes or 0
        settled = await self.settle(node, journal.link, file)
        if self.counts["sent"] % REPORT_EVERY == 0:
            await self.report({})
        return settled

    async def sheet(self, node: Node, link: Link | None, parent_id: str) -> tuple[Link | None, Todo]:
        """Have a sheet where it should be, whatever its cells; returns None where there is none to write to."""
        todo = self.judged(node, link, parent_id)
        if link is not None and not todo.make:
            link = await self._remember(node, link, todo)
        if todo.blocked:
            return None, todo
        if not todo.make:
            assert link is not None
            return await self.change(node, link, todo, parent_id), todo
        was_asked = link is not None and not link.is_made
        columns = link.columns if link is not None else None
        started = await self.save(replace(_fresh(node), columns=columns))
        async with self.database.account(self.destination.account_id) as connection:
            await drive_links.drop_rows(connection, self.destination.destination_id, node.key)
        file = await self._find_sheet(node, parent_id) if was_asked else None
        if file is None:
            file = await self._make_sheet(node, parent_id)
        # Cells that nobody has read are not known, even in a sheet that should be empty.
        settled = replace(sent(started, file, self.fingerprint), is_unsure=was_asked, source=None, **_place(node))
        self.counts["made"] += 1
        made = await self.save(settled)
        todo = self.judged(node, made, parent_id)
        return await self.change(node, made, todo, parent_id), todo

    async def _make_sheet(self, node: Node, parent_id: str) -> DriveFile:
        """Make an empty sheet. Google gives its own types no id of ours, so a lost reply is followed by a look."""
        metadata = {
            "name": node.name,
            "mimeType": SHEET,
            "parents": [parent_id],
            "appProperties": self.label(node),
        }
        async with telling():
            try:
                return await self.client.create(metadata, repeatable=False)
            except Retriable:
                found = await self._find_sheet(node, parent_id)
                if found is None:
                    raise
                return found

    async def _find_sheet(self, node: Node, parent_id: str) -> DriveFile | None:
        """Look for a sheet that was made and whose reply was lost."""
        query = (
            f"{quoted(parent_id)} in parents and trashed=false and mimeType={quoted(SHEET)} and "
            f"appProperties has {{ key={quoted(PROPERTY)} and value={quoted(node.key.hex())} }}"
        )
        found = sorted(await self.client.find(query), key=lambda file: (file.created_at, file.file_id))
        return found[0] if found else None

    async def _remember(self, node: Node, link: Link, todo: Todo) -> Link:
        """Write down that something is due and cannot be sent, so that it is once nothing is in the way any more."""
        is_held_up = todo.blocked or (Tampering.EDITED in todo.found and not todo.content)
        if is_held_up and link.source != node.source and not link.is_unsure:
            return await self.save(replace(link, is_unsure=True))
        return link

    async def skip(self, link: Link | None) -> None:
        """Write down that a folder is out of reach, so that what is due in it is sent once it is back."""
        if link is not None and not link.is_unsure:
            await self.save(replace(link, is_unsure=True))

    async def done(self, node: Node) -> None:
        """Write down that all that was due in a folder was sent."""
        link = (await link_of(self, [node.key])).get(node.key)
        if link is not None and link.is_unsure:
            await self.save(replace(link, is_unsure=False))

    async def trash(self, links: Iterable[Link]) -> None:
        """Put what is not wanted any more into the bin, with all that lies in it, and forget it.

        What was asked for and never answered may be there, too.
        """
        listed = list(links)
        going = {link.file_id for link in listed if link.role.is_folder}
        for link in listed:
            self.lease.check()
            file_id = link.file_id or await self._find_lost(link)
            if file_id is None or link.parent_id in going:
                continue
            try:
                await self.client.change(file_id, {"trashed": True})
            except Gone:
                _log.debug("a file that was to be trashed is gone already, or never was")
            self.counts["trashed"] += link.is_made
        async with self.database.account(self.destination.account_id) as connection:
            await drive_links.drop(connection, self.destination.destination_id, [link.key for link in listed])

    async def _find_lost(self, link: Link) -> str | None:
        """Look for a sheet that was made and whose reply was lost, in the folders of this copy alone."""
        labelled = f"appProperties has {{ key={quoted(PROPERTY)} and value={quoted(link.key.hex())} }}"
        found = await self.client.find(f"trashed=false and {labelled}")
        async with self.database.account(self.destination.account_id) as connection:
            parents = [file.parent_id for file in found if file.parent_id is not None]
            ours = await drive_links.of_files(connection, self.destination.destination_id, parents)
        return next((file.file_id for file in found if file.parent_id in ours), None)

    async def reserve(self, how_many: int) -> None:
        """Ask for ids beforehand, as many at once as are needed."""
        async with self._asking:
            missing = min(how_many, MOST_IDS) - len(self._ids)
            if missing > 0:
                self._ids += await self.client.new_ids(missing)

    async def new_id(self) -> str:
        """Take an id that nothing has yet."""
        async with self._asking:
            if not self._ids:
                self._ids += await self.client.new_ids(10)
            return self._ids.pop()

    async def save(self, link: Link) -> Link:
        """Write a link down."""
        async with self.database.account(self.destination.account_id) as connection:
            await drive_links.put(connection, self.destination.account_id, self.destination.destination_id, link)
        return link

    async def settle(self, node: Node, link: Link, file: DriveFile) -> Link:
        """Write down that a file is as it was just sent."""
        if not link.is_made:
            self.counts["made"] += 1
        settled = replace(
            sent(link, file, self.fingerprint),
            source=node.source,
            is_unsure=False,
            sealed_session=None,
            session_source=None,
            session_at=None,
            **_place(node),
        )
        return await self.save(settled)

    async def _start(self, node: Node, link: Link | None) -> Link:
        """Write down under which id a file is about to be made; an id that was written down before is used again."""
        if link is not None and not link.is_made and link.file_id is not None:
            return link
        return await self.save(replace(_fresh(node), file_id=await self.new_id()))

    def label(self, node: Node) -> Mapping[str, str]:
        """Return the property by which a file is known to be the copy of something."""
        return {PROPERTY: node.key.hex()}

    def _session(self, node: Node, link: Link) -> str | None:
        """Open an upload session that was begun for the same content and is not too old."""
        if link.sealed_session is None or link.session_source != node.source or link.session_at is None:
            return None
        if datetime.now(UTC) - link.session_at > timedelta(days=SESSION_DAYS):
            return None
        return open_secret(self.keys, link.sealed_session, _purpose(link.key)).decode()

    def sealed(self, key: LinkKey, session: str) -> bytes:
        """Seal a session's address."""
        return seal_secret(self.keys, session.encode(), _purpose(key))


class _Journal:
    """Keeps of an upload what the next worker needs."""

    def __init__(self, sender: Sender, node: Node, link: Link) -> None:
        self._sender = sender
        self._node = node
        self.link = link

    async def began(self, session: str) -> None:
        """Keep the session."""
        self.link = await self._sender.save(
            replace(
                self.link,
                sealed_session=self._sender.sealed(self.link.key, session),
                session_source=self._node.source,
                session_at=datetime.now(UTC),
            )
        )

    async def ending(self, sha256: str) -> None:
        """Keep what the file will be, so that it is not taken for somebody else's work."""
        self.link = await self._sender.save(replace(self.link, ending_hash=hash_of(self._sender.fingerprint, sha256)))


@asynccontextmanager
async def telling() -> AsyncIterator[None]:
    """Let what was deleted while it was being worked on be looked at again, rather than fail."""
    try:
        yield
    except Gone as error:
        raise Retriable(f"something was deleted in Drive while the copy was made: {error}", after_seconds=5.0) from None


async def link_of(sender: Sender, keys: Sequence[LinkKey]) -> dict[LinkKey, Link]:
    """Read links."""
    async with sender.database.account(sender.destination.account_id) as connection:
        return await drive_links.some(connection, sender.destination.destination_id, keys)


def _fresh(node: Node) -> Link:
    """Start a link anew: nothing of an earlier file of the same key counts."""
    return Link(key=node.key, role=node.role, connection_id=node.connection_id, workspace_id=node.workspace_id)


def _place(node: Node) -> dict[str, Any]:
    return {"connection_id": node.connection_id, "workspace_id": node.workspace_id}


def _purpose(key: LinkKey) -> str:
    return f"drive session {key.hex()}"
