"""The control surface, under a path that Trello does not have: edits and faults from another process.

No credentials: it listens on loopback only.
"""

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import orjson
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from connectors.trello.sandbox.edit import edit
from connectors.trello.sandbox.faults import Fault

if TYPE_CHECKING:
    from connectors.trello.sandbox.server import Sandbox

Json = dict[str, Any]


class Control:
    """Answers `/sandbox/…`."""

    def __init__(self, sandbox: "Sandbox") -> None:
        self._sandbox = sandbox

    def routes(self) -> list[Route]:
        """List the routes."""
        return [
            Route("/sandbox", self.describe),
            Route("/sandbox/edit", self.edit, methods=["POST"]),
            Route("/sandbox/faults", self.faults, methods=["GET", "POST", "DELETE"]),
            Route("/sandbox/requests", self.requests, methods=["GET", "DELETE"]),
            Route("/sandbox/limits", self.limits, methods=["GET", "POST"]),
            Route("/sandbox/access", self.access, methods=["POST"]),
            Route("/sandbox/clock", self.clock, methods=["POST"]),
            Route("/sandbox/consent", self.consent, methods=["POST"]),
            Route("/sandbox/webhooks/flush", self.flush, methods=["POST"]),
        ]

    async def describe(self, _request: Request) -> Response:
        """Say what is here, with everything a client needs to connect."""
        return JSONResponse(self._sandbox.describe())

    async def edit(self, request: Request) -> Response:
        """Make the demo's edits; `?seed=` varies which."""
        with self._sandbox.editing() as world:
            made = edit(world, self._sandbox.owner, seed=int(request.query_params.get("seed", "1")))
        return JSONResponse(asdict(made))

    async def faults(self, request: Request) -> Response:
        """List, add (`{"kind", "route", "times", …}`) or clear what goes wrong."""
        faults = self._sandbox.faults
        if request.method == "POST":
            try:
                faults.add(Fault(**orjson.loads(await request.body())))
            except (TypeError, ValueError) as error:
                return JSONResponse({"error": str(error)}, 400)
        elif request.method == "DELETE":
            faults.clear()
        return JSONResponse({"waiting": [asdict(x) for x in faults.waiting], "struck": faults.struck})

    async def requests(self, request: Request) -> Response:
        """Count and list the requests so far; or forget them."""
        services = self._sandbox.services
        counts, paths = services.counts(), [f"{x.method} {x.path}?{x.query}".rstrip("?") for x in services.requests]
        if request.method == "DELETE":
            services.requests.clear()
            services.downloads.clear()
        return JSONResponse({"total": len(paths), "routes": counts, "requests": paths})

    async def limits(self, request: Request) -> Response:
        """Tell when requests came and how many were refused; or have other limits: `{"enforced", "token_max", …}`."""
        limiter = self._sandbox.services.limiter
        if request.method == "POST":
            try:
                limiter.change(**orjson.loads(await request.body()))
            except (TypeError, ValueError) as error:
                return JSONResponse({"error": str(error)}, 400)
        return JSONResponse({**asdict(limiter.limits), "taken": limiter.taken, "refused": limiter.refused})

    async def access(self, request: Request) -> Response:
        """Take a person's access to a board away without a trace, or give it back: `{"member", "board", "lost"}`."""
        body: Json = orjson.loads(await request.body())
        self._sandbox.lose_access(body["member"], body["board"], lost=body.get("lost", True))
        return JSONResponse({"lost": sorted(self._sandbox.world.lost)})

    async def clock(self, request: Request) -> Response:
        """Move a clock that stands: `{"seconds"}`."""
        advance = getattr(self._sandbox.world.clock, "advance", None)
        if advance is None:
            return JSONResponse({"error": "this stand-in runs on the wall's clock"}, 409)
        advance(float(orjson.loads(await request.body())["seconds"]))
        return JSONResponse({"now": self._sandbox.world.clock.now().isoformat()})

    async def consent(self, request: Request) -> Response:
        """Say who presses Allow at the next OAuth 2.0 consent: `{"member": id or null}`."""
        self._sandbox.services.oauth.consent = orjson.loads(await request.body())["member"]
        return JSONResponse({"consent": self._sandbox.services.oauth.consent})

    async def flush(self, _request: Request) -> Response:
        """Send the webhook deliveries that are due."""
        return JSONResponse({"sent": self._sandbox.services.webhooks.flush()})
