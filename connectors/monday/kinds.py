"""Kinds: every record type of monday.com, what of it is kept, and what a restore can and cannot bring back."""

from collections.abc import Mapping

from connectors.base import KindSpec
from connectors.monday.values import field_of
from store.record import FILE_KIND, Kind

ACCOUNT = Kind("account")
USER = Kind("user")
TEAM = Kind("team")
TAG = Kind("tag")
WORKSPACE = Kind("workspace")
FOLDER = Kind("folder")
DOC = Kind("doc")
DOC_BLOCK = Kind("doc_block")
BOARD = Kind("board")
COLUMN = Kind("column")
SUBITEM_COLUMN = Kind("subitem_column")
GROUP = Kind("group")
VIEW = Kind("view")
ITEM = Kind("item")
SUBITEM = Kind("subitem")
UPDATE = Kind("update")
REPLY = Kind("reply")
ASSET = Kind("asset")
FILE = FILE_KIND
ACTIVITY = Kind("activity")

_NEW_ID = "the app gives every new record a new id"
_NOW = "the app writes the time of the restore"
_OWNER = "the owner of the grant becomes the creator"
_AUTHOR = "the owner of the grant becomes the author; who it was stands in front of the text"
_COUNTER = "a counter that moves when other records change"
_ACTIVITY = "moves when anything inside changes; each of those is a record of its own"
_VIEWER = "says something of the person who asks, not of the record"
_URL = "made of the id, which is new"

LOST_VALUES: Mapping[str, str] = {
    "auto_number": "the app numbers the items of a board itself, in the order they are made",
    "button": "a button holds nothing; what it does is an automation, which no request makes",
    "creation_log": "the app writes who made the item, and when: the restore",
    "direct_doc": "no request writes this column",
    "doc": "the document comes back in its workspace, and not in the cell",
    "formula": "the app works it out again from what was restored; the formula itself is the column's",
    "group": "the app writes the group that the item is in",
    "integration": "what another app put here can only come from there",
    "item_assignees": "the app works it out from other columns",
    "item_id": "the item has a new id",
    "last_updated": "the app writes who changed the item last, and when: the restore",
    "mirror": "the app shows again what the restored relation leads to",
    "progress": "the app works it out again from the status columns",
    "subtasks": "the app lists the restored subitems",
    "time_tracking": "no request writes the sessions of a stopwatch",
    "unsupported": "the app gives no access to this column",
    "vote": "nobody can vote in another's name",
}
"""Column type → why its values cannot come back. Of every other type they are written."""

_ITEM_LOST = {
    "id": _NEW_ID,
    "url": _URL,
    "relative_link": _URL,
    "created_at": _NOW,
    "updated_at": _NOW,
    "creator_id": _OWNER,
    "subscribers": "the app subscribes whoever creates or is assigned; nobody else is",
    "changed_at": "the app writes when each value was set: at the restore",
    "location_details": "the app looks up an address itself",
    "status_details": "which update a status was set with is known to the app alone",
    "dependency_details": "the kind of a dependency and its lag are set by hand",
    **{field_of(name): why for name, why in LOST_VALUES.items()},
}

_COLUMN_LOST = {
    "id": "an id that the app chose can be chosen by nobody else; what names the column names the new one",
    "subitem_columns": "as of the columns themselves",
    "other_settings": "what no request sets: the other side of a relation, labels out of use",
    "visibility": "who sees a column is set by hand",
}

_SPECS = (
    KindSpec(
        kind=ACCOUNT,
        title="Account",
        description="The account: its name, plan and products.",
        backed_up=True,
        restorable=False,
        why_not="An account is made by signing up; a restore goes into one that is there.",
        title_field="name",
        volatile={"active_members_count": _COUNTER, "logo": "the address of a picture, signed anew by itself"},
    ),
    KindSpec(
        kind=USER,
        title="User",
        description="A person with a seat, deactivated ones included.",
        backed_up=True,
        restorable=False,
        why_not="A seat belongs to its person and is invited by an administrator; a restore assigns existing people.",
        title_field="name",
    ),
    KindSpec(
        kind=TEAM,
        title="Team",
        description="A team: its owners and people.",
        backed_up=True,
        restorable=False,
        why_not="Teams give access to everything that names them, so they are made by people; a restore uses those.",
        title_field="name",
        volatile={"picture_url": "the address of a picture, signed anew by itself"},
    ),
    KindSpec(
        kind=TAG,
        title="Tag",
        description="A tag of the account, or of one board that is not public.",
        backed_up=True,
        restorable=True,
        title_field="name",
        lost_on_restore={"id": _NEW_ID, "color": "the app chooses the color of a new tag"},
    ),
    KindSpec(
        kind=WORKSPACE,
        title="Workspace",
        description="A workspace: its name, description, owners and people.",
        backed_up=True,
        restorable=True,
        title_field="name",
        is_workspace=True,
        lost_on_restore={
            "id": _NEW_ID,
            "created_at": _NOW,
            "is_default_workspace": "an account has one main workspace, which is there",
            "state": "what is restored is active",
        },
    ),
    KindSpec(
        kind=FOLDER,
        title="Folder",
        description="A folder of a workspace, with its place in other folders.",
        backed_up=True,
        restorable=True,
        title_field="name",
        lost_on_restore={"id": _NEW_ID, "created_at": _NOW, "owner_id": _OWNER},
    ),
    KindSpec(
        kind=DOC,
        title="Doc",
        description="A document of a workspace or of a cell.",
        backed_up=True,
        restorable=True,
        title_field="name",
        lost_on_restore={
            "id": _NEW_ID,
            "object_id": _NEW_ID,
            "url": _URL,
            "relative_url": _URL,
            "created_at": _NOW,
            "updated_at": _NOW,
            "created_by": _OWNER,
            "settings": "no request sets them",
        },
    ),
    KindSpec(
        kind=DOC_BLOCK,
        title="Doc block",
        description="One block of a document: its type, content and place.",
        backed_up=True,
        restorable=True,
        title_field="type",
        lost_on_restore={
            "id": _NEW_ID,
            "doc_id": _NEW_ID,
            "created_at": _NOW,
            "updated_at": _NOW,
            "created_by": _OWNER,
            "position": "the app gives new numbers; the order is kept",
        },
    ),
    KindSpec(
        kind=BOARD,
        title="Board",
        description="A board, classic or with levels, active or archived: name, kind, owners, subscribers, place.",
        backed_up=True,
        restorable=True,
        title_field="name",
        is_workspace=True,
        volatile={"updated_at": _ACTIVITY, "items_count": _COUNTER, "access_level": _VIEWER},
        lost_on_restore={
            "id": _NEW_ID,
            "url": _URL,
            "created_at": _NOW,
            "creator": _OWNER,
            "permissions": "who may change what is set by a person; no request of every plan does",
            "items_limit": "set by the account's plan",
            "hierarchy_type": "the app makes boards of two levels by request, and others by hand",
            "tags": "a board gets a tag when an item does",
        },
    ),
    KindSpec(
        kind=COLUMN,
        title="Column",
        description="A column of a board: its type, settings and place.",
        backed_up=True,
        restorable=True,
        title_field="title",
        volatile={"revision": "counts the changes of the column itself"},
        lost_on_restore=_COLUMN_LOST,
    ),
    KindSpec(
        kind=SUBITEM_COLUMN,
        title="Subitem column",
        description="A column of a board's subitems: its type, settings and place.",
        backed_up=True,
        restorable=True,
        title_field="title",
        volatile={"revision": "counts the changes of the column itself"},
        lost_on_restore=_COLUMN_LOST,
    ),
    KindSpec(
        kind=GROUP,
        title="Group",
        description="A group of a board, archived ones included.",
        backed_up=True,
        restorable=True,
        title_field="title",
        lost_on_restore={"id": _NEW_ID},
    ),
    KindSpec(
        kind=VIEW,
        title="View",
        description="A saved view of a board: its filter, order and settings.",
        backed_up=True,
        restorable=False,
        why_not="A view shows columns and people by numbers of its own that no request maps; it is made by hand.",
        title_field="name",
        volatile={"access_level": _VIEWER},
    ),
    KindSpec(
        kind=ITEM,
        title="Item",
        description="An item, archived ones included: its name, group and the value of every column.",
        backed_up=True,
        restorable=True,
        title_field="name",
        lost_on_restore=_ITEM_LOST,
    ),
    KindSpec(
        kind=SUBITEM,
        title="Subitem",
        description="An item below another, at any level: its name and the value of every column.",
        backed_up=True,
        restorable=True,
        title_field="name",
        lost_on_restore=_ITEM_LOST,
    ),
    KindSpec(
        kind=UPDATE,
        title="Update",
        description="A message on an item, with reactions and pins.",
        backed_up=True,
        restorable=True,
        title_field="text_body",
        lost_on_restore={
            "id": _NEW_ID,
            "creator_id": _AUTHOR,
            "creator": _AUTHOR,
            "created_at": "the app writes the time of the restore; the day is kept as the original creation date",
            "updated_at": _NOW,
            "edited_at": _NOW,
            "likes": "nobody can react in another's name",
        },
    ),
    KindSpec(
        kind=REPLY,
        title="Reply",
        description="An answer to an update, with reactions.",
        backed_up=True,
        restorable=True,
        title_field="text_body",
        lost_on_restore={
            "id": _NEW_ID,
            "creator_id": _AUTHOR,
            "creator": _AUTHOR,
            "created_at": _NOW,
            "updated_at": _NOW,
            "edited_at": _NOW,
            "original_creation_date": "the day is told to the app, which does not give it back of a reply",
            "likes": "nobody can react in another's name",
        },
    ),
    KindSpec(
        kind=ASSET,
        title="Asset",
        description="What is known of an uploaded file: name, size, who uploaded it, where it is.",
        backed_up=True,
        restorable=True,
        title_field="name",
        lost_on_restore={"id": _NEW_ID, "url": _URL, "created_at": _NOW, "uploaded_by": _OWNER},
    ),
    KindSpec(
        kind=FILE,
        title="File",
        description="The bytes of an uploaded file.",
        backed_up=True,
        restorable=True,
        title_field="name",
    ),
    KindSpec(
        kind=ACTIVITY,
        title="Activity",
        description="One entry of the activity log of a board. Kept when the app has forgotten it.",
        backed_up=True,
        restorable=False,
        why_not="monday.com writes its log itself; no request adds to it.",
        title_field="event",
    ),
)

KINDS: Mapping[Kind, KindSpec] = {spec.kind: spec for spec in _SPECS}
