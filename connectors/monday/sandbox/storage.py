"""Storage: where uploads' bytes are, behind addresses that work for an hour, without credentials."""

import hashlib
import hmac
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from connectors.monday.sandbox.objects import Asset
from connectors.monday.sandbox.world import World
from connectors.stand_in.content import made_up

EXPIRES_SECONDS = 3600
_BLOCK = 64 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """What a good address gives."""

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
        text = f"<Error><Code>{self.code}</Code><Message>{self.message}</Message></Error>"
        return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}'.encode()


class Storage:
    """Signs addresses, and gives the bytes behind them."""

    def __init__(self, world: World, secret: bytes) -> None:
        self._world = world
        self._secret = secret
        self.url = ""

    def sign(self, asset: Asset) -> str:
        """Give an address of an upload's bytes."""
        date = str(int(self._world.clock.now().timestamp()))
        query = {"X-Amz-Algorithm": "AWS4-HMAC-SHA256", "X-Amz-Date": date, "X-Amz-Expires": str(EXPIRES_SECONDS)}
        path = f"/{self._world.account_id}/resources/{asset.id}/{quote(asset.name)}"
        return f"{self.url}{path}?{urlencode({**query, 'X-Amz-Signature': self._signature(asset.id, date)})}"

    def open(self, asset_id: str, query: Mapping[str, str], authorization: str | None) -> Stored | Refusal:
        """Give the bytes, or say why not. An Authorization header beside a signature is refused, as S3 does."""
        if authorization is not None:
            return Refusal(status=400, code="InvalidArgument", message="Only one auth mechanism allowed.")
        date = query.get("X-Amz-Date", "")
        found = self._world.assets.get(int(asset_id)) if asset_id.isdigit() else None
        signature = self._signature(int(asset_id), date) if asset_id.isdigit() else ""
        if not hmac.compare_digest(signature, query.get("X-Amz-Signature", "")):
            return Refusal(status=403, code="SignatureDoesNotMatch", message="The signature does not match.")
        if self._world.clock.now().timestamp() >= int(date) + EXPIRES_SECONDS:
            return Refusal(status=403, code="AccessDenied", message="Request has expired")
        if found is None:
            return Refusal(status=404, code="NoSuchKey", message="The specified key does not exist.")
        media_type = found.media_type or "binary/octet-stream"
        return Stored(content=pieces(found), size_bytes=found.file_size, media_type=media_type)

    def _signature(self, asset_id: int, date: str) -> str:
        return hmac.new(self._secret, f"{asset_id} {date}".encode(), hashlib.sha256).hexdigest()


def pieces(asset: Asset) -> Iterator[bytes]:
    """Give an upload's bytes, made up where none were given."""
    if asset.content is None:
        yield from made_up(str(asset.id), asset.file_size)
        return
    for at in range(0, len(asset.content), _BLOCK):
        yield asset.content[at : at + _BLOCK]
