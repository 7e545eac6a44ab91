"""Webhooks: who wants to hear of which event of a board, proven by a challenge, and the deliveries to them."""

import base64
import hashlib
import hmac
import http.client
import threading
from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import orjson

from connectors.monday.sandbox.errors import ApiError
from connectors.monday.sandbox.objects import Item, User
from connectors.monday.sandbox.stamps import exact_stamp
from connectors.monday.sandbox.world import World

Json = dict[str, Any]

RETRY = timedelta(minutes=1)
RETRY_FOR = timedelta(minutes=30)
URL_CHARS = 255
TOKEN_LIFE = timedelta(minutes=5)
_OK = range(200, 300)
_NAMES = {
    "create_item": "create_pulse",
    "create_subitem": "create_pulse",
    "change_column_value": "update_column_value",
    "change_subitem_column_value": "update_column_value",
    "change_name": "update_name",
    "change_subitem_name": "update_name",
    "item_archived": "archive_pulse",
    "subitem_archived": "archive_pulse",
    "item_deleted": "delete_pulse",
    "subitem_deleted": "delete_pulse",
    "item_restored": "restore_pulse",
    "item_moved_to_any_group": "move_pulse_into_group",
    "create_subitem_update": "create_update",
}
_SUBITEMS = frozenset(name for name in _NAMES if "subitem" in name)


@dataclass(slots=True, kw_only=True)
class Webhook:
    """One registration. Fields are the schema's."""

    id: int
    board_id: int
    event: str
    config: str | None
    url: str
    user_id: int
    signs: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Delivery:
    hook: Webhook
    event: Json
    due: datetime
    first: datetime


@dataclass(slots=True)
class Webhooks:
    """All registrations, and the deliveries that wait."""

    world: World
    signing_secret: str
    _hooks: dict[int, Webhook] = field(default_factory=dict)
    _waiting: deque[_Delivery] = field(default_factory=deque)
    _sending: threading.Lock = field(default_factory=threading.Lock)

    def create(self, board_id: int, *, url: str, event: str, config: Any, user: User, signs: bool) -> Webhook:
        """Register, once the address has given a challenge back."""
        if len(url) > URL_CHARS:
            raise ApiError("InvalidArgumentException", f"url is longer than {URL_CHARS} characters")
        challenge = self.world.ids.token(40)
        status, body = _post(url, orjson.dumps({"challenge": challenge}), {})
        try:
            echoed = orjson.loads(body).get("challenge") if body else None
        except (orjson.JSONDecodeError, AttributeError):
            echoed = None
        if status not in _OK or echoed != challenge:
            raise ApiError(
                "WebhookUrlVerificationException", "Failed to subscribe: the URL did not give the challenge back"
            )
        made = Webhook(
            id=self.world.ids.number("webhook"),
            board_id=board_id,
            event=event,
            config=None if config is None else orjson.dumps(config).decode(),
            url=url,
            user_id=user.id,
            signs=signs,
        )
        self._hooks[made.id] = made
        return made

    def of(self, board_id: int) -> list[Webhook]:
        """List a board's."""
        return [hook for hook in self._hooks.values() if hook.board_id == board_id]

    def delete(self, hook_id: int) -> Webhook | None:
        """Take one out."""
        return self._hooks.pop(hook_id, None)

    def hear(self, event: str, data: Json) -> None:
        """Queue what happened for everyone who asked. Called with the world's lock held."""
        board = data["board"]
        # Events of subitems belong to the board that they hang below.
        heard_at = board.parent_board_id if event in _SUBITEMS and board.parent_board_id is not None else board.id
        for hook in list(self._hooks.values()):
            if hook.board_id == heard_at and self._wants(hook, event, data):
                now = self.world.clock.now()
                self._waiting.append(_Delivery(hook=hook, event=self._event(hook, event, data), due=now, first=now))

    def flush(self) -> int:
        """Send what is due now; gives how many were sent, failed ones counted too."""
        with self._sending:
            now, sent = self.world.clock.now(), 0
            for _ in range(len(self._waiting)):
                delivery = self._waiting.popleft()
                if delivery.due > now:
                    self._waiting.append(delivery)
                elif delivery.hook.id in self._hooks:
                    self._send(delivery, now)
                    sent += 1
            return sent

    def _wants(self, hook: Webhook, event: str, data: Json) -> bool:
        if hook.event == event:
            return True
        column = data.get("column")
        if column is None or event != "change_column_value":
            return False
        wanted = orjson.loads(hook.config or "{}").get("columnId")
        return (hook.event == "change_specific_column_value" and wanted == column.id) or (
            hook.event == "change_status_column_value" and column.type == "status" and wanted in {None, column.id}
        )

    def _event(self, hook: Webhook, event: str, data: Json) -> Json:
        board, now = data["board"], self.world.clock.now()
        told: Json = {
            "userId": data["user"].id,
            "originalTriggerUuid": None,
            "boardId": board.id,
            "app": "monday",
            "type": _NAMES.get(event, event),
            "triggerTime": exact_stamp(now),
            "subscriptionId": hook.id,
            "triggerUuid": self.world.ids.uuid(),
        }
        item: Item | None = data.get("item")
        if item is not None:
            told |= {"pulseId": item.id, "pulseName": item.name, "groupId": item.group_id, "itemId": item.id}
            if item.parent_id is not None:
                told |= {"parentItemId": str(item.parent_id), "parentItemBoardId": str(self._parent_board(item))}
        column = data.get("column")
        if column is not None:
            told |= {"columnId": column.id, "columnType": column.type, "columnTitle": column.title}
        if "value" in data:
            told |= {"value": data["value"], "previousValue": data["previous_value"], "changedAt": now.timestamp()}
        message = data.get("message")
        if message is not None:
            told |= {"updateId": message.id, "body": message.body, "replyId": message.parent_id and message.id}
        return told

    def _parent_board(self, item: Item) -> int | None:
        board = self.world.boards[item.board_id]
        return board.parent_board_id or board.id

    def _send(self, delivery: _Delivery, now: datetime) -> None:
        hook = delivery.hook
        headers = {}
        if hook.signs:
            headers["Authorization"] = token(self.signing_secret, hook, now, self.world.account_id)
        status, _ = _post(hook.url, orjson.dumps({"event": delivery.event}), headers)
        if status not in _OK and now + RETRY <= delivery.first + RETRY_FOR:
            again = _Delivery(hook=hook, event=delivery.event, due=now + RETRY, first=delivery.first)
            self._waiting.append(again)


def token(secret: str, hook: Webhook, now: datetime, account_id: int) -> str:
    """Make the JWT (RFC 7519, HS256) that a delivery carries: who subscribed, and for which address it is good."""
    claims = {
        "accountId": account_id,
        "userId": hook.user_id,
        "aud": hook.url,
        "iat": int(now.timestamp()),
        "exp": int((now + TOKEN_LIFE).timestamp()),
    }
    head = _encode(orjson.dumps({"alg": "HS256", "typ": "JWT"}))
    body = f"{head}.{_encode(orjson.dumps(claims))}"
    return f"{body}.{_encode(hmac.new(secret.encode(), body.encode(), hashlib.sha256).digest())}"


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _post(url: str, body: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
    """Send, and give status and answer; status 0 when nobody answers."""
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.netloc:
        return 0, b""
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.netloc, timeout=10)
    try:
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request("POST", path, body, {"Content-Type": "application/json", **headers})
        answer = connection.getresponse()
        return answer.status, answer.read(2**16)
    except (OSError, http.client.HTTPException):
        return 0, b""
    finally:
        connection.close()
