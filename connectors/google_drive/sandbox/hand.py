"""Hand: what a person does to their own Drive in the browser, past every app."""

from collections.abc import Iterator
from typing import Any

from connectors.google_drive.sandbox.item import FOLDER, Item
from connectors.google_drive.sandbox.world import Person, World

Json = dict[str, Any]


class Hand:
    """One person's. Files are named by their path: `Holdfast/Trello/Board/records.jsonl`."""

    def __init__(self, world: World, person: Person) -> None:
        self._world = world
        self._person = person

    def paths(self, *, trashed: bool = False) -> dict[str, Item]:
        """List everything by path; what is in the bin only if asked for. A path twice is an error of who made it."""
        found: dict[str, Item] = {}
        with self._world.lock:
            for item in self._world.items.values():
                if item.owner != self._person.email or (self._world.is_trashed(item) and not trashed):
                    continue
                path = self._path(item)
                assert path not in found, f"two files are called {path}"
                found[path] = item
        return found

    def find(self, path: str) -> Item:
        """Give a file."""
        return self.paths()[path]

    def text(self, path: str) -> str:
        """Read a file."""
        content = self.find(path).content
        assert content is not None
        return content.decode()

    def cells(self, path: str) -> list[list[str]]:
        """Read a sheet, as it is shown."""
        grid = self.find(path).grid
        assert grid is not None
        return grid.texts()

    def tree(self) -> dict[str, Any]:
        """Say what everything holds: bytes, cells, or None for a folder, by path."""
        found: dict[str, Any] = {}
        for path, item in self.paths().items():
            found[path] = item.grid.texts() if item.grid is not None else item.content
        return found

    def edit(self, path: str, content: bytes) -> None:
        """Put other bytes into a file."""
        with self._world.lock:
            item = self.find(path)
            item.replace(content)
            self._world.touch(item)

    def type(self, path: str, row: int, column: int, text: str) -> None:
        """Type into a cell; row and column from 0."""
        with self._world.lock:
            item = self.find(path)
            assert item.grid is not None
            item.grid.put(row, column, {"stringValue": text})
            self._world.touch(item)

    def rename(self, path: str, name: str) -> None:
        """Give another name."""
        with self._world.lock:
            item = self.find(path)
            item.name = name
            self._world.touch(item)

    def move(self, path: str, folder: str) -> None:
        """Put it into another folder; an empty path is My Drive itself."""
        with self._world.lock:
            item = self.find(path)
            item.parent_id = self.find(folder).file_id if folder else self._person.root_id
            self._world.touch(item)

    def trash(self, path: str) -> None:
        """Put it into the bin."""
        with self._world.lock:
            self._world.trash(self.find(path), trashed=True)

    def restore(self, item: Item) -> None:
        """Take it out of the bin."""
        with self._world.lock:
            self._world.trash(item, trashed=False)

    def delete(self, path: str) -> None:
        """Delete it for good."""
        with self._world.lock:
            self._world.delete(self.find(path))

    def folder(self, name: str) -> Item:
        """Make a folder of one's own, which no app sees."""
        with self._world.lock:
            now = self._world.clock.now()
            item = Item(
                file_id=self._world.new_id(),
                owner=self._person.email,
                client_id="",
                name=name,
                mime_type=FOLDER,
                parent_id=self._person.root_id,
                created=now,
                modified=now,
            )
            self._world.items[item.file_id] = item
            return item

    def _path(self, item: Item) -> str:
        return "/".join(reversed(list(self._names(item))))

    def _names(self, item: Item) -> Iterator[str]:
        step: Item | None = item
        while step is not None:
            yield step.name
            step = self._world.items.get(step.parent_id or "")
