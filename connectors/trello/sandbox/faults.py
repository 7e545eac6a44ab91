"""Faults: what goes wrong, where, and how often, so that a client can be seen to bear it."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import orjson

KINDS = (
    "status",  # answers `status` with `body`
    "reset",  # closes the connection without an answer
    "half",  # promises the whole body, sends half of it and closes
    "invalid_json",  # a 200 whose body breaks off
    "wrong_types",  # numbers where strings were, strings where lists were
    "unknown_fields",  # objects with fields nobody knows
    "slow",  # answers after `seconds`
    "expired_token",  # 401 `invalid token`
    "poison",  # one record of a page has no id, or (`record_id`) has values of the wrong types
    "short_pages",  # lists hold the newest 50 at most, whatever was asked for
    "left_out",  # lists do not hold the record `record_id`
    "undecodable",  # every reply that holds the record `record_id` is no UTF-8
)


@dataclass(slots=True, kw_only=True)
class Fault:
    """One thing that goes wrong, on requests that the pattern `route` is found in, after `skip` good ones."""

    kind: str
    route: str = ""
    """A regular expression, searched for in `GET /boards/1234/cards?limit=1000`; empty finds every request."""
    times: int | None = 1
    """How often; None is for ever."""
    skip: int = 0
    status: int = 500
    body: str = "Internal Server Error"
    headers: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0
    record_id: str | None = None
    """For `poison`, `left_out` and `undecodable`: which record; `poison` without it strikes the first of a page."""

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"no fault is called {self.kind}; there are {', '.join(KINDS)}")
        re.compile(self.route)


@dataclass(slots=True)
class Faults:
    """The faults that wait, and how many of each have struck."""

    waiting: list[Fault] = field(default_factory=list)
    struck: dict[str, int] = field(default_factory=dict)

    def add(self, fault: Fault) -> None:
        """Let something go wrong from now on."""
        self.waiting.append(fault)

    def clear(self) -> None:
        """Let nothing go wrong any more."""
        self.waiting.clear()

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


def spoil(fault: Fault, body: bytes) -> bytes:
    """Give a good body as the fault leaves it."""
    spoilers: dict[str, Callable[[Any], Any]] = {
        "wrong_types": _wrong_types,
        "unknown_fields": _unknown_fields,
        "poison": lambda found: _poisoned(found, fault.record_id),
        "short_pages": _short,
        "left_out": lambda found: _without(found, fault.record_id),
    }
    if fault.kind == "invalid_json":
        return body[: max(1, len(body) // 2)]
    if fault.kind == "undecodable" and fault.record_id:
        mark = f'"id":"{fault.record_id}"'.encode()
        return body.replace(mark, mark + b',"name\xff":1')
    if fault.kind in spoilers:
        return orjson.dumps(spoilers[fault.kind](orjson.loads(body)))
    return body


def _wrong_types(found: Any) -> Any:
    if isinstance(found, list):
        return [_wrong_types(each) for each in found]
    if not isinstance(found, dict):
        return found
    wrong: dict[str, Any] = {}
    for name, value in found.items():
        if name == "id":
            wrong[name] = value
        elif isinstance(value, str):
            wrong[name] = len(value)
        elif isinstance(value, list):
            wrong[name] = "list"
        else:
            wrong[name] = value
    return wrong


def _unknown_fields(found: Any) -> Any:
    if isinstance(found, list):
        return [_unknown_fields(each) for each in found]
    if isinstance(found, dict) and "id" in found:
        return {**found, "fieldFromTomorrow": {"deep": [1, 2.5, None, "naïve"]}}
    return found


def _short(found: Any) -> Any:
    if not isinstance(found, list):
        return found
    newest = sorted((each["id"] for each in found), reverse=True)[:50]
    return [each for each in found if each["id"] in newest]


def _without(found: Any, record_id: str | None) -> Any:
    return [each for each in found if each["id"] != record_id] if isinstance(found, list) else found


def _poisoned(found: Any, record_id: str | None) -> Any:
    """Spoil one record, wherever it is nested."""
    if isinstance(found, list):
        for at, each in enumerate(found):
            if isinstance(each, dict) and "id" in each and record_id in {None, each["id"]}:
                poison = {name: value for name, value in each.items() if name != "id"} if record_id is None else {
                    "id": record_id, "name": {"not": "a string"}, "closed": "perhaps", "pos": None
                }  # fmt: skip
                return [*found[:at], poison, *found[at + 1 :]]
        return [_poisoned(each, record_id) if record_id else each for each in found]
    if isinstance(found, dict):
        return {
            name: _poisoned(value, record_id) if isinstance(value, list) else value for name, value in found.items()
        }
    return found
