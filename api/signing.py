"""Signing: what the API hands out and must know again as its own: cursors and download addresses."""

import base64
import binascii
import hmac
from dataclasses import dataclass, field
from typing import Self

from store.keys import AccountKeys

TAG_SIZE = 16  # 128 bits: a forger has one try a request


class Forged(ValueError):  # noqa: N818 - says what it is
    """Not signed by us, or for another purpose."""


@dataclass(frozen=True, slots=True)
class Signer:
    """Signs with one key, apart for each purpose. The signed bytes can be read by whoever holds them."""

    key: bytes = field(repr=False)

    @classmethod
    def of(cls, keys: AccountKeys) -> Self:
        """Sign for one account. Its key ends with the account's others, and what it signed with it."""
        return cls(hmac.digest(keys.credential_key, b"holdfast api signing v1", "sha256"))

    def sign(self, purpose: bytes, body: bytes) -> str:
        """Return the body with its tag, in base64url."""
        return base64.urlsafe_b64encode(self._tag(purpose, body) + body).rstrip(b"=").decode()

    def open(self, purpose: bytes, text: str) -> bytes:
        """Return the body; Forged unless it was signed here for this same purpose."""
        try:
            signed = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            raise Forged from None
        tag, body = signed[:TAG_SIZE], signed[TAG_SIZE:]
        if not hmac.compare_digest(tag, self._tag(purpose, body)):
            raise Forged
        return body

    def _tag(self, purpose: bytes, body: bytes) -> bytes:
        # The length keeps purpose and body apart: no other pair gives the same bytes.
        message = len(purpose).to_bytes(4, "big") + purpose + body
        return hmac.digest(self.key, message, "sha256")[:TAG_SIZE]
