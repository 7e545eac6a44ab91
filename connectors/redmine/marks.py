"""Marks: of every thing in a listing a few bytes that differ when it does, so that only what changed is read. Pure.

Kept packed, because a connection's state is written with every snapshot: about 7 bytes of text a thing.
"""

import base64
import binascii
import hashlib
from collections.abc import Mapping
from typing import Any

from store.canonical import encode

_MARK_BYTES = 4
"""One change in four thousand million is missed, until the project has its turn to be read whole."""

Marks = Mapping[int, bytes]
"""Id → mark."""


def mark(value: Any) -> bytes:
    """Mark one thing as a listing gives it, less what changes without a change."""
    return hashlib.sha256(encode(value)).digest()[:_MARK_BYTES]


def digest(value: Any) -> str:
    """Mark a whole answer."""
    return hashlib.sha256(encode(value)).hexdigest()[:16]


def pack(marks: Marks) -> str:
    """Write marks as text: the steps from id to id, each with its mark."""
    packed = bytearray()
    before = 0
    for number in sorted(marks):
        step, before = number - before, number
        while step >= 0x80:  # noqa: PLR2004 - LEB128: seven bits a byte, the eighth says that more follow
            packed.append(step & 0x7F | 0x80)
            step >>= 7
        packed.append(step)
        packed += marks[number]
    return base64.b64encode(packed).decode()


def unpack(text: Any) -> dict[int, bytes]:
    """Read them back. What is not understood has no marks: all of it is read again."""
    try:
        packed = base64.b64decode(text, validate=True)
    except (binascii.Error, TypeError, ValueError):
        return {}
    marks: dict[int, bytes] = {}
    number = step = shift = position = 0
    while position < len(packed):
        byte = packed[position]
        position += 1
        step |= (byte & 0x7F) << shift
        shift += 7
        if byte & 0x80:
            continue
        number += step
        found = packed[position : position + _MARK_BYTES]
        if len(found) < _MARK_BYTES:
            return {}
        marks[number] = found
        position += _MARK_BYTES
        step = shift = 0
    return {} if shift else marks
