"""Backend: where objects lie. The one interface that packs, keys and journals are written through."""

from collections.abc import Iterable, Iterator
from typing import Protocol

from store import backends


class Backend(Protocol):
    """Objects under keys, immutable but for the few that `replace` writes.

    Synchronous and thread-safe; call it from a thread, not from the event loop.

    Every call may be repeated: a repeat of what was done is no error. Backends retry passing faults themselves; what
    outlives that is Unavailable. Wrong configuration is Invalid, refused credentials KeyMissing; both name `url`.
    Keys are checked: Invalid unless they are slash-separated parts of letters, digits, `.`, `_` and `-`.
    """

    @property
    def url(self) -> str:
        """Where it is, for messages: without secrets."""
        ...

    def put(self, key: str, data: bytes) -> bool:
        """Store an object that is not there yet; False when the key was taken, and then nothing changes.

        Atomic: a reader sees the whole object or none. Durable once it returns, True or False alike. Of writers that
        race for one key exactly one gets True, on a folder and on S3; a server whose conditional put is not atomic
        may tell several so, which is harmless because keys name their content.
        """
        ...

    def replace(self, key: str, data: bytes) -> None:
        """Store an object in place of the one that is there, if any: for heads, which move. Never for content.

        Atomic: a reader sees the old object or the new one, whole, never neither. Durable once it returns. The last of
        several writers wins, so that whoever replaces must order them.
        """
        ...

    def get(self, key: str) -> bytes:
        """Return a whole object; NotFound when there is none."""
        ...

    def get_range(self, key: str, offset: int, length: int) -> bytes:
        """Return exactly that part; NotFound when there is no object, Corrupt when it ends before."""
        ...

    def size(self, key: str) -> int | None:
        """Return an object's length in bytes, or None when there is none."""
        ...

    def list(self, prefix: str) -> Iterator[str]:
        """Yield the keys that start with `prefix`, in order of their bytes. Lazy: pages are read as they are needed."""
        ...

    def delete(self, keys: Iterable[str]) -> None:
        """Remove objects. Absent ones are no error. Not atomic over several: after a fault some may be gone."""
        ...


def open_backend(url: str) -> Backend:
    """Open `file:///folder` or `s3://bucket/prefix?endpoint=…&region=…`; Invalid says what is wrong with the URL."""
    return backends.open_backend(url)
