"""Interpreter: how Python's own machinery is set in a worker's process."""

import gc
import sys

_YOUNG = 50_000
"""New containers before the young ones are looked through. Python's 700 (2,000 from 3.13 on) is a few records' JSON."""
_SWITCH_SECONDS = 0.0002
"""How long the loop may keep the interpreter's lock while another thread waits for it. Python's 5 ms is longer than a
block takes to compress: the threads that seal would wait for the lock longer than they work."""


def prepare_interpreter() -> None:
    """Collect garbage some hundred times less often, never look again at what is there now, and let threads in soon.

    A backup makes millions of containers that live for moments and none that form cycles; looking through them takes a
    tenth of its time. Counted references free them all the same: what waits longer is only the rare cycle. Idempotent.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNG, 10, 10)
    sys.setswitchinterval(_SWITCH_SECONDS)
