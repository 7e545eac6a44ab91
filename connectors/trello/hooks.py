"""Hooks: Trello's webhooks: one a board or workspace, signed with the secret of the API key that asked for it.

Their form and their signature: https://developer.atlassian.com/cloud/trello/guides/rest-api/webhooks/. What no webhook
tells of (stickers, Power-Up data) is found when its board is next read in full.
"""

import base64
import hashlib
import hmac
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Any
from urllib.parse import quote

from connectors.base import Grant
from connectors.errors import BadReply, Gone
from connectors.hooks import Delivery, Forged, Registered, Told
from connectors.trello.client import TrelloClient
from connectors.trello.spec import KEY_TOKEN, SECRET
from store.canonical import decode
from store.errors import Invalid
from store.record import WorkspaceId

SIGNATURE = "x-trello-webhook"
_WORKSPACES = ("board", "boardSource", "boardTarget", "organization")
_DESCRIPTION = "Holdfast looks here first at its next backup"
_ID_CHARS = 64


class TrelloHooks:
    """Trello's side of `connectors.hooks.Hooks`."""

    def __init__(self, client: Callable[[Grant], TrelloClient]) -> None:
        self._client = client

    def serves(self, grant: Grant) -> bool:
        """Whether the secret of the grant's API key was given: nothing else can check a signature.

        What a webhook of an OAuth 2.0 app would be signed with is not documented.
        """
        return grant.method == KEY_TOKEN and bool(grant.credentials.get(SECRET))

    async def registered(
        self,
        grant: Grant,
        workspace_ids: Collection[WorkspaceId],  # noqa: ARG002 - one request gives all
    ) -> Sequence[Registered]:
        """List all that the token has, in one request."""
        found = await self._client(grant).webhooks()
        return [made for value in found if (made := _registered(value)) is not None]

    async def register(self, grant: Grant, workspace_id: WorkspaceId, url: str) -> Sequence[str]:
        """Register, which makes Trello send a HEAD request to the address first."""
        params = {"idModel": workspace_id, "callbackURL": url, "description": _DESCRIPTION}
        made = await self._client(grant).send("POST", "/webhooks/", params)
        external_id = made.get("id")
        if not isinstance(external_id, str) or not external_id:
            raise BadReply("POST /1/webhooks/ answered without an id")
        return [external_id]

    async def remove(self, grant: Grant, external_id: str) -> None:
        """Delete a registration."""
        try:
            await self._client(grant).send("DELETE", f"/webhooks/{quote(external_id, safe='')}")
        except Gone:
            return

    def hear(self, delivery: Delivery, grant: Grant) -> Told:
        """Check the HMAC-SHA1 of body and address, and say which boards and workspace the action names."""
        given = delivery.headers.get(SIGNATURE, "").encode("ascii", "replace")
        if not hmac.compare_digest(given, signature(grant.credentials.get(SECRET, ""), delivery)):
            raise Forged("a webhook is not signed by Trello for this address")
        try:
            action = decode(delivery.body)["action"]
            delivery_id, data = action["id"], action["data"]
        except (Invalid, KeyError, TypeError):
            raise BadReply("a webhook of Trello's is signed and holds no action") from None
        if not isinstance(delivery_id, str) or not 0 < len(delivery_id) <= _ID_CHARS or "\0" in delivery_id:
            raise BadReply("a webhook of Trello's holds an action without an id")
        return Told(delivery_id=delivery_id, workspace_ids=frozenset(_named(data)))


def signature(secret: str, delivery: Delivery) -> bytes:
    """Return what the header must hold: Base64 of the HMAC-SHA1 over the raw body and the address."""
    made = hmac.new(secret.encode(), delivery.body + delivery.url.encode(), hashlib.sha1)
    return base64.b64encode(made.digest())


def _registered(value: Any) -> Registered | None:
    if not isinstance(value, dict) or not isinstance(value.get("id"), str):
        return None
    url, failures = value.get("callbackURL"), value.get("consecutiveFailures")
    return Registered(
        external_id=value["id"],
        url=url if isinstance(url, str) else "",
        is_alive=value.get("active") is True,
        has_failed=isinstance(failures, int) and failures > 0,
    )


def _named(data: Any) -> Iterator[WorkspaceId]:
    for part in _WORKSPACES:
        found = data.get(part) if isinstance(data, dict) else None
        named = found.get("id") if isinstance(found, dict) else None
        if isinstance(named, str) and named and "\0" not in named:
            yield WorkspaceId(named)
