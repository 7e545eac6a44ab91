"""Calendar: how each day's backup of a connection went, in the account's time zone. A day without one is told, too."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from store import calendar
from store.calendar import Tally
from store.connected_apps import ConnectedApp, ConnectionStatus
from store.database import Connection
from workers.schedule import next_evening

LONGEST_DAYS = 100


class Outcome(StrEnum):
    """How a day's backup went."""

    SUCCEEDED = "succeeded"
    WARNED = "warned"
    """A snapshot was made, and something was not captured, or not surely."""
    FAILED = "failed"
    CANCELLED = "cancelled"
    RUNNING = "running"
    DUE = "due"
    """Its evening has not come yet."""
    MISSED = "missed"
    """Its evening went by and no backup was started."""
    NONE = "none"
    """None was wanted: the connection was not there yet, or is paused."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """One day of one connection."""

    date: date
    outcome: Outcome
    tally: Tally


async def of_connection(
    connection: Connection, connected: ConnectedApp, time_zone: str, now: datetime, *, first: date, last: date
) -> list[Day]:
    """Tell how each day went, from the first to the last, both included."""
    dates = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    bounds = [bounds_of(day, time_zone) for day in dates]
    tallies = await calendar.days(connection, connected.account_id, connected.connection_id, bounds)
    return [
        Day(date=day, outcome=outcome(tally, connected, time_zone, now, bound), tally=tally)
        for day, bound, tally in zip(dates, bounds, tallies, strict=True)
    ]


def today(time_zone: str, now: datetime) -> date:
    """Return the day it is in a time zone."""
    return now.astimezone(ZoneInfo(time_zone)).date()


def bounds_of(day: date, time_zone: str) -> tuple[datetime, datetime]:
    """Return the first moment of a day and of the next, in UTC. A day that the zone leaves out has no length."""
    zone = ZoneInfo(time_zone)
    opens, closes = (datetime.combine(each, time(0), zone).astimezone(UTC) for each in (day, day + timedelta(days=1)))
    return opens, max(opens, closes)


def outcome(
    tally: Tally, connected: ConnectedApp, time_zone: str, now: datetime, bounds: tuple[datetime, datetime]
) -> Outcome:
    """Say how a day went: its best backup counts, for that one is what can be restored."""
    if tally.succeeded:
        return Outcome.WARNED if tally.warnings else Outcome.SUCCEEDED
    if tally.open:
        return Outcome.RUNNING
    if tally.failed:
        return Outcome.FAILED
    if tally.cancelled:
        return Outcome.CANCELLED
    return _without_backup(connected, time_zone, now, bounds)


def _without_backup(
    connected: ConnectedApp, time_zone: str, now: datetime, bounds: tuple[datetime, datetime]
) -> Outcome:
    opens, closes = bounds
    evening = next_evening(time_zone, connected.connection_id, opens - timedelta(microseconds=1))
    if evening >= closes or evening < connected.created_at or connected.status is ConnectionStatus.PAUSED:
        return Outcome.NONE
    # A scheduler looks every half minute.
    return Outcome.MISSED if evening < now - timedelta(minutes=2) else Outcome.DUE


def strip(days: Sequence[Day]) -> str:
    """Write days as one character each, for a shell."""
    return "".join(_SIGNS[day.outcome] for day in days)


_SIGNS = {
    Outcome.SUCCEEDED: "■",
    Outcome.WARNED: "▲",
    Outcome.FAILED: "✗",
    Outcome.CANCELLED: "-",
    Outcome.RUNNING: "…",
    Outcome.DUE: "·",
    Outcome.MISSED: "○",
    Outcome.NONE: " ",
}
LEGEND = "■ succeeded  ▲ with warnings  ✗ failed  ○ missed  - cancelled  … running  · due"
