"""Ids: numbers as large as the API's, in one order of making; columns and groups get words."""

import random
import string

_FIRST = {
    "pulse": 18_265_829_659,  # boards, items and documents share one row of numbers
    "user": 48_260_110,
    "team": 1_160_210,
    "workspace": 7_217_155,
    "folder": 15_476_751,
    "update": 4_682_421_352,
    "asset": 2_564_096_498,
    "doc": 31_207_004,
    "tag": 25_118_200,
    "view": 197_845_060,
    "webhook": 452_910_118,
    "like": 221_186_123,
}
_PREFIXES = {"status": "color", "name": "name", "numbers": "numeric", "people": "multiple_person", "mirror": "lookup"}
_LETTERS = string.ascii_lowercase + string.digits


class Ids:
    """Makes ids: the same ones for the same seed."""

    def __init__(self, seed: int = 0) -> None:
        self._random = random.Random(seed)  # noqa: S311 - repeatable, not a secret
        self._next = dict(_FIRST)

    def number(self, kind: str) -> int:
        """Give the next number of a kind; numbers leave gaps, as they do in an app that others use too."""
        found = self._next[kind]
        self._next[kind] = found + self._random.randrange(1, 40)
        return found

    def column(self, column_type: str) -> str:
        """Name a column after its type."""
        return f"{_PREFIXES.get(column_type, column_type)}_{self._word()}"

    def group(self) -> str:
        """Name a group."""
        return f"group_{self._word()}"

    def uuid(self) -> str:
        """Make a UUID."""
        digits = f"{self._random.getrandbits(128):032x}"
        return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))

    def token(self, length: int) -> str:
        """Make random characters."""
        return "".join(self._random.choices(string.ascii_letters + string.digits, k=length))

    def _word(self) -> str:
        return "mk" + "".join(self._random.choices(_LETTERS, k=6))
