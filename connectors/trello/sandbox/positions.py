"""Positions: where a thing goes among its siblings, with the arithmetic that the real API shows."""

from collections.abc import Iterable, Mapping
from typing import Any

from connectors.trello.sandbox.errors import invalid_value

STEP = 16384


def place(wanted: object, siblings: Iterable[float], *, default: str = "bottom") -> float:
    """Give the `pos` for `top`, `bottom` or a number: last + 16384, or half of the first."""
    asked = default if wanted is None else wanted
    taken = sorted(siblings)
    if asked == "bottom":
        return whole(taken[-1] + STEP if taken else STEP)
    # An empty value lands on top: recorded from the live API.
    if str(asked) in {"top", ""}:
        return whole(taken[0] / 2 if taken else STEP)
    try:
        number = float(str(asked))
    except ValueError:
        raise invalid_value("pos") from None
    if not 0 <= number < float("inf"):
        raise invalid_value("pos")
    return whole(number)


def with_place(changes: Mapping[str, Any], others: Iterable[float]) -> dict[str, Any]:
    """Give changes whose `pos`, if they have one, is a number among the others."""
    return {**changes, "pos": place(changes["pos"], others)} if "pos" in changes else dict(changes)


def whole(number: float) -> float:
    """Write 16384.0 as 16384, as the real API does."""
    return int(number) if number == int(number) else number
