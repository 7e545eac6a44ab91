"""Stamps: times as the API writes and reads them."""

from datetime import UTC, datetime


def stamp(when: datetime | None) -> str | None:
    """Write a moment: UTC, whole seconds."""
    return None if when is None else when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def exact_stamp(when: datetime) -> str:
    """Write a moment with milliseconds, as updates and values have it."""
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{when.microsecond // 1000:03d}Z"


def parse_stamp(text: str) -> datetime:
    """Read a moment, or the beginning of a day; ValueError when it is neither."""
    when = datetime.fromisoformat(text.strip())
    return when if when.tzinfo else when.replace(tzinfo=UTC)
