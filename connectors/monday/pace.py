"""Pace: how monday.com states its budgets: in structured headers (RFC 9651) since 2026, and in errors.

https://developer.monday.com/api-reference/docs/rate-limits
"""

import re
from collections.abc import Mapping, Sequence

from connectors.pacing import Budget

COMPLEXITY = "complexityMinute"
_MINUTE = "minuteRate"
_CONCURRENCY = "concurrency"
_MOST_AT_ONCE = 8
"""Every plan allows 40; other apps of the same account need some, too."""
_WINDOW_SECONDS = 60.0
_ENTRY = re.compile(r'"([A-Za-z]+)"((?:;[a-z]+=(?:"[^"]*"|[0-9]+))*)')
_PARAMETER = re.compile(r";([a-z]+)=([0-9]+)")


class MondayPace:
    """1,000 calls and 1,000,000 of complexity a minute, the least that any plan has, until a reply says otherwise."""

    initial: Sequence[Budget] = (
        Budget(name=_MINUTE, limit=1_000, interval_seconds=_WINDOW_SECONDS),
        Budget(name=COMPLEXITY, limit=1_000_000, interval_seconds=_WINDOW_SECONDS),
        Budget(name=_CONCURRENCY, limit=_MOST_AT_ONCE, interval_seconds=0.0),
    )
    in_flight = _MOST_AT_ONCE

    def budgets(self, headers: Mapping[str, str]) -> Sequence[Budget]:
        """Read what is allowed, and what is left."""
        policy, left = _entries(headers.get("ratelimit-policy", "")), _entries(headers.get("ratelimit", ""))
        found = []
        for name in (_MINUTE, COMPLEXITY):
            limit, seconds = policy.get(name, {}).get("q", 0), policy.get(name, {}).get("w", 0)
            if limit > 0 and seconds > 0:
                remaining = left.get(name, {}).get("r")
                found.append(Budget(name=name, limit=limit, interval_seconds=float(seconds), remaining=remaining))
        at_once = policy.get(_CONCURRENCY, {}).get("q", 0)
        if at_once > 0:
            free = left.get(_CONCURRENCY, {}).get("r")
            most = min(at_once, _MOST_AT_ONCE)
            found.append(Budget(name=_CONCURRENCY, limit=most, interval_seconds=0.0, remaining=free))
        return found

    def cooldown_seconds(self, headers: Mapping[str, str]) -> float:
        """Return when the spent budget begins anew, or one whole window."""
        waits = [entry["t"] for entry in _entries(headers.get("ratelimit", "")).values() if "t" in entry]
        return float(max(waits, default=_WINDOW_SECONDS))


def _entries(header: str) -> Mapping[str, Mapping[str, int]]:
    """Read `"name";q=5000;w=60, …`; what is no such thing is passed over."""
    return {
        name: {key: int(value) for key, value in _PARAMETER.findall(parameters)}
        for name, parameters in _ENTRY.findall(header)
    }
