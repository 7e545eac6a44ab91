"""Wording: what an event says to a person. Pure; a kind without words of its own is called by its name."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from store.events import Event, EventKind
from store.record import JsonObject


def headline(event: Event) -> str:
    """Say in one line what happened."""
    say = _HEADLINES.get(event.kind)
    return event.kind if say is None else say(event.data)


def details(event: Event) -> list[str]:
    """Say what more there is to say, and what to do, a line each."""
    say = _DETAILS.get(event.kind)
    return [] if say is None else list(say(event.data))


def _verification(data: JsonObject) -> str:
    if "failure" in data:
        return "A verification could not end"
    return f"A verification found {data.get('faults')} faults in what is stored"


_HEADLINES: Mapping[str, Callable[[JsonObject], str]] = {
    EventKind.BACKUP_FAILED: lambda data: f"The backup of {_name(data)} failed",
    EventKind.BACKUP_DRIFT: lambda data: f"{_records(_drifted(data))} of {_name(data)} had changed unnoticed",
    EventKind.BACKUP_MASS_CHANGE: lambda data: (
        f"Unusually much changed in {_name(data)}: {_records(_mass(data).get('records'))}"
    ),
    EventKind.BACKUP_MASS_DELETION: lambda data: (
        f"Unusually much was deleted in {_name(data)}: {_records(_mass(data).get('records'))}"
    ),
    EventKind.CONNECTION_NEEDS_ATTENTION: lambda data: f"{_name(data)} needs attention",
    EventKind.VERIFICATION_FAULT: _verification,
    EventKind.COPY_FAILED: lambda _: "The copy in Google Drive is not up to date",
    EventKind.CHECKPOINT_PUBLISHED: lambda data: f"The log has {data.get('size')} entries, under a new checkpoint",
    EventKind.TEST: lambda _: "This is a test",
}


def _of_failure(data: JsonObject) -> Iterator[str]:
    failure = data.get("failure")
    if isinstance(failure, dict):
        yield f"{failure.get('code')}: {failure.get('message')}"


def _of_failed_backup(data: JsonObject) -> Iterator[str]:
    yield from _of_failure(data)
    yield "The last snapshot is as good as it was. The next backup is tried in the evening, or with `holdfast backup`."


def _of_failed_copy(data: JsonObject) -> Iterator[str]:
    yield from _of_failure(data)
    yield "The backup itself is as good as it was: the copy is never used to restore anything."


def _of_drift(data: JsonObject) -> Iterator[str]:
    for kind, found in data.get("drift", {}).items():
        yield f"{kind}: " + ", ".join(f"{count} {change}" for change, count in found.items())
    yield "Nothing has to be done: the snapshot has them as they are in the app."


def _of_mass(data: JsonObject) -> Iterator[str]:
    mass = _mass(data)
    days = "" if mass.get("days") == 1 else f" in {mass.get('days')} days"
    yield f"{mass.get('records')} of {mass.get('of')} records{days}; told above {mass.get('limit')} a day."
    if mass.get("samples"):
        middle = f"On the {mass.get('samples')} days before, the median is {mass.get('median')} a day"
        yield f"{middle}, and their median distance from it {mass.get('mad')}."
    yield "If nobody meant it: what was there is in the snapshot before, and can be restored."


def _of_trouble(data: JsonObject) -> Iterator[str]:
    yield str(data.get("reason"))


def _of_faults(data: JsonObject) -> Iterator[str]:
    yield from _of_failure(data)
    for fault in data.get("first", ()):
        yield f"{fault.get('code')} {fault.get('where')}: {fault.get('message')}"


def _of_checkpoint(data: JsonObject) -> Iterator[str]:
    yield "Keep it: whoever holds an older one can tell whether history was rewritten since."
    yield from str(data.get("checkpoint")).splitlines()


_DETAILS: Mapping[str, Callable[[JsonObject], Iterator[str]]] = {
    EventKind.BACKUP_FAILED: _of_failed_backup,
    EventKind.BACKUP_DRIFT: _of_drift,
    EventKind.BACKUP_MASS_CHANGE: _of_mass,
    EventKind.BACKUP_MASS_DELETION: _of_mass,
    EventKind.CONNECTION_NEEDS_ATTENTION: _of_trouble,
    EventKind.VERIFICATION_FAULT: _of_faults,
    EventKind.COPY_FAILED: _of_failed_copy,
    EventKind.CHECKPOINT_PUBLISHED: _of_checkpoint,
    EventKind.TEST: lambda _: iter(["Events arrive here."]),
}


def _name(data: JsonObject) -> str:
    connection: Any = data.get("connection")
    return str(connection.get("name")) if isinstance(connection, dict) else "a connection"


def _mass(data: JsonObject) -> JsonObject:
    found = data.get("mass")
    return found if isinstance(found, dict) else {}


def _drifted(data: JsonObject) -> int:
    return sum(sum(found.values()) for found in data.get("drift", {}).values())


def _records(count: Any) -> str:
    return f"{count:,} record{'' if count == 1 else 's'}" if isinstance(count, int) else "some records"
