"""A folder as a backend: the embedded default, and what tests use."""

import os
import secrets
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from store.backends.object_key import check
from store.errors import Corrupt, NotFound, Unavailable

_UNFINISHED = ".unfinished"
"""Where objects are written before they are whole. Keys never start with a dot, so it is never listed."""


class FolderBackend:
    """Objects as files under one folder, each whole and on disk before it has its name."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.url = folder.absolute().as_uri()
        self._unfinished = folder / _UNFINISHED
        try:
            self._unfinished.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise Unavailable(f"{self.url}: {error.strerror}") from None

    def put(self, key: str, data: bytes) -> bool:
        """Write beside, sync, then link: the name appears with the whole object behind it, or not at all."""
        path = self._path(key)
        beside = self._unfinished / secrets.token_hex(16)
        try:
            if path.exists():
                _sync_folder(path.parent)  # whoever made it may not have got that far
                return False
            _write_synced(beside, data)
            try:
                self._make_folders(path.parent)
                os.link(beside, path)
            except FileExistsError:
                return False
            finally:
                beside.unlink(missing_ok=True)
                _sync_folder(path.parent)
        except OSError as error:
            raise Unavailable(f"{self.url}: cannot write {key}: {error.strerror}") from error
        return True

    def replace(self, key: str, data: bytes) -> None:
        """Write beside, sync, then rename over what is there."""
        path = self._path(key)
        beside = self._unfinished / secrets.token_hex(16)
        try:
            _write_synced(beside, data)
            try:
                self._make_folders(path.parent)
                beside.replace(path)
            finally:
                beside.unlink(missing_ok=True)
            _sync_folder(path.parent)
        except OSError as error:
            raise Unavailable(f"{self.url}: cannot replace {key}: {error.strerror}") from error

    def get(self, key: str) -> bytes:
        """Read the file."""
        try:
            return self._path(key).read_bytes()
        except (FileNotFoundError, IsADirectoryError):
            self._check_is_there()
            raise NotFound(f"{self.url} holds no {key}") from None
        except OSError as error:
            raise Unavailable(f"{self.url}: cannot read {key}: {error.strerror}") from error

    def get_range(self, key: str, offset: int, length: int) -> bytes:
        """Read part of the file."""
        try:
            with self._path(key).open("rb") as file:
                data = os.pread(file.fileno(), length, offset)
        except (FileNotFoundError, IsADirectoryError):
            self._check_is_there()
            raise NotFound(f"{self.url} holds no {key}") from None
        except OSError as error:
            raise Unavailable(f"{self.url}: cannot read {key}: {error.strerror}") from error
        if len(data) != length:
            raise Corrupt(f"{key} ends before byte {offset + length}")
        return data

    def size(self, key: str) -> int | None:
        """Ask the file system."""
        try:
            status = self._path(key).stat()
        except (FileNotFoundError, NotADirectoryError):
            self._check_is_there()
            return None
        except OSError as error:
            raise Unavailable(f"{self.url}: cannot look at {key}: {error.strerror}") from error
        return status.st_size

    def list(self, prefix: str) -> Iterator[str]:
        """Walk the folders, in order."""
        self._check_is_there()
        start = self.folder / prefix.rpartition("/")[0]
        for key in self._walk(start):
            if key.startswith(prefix):
                yield key

    def delete(self, keys: Iterable[str]) -> None:
        """Unlink each."""
        folders: set[Path] = set()
        try:
            for key in keys:
                path = self._path(key)
                with suppress(FileNotFoundError, NotADirectoryError):
                    path.unlink()
                    folders.add(path.parent)
            for folder in folders:
                _sync_folder(folder)
        except OSError as error:
            raise Unavailable(f"{self.url}: cannot delete: {error.strerror}") from error

    def _check_is_there(self) -> None:
        """Tell an object that is not there from a disk that is not mounted: the second must not look like a loss."""
        if not self._unfinished.is_dir():
            raise Unavailable(f"{self.url}: the folder is gone: is its disk mounted?")

    def _path(self, key: str) -> Path:
        return self.folder / check(key)

    def _walk(self, folder: Path) -> Iterator[str]:
        try:
            entries = sorted(os.scandir(folder), key=lambda entry: entry.name + "/" * entry.is_dir())
        except (FileNotFoundError, NotADirectoryError):
            return
        except OSError as error:
            raise Unavailable(f"{self.url}: cannot list: {error.strerror}") from error
        for entry in entries:
            if entry.name.startswith("."):
                continue
            if entry.is_dir(follow_symlinks=False):
                yield from self._walk(Path(entry.path))
            else:
                yield Path(entry.path).relative_to(self.folder).as_posix()

    def _make_folders(self, folder: Path) -> None:
        """Make what is missing, from the top, and sync each parent: a name in an unsynced folder can vanish."""
        if folder.is_dir():
            return
        self._make_folders(folder.parent)
        with suppress(FileExistsError):
            folder.mkdir(mode=0o700)
        _sync_folder(folder.parent)


def _write_synced(path: Path, data: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        view = memoryview(data)
        while view:
            view = view[os.write(descriptor, view) :]
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
