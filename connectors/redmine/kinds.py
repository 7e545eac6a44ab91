"""Kinds: every record type of Redmine, what of it is kept, and what a restore can and cannot bring back."""

from collections.abc import Mapping

from connectors.base import KindSpec
from store.record import FILE_KIND, Kind

PROJECT = Kind("project")
ISSUE = Kind("issue")
RELATION = Kind("relation")
WATCHER = Kind("watcher")
NOTE = Kind("note")
JOURNAL = Kind("journal")
ATTACHMENT = Kind("attachment")
FILE = FILE_KIND
VERSION = Kind("version")
CATEGORY = Kind("category")
MEMBERSHIP = Kind("membership")
TIME_ENTRY = Kind("time_entry")
WIKI_PAGE = Kind("wiki_page")
WIKI_VERSION = Kind("wiki_version")
NEWS = Kind("news")
NEWS_COMMENT = Kind("news_comment")
USER = Kind("user")
GROUP = Kind("group")
ROLE = Kind("role")
TRACKER = Kind("tracker")
STATUS = Kind("status")
ENUMERATION = Kind("enumeration")
CUSTOM_FIELD = Kind("custom_field")
QUERY = Kind("query")

OF_ISSUE = frozenset({RELATION, WATCHER, NOTE, JOURNAL, ATTACHMENT, FILE})
"""What hangs below an issue and goes with it. Subtasks are issues of their own."""
FILES = frozenset({ATTACHMENT, FILE})

_NAME = "a copy of another record's name, which changes without this one"
_SUM = "a sum over other records"
_NEW_ID = "the app gives every new record a new id"
_NOW = "the app writes the time of the restore"
_ADDRESS = "made of the server's address and the attachment's id"
_BY_ADMIN = "kept with an administrator's key; with another the owner of the grant becomes the author"

_FIELDS = {"custom_fields.name": _NAME}
_SETUP = "It belongs to how the server is set up; no request makes one. A restore finds it by its name."

_ATTACHMENT_VOLATILE = {
    "author.name": _NAME,
    "version.name": _NAME,
    "content_url": _ADDRESS,
    "thumbnail_url": _ADDRESS,
    "downloads": "a count that reading it changes",
}

_SPECS = (
    KindSpec(
        kind=PROJECT,
        title="Project",
        description="A project, open or closed: its name, description, modules, trackers, custom field values.",
        backed_up=True,
        restorable=True,
        title_field="name",
        is_workspace=True,
        volatile={
            "parent.name": _NAME,
            "trackers.name": _NAME,
            "issue_custom_fields.name": _NAME,
            "default_version.name": _NAME,
            "default_assignee.name": _NAME,
            **_FIELDS,
        },
        lost_on_restore={
            "id": _NEW_ID,
            "created_on": _NOW,
            "updated_on": _NOW,
            "identifier": "taken as it was where it is free, else with a number behind it",
            "time_entry_activities": "activities of one project's own have no request",
        },
    ),
    KindSpec(
        kind=ISSUE,
        title="Issue",
        description="An issue: text, tracker, status, people, dates, version, category, custom field values.",
        backed_up=True,
        restorable=True,
        title_field="subject",
        volatile={
            "project.name": _NAME,
            "tracker.name": _NAME,
            "status.name": _NAME,
            "status.is_closed": "says something of the status",
            "priority.name": _NAME,
            "author.name": _NAME,
            "assigned_to.name": _NAME,
            "category.name": _NAME,
            "fixed_version.name": _NAME,
            "spent_hours": _SUM,
            "total_spent_hours": _SUM,
            "total_estimated_hours": _SUM,
            **_FIELDS,
        },
        lost_on_restore={
            "id": _NEW_ID,
            "created_on": _NOW,
            "updated_on": _NOW,
            "closed_on": _NOW,
            "author": _BY_ADMIN,
        },
    ),
    KindSpec(
        kind=RELATION,
        title="Relation",
        description="That an issue relates to, blocks, precedes, duplicates or was copied to another.",
        backed_up=True,
        restorable=True,
        title_field="relation_type",
        lost_on_restore={"id": _NEW_ID},
    ),
    KindSpec(
        kind=WATCHER,
        title="Watcher",
        description="That a person watches an issue.",
        backed_up=True,
        restorable=True,
        volatile={"name": _NAME},
    ),
    KindSpec(
        kind=NOTE,
        title="Note",
        description="A note on an issue, with the changes that were made along with it.",
        backed_up=True,
        restorable=True,
        title_field="notes",
        volatile={"user.name": _NAME},
        lost_on_restore={
            "id": _NEW_ID,
            "created_on": "the app writes the time of the restore; the first date is put in front of the note",
            "user": _BY_ADMIN,
            "details": "changes are not made again, only what came of them",
        },
    ),
    KindSpec(
        kind=JOURNAL,
        title="History entry",
        description="What was changed in an issue, by whom and when, without a note.",
        backed_up=True,
        restorable=False,
        why_not="Redmine writes its history itself; no request adds to it.",
        volatile={"user.name": _NAME},
    ),
    KindSpec(
        kind=ATTACHMENT,
        title="Attachment",
        description="What is said of a file: its name, size, type, description, author.",
        backed_up=True,
        restorable=True,
        title_field="filename",
        volatile=_ATTACHMENT_VOLATILE,
        lost_on_restore={"id": _NEW_ID, "created_on": _NOW, "author": _BY_ADMIN},
    ),
    KindSpec(
        kind=FILE,
        title="File",
        description="The bytes of an attachment.",
        backed_up=True,
        restorable=True,
        title_field="name",
    ),
    KindSpec(
        kind=VERSION,
        title="Version",
        description="A version (milestone) of a project.",
        backed_up=True,
        restorable=True,
        title_field="name",
        volatile={"project.name": _NAME, **_FIELDS},
        lost_on_restore={"id": _NEW_ID, "created_on": _NOW, "updated_on": _NOW},
    ),
    KindSpec(
        kind=CATEGORY,
        title="Issue category",
        description="A category of a project's issues.",
        backed_up=True,
        restorable=True,
        title_field="name",
        volatile={"project.name": _NAME, "assigned_to.name": _NAME},
        lost_on_restore={"id": _NEW_ID},
    ),
    KindSpec(
        kind=MEMBERSHIP,
        title="Membership",
        description="That a person or group belongs to a project, and in which roles.",
        backed_up=True,
        restorable=True,
        volatile={"project.name": _NAME, "user.name": _NAME, "group.name": _NAME, "roles.name": _NAME},
        lost_on_restore={"id": _NEW_ID},
    ),
    KindSpec(
        kind=TIME_ENTRY,
        title="Time entry",
        description="Time that a person spent on an issue or a project.",
        backed_up=True,
        restorable=True,
        title_field="comments",
        volatile={"project.name": _NAME, "user.name": _NAME, "activity.name": _NAME, **_FIELDS},
        lost_on_restore={"id": _NEW_ID, "created_on": _NOW, "updated_on": _NOW},
    ),
    KindSpec(
        kind=WIKI_PAGE,
        title="Wiki page",
        description="A page of a project's wiki: its title, its place, its newest version.",
        backed_up=True,
        restorable=True,
        title_field="title",
        volatile={
            "text": "the newest version has it",
            "author": "the newest version has it",
            "comments": "the newest version has it",
        },
        lost_on_restore={"created_on": _NOW, "updated_on": _NOW},
    ),
    KindSpec(
        kind=WIKI_VERSION,
        title="Wiki page version",
        description="One version of a wiki page: its text, author and comment.",
        backed_up=True,
        restorable=True,
        title_field="comments",
        volatile={"author.name": _NAME, "parent": "the page has it", "created_on": "the page has it"},
        lost_on_restore={
            "updated_on": _NOW,
            "author": _BY_ADMIN,
            "version": "counted anew from 1; gaps of deleted versions close",
        },
    ),
    KindSpec(
        kind=NEWS,
        title="News",
        description="A piece of news of a project.",
        backed_up=True,
        restorable=True,
        title_field="title",
        volatile={"project.name": _NAME, "author.name": _NAME},
        lost_on_restore={"id": _NEW_ID, "created_on": _NOW, "author": _BY_ADMIN},
    ),
    KindSpec(
        kind=NEWS_COMMENT,
        title="Comment on news",
        description="A comment on a piece of news.",
        backed_up=True,
        restorable=False,
        why_not="The API gives comments on news and takes none.",
        title_field="content",
        volatile={"author.name": _NAME},
    ),
    KindSpec(
        kind=USER,
        title="User",
        description="A person's account: names, address, whether it is locked. Without an administrator's key, a name.",
        backed_up=True,
        restorable=False,
        why_not="An account belongs to its person and has a password; a restore finds existing ones by their login.",
        title_field="login",
        volatile={
            "last_login_on": "a visit, not a change",
            "passwd_changed_on": "says something of the password",
            "avatar_url": "made of the mail address",
            "api_key": "a secret",
            **_FIELDS,
        },
    ),
    KindSpec(
        kind=GROUP,
        title="Group",
        description="A group and who is in it. Without an administrator's key, its name.",
        backed_up=True,
        restorable=False,
        why_not="Groups carry rights over all projects; a restore finds existing ones by their name.",
        title_field="name",
        volatile={"users.name": _NAME, **_FIELDS},
    ),
    KindSpec(
        kind=ROLE,
        title="Role",
        description="A role and its permissions.",
        backed_up=True,
        restorable=False,
        why_not=_SETUP,
        title_field="name",
    ),
    KindSpec(
        kind=TRACKER,
        title="Tracker",
        description="A tracker: a type of issue.",
        backed_up=True,
        restorable=False,
        why_not=_SETUP,
        title_field="name",
        volatile={"default_status.name": _NAME},
    ),
    KindSpec(
        kind=STATUS,
        title="Issue status",
        description="A status that issues can have.",
        backed_up=True,
        restorable=False,
        why_not=_SETUP,
        title_field="name",
    ),
    KindSpec(
        kind=ENUMERATION,
        title="Enumeration",
        description="A priority of issues, an activity of time entries, or a category of documents.",
        backed_up=True,
        restorable=False,
        why_not=_SETUP,
        title_field="name",
        volatile={**_FIELDS},
    ),
    KindSpec(
        kind=CUSTOM_FIELD,
        title="Custom field",
        description="The definition of a custom field. Without an administrator's key, its name.",
        backed_up=True,
        restorable=False,
        why_not=_SETUP,
        title_field="name",
        volatile={"trackers.name": _NAME, "roles.name": _NAME},
    ),
    KindSpec(
        kind=QUERY,
        title="Saved query",
        description="The name of a saved query and who may use it; its filters are not given.",
        backed_up=True,
        restorable=False,
        why_not="The API gives no filters of a query, and makes none.",
        title_field="name",
    ),
)

KINDS: Mapping[Kind, KindSpec] = {spec.kind: spec for spec in _SPECS}

OF_PROJECT = frozenset(
    {
        PROJECT,
        ISSUE,
        *OF_ISSUE,
        VERSION,
        CATEGORY,
        MEMBERSHIP,
        TIME_ENTRY,
        WIKI_PAGE,
        WIKI_VERSION,
        NEWS,
        NEWS_COMMENT,
    }
)
"""What lives in one project."""
OF_SERVER = frozenset(KINDS) - OF_PROJECT
"""What belongs to the server as a whole."""
