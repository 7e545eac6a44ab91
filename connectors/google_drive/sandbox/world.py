"""World: everything the stand-in holds: people, their files, what changed, and open upload sessions."""

import random
import string
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from connectors.google_drive.sandbox.errors import ApiError, full, not_found
from connectors.google_drive.sandbox.item import FOLDER, GOOGLE, SHEET, Item
from connectors.stand_in.clock import Clock, WallClock

Json = dict[str, Any]

_ID_CHARS = string.ascii_letters + string.digits + "-_"
DEFAULT_LIMIT_BYTES = 15 * 2**30


@dataclass(slots=True, kw_only=True)
class Person:
    """Somebody with a Drive."""

    permission_id: str
    email: str
    name: str
    root_id: str
    limit_bytes: int | None = DEFAULT_LIMIT_BYTES


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """Who asks, through which app, and whether for all files or only for that app's own."""

    person: Person
    client_id: str
    is_whole_drive: bool


@dataclass(slots=True, kw_only=True)
class Session:
    """One resumable upload."""

    access: Access
    began: datetime
    file_id: str | None
    """The file whose content is replaced; None: one is made."""
    metadata: Json
    media_type: str
    total: int | None
    fields: str | None
    received: bytearray = field(default_factory=bytearray)
    done: str | None = None
    """The file it became."""


class World:
    """One Google. Change it under `lock`."""

    def __init__(self, *, seed: int = 1, clock: Clock | None = None) -> None:
        self.clock = clock or WallClock()
        self.lock = threading.RLock()
        self.random = random.Random(seed)  # noqa: S311 - repeatable ids, no secrets
        self.people: dict[str, Person] = {}
        self.items: dict[str, Item] = {}
        self.log: list[str] = []
        """The ids of the files that changed, one entry for each change; a change's token is its place."""
        self.gone: dict[str, tuple[str, str]] = {}
        """Deleted for good: id → owner and app."""
        self.sessions: dict[str, Session] = {}
        self.reserved: set[str] = set()
        """Ids that were generated and not used yet."""
        self.sheet_title = "Sheet1"
        """What a new spreadsheet's first tab is called: in the language of its owner."""

    def person(self, email: str, *, name: str = "", limit_bytes: int | None = DEFAULT_LIMIT_BYTES) -> Person:
        """Add somebody, with an empty Drive."""
        made = Person(
            permission_id=f"{self.random.randrange(10**19, 10**20)}",
            email=email,
            name=name or email.partition("@")[0].title(),
            root_id="0A" + self._characters(17),
            limit_bytes=limit_bytes,
        )
        self.people[email] = made
        return made

    def new_id(self) -> str:
        """Make an id."""
        return "1" + self._characters(32)

    def used_bytes(self, person: Person) -> int:
        """Count what fills a Drive, the bin included."""
        return sum(item.size_bytes for item in self.items.values() if item.owner == person.email)

    def check_room(self, person: Person, size_bytes: int) -> None:
        """Refuse what does not fit any more."""
        if person.limit_bytes is not None and self.used_bytes(person) + size_bytes > person.limit_bytes:
            raise full()

    def sees(self, access: Access, item: Item) -> bool:
        """Whether an app that asks for somebody sees a file."""
        return item.owner == access.person.email and (access.is_whole_drive or item.client_id == access.client_id)

    def find(self, access: Access, file_id: str) -> Item:
        """Give a file; refused as not found where the app does not see it."""
        item = self.items.get(file_id)
        if item is None or not self.sees(access, item):
            raise not_found(file_id)
        return item

    def visible(self, access: Access) -> list[Item]:
        """List the files an app sees, newest change first."""
        found = [item for item in self.items.values() if self.sees(access, item)]
        return sorted(found, key=lambda item: (item.modified, item.file_id), reverse=True)

    def is_trashed(self, item: Item) -> bool:
        """Whether it, or a folder it lies in, is in the bin."""
        step: Item | None = item
        while step is not None:
            if step.trashed:
                return True
            step = self.items.get(step.parent_id or "")
        return False

    def resource(self, access: Access, item: Item) -> Json:
        """Describe a file to an app."""
        return item.resource(access.client_id, is_trashed=self.is_trashed(item))

    def make(self, access: Access, metadata: Json, *, content: bytes | None, media_type: str) -> Item:
        """Make a file of its metadata and content."""
        file_id = metadata.get("id")
        mime_type = metadata.get("mimeType") or media_type
        if file_id is not None:
            if file_id in self.items or file_id in self.gone:
                raise ApiError(409, "fileIdInUse", "A file already exists with the provided ID.", where="file.id")
            if file_id not in self.reserved:
                raise ApiError(400, "invalid", "The provided file ID is not usable.", where="file.id")
            if mime_type.startswith(GOOGLE) and mime_type != FOLDER:
                message = "Generated IDs are not supported for Docs Editors formats."
                raise ApiError(400, "fileIdNotSupported", message, where="file.id")
            self.reserved.discard(file_id)
        now = self.clock.now()
        item = Item(
            file_id=file_id or self.new_id(),
            owner=access.person.email,
            client_id=access.client_id,
            name=str(metadata.get("name") or "Untitled"),
            mime_type=mime_type,
            parent_id=self.parent(access, metadata.get("parents")),
            created=now,
            modified=now,
            description=metadata.get("description"),
        )
        if not mime_type.startswith(GOOGLE):
            item.content = content or b""
        self.label(access, item, metadata)
        self.items[item.file_id] = item
        self.log.append(item.file_id)
        return item

    def parent(self, access: Access, parents: Any) -> str:
        """Judge the parents that a request names."""
        if not parents:
            return access.person.root_id
        if len(parents) > 1:
            raise ApiError(400, "multipleParentsNotSupported", "A file can only have one parent.", where="parents")
        parent_id = str(parents[0])
        if parent_id in {"root", access.person.root_id}:
            return access.person.root_id
        parent = self.find(access, parent_id)
        if parent.mime_type != FOLDER:
            raise ApiError(403, "parentNotAFolder", "The specified parent is not a folder.", where="parents")
        return parent_id

    def label(self, access: Access, item: Item, metadata: Json) -> None:
        """Set properties; null clears one. Too many or too long ones are refused."""
        for name, held in (
            ("appProperties", item.app_properties.setdefault(access.client_id, {})),
            ("properties", item.properties),
        ):
            for key, value in (metadata.get(name) or {}).items():
                if value is None:
                    held.pop(key, None)
                    continue
                if len(f"{key}{value}".encode()) > 124:  # noqa: PLR2004 - Drive's own number
                    raise ApiError(400, "invalid", "The total size of key and value exceeds 124 bytes.", where=name)
                held[key] = str(value)
            if len(held) > 30:  # noqa: PLR2004 - Drive's own number
                raise ApiError(403, "appPropertiesLimitExceeded", "Too many properties.", where=name)

    def touch(self, item: Item) -> None:
        """Count a change."""
        item.version += 1
        item.modified = self.clock.now()
        self.log.append(item.file_id)
        # What lies in a folder changes with it where the bin is concerned; its own entries say so.

    def trash(self, item: Item, *, trashed: bool) -> None:
        """Put it into the bin or take it out, with all that lies in it."""
        if item.trashed is trashed:
            return
        item.trashed = trashed
        self.touch(item)
        for inner in self.within(item):
            inner.version += 1
            self.log.append(inner.file_id)

    def delete(self, item: Item) -> None:
        """Delete it for good, with all that lies in it."""
        for each in [*self.within(item), item]:
            del self.items[each.file_id]
            self.gone[each.file_id] = (each.owner, each.client_id)
            self.log.append(each.file_id)

    def within(self, item: Item) -> list[Item]:
        """List what lies in a folder, at any depth."""
        return list(self._within(item.file_id)) if item.mime_type == FOLDER else []

    def _within(self, file_id: str) -> Iterator[Item]:
        for child in list(self.items.values()):
            if child.parent_id == file_id:
                yield child
                yield from self._within(child.file_id)

    def _characters(self, how_many: int) -> str:
        return "".join(self.random.choices(_ID_CHARS, k=how_many))


__all__ = ["FOLDER", "GOOGLE", "SHEET", "Access", "Person", "Session", "World"]
