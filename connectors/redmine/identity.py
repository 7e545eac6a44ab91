"""Identity: what a record of Redmine is called for all time. Pure.

Redmine gives the id of what was deleted last to what is made next (SQLite always, MySQL after a restart), so that an id
alone would make two things one. An external id is therefore the id and the moment of making, as in
`123@2026-11-26T10:00:00Z`. It starts with the number that people know, never changes, and the generations of one number
sort in the order they were made in. Two things of one id made within one second cannot be told apart: the first would
have to be made, read and deleted, and the second made, between two ticks.

What has no moment of making is called by what it is of: a membership by project and person, a watcher by issue and
person, a relation by its id and both ends, a wiki page by project, title and moment. What is left (trackers, statuses,
roles, groups, categories and the like) has its number alone: there are few, they are rarely deleted, and one that takes
the number of another shows as an edit in its history, with nothing lost.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from store.record import ExternalId, WorkspaceId

_ID_CHARS = 256


class Unfit(Exception):  # noqa: N818 - never leaves the connector
    """Something is not what Redmine's API says it gives."""


def number_of(value: Any) -> int:
    """Return the id of an object or a reference to one. Raises Unfit where it has none."""
    found = value.get("id") if isinstance(value, dict) else None
    if not isinstance(found, int) or isinstance(found, bool) or found < 0:
        raise Unfit("something has no id")
    return found


def instant(value: Any) -> datetime | None:
    """Read one of Redmine's times; None where it is none. They come in the asking person's time zone."""
    try:
        found = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return None
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)


def moment(value: Any) -> str | None:
    """Write a time as external ids hold it: UTC, in whole seconds."""
    found = instant(value)
    return None if found is None else f"{found:%Y-%m-%dT%H:%M:%SZ}"


def made(value: Mapping[str, Any]) -> ExternalId:
    """Name a thing that has an id and a moment of making. Raises Unfit where it lacks one."""
    return dated(number_of(value), value.get("created_on"))


def dated(number: int, created_on: Any) -> ExternalId:
    """Name the thing of this id that was made then."""
    at = moment(created_on)
    if at is None:
        raise Unfit(f"{number} has no created_on")
    return ExternalId(f"{number}@{at}")


def numbered(value: Mapping[str, Any]) -> ExternalId:
    """Name a thing that has an id alone."""
    return ExternalId(str(number_of(value)))


def titled(workspace_id: WorkspaceId, value: Mapping[str, Any]) -> ExternalId:
    """Name a wiki page, which has no id: its title is its own within the project, and there only."""
    title, at = value.get("title"), moment(value.get("created_on"))
    if not isinstance(title, str) or not 0 < len(title) <= _ID_CHARS or "\0" in title or at is None:
        raise Unfit("a wiki page has no title, or no created_on")
    return ExternalId(f"{workspace_id}/{title}@{at}")


def title_in(page_id: str) -> str:
    """Return the title in a page's name. A title has no slash in it."""
    return page_id.partition("/")[2].rpartition("@")[0]


def number_in(external_id: str) -> int:
    """Return the id that an external id starts with. Raises Unfit where it starts with none."""
    text = external_id.partition("@")[0]
    if not text.isdecimal():
        raise Unfit("an external id has no number in it")
    return int(text)
