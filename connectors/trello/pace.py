"""Pace: how Trello states its rate budgets, on every reply."""

from collections.abc import Mapping, Sequence

from connectors.pacing import Budget

_COUNTED = ("api-key", "api-token", "member")
_DATABASE = "db-query-time"
"""A budget of milliseconds that Trello's database spends on a token: not counted in requests, only waited for."""
_WINDOW_SECONDS = 10.0


class TrelloPace:
    """300 requests in 10 s a key, 100 a token, 200 a member, unless a reply says otherwise."""

    initial: Sequence[Budget] = (
        Budget(name="api-key", limit=300, interval_seconds=_WINDOW_SECONDS),
        Budget(name="api-token", limit=100, interval_seconds=_WINDOW_SECONDS),
        Budget(name="member", limit=200, interval_seconds=_WINDOW_SECONDS),
    )
    in_flight = 10

    def budgets(self, headers: Mapping[str, str]) -> Sequence[Budget]:
        """Read the counted budgets."""
        return [budget for name in _COUNTED if (budget := _budget(name, headers)) is not None]

    def cooldown_seconds(self, headers: Mapping[str, str]) -> float:
        """Return one whole window of the longest budget that is spent; Trello never sends Retry-After."""
        found = [_budget(name, headers) for name in (*_COUNTED, _DATABASE)]
        spent = [budget.interval_seconds for budget in found if budget is not None and budget.remaining == 0]
        return max(spent, default=_WINDOW_SECONDS)


def _budget(name: str, headers: Mapping[str, str]) -> Budget | None:
    try:
        limit = int(headers[f"x-rate-limit-{name}-max"])
        interval_ms = int(headers[f"x-rate-limit-{name}-interval-ms"])
        remaining = max(0, int(headers[f"x-rate-limit-{name}-remaining"]))
    except (KeyError, ValueError):
        return None
    if limit < 1 or interval_ms < 1:
        return None
    return Budget(name=name, limit=limit, interval_seconds=interval_ms / 1000, remaining=remaining)
