"""File: what Drive says of one of its files, read strictly."""

from dataclasses import dataclass, field
from typing import Any

import msgspec

from connectors.errors import BadReply

FOLDER = "application/vnd.google-apps.folder"
SHEET = "application/vnd.google-apps.spreadsheet"
FIELDS = (
    "id,name,mimeType,parents,trashed,explicitlyTrashed,version,sha256Checksum,size,appProperties,createdTime,"
    "webViewLink"
)
"""What is asked of every file. Left out, Drive answers with kind, id, name and type alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DriveFile:
    """One file or folder, as Drive has it. Checksum and size are of binary content only."""

    file_id: str
    name: str = field(repr=False)
    mime_type: str
    parent_id: str | None
    is_trashed: bool
    """In the bin itself, or within a folder that is."""
    is_trashed_itself: bool
    version: int | None
    """Grows with every change, also with some that nobody sees."""
    sha256: str | None
    size_bytes: int | None
    app_properties: dict[str, str]
    created_at: str
    link: str | None = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One entry of the changes feed; `file` is None for one that is gone, or out of reach."""

    file_id: str
    file: DriveFile | None


class _File(msgspec.Struct, rename="camel"):
    id: str
    name: str = ""
    mime_type: str = ""
    parents: list[str] = []
    trashed: bool = False
    explicitly_trashed: bool = False
    version: str | None = None
    sha256_checksum: str | None = msgspec.field(default=None, name="sha256Checksum")
    size: str | None = None
    app_properties: dict[str, str] = {}
    created_time: str = ""
    web_view_link: str | None = None


def read_file(place: str, value: Any) -> DriveFile:
    """Read one; BadReply, naming the request, where it is not what the discovery document says."""
    try:
        stored = msgspec.convert(value, _File)
        return DriveFile(
            file_id=stored.id,
            name=stored.name,
            mime_type=stored.mime_type,
            parent_id=stored.parents[0] if stored.parents else None,
            is_trashed=stored.trashed,
            is_trashed_itself=stored.explicitly_trashed,
            version=None if stored.version is None else int(stored.version),
            sha256=stored.sha256_checksum,
            size_bytes=None if stored.size is None else int(stored.size),
            app_properties=stored.app_properties,
            created_at=stored.created_time,
            link=stored.web_view_link,
        )
    except (msgspec.ValidationError, ValueError):
        raise BadReply(f"{place} answered with a file that is not what Drive's contract says") from None


def read_files(place: str, value: Any) -> list[DriveFile]:
    """Read a list of them."""
    if not isinstance(value, list):
        raise BadReply(f"{place} answered without a list of files")
    return [read_file(place, each) for each in value]


def read_changes(place: str, value: Any) -> list[Change]:
    """Read a page of the changes feed; what is not about files is left out."""
    if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
        raise BadReply(f"{place} answered without a list of changes")
    found: list[Change] = []
    for each in value:
        if not isinstance(each.get("fileId"), str):
            continue
        file = each.get("file")
        is_there = not each.get("removed") and file is not None
        found.append(Change(file_id=each["fileId"], file=read_file(place, file) if is_there else None))
    return found
