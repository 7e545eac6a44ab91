"""Garbage: how often a worker's process looks for objects that only refer to each other."""

import gc

_YOUNG = 50_000
"""New containers before the young ones are looked through. Python's 700 (2,000 from 3.13 on) is a few records' JSON."""


def collect_seldom() -> None:
    """Collect garbage some hundred times less often, and never look again at what is there now.

    A backup makes millions of containers that live for moments and none that form cycles; looking through them takes a
    tenth of its time. Counted references free them all the same: what waits longer is only the rare cycle. Idempotent.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNG, 10, 10)
