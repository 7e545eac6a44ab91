"""Drive watch: what happened in the Drive since the last look, written down beside what was sent."""

import logging
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta

from connectors.errors import BadReply, Gone
from connectors.google_drive.client import DriveClient
from connectors.google_drive.file import DriveFile
from store import drive, drive_links
from store.database import Connection, Database
from store.drive import DriveDestination
from store.drive_links import Bin, Role
from workers.drive_plan import seen
from workers.drive_tree import Fingerprint

_log = logging.getLogger(__name__)

LIST_EVERY = timedelta(days=7)
"""How long Drive's own word on what changed is taken before everything is listed and compared again."""


class Watch:
    """Looks at one Drive, as far as Holdfast's own files go: it sees no others."""

    def __init__(
        self, database: Database, client: DriveClient, destination: DriveDestination, fingerprint: Fingerprint
    ) -> None:
        self._database = database
        self._client = client
        self._destination = destination
        self._fingerprint = fingerprint

    async def look(self) -> None:
        """Ask for the changes since the last look; list everything once a week, or where Drive cannot say.

        What was seen and where the feed stands are written together: a crash forgets neither.
        """
        token, listed_at = self._destination.change_token, self._destination.listed_at
        if token is not None and listed_at is not None and datetime.now(UTC) - listed_at < LIST_EVERY:
            try:
                changes, after = await self._client.changes(token)
            except (BadReply, Gone) as error:
                _log.info("the changes of a Drive cannot be told, so everything is listed: %s", error)
            else:
                async with self._database.account(self._destination.account_id) as connection:
                    await self._note(connection, {change.file_id: change.file for change in changes})
                    await drive.set_feed(connection, self._destination, after)
                return
        await self._list()

    async def _list(self) -> None:
        # Asked before the listing: what changes meanwhile is in the next look.
        token = await self._client.change_token()
        async with self._database.account(self._destination.account_id) as connection:
            is_new = not await drive_links.count(connection, self._destination.destination_id)
        found: dict[str, DriveFile] = {}
        if not is_new:
            async for page in self._client.pages():
                found |= {file.file_id: file for file in page}
        async with self._database.account(self._destination.account_id) as connection:
            async for links in drive_links.every(connection, self._destination.destination_id):
                made = [link.file_id for link in links if link.is_made and link.file_id is not None]
                await self._note(connection, {file_id: found.get(file_id) for file_id in made})
            await drive.set_feed(connection, self._destination, token, listed_at=datetime.now(UTC))

    async def _note(self, connection: Connection, files: Mapping[str, DriveFile | None]) -> None:
        links = await drive_links.of_files(connection, self._destination.destination_id, files)
        for file_id, link in links.items():
            if not link.is_made:
                continue
            now = seen(link, files[file_id], self._fingerprint)
            if now != link:
                await drive_links.put(connection, self._destination.account_id, self._destination.destination_id, now)


def is_root_gone(links: Iterable[drive_links.Link]) -> bool:
    """Whether the folder that everything lies in was thrown away."""
    return any(link.role is Role.ROOT and link.is_made and link.seen_bin is not Bin.OUT for link in links)
