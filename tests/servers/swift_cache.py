"""A cache in the proxy's own process, in the place of memcached: Swift's proxy keeps its tokens in one."""

import time
from collections.abc import Callable
from typing import Any


class Cache:
    """What Swift asks of `swift.cache`, for one process."""

    def __init__(self) -> None:
        self._entries: dict[str, tuple[Any, float | None]] = {}

    def set(self, key: str, value: Any, *_: Any, time: float = 0, **__: Any) -> None:
        self._entries[key] = (value, _deadline(time))

    def get(self, key: str, *_: Any, **__: Any) -> Any:
        value, deadline = self._entries.get(key, (None, None))
        if deadline is not None and deadline < time.monotonic():
            del self._entries[key]
            return None
        return value

    def incr(self, key: str, delta: int = 1, time: float = 0) -> int:
        value = int(self.get(key) or 0) + delta
        self.set(key, value, time=time)
        return value

    def decr(self, key: str, delta: int = 1, time: float = 0) -> int:
        return self.incr(key, -delta, time)

    def delete(self, key: str, *_: Any, **__: Any) -> None:
        self._entries.pop(key, None)

    def set_multi(self, values: dict[str, Any], *_: Any, time: float = 0, **__: Any) -> None:
        for key, value in values.items():
            self.set(key, value, time=time)

    def get_multi(self, keys: list[str], *_: Any, **__: Any) -> list[Any]:
        return [self.get(key) for key in keys]


def _deadline(seconds: float) -> float | None:
    return time.monotonic() + seconds if seconds else None


def factory(*_: Any, **__: Any) -> Callable[[Any], Any]:
    """Paste's entry point: a filter that hands the cache to everything behind it."""
    cache = Cache()

    def wrap(app: Any) -> Any:
        def call(environ: dict[str, Any], start_response: Any) -> Any:
            environ["swift.cache"] = cache
            return app(environ, start_response)

        return call

    return wrap
