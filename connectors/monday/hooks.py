"""Hooks: monday.com's webhooks: one a board and event, signed with the secret of the app that asked for it.

Their form and their signature: https://developer.monday.com/api-reference/reference/webhooks. All else leaves its mark
on a board's log or its newest update, which each cycle looks at; an update that was edited or deleted leaves none. So
updates are what is listened to. A call is signed by itself and not what it says: it is believed only so far that its
boards are read.
"""

import base64
import hashlib
import hmac
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from connectors.base import Grant
from connectors.errors import BadReply, ConnectorError, Gone, Refused
from connectors.hooks import Challenge, Delivery, Forged, Registered, Told
from connectors.monday.client import MondayClient
from connectors.monday.queries import COMPLEXITY, Document
from connectors.monday.spec import OAUTH2
from connectors.monday.split import is_space
from store.canonical import decode, encode
from store.errors import Invalid
from store.record import WorkspaceId

EVENTS = ("create_update", "edit_update", "delete_update", "create_subitem_update")
_BOARDS_AT_ONCE = 25
_CHALLENGE_CHARS = 1_000
_ID_CHARS = 128
_PARTS = 3

CREATE_WEBHOOK = Document(
    "CreateWebhook",
    f"mutation CreateWebhook($board: ID!, $url: String!, $event: WebhookEventType!) {{ {COMPLEXITY} "
    "create_webhook(board_id: $board, url: $url, event: $event) { id } }",
)
DELETE_WEBHOOK = Document(
    "DeleteWebhook", f"mutation DeleteWebhook($id: ID!) {{ {COMPLEXITY} delete_webhook(id: $id) {{ id }} }}"
)


def list_webhooks(count: int) -> Document:
    """Ask which of so many boards our app listens to. The app does not tell where it calls."""
    names = [f"b{at}" for at in range(count)]
    arguments = ", ".join(f"${name}: ID!" for name in names)
    fields = " ".join(f"{name}: webhooks(board_id: ${name}, app_webhooks_only: true) {{ id }}" for name in names)
    return Document("Webhooks", f"query Webhooks({arguments}) {{ {COMPLEXITY} {fields} }}")


class MondayHooks:
    """monday.com's side of `connectors.hooks.Hooks`."""

    def __init__(self, client: Callable[[Grant], MondayClient], signing_secret: str) -> None:
        self._client = client
        self._secret = signing_secret

    def serves(self, grant: Grant) -> bool:
        """Whether the app's signing secret was given: what a personal token asks for is not signed."""
        return grant.method == OAUTH2 and bool(self._secret)

    async def registered(self, grant: Grant, workspace_ids: Collection[WorkspaceId]) -> Sequence[Registered]:
        """List what our app has on these boards, several in one request. A board that is gone has nothing."""
        made: list[Registered] = []
        boards = sorted(found for found in workspace_ids if not is_space(found))
        for start in range(0, len(boards), _BOARDS_AT_ONCE):
            some = boards[start : start + _BOARDS_AT_ONCE]
            names = {f"b{at}": board_id for at, board_id in enumerate(some)}
            answer = await self._client(grant).ask(list_webhooks(len(some)), **names)
            for name in names:
                hooks = answer.data.get(name)
                made += [
                    Registered(external_id=hook["id"], url=None, is_alive=True)
                    for hook in (hooks if isinstance(hooks, list) else ())
                    if isinstance(hook, dict) and isinstance(hook.get("id"), str)
                ]
        return made

    async def register(self, grant: Grant, workspace_id: WorkspaceId, url: str) -> Sequence[str]:
        """Register for each event, which makes monday.com send a challenge first. All of them, or none."""
        if is_space(workspace_id):
            raise Refused("monday.com calls about boards only")
        client, made = self._client(grant), []
        try:
            for event in EVENTS:
                key = str(uuid5(NAMESPACE_URL, f"{url} {event}"))
                hook = await client.tell(CREATE_WEBHOOK, key=key, board=workspace_id, url=url, event=event)
                if not isinstance(hook, dict) or not isinstance(hook.get("id"), str):
                    raise BadReply("POST /v2 (CreateWebhook) answered without an id")
                made.append(hook["id"])
        except ConnectorError:
            for external_id in made:
                await self.remove(grant, external_id)
            raise
        return made

    async def remove(self, grant: Grant, external_id: str) -> None:
        """Delete a registration."""
        key = str(uuid5(NAMESPACE_URL, f"delete webhook {external_id}"))
        try:
            await self._client(grant).tell(DELETE_WEBHOOK, key=key, id=external_id)
        except Gone:
            return

    def hear(self, delivery: Delivery, grant: Grant) -> Told | Challenge:
        """Give a challenge back, or check the JWT (RFC 7519, HS256) for its secret and address, and name the boards.

        How old a call is nobody checks: one that comes again is known by its id, and makes a board be read once more.
        """
        try:
            body = decode(delivery.body)
        except Invalid:
            body = None
        challenge = body.get("challenge") if isinstance(body, dict) else None
        if isinstance(challenge, str) and len(challenge) <= _CHALLENGE_CHARS:
            return Challenge(body=encode({"challenge": challenge}))
        if not self.serves(grant) or not self._is_signed(delivery):
            raise Forged("a webhook is not signed by monday.com for this address")
        event = body.get("event") if isinstance(body, dict) else None
        if not isinstance(event, dict):
            raise BadReply("a webhook of monday.com's is signed and holds no event")
        delivery_id = event.get("triggerUuid")
        if not isinstance(delivery_id, str) or not 0 < len(delivery_id) <= _ID_CHARS or "\0" in delivery_id:
            raise BadReply("a webhook of monday.com's holds an event without an id")
        return Told(delivery_id=delivery_id, workspace_ids=frozenset(_named(event)))

    def _is_signed(self, delivery: Delivery) -> bool:
        parts = delivery.headers.get("authorization", "").removeprefix("Bearer ").split(".")
        if len(parts) != _PARTS:
            return False
        head, claims = _opened(parts[0]), _opened(parts[1])
        made = hmac.new(self._secret.encode(), f"{parts[0]}.{parts[1]}".encode(), hashlib.sha256).digest()
        given = _bytes(parts[2])
        # The method is ours to choose, and not the sender's.
        return (
            given is not None
            and hmac.compare_digest(given, made)
            and isinstance(head, dict)
            and head.get("alg") == "HS256"
            and isinstance(claims, dict)
            and claims.get("aud") == delivery.url
        )


def _named(event: dict[str, Any]) -> Iterator[WorkspaceId]:
    """Name the board that an event is about; of a subitem that is the board of the item above it."""
    for name in ("parentItemBoardId", "boardId"):
        found = event.get(name)
        if isinstance(found, int | str) and not isinstance(found, bool) and str(found).isdigit():
            yield WorkspaceId(str(found))
            return


def _opened(part: str) -> Any:
    data = _bytes(part)
    try:
        return decode(data) if data is not None else None
    except Invalid:
        return None


def _bytes(part: str) -> bytes | None:
    """Decode Base64 for addresses, which a JWT has without padding."""
    try:
        return base64.b64decode(part.encode("ascii") + b"=" * (-len(part) % 4), altchars=b"-_", validate=True)
    except (UnicodeEncodeError, ValueError):
        return None
