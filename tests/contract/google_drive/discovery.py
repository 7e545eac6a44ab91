"""The discovery documents, as Google's own client ships them, and what they say of a request and of an answer."""

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import googleapiclient.discovery_cache

Json = dict[str, Any]

_FOLDER = Path(googleapiclient.discovery_cache.__file__).parent / "documents"
_KINDS = {"object": dict, "array": list, "string": str, "boolean": bool, "integer": int, "number": (int, float)}


@cache
def document(api: str) -> Json:
    """`drive` or `sheets`."""
    name = {"drive": "drive.v3.json", "sheets": "sheets.v4.json"}[api]
    return json.loads((_FOLDER / name).read_text())


def turned(api: str, url: str) -> Json:
    """The document with its hosts turned to a stand-in."""
    found = json.loads(json.dumps(document(api)))
    found["rootUrl"] = f"{url}/"
    found["baseUrl"] = f"{url}/{found['servicePath']}"
    found.pop("mtlsRootUrl", None)
    return found


def method(method_id: str) -> Json:
    """One method, by its id: `drive.files.get`."""
    api, *path, name = method_id.split(".")
    found = document(api)
    for part in path:
        found = found["resources"][part]
    return found["methods"][name]


def problems(api: str, schema: str, value: Any, where: str = "") -> list[str]:
    """What is wrong with an answer by the document: fields it does not have, values of other types."""
    return list(_problems(document(api)["schemas"], {"$ref": schema}, value, where or schema))


def _problems(schemas: Json, schema: Json, value: Any, where: str) -> Iterator[str]:
    while "$ref" in schema:
        schema = schemas[schema["$ref"]]
    wanted, kinds = schema.get("type"), _KINDS.get(schema.get("type"), object)
    if not isinstance(value, kinds) or (isinstance(value, bool) and wanted in {"integer", "number"}):
        yield f"{where}: {value!r} is no {wanted}"
    elif wanted == "object":
        for name, held in value.items():
            inner = schema.get("properties", {}).get(name, schema.get("additionalProperties"))
            if inner is None:
                yield f"{where}.{name}: there is no such field"
            else:
                yield from _problems(schemas, inner, held, f"{where}.{name}")
    elif wanted == "array":
        for at, held in enumerate(value):
            yield from _problems(schemas, schema["items"], held, f"{where}[{at}]")
    elif schema.get("format") in {"int64", "uint64"} and not value.lstrip("-").isdigit():
        yield f"{where}: {value!r} is no number in a string"
    elif value not in schema.get("enum", [value]):
        yield f"{where}: {value!r} is none of {schema['enum']}"
