"""Fault: one thing that is not as it was written, by name."""

from dataclasses import dataclass
from enum import StrEnum


class Depth(StrEnum):
    """How closely to look. Each looks at all that the ones before it do."""

    PRESENCE = "presence"
    """Every object is there, and as long as the index says."""
    STRUCTURE = "structure"
    """Every byte of every object is the one its name stands for; indexes, trees and manifests agree."""
    CONTENT = "content"
    """Every block opens, every chunk, record and file is the one its id and hashes stand for."""


class FaultCode(StrEnum):
    """What is wrong."""

    PACK_MISSING = "PACK_MISSING"
    PACK_SIZE = "PACK_SIZE"
    PACK_ALTERED = "PACK_ALTERED"
    """Its bytes are not those that it is named after."""
    INDEX_WRONG = "INDEX_WRONG"
    """A row in Postgres says something else of a pack than the pack itself."""
    CHUNK_WRONG = "CHUNK_WRONG"
    """A chunk's bytes are not those that its id stands for."""
    CHUNK_MISSING = "CHUNK_MISSING"
    """A record needs content that no pack holds."""
    KEYS_MISSING = "KEYS_MISSING"
    """The bucket does not hold the account's wrapped keys: it alone could not be opened again."""
    KEYS_DIFFER = "KEYS_DIFFER"
    MANIFEST_MISSING = "MANIFEST_MISSING"
    MANIFEST_ALTERED = "MANIFEST_ALTERED"
    MANIFEST_DIFFERS = "MANIFEST_DIFFERS"
    """Postgres and the bucket hold different manifests of one snapshot."""
    SNAPSHOT_WRONG = "SNAPSHOT_WRONG"
    """A snapshot's row says something else than its manifest."""
    NODE_WRONG = "NODE_WRONG"
    """A tree node is missing, or is not the one that its id stands for."""
    AUDIT_ROOT_WRONG = "AUDIT_ROOT_WRONG"
    OBJECTS_ROOT_WRONG = "OBJECTS_ROOT_WRONG"
    OBJECTS_LIST_WRONG = "OBJECTS_LIST_WRONG"
    """The lists of packs in the bucket do not lead to what the newest snapshot needs."""
    VERSION_WRONG = "VERSION_WRONG"
    """The index of versions says something else of a record than the snapshot's tree."""
    RECORD_WRONG = "RECORD_WRONG"
    """A record's content is not what its audit leaf was made of, or cannot be read."""
    FILE_WRONG = "FILE_WRONG"
    """A file's chunks, put together, are not the file that was stored."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One fault. `where` is ids and names of objects; nothing of it is content."""

    code: FaultCode
    where: str
    message: str
