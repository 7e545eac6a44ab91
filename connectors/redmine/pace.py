"""Pace: Redmine states no rate limits; what is spared is the server."""

from collections.abc import Mapping, Sequence

from connectors.pacing import Budget

_WINDOW_SECONDS = 60.0


class RedminePace:
    """Four requests at a time: most servers answer with as many threads, and people use it meanwhile."""

    initial: Sequence[Budget] = ()
    in_flight = 4

    def budgets(self, headers: Mapping[str, str]) -> Sequence[Budget]:  # noqa: ARG002 - nothing to read
        """Read nothing: there are no such headers."""
        return ()

    def cooldown_seconds(self, headers: Mapping[str, str]) -> float:  # noqa: ARG002 - a proxy's 429 says nothing more
        """Return a minute: a proxy in front may limit rates, and says no more."""
        return _WINDOW_SECONDS
