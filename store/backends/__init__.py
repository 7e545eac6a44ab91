"""Where objects lie: a folder, or S3."""

from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from store.backends.folder import FolderBackend
from store.errors import Invalid

if TYPE_CHECKING:
    from store.backends.s3 import S3Backend


def open_backend(url: str) -> "FolderBackend | S3Backend":
    """Open `file:///folder` or `s3://bucket/prefix?endpoint=…&region=…`; Invalid says what is wrong with the URL."""
    parts = urlsplit(url)
    if parts.scheme == "s3":
        from store.backends.s3 import open_s3  # noqa: PLC0415 - boto3 is slow to import, and a folder has no use for it

        return open_s3(url)
    if parts.scheme == "file" and not parts.netloc and parts.path.startswith("/"):
        return FolderBackend(Path(unquote(parts.path)))
    raise Invalid(f"a store's URL starts with file:/// or s3://, not {parts.scheme or 'nothing'}://")
