"""Retries: what passed and was tried again, counted by its cause for the work that is going on.

A caller counts inside `counting`; whatever asks an app meanwhile, in tasks that were started there too, adds to it.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_MOST_CAUSES = 50
_OTHERS = "other causes"
_counter: ContextVar[Counter[str] | None] = ContextVar("retries", default=None)


@contextmanager
def counting(into: Counter[str]) -> Iterator[None]:
    """Count in here until it is left."""
    token = _counter.set(into)
    try:
        yield
    finally:
        _counter.reset(token)


def count(cause: str) -> None:
    """Add one. `cause` is a few words that hold no id, address or content: `answered 503`."""
    counter = _counter.get()
    if counter is not None:
        counter[cause if cause in counter or len(counter) < _MOST_CAUSES else _OTHERS] += 1
