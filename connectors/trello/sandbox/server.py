"""Sandbox: one stand-in for Trello, running in a thread, with the handle that tests and the demo hold."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Self

import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from connectors.stand_in.serving import Serving, listen
from connectors.trello.sandbox.api import Api
from connectors.trello.sandbox.control import Control
from connectors.trello.sandbox.credentials import App, Credentials, Token
from connectors.trello.sandbox.errors import ApiError
from connectors.trello.sandbox.faults import Fault, Faults
from connectors.trello.sandbox.limits import RateLimiter, RateLimits
from connectors.trello.sandbox.oauth import OAuth
from connectors.trello.sandbox.services import Services, seen_of
from connectors.trello.sandbox.storage import Refusal, Storage
from connectors.trello.sandbox.webhooks import Webhooks
from connectors.trello.sandbox.world import World

Json = dict[str, Any]

_METHODS = ["GET", "POST", "PUT", "DELETE"]
REDIRECT_URI = "http://127.0.0.1/oauth/callback"


class Sandbox:
    """A stand-in for api.trello.com, auth.atlassian.com and Trello's file storage, on loopback.

    `world` is its state; change it inside `editing()`. `app` is a registered app, `token` the owner's token for it,
    `tokens` everyone's, by username.
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
        credentials = Credentials(clock=world.clock, ids=world.ids)
        storage = Storage(world, world.clock, b"storage of the stand-in")
        webhooks = Webhooks(world=world, clock=world.clock, ids=world.ids)
        world.listeners.append(webhooks.hear)
        self.services = Services(
            world=world,
            credentials=credentials,
            limiter=RateLimiter(limits or RateLimits(enforced=False), world.clock),
            storage=storage,
            webhooks=webhooks,
            oauth=OAuth(credentials),
            faults=self.faults,
        )
        self.app: App = credentials.register("Holdfast", redirect_uris)
        people = list(world.members)
        assert people, "a world without people has nobody to connect as"
        self.owner: Json = people[0]
        self.tokens: dict[str, Token] = {
            member["username"]: credentials.issue(self.app, member["id"]) for member in people
        }
        self.services.oauth.consent = self.owner["id"]
        self.url = ""
        self._serving = Serving("trello stand-in")
        self._stopping = threading.Event()

    @property
    def key(self) -> str:
        """Give the app's key."""
        return self.app.key

    @property
    def token(self) -> str:
        """Give the owner's token."""
        return self.tokens[self.owner["username"]].secret

    @property
    def auth_url(self) -> str:
        """Give where OAuth 2.0 answers: `/authorize` and `/oauth/token`."""
        return self.url

    @property
    def storage_url(self) -> str:
        """Give the origin of signed downloads."""
        return self.services.storage.url

    def start(self, port: int = 0) -> Self:
        """Listen and answer, in a thread; returns once it does."""
        self._stopping.clear()
        api, self.url = listen(port)
        files, self.services.storage.url = listen()
        self._serving.start([self._api_app(), self._storage_app()], sockets=[api, files])
        threading.Thread(target=self._deliver, name="trello webhooks", daemon=True).start()
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

    def fail(self, kind: str, route: str = "", **more: Any) -> None:
        """Let something go wrong: `fail("status", r"GET /boards/.*/cards", status=503, times=2)`."""
        self.faults.add(Fault(kind=kind, route=route, **more))

    def lose_access(self, member_id: str, board_id: str, *, lost: bool = True) -> None:
        """Take a person's access to a board away without a trace, or give it back."""
        with self.world.lock:
            if lost:
                self.world.lost.add((member_id, board_id))
            else:
                self.world.lost.discard((member_id, board_id))

    def describe(self) -> Json:
        """Say what is here, with everything a client needs to connect."""
        return {
            "url": self.url,
            "storageUrl": self.storage_url,
            "key": self.key,
            "secret": self.app.secret,
            "token": self.token,
            "tokens": {name: token.secret for name, token in self.tokens.items()},
            "clientId": self.app.client_id,
            "clientSecret": self.app.client_secret,
            "owner": self.owner["id"],
            "boards": len(self.world.boards),
            "cards": len(self.world.cards),
            "actions": len(self.world.actions),
        }

    def _api_app(self) -> Any:
        routes = [
            Route("/1/{path:path}", Api(self.services).answer, methods=_METHODS),
            Route("/authorize", self._authorize),
            Route("/oauth/token", self._oauth_token, methods=["POST"]),
            *Control(self).routes(),
        ]
        return Starlette(routes=routes)

    def _storage_app(self) -> Any:
        path = "/trello-attachments/{card}/{attachment}/{name:path}"
        return Starlette(routes=[Route(path, self._download)])

    async def _authorize(self, request: Request) -> Response:
        try:
            return RedirectResponse(self.services.oauth.authorize(request.query_params), 302)
        except ApiError as error:
            return Response(error.text, error.status)

    async def _oauth_token(self, request: Request) -> Response:
        try:
            with self.world.lock:
                return JSONResponse(self.services.oauth.token(orjson.loads(await request.body())))
        except ApiError as error:
            return JSONResponse(error.body, error.status)
        except orjson.JSONDecodeError:
            return JSONResponse({"error": "invalid_request", "error_description": "Malformed body"}, 400)

    async def _download(self, request: Request) -> Response:
        authorization = request.headers.get("authorization")
        path = request.path_params
        self.services.downloads.append(seen_of(request, request.url.path))
        found = self.services.storage.open(path["card"], path["attachment"], request.query_params, authorization)
        if isinstance(found, Refusal):
            return Response(found.xml(), found.status, media_type="application/xml")
        headers = {"Content-Length": str(found.size_bytes), "Accept-Ranges": "bytes", "Server": "AmazonS3"}
        return StreamingResponse(found.content, media_type=found.media_type, headers=headers)

    def _deliver(self) -> None:
        while not self._stopping.wait(0.1):
            self.services.webhooks.flush()
