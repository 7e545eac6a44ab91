"""Faults: what goes wrong, where, and how often, so that a client can be seen to bear it."""

import re
from dataclasses import dataclass, field

KINDS = (
    "reason",  # refuses with `status` and `reason`
    "reset",  # closes the connection; nothing was done
    "lost",  # does it, and closes the connection without an answer
    "slow",  # waits for `seconds`, then does it
    "late",  # does it, and answers after `seconds`
    "partial",  # an upload session takes only the first `keep_bytes` of a piece
    "session_gone",  # the upload session is over
    "garbled",  # stores other bytes than were sent
)


@dataclass(slots=True, kw_only=True)
class Fault:
    """One thing that goes wrong, on requests that the pattern `route` is found in, after `skip` good ones."""

    kind: str
    route: str = ""
    """A regular expression, searched for in `GET /drive/v3/files?q=…`; empty finds every request."""
    times: int | None = 1
    """How often; None is for ever."""
    skip: int = 0
    status: int = 503
    reason: str = "backendError"
    retry_after: str | None = None
    seconds: float = 0.0
    keep_bytes: int = 262_144

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"no fault is called {self.kind}; there are {', '.join(KINDS)}")
        re.compile(self.route)


@dataclass(slots=True)
class Faults:
    """The faults that wait, and how many of each have struck."""

    waiting: list[Fault] = field(default_factory=list)
    struck: dict[str, int] = field(default_factory=dict)

    def next(self, request: str) -> Fault | None:
        """Give what goes wrong with this request, if anything, and count it."""
        for fault in list(self.waiting):
            if not re.search(fault.route, request):
                continue
            if fault.skip > 0:
                fault.skip -= 1
                continue
            if fault.times is not None:
                fault.times -= 1
                if fault.times <= 0:
                    self.waiting.remove(fault)
            self.struck[fault.kind] = self.struck.get(fault.kind, 0) + 1
            return fault
        return None
