"""Writing: by which rules Redmine's records are put back. Pure.

Content names other records by their numbers, and a number is not a record's id here: so every record that is named by
its number has that as a further name.
"""

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

from connectors.redmine import kinds
from connectors.redmine.identity import Unfit, instant, number_in
from connectors.redmine.standing import PRINCIPAL, foresee_issue, foresee_time, foresee_watcher
from connectors.writing import Action, AppWriting, KindWriting, Name, Reference
from store.record import JsonObject, Kind, Record

ISSUE_NUMBER = Kind("issue_number")
PROJECT_NUMBER = Kind("project_number")
VERSION_NUMBER = Kind("version_number")
PRIORITY_NUMBER = Kind("priority_number")
ACTIVITY_NUMBER = Kind("activity_number")
WIKI_TITLE = Kind("wiki_title")

CLOSED = 5
"""The status of a closed project."""

_ENUMERATIONS = {"issue_priorities": PRIORITY_NUMBER, "time_entry_activities": ACTIVITY_NUMBER}
_IN_TEXT = re.compile(r"(?<![\w#&/])#(\d+)\b(?!-)")
"""A link to an issue in any text: `#123`. Not `#note-3`, nor the number of a character."""

_PROJECT = Reference(path="project.id", kind=PROJECT_NUMBER, required=True)
_FIELDS = Reference(path="custom_fields[].id", kind=kinds.CUSTOM_FIELD)


def _text(path: str) -> Reference:
    return Reference(path=path, kind=ISSUE_NUMBER, pattern=_IN_TEXT)


def _person(path: str) -> Reference:
    return Reference(path=path, kind=PRINCIPAL)


def _numbered(kind: Kind) -> Callable[[Record], Iterable[Name]]:
    """Return how the numbers of one kind are named."""

    def names(record: Record) -> Iterable[Name]:
        try:
            return (Name(kind=kind, value=str(number_in(record.external_id))),)
        except Unfit:
            return ()

    return names


def _of_enumeration(record: Record) -> Iterable[Name]:
    which, _, number = record.external_id.partition("/")
    return (Name(kind=_ENUMERATIONS[which], value=number),) if which in _ENUMERATIONS else ()


def _of_page(record: Record) -> Iterable[Name]:
    return (Name(kind=WIKI_TITLE, value=str(record.content.get("title")), local=True),)


def with_fields(content: Mapping[str, Any]) -> JsonObject:
    """View custom fields by their numbers; no value and an empty one are the same to Redmine."""
    view = dict(content)
    found = view.get("custom_fields")
    if isinstance(found, list):
        values = [part for part in found if isinstance(part, dict)]
        view["custom_fields"] = sorted(
            ({"id": part.get("id"), "value": part.get("value") or None} for part in values),
            key=lambda part: str(part["id"]).zfill(12),
        )
    return view


def _fielded(record: Record) -> JsonObject:
    return with_fields(record.content)


def _project_view(record: Record) -> JsonObject:
    """View a project: whether it is closed, in place of its status; its modules by name."""
    view = with_fields(record.content)
    view["closed"] = view.pop("status", None) == CLOSED
    modules = view.get("enabled_modules")
    if isinstance(modules, list):
        view["enabled_modules"] = sorted(str(part.get("name")) for part in modules if isinstance(part, dict))
    for name in ("trackers", "issue_custom_fields"):
        if isinstance(view.get(name), list):
            view[name] = sorted(view[name], key=lambda part: str(part.get("id")).zfill(12))
    return view


def _membership_view(record: Record) -> JsonObject:
    """View a membership: the roles that are its own, and not by way of a group or another project."""
    view = dict(record.content)
    roles = view.get("roles")
    if isinstance(roles, list):
        own = [{"id": part.get("id")} for part in roles if isinstance(part, dict) and not part.get("inherited")]
        view["roles"] = sorted(own, key=lambda part: str(part["id"]).zfill(12))
    return view


def _membership_order(record: Record) -> Any:
    """Groups first: with them come those who are in them."""
    return "group" not in record.content, record.external_id


def _enumeration_view(record: Record) -> JsonObject:
    return {**record.content, "of": record.external_id.partition("/")[0]}


def dated_note(record: Record) -> JsonObject:
    """View a note as it is to be: its first date in front, for the app gives it another."""
    at = instant(record.content.get("created_on"))
    notes = record.content.get("notes")
    when = f"_{at:%Y-%m-%d %H:%M} UTC_\n\n" if at is not None else ""
    return {**record.content, "notes": f"{when}{notes}"}


def _order_of_making(record: Record) -> Any:
    """By the moment, and within a second by the number: the new ones' numbers stand in the same order."""
    made = record.content.get("created_on")
    number = record.external_id.partition("@")[0]
    counted = int(number) if number.isdecimal() else 0
    return made if isinstance(made, str) else "", counted, record.external_id


def _order_of_versions(record: Record) -> Any:
    number = record.content.get("version")
    return number if isinstance(number, int) else 0, record.external_id


def _upload_and_attach(action: Action, fields: Collection[str]) -> int:
    del fields
    return 2 if action is Action.CREATE else 1


_ISSUE_FIELDS = frozenset(
    {
        "tracker",
        "status",
        "priority",
        "assigned_to",
        "category",
        "fixed_version",
        "parent",
        "subject",
        "description",
        "start_date",
        "due_date",
        "done_ratio",
        "is_private",
        "estimated_hours",
        "custom_fields",
    }
)
_PROJECT_FIELDS = frozenset(
    {
        "name",
        "description",
        "homepage",
        "is_public",
        "inherit_members",
        "parent",
        "trackers",
        "enabled_modules",
        "issue_custom_fields",
        "custom_fields",
    }
)
_VERSION_FIELDS = frozenset({"name", "description", "due_date", "sharing", "wiki_page_title", "custom_fields"})
_TIME_FIELDS = frozenset({"issue", "user", "activity", "hours", "comments", "spent_on", "custom_fields"})


def _found(kind: Kind, *alike: str, **more: Any) -> KindWriting:
    """What is only looked for: people, and what an administrator sets up."""
    return KindWriting(kind=kind, can_create=False, alike=alike, **more)


WRITING = AppWriting(
    kinds=(
        _found(kinds.USER, "login", names=_numbered(PRINCIPAL)),
        _found(kinds.GROUP, "name", names=_numbered(PRINCIPAL)),
        _found(kinds.ROLE, "name"),
        _found(kinds.TRACKER, "name"),
        _found(kinds.STATUS, "name"),
        _found(kinds.ENUMERATION, "of", "name", view=_enumeration_view, names=_of_enumeration),
        _found(kinds.CUSTOM_FIELD, "name", "customized_type"),
        KindWriting(
            kind=kinds.PROJECT,
            created_with=_PROJECT_FIELDS | {"identifier"},
            updated_with=_PROJECT_FIELDS | {"default_version", "default_assignee", "closed"},
            late=frozenset({"default_assignee", "closed"}),
            blank={"closed": False},
            references=(
                Reference(path="parent.id", kind=PROJECT_NUMBER),
                Reference(path="trackers[].id", kind=kinds.TRACKER),
                Reference(path="issue_custom_fields[].id", kind=kinds.CUSTOM_FIELD),
                Reference(path="default_version.id", kind=VERSION_NUMBER),
                _person("default_assignee.id"),
                _FIELDS,
            ),
            names=_numbered(PROJECT_NUMBER),
            parent_required=False,
            view=_project_view,
            sort=_order_of_making,
            is_archived=lambda view: view.get("closed") is True,
            archive_field="closed",
            archive_blocks=True,
        ),
        KindWriting(
            kind=kinds.MEMBERSHIP,
            created_with=frozenset({"user", "group", "roles"}),
            updated_with=frozenset({"roles"}),
            references=(
                _PROJECT,
                Reference(path="user.id", kind=PRINCIPAL, required=True),
                Reference(path="group.id", kind=PRINCIPAL, required=True),
                Reference(path="roles[].id", kind=kinds.ROLE),
            ),
            view=_membership_view,
            alike=("user", "group"),
            sort=_membership_order,
        ),
        KindWriting(
            kind=kinds.VERSION,
            created_with=_VERSION_FIELDS,
            # Nothing is assigned to a version that is closed.
            updated_with=_VERSION_FIELDS | {"status"},
            late=frozenset({"status"}),
            blank={"status": "open"},
            references=(_PROJECT, _FIELDS),
            names=_numbered(VERSION_NUMBER),
            view=_fielded,
            sort=_order_of_making,
        ),
        KindWriting(
            kind=kinds.CATEGORY,
            created_with=frozenset({"name", "assigned_to"}),
            updated_with=frozenset({"name", "assigned_to"}),
            references=(_PROJECT, _person("assigned_to.id")),
            alike=("name",),
        ),
        KindWriting(
            kind=kinds.WIKI_PAGE,
            created_with=frozenset({"title", "parent"}),
            updated_with=frozenset({"parent"}),
            references=(Reference(path="parent.title", kind=WIKI_TITLE, local=True),),
            names=_of_page,
            made_with=kinds.WIKI_VERSION,
            sort=_order_of_making,
        ),
        KindWriting(
            kind=kinds.WIKI_VERSION,
            created_with=frozenset({"title", "text", "comments"}),
            references=(
                Reference(path="title", kind=WIKI_TITLE, local=True, required=True),
                _person("author.id"),
                _text("text"),
            ),
            sort=_order_of_versions,
        ),
        KindWriting(
            kind=kinds.NEWS,
            created_with=frozenset({"title", "summary", "description"}),
            updated_with=frozenset({"title", "summary", "description"}),
            references=(_PROJECT, _person("author.id"), _text("description")),
            sort=_order_of_making,
        ),
        KindWriting(
            kind=kinds.ISSUE,
            # An author may not set all that an administrator may, and what they may not is passed over without a word:
            # everything is sent when it is made, and what matters once more behind it.
            created_with=frozenset({"tracker", "subject", "description"}),
            updated_with=_ISSUE_FIELDS,
            references=(
                _PROJECT,
                Reference(path="parent.id", kind=ISSUE_NUMBER, required=True),
                Reference(path="tracker.id", kind=kinds.TRACKER, required=True),
                Reference(path="status.id", kind=kinds.STATUS, required=True),
                Reference(path="priority.id", kind=PRIORITY_NUMBER, required=True),
                Reference(path="category.id", kind=kinds.CATEGORY, brings=True),
                Reference(path="fixed_version.id", kind=VERSION_NUMBER, brings=True),
                _person("author.id"),
                _person("assigned_to.id"),
                _FIELDS,
                _text("description"),
            ),
            names=_numbered(ISSUE_NUMBER),
            view=_fielded,
            sort=_order_of_making,
            foresee=foresee_issue,
        ),
        KindWriting(
            kind=kinds.ATTACHMENT,
            created_with=frozenset({"filename", "content_type", "description", "filesize", "digest", "version"}),
            updated_with=frozenset({"filename", "content_type", "description"}),
            references=(Reference(path="version.id", kind=VERSION_NUMBER), _person("author.id")),
            sort=_order_of_making,
            calls=_upload_and_attach,
        ),
        KindWriting(
            kind=kinds.NOTE,
            created_with=frozenset({"notes", "private_notes"}),
            updated_with=frozenset({"notes", "private_notes"}),
            references=(_person("user.id"), _text("notes")),
            written=dated_note,
            sort=_order_of_making,
        ),
        KindWriting(
            kind=kinds.TIME_ENTRY,
            created_with=_TIME_FIELDS,
            updated_with=_TIME_FIELDS,
            references=(
                _PROJECT,
                Reference(path="issue.id", kind=ISSUE_NUMBER, required=True),
                # Whose account is gone: the owner of the key has the entry then.
                _person("user.id"),
                Reference(path="activity.id", kind=ACTIVITY_NUMBER, required=True),
                _FIELDS,
            ),
            view=_fielded,
            sort=_order_of_making,
            foresee=foresee_time,
        ),
        KindWriting(
            kind=kinds.RELATION,
            created_with=frozenset({"issue_id", "issue_to_id", "relation_type", "delay"}),
            references=(
                Reference(path="issue_id", kind=ISSUE_NUMBER, required=True),
                Reference(path="issue_to_id", kind=ISSUE_NUMBER, required=True),
            ),
            alike=("issue_id", "issue_to_id", "relation_type"),
        ),
        KindWriting(
            kind=kinds.WATCHER,
            created_with=frozenset({"id"}),
            references=(Reference(path="id", kind=PRINCIPAL, required=True),),
            alike=("id",),
            foresee=foresee_watcher,
        ),
    ),
    budgets=(),
    call_seconds=0.3,
    lanes=2,
    global_ids=False,
    scratch=kinds.PROJECT,
    scratch_field="name",
)
