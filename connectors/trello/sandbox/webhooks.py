"""Webhooks: who wants to hear of what, and the signed deliveries to them, with Trello's retries."""

import base64
import hashlib
import hmac
import http.client
import threading
from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

import orjson

from connectors.stand_in.clock import Clock
from connectors.trello.sandbox.actions import concerns_of
from connectors.trello.sandbox.credentials import Token
from connectors.trello.sandbox.errors import ApiError, not_found, unauthorized
from connectors.trello.sandbox.ids import Ids
from connectors.trello.sandbox.objects import View
from connectors.trello.sandbox.stamps import stamp
from connectors.trello.sandbox.world import World

Json = dict[str, Any]

RETRY_SECONDS = (30, 60, 120)
DISABLE_AFTER = timedelta(days=30)
DISABLE_FAILURES = 1000
_OK = range(200, 300)


@dataclass(slots=True, kw_only=True)
class Webhook:
    """One registration. It belongs to a token, and dies with it."""

    webhook_id: str
    token: Token
    model_id: str
    url: str
    description: str
    active: bool
    failures: int = 0
    first_failure: datetime | None = None

    def shown(self) -> Json:
        """Give it as the API does."""
        return {
            "id": self.webhook_id,
            "description": self.description,
            "idModel": self.model_id,
            "callbackURL": self.url,
            "active": self.active,
            "consecutiveFailures": self.failures,
            "firstConsecutiveFailDate": stamp(self.first_failure) if self.first_failure else None,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class _Delivery:
    hook: Webhook
    body: bytes
    client: str | None
    due: datetime
    attempt: int = 0


@dataclass(slots=True)
class Webhooks:
    """All registrations, and the deliveries that wait."""

    world: World
    clock: Clock
    ids: Ids
    client: str | None = None
    """What the request being answered called itself (`X-Trello-Client-Identifier`); echoed to the receivers."""
    _hooks: dict[str, Webhook] = field(default_factory=dict)
    _waiting: deque[_Delivery] = field(default_factory=deque)
    _sending: threading.Lock = field(default_factory=threading.Lock)

    def create(self, token: Token, *, model_id: str, url: str, description: str, active: bool, me: Json) -> Webhook:
        """Register, once the address has answered a HEAD request with 200."""
        self._check_model(model_id, me)
        for found in self._hooks.values():
            if (found.model_id, found.url, found.token) == (model_id, url, token):
                raise ApiError(400, "A webhook with that callback, model, and token already exists")
        _verify(url)
        made = Webhook(
            webhook_id=self.ids.make(self.clock.now()),
            token=token,
            model_id=model_id,
            url=url,
            description=description,
            active=active,
        )
        self._hooks[made.webhook_id] = made
        return made

    def get(self, webhook_id: str, token: Token) -> Webhook:
        """Find one of a token's."""
        found = self._hooks.get(webhook_id)
        if found is None or found.token is not token:
            raise not_found()
        return found

    def of(self, token: Token) -> list[Webhook]:
        """List a token's."""
        return [found for found in self._hooks.values() if found.token is token]

    def point(self, hook: Webhook, url: str) -> None:
        """Give a webhook another address, which is verified like the first."""
        if url != hook.url:
            _verify(url)
            hook.url = url

    def delete(self, hook: Webhook) -> None:
        """Take one out."""
        self._hooks.pop(hook.webhook_id, None)

    def drop(self, token: Token) -> None:
        """Take out all of a token's."""
        for found in self.of(token):
            self.delete(found)

    def hear(self, action: Json) -> None:
        """Queue what happened for everyone who asked. Called with the world's lock held."""
        if not self._hooks:
            return
        concerned = concerns_of(action) | {str(action["data"].get("idMember"))}
        for hook in list(self._hooks.values()):
            if hook.active and hook.model_id in concerned:
                view = View(self.world, self.world.members.get(hook.token.member_id))
                body = orjson.dumps(
                    {
                        "model": self._model(hook.model_id, view),
                        "action": view.action(action, {}, display=True),
                        "webhook": hook.shown(),
                    }
                )
                self._waiting.append(_Delivery(hook=hook, body=body, client=self.client, due=self.clock.now()))

    def flush(self) -> int:
        """Send what is due now; gives how many were sent, failed ones counted too."""
        with self._sending:
            now, sent = self.clock.now(), 0
            for _ in range(len(self._waiting)):
                delivery = self._waiting.popleft()
                if delivery.due > now:
                    self._waiting.append(delivery)
                elif delivery.hook.webhook_id in self._hooks and delivery.hook.active:
                    self._send(delivery, now)
                    sent += 1
            return sent

    def _send(self, delivery: _Delivery, now: datetime) -> None:
        hook = delivery.hook
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "X-Trello-Webhook": sign(hook.token.app.secret, delivery.body, hook.url),
            "User-Agent": "Trello Webhooks",
        }
        if delivery.client:
            headers["X-Trello-Client-Identifier"] = delivery.client
        status = _request("POST", hook.url, delivery.body, headers)
        if status == HTTPStatus.GONE:
            self.delete(hook)
        elif status in _OK:
            hook.failures, hook.first_failure = 0, None
        else:
            hook.failures += 1
            hook.first_failure = hook.first_failure or now
            if now - hook.first_failure >= DISABLE_AFTER and hook.failures > DISABLE_FAILURES:
                hook.active = False
            elif delivery.attempt < len(RETRY_SECONDS):
                due = now + timedelta(seconds=RETRY_SECONDS[delivery.attempt])
                again = _Delivery(
                    hook=hook, body=delivery.body, client=delivery.client, due=due, attempt=delivery.attempt + 1
                )
                self._waiting.append(again)

    def _check_model(self, model_id: str, me: Json) -> None:
        world = self.world
        if model_id in world.boards:
            seen = world.may_read(me, world.boards.get(model_id))
        elif model_id in world.cards:
            seen = world.may_read(me, world.boards.get(world.cards.get(model_id)["idBoard"]))
        elif model_id in world.lists:
            seen = world.may_read(me, world.boards.get(world.lists.get(model_id)["idBoard"]))
        elif model_id in world.organizations:
            seen = model_id in me["idOrganizations"]
        else:
            seen = model_id == me["id"]
        if not seen:
            raise unauthorized("webhook")

    def _model(self, model_id: str, view: View) -> Json | None:
        world = self.world
        if model_id in world.boards:
            return view.board(world.boards.get(model_id), {})
        if model_id in world.cards:
            return view.card(world.cards.get(model_id), {})
        if model_id in world.lists:
            found = world.lists.get(model_id)
            return {name: found[name] for name in ("id", "name", "closed", "idBoard", "pos")}
        if model_id in world.organizations:
            return view.organization(world.organizations.get(model_id), {})
        return view.member(world.members.get(model_id), {}) if model_id in world.members else None


def sign(secret: str, body: bytes, url: str) -> str:
    """Sign a delivery: Base64 of the HMAC-SHA1, with the app's secret, over the raw body and the address."""
    return base64.b64encode(hmac.new(secret.encode(), body + url.encode(), hashlib.sha1).digest()).decode()


def _verify(url: str) -> None:
    if urlsplit(url).scheme not in {"http", "https"}:
        raise ApiError(400, "invalid value for callbackURL")
    status = _request("HEAD", url, None, {"User-Agent": "Trello Webhooks"})
    if status != HTTPStatus.OK:
        raise ApiError(400, f"URL ({url}) did not return 200 status code, got {status or 'no answer'}")


def _request(method: str, url: str, body: bytes | None, headers: dict[str, str]) -> int:
    """Send, and give the status; 0 when nobody answers."""
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.netloc, timeout=10)
    try:
        connection.request(method, (parts.path or "/") + (f"?{parts.query}" if parts.query else ""), body, headers)
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        connection.close()
