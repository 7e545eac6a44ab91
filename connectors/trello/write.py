"""Write: one record of Trello's made or changed at a time, by the calls of its REST API."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import quote

from connectors.call import Upload
from connectors.errors import BadReply, Refused
from connectors.trello import kinds
from connectors.trello.client import TrelloClient
from connectors.writing import Change, Creation, Made
from store.record import ExternalId, Kind, ParentRef, WorkspaceId

Json = dict[str, Any]

_COVER = ("color", "idAttachment", "size", "brightness")
"""What a request may say of a cover. A color and an attachment exclude each other."""


class TrelloWriter:
    """Writes with one grant."""

    def __init__(self, client: TrelloClient) -> None:
        self._client = client
        self._me: str | None = None
        self._create: Mapping[Kind, Callable[[Creation], Awaitable[Json]]] = {
            kinds.ORGANIZATION: lambda new: self._send("POST", "/organizations", new.fields),
            kinds.BOARD: self._create_board,
            kinds.MEMBERSHIP: self._create_membership,
            kinds.LABEL: lambda new: self._send(
                "POST", "/labels", {"name": "", "color": None, **new.fields, "idBoard": _in(new)}
            ),
            kinds.LIST: lambda new: self._send("POST", "/lists", {**new.fields, "idBoard": _in(new)}),
            kinds.CUSTOM_FIELD: self._create_field,
            kinds.BOARD_PLUGIN: lambda new: self._send("POST", f"/boards/{_in(new)}/boardPlugins", new.fields),
            kinds.CARD: lambda new: self._send("POST", "/cards", _card_fields(new.fields)),
            kinds.CUSTOM_FIELD_ITEM: lambda new: self._set_value(_in(new), new.content),
            kinds.CHECKLIST: lambda new: self._send("POST", "/checklists", {**new.fields, "idCard": _in(new)}),
            kinds.CHECK_ITEM: self._create_item,
            kinds.ATTACHMENT: self._attach,
            kinds.STICKER: lambda new: self._send("POST", f"/cards/{_in(new)}/stickers", new.fields),
            kinds.COMMENT: lambda new: self._send(
                "POST", f"/cards/{_in(new)}/actions/comments", {"text": new.fields["data.text"]}
            ),
        }
        self._update: Mapping[Kind, Callable[[Change], Awaitable[Json]]] = {
            kinds.ORGANIZATION: lambda change: self._put("/organizations", change),
            kinds.BOARD: self._update_board,
            kinds.MEMBERSHIP: self._update_membership,
            kinds.LABEL: lambda change: self._put("/labels", change),
            kinds.LIST: lambda change: self._put("/lists", change),
            kinds.CUSTOM_FIELD: self._update_field,
            kinds.CARD: self._update_card,
            kinds.CUSTOM_FIELD_ITEM: lambda change: self._set_value(_in(change), change.content),
            kinds.CHECKLIST: lambda change: self._put("/checklists", change),
            kinds.CHECK_ITEM: self._update_item,
            kinds.STICKER: lambda change: self._put(f"/cards/{_in(change)}/stickers", change),
            kinds.COMMENT: lambda change: self._send(
                "PUT", f"/actions/{_id(change)}", {"text": change.fields["data.text"]}
            ),
        }

    async def create(self, creation: Creation) -> Made:
        """Make one record, with one call."""
        if creation.kind not in self._create:
            raise Refused(f"nobody can make a {creation.kind}")
        content = await self._create[creation.kind](creation)
        made_id = content.get("id")
        if not isinstance(made_id, str) or not made_id:
            raise BadReply(f"a {creation.kind} was made, and the app does not say which")
        external_id = f"{_in(creation)}/{content.get('idCustomField')}" if _is_value(creation.kind) else made_id
        is_workspace = creation.workspace_id is None
        return Made(
            workspace_id=WorkspaceId(made_id) if is_workspace else creation.workspace_id or WorkspaceId(""),
            external_id=ExternalId(external_id),
            content=content,
        )

    async def update(self, change: Change) -> Made:
        """Change one record."""
        if change.kind not in self._update:
            raise Refused(f"nobody can change a {change.kind}")
        content = await self._update[change.kind](change)
        return Made(workspace_id=change.workspace_id, external_id=change.external_id, content=content)

    async def discard(self, workspace_id: WorkspaceId) -> None:
        """Delete a board."""
        await self._client.send("DELETE", f"/boards/{quote(workspace_id, safe='')}")

    async def _create_board(self, new: Creation) -> Json:
        fields = {name.replace("prefs.", "prefs_"): value for name, value in new.fields.items()}
        # Lists and labels are the backup's, not those that a new board comes with.
        fields |= {"defaultLists": False, "defaultLabels": False}
        return _with_link(await self._send("POST", "/boards", fields))

    async def _update_board(self, change: Change) -> Json:
        fields = {name.replace("prefs.", "prefs/"): value for name, value in _opened(change).items()}
        return _with_link(await self._send("PUT", f"/boards/{_id(change)}", fields))

    async def _create_membership(self, new: Creation) -> Json:
        return await self._set_membership(new.parent, new.fields)

    async def _update_membership(self, change: Change) -> Json:
        return await self._set_membership(change.parent, {**change.content, **change.fields})

    async def _set_membership(self, parent: ParentRef | None, fields: Mapping[str, Any]) -> Json:
        """Add a person, or say as what they belong. The call is the same, so it may be repeated."""
        member_id, role = str(fields.get("idMember")), fields.get("memberType")
        assert parent is not None, "a membership is of a board or an organization"
        path = f"/{'boards' if parent.kind == kinds.BOARD else 'organizations'}/{quote(parent.external_id, safe='')}"
        if role != "admin" and member_id == await self._my_id():
            # Who makes a board is its admin; without one, nothing more could be written.
            found: Any = await self._client.get_list(f"{path}/memberships")
        else:
            answer = await self._send("PUT", f"{path}/members/{quote(member_id, safe='')}", {"type": role})
            found = answer.get("memberships")
        for membership in found if isinstance(found, list) else []:
            if isinstance(membership, dict) and membership.get("idMember") == member_id:
                return membership
        raise BadReply("a person was added, and the app does not list them")

    async def _create_field(self, new: Creation) -> Json:
        fields = _field_fields(new.fields)
        if "options" in fields:
            fields["options"] = [_option(option) for option in fields["options"]]
        return await self._send("POST", "/customFields", {**fields, "idModel": _in(new), "modelType": "board"})

    async def _update_field(self, change: Change) -> Json:
        """Change a field, and add the options that are gone. None is taken away: cards may have it by now."""
        path = f"/customFields/{_id(change)}"
        fields = {name.replace("display.", "display/"): value for name, value in change.fields.items()}
        options = fields.pop("options", None)
        if fields:
            await self._send("PUT", path, fields)
        found = await self._client.get_object(path)
        for option in options or ():
            there = [_text_of(one) for one in found.get("options", ())]
            wanted = [_text_of(one) for one in options or ()]
            if there.count(_text_of(option)) < wanted.count(_text_of(option)):
                await self._send("POST", f"{path}/options", _option(option))
                found = await self._client.get_object(path)
        return found

    async def _set_value(self, card_id: str, content: Json) -> Json:
        """Set a card's value of a field, or clear it. The call is the same, so it may be repeated."""
        option, value = content.get("idValue"), content.get("value")
        field_id = quote(str(content.get("idCustomField")), safe="")
        body: Json = {"idValue": option} if option is not None else {"value": "" if value is None else value}
        return await self._send("PUT", f"/cards/{card_id}/customField/{field_id}/item", body)

    async def _update_card(self, change: Change) -> Json:
        fields = _card_fields(_opened(change))
        if any(name.startswith("cover.") for name in fields) or "idAttachmentCover" in fields:
            cover = change.content.get("cover")
            if isinstance(cover, dict):
                said = {name: cover.get(name) for name in _COVER}
                said.pop("color" if said["idAttachment"] else "idAttachment")
                fields = {name: value for name, value in fields.items() if not name.startswith("cover.")}
                fields.pop("idAttachmentCover", None)
                fields["cover"] = said
        return await self._send("PUT", f"/cards/{_id(change)}", fields)

    async def _create_item(self, new: Creation) -> Json:
        fields = {name: value for name, value in new.fields.items() if name != "state"}
        fields["checked"] = new.fields.get("state") == "complete"
        return await self._send("POST", f"/checklists/{_in(new)}/checkItems", fields)

    async def _update_item(self, change: Change) -> Json:
        """Change an item: by way of its card, which the checklist names."""
        found = await self._client.get_object(f"/checklists/{_in(change)}", fields="idCard")
        card_id = quote(str(found.get("idCard")), safe="")
        return await self._send("PUT", f"/cards/{card_id}/checkItem/{_id(change)}", change.fields)

    async def _attach(self, new: Creation) -> Json:
        path = f"/cards/{_in(new)}/attachments"
        named = {"name": new.content.get("name") or ""}
        if new.fields.get("mimeType"):
            named["mimeType"] = new.fields["mimeType"]
        if new.content.get("isUpload") is not True:
            return await self._send("POST", path, {**named, "url": new.fields.get("url")})
        if new.file is None:
            raise Refused("its file is not in the backup")
        file = new.file
        upload = Upload(name=file.name, media_type=file.media_type, size_bytes=file.size_bytes, open=file.open)
        return await self._client.send("POST", path, {**named, "setCover": "false"}, upload=upload)

    async def _put(self, path: str, change: Change) -> Json:
        return await self._send("PUT", f"{path}/{_id(change)}", _opened(change))

    async def _send(self, method: str, path: str, fields: Mapping[str, Any]) -> Json:
        return await self._client.send(method, path, fields)

    async def _my_id(self) -> str:
        if self._me is None:
            me = await self._client.get_object("/members/me", fields="id")
            self._me = str(me.get("id"))
        return self._me


def _in(new: Creation | Change) -> str:
    """Give the id of what it lies in, for a path or a field."""
    if new.parent is None:
        raise Refused(f"a {new.kind} lies in something, and this one in nothing")
    return quote(new.parent.external_id, safe="")


def _id(change: Change) -> str:
    return quote(change.external_id, safe="")


def _is_value(kind: Kind) -> bool:
    return kind == kinds.CUSTOM_FIELD_ITEM


def _opened(change: Change) -> Json:
    return {**change.fields, "closed": False} if change.unarchive else dict(change.fields)


def _card_fields(fields: Mapping[str, Any]) -> Json:
    """Write a card's fields as its calls take them: lists with commas, a place as latitude and longitude."""
    found = dict(fields)
    for name in ("idMembers", "idLabels"):
        if isinstance(found.get(name), list):
            found[name] = ",".join(map(str, found[name]))
    place = found.get("coordinates")
    if isinstance(place, dict):
        found["coordinates"] = f"{place.get('latitude')},{place.get('longitude')}"
    return found


def _field_fields(fields: Mapping[str, Any]) -> Json:
    return {name.replace("display.", "display_"): value for name, value in fields.items()}


def _option(option: Mapping[str, Any]) -> Json:
    return {name: option[name] for name in ("value", "color", "pos") if option.get(name) is not None}


def _text_of(option: Any) -> str:
    value = option.get("value") if isinstance(option, dict) else None
    return str(value.get("text")) if isinstance(value, dict) else ""


def _with_link(board: Json) -> Json:
    """Tell a board's short link, which the answer to a write has in its address only."""
    address = board.get("shortUrl")
    return {"shortLink": address.rpartition("/")[2], **board} if isinstance(address, str) else board
