"""The response models of the contract, put right where the real API is known to answer otherwise.

Each exception is named, and says what shows that the contract is wrong and not the stand-in.
"""

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema

Json = dict[str, Any]


def _also(kind: Any) -> Callable[[Json], Json]:
    """The property may be of this type too."""
    return lambda found: {"anyOf": [found, kind]}


def _any(_found: Json) -> Json:
    return {}


NULL = {"type": "null"}
NUMBER = {"type": "number"}
OBJECT = {"type": "object"}

EXCEPTIONS: dict[tuple[str, str], tuple[Callable[[Json], Json], str]] = {
    ("Attachment", "bytes"): (_also(NUMBER), "a number in every recorded attachment"),
    ("Attachment", "mimeType"): (_also(NULL), "null in attachments of links, and of uploads before 2021"),
    ("Attachment", "previews"): (_any, "objects (`{id, scaled, url, bytes, height, width}`) in exports, not strings"),
    ("Card", "coordinates"): (_also(OBJECT), "`{latitude, longitude}` in the webhook samples"),
    ("Card", "descData"): (_also(NULL), "null in exports where the description has no emoji"),
    ("Card", "checkItemStates"): (_also(NULL), "null in cards listed by list and board, recorded 2020"),
    ("Label", "color"): (_also(NULL), "null for a label without a colour"),
    ("CheckItem", "nameData"): (_also(NULL), "null in recorded items"),
    ("CheckItem", "due"): (_also(NULL), "null in exports"),
    ("Board", "idOrganization"): (_also(NULL), "null in recorded boards and exports that lie in no workspace"),
    ("CustomFieldOption", "_id"): (_any, "only `GET /customFields/{id}/options` says `_id`; elsewhere it is `id`"),
}
OPTIONAL = {("CustomFieldOption", "_id")}
PICTURES = frozenset({"avatarHash", "avatarUrl"})
"""Null for a person without a picture, in every recorded reply: an exception to each model that holds a person."""


@cache
def definitions(folder: Path) -> Json:
    found: Json = json.loads((folder / "contracts" / "trello-models.jsonschema.json").read_text())["$defs"]
    for (model, name), (mend, _reason) in EXCEPTIONS.items():
        _mend(found[model], name, mend)
        if (model, name) in OPTIONAL:
            found[model]["required"].remove(name)
    _without_pictures(found)
    for name, model in (("attachments", "Attachment"), ("checklists", "Checklist")):
        found["Card"]["properties"][name] = {"type": "array", "items": {"$ref": f"#/$defs/{model}"}}
    found["Checklist"]["properties"]["checkItems"]["items"] = {"$ref": "#/$defs/CheckItem"}
    return found


def problems(folder: Path, model: str, found: Any) -> list[str]:
    """What is wrong with an object, or with each of a list of them, by the model."""
    schema = {"$defs": definitions(folder), "$ref": f"#/$defs/{model}"}
    validator = jsonschema.Draft202012Validator(schema)
    return [
        f"{model} {each.get('id')}: {'.'.join(map(str, error.absolute_path))}: {error.message[:200]}"
        for each in (found if isinstance(found, list) else [found])
        for error in validator.iter_errors(each)
    ]


def known_fields(folder: Path, model: str) -> set[str]:
    """Every field that a model may have."""
    return set(definitions(folder)[model]["properties"])


def _mend(model: Json, name: str, mend: Callable[[Json], Json]) -> None:
    model["properties"][name] = mend(model["properties"][name])


def _without_pictures(schema: Any) -> None:
    if isinstance(schema, list):
        for each in schema:
            _without_pictures(each)
    elif isinstance(schema, dict):
        for name, found in schema.get("properties", {}).items():
            if name in PICTURES:
                schema["properties"][name] = _also(NULL)(found)
        for each in schema.values():
            _without_pictures(each)
