"""Stamps: times as Trello writes them."""

from datetime import UTC, datetime


def stamp(when: datetime) -> str:
    """Write a time as Trello does: UTC, milliseconds, Z."""
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{when.microsecond // 1000:03d}Z"


def parse_stamp(text: str) -> datetime:
    """Read a time in any of the forms that Trello takes; ValueError when it is none."""
    plain = text.strip().removesuffix(" UTC").replace(" +0000", "+00:00").replace(" ", "T", 1)
    when = datetime.fromisoformat(plain)
    return when if when.tzinfo else when.replace(tzinfo=UTC)
