"""The control surface, under a path that the app does not have: edits and faults from another process.

No credentials: it listens on loopback only.
"""

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import orjson
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from connectors.monday.sandbox.edit import edit
from connectors.monday.sandbox.faults import Fault

if TYPE_CHECKING:
    from connectors.monday.sandbox.server import Sandbox

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
            Route("/sandbox/clock", self.clock, methods=["POST"]),
            Route("/sandbox/webhooks/flush", self.flush, methods=["POST"]),
        ]

    async def describe(self, _request: Request) -> Response:
        """Say what is here, with everything a client needs to connect."""
        return JSONResponse(self._sandbox.describe())

    async def edit(self, request: Request) -> Response:
        """Make some edits; `?seed=` varies which."""
        with self._sandbox.editing() as world:
            made = edit(world, self._sandbox.owner, seed=int(request.query_params.get("seed", "1")))
        return JSONResponse(asdict(made))

    async def faults(self, request: Request) -> Response:
        """List, add (`{"kind", "match", "times", …}`) or clear what goes wrong."""
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
        """Count and list the requests so far, with what they cost; or forget them."""
        seen = self._sandbox.requests
        told = {"total": len(seen), "complexity": sum(x.cost for x in seen), "operations": [x.operation for x in seen]}
        if request.method == "DELETE":
            seen.clear()
        return JSONResponse(told)

    async def clock(self, request: Request) -> Response:
        """Move a clock that stands: `{"seconds"}`."""
        advance = getattr(self._sandbox.world.clock, "advance", None)
        if advance is None:
            return JSONResponse({"error": "this stand-in runs on the wall's clock"}, 409)
        advance(float(orjson.loads(await request.body())["seconds"]))
        return JSONResponse({"now": self._sandbox.world.clock.now().isoformat()})

    async def flush(self, _request: Request) -> Response:
        """Send the webhook deliveries that are due."""
        return JSONResponse({"sent": self._sandbox.services.webhooks.flush()})
