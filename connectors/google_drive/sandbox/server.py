"""Sandbox: one stand-in for Google Drive, Sheets and sign-in, running in a thread, with the handle that tests hold."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Self
from urllib.parse import parse_qsl

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from connectors.google_drive.sandbox.api import Api
from connectors.google_drive.sandbox.errors import ApiError
from connectors.google_drive.sandbox.faults import Fault, Faults
from connectors.google_drive.sandbox.hand import Hand
from connectors.google_drive.sandbox.oauth import OAuth, OAuthError
from connectors.google_drive.sandbox.world import World
from connectors.stand_in.serving import HOST, Serving, listen

Json = dict[str, Any]

REDIRECT_URI = f"http://{HOST}/oauth/callback"
_METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]


class Sandbox:
    """A stand-in for Google's `www`, `sheets`, `accounts` and `oauth2` hosts, all on one origin of this machine.

    `world` is its state; change it inside `editing()`, or as its owner in the browser would with `hand`. `client` is a
    registered app, `owner` a person who presses Allow.
    """

    def __init__(
        self,
        world: World | None = None,
        *,
        redirect_uris: tuple[str, ...] = (REDIRECT_URI,),
        email: str = "ada@example.com",
    ) -> None:
        self.world = world or World()
        self.faults = Faults()
        self.oauth = OAuth(self.world)
        self.api = Api(world=self.world, oauth=self.oauth, faults=self.faults)
        self.client = self.oauth.register(redirect_uris)
        self.owner = self.world.people.get(email) or self.world.person(email)
        self.oauth.consent = self.owner.email
        self.hand = Hand(self.world, self.owner)
        self.url = ""
        self._serving = Serving("drive stand-in")

    def start(self, port: int = 0) -> Self:
        """Listen and answer, in a thread; returns once it does."""
        listener, self.url = listen(port)
        self.api.url = self.url
        self._serving.start([self._app()], sockets=[listener])
        return self

    def stop(self) -> None:
        """Stop answering."""
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
        """Let something go wrong: `fail("reason", r"POST /upload", status=403, reason="userRateLimitExceeded")`."""
        self.faults.waiting.append(Fault(kind=kind, route=route, **more))

    def writes(self) -> list[str]:
        """List the requests so far that may have changed something, by the discovery document's ids."""
        return [seen.method_id for seen in self.api.requests if seen.is_write]

    def counts(self) -> dict[str, int]:
        """Count the requests so far, by the discovery document's ids."""
        return dict(Counter(seen.method_id for seen in self.api.requests))

    def grant(self) -> Json:
        """Let the app in without the dance: what the token endpoint answers."""
        return self.oauth.issue(self.client, self.owner.email)

    def describe(self) -> Json:
        """Say what is here, with everything a client needs to connect."""
        return {
            "url": self.url,
            "clientId": self.client.client_id,
            "clientSecret": self.client.secret,
            "owner": self.owner.email,
            "files": len(self.world.items),
            **self.grant(),
        }

    def _app(self) -> Any:
        routes = [
            Route("/o/oauth2/v2/auth", self._authorize),
            Route("/token", self._token, methods=["POST"]),
            Route("/revoke", self._revoke, methods=["POST"]),
            Route("/spreadsheets/export", self._export),
            Route("/{path:path}", self.api.answer, methods=_METHODS),
        ]
        return Starlette(routes=routes)

    async def _authorize(self, request: Request) -> Response:
        try:
            with self.world.lock:
                return RedirectResponse(self.oauth.authorize(request.query_params), 302)
        except ApiError as error:
            return Response(error.message, error.status)

    async def _token(self, request: Request) -> Response:
        form = dict(parse_qsl((await request.body()).decode()))
        fault = self.faults.next("POST /token")
        if fault is not None:
            return JSONResponse({"error": fault.reason, "error_description": "told to"}, fault.status)
        try:
            with self.world.lock:
                return JSONResponse(self.oauth.token(form))
        except OAuthError as error:
            return JSONResponse(error.body, error.status)

    async def _export(self, request: Request) -> Response:
        """Answer for docs.google.com, where the links lie that a sheet's `exportLinks` give."""
        try:
            with self.world.lock:
                access = self.oauth.judge(request.headers.get("authorization"))
                item = self.world.find(access, request.query_params.get("id", ""))
        except ApiError as error:
            return JSONResponse(error.body(), error.status)
        if item.grid is None or request.query_params.get("exportFormat") != "csv":
            return Response("Bad Request", 400)
        return Response(item.grid.csv(), media_type="text/csv")

    async def _revoke(self, request: Request) -> Response:
        form = dict(parse_qsl((await request.body()).decode()))
        try:
            with self.world.lock:
                self.oauth.revoke(form.get("token") or request.query_params.get("token", ""))
        except OAuthError as error:
            return JSONResponse(error.body, error.status)
        return JSONResponse({})
