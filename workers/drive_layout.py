"""Drive layout: which folders, sheets and texts the copy of one connection consists of. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import ceil

from store.drive_links import LinkKey, Role
from store.record import FILE_KIND, ConnectionId, Kind, WorkspaceId
from workers.drive_cells import MOST_ROWS
from workers.drive_names import distinct
from workers.drive_tree import Fingerprint, Node, key_of

RECORDS = "records.jsonl"
FILES = "Files"
WHOLE = WorkspaceId("")
"""What belongs to the connection as a whole lies in the app's own folder."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A workspace: where it belongs and what it is called."""

    workspace_id: WorkspaceId
    parent_id: WorkspaceId | None
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetNode:
    """A sheet of one kind; `part` counts from 0 where one sheet does not hold them all."""

    kind: Kind
    part: int
    node: Node


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """One folder of records: a board's, a workspace's or the app's own."""

    workspace_id: WorkspaceId
    folder: Node
    records: Node | None
    """None where nothing lies in it but other folders."""
    sheets: Sequence[SheetNode]
    files: Node | None

    @property
    def nodes(self) -> Iterator[Node]:
        """Everything but the single files."""
        yield self.folder
        if self.records is not None:
            yield self.records
        if self.files is not None:
            yield self.files
        yield from (sheet.node for sheet in self.sheets)


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Lays out one connection."""

    fingerprint: Fingerprint
    connection_id: ConnectionId
    titles: Mapping[Kind, str]
    """What the app calls its kinds."""

    def shelves(
        self, app: Node, places: Mapping[WorkspaceId, Place], kinds: Mapping[WorkspaceId, Mapping[Kind, int]]
    ) -> list[Shelf]:
        """List every folder that holds records, and those that these lie in, each behind the one it lies in."""
        children: dict[WorkspaceId, list[Place]] = {}
        for workspace_id in _needed(places, kinds):
            place = places.get(workspace_id) or Place(workspace_id=workspace_id, parent_id=None, name=workspace_id)
            parent = place.parent_id if place.parent_id in places else None
            children.setdefault(parent or WHOLE, []).append(place)
        shelves: list[Shelf] = []
        waiting = [(WHOLE, app)]
        while waiting:
            workspace_id, folder = waiting.pop()
            inner = sorted(children.get(workspace_id, ()), key=lambda place: place.workspace_id)
            shelf, folders = self._shelf(workspace_id, folder, kinds.get(workspace_id, {}), inner)
            shelves.append(shelf)
            waiting += reversed(folders)
        return shelves

    def _shelf(
        self, workspace_id: WorkspaceId, folder: Node, kinds: Mapping[Kind, int], inner: Sequence[Place]
    ) -> tuple[Shelf, list[tuple[WorkspaceId, Node]]]:
        records = self._key(Role.RECORDS, workspace_id)
        files = self._key(Role.FILES, workspace_id)
        parts = [(kind, part) for kind in sorted(kinds) for part in range(ceil(kinds[kind] / MOST_ROWS))]
        sheets = {(kind, part): self._key(Role.SHEET, workspace_id, kind, str(part)) for kind, part in parts}
        folders = {place.workspace_id: self._key(Role.WORKSPACE, place.workspace_id) for place in inner}
        # What is always there comes first, so that a board called `Files` gives way and not the folder of files.
        names = distinct(
            [
                (records, RECORDS),
                (files, FILES),
                *((key, self._title(kind, part)) for (kind, part), key in sheets.items()),
                *((folders[place.workspace_id], place.name) for place in inner),
            ]
        )

        def node(key: LinkKey, role: Role, owner: WorkspaceId = workspace_id) -> Node:
            return Node(
                key=key,
                role=role,
                name=names[key],
                parent=folder.key,
                connection_id=self.connection_id,
                workspace_id=owner,
            )

        shelf = Shelf(
            workspace_id=workspace_id,
            folder=folder,
            records=node(records, Role.RECORDS) if kinds else None,
            sheets=[
                SheetNode(kind=kind, part=part, node=node(key, Role.SHEET)) for (kind, part), key in sheets.items()
            ],
            files=node(files, Role.FILES) if kinds.get(FILE_KIND) else None,
        )
        return shelf, [(inner_id, node(key, Role.WORKSPACE, inner_id)) for inner_id, key in folders.items()]

    def _key(self, role: Role, *parts: str) -> LinkKey:
        return key_of(self.fingerprint, role, str(self.connection_id), *parts)

    def _title(self, kind: Kind, part: int) -> str:
        title = self.titles.get(kind) or kind.replace("_", " ").capitalize()
        return title if part == 0 else f"{title} {part + 1}"


def _needed(places: Mapping[WorkspaceId, Place], kinds: Mapping[WorkspaceId, Mapping[Kind, int]]) -> set[WorkspaceId]:
    """Name the workspaces that hold records, and all that these lie in; one that lies in itself lies nowhere."""
    needed: set[WorkspaceId] = set()
    for workspace_id in kinds:
        step: WorkspaceId | None = workspace_id
        while step and step not in needed:
            needed.add(step)
            step = places[step].parent_id if step in places else None
    return needed
