"""Drive tree: what the copy consists of, and how each part of it is named by a key. Pure."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from store.drive_links import LinkKey, Role
from store.keys import AccountKeys, content_id
from store.record import ConnectionId, WorkspaceId

LAYOUT = 1
"""Of names, rows and texts: another number renders everything again."""
PROPERTY = "holdfast"
"""The appProperty that holds a file's key in hex, by which it is found again when its id is not known."""

Fingerprint = Callable[[bytes], bytes]
"""Hashes under the account's hash key: 16 bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One file or folder as it should be."""

    key: LinkKey
    role: Role
    name: str
    parent: LinkKey | None
    """None: My Drive itself."""
    connection_id: ConnectionId | None = None
    workspace_id: WorkspaceId | None = None
    source: bytes | None = None
    """A hash of what the content is made of; None for folders."""


def fingerprint_of(keys: AccountKeys) -> Fingerprint:
    """Hash as everything of this account's copy is hashed."""
    return lambda data: content_id(keys, b"drive\0" + data)[:16]


def key_of(fingerprint: Fingerprint, role: Role, *parts: str) -> LinkKey:
    """Name a part of the copy, the same one whoever asks and whenever."""
    return LinkKey(fingerprint("\0".join(("key", role, *parts)).encode()))


def joined(fingerprint: Fingerprint, parts: Iterable[bytes]) -> bytes:
    """Hash a sequence, so that no two sequences are taken for one another."""
    return fingerprint(b"".join(len(part).to_bytes(8, "big") + part for part in parts))
