"""Standing: who may be given what in a project, by Redmine's rules, as far as members and roles tell. Pure.

An issue is assigned to its author, or to who is active and a member in a role that takes issues. Time is logged for
oneself, or for a member in a role that may log time. What was assigned before stays so when people leave; nothing is
assigned to them anew.
"""

from collections.abc import Callable, Mapping
from typing import Any

from connectors.redmine import kinds
from connectors.redmine.bodies import id_of, ids_of
from connectors.writing import Around, Foreseen
from store.record import JsonObject, Kind

PRINCIPAL = Kind("principal")
"""The number of a person or a group: they share one row of numbers."""

LOCKED = "the account is locked, and the app gives it nothing anew"
NO_MEMBER = "was no member of the project any more"
NO_ROLE = "has no role in the project that the app would take it for"
REFUSED = "the app refused it: the person is no member of the project any more, has no role for it, or is locked"

_ACTIVE = 1
INSTEAD = "; it is logged for whoever restored it"


def foresee_issue(view: JsonObject, around: Around) -> Foreseen:
    """Say whether an issue can be assigned to whom it was."""
    assignee = id_of(view.get("assigned_to"))
    if assignee is None:
        return Foreseen()
    if _is_locked(assignee, around):
        return Foreseen(lost={"assigned_to": LOCKED})
    if assignee == id_of(view.get("author")):
        return Foreseen()  # whoever makes an issue may be assigned it
    why = _against(assignee, around, lambda role: role.get("assignable") is not False)
    return Foreseen(lost={"assigned_to": why}) if why else Foreseen()


def foresee_time(view: JsonObject, around: Around) -> Foreseen:
    """Say whether time can be logged for who spent it; else it is logged for the owner of the key."""
    person = id_of(view.get("user"))
    if person is None or around.me.partition("@")[0] == str(person):
        return Foreseen()
    why = LOCKED if _is_locked(person, around) else _against(person, around, _may_log)
    return Foreseen(lost={"user": why + INSTEAD}) if why else Foreseen()


def foresee_watcher(view: JsonObject, around: Around) -> Foreseen:
    """Say whether a person can watch anything."""
    person = id_of(view)
    return Foreseen(cannot=LOCKED) if person is not None and _is_locked(person, around) else Foreseen()


def _may_log(role: Mapping[str, Any]) -> bool:
    permissions = role.get("permissions")
    return not isinstance(permissions, list) or "log_time" in permissions


def _against(person: int, around: Around, takes: Callable[[Mapping[str, Any]], bool]) -> str | None:
    """Say what speaks against giving a person something; None where nothing does, or it cannot be told."""
    members = around.beside(kinds.MEMBERSHIP)
    memberships = [found for found in members if _principal(found) == person]
    if not memberships:
        return NO_MEMBER if members else None  # no key but an administrator's is sure to see them
    if not all(found.get("roles") for found in memberships):
        return None  # in by way of a group or the project above: its roles decide
    numbers = {number for found in memberships for number in ids_of(found.get("roles"))}
    roles = [around.named(kinds.ROLE, str(number)) for number in numbers]
    return None if any(role is None or takes(role.content) for role in roles) else NO_ROLE


def _is_locked(person: int, around: Around) -> bool:
    account = around.named(PRINCIPAL, str(person))
    return account is not None and account.content.get("status", _ACTIVE) != _ACTIVE


def _principal(membership: Mapping[str, Any]) -> int | None:
    return id_of(membership.get("user") or membership.get("group"))
