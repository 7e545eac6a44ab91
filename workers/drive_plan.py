"""Drive plan: what has to be done to one file, from how it should be, how it was sent, and what Drive says. Pure.

The rule that everything here follows: what a person changed in the copy is never overwritten unless the account's
setting says so (`repairs`); what we sent ourselves, and whose reply was lost, is never taken for a person's change.
"""

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from enum import StrEnum

from connectors.google_drive.file import DriveFile
from store.drive_links import Bin, Link, Role
from workers.drive_tree import Fingerprint


class Tampering(StrEnum):
    """What a person did to the copy. Also the code of the warning that says so."""

    EDITED = "DRIVE_EDITED"
    RENAMED = "DRIVE_RENAMED"
    MOVED = "DRIVE_MOVED"
    TRASHED = "DRIVE_TRASHED"
    DELETED = "DRIVE_DELETED"


SAID = {
    Tampering.EDITED: "was changed in Drive",
    Tampering.RENAMED: "was renamed in Drive",
    Tampering.MOVED: "was moved to another folder in Drive",
    Tampering.TRASHED: "was put into Drive's bin",
    Tampering.DELETED: "was deleted in Drive, or can no longer be reached",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A file as it should be, in the terms of its link."""

    name_hash: bytes
    parent_id: str | None
    source: bytes | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Todo:
    """What to do to one file, and what to say of it."""

    make: bool = False
    """Make it; with a new id where the old one is used up."""
    restore: bool = False
    """Take it out of the bin."""
    rename: bool = False
    move: bool = False
    content: bool = False
    """Send its content, or find out what it holds."""
    force: bool = False
    """Whatever it holds now."""
    found: Collection[Tampering] = field(default_factory=tuple)
    repaired: bool = False
    """Whether what was found is put right by this."""
    blocked: bool = False
    """It is not there for anything to be put in or into."""

    @property
    def is_nothing(self) -> bool:
        """Whether Drive is left as it is."""
        return not (self.make or self.restore or self.rename or self.move or self.content)


def judge(wanted: Wanted, link: Link | None, *, repairs: bool) -> Todo:
    """Decide what becomes of one file."""
    if link is None or not link.is_made:
        return Todo(make=True, content=wanted.source is not None)
    if link.seen_bin is Bin.GONE:
        if repairs:
            return Todo(make=True, content=wanted.source is not None, found=(Tampering.DELETED,), repaired=True)
        return Todo(found=(Tampering.DELETED,), blocked=True)
    if link.seen_bin is Bin.IN and not repairs:
        return Todo(found=(Tampering.TRASHED,), blocked=True)
    found = _found(wanted, link)
    is_free = link.role is Role.ROOT
    rename = link.seen_name_hash != wanted.name_hash and (repairs or Tampering.RENAMED not in found) and not is_free
    move = link.seen_parent_id != wanted.parent_id and (repairs or Tampering.MOVED not in found) and not is_free
    is_edited = Tampering.EDITED in found
    return Todo(
        restore=link.seen_bin is Bin.IN,
        rename=rename,
        move=move,
        content=_needs_content(wanted, link) and (repairs or not is_edited),
        force=repairs,
        found=found,
        repaired=repairs and bool(found),
    )


def _found(wanted: Wanted, link: Link) -> tuple[Tampering, ...]:
    """List what a person did. Where the root is and what it is called is theirs to say."""
    found = [Tampering.TRASHED] if link.seen_bin is Bin.IN else []
    if link.role is not Role.ROOT:
        if link.seen_name_hash not in {link.name_hash, wanted.name_hash}:
            found.append(Tampering.RENAMED)
        if link.seen_parent_id not in {link.parent_id, wanted.parent_id}:
            found.append(Tampering.MOVED)
    if link.seen_content_hash not in {link.content_hash, link.ending_hash}:
        found.append(Tampering.EDITED)
    return tuple(found)


def _needs_content(wanted: Wanted, link: Link) -> bool:
    if wanted.source is None:
        return False
    is_as_sent = link.seen_content_hash == link.content_hash and link.seen_version == link.version
    return link.source != wanted.source or link.is_unsure or not is_as_sent


def seen(link: Link, file: DriveFile | None, fingerprint: Fingerprint) -> Link:
    """Return a link with what Drive says of its file now; None where it is gone."""
    if file is None:
        return replace(link, seen_bin=Bin.GONE)
    return replace(
        link,
        seen_name_hash=hash_of(fingerprint, file.name),
        seen_parent_id=file.parent_id,
        seen_bin=Bin.IN if is_in_bin(link.role, file) else Bin.OUT,
        seen_content_hash=None if file.sha256 is None else hash_of(fingerprint, file.sha256),
        seen_version=file.version if link.role is Role.SHEET else None,
    )


def sent(link: Link, file: DriveFile, fingerprint: Fingerprint) -> Link:
    """Return a link whose file is as we have just made it: what Drive answered is what was sent."""
    found = seen(link, file, fingerprint)
    return replace(
        found,
        file_id=file.file_id,
        is_made=True,
        name_hash=found.seen_name_hash,
        parent_id=found.seen_parent_id,
        content_hash=found.seen_content_hash,
        ending_hash=None,
        version=found.seen_version,
    )


def patched(link: Link, file: DriveFile, todo: Todo, fingerprint: Fingerprint) -> Link:
    """Return a link whose file was renamed, moved or taken out of the bin by us, and nothing else.

    What the request said nothing of is as sent as it was before: a person's change is still a person's change.
    """
    found = seen(link, file, fingerprint)
    was_clean = link.seen_version == link.version
    return replace(
        found,
        name_hash=found.seen_name_hash if todo.rename else link.name_hash,
        parent_id=found.seen_parent_id if todo.move else link.parent_id,
        version=found.seen_version if was_clean else link.version,
    )


def written(link: Link, file: DriveFile, fingerprint: Fingerprint) -> Link:
    """Return a link whose cells we have just written: this version is ours."""
    found = seen(link, file, fingerprint)
    return replace(found, version=found.seen_version)


def agreed(link: Link, wanted: Wanted) -> Link:
    """Return a link whose file is as it should be, whoever made it so: from now on it counts as sent."""
    if link.role is Role.ROOT:
        return replace(link, name_hash=link.seen_name_hash, parent_id=link.seen_parent_id)
    return replace(
        link,
        name_hash=wanted.name_hash if link.seen_name_hash == wanted.name_hash else link.name_hash,
        parent_id=wanted.parent_id if link.seen_parent_id == wanted.parent_id else link.parent_id,
        content_hash=link.ending_hash
        if link.ending_hash is not None and link.seen_content_hash == link.ending_hash
        else link.content_hash,
    )


def is_in_bin(role: Role, file: DriveFile) -> bool:
    """Whether it was thrown away: itself or, of the root, with a folder of the person's own that it lies in."""
    return file.is_trashed if role is Role.ROOT else file.is_trashed_itself


def hash_of(fingerprint: Fingerprint, text: str) -> bytes:
    """Hash a name, or a checksum."""
    return fingerprint(b"text\0" + text.encode("utf-8", "surrogatepass"))
