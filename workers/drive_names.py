"""Drive names: what a file may be called so that Drive for Desktop can lay it on any disk. Pure."""

import re
import unicodedata
from collections.abc import Iterable

from store.drive_links import LinkKey

MOST_BYTES = 180
"""Of UTF-8: file systems take 255, and Drive for Desktop adds endings of its own."""
MOST_CHARS = 120
UNNAMED = "Untitled"

_FORBIDDEN = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f-\x9f]')
_RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(?:\.|$)", re.IGNORECASE)
"""Names of devices on Windows, with any ending."""
_ENDING = re.compile(r"\.[0-9A-Za-z]{1,10}$")
_INVISIBLE = frozenset(chr(code) for code in (0x00AD, 0x200B, 0x200E, 0x200F, 0x2060, 0xFEFF, *range(0x202A, 0x202F),
                                              *range(0x2066, 0x206A)))  # fmt: skip
"""Characters that show nothing, or turn the reading direction round: `gpj.exe` for `exe.jpg`."""
_SPACE = re.compile(r"\s+")


def safe(name: str) -> str:
    """Return a name that every file system takes, as near to the given one as can be. Idempotent."""
    text = "".join("\ufffd" if "\ud800" <= c <= "\udfff" else c for c in name if c not in _INVISIBLE)
    text = _FORBIDDEN.sub("_", _SPACE.sub(" ", unicodedata.normalize("NFC", text)))
    text = _trimmed(text)
    if _RESERVED.match(text):
        text = f"_{text}"
    return _shortened(text) or UNNAMED


def distinct(wanted: Iterable[tuple[LinkKey, str]]) -> dict[LinkKey, str]:
    """Give each of a folder's files a safe name of its own, whatever case and composition are held for equal.

    The first of a name keeps it; the others carry some digits of their key, so that no name depends on how many
    there are: one that comes or goes renames no other but, at most, the next of its name.
    """
    names: dict[LinkKey, str] = {}
    taken: set[str] = set()
    for key, asked in wanted:
        name = safe(asked)
        digits = 6
        while _folded(name) in taken:
            name = _marked(safe(asked), key.hex()[:digits])
            digits += 2
        taken.add(_folded(name))
        names[key] = name
    return names


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", name.casefold())


def _marked(name: str, mark: str) -> str:
    stem, ending = _split(name)
    return _shortened(f"{stem} ({mark}){ending}", keep=len(mark) + 3)


def _split(name: str) -> tuple[str, str]:
    match = _ENDING.search(name)
    return (name[: match.start()], match[0]) if match is not None and match.start() > 0 else (name, "")


def _shortened(name: str, *, keep: int = 0) -> str:
    """Cut the middle out of a name that is too long: its ending stays, and so do the last `keep` characters before."""
    stem, ending = _split(name)
    stem, kept = (stem[:-keep], stem[-keep:]) if keep else (stem, "")
    while stem and _is_long(stem + kept + ending):
        stem = stem[:-1]
    return _trimmed(_trimmed(stem) + kept + ending)


def _is_long(name: str) -> bool:
    return len(name) > MOST_CHARS or len(name.encode()) > MOST_BYTES


def _trimmed(text: str) -> str:
    # Windows drops dots and spaces at a name's end, and two names become one.
    return text.lstrip(" ").rstrip(" .")
