"""Values: what a column holds of an item, as a request writes it. Pure.

The forms that requests take: https://developer.monday.com/api-reference/reference/column-types-reference.
"""

from collections.abc import Callable, Mapping
from typing import Any

from store.record import JsonObject

RELATIONS = frozenset({"board_relation", "dependency"})
"""Types whose values name other items. The app drops them without a word where they come with a new item."""
_FILE_FIELDS = {
    "FileAssetValue": lambda file: {"asset": file.get("asset_id")},
    "FileDocValue": lambda file: {"doc": file.get("object_id"), "name": file.get("name") or ""},
}


def field_of(column_type: str) -> str:
    """Name the field of an item's view that holds what its columns of one type hold."""
    return f"{column_type}_values"


def written(value: JsonObject) -> Any:
    """Return what a request is to say so that a column holds this; None where there is nothing to say."""
    write = WRITABLE.get(str(value.get("type")))
    return None if write is None else write(value)


def details(value: JsonObject) -> JsonObject | None:
    """Return what of a value that can be written no request says: the app makes it up, or leaves it out."""
    raw = _raw(value)
    match value.get("type"):
        case "location":
            found = {name: raw[name] for name in _LOOKED_UP if raw.get(name) not in (None, "", {})}
        case "status":
            found = {"update": value["update_id"]} if value.get("update_id") is not None else {}
        case "dependency":
            links = value.get("dependency_links")
            ties = [link for link in links if _is_tied(link)] if isinstance(links, list) else []
            found = {"links": ties} if ties else {}
        case _:
            found = {}
    return found or None


def changed_at(value: JsonObject) -> str | None:
    """Say when a value was set."""
    found = _raw(value).get("changed_at")
    return found if isinstance(found, str) else None


def files(value: JsonObject) -> list[JsonObject]:
    """List what a cell of files holds, as far as it is there: uploads, documents and links."""
    given = value.get("files")
    return [
        _FILE_FIELDS.get(str(file.get("__typename")), _link)(file)
        for file in (given if isinstance(given, list) else ())
        if isinstance(file, dict) and file.get("__typename") != "FileAssetInvalidValue"
    ]


def is_uploads_only(entries: list[JsonObject]) -> bool:
    """Whether a cell holds nothing that has to be put there by itself: uploads come with their bytes."""
    return all("asset" in entry for entry in entries)


def as_input(column_type: str, value: Any) -> Any:
    """Return a value as a request takes it. A name that leads nowhere any more is left out."""
    if column_type != "people" or not isinstance(value, list):
        return value
    kinds = (("person", "person"), ("team", "team"))
    found = [{"id": each[name], "kind": kind} for each in value for name, kind in kinds if each.get(name) is not None]
    return {"personsAndTeams": found}


def _raw(value: JsonObject) -> Mapping[str, Any]:
    found = value.get("value")
    return found if isinstance(found, dict) else {}


def _picked(*names: str) -> Callable[[JsonObject], Any]:
    """Write an object with some of its names."""

    def write(value: JsonObject) -> Any:
        raw = _raw(value)
        found = {name: raw[name] for name in names if raw.get(name) not in (None, "")}
        return found or None

    return write


def _text(value: JsonObject) -> Any:
    return value.get("text") or None


def _number(value: JsonObject) -> Any:
    found = value.get("value")
    return str(found) if isinstance(found, str | int | float) and str(found) else _text(value)


def _long_text(value: JsonObject) -> Any:
    found = _raw(value).get("text") or value.get("text")
    return {"text": found} if found else None


def _status(value: JsonObject) -> Any:
    index = value.get("index")
    index = _raw(value).get("index") if index is None else index
    return {"index": index} if index is not None else None


def _dropdown(value: JsonObject) -> Any:
    chosen = value.get("values")
    labels = [each.get("label") for each in chosen if isinstance(each, dict)] if isinstance(chosen, list) else []
    return {"labels": labels} if labels else None


def _people(value: JsonObject) -> Any:
    given = _raw(value).get("personsAndTeams") or value.get("persons_and_teams")
    found = [
        {("team" if each.get("kind") == "team" else "person"): int(each["id"])}
        for each in (given if isinstance(given, list) else ())
        if isinstance(each, dict) and str(each.get("id")).isdigit()
    ]
    return found or None


def _tags(value: JsonObject) -> Any:
    found = value.get("tag_ids")
    return {"tag_ids": found} if isinstance(found, list) and found else None


def _linked(value: JsonObject) -> Any:
    given = value.get("linked_item_ids")
    found = [int(each) for each in (given if isinstance(given, list) else ()) if str(each).isdigit()]
    return {"item_ids": found} if found else None


def _checked(value: JsonObject) -> Any:
    return {"checked": "true"} if str(_raw(value).get("checked")).lower() == "true" else None


def _link(file: JsonObject) -> JsonObject:
    return {"link": file.get("url"), "kind": file.get("kind") or "link", "name": file.get("name") or ""}


def _is_tied(link: Any) -> bool:
    return isinstance(link, dict) and bool(link.get("dependency_type") or link.get("lag"))


_LOOKED_UP = ("placeId", "city", "country", "street", "streetNumber")

WRITABLE: Mapping[str, Callable[[JsonObject], Any]] = {
    "board_relation": _linked,
    "checkbox": _checked,
    "color_picker": _picked("color"),
    "country": _picked("countryCode", "countryName"),
    "date": _picked("date", "time", "icon"),
    "dependency": _linked,
    "dropdown": _dropdown,
    "email": _picked("email", "text"),
    "hour": _picked("hour", "minute"),
    "link": _picked("url", "text"),
    "location": _picked("lat", "lng", "address"),
    "long_text": _long_text,
    "numbers": _number,
    "people": _people,
    "person": _picked("personId"),
    "phone": _picked("phone", "countryShortName"),
    "rating": _picked("rating"),
    "status": _status,
    "tags": _tags,
    "team": _picked("team_id"),
    "text": _text,
    "timeline": _picked("from", "to", "visualization_type"),
    "week": _picked("week"),
    "world_clock": _picked("timezone"),
}
"""Column type → what a request says. Files have requests of their own."""
