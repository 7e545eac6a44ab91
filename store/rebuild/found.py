"""Found: what a rebuild made again, and what it could not."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum


class LossCode(StrEnum):
    """What was lost, or is not as it should be."""

    KEYS_UNUSABLE = "KEYS_UNUSABLE"
    """No master key opens an account's keys: nothing of it can be read."""
    CATALOG_LOST = "CATALOG_LOST"
    """Names, members and scopes are not in the bucket: an account or connection has what its manifests say."""
    LOG_LOST = "LOG_LOST"
    """The log cannot be gone on with: snapshots are made again, and backups wait until somebody decides."""
    MANIFEST_LOST = "MANIFEST_LOST"
    """What one snapshot changed is not known, so that later ones may show what was before it."""
    MANIFEST_UNLOGGED = "MANIFEST_UNLOGGED"
    """A manifest that no checkpoint covers: a backup that was not complete. Left out."""
    STATEMENT_LOST = "STATEMENT_LOST"
    """Who placed a legal hold, or erased something, and why and what, is not in the bucket."""
    JOURNAL_LOST = "JOURNAL_LOST"
    """Part of what a snapshot changed is not known."""
    PACK_LOST = "PACK_LOST"
    """A pack that is not in the bucket, or whose index cannot be read."""
    RECORD_LOST = "RECORD_LOST"
    """The content of a version is in no pack: the version is left out."""
    FILE_LOST = "FILE_LOST"
    """A file's description is there, and part of its bytes is not."""
    TREE_DIFFERS = "TREE_DIFFERS"
    """A snapshot is made again, but not as it was signed: something of it was lost, see the other losses."""
    PACKS_DIFFER = "PACKS_DIFFER"
    """What the newest snapshot needs could not be told from the lists in the bucket."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """One thing. `where` is ids and names of objects; nothing of it is content."""

    code: LossCode
    where: str
    message: str


@dataclass(slots=True, kw_only=True)
class Found:
    """The report of a rebuild. Counts what was made again; `losses` names up to `MOST_LOSSES`, all are counted."""

    accounts: int = 0
    connections: int = 0
    snapshots: int = 0
    versions: int = 0
    packs: int = 0
    chunks: int = 0
    losses: list[Loss] = field(default_factory=list)
    loss_count: int = 0
    tell: Callable[[str], None] = field(default=lambda _: None, repr=False)
    """Told what is being done, for people who wait."""

    def lost(self, code: LossCode, where: str, message: object) -> None:
        """Note a loss."""
        self.loss_count += 1
        if len(self.losses) < MOST_LOSSES:
            self.losses.append(Loss(code=code, where=where, message=str(message)))


MOST_LOSSES = 1000
