"""Dying: a process that kills itself, as hard as the system can, at one named point of its work."""

import functools
import inspect
import os
import signal
from importlib import import_module
from typing import Any


def arm(point: str) -> None:
    """Die at `module:name` or `module:Class.name`, before the call or `!after` it, at the call of that number: `#3`."""
    place, _, number = point.partition("#")
    place, _, when = place.partition("!")
    module_name, _, path = place.partition(":")
    owner: Any = import_module(module_name)
    *outer, name = path.split(".")
    for part in outer:
        owner = getattr(owner, part)
    setattr(owner, name, _deadly(getattr(owner, name), is_after=when == "after", number=int(number or 1)))


def _deadly(function: Any, *, is_after: bool, number: int) -> Any:
    left = number

    def die_if_due() -> None:
        nonlocal left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    if inspect.iscoroutinefunction(function):

        @functools.wraps(function)
        async def deadly_coroutine(*arguments: Any, **options: Any) -> Any:
            if not is_after:
                die_if_due()
            result = await function(*arguments, **options)
            if is_after:
                die_if_due()
            return result

        return deadly_coroutine

    @functools.wraps(function)
    def deadly(*arguments: Any, **options: Any) -> Any:
        if not is_after:
            die_if_due()
        result = function(*arguments, **options)
        if is_after:
            die_if_due()
        return result

    return deadly
