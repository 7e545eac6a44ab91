"""Turn: how long one message keeps a worker before others get theirs."""

import time

TURN_SECONDS = 8 * 60.0
"""RabbitMQ takes a message back after 30 minutes, and a big first backup must not keep small ones waiting."""


class TurnOver(Exception):  # noqa: N818 - says what happened
    """The turn is over: the work goes on from its last checkpoint under another message."""


class Turn:
    """Counts from its making. Asked at checkpoints, where stopping costs nothing."""

    def __init__(self, seconds: float = TURN_SECONDS) -> None:
        self._over_at = time.monotonic() + seconds

    @property
    def is_over(self) -> bool:
        """Whether the time is up."""
        return time.monotonic() >= self._over_at
