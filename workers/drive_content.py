"""Drive content: the bytes of texts and attachments, as uploads read them: from anywhere, always the same."""

import re
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

import orjson

from store.canonical import decode
from store.files import Recipe
from store.record import FILE_KIND
from store.repository import Repository
from store.versions import Version

_BATCH_RECORDS = 500
_BATCH_BYTES = 4 * 1024 * 1024
_MEDIA_TYPE = re.compile(r"[A-Za-z0-9][\w.+-]*/[A-Za-z0-9][\w.+-]*$")
_PIECE_BYTES = 256 * 1024


def batches(versions: Sequence[Version]) -> Iterator[Sequence[Version]]:
    """Split versions so that the contents of each part can be held at once."""
    start, size = 0, 0
    for at, version in enumerate(versions):
        if at > start and (at - start >= _BATCH_RECORDS or size + version.size_bytes > _BATCH_BYTES):
            yield versions[start:at]
            start, size = at, 0
        size += version.size_bytes
    if start < len(versions):
        yield versions[start:]


@dataclass(frozen=True, slots=True, kw_only=True)
class Records:
    """Every record of a workspace, one JSON object a line: kind, id, parent, and the app's own content in full."""

    repository: Repository
    versions: Sequence[Version]
    media_type: str = "application/x-ndjson"
    size_bytes: int | None = None
    sha256: str | None = None

    async def read(self, start: int) -> AsyncIterator[bytes]:
        """Give the lines, from a byte on."""
        skip = start
        for some in batches(self.versions):
            contents = await self.repository.read_many(version.content_id for version in some)
            data = b"".join(_line(version, contents[version.content_id]) for version in some)  # type: ignore[index]
            if skip < len(data):
                yield data[skip:]
            skip = max(0, skip - len(data))


def _line(version: Version, content: bytes) -> bytes:
    parent = version.parent
    head = {
        "kind": version.key.kind,
        "id": version.key.external_id,
        "parent": None if parent is None else {"kind": parent.kind, "id": parent.external_id},
    }
    if version.key.kind == FILE_KIND:
        # Which chunks a file lies in is Holdfast's own business, and says nothing to a reader.
        content = orjson.dumps({name: value for name, value in decode(content).items() if name != "chunks"})
    return orjson.dumps(head)[:-1] + b',"content":' + content + b"}\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A file of the app's."""

    repository: Repository
    recipe: Recipe

    @property
    def media_type(self) -> str:
        """The app's word for it, where that is one: never a type that Google would convert."""
        said = self.recipe.media_type or ""
        is_one = _MEDIA_TYPE.match(said) and not said.startswith("application/vnd.google-apps")
        return said if is_one else "application/octet-stream"

    @property
    def size_bytes(self) -> int:
        """Its length."""
        return self.recipe.size_bytes

    @property
    def sha256(self) -> str:
        """As it was when it was backed up."""
        return self.recipe.sha256

    def read(self, start: int) -> AsyncIterator[bytes]:
        """Give its bytes, from a byte on."""
        return self.repository.stream_file(self.recipe, start)


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A short text."""

    text: str
    media_type: str = "text/plain; charset=utf-8"

    @property
    def size_bytes(self) -> int:
        """Its length."""
        return len(self.text.encode())

    @property
    def sha256(self) -> str:
        """Its checksum."""
        return sha256(self.text.encode()).hexdigest()

    async def read(self, start: int) -> AsyncIterator[bytes]:
        """Give it, from a byte on."""
        yield self.text.encode()[start:]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One connection, as the README tells of it."""

    folder: str
    seq: int
    taken_at: datetime
    synced_at: datetime


def readme(shown: Sequence[Shown]) -> str:
    """Say what the copy is and how old. The same for the same snapshots."""
    told = "\r\n".join(
        f"  {each.folder}\r\n    snapshot {each.seq}, taken {_utc(each.taken_at)}, copied {_utc(each.synced_at)}"
        for each in shown
    )
    return _README.format(told=told or "  nothing yet").replace("\r\n", "\n").replace("\n", "\r\n")


def _utc(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"


_README = """This folder is a copy of your backup, made by Holdfast so that you can read it without Holdfast.

{told}

What is in it
  One folder for each app, and in it the folders of the app: workspaces, boards.
  In each: a Google Sheet for each kind of record; records.jsonl, with every record in full, one JSON object a line;
  Files, with the attachments under their own names.

What to know
  It is a copy, not the backup: Holdfast never reads it to restore anything.
  It shows the newest snapshot. Earlier versions are in Holdfast.
  Holdfast changes only files that it has made itself, and sees no others. What is deleted in the app goes to the bin
  here, and so does what you have put into a folder that is deleted.
  What you change in these files is noticed and, unless your account says otherwise, left alone: a file that you have
  edited is not kept up to date any more. Work on a copy of it instead.
"""
