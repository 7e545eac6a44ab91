"""Ids as Trello makes them: object ids whose first eight digits are the second of creation, and short links."""

import hashlib
import re
from datetime import UTC, datetime

_OBJECT_ID = re.compile(r"[0-9a-fA-F]{24}\Z")
_SHORT_LINK = re.compile(r"[0-9A-Za-z]{8}\Z")
_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


class Ids:
    """Makes object ids: the same seed and the same calls give the same ids."""

    def __init__(self, seed: int) -> None:
        digest = hashlib.sha256(f"trello stand-in {seed}".encode()).digest()
        self._machine = digest[:5].hex()
        self._count = int.from_bytes(digest[5:7])

    def make(self, when: datetime) -> str:
        """Make the next id, created at `when`."""
        self._count += 1
        return f"{int(when.timestamp()):08x}{self._machine}{self._count & 0xFFFFFF:06x}"


def created_at(object_id: str) -> datetime:
    """Read the second an id was made: the only creation date that cards, lists and checklists have."""
    return datetime.fromtimestamp(int(object_id[:8], 16), UTC)


def first_id_at(when: datetime) -> str:
    """Give the least id that could have been made at `when`."""
    return f"{int(when.timestamp()):08x}{'0' * 16}"


def is_object_id(text: str) -> bool:
    """Tell whether this is the form of an object id."""
    return _OBJECT_ID.match(text) is not None


def is_short_link(text: str) -> bool:
    """Tell whether this is the form of a board's or a card's short link."""
    return _SHORT_LINK.match(text) is not None


def short_link(object_id: str) -> str:
    """Derive the short link of a board or a card from its id."""
    number = int.from_bytes(hashlib.sha256(object_id.encode()).digest()[:8])
    letters = []
    for _ in range(8):
        number, place = divmod(number, len(_ALPHABET))
        letters.append(_ALPHABET[place])
    return "".join(letters)
