"""Moments: points in time as people type them."""

import re
from datetime import datetime, time, timedelta

from store.errors import Invalid

_UNITS = {
    "s": timedelta(seconds=1),
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
    "w": timedelta(weeks=1),
}
_AGO = re.compile(
    r"(\d+)\s*(s|m|h|d|w|secs?|seconds?|mins?|minutes?|hours?|days?|weeks?)(\s+ago)?", re.IGNORECASE | re.ASCII
)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
HELP = "2026-11-23, 2026-11-23T18:30, yesterday, 3h, '2 days ago'"


def parse_moment(text: str, now: datetime) -> datetime:
    """Read a moment in `now`'s time zone, unless it names its own. A day means its end: what it held when it was over.

    Invalid when it cannot be read.
    """
    word = text.strip().lower()
    if word == "now":
        return now
    if word in {"today", "yesterday"}:
        return _end_of(now - timedelta(days=word == "yesterday"))
    ago = _AGO.fullmatch(word)
    try:
        if ago is not None:
            return now - int(ago[1]) * _UNITS[ago[2][0].lower()]
        moment = datetime.fromisoformat(text.strip())
    except (ValueError, OverflowError):
        raise Invalid(f"{text!r} is no point in time; write it as {HELP}") from None
    moment = moment if moment.tzinfo is not None else moment.replace(tzinfo=now.tzinfo)
    return _end_of(moment) if _DATE.fullmatch(word) else moment


def _end_of(day: datetime) -> datetime:
    return datetime.combine(day.date(), time.max, day.tzinfo)
