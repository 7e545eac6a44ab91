"""Object keys: the names objects may have, in every backend alike."""

import re

from store.errors import Invalid

_PART = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*\Z")
_MOST_CHARACTERS = 512


def check(key: str) -> str:
    """Return the key; Invalid unless it is slash-separated parts of plain characters, none starting with a dot.

    So a key is the same in a folder, in S3 and in a URL, and never leads out of the folder.
    """
    if len(key) > _MOST_CHARACTERS or not all(_PART.match(part) for part in key.split("/")):
        raise Invalid(f"{key[:80]!r} cannot be the key of an object")
    return key
