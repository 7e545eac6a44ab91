"""Layout: what an archive is made of, member by member, each with its size and digest before a byte is sent. Values.

    {"v": 1, "mtime": seconds, "asked": {...}, "members": [...], "omitted": [[kind, id], ...]}

The archive is a pure function of its layout and the snapshot: so it can be sent from any byte on, today or tomorrow.
"""

from collections.abc import Iterator, Sequence
from typing import Literal, Self

import msgspec

from store.record import ContentId, ExternalId, Kind, WorkspaceId
from workers.exporting.tar import END, header, padding

VERSION = 1

Place = tuple[str, str, str]
"""A record's place in the order of listings: workspace, kind, id."""


class Mark(msgspec.Struct, frozen=True):
    """A place from which a list of records can be gone on with: the bytes before it, and the last record in them."""

    offset: int
    after: Place


class Member(msgspec.Struct, frozen=True):
    """One file of the archive."""

    path: str
    size_bytes: int
    sha256: str
    source: Literal["text", "json_lines", "csv", "file", "sums"]
    """Where its bytes come from."""
    text: str = ""
    """`text`: all of it."""
    kind: str = ""
    """`json_lines`, `csv`: of which records."""
    columns: list[str] = []
    """`csv`: the fields, after the fixed ones."""
    marks: list[Mark] = []
    content_id: str = ""
    """`file`: the hex id of its recipe."""


class Selection(msgspec.Struct, frozen=True):
    """Which records: all, those of some workspaces, or some with all that lies in them."""

    workspaces: list[str] = []
    records: list[tuple[str, str]] = []


class Layout(msgspec.Struct, frozen=True):
    """The whole archive."""

    v: int
    mtime: int
    asked: Selection
    members: list[Member]
    omitted: list[tuple[str, str]] = []
    """Records that could not be read: they are in no member."""

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Read one that `encode` wrote."""
        return msgspec.json.decode(data, type=cls)

    def encode(self) -> bytes:
        """Write it."""
        return msgspec.json.encode(self)

    @property
    def size_bytes(self) -> int:
        """The length of the archive."""
        return sum(size for _, size in self.parts()) + len(END)

    def parts(self) -> Iterator[tuple[Member, int]]:
        """List the members with what each takes up, header and padding included."""
        for member in self.members:
            head = header(member.path, member.size_bytes, self.mtime)
            yield member, len(head) + member.size_bytes + len(padding(member.size_bytes))


def sums(members: Sequence[Member]) -> bytes:
    """Write SHA256SUMS, as `sha256sum --check` reads it. A name with a backslash or a newline is never given."""
    return "".join(f"{member.sha256}  {member.path}\n" for member in members).encode()


def place(workspace_id: WorkspaceId, kind: Kind, external_id: ExternalId) -> Place:
    """Name a record's place."""
    return str(workspace_id), str(kind), str(external_id)


def content_id_of(member: Member) -> ContentId:
    """Return the id of a file's recipe."""
    return ContentId(bytes.fromhex(member.content_id))
