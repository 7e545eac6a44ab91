"""Rules: how each kind of Trello's is put back (`connectors.writing`). Fields and calls: docs of the REST API, 2026."""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from connectors.trello import kinds
from connectors.trello.pace import TrelloPace
from connectors.writing import Action, AppWriting, KindWriting, Name, Reference
from store.record import JsonObject, Kind, Record

CARD_LINK = Kind("card_link")
"""The eight letters in a card's address."""
BOARD_LINK = Kind("board_link")
OPTION = Kind("custom_field_option")
ON_BOARD = Kind("board_member")
"""A person, as somebody who can be put on the cards of a board: a member of it."""

_TO_CARD = re.compile(r"https?://(?:www\.)?trello\.com/c/([0-9A-Za-z]{8})\b")
_TO_BOARD = re.compile(r"https?://(?:www\.)?trello\.com/b/([0-9A-Za-z]{8})\b")
_UPLOADED_BACKGROUND = re.compile(r"[0-9a-f]{24}")

PREFS_AT_ONCE = frozenset(
    f"prefs.{name}"
    for name in (
        "permissionLevel", "voting", "comments", "invitations", "selfJoin", "cardCovers", "background", "cardAging",
    )
)  # fmt: skip
"""Preferences that a board can be made with."""
PREFS_AFTERWARDS = PREFS_AT_ONCE | {"prefs.hideVotes", "prefs.calendarFeedEnabled"}

_CARD_FIELDS = frozenset(
    (
        "name", "desc", "pos", "due", "start", "dueComplete", "dueReminder", "idList", "idMembers", "idLabels",
        "address", "locationName", "coordinates",
    )
)  # fmt: skip
_BLANK_COVER = {
    "cover.color": None,
    "cover.idAttachment": None,
    "cover.size": "normal",
    "cover.brightness": "dark",
}


def _links(*paths: str) -> tuple[Reference, ...]:
    """Say that there may be links to cards and boards in these texts."""
    return tuple(
        Reference(path=path, kind=kind, pattern=pattern)
        for path in paths
        for kind, pattern in ((CARD_LINK, _TO_CARD), (BOARD_LINK, _TO_BOARD))
    )


def _short_link(kind: Kind, record: Record) -> Iterable[Name]:
    found = record.content.get("shortLink")
    return [Name(kind=kind, value=found)] if isinstance(found, str) and found else []


def _options(record: Record) -> Iterable[Name]:
    """Know an option by its text: which of several of the same text, by its turn among them."""
    seen: Counter[str] = Counter()
    found = record.content.get("options")
    for option in found if isinstance(found, list) else []:
        if isinstance(option, dict) and isinstance(option.get("id"), str):
            value = option.get("value")
            text = str(value.get("text")) if isinstance(value, dict) else ""
            yield Name(kind=OPTION, value=option["id"], key=f"{text}\0{seen[text]}")
            seen[text] += 1


def _person(record: Record) -> Iterable[Name]:
    found = record.content.get("idMember")
    return [Name(kind=ON_BOARD, value=found, key=found, local=True)] if isinstance(found, str) else []


def _by_pos(record: Record) -> tuple[float, str]:
    pos = record.content.get("pos")
    return (float(pos) if isinstance(pos, int | float) else 0.0, record.external_id)


def _is_closed(view: JsonObject) -> bool:
    return view.get("closed") is True


def _card(record: Record) -> JsonObject:
    """View a card: one of an old export has no cover but the attachment that is it."""
    if isinstance(record.content.get("cover"), dict) or "idAttachmentCover" not in record.content:
        return record.content
    return {**record.content, "cover": {"idAttachment": record.content["idAttachmentCover"]}}


def _card_loses(held: Record, me: str) -> Mapping[str, str]:
    del me
    labels = held.content.get("labels")
    is_old = "idLabels" not in held.content and bool(labels)
    return {"labels": "an export of that age does not say which labels they are"} if is_old else {}


def _attachment(record: Record) -> JsonObject:
    """View an attachment: the address of an upload has its ids in it, that of a link is what it is for."""
    view = dict(record.content)
    if view.get("isUpload") is True and "url" in view:
        view["uploadUrl"] = view.pop("url")
    return view


def _signed(record: Record) -> JsonObject:
    """Put author and date in front of a comment: the app names the owner of the grant, and the time of the restore."""
    data = record.content.get("data")
    text = data.get("text") if isinstance(data, dict) else None
    if not isinstance(data, dict) or not isinstance(text, str):
        return record.content
    author = record.content.get("memberCreator")
    name = author.get("fullName") or author.get("username") if isinstance(author, dict) else None
    date = str(record.content.get("date") or "").replace("T", " ")[:16]
    head = f"**{name or record.content.get('idMemberCreator') or 'Somebody'}**, {date} UTC:\n\n"
    return {**record.content, "data": {**data, "text": f"{head}{text}"[:MOST_TEXT]}}


MOST_TEXT = 16384
"""How long a description or a comment may be."""


def _written_board(record: Record) -> JsonObject:
    """Leave out a background that a person uploaded: it is theirs alone."""
    prefs = record.content.get("prefs")
    if not isinstance(prefs, dict) or not _is_uploaded(prefs):
        return record.content
    return {**record.content, "prefs": {name: value for name, value in prefs.items() if name != "background"}}


def _is_uploaded(prefs: Mapping[str, Any]) -> bool:
    return _UPLOADED_BACKGROUND.fullmatch(str(prefs.get("background"))) is not None


def _board_loses(held: Record, me: str) -> Mapping[str, str]:
    del me
    prefs = held.content.get("prefs")
    is_uploaded = isinstance(prefs, dict) and _is_uploaded(prefs)
    return {"prefs.background": "a background that a person uploaded is theirs alone"} if is_uploaded else {}


def _membership_loses(held: Record, me: str) -> Mapping[str, str]:
    is_mine = held.content.get("idMember") == me and held.content.get("memberType") != "admin"
    return {"memberType": "the owner of the grant is an admin of what they make"} if is_mine else {}


def _is_of_maker(membership: Record, makers: Collection[str]) -> bool:
    return membership.content.get("idMember") in makers


def _membership_cannot(held: Record, live: Record | None, me: str) -> str | None:
    del me
    if live is None and held.content.get("deactivated") is True:
        return "the person's account is deactivated"
    return None


def _comment_cannot(held: Record, live: Record | None, me: str) -> str | None:
    del held
    if live is not None and live.content.get("idMemberCreator") != me:
        return "only its author can change a comment"
    return None


def _comment_loses(held: Record, me: str) -> Mapping[str, str]:
    del me
    data = held.content.get("data")
    signed = _signed(held)["data"]
    text = data.get("text") if isinstance(data, dict) else None
    if isinstance(text, str) and not signed["text"].endswith(text):
        return {"data.text": f"with its author in front it has more than {MOST_TEXT} characters; the end is cut off"}
    return {}


def _item_calls(action: Action, fields: Collection[str]) -> int:
    """Count the call that asks for the card that a checklist is on."""
    del fields
    return 1 if action is Action.CREATE else 2


_BOARD_ID = Reference(path="idBoard", kind=kinds.BOARD)
_ORGANIZATION_ID = Reference(path="idOrganization", kind=kinds.ORGANIZATION)

_KINDS = (
    KindWriting(
        kind=kinds.ORGANIZATION,
        created_with=frozenset({"displayName", "desc", "website"}),
        updated_with=frozenset({"displayName", "desc", "website"}),
        blank={"desc": ""},
    ),
    KindWriting(
        kind=kinds.BOARD,
        created_with=frozenset({"name", "desc", "idOrganization"}) | PREFS_AT_ONCE,
        updated_with=frozenset({"name", "desc", "idOrganization", "closed"}) | PREFS_AFTERWARDS,
        late=frozenset({"closed"}),
        blank={"desc": "", "closed": False, "prefs.hideVotes": False, "prefs.calendarFeedEnabled": False},
        references=(_ORGANIZATION_ID, *_links("desc")),
        names=lambda record: _short_link(BOARD_LINK, record),
        parent_required=False,
        written=_written_board,
        loses=_board_loses,
        is_archived=_is_closed,
        archive_field="closed",
        archive_blocks=True,
    ),
    KindWriting(kind=kinds.MEMBER, can_create=False, unseen=True, alike=("username",)),
    KindWriting(
        kind=kinds.MEMBERSHIP,
        created_with=frozenset({"memberType", "idMember"}),
        updated_with=frozenset({"memberType"}),
        references=(Reference(path="idMember", kind=kinds.MEMBER, required=True),),
        names=_person,
        alike=("idMember",),
        # Admins first: a board is never without one.
        sort=lambda record: (record.content.get("memberType") != "admin", record.external_id),
        cannot=_membership_cannot,
        loses=_membership_loses,
        is_unasked=_is_of_maker,
    ),
    KindWriting(
        kind=kinds.LABEL,
        created_with=frozenset({"name", "color"}),
        updated_with=frozenset({"name", "color"}),
        references=(_BOARD_ID,),
        alike=("name", "color"),
    ),
    KindWriting(
        kind=kinds.LIST,
        created_with=frozenset({"name", "pos"}),
        updated_with=frozenset({"name", "pos", "closed"}),
        late=frozenset({"closed"}),
        blank={"closed": False},
        references=(_BOARD_ID, _ORGANIZATION_ID),
        alike=("name",),
        sort=_by_pos,
        is_archived=_is_closed,
        archive_field="closed",
    ),
    KindWriting(
        kind=kinds.CUSTOM_FIELD,
        created_with=frozenset({"name", "type", "pos", "display.cardFront", "options"}),
        updated_with=frozenset({"name", "pos", "display.cardFront", "options"}),
        blank={"options": []},
        references=(
            Reference(path="idModel", kind=kinds.BOARD),
            Reference(path="options[].id", kind=OPTION, own=True),
            Reference(path="options[].idCustomField", kind=kinds.CUSTOM_FIELD, own=True),
        ),
        names=_options,
        alike=("name", "type"),
        grows=frozenset({"options"}),
        sort=_by_pos,
    ),
    KindWriting(
        kind=kinds.BOARD_PLUGIN,
        created_with=frozenset({"idPlugin"}),
        references=(_BOARD_ID,),
        alike=("idPlugin",),
    ),
    KindWriting(
        kind=kinds.CARD,
        created_with=frozenset(
            {
                "name",
                "desc",
                "pos",
                "due",
                "start",
                "dueComplete",
                "dueReminder",
                "idList",
                "idMembers",
                "idLabels",
                "address",
                "locationName",
                "coordinates",
                "cardRole",
            }
        ),
        updated_with=frozenset(
            {
                "name",
                "desc",
                "pos",
                "due",
                "start",
                "dueComplete",
                "dueReminder",
                "idList",
                "idMembers",
                "idLabels",
                "address",
                "locationName",
                "coordinates",
                "isTemplate",
                "closed",
                "idAttachmentCover",
                *_BLANK_COVER,
            }
        ),
        late=frozenset({"closed", "idAttachmentCover", *_BLANK_COVER}),
        blank={
            "desc": "",
            "dueComplete": False,
            "idMembers": [],
            "idLabels": [],
            "labels": [],
            "isTemplate": False,
            "closed": False,
            **_BLANK_COVER,
        },
        references=(
            Reference(path="idList", kind=kinds.LIST, required=True),
            Reference(path="idLabels[]", kind=kinds.LABEL, brings=True),
            Reference(path="idMembers[]", kind=ON_BOARD, local=True),
            Reference(path="idAttachmentCover", kind=kinds.ATTACHMENT),
            Reference(path="cover.idAttachment", kind=kinds.ATTACHMENT),
            Reference(path="idChecklists[]", kind=kinds.CHECKLIST),
            Reference(path="checkItemStates[].idCheckItem", kind=kinds.CHECK_ITEM),
            _BOARD_ID,
            _ORGANIZATION_ID,
            *_links("desc", "name"),
        ),
        names=lambda record: _short_link(CARD_LINK, record),
        view=_card,
        loses=_card_loses,
        sort=_by_pos,
        is_archived=_is_closed,
        archive_field="closed",
    ),
    KindWriting(
        kind=kinds.CUSTOM_FIELD_ITEM,
        created_with=frozenset({"value", "idValue", "idCustomField"}),
        updated_with=frozenset({"value", "idValue"}),
        references=(
            Reference(path="idCustomField", kind=kinds.CUSTOM_FIELD, required=True),
            Reference(path="idValue", kind=OPTION),
            Reference(path="idModel", kind=kinds.CARD),
        ),
    ),
    KindWriting(
        kind=kinds.CHECKLIST,
        created_with=frozenset({"name", "pos"}),
        updated_with=frozenset({"name", "pos"}),
        references=(Reference(path="idCard", kind=kinds.CARD, required=True), _BOARD_ID),
        sort=_by_pos,
    ),
    KindWriting(
        kind=kinds.CHECK_ITEM,
        created_with=frozenset({"name", "pos", "state", "due", "dueReminder", "idMember"}),
        updated_with=frozenset({"name", "pos", "state", "due", "dueReminder", "idMember"}),
        blank={"state": "incomplete"},
        references=(
            Reference(path="idChecklist", kind=kinds.CHECKLIST, required=True),
            Reference(path="idMember", kind=ON_BOARD, local=True),
            *_links("name"),
        ),
        sort=_by_pos,
        calls=_item_calls,
    ),
    KindWriting(
        kind=kinds.ATTACHMENT,
        created_with=frozenset({"name", "url", "mimeType"}),
        references=_links("url"),
        view=_attachment,
        sort=_by_pos,
    ),
    KindWriting(
        kind=kinds.STICKER,
        created_with=frozenset({"image", "top", "left", "zIndex", "rotate"}),
        updated_with=frozenset({"top", "left", "zIndex", "rotate"}),
    ),
    KindWriting(
        kind=kinds.COMMENT,
        created_with=frozenset({"data.text"}),
        updated_with=frozenset({"data.text"}),
        references=(
            Reference(path="data.card.id", kind=kinds.CARD),
            Reference(path="data.card.shortLink", kind=CARD_LINK),
            Reference(path="data.board.id", kind=kinds.BOARD),
            Reference(path="data.board.shortLink", kind=BOARD_LINK),
            *_links("data.text"),
        ),
        written=_signed,
        cannot=_comment_cannot,
        loses=_comment_loses,
    ),
)


def _may_write(scopes: Collection[str]) -> bool:
    """Read it from a token's permissions, or from OAuth's scopes."""
    return "write:Board" in scopes or "write:board:trello" in scopes


WRITING = AppWriting(
    kinds=_KINDS,
    budgets=TrelloPace.initial,
    call_seconds=0.25,
    lanes=4,
    may_write=_may_write,
    scratch=kinds.BOARD,
    scratch_with={"prefs.permissionLevel": "private"},
    scratch_without=frozenset({kinds.MEMBERSHIP}),
)
