"""Fields: partial answers, `fields=nextPageToken,files(id,name)`, `files/id` and, as Sheets writes it, `files.id`."""

import re
from typing import Any

from connectors.google_drive.sandbox.errors import ApiError

Mask = dict[str, Any]
"""Field → the mask of what is in it; empty: all of it."""

_TOKEN = re.compile(r"\s*([A-Za-z0-9_*]+|[(),/.])")


def parse(text: str) -> Mask:
    """Read a mask; ApiError where it is none."""
    tokens: list[str] = []
    at = 0
    while at < len(text.rstrip()):
        match = _TOKEN.match(text, at)
        if match is None:
            raise _invalid(text)
        tokens.append(match[1])
        at = match.end()
    mask, end = _list(tokens, 0, text)
    if end != len(tokens):
        raise _invalid(text)
    return mask


def keep(mask: Mask, value: Any) -> Any:
    """Give of a value what a mask names."""
    if not mask or "*" in mask:
        return value
    if isinstance(value, list):
        return [keep(mask, each) for each in value]
    if not isinstance(value, dict):
        return value
    return {name: keep(mask[name], held) for name, held in value.items() if name in mask}


def _list(tokens: list[str], at: int, text: str) -> tuple[Mask, int]:
    mask: Mask = {}
    while True:
        if at >= len(tokens) or tokens[at] in "(),/.":
            raise _invalid(text)
        within = mask.setdefault(tokens[at], {})
        at += 1
        while at + 1 < len(tokens) and tokens[at] in "/.":
            within = within.setdefault(tokens[at + 1], {})
            at += 2
        if at < len(tokens) and tokens[at] == "(":
            inner, at = _list(tokens, at + 1, text)
            within.update(inner)
            if at >= len(tokens) or tokens[at] != ")":
                raise _invalid(text)
            at += 1
        if at >= len(tokens) or tokens[at] != ",":
            return mask, at
        at += 1


def _invalid(text: str) -> ApiError:
    return ApiError(400, "invalidParameter", f"Invalid field selection {text}", where="fields")
