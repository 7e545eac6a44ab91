"""World: everything the stand-in holds, as the JSON it serves, with the indexes that reads need.

Objects are kept in the very shape they are served in, derived fields (badges, a card's labels, urls) included and
brought up to date on each change. So an export that is loaded reads back exactly as it was until it is edited.
"""

import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors.stand_in.clock import Clock, WallClock
from connectors.trello.sandbox.errors import not_found
from connectors.trello.sandbox.ids import Ids, is_object_id
from connectors.trello.sandbox.stamps import stamp

Json = dict[str, Any]
Happening = Callable[[Json], None]


class Shelf:
    """Objects of one kind by id, and by the parent they lie in, in order of arrival."""

    def __init__(self, parent_field: str | None = None) -> None:
        self._parent_field = parent_field
        self.by_id: dict[str, Json] = {}
        self._by_parent: defaultdict[str | None, dict[str, Json]] = defaultdict(dict)

    def __len__(self) -> int:
        return len(self.by_id)

    def __iter__(self) -> Iterator[Json]:
        return iter(self.by_id.values())

    def __contains__(self, object_id: str) -> bool:
        return object_id in self.by_id

    def add(self, found: Json) -> Json:
        """Put an object in."""
        self.by_id[found["id"]] = found
        if self._parent_field:
            self._by_parent[found[self._parent_field]][found["id"]] = found
        return found

    def get(self, object_id: str) -> Json:
        """Find by id; 404 when it is not there."""
        try:
            return self.by_id[object_id]
        except KeyError:
            raise not_found() from None

    def of(self, parent_id: str | None) -> list[Json]:
        """List what lies in a parent."""
        return list(self._by_parent[parent_id].values()) if parent_id in self._by_parent else []

    def count(self, parent_id: str) -> int:
        """Count what lies in a parent."""
        return len(self._by_parent[parent_id]) if parent_id in self._by_parent else 0

    def remove(self, object_id: str) -> Json:
        """Take an object out; 404 when it is not there."""
        found = self.get(object_id)
        del self.by_id[object_id]
        if self._parent_field:
            self._by_parent[found[self._parent_field]].pop(object_id, None)
        return found

    def move(self, found: Json, parent_id: str | None) -> None:
        """Put an object into another parent, or into none."""
        assert self._parent_field
        self._by_parent[found[self._parent_field]].pop(found["id"], None)
        found[self._parent_field] = parent_id
        self._by_parent[parent_id][found["id"]] = found


class World:
    """The whole state of one stand-in. Hold `lock` (or use `editing`) when touching it from another thread."""

    def __init__(self, *, clock: Clock | None = None, seed: int = 0) -> None:
        self.clock = clock or WallClock()
        self.ids = Ids(seed)
        self.lock = threading.RLock()
        self.organizations = Shelf()
        self.members = Shelf()
        self.boards = Shelf("idOrganization")
        self.lists = Shelf("idBoard")
        self.cards = Shelf("idBoard")
        self.labels = Shelf("idBoard")
        self.checklists = Shelf("idCard")
        self.custom_fields = Shelf("idModel")
        self.field_items: defaultdict[str, list[Json]] = defaultdict(list)
        self.attachments: defaultdict[str, list[Json]] = defaultdict(list)
        self.stickers: defaultdict[str, list[Json]] = defaultdict(list)
        self.plugin_data: defaultdict[str, list[Json]] = defaultdict(list)
        self.board_plugins: defaultdict[str, list[Json]] = defaultdict(list)
        self.actions: dict[str, Json] = {}
        self.journals: defaultdict[str, list[Json]] = defaultdict(list)
        """Listed actions by the id of each thing they concern, oldest first."""
        self.reactions: defaultdict[str, list[Json]] = defaultdict(list)
        self.numbers: defaultdict[str, int] = defaultdict(int)
        """The highest `idShort` that a board has given."""
        self.short_links: dict[str, str] = {}
        self.blobs: dict[str, bytes] = {}
        """Bytes of uploads, by attachment id; those of a loaded export are made when asked for."""
        self.lost: set[tuple[str, str]] = set()
        """(member, board) where access was taken away without a trace: a fault."""
        self.listeners: list[Happening] = []
        """Told of every action, the unlisted ones too: webhooks."""
        self._last = datetime.fromtimestamp(0, UTC)

    @contextmanager
    def editing(self) -> Iterator["World"]:
        """Hold the lock while changing things by hand."""
        with self.lock:
            yield self

    def now(self) -> datetime:
        """Give the time of a change: never the same millisecond twice, so every change shows."""
        self._last = max(self.clock.now(), self._last + timedelta(milliseconds=1))
        return self._last

    def new_id(self, when: datetime | None = None) -> str:
        """Make an id."""
        return self.ids.make(when or self._last)

    def next_number(self, board_id: str) -> int:
        """Give the number of a board's next card: never one that was used, deleted cards' included."""
        self.numbers[board_id] += 1
        return self.numbers[board_id]

    def resolve(self, shelf: Shelf, key: str) -> Json:
        """Find a board or card by id or short link."""
        return shelf.get(key if is_object_id(key) else self.short_links.get(key, ""))

    def find_member(self, key: str, me: Json | None = None) -> Json:
        """Find a person by id, username or `me`."""
        if key == "me" and me is not None:
            return me
        if is_object_id(key):
            return self.members.get(key)
        for found in self.members:
            if found["username"] == key:
                return found
        raise not_found()

    def find_organization(self, key: str) -> Json:
        """Find a workspace by id or name."""
        if is_object_id(key):
            return self.organizations.get(key)
        for found in self.organizations:
            if found["name"] == key:
                return found
        raise not_found()

    def boards_of(self, member: Json) -> list[Json]:
        """List the boards a person is a member of, in order of creation."""
        return [
            self.boards.by_id[board_id]
            for board_id in member["idBoards"]
            if board_id in self.boards and (member["id"], board_id) not in self.lost
        ]

    def may_read(self, member: Json, board: Json) -> bool:
        """Tell whether a person may see a board: as its member, through its workspace, or because it is public."""
        if (member["id"], board["id"]) in self.lost:
            return False
        if board["id"] in member["idBoards"]:
            return True
        level = board["prefs"].get("permissionLevel")
        return level == "public" or (level == "org" and board["idOrganization"] in member["idOrganizations"])

    def touch(self, when: datetime, *, card: Json | None = None, board: Json | None = None) -> None:
        """Move `dateLastActivity` of a card and its board to `when`."""
        if card is not None:
            card["dateLastActivity"] = stamp(when)
        if board is not None:
            board["dateLastActivity"] = stamp(when)
