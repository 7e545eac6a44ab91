"""Storage: where uploads' bytes are, behind signed addresses on another origin, as S3 is for Trello."""

import hashlib
import hmac
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from connectors.stand_in.clock import Clock
from connectors.stand_in.content import made_up
from connectors.trello.sandbox.world import World

Json = dict[str, Any]

EXPIRES_SECONDS = 300
_BLOCK = 64 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """What a good signed address gives."""

    content: Iterator[bytes]
    size_bytes: int
    media_type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why an address gives nothing, in S3's codes."""

    status: int
    code: str
    message: str

    def xml(self) -> bytes:
        """Write it as S3 does."""
        return (
            f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{self.code}</Code>'
            f"<Message>{self.message}</Message></Error>"
        ).encode()


class Storage:
    """Signs addresses, and gives the bytes behind them."""

    def __init__(self, world: World, clock: Clock, secret: bytes) -> None:
        self._world = world
        self._clock = clock
        self._secret = secret
        self.url = ""

    def sign(self, card_id: str, attachment: Json) -> str:
        """Give an address of an upload's bytes that works for a few minutes, without any credentials."""
        name = attachment.get("fileName") or attachment["url"].rpartition("/")[2] or "file"
        path = f"/trello-attachments/{card_id}/{attachment['id']}/{quote(name)}"
        date = str(int(self._clock.now().timestamp()))
        query = {"X-Amz-Algorithm": "AWS4-HMAC-SHA256", "X-Amz-Date": date, "X-Amz-Expires": str(EXPIRES_SECONDS)}
        return f"{self.url}{path}?{urlencode({**query, 'X-Amz-Signature': self._signature(attachment['id'], date)})}"

    def open(
        self, card_id: str, attachment_id: str, query: Mapping[str, str], authorization: str | None
    ) -> Stored | Refusal:
        """Give the bytes, or say why not. An Authorization header beside a signature is refused, as S3 does."""
        if authorization is not None:
            message = (
                "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query string "
                "parameter or the Authorization header should be specified"
            )
            return Refusal(status=400, code="InvalidArgument", message=message)
        date = query.get("X-Amz-Date", "")
        if not hmac.compare_digest(self._signature(attachment_id, date), query.get("X-Amz-Signature", "")):
            return Refusal(status=403, code="SignatureDoesNotMatch", message="The signature does not match.")
        if self._clock.now().timestamp() >= int(date) + EXPIRES_SECONDS:
            return Refusal(status=403, code="AccessDenied", message="Request has expired")
        for found in self._world.attachments.get(card_id, ()):
            if found["id"] == attachment_id:
                return self._stored(found)
        return Refusal(status=404, code="NoSuchKey", message="The specified key does not exist.")

    def content(self, attachment: Json) -> bytes:
        """Give an upload's bytes whole: for tests, and for the control surface."""
        return b"".join(self._stored(attachment).content)

    def _stored(self, attachment: Json) -> Stored:
        media_type = attachment.get("mimeType") or "binary/octet-stream"
        held = self._world.blobs.get(attachment["id"])
        if held is not None:
            content = (held[at : at + _BLOCK] for at in range(0, len(held), _BLOCK))
            return Stored(content=content, size_bytes=len(held), media_type=media_type)
        size_bytes = int(attachment.get("bytes") or 0)
        return Stored(content=made_up(attachment["id"], size_bytes), size_bytes=size_bytes, media_type=media_type)

    def _signature(self, attachment_id: str, date: str) -> str:
        return hmac.new(self._secret, f"{attachment_id} {date}".encode(), hashlib.sha256).hexdigest()
