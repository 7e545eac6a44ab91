"""Card fields: what a write says about a card, read from its parameters and checked."""

from collections.abc import Callable, Mapping
from typing import Any

from connectors.trello.sandbox.errors import invalid_value
from connectors.trello.sandbox.stamps import parse_stamp, stamp
from connectors.trello.sandbox.world import World

Json = dict[str, Any]

MAX_TEXT = 16384
_COVER = frozenset(
    {"color", "idAttachment", "brightness", "size", "url", "idUploadedBackground", "yPosition", "idPlugin"}
)


def read_fields(params: Mapping[str, Any]) -> Json:
    """Read the fields of a card from the parameters of a write; those not named are left alone."""
    return {name: read(name, params[name]) for name, read in _READ.items() if name in params}


def read_cover(world: World, card: Json, params: Mapping[str, Any]) -> Json:
    """Read what a write says about a card's cover, given as an attachment's id or as an object."""
    cover = dict(card.get("cover") or {})
    attached = card.get("idAttachmentCover")
    if "idAttachmentCover" in params:
        attached = params["idAttachmentCover"] or None
        cover["idAttachment"] = attached
    if "cover" in params:
        wanted = params["cover"] or {"color": None, "idAttachment": None}
        if not isinstance(wanted, dict) or not set(wanted) <= _COVER:
            raise invalid_value("cover")
        cover.update(wanted)
        attached = cover.get("idAttachment")
    if attached and all(found["id"] != attached for found in world.attachments.get(card["id"], ())):
        raise invalid_value("idAttachmentCover")
    return {"cover": cover, "idAttachmentCover": attached, "manualCoverAttachment": attached is not None}


def _text(name: str, value: object) -> str | None:
    if value is not None and len(str(value)) > MAX_TEXT:
        raise invalid_value(name)
    return None if value is None else str(value)


def _switch(_name: str, value: object) -> bool:
    return str(value).lower() in {"true", "1"}


def _moment(name: str, value: object) -> str | None:
    if value in {None, "", "null"}:
        return None
    try:
        return stamp(parse_stamp(str(value)))
    except ValueError:
        raise invalid_value(name) from None


def _minutes(name: str, value: object) -> int | None:
    if value in {None, "", "null"}:
        return None
    try:
        return int(str(value))
    except ValueError:
        raise invalid_value(name) from None


def _ids(_name: str, value: object) -> list[str]:
    return value if isinstance(value, list) else [x for x in str(value or "").split(",") if x]


def _place(name: str, value: object) -> Json | None:
    if value in ("", None):
        return None
    if isinstance(value, dict):
        return value
    try:
        latitude, longitude = (float(x) for x in str(value).split(","))
    except ValueError:
        raise invalid_value(name) from None
    return {"latitude": latitude, "longitude": longitude}


_READ: dict[str, Callable[[str, object], Any]] = {
    **dict.fromkeys(("name", "desc", "address", "locationName", "cardRole"), _text),
    **dict.fromkeys(("closed", "dueComplete", "subscribed", "isTemplate"), _switch),
    **dict.fromkeys(("due", "start"), _moment),
    **dict.fromkeys(("idMembers", "idLabels"), _ids),
    "dueReminder": _minutes,
    "coordinates": _place,
    "pos": lambda _name, value: value,
}

CHANGEABLE = frozenset(_READ) | {"idList", "idBoard", "idAttachmentCover", "cover"}
