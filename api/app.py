"""App: the routes, and what lives as long as the process."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount, Route, WebSocketRoute

from api import downloads, exports, graphiql, hooks, oauth, reports
from api.context import Services
from api.http import View
from store.errors import StoreError


def create_app(services: Services) -> Starlette:
    """Make the application. It uses what the services hold and closes none of it, but for its own listening."""

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        services.feed.start(services.database)
        try:
            yield
        finally:
            await services.feed.stop()

    view = View(services)
    routes = [
        Route("/graphql", view),
        WebSocketRoute("/graphql", view),
        Route("/files/{account}/{signed}/{name:path}", downloads.serve, methods=["GET", "HEAD"]),
        Route("/exports/{account}/{signed}/{name}", exports.serve, methods=["GET", "HEAD"]),
        Route("/reports/{account}/{signed}/{name}", reports.serve, methods=["GET"]),
        Route("/oauth/callback", oauth.callback, methods=["GET"]),
        Route("/hooks/{app}/{path}", hooks.call, methods=["HEAD", "POST"]),
        Route("/health", _health, methods=["GET"]),
        Route("/ready", _ready, methods=["GET"]),
    ]
    if services.console:
        routes.append(Mount("/graphiql", graphiql.files()))
    app = Starlette(routes=routes, lifespan=lifespan)
    app.state.services = services
    return app


async def _health(_: Request) -> Response:
    """Whether the process runs."""
    return PlainTextResponse("ok")


async def _ready(request: Request) -> Response:
    """Whether it can serve: Postgres answers."""
    services: Services = request.app.state.services
    try:
        async with services.database.system() as connection:
            await connection.execute("select 1")
    except (StoreError, OSError):
        return PlainTextResponse("Postgres does not answer", status_code=503)
    return PlainTextResponse("ok")
