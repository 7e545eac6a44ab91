"""Drive sync: has an account's Google Drive show its newest snapshots. One way: no restore ever reads it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from connectors.base import KindSpec
from connectors.errors import ConnectorError, Unauthorised
from connectors.google_drive.errors import DriveFull, DriveLimited
from store import connected_apps, drive, drive_links, snapshots
from store.connected_apps import ConnectedApp
from store.drive import DriveDestination, DriveStatus, Position
from store.drive_links import Link, Role
from store.record import ConnectionId, JsonObject, Kind, WorkspaceId
from store.repository import Repository
from store.snapshots import Snapshot
from workers.drive_content import Shown, Text, readme
from workers.drive_copy import Copy
from workers.drive_names import distinct
from workers.drive_plan import hash_of
from workers.drive_send import Sender, link_of
from workers.drive_tree import LAYOUT, Node, fingerprint_of, key_of
from workers.drive_watch import Watch, is_root_gone
from workers.faults import NoGrant, Parked, RootGone, UnknownApp
from workers.lease import Lease
from workers.runtime import Runtime
from workers.turn import Turn, TurnOver

ROOT_NAME = "Holdfast"
README = "README.txt"
PARKED_FOR = timedelta(hours=24)
_LAST_ATTEMPTS = 5


async def perform(runtime: Runtime, lease: Lease) -> JsonObject:
    """Bring an account's copy up to date; returns what was done. Resumes by finding what is done already."""
    lease.check()
    account_id = lease.operation.account_id
    async with runtime.database.account(account_id) as connection:
        destination = await drive.get(connection, account_id)
    if destination.status is DriveStatus.LOST:
        raise NoGrant(f"{destination.status_reason}: connect Google Drive again")
    repository = await runtime.repository(account_id)
    sync = DriveSync(runtime, lease, repository, destination)
    try:
        result = await _told(sync)
    except Unauthorised as error:
        reason = "Google does not let Holdfast in any more; its owner has to connect again"
        await _set(runtime, destination, DriveStatus.LOST, reason)
        raise NoGrant(f"{reason} ({error})") from error
    except DriveFull as error:
        await _park(runtime, destination, f"Google Drive takes nothing more: {error}")
        raise
    except DriveLimited as error:
        if error.after_seconds >= PARKED_FOR.total_seconds() or lease.attempt > _LAST_ATTEMPTS:
            reason = "Google takes no more from this account today"
            await _park(runtime, destination, reason)
            raise Parked(f"{reason}: {error}") from error
        raise
    if destination.status is not DriveStatus.WORKING:
        await _set(runtime, destination, DriveStatus.WORKING, None)
    return result


async def _told(sync: "DriveSync") -> JsonObject:
    """Run it; what was sent before it failed counts as getting further, so that passing faults never add up."""
    try:
        return await sync.run()
    except (ConnectorError, TurnOver):
        await sync.sender.report({})
        raise


async def forget(runtime: Runtime, lease: Lease) -> None:
    """What was sent stays, and is known: the next sync goes on from it."""


async def _park(runtime: Runtime, destination: DriveDestination, reason: str) -> None:
    async with runtime.database.account(destination.account_id) as connection:
        until = datetime.now(UTC) + PARKED_FOR
        await drive.set_status(connection, destination, DriveStatus.PARKED, reason, parked_until=until)


async def _set(runtime: Runtime, destination: DriveDestination, status: DriveStatus, reason: str | None) -> None:
    async with runtime.database.account(destination.account_id) as connection:
        await drive.set_status(connection, destination, status, reason)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Due:
    connected: ConnectedApp
    snapshot: Snapshot


class DriveSync:
    """One account's, for one operation."""

    def __init__(self, runtime: Runtime, lease: Lease, repository: Repository, destination: DriveDestination) -> None:
        self._runtime = runtime
        self._repository = repository
        self._destination = destination
        self._turn = Turn()
        self._fingerprint = fingerprint_of(repository.keys)
        self.sender = Sender(
            client=runtime.drive.client(repository.database, repository.keys, destination),
            database=repository.database,
            keys=repository.keys,
            destination=destination,
            fingerprint=self._fingerprint,
            lease=lease,
            repairs=destination.repairs or bool(lease.operation.arguments.get("repair")),
        )

    async def run(self) -> JsonObject:
        """Look at what is there, then bring every connection to its newest snapshot, and the README last."""
        await self._check_room()
        watch = Watch(self._repository.database, self.sender.client, self._destination, self._fingerprint)
        await watch.look()
        root_id = await self._root()
        due, positions, unsettled = await self._state()
        nodes = self._apps([each.connected for each in due])
        for each in due:
            connection_id = each.connected.connection_id
            changed = await self._changed(each, positions.get(connection_id), unsettled.get(connection_id, set()))
            if changed is None or changed or await self._is_renamed(nodes[connection_id]):
                await self._copy(each, nodes[connection_id], root_id, changed)
            before = positions.get(connection_id)
            if before is None or (before.seq, before.layout) != (each.snapshot.seq, LAYOUT):
                positions[connection_id] = await self._stand(each)
        await self._readme(root_id, due, nodes, positions)
        counts = {name: self.sender.counts[name] for name in ("made", "changed", "sent", "trashed", "rows", "bytes")}
        await self.sender.report({})
        return {**counts, "connections": len(due), "root_id": root_id}

    async def _check_room(self) -> None:
        """Ask whether there is any room at all: a full Drive is told before anything is sent."""
        about = await self.sender.client.about()
        if about.room.free_bytes == 0:
            raise DriveFull("the Drive is full: make room in it, or buy some; the sync is tried again every day")

    async def _root(self) -> str:
        """Have the folder that everything lies in. One that was thrown away comes back only where that is allowed."""
        node = Node(key=key_of(self._fingerprint, Role.ROOT), role=Role.ROOT, name=ROOT_NAME, parent=None)
        link = (await link_of(self.sender, [node.key])).get(node.key)
        if link is not None and is_root_gone([link]) and not self.sender.repairs:
            raise RootGone(
                "the folder of the copy was thrown away in Google Drive: take it out of the bin, start a sync that "
                "repairs, or disconnect"
            )
        root_id = await self.sender.folder(node, link, None)
        assert root_id is not None, "a root that is gone was told above"
        return root_id

    async def _state(
        self,
    ) -> tuple[list[_Due], dict[ConnectionId, Position], dict[ConnectionId, set[WorkspaceId | None]]]:
        account_id, destination_id = self._destination.account_id, self._destination.destination_id
        async with self._repository.database.account(account_id) as connection:
            due: list[_Due] = []
            for connected in await connected_apps.every(connection, account_id):
                newest = await snapshots.latest(connection, connected.connection_id)
                if newest is not None and self._destination.takes(connected.connection_id):
                    due.append(_Due(connected=connected, snapshot=newest))
            positions = await drive.positions(connection, destination_id)
            unsettled = await drive_links.unsettled(connection, destination_id)
        return due, positions, unsettled

    def _apps(self, connected: list[ConnectedApp]) -> Mapping[ConnectionId, Node]:
        """Name the folder of each connection after it. The README comes first: it keeps its name."""
        root = key_of(self._fingerprint, Role.ROOT)
        keys = {each.connection_id: key_of(self._fingerprint, Role.APP, str(each.connection_id)) for each in connected}
        readme_key = key_of(self._fingerprint, Role.README)
        names = distinct([(readme_key, README), *((keys[each.connection_id], each.name) for each in connected)])
        return {
            each.connection_id: Node(
                key=keys[each.connection_id],
                role=Role.APP,
                name=names[keys[each.connection_id]],
                parent=root,
                connection_id=each.connection_id,
                workspace_id=WorkspaceId(""),
            )
            for each in connected
        }

    async def _changed(
        self, due: _Due, position: Position | None, unsettled: set[WorkspaceId | None]
    ) -> set[WorkspaceId] | None:
        """Say which workspaces have to be looked at: None for all of them."""
        if position is None or position.layout != LAYOUT or position.seq > due.snapshot.seq:
            return None
        async with self._repository.database.account(self._destination.account_id) as connection:
            changed = await drive.changed_workspaces(
                connection, due.connected.connection_id, position.seq, due.snapshot.seq
            )
        return changed | {workspace_id for workspace_id in unsettled if workspace_id is not None}

    async def _is_renamed(self, app: Node) -> bool:
        """Whether a connection is called otherwise than its folder."""
        link = (await link_of(self.sender, [app.key])).get(app.key)
        return link is not None and link.name_hash != hash_of(self._fingerprint, app.name)

    async def _copy(self, due: _Due, app: Node, root_id: str, changed: set[WorkspaceId] | None) -> None:
        kinds = self._kinds(due.connected)
        copy = Copy(
            sender=self.sender,
            repository=self._repository,
            connected=due.connected,
            snapshot=due.snapshot,
            titles={kind: spec.title for kind, spec in kinds.items()},
            title_fields={kind: spec.title_field for kind, spec in kinds.items() if spec.title_field},
            turn=self._turn,
        )
        await copy.run(app, root_id, changed)

    def _kinds(self, connected: ConnectedApp) -> Mapping[Kind, KindSpec]:
        try:
            return self._runtime.connector(connected.app).spec.kinds
        except UnknownApp:
            # Its snapshots are held all the same, and can be read without a word on what the kinds are called.
            return {}

    async def _stand(self, due: _Due) -> Position:
        position = Position(
            connection_id=due.connected.connection_id,
            seq=due.snapshot.seq,
            layout=LAYOUT,
            synced_at=datetime.now(UTC).replace(microsecond=0),
        )
        async with self._repository.database.account(self._destination.account_id) as connection:
            await drive.set_position(
                connection, self._destination.account_id, self._destination.destination_id, position
            )
        return position

    async def _readme(
        self,
        root_id: str,
        due: list[_Due],
        nodes: Mapping[ConnectionId, Node],
        positions: Mapping[ConnectionId, Position],
    ) -> None:
        shown = [
            Shown(
                folder=nodes[each.connected.connection_id].name,
                seq=each.snapshot.seq,
                taken_at=each.snapshot.finished_at,
                synced_at=positions[each.connected.connection_id].synced_at,
            )
            for each in due
        ]
        text = Text(text=readme(shown))
        key = key_of(self._fingerprint, Role.README)
        node = Node(
            key=key,
            role=Role.README,
            name=README,
            parent=key_of(self._fingerprint, Role.ROOT),
            source=self._fingerprint(text.text.encode()),
        )
        link: Link | None = (await link_of(self.sender, [key])).get(key)
        await self.sender.file(node, link, root_id, text)
