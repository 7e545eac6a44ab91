"""Tokens and the webhooks that belong to them."""

from typing import Any

from connectors.trello.sandbox.call import Call
from connectors.trello.sandbox.credentials import Token
from connectors.trello.sandbox.errors import not_found
from connectors.trello.sandbox.routing import ROUTES
from connectors.trello.sandbox.stamps import stamp

Json = dict[str, Any]


def shown(call: Call, token: Token, *, webhooks: bool = False) -> Json:
    """Give a token, without its secret."""
    read, write = "read" in token.scopes, "write" in token.scopes
    served: Json = {
        "id": token.token_id,
        "identifier": token.app.name,
        "idMember": token.member_id,
        "dateCreated": stamp(token.created),
        "dateExpires": stamp(token.expires) if token.expires else None,
        "permissions": [
            {"idModel": token.member_id if kind == "Member" else "*", "modelType": kind, "read": read, "write": write}
            for kind in ("Member", "Board", "Organization")
        ],
    }
    if webhooks:
        served["webhooks"] = [hook.shown() for hook in call.services.webhooks.of(token)]
    return served


def _token(call: Call) -> Token:
    token = call.services.credentials.tokens.get(call.path["token"])
    if token is None or token.member_id != call.me["id"]:
        raise not_found()
    return token


@ROUTES.on("GET", "/tokens/{token}")
def get(call: Call) -> Json:
    """Give a token."""
    return shown(call, _token(call), webhooks=call.flag("webhooks"))


@ROUTES.on("GET", "/tokens/{token}/member")
def member(call: Call) -> Json:
    """Give the person a token is of."""
    return call.view.member(call.world.members.get(_token(call).member_id), call.params)


@ROUTES.on("DELETE", "/tokens/{token}")
def revoke(call: Call) -> Json:
    """Revoke a token: from now on it is invalid, and its webhooks are gone."""
    token = _token(call)
    del call.services.credentials.tokens[token.secret]
    call.services.webhooks.drop(token)
    return {"_value": None}


@ROUTES.on("GET", "/tokens/{token}/webhooks")
def token_webhooks(call: Call) -> list[Json]:
    """Give a token's webhooks."""
    return [hook.shown() for hook in call.services.webhooks.of(_token(call))]


@ROUTES.on("POST", "/webhooks", "/tokens/{token}/webhooks")
def create_webhook(call: Call) -> Json:
    """Register a webhook: its address must answer a HEAD request with 200 first."""
    token = _token(call) if "token" in call.path else call.access.token
    made = call.services.webhooks.create(
        token,
        model_id=call.id("idModel"),
        url=call.text("callbackURL"),
        description=call.text("description", ""),
        active=call.flag("active", default=True),
        me=call.me,
    )
    return made.shown()


@ROUTES.on("GET", "/webhooks/{webhook}", "/tokens/{token}/webhooks/{webhook}")
def get_webhook(call: Call) -> Json:
    """Give a webhook."""
    return call.services.webhooks.get(call.path["webhook"], call.access.token).shown()


@ROUTES.on("PUT", "/webhooks/{webhook}", "/tokens/{token}/webhooks/{webhook}")
def update_webhook(call: Call) -> Json:
    """Change a webhook."""
    hook = call.services.webhooks.get(call.path["webhook"], call.access.token)
    if "callbackURL" in call.params:
        call.services.webhooks.point(hook, call.text("callbackURL"))
    hook.description = call.text("description", hook.description)
    hook.active = call.flag("active", default=hook.active)
    if hook.active:
        hook.failures, hook.first_failure = 0, None
    return hook.shown()


@ROUTES.on("DELETE", "/webhooks/{webhook}", "/tokens/{token}/webhooks/{webhook}")
def delete_webhook(call: Call) -> Json:
    """Delete a webhook."""
    call.services.webhooks.delete(call.services.webhooks.get(call.path["webhook"], call.access.token))
    return {"_value": None}
