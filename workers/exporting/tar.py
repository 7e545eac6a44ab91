"""Tar: the bytes around a member's content (POSIX.1-2001, pax). Pure: the same name and size give the same bytes."""

from tarfile import PAX_FORMAT, TarInfo

BLOCK = 512
END = bytes(2 * BLOCK)
"""What an archive ends with."""


def header(path: str, size_bytes: int, mtime: int) -> bytes:
    """Return the header of a file, with what pax needs for a long or non-ASCII name."""
    info = TarInfo(path)
    info.size = size_bytes
    info.mtime = mtime
    info.mode = 0o644
    return info.tobuf(PAX_FORMAT, encoding="utf-8", errors="surrogateescape")


def padding(size_bytes: int) -> bytes:
    """Return what fills up the last block of a content."""
    return bytes(-size_bytes % BLOCK)
