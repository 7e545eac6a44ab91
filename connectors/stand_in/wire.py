"""The wire itself: answers that never arrive whole."""

import socket
import struct
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

CONNECTION = "sandbox.connection"


class BrokenOff(Response):
    """Sends half of another answer, or nothing, and resets the connection."""

    def __init__(self, whole: Response | None) -> None:
        super().__init__()
        self._whole = whole

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - ASGI's
        """Send what there is of it."""
        transport: Any = scope[CONNECTION]
        if self._whole is not None:
            start = {
                "type": "http.response.start",
                "status": self._whole.status_code,
                "headers": self._whole.raw_headers,
            }
            await send(start)
            body = bytes(self._whole.body)
            await send({"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True})
            transport.close()
            return
        # A linger time of nothing turns the close into a reset.
        raw = transport.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()


def break_off(request: Request, response: Response | None = None) -> Response:
    """Answer with half of `response`, or with a reset."""
    assert CONNECTION in request.scope
    return BrokenOff(response)


class WithConnection:
    """Keeps the connection's transport in the scope, where faults find it."""

    def __init__(self, app: Any) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on."""
        # uvicorn gives `send` as a method of the object that holds the transport.
        scope[CONNECTION] = getattr(getattr(send, "__self__", None), "transport", None)
        await self._app(scope, receive, send)
