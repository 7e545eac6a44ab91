"""Split: Trello's nested JSON taken apart into records. Pure: no request, no clock."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from connectors.trello import kinds
from connectors.trello.kinds import COMMENT_TYPES, KINDS
from store.record import ExternalId, JsonObject, Kind, ParentRef, Record, WorkspaceId

OF_CARD = frozenset(
    {
        kinds.ATTACHMENT,
        kinds.CHECKLIST,
        kinds.CHECK_ITEM,
        kinds.CUSTOM_FIELD_ITEM,
        kinds.FILE,
        kinds.PLUGIN_DATA,
        kinds.STICKER,
        kinds.VOTE,
    }
)
"""The kinds that come inside a card."""
PEOPLE = WorkspaceId("")
"""Where members live: they belong to the connection, not to one board."""
_NESTED = ("attachments", "checklists", "customFieldItems", "pluginData", "stickers")
_ID_CHARS = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class Bad:
    """Something that is not what Trello's contract says. The last version of these kinds stays as it is."""

    kinds: frozenset[Kind]
    where: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """An attachment whose bytes Trello holds."""

    workspace_id: WorkspaceId
    card_id: str
    attachment_id: str
    file_name: str
    media_type: str | None
    size_bytes: int | None
    revision: str


Piece = Record | Upload | Bad


class _Unfit(Exception):  # noqa: N818 - never leaves this file
    pass


def card(board_id: WorkspaceId, value: Any) -> Iterator[Piece]:
    """Take a card apart: itself, and everything nested in it."""
    try:
        card_id = _id(value)
    except _Unfit as error:
        yield Bad(kinds=OF_CARD | {kinds.CARD}, where=f"board/{board_id}/card", message=str(error))
        return
    list_id = value.get("idList")
    parent = _parent(kinds.LIST, list_id) or _parent(kinds.BOARD, board_id)
    content = {name: part for name, part in value.items() if name not in _NESTED and not _copied(value, name)}
    yield _record(board_id, kinds.CARD, card_id, content, parent, changed_at=value.get("dateLastActivity"))
    yield from _attachments(board_id, card_id, value)
    yield from _checklists(board_id, card_id, value)
    yield from each(board_id, kinds.STICKER, value.get("stickers", []), ParentRef(kind=kinds.CARD, external_id=card_id))
    yield from plugin_data(board_id, value.get("pluginData", []), ParentRef(kind=kinds.CARD, external_id=card_id))
    yield from _field_items(board_id, card_id, value)
    yield from votes(board_id, card_id, value.get("idMembersVoted", []))


def votes(board_id: WorkspaceId, card_id: str, member_ids: Any) -> Iterator[Piece]:
    """Make a record of each vote: Trello has none, it lists who voted."""
    where = f"board/{board_id}/card/{card_id}/vote"
    for member_id in _items(member_ids or []):
        if not _is_id(member_id):
            yield Bad(kinds=frozenset({kinds.VOTE}), where=where, message="the id of a voter is not one")
            continue
        content = {"idCard": card_id, "idMember": member_id}
        parent = ParentRef(kind=kinds.CARD, external_id=ExternalId(card_id))
        yield _record(board_id, kinds.VOTE, ExternalId(f"{card_id}/{member_id}"), content, parent, changed_by=member_id)
    if not isinstance(member_ids, list | None):
        yield Bad(kinds=frozenset({kinds.VOTE}), where=where, message="the votes are not a list")


def each(workspace_id: WorkspaceId, kind: Kind, values: Any, parent: ParentRef | None) -> Iterator[Piece]:
    """Make records of a list of things that hold nothing of their own."""
    where = f"{parent.kind}/{parent.external_id}/{kind}" if parent else f"{workspace_id}/{kind}"
    if not isinstance(values, list):
        yield Bad(kinds=frozenset({kind}), where=where, message=f"{kind} records are not a list")
        return
    for value in values:
        try:
            yield _record(workspace_id, kind, _id(value), value, parent)
        except _Unfit as error:
            yield Bad(kinds=frozenset({kind}), where=where, message=str(error))


def plugin_data(workspace_id: WorkspaceId, values: Any, parent: ParentRef) -> Iterator[Piece]:
    """Make records of what Power-Ups keep."""
    yield from each(workspace_id, kinds.PLUGIN_DATA, values, parent)


def members(values: Any) -> Iterator[Piece]:
    """Make records of people: their public profile."""
    names = frozenset(kinds.PROFILE.split(","))
    for piece in each(PEOPLE, kinds.MEMBER, values, None):
        if isinstance(piece, Record):
            content = {name: part for name, part in piece.content.items() if name in names}
            yield _record(PEOPLE, kinds.MEMBER, piece.external_id, content, None)
        else:
            yield piece


def actions(workspace_id: WorkspaceId, parent: ParentRef, values: Any) -> Iterator[Piece]:
    """Make records of history: comments apart from the rest, for they can be edited and deleted."""
    both = frozenset({kinds.ACTION, kinds.COMMENT})
    for value in _items(values):
        try:
            action_id, action_type, data = _action(value)
        except _Unfit as error:
            yield Bad(kinds=both, where=f"{parent.kind}/{parent.external_id}/action", message=str(error))
            continue
        kind = kinds.COMMENT if action_type in COMMENT_TYPES else kinds.ACTION
        found = data.get("card")
        owner = (
            _parent(kinds.CARD, found.get("id")) if isinstance(found, dict) and action_type != "deleteCard" else None
        )
        changed = data.get("dateLastEdited") or value.get("date")
        by = value.get("idMemberCreator")
        yield _record(workspace_id, kind, action_id, value, owner or parent, changed_at=changed, changed_by=by)


def board(value: Mapping[str, Any]) -> Iterator[Piece]:
    """Take apart what one request gives of a board: itself, and all that is not in cards or history."""
    board_id = WorkspaceId(value["id"])
    parent = ParentRef(kind=kinds.BOARD, external_id=ExternalId(board_id))
    nested = {
        "lists": kinds.LIST,
        "labels": kinds.LABEL,
        "customFields": kinds.CUSTOM_FIELD,
        "memberships": kinds.MEMBERSHIP,
        "pluginData": kinds.PLUGIN_DATA,
    }
    content = {name: part for name, part in value.items() if name not in nested and name != "members"}
    owner = _parent(kinds.ORGANIZATION, value.get("idOrganization"))
    yield _record(board_id, kinds.BOARD, ExternalId(board_id), content, owner)
    for name, kind in nested.items():
        yield from each(board_id, kind, value.get(name), parent)


def organization(value: Mapping[str, Any]) -> Iterator[Piece]:
    """Take a workspace apart: itself and its memberships."""
    organization_id = WorkspaceId(value["id"])
    parent = ParentRef(kind=kinds.ORGANIZATION, external_id=ExternalId(organization_id))
    content = {name: part for name, part in value.items() if name != "memberships"}
    yield _record(organization_id, kinds.ORGANIZATION, ExternalId(organization_id), content, None)
    yield from each(organization_id, kinds.MEMBERSHIP, value.get("memberships"), parent)


def without(kind: Kind, value: Mapping[str, Any]) -> JsonObject:
    """Return the content less the kind's volatile fields; nested objects are copied where something leaves them."""
    content = dict(value)
    for name in KINDS[kind].volatile:
        outer, _, inner = name.partition(".")
        if not inner:
            content.pop(outer, None)
        elif isinstance(content.get(outer), dict) and inner in content[outer]:
            content[outer] = {key: part for key, part in content[outer].items() if key != inner}
    return content


def _attachments(board_id: WorkspaceId, card_id: ExternalId, value: Mapping[str, Any]) -> Iterator[Piece]:
    parent = ParentRef(kind=kinds.CARD, external_id=card_id)
    both = frozenset({kinds.ATTACHMENT, kinds.FILE})
    for piece in each(board_id, kinds.ATTACHMENT, value.get("attachments", []), parent):
        if isinstance(piece, Bad):
            yield Bad(kinds=both, where=piece.where, message=piece.message)
        elif isinstance(piece, Record):
            content = piece.content
            yield _record(
                board_id,
                kinds.ATTACHMENT,
                piece.external_id,
                content,
                parent,
                changed_at=content.get("date"),
                changed_by=content.get("idMember"),
            )
            if content.get("isUpload") is True:
                yield _upload(board_id, card_id, content)


def _upload(board_id: WorkspaceId, card_id: str, value: Mapping[str, Any]) -> Upload:
    size, media_type = value.get("bytes"), value.get("mimeType")
    name = next((part for part in (value.get("fileName"), value.get("name")) if isinstance(part, str) and part), "file")
    known = isinstance(size, int) and not isinstance(size, bool) and size >= 0
    return Upload(
        workspace_id=board_id,
        card_id=card_id,
        attachment_id=value["id"],
        file_name=name,
        media_type=media_type if isinstance(media_type, str) and media_type else None,
        size_bytes=size if known else None,
        revision=f"{value['id']}:{size}:{value.get('date')}",
    )


def _checklists(board_id: WorkspaceId, card_id: ExternalId, value: Mapping[str, Any]) -> Iterator[Piece]:
    both = frozenset({kinds.CHECKLIST, kinds.CHECK_ITEM})
    where = f"board/{board_id}/card/{card_id}/checklist"
    parent = ParentRef(kind=kinds.CARD, external_id=card_id)
    found = value.get("checklists", [])
    seen = set()
    for piece in each(board_id, kinds.CHECKLIST, found, parent):
        if not isinstance(piece, Record):
            yield Bad(kinds=both, where=where, message=piece.message if isinstance(piece, Bad) else "not a checklist")
            continue
        seen.add(piece.external_id)
        content = {name: part for name, part in piece.content.items() if name != "checkItems"}
        yield _record(board_id, kinds.CHECKLIST, piece.external_id, content, parent)
        of_list = ParentRef(kind=kinds.CHECKLIST, external_id=piece.external_id)
        yield from each(board_id, kinds.CHECK_ITEM, piece.content.get("checkItems", []), of_list)
    if set(filter(_is_id, _items(value.get("idChecklists", [])))) - seen:
        yield Bad(kinds=both, where=where, message="the card names checklists that it does not give")


def _field_items(board_id: WorkspaceId, card_id: ExternalId, value: Mapping[str, Any]) -> Iterator[Piece]:
    """Make records of custom field values, named by card and field: setting a cleared one gives it another id."""
    found = value.get("customFieldItems", [])
    kind = frozenset({kinds.CUSTOM_FIELD_ITEM})
    where = f"board/{board_id}/card/{card_id}/custom_field_item"
    parent = ParentRef(kind=kinds.CARD, external_id=card_id)
    if not isinstance(found, list):
        yield Bad(kinds=kind, where=where, message="the custom field values are not a list")
    for item in _items(found):
        field_id = item.get("idCustomField") if isinstance(item, dict) else None
        if not _is_id(field_id):
            yield Bad(kinds=kind, where=where, message="a custom field value names no field")
            continue
        yield _record(board_id, kinds.CUSTOM_FIELD_ITEM, ExternalId(f"{card_id}/{field_id}"), item, parent)


def _copied(value: Mapping[str, Any], name: str) -> bool:
    """Whether a card's field is only a copy of label records, of which `idLabels` names every one."""
    if name != "labels" or not isinstance(value["labels"], list) or not isinstance(value.get("idLabels"), list):
        return False
    named = set(filter(_is_id, value["idLabels"]))
    return all(isinstance(label, dict) and label.get("id") in named for label in value["labels"])


def _record(
    workspace_id: WorkspaceId,
    kind: Kind,
    external_id: ExternalId,
    value: Mapping[str, Any],
    parent: ParentRef | None,
    *,
    changed_at: Any = None,
    changed_by: Any = None,
) -> Record:
    return Record(
        workspace_id=workspace_id,
        kind=kind,
        external_id=external_id,
        content=without(kind, value),
        parent=parent,
        changed_at=instant(changed_at),
        changed_by=changed_by if isinstance(changed_by, str) else None,
    )


def instant(value: Any) -> datetime | None:
    """Read one of Trello's times; None where it is none."""
    try:
        found = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _parent(kind: Kind, external_id: Any) -> ParentRef | None:
    return ParentRef(kind=kind, external_id=ExternalId(external_id)) if _is_id(external_id) else None


def _items(values: Any) -> Iterable[Any]:
    return values if isinstance(values, list) else []


def _is_id(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value) <= _ID_CHARS and "\0" not in value


def _action(value: Any) -> tuple[ExternalId, str, Mapping[str, Any]]:
    action_id, action_type, data = _id(value), value.get("type"), value.get("data")
    if not isinstance(action_type, str) or not isinstance(data, dict):
        raise _Unfit(f"action {action_id} has no type or no data")
    return action_id, action_type, data


def _id(value: Any) -> ExternalId:
    if not isinstance(value, dict):
        raise _Unfit("something is not an object")
    if not _is_id(value.get("id")):
        raise _Unfit("something has no id")
    return ExternalId(value["id"])
