"""Item: one file or folder of the stand-in, and how Drive describes it."""

import hashlib
import mimetypes
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from connectors.google_drive.sandbox.grid import Grid

Json = dict[str, Any]

FOLDER = "application/vnd.google-apps.folder"
SHEET = "application/vnd.google-apps.spreadsheet"
GOOGLE = "application/vnd.google-apps."


@dataclass(slots=True, kw_only=True)
class Item:
    """One file. `trashed` is whether it was put into the bin itself."""

    file_id: str
    owner: str
    client_id: str
    """The app that made it: with the scope `drive.file`, only that app sees it."""
    name: str
    mime_type: str
    parent_id: str | None
    created: datetime
    modified: datetime
    content: bytes | None = None
    """None for folders and Google's own types."""
    grid: Grid | None = None
    trashed: bool = False
    version: int = 1
    head_revision: int = 1
    description: str | None = None
    app_properties: dict[str, dict[str, str]] = field(default_factory=dict)
    """By the app that they are private to."""
    properties: dict[str, str] = field(default_factory=dict)
    _digests: tuple[str, str, str] | None = None

    def replace(self, content: bytes) -> None:
        """Put other bytes in."""
        self.content = content
        self.head_revision += 1
        self._digests = None

    @property
    def size_bytes(self) -> int:
        """What it counts against the quota."""
        return len(self.content) if self.content is not None else 0

    def digests(self) -> tuple[str, str, str]:
        """Give MD5, SHA-1 and SHA-256."""
        assert self.content is not None
        if self._digests is None:
            md5 = hashlib.md5(self.content, usedforsecurity=False).hexdigest()
            sha1 = hashlib.sha1(self.content, usedforsecurity=False).hexdigest()
            self._digests = (md5, sha1, hashlib.sha256(self.content).hexdigest())
        return self._digests

    def resource(self, client_id: str, *, is_trashed: bool) -> Json:
        """Write it as `files.get` with `fields=*` does, as far as the stand-in knows."""
        found: Json = {
            "kind": "drive#file",
            "id": self.file_id,
            "name": self.name,
            "mimeType": self.mime_type,
            "starred": False,
            "trashed": is_trashed,
            "explicitlyTrashed": self.trashed,
            "spaces": ["drive"],
            "version": str(self.version),
            "webViewLink": f"https://drive.google.com/file/d/{self.file_id}/view",
            "createdTime": stamp(self.created),
            "modifiedTime": stamp(self.modified),
            "ownedByMe": True,
            "shared": False,
            "quotaBytesUsed": str(self.size_bytes),
            "capabilities": {"canEdit": True, "canTrash": True, "canRename": True},
        }
        if self.parent_id is not None:
            found["parents"] = [self.parent_id]
        if self.description is not None:
            found["description"] = self.description
        if self.properties:
            found["properties"] = dict(self.properties)
        if self.app_properties.get(client_id):
            found["appProperties"] = dict(self.app_properties[client_id])
        if self.grid is not None:
            address = f"https://docs.google.com/spreadsheets/export?id={self.file_id}&exportFormat=csv"
            found["exportLinks"] = {"text/csv": address}
        if self.content is not None:
            md5, sha1, sha256 = self.digests()
            extension = self.name.rpartition(".")[2] if "." in self.name else ""
            found |= {
                "size": str(len(self.content)),
                "md5Checksum": md5,
                "sha1Checksum": sha1,
                "sha256Checksum": sha256,
                "headRevisionId": f"0B{self.file_id[:10]}{self.head_revision}",
                "originalFilename": self.name,
                "fileExtension": extension,
                "fullFileExtension": extension,
            }
        return found


def guessed_type(name: str) -> str:
    """Give the type that Drive detects where none is said."""
    return mimetypes.guess_type(name)[0] or "application/octet-stream"


def stamp(when: datetime) -> str:
    """Write a time as Drive does: UTC, milliseconds, Z."""
    return when.strftime("%Y-%m-%dT%H:%M:%S.") + f"{when.microsecond // 1000:03d}Z"
