"""Sandbox: one stand-in for monday.com, running in a thread, with the handle that tests hold."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Self

import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from connectors.monday.sandbox.api import Api, Seen, Services
from connectors.monday.sandbox.control import Control
from connectors.monday.sandbox.credentials import App, Credentials, Token
from connectors.monday.sandbox.faults import Fault, Faults
from connectors.monday.sandbox.idempotency import Kept
from connectors.monday.sandbox.limits import Limiter, RateLimits
from connectors.monday.sandbox.oauth import OAuth, OAuthError
from connectors.monday.sandbox.objects import User
from connectors.monday.sandbox.paging import Cursors
from connectors.monday.sandbox.storage import Refusal, Storage
from connectors.monday.sandbox.webhooks import Webhooks
from connectors.monday.sandbox.world import World
from connectors.stand_in.serving import Serving, listen

Json = dict[str, Any]

REDIRECT_URI = "http://127.0.0.1/oauth/callback"


class Sandbox:
    """A stand-in for api.monday.com, auth.monday.com and the storage of files, on loopback.

    `world` is its state; change it inside `editing()`. `token` is the owner's personal token, `tokens` everyone's by
    mail address.
    """

    def __init__(
        self,
        world: World,
        *,
        limits: RateLimits | None = None,
        redirect_uris: tuple[str, ...] = (REDIRECT_URI,),
    ) -> None:
        self.world = world
        self.faults = Faults()
        ids = world.ids
        self.app = App(
            client_id=ids.token(32),
            client_secret=ids.token(32),
            signing_secret=ids.token(32),
            redirect_uris=redirect_uris,
        )
        credentials = Credentials(world, self.app)
        webhooks = Webhooks(world, self.app.signing_secret)
        world.listeners.append(webhooks.hear)
        self.services = Services(
            world=world,
            credentials=credentials,
            limiter=Limiter(limits or RateLimits(enforced=False), world.clock),
            storage=Storage(world, b"storage of the stand-in"),
            webhooks=webhooks,
            cursors=Cursors(world),
            faults=self.faults,
            kept=Kept(world.clock),
        )
        people = list(world.users.values())
        assert people, "a world without people has nobody to connect as"
        self.owner: User = people[0]
        self.tokens: dict[str, Token] = {user.email: credentials.issue(user) for user in people}
        self.oauth = OAuth(credentials, consent=self.owner.id)
        self.url = ""
        self._serving = Serving("monday stand-in")
        self._stopping = threading.Event()

    @property
    def token(self) -> str:
        """Give the owner's personal token."""
        return self.tokens[self.owner.email].secret

    @property
    def api_url(self) -> str:
        """Give where the API answers."""
        return f"{self.url}/v2"

    @property
    def requests(self) -> list[Seen]:
        """Every request to the API since this list was last cleared."""
        return self.services.requests

    @property
    def spent(self) -> int:
        """The complexity of every request so far."""
        return self.services.limiter.spent

    def start(self, port: int = 0) -> Self:
        """Listen and answer, in a thread; returns once it does."""
        self._stopping.clear()
        api, self.url = listen(port)
        files, self.services.storage.url = listen()
        self._serving.start([self._api_app(), self._storage_app()], sockets=[api, files])
        threading.Thread(target=self._deliver, name="monday webhooks", daemon=True).start()
        return self

    def stop(self) -> None:
        """Stop answering."""
        self._stopping.set()
        self._serving.stop()

    def __enter__(self) -> Self:
        return self if self._serving.is_running else self.start()

    def __exit__(self, *_exc: object) -> None:
        self.stop()

    @contextmanager
    def editing(self) -> Iterator[World]:
        """Change the world by hand while nobody is being answered."""
        with self.world.lock:
            yield self.world

    def fail(self, kind: str, match: str = "", **more: Any) -> None:
        """Let something go wrong: `fail("status", "items_page", status=503, times=2)`."""
        self.faults.add(Fault(kind=kind, match=match, **more))

    def describe(self) -> Json:
        """Say what is here, with everything a client needs to connect."""
        return {
            "url": self.url,
            "apiUrl": self.api_url,
            "storageUrl": self.services.storage.url,
            "token": self.token,
            "tokens": {email: token.secret for email, token in self.tokens.items()},
            "clientId": self.app.client_id,
            "clientSecret": self.app.client_secret,
            "signingSecret": self.app.signing_secret,
            "owner": self.owner.id,
            "boards": len(self.world.boards),
            "items": len(self.world.items),
        }

    def _api_app(self) -> Any:
        api = Api(self.services)
        routes = [
            Route("/v2", api.answer, methods=["POST"]),
            Route("/v2/file", api.upload, methods=["POST"]),
            Route("/oauth2/authorize", self._authorize),
            Route("/oauth2/token", self._oauth_token, methods=["POST"]),
            *Control(self).routes(),
        ]
        return Starlette(routes=routes)

    def _storage_app(self) -> Any:
        return Starlette(routes=[Route("/{account}/resources/{asset}/{name:path}", self._download)])

    async def _authorize(self, request: Request) -> Response:
        try:
            with self.world.lock:
                return RedirectResponse(self.oauth.authorize(request.query_params), 302)
        except OAuthError as error:
            return JSONResponse(error.body, error.status)

    async def _oauth_token(self, request: Request) -> Response:
        try:
            body = orjson.loads(await request.body())
            with self.world.lock:
                return JSONResponse(self.oauth.token(body))
        except OAuthError as error:
            return JSONResponse(error.body, error.status)
        except orjson.JSONDecodeError:
            return JSONResponse({"error": "invalid_request", "error_description": "Malformed body"}, 400)

    async def _download(self, request: Request) -> Response:
        asset_id = request.path_params["asset"]
        self.services.downloads.append(asset_id)
        authorization = request.headers.get("authorization")
        found = self.services.storage.open(asset_id, request.query_params, authorization)
        if isinstance(found, Refusal):
            return Response(found.xml(), found.status, media_type="application/xml")
        headers = {"Content-Length": str(found.size_bytes), "Server": "AmazonS3"}
        return StreamingResponse(found.content, media_type=found.media_type, headers=headers)

    def _deliver(self) -> None:
        while not self._stopping.wait(0.1):
            self.services.webhooks.flush()
