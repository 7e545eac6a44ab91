"""Faults: what goes wrong on the wire or in the app, as often as asked for."""

import re
import threading
from dataclasses import dataclass, field
from typing import Any, Literal

import orjson

Json = dict[str, Any]

KINDS = (
    "status",
    "reset",
    "half",
    "invalid_json",
    "wrong_types",
    "internal",
    "limit",
    "refuse",
    "field",
    "poison",
    "delay",
    "not_json",
)
_NESTED = ("items", "boards", "updates", "docs", "users")


@dataclass(slots=True, kw_only=True)
class Fault:
    """One thing that goes wrong.

    `status`: an HTTP status with no sense in it. `reset`, `half`: the connection breaks. `invalid_json`, `not_json`,
    `wrong_types`: an answer that is none. `internal`: the app breaks, as it says itself, with 500 or 200. `limit`: a
    refusal in HTTP 200, as the daily block is. `refuse`: what is asked for is not taken. `field`: one nested field is
    forbidden, the rest is answered. `poison`: one record is not what it should be. `delay`: an answer takes `seconds`.
    """

    kind: str
    match: str = ""
    """A pattern that the request's body must hold."""
    times: int | None = 1
    """How often; None: always."""
    skip: int = 0
    """How many requests are let through first."""
    status: int = 503
    record_id: str | None = None
    field_name: str = ""
    """`Board.activity_logs`."""
    code: str = "API_TEMPORARILY_BLOCKED"
    seconds: float = 0.0
    shape: Literal["new", "old"] = "new"

    def __post_init__(self) -> None:
        """Refuse a kind that is not there."""
        if self.kind not in KINDS:
            raise ValueError(f"there is no fault {self.kind!r}")


@dataclass(slots=True)
class Faults:
    """The faults that wait for their requests."""

    waiting: list[Fault] = field(default_factory=list)
    struck: dict[str, int] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, fault: Fault) -> None:
        """Let it happen."""
        with self._lock:
            self.waiting.append(fault)

    def clear(self) -> None:
        """Let nothing more happen."""
        with self._lock:
            self.waiting.clear()

    def strike(self, body: str) -> list[Fault]:
        """Say what happens to this request."""
        struck = []
        with self._lock:
            for fault in list(self.waiting):
                if not re.search(fault.match, body):
                    continue
                if fault.skip:
                    fault.skip -= 1
                    continue
                if fault.times is not None:
                    fault.times -= 1
                    if fault.times <= 0:
                        self.waiting.remove(fault)
                self.struck[fault.kind] = self.struck.get(fault.kind, 0) + 1
                struck.append(fault)
        return struck


def spoil(fault: Fault, body: bytes) -> bytes:
    """Give a good body as the fault leaves it."""
    match fault.kind:
        case "invalid_json":
            return body[: max(1, len(body) // 2)]
        case "not_json":
            return b"<html><body>Bad gateway</body></html>"
        case "wrong_types":
            return orjson.dumps(_wrong(orjson.loads(body)))
        case "poison":
            return orjson.dumps(_poisoned(orjson.loads(body), fault.record_id))
        case _:
            return body


def _wrong(found: Any) -> Any:
    if isinstance(found, dict):
        return {
            name: "wrong" if name in _NESTED and isinstance(value, list) else _wrong(value)
            for name, value in found.items()
        }
    return [_wrong(each) for each in found] if isinstance(found, list) else found


def _poisoned(found: Any, record_id: str | None) -> Any:
    """Spoil one record, wherever it is nested: its id is gone, or what it holds makes no sense."""
    if isinstance(found, list):
        return [_poisoned(each, record_id) for each in found]
    if not isinstance(found, dict):
        return found
    if found.get("id") == record_id and "column_values" in found:
        return {**found, "name": {"not": "a name"}, "column_values": "none", "created_at": 7}
    return {name: _poisoned(value, record_id) for name, value in found.items()}
