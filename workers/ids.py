"""Ids: how clients name a row: a short type prefix and base64url of its UUID; opaque to them."""

import base64
from enum import StrEnum
from uuid import UUID


class Prefix(StrEnum):
    """What an id is of."""

    ACCOUNT = "acc"
    CONNECTION = "con"
    DELIVERY = "del"
    DESTINATION = "des"
    DRIVE = "dri"
    EVENT = "eve"
    GRANT = "gra"
    HOLD = "hol"
    MEMBER = "mem"
    OPERATION = "ope"
    RECORD = "rec"
    SNAPSHOT = "sna"
    TOKEN = "tok"  # noqa: S105 - a prefix
    VERSION = "ver"
    WORKSPACE = "wor"


def encode(prefix: Prefix, value: UUID) -> str:
    """Name a row with a UUID."""
    return join(prefix, value.bytes)


def join(prefix: Prefix, body: bytes) -> str:
    """Write an id."""
    return f"{prefix.value}_{base64.urlsafe_b64encode(body).rstrip(b'=').decode()}"
